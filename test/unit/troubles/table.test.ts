import assert from 'node:assert/strict';
import type { DoctorFacts } from '../../../src/doctor/facts';
import { troubleChecks } from '../../../src/doctor/troubleCheck';
import { statusText } from '../../../src/editor/statusText';
import { troublesHere } from '../../../src/editor/troubles';
import type { View } from '../../../src/editor/view';
import { dashboardSnapshot, mendingOf } from '../../../src/editor/views/snapshot';
import { say as ledgerSay } from '../../../src/ledger/sentences';
import type { BackendState, RouterState } from '../../../src/process/contract';
import { say as routerSay } from '../../../src/router/sentences';
import { spoken, textOf } from '../../../src/said';
import { say as serverSay } from '../../../src/server/sentences';
import { say as troubleSay } from '../../../src/troubles/sentences';
import { type Known, type TroubleKind, troublesOf } from '../../../src/troubles/table';
import { say } from '../../../src/tunnel/sentences';
import type { TunnelStatus } from '../../../src/tunnel/tunnel';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';

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
          promptCut: spoken({ what: serverSay.promptCut('5', '90'), fix: serverSay.promptCutFix }),
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
const NOTHING = { requests: [], days: [], models: [], backends: [], tunnel: [] };
/** What only a window knows, as its view has it. */
const windowOf = ({ failed, keys }: Known = {}): Partial<View> => ({
  ...(failed !== undefined && { link: 'failed', message: textOf(failed) }),
  ...(keys && { keyTrouble: keys.why, keyLost: keys.lost }),
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

  for (const [what, says] of Object.entries({
    'is not there': say.chosenBinaryMissing('/nowhere/cloudflared'),
    'does not start': say.chosenBinaryFails('/opt/cloudflared', 'exit code 126'),
  }))
    it(`no download is offered where tunnel.binary names a program that ${what}`, () => {
      const [look] = troublesOf({
        router: { ...router, tunnel: { ...tunnel, state: 'error', needsBinary: true, message: says.text, says } },
      });
      assert.deepEqual(
        look?.actions.map(({ command }) => command),
        ['setUpTunnel'],
      );
      assert.match(look!.text, /tunnel\.binary \(or CLOUDFLARED_BIN\)/);
      assert.match(look!.fix, /Correct the setting/);
    });

  it('a long name of a backend leaves room for what is wrong with it', () => {
    const name = 'a-backend-with-a-very-long-name';
    const [look] = troublesOf({ router: { ...router, backends: [{ ...backend, name, keyRefused: true }] } });
    assert.equal(look?.short, 'a-backend-with-a-…: key refused');
    assert.ok(look?.text.startsWith(name));
  });

  it('an old URL is told when there is a new one to paste, not while that is still checked', () => {
    for (const kind of ['oldUrl', 'otherUrl'] as const) {
      const told = (state: TunnelStatus['state']) =>
        troublesOf({ router: { ...router, ...STATES[kind].router, tunnel: { ...tunnel, state } } }).map(
          (one) => one.kind,
        );
      assert.deepEqual(told('online'), [kind]);
      assert.deepEqual(told('verifying'), []);
    }
  });

  it('an old URL is told of a tunnel that is degraded, too: its URL works', () => {
    const cursor = { ...seen, outdated: true };
    const degraded = troublesOf({ router: { ...router, cursor, tunnel: { ...tunnel, state: 'degraded' } } });
    assert.deepEqual(
      degraded.map(({ kind }) => kind),
      ['tunnel', 'oldUrl'],
    );
    assert.equal(degraded[0]?.fix, textOf(troubleSay.tunnelWaitsFix));
  });
  it('a backend that needs no key misses none, and a warning is no trouble', () => {
    const local = { ...backend, needsKey: false, hasKey: false };
    const warned = { path: 'port', message: 'no', severity: 'warning' } as const;
    assert.deepEqual(troublesOf({ router: { ...router, backends: [local], problems: [warned] } }), []);
  });
  it('counts the other errors of the settings, and calls that were refused', () => {
    const error = { path: 'port', message: 'no', severity: 'error' } as const;
    const text = (more: Partial<RouterState>) => troublesOf({ router: { ...router, ...more } })[0]?.text;
    assert.equal(text({ problems: [error] }), textOf(troubleSay.setting('port', 'no', undefined)));
    assert.equal(text({ problems: [error, error] }), textOf(troubleSay.setting('port', 'no', 1)));
    const refused = (count: number) => text({ cursor: { ...seen, lastRefusal: 'No.', refused: { count, lastAt: 0 } } });
    assert.equal(refused(1), textOf(troubleSay.callRefusedOnce('No.', 0)));
    assert.equal(refused(2), textOf(troubleSay.callRefused('No.', 2, 0)));
    const lastRefusalSays = troubleSay.settingsFix;
    const said = text({ cursor: { ...seen, lastRefusal: 'No.', lastRefusalSays, refused: { count: 1, lastAt: 0 } } });
    assert.equal(said, textOf(troubleSay.callRefusedOnce(lastRefusalSays, 0)));
  });
  it('a long reason of a backend is cut', () => {
    const failing = { ...backend, health: 'failing', lastError: 'x'.repeat(500) } as const;
    const text = troublesOf({ router: { ...router, backends: [failing] } })[0]?.text ?? '';
    assert.ok(text.includes('xxx') && text.length < 300);
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
      const [note] = dashboardSnapshot(view, NOTHING, 0).troubles;
      assert.deepEqual([note?.text, note?.action], [look!.text, look!.actions[0].title]);
      assert.deepEqual(mendingOf(view, look!.text), look!.actions[0]);
      assert.equal(mendingOf(viewOf({}), look!.text), undefined, 'what is over is not mended');
    }
  });

  it('is told in the language of the editor: words, what to do, short form and button', async () => {
    for (const kind of kinds) {
      const view: View = { ...viewOf(STATES[kind].router ?? {}), ...windowOf(STATES[kind].known) };
      const [english] = troublesOf(known(STATES[kind]));
      await inLanguage(JAPANESE, () => {
        const [look] = troublesHere(overThePipe(view));
        assert.equal(look?.kind, kind);
        const parts = Object.keys(english!.says ?? {}) as ('text' | 'fix' | 'short')[];
        assert.ok(parts.includes('fix'), kind);
        for (const part of parts) assert.notEqual(look![part], english![part], `${kind}: ${part}`);
        if (look!.short) assert.ok(statusText(view).text.includes(look!.short), kind);
        const { title } = look!.actions[0];
        assert.ok(JAPANESE[title], title);
        assert.ok(statusText(view).tooltip.includes(`[${JAPANESE[title]}](command:`), kind);
        assert.equal(dashboardSnapshot(view, NOTHING, 0).troubles[0]?.text, look!.text);
        assert.deepEqual(mendingOf(view, look!.text), look!.actions[0]);
      });
    }
  });

  it('a notice of the router is told by its code', async () => {
    const notices = [
      [routerSay.portTaken(1, 2), 'port'],
      [ledgerSay.notWritten('/d', ledgerSay.diskFull), 'ledger'],
      [ledgerSay.budgetSpent('phone', '$1.00', ledgerSay.aDay('$2.00')), 'clientKeys'],
    ] as const;
    for (const [says, noticeAbout] of notices)
      await inLanguage(JAPANESE, () => {
        const view = viewOf({ notice: says.text, noticeSays: overThePipe(says), noticeAbout });
        const [look] = troublesHere(view);
        assert.ok(look?.text && look.text !== says.text && !/\{\d/.test(look.text), look?.text);
        assert.ok(!/full|a day/.test(look.text), look.text);
      });
  });

  it('why a backend fails is told by its code, in status bar and dashboard', async () => {
    const says = serverSay.didNotAnswer('openai', 30);
    const failing = { ...backend, health: 'failing' as const, lastError: says.text, lastErrorSays: overThePipe(says) };
    await inLanguage(JAPANESE, () => {
      const view = viewOf({ backends: [failing] });
      assert.match(statusText(view).tooltip, /30 秒以内に応答しませんでした/);
      const { backends } = dashboardSnapshot(view, { requests: [], days: [], models: [], backends: [], tunnel: [] }, 0);
      assert.equal(backends[0]!.error, 'openai が 30 秒以内に応答しませんでした。');
    });
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
    const { says, ...finding } = await looks('budget')[0]!.look(new AbortController().signal);
    assert.equal(says?.fix?.code, 'trouble.budgetFix');
    assert.deepEqual(finding, {
      state: 'warning',
      why: 'A budget is used up.',
      fix: 'Change the limits of this key when more should pass.',
      action: { title: 'Manage Client Keys…', command: 'llmRouter.manageClientKeys' },
    });
  });
});
