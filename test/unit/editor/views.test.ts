import assert from 'node:assert/strict';
import { statusText } from '../../../src/editor/statusText';
import type { View } from '../../../src/editor/view';
import { KEY_LIMITS, keyLook, keyNameProblem, withLimit } from '../../../src/editor/views/keyText';
import { createLive } from '../../../src/editor/views/live';
import { periods } from '../../../src/editor/views/periods';
import { outcomeOf, requestLook, tabName } from '../../../src/editor/views/requestLook';
import { asksForProgram, requestsHead } from '../../../src/editor/views/requestsHead';
import { dashboardSnapshot } from '../../../src/editor/views/snapshot';
import { stepsOfRequest, stepsOfView } from '../../../src/editor/views/steps';
import type { RequestRecord } from '../../../src/ledger/record';
import type { RouterState } from '../../../src/process/contract';
import { say } from '../../../src/tunnel/sentences';
import { readSnapshot } from '../../../src/webview/pageMessages';

const at = new Date(2026, 10, 21, 14, 5).getTime();

const record = (fields: Partial<RequestRecord> = {}): RequestRecord => ({
  id: 'req_0123456789abcdef',
  time: new Date(at).toISOString(),
  route: 'chat/completions',
  client: 'other',
  clientKey: 'main',
  host: '127.0.0.1',
  askedModel: 'fast',
  backend: 'openai',
  upstreamModel: 'gpt-5-mini',
  rules: [],
  stream: true,
  status: 200,
  attempts: [],
  usage: { input: 1_000, output: 234 },
  cost: 0.25,
  firstMs: 412,
  ms: 2_500,
  bytesIn: 1,
  bytesOut: 1,
  ...fields,
});

const state = (fields: Partial<RouterState> = {}): RouterState => ({
  phase: 'running',
  version: '1',
  pid: 1,
  startedAt: at,
  localUrl: 'http://127.0.0.1:11411/v1',
  tunnel: { state: 'online', provider: 'cloudflared', since: at },
  publicUrl: 'https://a-b.trycloudflare.com/v1',
  backends: [],
  problems: [],
  running: 0,
  windows: 1,
  ...fields,
});
const view = (fields: Partial<RouterState> = {}): View => ({ link: 'connected', models: [], state: state(fields) });

describe('client keys in a list', () => {
  const windows = (spent: number, budget?: number) =>
    (['day', 'week', 'month', 'total'] as const).map((window) => ({
      window,
      spent,
      held: 0,
      budget: window === 'day' ? budget : undefined,
    }));
  const use = { name: 'phone', running: 0, requestsLastMinute: 0, tokensLastMinute: 0 };

  it('show what they used of their budget, or this month', () => {
    const look = keyLook(
      { name: 'phone', expires: '2027-01-31' },
      { ...use, running: 2, windows: windows(0.5, 1) },
      'sk-…abcd',
    );
    assert.deepEqual(look, {
      icon: 'key',
      description: 'sk-…abcd · 2 running · $0.50 of $1.00 today · until 2027-01-31',
    });
    assert.equal(
      keyLook({ name: 'phone' }, { ...use, windows: windows(3) }, 'sk-…abcd').description,
      'sk-…abcd · idle · $3.00 this month',
    );
  });

  it('say why one does not work', () => {
    assert.equal(
      keyLook({ name: 'phone' }, { ...use, windows: windows(1, 1) }, 'sk-…abcd').detail,
      'Its budget today is used up.',
    );
    const refused = { ...use, windows: windows(0), refused: 'The key "phone" is switched off.' };
    assert.deepEqual(keyLook({ name: 'phone' }, refused, 'sk-…abcd').icon, 'circle-slash');
    assert.match(keyLook({ name: 'phone' }, undefined, undefined).description, /no secret/);
    assert.match(
      keyLook({ name: 'ci', apiKeyEnv: 'CI_KEY' }, undefined, undefined).description,
      /CI_KEY · not in force/,
    );
  });

  it('are named so that the settings take them', () => {
    const taken = new Set(['phone']);
    for (const name of ['laptop', 'a.b-c_1']) assert.equal(keyNameProblem(name, taken), undefined);
    for (const name of ['', 'two words', 'main', 'phone', 'a/b']) assert.ok(keyNameProblem(name, taken), name);
  });

  it('get limits that the settings take', () => {
    const read = (label: string, text: string) => KEY_LIMITS.find((limit) => limit.label === label)?.read(text);
    assert.deepEqual(read('Allowed models', 'fast, openai/*'), { models: ['fast', 'openai/*'] });
    assert.deepEqual(read('Budget a day', '0.5'), { budget: { day: 0.5 } });
    assert.deepEqual(read('Requests a minute', '20'), { requestsPerMinute: 20 });
    assert.deepEqual(read('Expiry', '2027-02-28'), { expires: '2027-02-28' });
    for (const [label, text] of [
      ['Allowed models', 'a,,b'],
      ['Budget a day', 'much'],
      ['Budget a day', ''],
      ['Requests a minute', '0'],
      ['Expiry', '2027-02-30'],
    ] as const)
      assert.equal(typeof read(label, text), 'string', `${label}: ${text}`);
    const both = withLimit(withLimit({ name: 'x' }, { budget: { day: 1 } }), { budget: { month: 5 } });
    assert.deepEqual(both, { name: 'x', budget: { day: 1, month: 5 } });
  });
});

