import assert from 'node:assert/strict';
import { isPasted, PASTES, PATIENCE, type Verdict, verdictOf } from '../../../src/editor/connect/flow';
import { cursorJobNotice, switchedOffNotice, urlNotice } from '../../../src/editor/stateMessages';
import { statusText } from '../../../src/editor/statusText';
import type { View } from '../../../src/editor/view';
import type { RequestRecord } from '../../../src/ledger/record';
import type { RouterState } from '../../../src/process/contract';
import { say as serverSay } from '../../../src/server/sentences';
import { cursorAppState } from '../../../src/troubles/cursor';
import { requestRecord } from '../../support/ledgerRecords';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';

const began = Date.parse('2026-11-29T10:00:00Z');
const facts = { hosts: new Set(['a.example']), serves: (name: string) => name === 'fast', seen: true };
type Holds = Parameters<typeof cursorAppState>[0];
const holds: Holds = { baseUrl: 'https://a.example/v1', switchedOn: true, models: ['fast'], key: 'ours' };

function view(change: Partial<Holds> | undefined, more: Partial<RouterState> = {}): View {
  const state: RouterState = {
    phase: 'running',
    version: '1',
    pid: 1,
    startedAt: 0,
    publicUrl: 'https://a.example/v1',
    tunnel: { state: 'online', provider: 'cloudflared', since: 0, publicUrl: 'https://a.example' },
    backends: [],
    problems: [],
    running: 0,
    windows: 1,
    ...(change && { cursorApp: cursorAppState({ ...holds, ...change }, facts) }),
    ...more,
  };
  return { link: 'connected', models: [], state };
}
const call = (change: Partial<RequestRecord>): RequestRecord =>
  requestRecord({ client: 'cursor', askedModel: 'fast', backend: 'openai', status: 200, ...change });
const judge = (of: View, more: Partial<Parameters<typeof verdictOf>[0]> = {}): Verdict =>
  verdictOf({ view: of, began, now: began + 30_000, calls: [], model: 'fast', ...more });

describe('Connect Cursor: what is pasted', () => {
  it('is passed over where Cursor holds it already, and asked for where that cannot be read', () => {
    const pasted = (of: View) => PASTES.filter((paste) => isPasted(paste, of));
    assert.deepEqual(pasted(view({})), ['url', 'key', 'model']);
    assert.deepEqual(pasted(view({ key: 'hidden', models: ['gone'] })), ['url']);
    assert.deepEqual(pasted(view({ baseUrl: undefined })), []);
    assert.deepEqual(pasted(view({ baseUrl: 'https://old.example/v1' })), []);
    assert.deepEqual(pasted(view(undefined)), []);
  });
});

