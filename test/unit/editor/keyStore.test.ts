import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { CLIENT_KEY, MEMORY_KEY } from '../../../src/editor/ids';
import { createKeyStore, ensureOwnKeys, type Secrets } from '../../../src/editor/keyStore';
import { createStamper } from '../../../src/editor/stamp';

function memorySecrets(): Secrets & { map: Map<string, string>; fire: (key: string) => void } {
  const map = new Map<string, string>();
  const listeners = new Set<(event: { key: string }) => void>();
  return {
    map,
    fire: (key) => listeners.forEach((listener) => void listener({ key })),
    get: async (key) => map.get(key),
    store: async (key, value) => void map.set(key, value),
    delete: async (key) => void map.delete(key),
    onDidChange: (listener) => {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
  };
}
function memento() {
  const map = new Map<string, unknown>();
  return {
    keys: () => [...map.keys()],
    get: <T>(key: string, fallback?: T) => (map.get(key) as T) ?? fallback,
    update: async (key: string, value: unknown) => void map.set(key, value),
  } as import('vscode').Memento;
}

describe('key store', () => {
  it('keeps one entry a key and a list of names', async () => {
    const secrets = memorySecrets();
    const keys = createKeyStore(secrets);
    await Promise.all([keys.set('openai', 'a'), keys.set('groq', 'b'), keys.set('x', 'c')]);
    await keys.remove('groq');
    await keys.remove('never there');
    assert.equal(secrets.map.get('llmRouter.key.openai'), 'a');
    assert.deepEqual(await keys.all([]), { openai: 'a', x: 'c' });
  });

  it('finds a key whose name the list has lost', async () => {
    const secrets = memorySecrets();
    secrets.map.set('llmRouter.key.lost', 'k');
    secrets.map.set('llmRouter.keys', 'not JSON');
    assert.deepEqual(await createKeyStore(secrets).all(['lost', 'unknown']), { lost: 'k' });
  });

  it('tells of changes here and in another window, but not of other entries', async () => {
    const secrets = memorySecrets();
    const keys = createKeyStore(secrets);
    let told = 0;
    const subscription = keys.onDidChange(() => told++);
    await keys.set('a', 'k');
    secrets.fire('llmRouter.key.b');
    secrets.fire('llmRouter.keys');
    subscription.dispose();
    await keys.set('a', 'l');
    assert.equal(told, 2);
  });

  it('makes the own keys once: 256 bits each', async () => {
    const keys = createKeyStore(memorySecrets());
    await ensureOwnKeys(keys);
    const first = await keys.all([]);
    await ensureOwnKeys(keys);
    assert.deepEqual(await keys.all([]), first);
    assert.match(first[CLIENT_KEY] ?? '', /^sk-[\w-]{43}$/);
    assert.equal(Buffer.from(first[MEMORY_KEY] ?? '', 'base64').length, 32);
  });

  it('turns a broken keyring into a sentence, without the key', async () => {
    const secrets = memorySecrets();
    secrets.store = async () => {
      throw new Error('no keyring daemon');
    };
    await assert.rejects(createKeyStore(secrets).set('a', 'sk-secret'), (error: Error) => {
      assert.match(error.message, /secret storage does not work \(no keyring daemon\)/);
      return !error.message.includes('sk-secret');
    });
  });
});

describe('time of the last change', () => {
  const content = (settings: unknown) => ({ settings, secrets: { [CLIENT_KEY]: 'sk-1' }, network: {} });

  it('stays while nothing changes, also for the next window, whatever the order of the fields', async () => {
    const memory = memento();
    let now = 100;
    const first = createStamper(memory, () => now);
    assert.equal((await first.stamp(content({ a: 1, b: 2 }))).changedAt, 100);
    now = 200;
    assert.equal((await first.stamp(content({ a: 1, b: 2 }))).changedAt, 100);
    assert.equal((await createStamper(memory, () => now).stamp(content({ b: 2, a: 1 }))).changedAt, 100);
  });

  it('moves on with every change, also when the clock stands still or goes back', async () => {
    const memory = memento();
    const stamper = createStamper(memory, () => 100);
    await stamper.stamp(content(1));
    assert.equal((await stamper.stamp(content(2))).changedAt, 101);
    const later = createStamper(memory, () => 50);
    assert.equal((await later.stamp(content(3))).changedAt, 102);
  });

  it('does not call old content new in a window that saw no change', async () => {
    const memory = memento();
    let now = 100;
    const stale = createStamper(memory, () => now);
    await stale.stamp(content('old'));
    now = 200;
    await createStamper(memory, () => now).stamp(content('new'));
    assert.equal((await stale.stamp(content('old'))).changedAt, 100);
  });

  it('stores no secret', async () => {
    const memory = memento();
    await createStamper(memory, () => 1).stamp(content({ key: 'x' }));
    assert.ok(!JSON.stringify(memory.get('lastChange')).includes('sk-1'));
  });
});