describe('the status bar while bodies are logged', () => {
  it('says so, with a way to stop it', () => {
    const status = statusText(view({ bodyLog: { file: '/x/bodies.jsonl' } }));
    assert.match(status.text, /logs bodies/);
    assert.match(status.label, /logs bodies/);
    assert.match(status.tooltip, /command:llmRouter\.logBodies/);
    assert.ok(!/bodies/i.test(JSON.stringify(statusText(view()))));
  });
});

describe('a request in a list', () => {
  it('is told in a line', () => {
    assert.equal(requestLook(record()).facts, 'openai · 412 ms · 1,234 tokens · $0.25');
    const refused = record({
      status: 402,
      error: 'no',
      backend: 'openai',
      usage: undefined,
      cost: undefined,
      firstMs: undefined,
    });
    assert.equal(requestLook(refused).facts, '402 · openai');
    assert.equal(requestLook(record({ askedModel: '' })).model, '(no model)');
    assert.equal(requestLook(record({ askedModel: 'openai/gpt-5-mini' })).facts, '412 ms · 1,234 tokens · $0.25');
  });
  it('is answered, cancelled or failed', () => {
    assert.equal(outcomeOf(record()), 'ok');
    assert.equal(outcomeOf(record({ status: 499, error: 'gone', errorKind: 'cancelled' })), 'cancelled');
    assert.equal(outcomeOf(record({ status: 200, error: 'broke off' })), 'failed');
  });
});

describe('periods', () => {
  it('are local days, over the end of a month and a year', () => {
    const names = (now: number) =>
      Object.fromEntries(periods(now).map(({ label, period }) => [label, `${period.from} ${period.to}`]));
    assert.deepEqual(names(at), {
      'This month': '2026-11-01 2026-11-21',
      Today: '2026-11-21 2026-11-21',
      'Last 7 days': '2026-11-15 2026-11-21',
      'Last 30 days': '2026-10-23 2026-11-21',
      'Last month': '2026-10-01 2026-10-31',
      Everything: ' ',
    });
    assert.equal(names(new Date(2027, 0, 3).getTime())['Last month'], '2026-12-01 2026-12-31');
  });
});