describe('Connect Cursor: how it ends', () => {
  it('connected, when a backend of one’s own has answered Cursor', () => {
    const verdict = judge(view({}), { calls: [call({ status: 500, error: 'x' }), call({})] });
    assert.equal(verdict.kind, 'connected');
    assert.match(verdict.text, /Cursor is connected: fast was answered by openai/);
  });

  const seen = { lastSeen: began + 1, host: 'a.example', outdated: false };
  const ends: [string, View, Verdict['kind'], RegExp, string | undefined][] = [
    ['wrong key, as read', view({ key: 'other' }), 'wrongKey', /another key/, 'copyApiKey'],
    ['no key', view({ key: 'none' }), 'wrongKey', /no OpenAI key/, 'copyApiKey'],
    [
      'wrong key, as presented',
      view(undefined, {
        cursor: { ...seen, lastRefusal: 'This API key is wrong.', refused: { count: 1, lastAt: began + 5 } },
      }),
      'wrongKey',
      /was refused/,
      'copyApiKey',
    ],
    ['old URL, as read', view({ baseUrl: 'https://old.example/v1' }), 'oldUrl', /old\.example/, 'copyBaseUrl'],
    [
      'old URL, as called',
      view(undefined, { cursor: { ...seen, host: 'old.example', outdated: true } }),
      'oldUrl',
      /older URL/,
      'copyBaseUrl',
    ],
    ['switch off', view({ switchedOn: false }), 'switchOff', /switched off/, 'useLlmRouter'],
    ['override off', view({ baseUrl: undefined }), 'overrideOff', /override/, 'copyBaseUrl'],
  ];
  for (const [what, of, kind, text, command] of ends)
    it(what, () => {
      const verdict = judge(of);
      assert.equal(verdict.kind, kind);
      assert.match(verdict.text, text);
      assert.equal(verdict.mends?.command, command);
    });

  it('model unknown here, with the name that Cursor asked for', () => {
    const verdict = judge(view({}), {
      calls: [call({ askedModel: 'nope', backend: undefined, status: 404, error: 'no' })],
    });
    assert.deepEqual([verdict.kind, verdict.mends?.command], ['modelUnknown', 'copyModelName']);
    assert.match(verdict.text, /nope, which nobody serves/);
  });
  it('a backend that fails, with its sentence', () => {
    const verdict = judge(view({}), { calls: [call({ status: 500, error: 'It is down.' })] });
    assert.equal(verdict.kind, 'modelFails');
    assert.match(verdict.text, /It is down\./);
  });
  it('a backend that fails, with its sentence in the language of the editor', async () => {
    const says = serverSay.emptyBody('openai');
    await inLanguage(JAPANESE, () => {
      const { text } = judge(view({}), { calls: [call({ status: 502, error: says.text, says: overThePipe(says) })] });
      assert.match(text, /openai が空の本文を返しました。/);
    });
  });
  it('a name that Cursor keeps for itself, when nothing came', () => {
    const late = { now: began + PATIENCE };
    assert.equal(judge(view({}), { ...late, model: 'claude-x' }).kind, 'nameKept');
    assert.equal(judge(view({}), { ...late, model: 'fast' }).kind, 'noCall');
    assert.match(judge(view({}), late).text, /paid plan/);
  });

  it('waits as long as nothing is known: a refusal of before and what Cursor has not written yet are no news', () => {
    assert.equal(judge(view({})).kind, 'waiting');
    const before = { ...seen, refused: { count: 1, lastAt: began - 1 } };
    assert.equal(judge(view(undefined, { cursor: before })).kind, 'waiting');
    assert.equal(judge(view({ switchedOn: false }), { now: began + 1_000 }).kind, 'waiting');
    const check = call({ askedModel: 'fast', backend: undefined });
    assert.equal(judge(view({}), { calls: [check] }).kind, 'waiting', "Cursor's check of the key is no answer");
  });
});

describe('writing Cursor’s settings for a person', () => {
  it('is offered where the URL had to change and this router outlives its Cursor, and its end is told', () => {
    const changed = (able: boolean) =>
      urlNotice(view({}, { cursorWrite: { able, undoable: false } }), 'https://old.example/v1')?.actions;
    assert.deepEqual(changed(false), ['Copy New URL', 'Open Cursor Settings']);
    assert.deepEqual(changed(true), ['Copy New URL', 'Do It for Me: Restart Cursor', 'Open Cursor Settings']);
    const told = (phase: 'waiting' | 'done' | 'failed') =>
      cursorJobNotice(view({}, { cursorWrite: { able: true, undoable: true, job: { phase, text: 'So.' } } }));
    assert.equal(told('waiting'), undefined);
    assert.deepEqual(
      [told('done')?.severity, told('failed')?.severity, told('failed')?.text],
      ['info', 'warning', 'So.'],
    );
  });
});

describe('the switch of Cursor’s key', () => {
  it('off is told with both ways out, and is no trouble where it was asked for', () => {
    const off = view({ switchedOn: false });
    assert.deepEqual(switchedOffNotice(off)?.actions, ['Switch On in Cursor', "Use Cursor's Own Models"]);
    assert.match(statusText(off).text, /Cursor's key is off/);
    assert.match(statusText(off).tooltip, /\[Switch On in Cursor\]\(command:llmRouter\.useLlmRouter\)/);
    const chosen: View = { ...off, ownModels: true };
    assert.equal(switchedOffNotice(chosen), undefined);
    assert.deepEqual(
      [statusText(chosen).text, statusText(chosen).severity],
      ["$(debug-pause) LLM Router: Cursor's own models", undefined],
    );
    assert.equal(switchedOffNotice(view({})), undefined);
  });
});
