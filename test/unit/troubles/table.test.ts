import assert from 'node:assert/strict';
import type { DoctorFacts } from '../../../src/doctor/facts';
import { troubleChecks } from '../../../src/doctor/troubleCheck';
import { statusText } from '../../../src/editor/statusText';
import type { View } from '../../../src/editor/view';
import { dashboardSnapshot, mendingOf } from '../../../src/editor/views/snapshot';
import type { BackendState, RouterState } from '../../../src/process/contract';
import { type Known, type TroubleKind, troublesOf } from '../../../src/troubles/table';
import { say } from '../../../src/tunnel/sentences';
import type { TunnelStatus } from '../../../src/tunnel/tunnel';

const tunnel: TunnelStatus = { state: 'online', provider: 'cloudflared', since: 0, publicUrl: 'https://a.example' };
const router: RouterState = {
  phase: 'running',
  version: '1',
  pid: 1,
  startedAt: 0,
  tunnel,
  backends: [],
  problems: [],
  running: 0,
  windows: 1,
};
const backend: BackendState = {
  name: 'openai',
  baseUrl: 'https://api.openai.com/v1',
  hasKey: true,
  needsKey: true,
  isDefault: true,
  health: 'ok',
};
const line = (kind: 'overrideOff' | 'otherUrl' | 'noKey' | 'wrongKey' | 'switchedOff' | 'unserved') =>
  ({ kind, text: `${kind}.`, short: kind, action: 'copyBaseUrl' }) as const;
const cursorApp = (kind: Parameters<typeof line>[0]): Partial<RouterState> => ({
  cursorApp: {
    override: 'ours',
    switchedOn: true,
    keyDiffers: false,
    key: 'ours',
    served: [],
    unserved: [],
    told: [line(kind)],
  },
});
const seen = { lastSeen: 0, host: 'old.example', outdated: false };

/** One state for each kind: a kind without one does not compile. */
const STATES: Record<TroubleKind, { known?: Known; router?: Partial<RouterState>; mends: string }> = {
  notRunning: { known: { failed: 'It ended.' }, mends: 'restartRouter' },
  keyLost: { known: { keys: { why: 'Gone.', lost: true } }, mends: 'pasteApiKey' },
  noKeys: { known: { keys: { why: 'Locked.', lost: false } }, mends: 'showLog' },
  noTunnelProgram: {
    router: { tunnel: { ...tunnel, state: 'error', needsBinary: true } },
    mends: 'installCloudflared',
  },
  tunnel: { router: { tunnel: { ...tunnel, state: 'blocked' } }, mends: 'setUpTunnel' },
  settings: { router: { problems: [{ path: 'port', message: 'no', severity: 'error' }] }, mends: 'openSetting' },
  overrideOff: { router: cursorApp('overrideOff'), mends: 'copyBaseUrl' },
  otherUrl: { router: cursorApp('otherUrl'), mends: 'copyBaseUrl' },
  noKey: { router: cursorApp('noKey'), mends: 'copyBaseUrl' },
  wrongKey: { router: cursorApp('wrongKey'), mends: 'copyBaseUrl' },
  switchedOff: { router: cursorApp('switchedOff'), mends: 'copyBaseUrl' },
  unserved: { router: cursorApp('unserved'), mends: 'copyBaseUrl' },
  oldUrl: { router: { cursor: { ...seen, outdated: true } }, mends: 'copyBaseUrl' },
  callRefused: { router: { cursor: { ...seen, refused: { count: 2, lastAt: 0 } } }, mends: 'copyApiKey' },
  keyRefused: { router: { backends: [{ ...backend, keyRefused: true }] }, mends: 'setBackendKey' },
  keyMissing: { router: { backends: [{ ...backend, hasKey: false }] }, mends: 'setBackendKey' },
  backendFails: {
    router: { backends: [{ ...backend, health: 'failing', lastError: 'HTTP 500' }] },
    mends: 'manageBackends',
  },
  backendWaits: { router: { backends: [{ ...backend, health: 'cooling' }] }, mends: 'manageBackends' },
  promptCut: {
    router: {
      backends: [
        {
          ...backend,
          promptCut: { what: 'Ollama read 5: the prompt was cut to its window.', fix: 'Start Ollama anew.' },
        },
      ],
    },
    mends: 'manageBackends',
  },
  creditLow: {
    router: { backends: [{ ...backend, credit: { left: 0.4, currency: 'USD', low: true, of: 'account', at: 0 } }] },
    mends: 'manageBackends',
  },
  ledger: { router: { notice: 'The disk is full.', noticeAbout: 'ledger' }, mends: 'showLog' },
  budget: { router: { notice: 'A budget is used up.', noticeAbout: 'clientKeys' }, mends: 'manageClientKeys' },
  port: { router: { notice: 'Port 1 is taken.', noticeAbout: 'port' }, mends: 'openSetting' },
  notice: { router: { notice: 'Something.' }, mends: 'showLog' },
};
const kinds = Object.keys(STATES) as TroubleKind[];
const known = ({ known: window, router: changes }: (typeof STATES)[TroubleKind]): Known => ({
  ...(changes && { router: { ...router, ...changes } }),
  ...window,
});
const viewOf = (changes: Partial<RouterState>): View => ({
  link: 'connected',
  models: [],
  state: { ...router, ...changes },
});