describe('the dashboard snapshot', () => {
  const none = { requests: [], days: [], models: [], backends: [], tunnel: [] };

  it('passes its own check in every phase, with whatever comes from outside', () => {
    const long = 'x'.repeat(10_000);
    const backend = { name: 'openai', baseUrl: '', hasKey: true, needsKey: true, isDefault: true };
    const views: View[] = [
      { link: 'off', models: [] },
      { link: 'connecting', models: [] },
      { link: 'failed', models: [], message: long },
      view({ notice: long, backends: [{ ...backend, health: 'failing', lastError: long }] }),
    ];
    const requests = [record({ askedModel: long }), record({ time: 'nonsense', usage: undefined })];
    for (const one of views) assert.ok(readSnapshot(dashboardSnapshot(one, { ...none, requests }, at)), one.link);
  });

  it('offers the URL that works, and says when it works on this machine only', () => {
    assert.equal(dashboardSnapshot(view(), none, at).url, 'https://a-b.trycloudflare.com/v1');
    const local = dashboardSnapshot(view({ tunnel: { state: 'off', provider: 'none', since: at } }), none, at);
    assert.deepEqual([local.url, local.urlWorks], ['http://127.0.0.1:11411/v1', false]);
  });

  it('has every one of the last 14 days', () => {
    const row = { group: '2026-11-19', requests: 2, input: 1, output: 2, cost: 0.5, unpriced: 0 };
    const { days } = dashboardSnapshot(view(), { ...none, days: [row] }, at);
    assert.deepEqual([days.length, days[0]?.name, days.at(-1)?.name], [14, '2026-11-08', '2026-11-21']);
    assert.deepEqual(days[11], { name: '2026-11-19', requests: 2, tokens: 3, cost: 0.5 });
    assert.equal(days[12]?.cost, 0);
  });

  it('sums up what is beyond the first eight', () => {
    const rows = Array.from({ length: 11 }, (_, n) => ({
      group: `m${n}`,
      requests: 1,
      input: 1,
      output: 1,
      cost: 1,
      unpriced: 0,
    }));
    const { models } = dashboardSnapshot(view(), { ...none, models: [...rows, { ...rows[0]!, group: '' }] }, at);
    assert.equal(models.length, 9);
    assert.deepEqual(models.at(-1), { name: '3 more', requests: 3, tokens: 6, cost: 3 });
  });
});

describe('steps of the walkthrough', () => {
  it('tick when they have happened, no sooner', () => {
    assert.deepEqual(stepsOfView({ link: 'off', models: [] }), []);
    assert.deepEqual(stepsOfView(view()), ['start']);
    const tunnel = { state: 'off', provider: 'none', since: at } as const;
    assert.deepEqual(stepsOfView(view({ tunnel, publicUrl: undefined })), [], 'local only: Cursor could not use it');
    const backend = {
      name: 'openai',
      baseUrl: '',
      hasKey: false,
      needsKey: true,
      isDefault: true,
      health: 'unknown' as const,
    };
    assert.deepEqual(stepsOfView(view({ backends: [backend] })), ['start']);
    assert.deepEqual(stepsOfView(view({ backends: [{ ...backend, hasKey: true }] })), ['start', 'backend']);
    const cursor = { lastSeen: at, host: 'a', outdated: false };
    assert.ok(stepsOfView(view({ cursor })).includes('cursor'));
    const refused = { ...cursor, lastRefusal: 'wrong key', refused: { count: 1, lastAt: at } };
    assert.ok(stepsOfView(view({ cursor: refused })).includes('cursor'), 'who is refused takes nothing back');
    assert.ok(!stepsOfView(view({ cursor: { ...refused, lastSeen: 0 } })).includes('cursor'));
  });

  it('of a request: only Cursor adds a model, only an answer ends it', () => {
    assert.deepEqual(stepsOfRequest(record()), ['backend']);
    const echo = { backend: 'demo', upstreamModel: 'echo' };
    assert.deepEqual(stepsOfRequest(record(echo)), []);
    assert.ok(stepsOfRequest(record({ ...echo, client: 'cursor' })).includes('backend'));
    assert.deepEqual(stepsOfRequest(record({ client: 'cursor' })), ['backend', 'cursor', 'model', 'answer']);
    assert.deepEqual(stepsOfRequest(record({ client: 'cursor', status: 502, error: 'no' })), ['cursor', 'model']);
    assert.deepEqual(stepsOfRequest(record({ client: 'cursor', backend: undefined })), ['cursor']);
  });

  it('an answer in the chat of VS Code ends it as well, without Cursor', () => {
    assert.deepEqual(stepsOfRequest(record({ client: 'vscode' })), ['backend', 'answer']);
    assert.deepEqual(stepsOfRequest(record({ client: 'vscode', status: 502, error: 'no' })), []);
  });
});

