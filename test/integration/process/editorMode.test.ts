import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { send } from '../../../src/process/contract';
import type { RouterCore } from '../../../src/process/core';
import { dial } from '../../../src/process/dial';
import { type EditorModeOptions, type EditorWorld, runEditorMode } from '../../../src/process/editorMode';
import { findRouter } from '../../../src/process/instance';
import { installSecret, openRuntimeDir } from '../../../src/process/runtimeDir';
import { onWindows, removeOwnFolder } from '../../support/platform';
import { createFakeCore } from '../../support/process/fakeCore';
import { push, until } from '../../support/process/harness';

/** The life of a router process inside the test's own, so that its world can be held. */
describe('the life of a router process', () => {
  let dataDir: string;
  const stops: unknown[] = [];
  const quiet: EditorWorld = { onSignal: () => undefined, runtimeGone: () => false };
  const observed = (core: RouterCore): RouterCore => ({
    ...core,
    get state() {
      return core.state;
    },
    stop: (options) => {
      stops.push(options);
      return core.stop(options);
    },
    close: async () => void stops.push('closed'),
  });
  const run = (options: Partial<EditorModeOptions> = {}): Promise<number> =>
    runEditorMode({
      dataDir,
      version: '1.0.0',
      takeOver: false,
      lingerSeconds: 0.1,
      createCore: (context) => observed(createFakeCore(context, '1.0.0')),
      world: quiet,
      ...options,
    });
  const logged = (): string => readFileSync(path.join(dataDir, 'logs', 'router.log'), 'utf8');

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'llmr-'));
    stops.length = 0;
  });
  afterEach(() => removeOwnFolder(dataDir));

  it('ends with code 0 when nobody comes: the core is stopped, then closed', async () => {
    assert.equal(await run(), 0);
    assert.deepEqual(stops, [{ drainMs: 10_000, keepTunnel: false }, 'closed']);
    assert.match(logged(), /generation 1, started\n.*ending: no window left\n.*ended\n$/);
  });

  it('hands its compile cache on to nothing that it starts', async () => {
    const { NODE_COMPILE_CACHE: before } = process.env;
    process.env.NODE_COMPILE_CACHE = path.join(dataDir, 'compile-cache', '1.0.0');
    let handedOn: string | undefined = 'not started';
    try {
      const createCore = (...[context]: Parameters<EditorModeOptions['createCore']>) => {
        handedOn = process.env.NODE_COMPILE_CACHE;
        return observed(createFakeCore(context, '1.0.0'));
      };
      assert.equal(await run({ createCore }), 0);
      assert.equal(handedOn, undefined);
    } finally {
      if (before === undefined) delete process.env.NODE_COMPILE_CACHE;
      else process.env.NODE_COMPILE_CACHE = before;
    }
  });

  it('leaves the newest generation file behind, so that no number is claimed twice', async () => {
    await run();
    await run();
    assert.match(logged(), /generation 2, started/);
  });

  it('does not linger when the runtime has gone with the editor', async () => {
    assert.equal(await run({ lingerSeconds: 60, world: { ...quiet, runtimeGone: () => true } }), 0);
    assert.deepEqual(stops, [{ drainMs: 0, keepTunnel: false }, 'closed']);
    assert.match(logged(), /ending: the editor and its runtime are gone/);
  });

  it('ends on a signal, tells windows so, and hears nobody else', async () => {
    let signal = (_name: string): void => undefined;
    const world = { ...quiet, onSignal: (listener: (name: string) => void) => void (signal = listener) };
    let started = (): void => undefined;
    const up = new Promise<void>((resolve) => {
      started = resolve;
    });
    let release = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const end = run({
      world,
      lingerSeconds: 60,
      createCore: (context) => {
        setImmediate(started);
        return { ...observed(createFakeCore(context, '1.0.0')), stop: () => slow };
      },
    });
    await up;
    const [dir, secret] = [await openRuntimeDir(dataDir), await installSecret(dataDir)];
    const options = { secret, version: '1.0.0' };
    const { live } = await findRouter(dir, options);
    assert.ok(live);
    await live.prove('w');
    assert.equal((await send(live.rpc, 'pushConfig', push())).applied, true);
    signal('SIGTERM');
    await live.closed;
    const found = await findRouter(dir, options);
    assert.deepEqual([found.live, found.ending?.leaving], [undefined, 'ending']);
    release();
    await found.ending!.closed;
    assert.equal(await end, 0);
    assert.equal((await findRouter(dir, options)).newest, 1);
  });

  it('with lingerSeconds always it serves on without a window, until a person stops it', async () => {
    let over = false;
    // Where a connection takes long, the first window must still come in time.
    const lingerSeconds = onWindows ? 2 : 0.1;
    const end = run({ lingerSeconds }).finally(() => (over = true));
    const [dir, secret] = [await openRuntimeDir(dataDir), await installSecret(dataDir)];
    const window = async () => {
      const { live } = await findRouter(dir, { secret, version: '1.0.0' });
      await live!.prove('w');
      return live!;
    };
    await until(() => logged().includes('started'), 'no router');
    const first = await window();
    await send(first.rpc, 'pushConfig', push({ lingerSeconds: 'always' }));
    await send(first.rpc, 'start', undefined);
    first.close();
    // Ten times what it lingers otherwise.
    await new Promise((resolve) => setTimeout(resolve, 10 * lingerSeconds * 1_000));
    assert.equal(over, false);
    const second = await window();
    await send(second.rpc, 'stop', undefined);
    second.close();
    assert.equal(await end, 0);
    assert.match(logged(), /ending: no window left/);
  });

  it('leaves a running one alone', async () => {
    let over = (_name: string): void => undefined;
    const world = { ...quiet, onSignal: (listener: (name: string) => void) => void (over = listener) };
    let started = (): void => undefined;
    const up = new Promise<void>((resolve) => {
      started = resolve;
    });
    const first = run({
      world,
      lingerSeconds: 60,
      createCore: (context) => {
        started();
        return createFakeCore(context, '1.0.0');
      },
    });
    await up;
    const never = (): never => assert.fail('the second must not come as far as a core');
    assert.equal(await run({ createCore: never }), 0);
    assert.match(logged(), /serves already/);
    over('SIGTERM');
    assert.equal(await first, 0);
  });

  it('ends with code 1 and a sentence when it cannot live', async () => {
    const broken = run({
      createCore: () => {
        throw new Error('The ledger cannot be opened.');
      },
    });
    assert.equal(await broken, 1);
    assert.match(logged(), /error The ledger cannot be opened\./);
    const file = path.join(dataDir, 'file');
    writeFileSync(file, '');
    assert.equal(await run({ dataDir: file }), 1);
  });

  it('is called by nobody where nothing listens', async () => {
    const result = await dial(path.join(dataDir, 'none'), { secret: 'x', version: '1.0.0' });
    assert.equal(result.kind, 'dead');
  });
});
