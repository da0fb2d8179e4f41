import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createKeyStore, type Secrets } from '../../../src/editor/keyStore';
import { createMadeKeys, ensureOwnKeys, LostKeyError } from '../../../src/editor/ownKeys';
import { createStamper } from '../../../src/editor/stamp';
import { CLIENT_KEY, MEMORY_KEY } from '../../../src/settings/keyNames';

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
    const made = createMadeKeys(memento());
    await ensureOwnKeys(keys, made);
    const first = await keys.all([]);
    await ensureOwnKeys(keys, made);
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

describe('own keys', () => {
  const noWait = async () => undefined;
  async function installed() {
    const secrets = memorySecrets();
    const memory = memento();
    await ensureOwnKeys(createKeyStore(secrets), createMadeKeys(memory), noWait);
    // Another window, or the next start.
    return { secrets, memory, keys: createKeyStore(secrets), made: createMadeKeys(memory) };
  }
  const entry = `llmRouter.key.${CLIENT_KEY}`;

  it('are never made anew over entries that the storage has lost; pasted back, the old key serves', async () => {
    const { secrets, keys, made } = await installed();
    const key = secrets.map.get(entry)!;
    secrets.map.clear();
    await assert.rejects(ensureOwnKeys(keys, made, noWait), LostKeyError);
    assert.equal(secrets.map.size, 0);
    assert.ok(made.fits(CLIENT_KEY, key));
    assert.ok(!made.fits(CLIENT_KEY, `${key}x`));
    await keys.set(CLIENT_KEY, key);
    await ensureOwnKeys(keys, made, noWait);
    assert.equal(secrets.map.get(entry), key);
  });

  it('stay when the storage says undefined once', async () => {
    const { secrets, keys, made } = await installed();
    const key = secrets.map.get(entry);
    const { get } = secrets;
    let empty = 1;
    secrets.get = async (name) => (name === entry && empty-- > 0 ? undefined : get(name));
    await ensureOwnKeys(keys, made, noWait);
    assert.equal(secrets.map.get(entry), key);
  });

  it('take a key of an earlier version, or of a person, for the one that was made', async () => {
    const { secrets, memory, keys, made } = await installed();
    await keys.set(CLIENT_KEY, 'sk-chosen-by-a-person');
    await ensureOwnKeys(keys, made, noWait);
    assert.ok(made.fits(CLIENT_KEY, 'sk-chosen-by-a-person'));
    assert.ok(!JSON.stringify(memory.get('keysMade')).includes('chosen'), 'only a digest is outside the storage');
    secrets.map.delete(entry);
    await assert.rejects(ensureOwnKeys(keys, made, noWait), LostKeyError);
  });
});

describe('a secret storage that never answers', () => {
  it('costs a sentence, not the command; what comes late is told', async () => {
    const secrets = memorySecrets();
    let unlock: (key: string) => void = () => undefined;
    secrets.get = () =>
      new Promise((resolve) => {
        unlock = resolve;
      });
    const keys = createKeyStore(secrets, 1);
    const late = new Promise<void>((resolve) => keys.onDidChange(resolve));
    await assert.rejects(keys.get('a'), /secret storage does not answer\. Keys are kept there/);
    await assert.rejects(keys.set('a', 'k'), /does not answer/);
    await assert.rejects(keys.remove('b'), /does not answer/);
    unlock('k');
    await late;
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