it('the tab of a story is named after the model, whatever a client wrote there', () => {
  assert.equal(tabName('openai/gpt-5-mini', 'req_1'), 'gpt-5-mini');
  assert.equal(tabName('qwen3:8b', 'req_1'), 'qwen3:8b');
  assert.equal(tabName('//../a?b#c\n', 'req_1'), 'a b c');
  for (const nothing of ['', '/', '?#']) assert.equal(tabName(nothing, 'req_1'), 'req_1');
  assert.equal(tabName('x'.repeat(500), 'req_1').length, 60);
});

it('the dashboard of a start that failed says why', () => {
  const facts = { requests: [], days: [], models: [], backends: [], tunnel: [] };
  const { phase, message } = dashboardSnapshot(view({ phase: 'stopped', notice: 'Port 443 is taken.' }), facts, at);
  assert.deepEqual([phase, message], ['failed', 'Port 443 is taken.']);
});

describe('the view Requests', () => {
  const refused = { count: 1, lastAt: at };
  const wrongKey = view({ cursor: { host: '', lastSeen: 0, outdated: false, lastRefusal: 'wrong key.', refused } });
  const noProgram = (says = say.notInstalled) =>
    view({
      tunnel: { state: 'error', provider: 'cloudflared', since: at, needsBinary: true, says, message: says.text },
    });
  const titles = (...of: Parameters<typeof requestsHead>) => requestsHead(...of).mendings.map(({ title }) => title);

  it('says the worst trouble and offers what mends it, with and without requests', () => {
    for (const empty of [true, false]) {
      assert.match(requestsHead(wrongKey, empty).message, /was refused.*Paste the API key into Cursor/);
      assert.deepEqual(titles(wrongKey, empty), ['Copy API Key', "Open Cursor's Settings"]);
    }
    assert.deepEqual(titles({ link: 'failed', message: 'x', models: [] }, true), ['Restart Router', 'Show Log']);
    assert.deepEqual(requestsHead(view(), true), { message: '', mendings: [] });
  });

  it('breaks a long path, which the view would cut, and says no advice twice', () => {
    const why = 'The usage log in /home/somebody/data/User/globalStorage cannot be written (ENOSPC).';
    const { message } = requestsHead(view({ notice: why, noticeAbout: 'ledger' }), true);
    assert.equal(message.replaceAll('\u200b', ''), why);
    assert.ok(message.includes('User/\u200bglobalStorage'));
  });

  it('leaves the question about the download to its buttons while it is empty, where a download helps', () => {
    assert.deepEqual(requestsHead(noProgram(), true), { message: '', mendings: [] });
    assert.deepEqual(titles(noProgram(), false), ['Download and Start', 'Set Up Tunnel…']);
    const chosen = noProgram(say.chosenBinaryMissing('/nowhere/cloudflared'));
    assert.deepEqual([asksForProgram(noProgram()), asksForProgram(chosen)], [true, false]);
    assert.deepEqual(titles(chosen, true), ['Set Up Tunnel…']);
  });
});

describe('live views', () => {
  function rig() {
    const listeners: (() => void)[] = [];
    const add = (listener: () => void) => {
      listeners.push(listener);
      return () => undefined;
    };
    const editor = {
      router: { onRequest: add },
      onDidChangeView: (listener: () => void) => ({ dispose: add(listener) }),
    } as unknown as Parameters<typeof createLive>[0];
    const waiting: (() => void)[] = [];
    const runs = { count: 0, active: 0, most: 0 };
    const live = createLive(editor, async () => {
      runs.count += 1;
      runs.active += 1;
      runs.most = Math.max(runs.most, runs.active);
      await new Promise<void>((resolve) => waiting.push(resolve));
      runs.active -= 1;
    });
    const nextRun = async () => {
      while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      return waiting.shift() as () => void;
    };
    return { live, runs, nextRun, happen: () => listeners.forEach((listener) => void listener()) };
  }

  it('do nothing while nobody looks', async () => {
    const { live, runs, happen } = rig();
    happen();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(runs.count, 0);
    live.dispose();
  });

  it('run at once when somebody looks, and once more for all that came in meanwhile', async () => {
    const { live, runs, nextRun, happen } = rig();
    live.watch(true);
    const first = await nextRun();
    for (let n = 0; n < 50; n++) happen();
    first();
    (await nextRun())();
    assert.deepEqual([runs.count, runs.most], [2, 1]);
    live.watch(false);
    happen();
    live.dispose();
  });
});
