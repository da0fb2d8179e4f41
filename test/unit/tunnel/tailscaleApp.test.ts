import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { tailscale, tailscaleDriver } from '../../../src/tunnel/kinds/tailscale';
import { openStateFile, type StateFile } from '../../../src/tunnel/stateFile';
import { realWorld, type TunnelWorld } from '../../../src/tunnel/world';
import { controlledClock } from '../../support/controlledClock';

type Spawn = TunnelWorld['spawn'];
/** Ends with that; undefined: it does not end until it is killed. */
type Ending = { code: number; stdout?: string } | undefined;

/** A world in which every program is what `answer` says of it. */
function worldOf(platform: NodeJS.Platform, answer: (args: readonly string[], env: NodeJS.ProcessEnv) => Ending) {
  const spawn = (_program: string, args: readonly string[], { env = {} }: { env?: NodeJS.ProcessEnv }) => {
    const stdout = new PassThrough();
    const end = (code: number | null) => {
      stdout.on('end', () => child.emit('close', code));
      stdout.end();
    };
    const child = Object.assign(new EventEmitter(), { stdout, kill: () => end(null) });
    const ending = answer(args, env);
    if (ending) {
      stdout.write(ending.stdout ?? '');
      end(ending.code);
    }
    return child as unknown as ReturnType<Spawn>;
  };
  return { ...realWorld(), platform, spawn: spawn as Spawn };
}

describe("the program inside Tailscale's app", () => {
  it('is told that it is a command, on macOS only', async () => {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-tailscale-app-'));
    const asked: (string | undefined)[] = [];
    for (const platform of ['darwin', 'linux'] as const) {
      const world = {
        ...realWorld(),
        platform,
        spawn: (_command: string, _args: readonly string[], { env }: { env?: NodeJS.ProcessEnv }) => {
          asked.push(env?.TAILSCALE_BE_CLI);
          const child = Object.assign(new EventEmitter(), { kill: () => true });
          queueMicrotask(() => child.emit('close', 1));
          return child as unknown as ReturnType<ReturnType<typeof realWorld>['spawn']>;
        },
      };
      const driver = tailscaleDriver({ localPort: 1, binary: process.execPath, state: openStateFile(dataDir), world });
      const open = driver.open({ again: false, doubt: false, signal: new AbortController().signal, report: () => {} });
      await assert.rejects(open, /not running/);
    }
    assert.deepEqual(asked, ['1', undefined]);
    rmSync(dataDir, { recursive: true });
  });

  const options = { settings: { binary: process.execPath } } as Parameters<NonNullable<typeof tailscale.program>>[0];

  it('is told so also where its version is asked for', async () => {
    const asked: (string | undefined)[] = [];
    for (const platform of ['darwin', 'linux'] as const) {
      const world = worldOf(platform, (_, env) => {
        asked.push(env.TAILSCALE_BE_CLI);
        return { code: 0, stdout: '1.90.1' };
      });
      assert.equal((await tailscale.program!({ ...options, world })).version, '1.90.1');
    }
    assert.deepEqual(asked, ['1', undefined]);
  });

  it('that does not say its version in time is told as such', async () => {
    const clock = controlledClock();
    const world = { ...worldOf('linux', () => undefined), clock };
    const version = assert.rejects(tailscale.program!({ ...options, world }), /: no answer within 5 s\)/);
    await clock.pass(5_000);
    await version;
  });
});

describe('the note of the mapping in Tailscale', () => {
  const OURS = 'http://127.0.0.1:4141';
  const BEFORE = { port: 443, target: 'http://127.0.0.1:4140', binary: process.execPath };
  let dataDir: string;
  let state: StateFile;
  let serve: { Web: Record<string, object>; AllowFunnel: Record<string, boolean> };
  /** What the service answers instead, by the first words of the command. */
  let instead: { words: string; ending(): Ending }[];
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-tailscale-note-'));
    state = openStateFile(dataDir);
    serve = { Web: {}, AllowFunnel: {} };
    instead = [];
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const map = (target: string): void => {
    serve = {
      Web: { 'desk.ts.net:443': { Handlers: { '/': { Proxy: target } } } },
      AllowFunnel: { 'desk.ts.net:443': true },
    };
  };
  const world = worldOf('linux', (args) => {
    const words = args.join(' ');
    const other = instead.find((one) => words.startsWith(one.words));
    if (other) return other.ending();
    if (words.startsWith('status'))
      return { code: 0, stdout: JSON.stringify({ BackendState: 'Running', Self: { DNSName: 'desk.ts.net.' } }) };
    if (words === 'funnel status --json') return { code: 0, stdout: JSON.stringify(serve) };
    if (words.endsWith(' off')) serve = { Web: {}, AllowFunnel: {} };
    else map(args.at(-1)!);
    return { code: 0 };
  });
  const abort = new AbortController();
  const open = (signal = abort.signal) =>
    tailscaleDriver({ localPort: 4141, binary: process.execPath, state, world }).open({
      ...{ again: false, doubt: false, report: () => {}, signal },
    });
  const endLeft = () => tailscale.endLeft!(state, world);

  it('is written before the mapping is made: a router killed in between leaves nothing unknown', async () => {
    let noted: unknown;
    instead.push({
      words: 'funnel --bg',
      ending: () => {
        noted = openStateFile(dataDir).value.funnel?.target;
        map(OURS);
        return { code: 0 };
      },
    });
    await open();
    assert.equal(noted, OURS);
  });

  for (const words of ['funnel status', 'funnel --https=443 off'])
    it(`stays while Tailscale does not do \`${words}\`, and the next router takes the mapping away`, async () => {
      const link = await open();
      instead.push({ words, ending: () => ({ code: 1 }) });
      await link.close();
      assert.equal(state.value.funnel?.target, OURS);
      instead.pop();
      await endLeft();
      assert.deepEqual([serve.Web, state.value.funnel], [{}, undefined]);
    });

  it('goes on telling of the mapping from before when that stays', async () => {
    map(BEFORE.target);
    state.update({ funnel: BEFORE });
    instead.push({ words: 'funnel --bg', ending: () => ({ code: 1, stdout: 'Access denied' }) });
    await assert.rejects(open(), /operator/);
    assert.deepEqual(state.value.funnel, BEFORE);
  });

  it('a stop while the mapping is being made takes it away again', async () => {
    const stop = new AbortController();
    instead.push({
      words: 'funnel --bg',
      ending: () => {
        map(OURS);
        stop.abort();
        return { code: 0 };
      },
    });
    await assert.rejects(open(stop.signal), { name: 'AbortError' });
    assert.deepEqual([serve.Web, state.value.funnel], [{}, undefined]);
  });
});
