/** Nothing waits for ever and nothing thrown ends the loop: once its cause is gone, every failure is over by itself. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { NetworkError } from '../../../src/network/httpsClient';
import { TunnelProblem } from '../../../src/tunnel/driver';
import { tailLog } from '../../../src/tunnel/logTail';
import { say } from '../../../src/tunnel/sentences';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { controlledClock } from '../../support/controlledClock';
import { onWindows } from '../../support/platform';
import { type Rig, type RigOptions, registers, tunnelRig } from '../../support/tunnelRig';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const URL_1 = 'https://words-1.trycloudflare.com';
const systemError = (code: string) => Object.assign(new Error(`spawn ${code}`), { code });

describe('the tunnel comes back by itself', () => {
  let rig: Rig;
  afterEach(() => rig.dispose());

  const make = (options?: RigOptions) => {
    rig = tunnelRig(options);
  };
  const state = () => rig.tunnel.status.state;
  const works = () => {
    rig.onLaunch = (started) => registers(started, rig.clock);
  };
  async function online(): Promise<void> {
    make();
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    assert.equal(state(), 'online');
  }

  it('an exit at the start is tried again after 5, 15, 30, 60, 120, 300 and again 300 s, and says when', async () => {
    make();
    rig.onLaunch = (started) =>
      rig.clock.after(100, () => started.emit({ type: 'exited', code: 'exit code 1', lines: ['dial failed'] }));
    await rig.tunnel.start();
    const waits: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      await rig.clock.pass(SECOND);
      const { state, until, message } = rig.tunnel.status;
      assert.equal(state, 'error');
      assert.match(message!, /cloudflared ended at its start.*dial failed.*Next try at \d\d:\d\d/);
      waits.push(Math.round((until! - rig.launches.at(-1)!.at) / SECOND));
      await rig.clock.pass(until! - rig.clock.now());
    }
    assert.deepEqual(waits, [5, 15, 30, 60, 120, 300, 300]);
    works();
    await rig.clock.pass(5 * MINUTE + SECOND);
    assert.deepEqual([state(), rig.tunnel.status.publicUrl, rig.posts.length], ['online', URL_1, 1]);
  });

  for (const code of ['EMFILE', 'EAGAIN', 'ENOSPC'])
    it(`${code} while a killed program is started anew: back within the first waits, the same URL`, async () => {
      await online();
      let left = 3;
      rig.onLaunch = (started) => {
        left -= 1;
        if (left >= 0) throw systemError(code);
        registers(started, rig.clock);
      };
      rig.launches.at(-1)!.emit({ type: 'exited', code: 'signal SIGKILL', lines: [] });
      await rig.clock.pass(SECOND);
      assert.match(rig.tunnel.status.message!, new RegExp(`${code}.*Next try at`));
      await rig.clock.pass(MINUTE);
      assert.deepEqual([state(), rig.tunnel.status.publicUrl, rig.posts.length], ['online', URL_1, 1]);
    });

  it('a program that was damaged while it ran is looked at again and named, and taken when it is whole', async () => {
    let whole = true;
    make({
      find: async () => {
        if (!whole)
          throw new TunnelProblem('error', say.binaryFails('/opt/cloudflared', 'exit code 126'), {
            missingBinary: true,
          });
        return { path: '/opt/cloudflared', version: '2026.8.2' };
      },
    });
    await rig.tunnel.start();
    await rig.clock.pass(SECOND);
    whole = false;
    rig.onLaunch = (started) =>
      rig.clock.after(10, () => started.emit({ type: 'exited', code: 'exit code 126', lines: [] }));
    rig.launches.at(-1)!.emit({ type: 'exited', code: 'signal SIGSEGV', lines: [] });
    await rig.clock.pass(10 * SECOND);
    assert.deepEqual([state(), rig.tunnel.status.publicUrl], ['error', URL_1]);
    assert.match(rig.tunnel.status.message!, /\/opt\/cloudflared does not start/);
    whole = true;
    works();
    await rig.clock.pass(5 * MINUTE);
    assert.deepEqual([state(), rig.tunnel.status.publicUrl, rig.posts.length], ['online', URL_1, 1]);
  });

  it('a program that passes every look and still ends at its start is told with its last lines', async () => {
    await online();
    rig.onLaunch = (started) =>
      rig.clock.after(10, () => started.emit({ type: 'exited', code: 'exit code 1', lines: ['no such option'] }));
    rig.launches.at(-1)!.emit({ type: 'exited', code: 'signal SIGSEGV', lines: [] });
    await rig.clock.pass(5 * SECOND);
    assert.match(
      rig.tunnel.status.message!,
      /cloudflared ended at its start \(exit code 1\).*no such option.*Next try at/,
    );
    works();
    await rig.clock.pass(5 * MINUTE);
    assert.deepEqual([state(), rig.tunnel.status.publicUrl, rig.posts.length], ['online', URL_1, 1]);
  });

  it('a log that says nothing: the program itself says that it is connected', async () => {
    make();
    rig.onLaunch = (started) => {
      started.connected = true;
    };
    await rig.tunnel.start();
    await rig.clock.pass(4 * SECOND);
    assert.deepEqual([state(), rig.tunnel.status.publicUrl, rig.launches.length], ['online', URL_1, 1]);
  });

  it('a program that was deleted and put back is found without a look from a person', async () => {
    let there = false;
    make({
      find: async () => {
        if (!there) throw new TunnelProblem('error', say.notInstalled, { missingBinary: true });
        return { path: '/opt/cloudflared', version: '2026.8.2' };
      },
    });
    await rig.tunnel.start();
    await rig.clock.pass(MINUTE);
    assert.equal(rig.tunnel.status.needsBinary, true);
    there = true;
    await rig.clock.pass(5 * MINUTE);
    assert.equal(state(), 'online');
  });

  it('a refused token waits for the person and is looked at every ten minutes', async () => {
    make({ named: { hostname: 'llm.example.com', token: 'token' } });
    rig.onLaunch = (started) => rig.clock.after(100, () => started.emit({ type: 'refused' }));
    await rig.tunnel.start();
    await rig.clock.pass(MINUTE);
    assert.match(rig.tunnel.status.message!, /Copy the token/);
    assert.equal(rig.launches.length, 2);
    await rig.clock.pass(8 * MINUTE);
    assert.equal(rig.launches.length, 2);
    works();
    await rig.clock.pass(2 * MINUTE);
    assert.equal(state(), 'online');
  });

  it('a disk that takes no notes changes nothing: online, repaired, one request for a tunnel', async () => {
    make();
    const folder = path.join(rig.dataDir, 'tunnel');
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'in the way');
    await rig.tunnel.start();
    await rig.clock.pass(11 * MINUTE);
    assert.equal(state(), 'online');
    rig.launches.at(-1)!.emit({ type: 'exited', code: 'signal SIGKILL', lines: [] });
    await rig.clock.pass(SECOND);
    assert.deepEqual([state(), rig.tunnel.status.publicUrl, rig.posts.length], ['online', URL_1, 1]);
  });

  it('whatever failed, and in whatever order: online within the longest wait after the causes are gone, the same URL', async () => {
    const faults: ((rig: Rig) => void)[] = [
      (rig) => {
        rig.onLaunch = () => {
          throw systemError('EMFILE');
        };
      },
      (rig) => {
        rig.onLaunch = (started) =>
          rig.clock.after(50, () => started.emit({ type: 'exited', code: 'exit code 1', lines: [] }));
      },
      (rig) => {
        rig.onLaunch = () => {};
      },
      (rig) => {
        rig.launches.at(-1)?.emit({ type: 'exited', code: 'signal SIGKILL', lines: [] });
      },
      (rig) => {
        rig.service = new NetworkError('api.trycloudflare.com could not be reached: EAI_AGAIN.');
      },
      (rig) => {
        const probes = ['health', 'stream', 'name'] as const;
        for (const probe of probes)
          Object.defineProperty(rig.outside, probe, {
            configurable: true,
            get: () => {
              throw systemError('EMFILE');
            },
          });
      },
      (rig) => {
        rig.outside.health = { ok: false, kind: 'gone', status: 530 };
      },
      (rig) => {
        const last = rig.launches.at(-1);
        if (last) last.connected = false;
      },
    ];
    make();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(faults.length - 1), fc.integer({ min: 1, max: 400 })), { maxLength: 8 }),
        async (sequence) => {
          const one = tunnelRig();
          await one.tunnel.start();
          for (const [fault, seconds] of sequence) {
            try {
              faults[fault]!(one);
            } catch {
              // Its own getter from an earlier step.
            }
            await one.clock.pass(seconds * SECOND);
          }
          for (const [probe, value] of Object.entries({ health: { ok: true }, stream: { ok: true }, name: 'yes' }))
            Object.defineProperty(one.outside, probe, { value, configurable: true, writable: true });
          one.service = undefined;
          for (const launch of one.launches) launch.connected = true;
          one.onLaunch = (started) => registers(started, one.clock);
          // The longest wait, and the time in which a start that was under way is given up (10 + 30 s) or proves itself.
          await one.clock.pass(6 * MINUTE);
          assert.equal(one.tunnel.status.state, 'online');
          assert.equal(one.tunnel.status.replacedUrl, undefined);
          const urls = new Set(one.seen.map(({ publicUrl }) => publicUrl).filter(Boolean));
          assert.equal(urls.size, 1, 'no URL was given up');
          await one.dispose();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('notes of the tunnel on disk are best effort', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-notes-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('what cannot be written is kept in memory and written with the next change', () => {
    const state = openStateFile(folder);
    rmSync(path.join(folder, 'tunnel'), { recursive: true });
    writeFileSync(path.join(folder, 'tunnel'), '');
    state.update({ requests: [1, 2] });
    assert.deepEqual(state.value.requests, [1, 2], 'the budget holds');
    rmSync(path.join(folder, 'tunnel'));
    state.update({ rateLimit: { refusals: 1, until: 5 } });
    const written = JSON.parse(readFileSync(path.join(folder, 'tunnel', 'state.json'), 'utf8'));
    assert.deepEqual(written, { requests: [1, 2], rateLimit: { refusals: 1, until: 5 } });
  });

  for (const [what, break_] of [
    ['torn', (file: string) => writeFileSync(file, '{"credentials":')],
    ['missing', (file: string) => rmSync(file)],
  ] as const)
    it(`a state file that is ${what} is read from its copy; only when both are gone something is lost`, () => {
      const file = path.join(folder, 'tunnel', 'state.json');
      assert.equal(openStateFile(folder).lost, undefined, 'a first start has lost nothing');
      openStateFile(folder).update({ requests: [1] });
      writeFileSync(path.join(folder, 'tunnel', 'cloudflared.yml'), '');
      break_(file);
      const state = openStateFile(folder);
      assert.deepEqual([state.value.requests, state.lost], [[1], undefined]);
      rmSync(path.join(folder, 'tunnel', 'state.copy.json'));
      assert.deepEqual([openStateFile(folder).value, openStateFile(folder).lost], [{}, file]);
    });

  it('a log that is missing, appears, is deleted and grows beyond its limit throws nothing into the timer', async () => {
    const clock = controlledClock();
    const file = path.join(folder, 'cloudflared.log');
    let text = '';
    const tail = tailLog(file, 0, clock, (more) => {
      text += more;
    });
    await clock.pass(SECOND);
    writeFileSync(file, 'first\n');
    await clock.pass(SECOND);
    assert.equal(text, 'first\n');
    writeFileSync(file, `${'x'.repeat(5 * 1_048_576)}`);
    const written = readFileSync(file).length;
    if (!onWindows) rmSync(file);
    await clock.pass(SECOND);
    assert.equal(text.length, written);
    tail.stop();
  });
});