describe('the table of troubles', () => {
  it('says nothing where nothing is wrong', () => assert.deepEqual(troublesOf({ router }), []));

  for (const kind of kinds)
    it(`knows ${kind}: words, what to do and the command that mends it`, () => {
      const [look, ...more] = troublesOf(known(STATES[kind]));
      assert.deepEqual([look?.kind, more], [kind, []]);
      assert.match(look!.text, /\S/);
      assert.match(look!.fix, /[.…]$/);
      assert.equal(look!.actions[0].command, STATES[kind].mends);
    });

  it('what is wrong with the tunnel program is said as it is: it may be there, and too old', () => {
    const message = 'The installed cloudflared 2020.1.0 is older than 2024.1.0.';
    const [look] = troublesOf({
      router: { ...router, tunnel: { ...tunnel, state: 'error', needsBinary: true, message } },
    });
    assert.equal(look?.text, `${message} The router works on this machine only.`);
  });

  it('no download is offered where tunnel.binary names a program that is not there', () => {
    const says = say.chosenBinaryMissing('/nowhere/cloudflared');
    const [look] = troublesOf({
      router: { ...router, tunnel: { ...tunnel, state: 'error', needsBinary: true, message: says.text, says } },
    });
    assert.deepEqual(
      look?.actions.map(({ command }) => command),
      ['setUpTunnel'],
    );
    assert.match(look!.fix, /Correct the setting/);
  });

  it('tells the worst first, whatever the order it is found in', () => {
    const all = troublesOf({
      failed: 'x',
      keys: { why: 'y', lost: true },
      router: {
        ...router,
        ...STATES.ledger.router,
        ...STATES.oldUrl.router,
        ...STATES.settings.router,
        ...cursorApp('switchedOff'),
        backends: [
          { ...backend, health: 'failing' },
          { ...backend, name: 'b', keyRefused: true },
        ],
      },
    });
    assert.deepEqual(
      all.map(({ kind }) => kind),
      ['notRunning', 'keyLost', 'settings', 'switchedOff', 'oldUrl', 'keyRefused', 'ledger', 'backendFails'],
    );
  });

  it('is what status bar, tooltip and dashboard show, each trouble with its button', () => {
    for (const kind of kinds) {
      const { router: changes } = STATES[kind];
      if (!changes) continue;
      const [look] = troublesOf(known(STATES[kind]));
      const view = viewOf(changes);
      const { text, severity, tooltip } = statusText(view);
      if (look!.short) assert.ok(text.includes(look!.short), `${text}: ${look!.short}`);
      assert.equal(severity, look!.short ? look!.severity : undefined, kind);
      assert.ok(tooltip.includes(`[${look!.actions[0].title}](command:`), `${kind}: ${tooltip}`);
      const facts = { requests: [], days: [], models: [], backends: [], tunnel: [] };
      const [note] = dashboardSnapshot(view, facts, 0).troubles;
      assert.deepEqual([note?.text, note?.action], [look!.text, look!.actions[0].title]);
      assert.deepEqual(mendingOf(view, look!.text), look!.actions[0]);
      assert.equal(mendingOf(viewOf({}), look!.text), undefined, 'what is over is not mended');
    }
  });

  it('a click on the status bar mends, except about the tunnel, where the URL explains itself', () => {
    assert.deepEqual(statusText(viewOf(STATES.keyRefused.router!)).click, {
      command: 'llmRouter.setBackendKey',
      title: 'Change Key…',
      arguments: ['openai'],
    });
    assert.equal(statusText(viewOf(STATES.tunnel.router!)).click, undefined);
    assert.equal(statusText(viewOf({})).click, undefined);
  });

  it('the Doctor tells what none of its other hops looks at', async () => {
    const looks = (kind: TroubleKind) =>
      troubleChecks({ troubles: troublesOf(known(STATES[kind])) } as unknown as DoctorFacts);
    assert.deepEqual(looks('oldUrl'), []);
    const finding = await looks('budget')[0]!.look(new AbortController().signal);
    assert.deepEqual(finding, {
      state: 'warning',
      why: 'A budget is used up.',
      fix: 'Change the limits of this key when more should pass.',
      action: { title: 'Manage Client Keys…', command: 'llmRouter.manageClientKeys' },
    });
  });
});
