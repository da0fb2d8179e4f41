/** A fault in any one thing that the supervisor waits for or calls: whatever the order, it is over once its cause is gone. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TunnelProblem } from '../../../src/tunnel/driver';
import { say } from '../../../src/tunnel/sentences';
import { AWAITED, CALLED, type Rig, registers, type Seam, settled, tunnelRig } from '../../support/tunnelRig';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** The longest wait without a date, and the time in which a start that was under way is given up or proves itself. */
const LONGEST = 6 * MINUTE;
/** A person's or a refusal's new URL may have to wait for the budget of requests. */
const LONGEST_FOR_NEW_URL = 11 * MINUTE;

type Fault = 'throws' | 'problem' | 'waits';
type Step = { seconds: number } & (
  | { what: 'break'; at: Seam; how: Fault }
  | { what: 'mend'; at: Seam }
  | { what: 'killed' | 'lost' | 'silent' | 'speaks' | 'gone' | 'back' | 'check' | 'restart' | 'handOver' }
  | { what: 'refused' | 'renew' }
);

/** The causes, one a seam, until they are mended. */
function faults(rig: Rig) {
  const broken = new Map<Seam, { how: Fault; mended: Promise<void>; mend(): void }>();
  rig.gate = (at) => {
    const fault = broken.get(at);
    if (fault?.how === 'throws') throw Object.assign(new Error(`${at} EMFILE`), { code: 'EMFILE' });
    if (fault?.how === 'problem') throw new TunnelProblem('error', say.noProcess('cloudflared', at));
    return fault?.mended;
  };
  const mend = (at: Seam) => {
    broken.get(at)?.mend();
    broken.delete(at);
  };
  return {
    break(at: Seam, how: Fault) {
      mend(at);
      let release = () => {};
      const mended = new Promise<void>((resolve) => {
        release = resolve;
      });
      broken.set(at, { how, mended, mend: release });
    },
    mend,
    mendAll: () => [...broken.keys()].forEach(mend),
  };
}

async function restart(rig: Rig, causes: ReturnType<typeof faults>, keepRunning: boolean): Promise<void> {
  const stopped = rig.tunnel.stop({ keepRunning });
  // An end that is held up is over when its cause is.
  causes.mend('close');
  for (const at of AWAITED) causes.mend(at);
  await settled(stopped, rig.clock);
  await rig.tunnel.start();
}

async function take(rig: Rig, step: Step, causes: ReturnType<typeof faults>): Promise<void> {
  const last = rig.launches.at(-1);
  switch (step.what) {
    case 'break':
      return causes.break(step.at, step.how);
    case 'mend':
      return causes.mend(step.at);
    case 'killed':
      return last?.emit({ type: 'exited', code: 'signal SIGKILL', lines: [] });
    case 'refused':
      return last?.emit({ type: 'refused' });
    case 'lost':
      if (last) last.connected = false;
      return;
    case 'silent':
      rig.onLaunch = () => {};
      return;
    case 'speaks':
      rig.onLaunch = (started) => registers(started, rig.clock);
      return;
    case 'gone':
      rig.outside.health = { ok: false, kind: 'gone', status: 530 };
      return;
    case 'back':
      rig.outside.health = { ok: true };
      return;
    case 'check':
      return rig.tunnel.check();
    case 'renew':
      return rig.tunnel.renewUrl();
    case 'restart':
    case 'handOver':
      return restart(rig, causes, step.what === 'handOver');
  }
}

const seconds = fc.integer({ min: 1, max: 120 });
const awaited = fc.record({
  what: fc.constant('break' as const),
  at: fc.constantFrom<Seam>(...AWAITED),
  how: fc.constantFrom<Fault>('throws', 'problem', 'waits'),
  seconds,
});
const called = fc.record({
  what: fc.constant('break' as const),
  at: fc.constantFrom<Seam>(...CALLED),
  how: fc.constant('throws' as const),
  seconds,
});
const mended = fc.record({
  what: fc.constant('mend' as const),
  at: fc.constantFrom<Seam>(...AWAITED, ...CALLED),
  seconds,
});
const happening = fc.record({
  what: fc.constantFrom('killed', 'lost', 'silent', 'speaks', 'gone', 'back', 'check', 'restart', 'handOver' as const),
  seconds,
});
const newUrl = fc.record({ what: fc.constantFrom('refused' as const, 'renew' as const), seconds });

async function comesBack(steps: Step[]): Promise<void> {
  const rig = tunnelRig({ inMemory: true });
  const causes = faults(rig);
  await rig.tunnel.start();
  for (const step of steps) {
    await take(rig, step, causes);
    await rig.clock.pass(step.seconds * SECOND);
  }
  causes.mendAll();
  rig.outside.health = { ok: true };
  rig.onLaunch = (started) => registers(started, rig.clock);
  for (const launch of rig.launches) launch.connected = true;
  const mayChange = steps.some(({ what }) => what === 'refused' || what === 'renew');
  await rig.clock.pass(mayChange ? LONGEST_FOR_NEW_URL : LONGEST);
  const { state, message, replacedUrl } = rig.tunnel.status;
  assert.equal(state, 'online', message);
  const urls = new Set(rig.seen.map(({ publicUrl }) => publicUrl).filter(Boolean));
  if (!mayChange) assert.deepEqual([urls.size, replacedUrl], [1, undefined], 'no URL was given up');
  await rig.dispose();
}

describe('faults in every await of the supervisor', () => {
  for (const at of [...AWAITED, ...CALLED])
    for (const how of ['throws', 'waits'] as const)
      if (how !== 'waits' || (AWAITED as readonly string[]).includes(at))
        it(`${at} ${how}, from the start and while it is repaired: online again, the same URL`, async () => {
          await comesBack([
            { what: 'break', at, how, seconds: 100 },
            { what: 'mend', at, seconds: 400 },
            { what: 'break', at, how, seconds: 1 },
            { what: 'killed', seconds: 100 },
          ]);
        });

  it('any sequence of them: online within the longest wait after the causes are gone, the same URL unless refused', async () => {
    const step = fc.oneof({ weight: 3, arbitrary: awaited }, called, mended, happening, newUrl);
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), comesBack), { numRuns: 200 });
  });
});
