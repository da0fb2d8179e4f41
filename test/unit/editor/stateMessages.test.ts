import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { blankOf, hostName, urlProblem } from '../../../src/editor/backendInput';
import { modelPicks, nameWarning } from '../../../src/editor/modelNames';
import { baseUrlAnswer, settingProblem, tunnelTrouble, urlNotice } from '../../../src/editor/stateMessages';
import type { View } from '../../../src/editor/view';
import type { RouterState } from '../../../src/process/contract';
import { PRESET_CARDS } from '../../../src/routing/presetCards';
import { say } from '../../../src/tunnel/sentences';
import type { TunnelStateName, TunnelStatus } from '../../../src/tunnel/tunnel';

const publicUrl = 'https://a-b.trycloudflare.com';
function view(state: TunnelStateName, changes: Partial<TunnelStatus> = {}): View {
  const tunnel: TunnelStatus = { state, provider: 'cloudflared', since: 0, publicUrl, ...changes };
  const router: RouterState = {
    phase: 'running',
    version: '1',
    pid: 1,
    startedAt: 0,
    localUrl: 'http://127.0.0.1:11411/v1',
    tunnel,
    backends: [],
    problems: [],
    running: 0,
    windows: 1,
  };
  if (state === 'online') router.publicUrl = `${tunnel.publicUrl}/v1`;
  return { link: 'connected', state: router, models: [] };
}

describe('copying the base URL', () => {
  it('copies a URL ending in /v1 only when the tunnel works', () => {
    const answer = baseUrlAnswer(view('online'));
    assert.ok('copy' in answer && answer.copy === `${publicUrl}/v1`);
    assert.match(answer.message.text, /^Copied https:.*\/v1/);
  });

  it('answers in every other state without copying, and offers what helps', () => {
    const says = say.binaryTooOld('2020.1.1', '2024.1.1');
    const tooOld = { needsBinary: true, message: says.text, says };
    const notThere = { needsBinary: true, message: say.notInstalled.text, says: say.notInstalled };
    const states: [View, RegExp, string][] = [
      [{ link: 'off', models: [] }, /stopped/, 'Start Router'],
      [{ link: 'connecting', models: [] }, /starting/, 'Show Log'],
      [{ link: 'failed', message: 'It ended.', models: [] }, /not running. It ended/, 'Restart Router'],
      [view('off', { provider: 'none' }), /switched off/, 'Copy Local URL'],
      [view('error', { needsBinary: true }), /cloudflared is missing/, 'Set Up Tunnel…'],
      [view('error', notThere), /cloudflared is missing/, 'Set Up Tunnel…'],
      [view('error', tooOld), /2020.1.1 is older .* The router works on this machine only/, 'Set Up Tunnel…'],
      [view('requesting', { publicUrl: undefined }), /being set up/, 'Copy Local URL'],
      [view('reconnecting'), /has been reconnecting since .* stays https:/, 'Copy This URL'],
      [view('degraded'), /disturbed/, 'Copy This URL'],
      [view('rateLimited', { until: 60_000 }), /Next try at/, 'Copy Local URL'],
      [view('blocked'), /blocks/, 'Set Up Tunnel…'],
      [view('error', { message: 'It broke.' }), /It broke/, 'Restart Router'],
    ];
    for (const [present, text, action] of states) {
      const answer = baseUrlAnswer(present);
      assert.ok(!('copy' in answer), text.source);
      assert.match(answer.message.text, text);
      assert.ok(
        answer.message.actions.some((offered) => offered === action),
        `${text}: ${answer.message.actions}`,
      );
    }
  });
});

describe('messages of the tunnel', () => {
  it('say once that the router is online, and loudly that the URL changed', () => {
    assert.match(urlNotice(view('online'), undefined)?.text ?? '', /is online at/);
    assert.equal(urlNotice(view('online'), `${publicUrl}/v1`), undefined);
    assert.equal(urlNotice(view('reconnecting'), undefined), undefined);
    const changed = urlNotice(view('online'), 'https://old.trycloudflare.com/v1');
    assert.match(changed?.text ?? '', /CHANGED.*a-b\.trycloudflare\.com\/v1/);
    assert.deepEqual(changed?.actions, ['Copy New URL', 'Open Cursor Settings']);
    assert.match(urlNotice(view('online', { replacedUrl: 'https://old' }), undefined)?.text ?? '', /CHANGED/);
  });

  it('stay silent about what heals by itself', () => {
    for (const state of [
      'off',
      'installing',
      'requesting',
      'connecting',
      'verifying',
      'online',
      'reconnecting',
      'degraded',
    ] as const) {
      assert.equal(tunnelTrouble(view(state).state?.tunnel as TunnelStatus), undefined, state);
    }
    for (const state of ['rateLimited', 'blocked', 'error'] as const) {
      assert.ok(tunnelTrouble(view(state).state?.tunnel as TunnelStatus)?.actions.includes('Show Log'), state);
    }
  });
});

describe('model names for Cursor', () => {
  it('warn where Cursor would route elsewhere', () => {
    assert.ok(nameWarning('claude-sonnet-4.5'));
    assert.ok(nameWarning('gemini-3'));
    assert.ok(nameWarning('gpt-5.5'));
    assert.equal(nameWarning('openai/gpt-5.5'), undefined);
    assert.equal(nameWarning('my-model'), undefined);
  });
  it('stand in an order that puts safe and configured names first', () => {
    const picks = modelPicks(['claude-a', 'openrouter/claude-b', 'groq/llama', 'mine'], ['mine']);
    assert.deepEqual(
      picks.map((pick) => pick.name),
      ['mine', 'groq/llama', 'openrouter/claude-b', 'claude-a'],
    );
    const names = modelPicks(['claude-x', 'b/gpt-1', 'z/one', 'gpt-5.5', 'a/two', 'my-claude'], []);
    assert.deepEqual(
      names.map(({ name }) => name),
      ['z/one', 'a/two', 'b/gpt-1', 'my-claude', 'claude-x', 'gpt-5.5'],
    );
  });
});

describe('input while adding a backend', () => {
  it('refuses what is no base URL, with the reason', () => {
    assert.equal(urlProblem('https://api.example.com'), undefined);
    assert.equal(urlProblem(' http://127.0.0.1:8000/v1/ '), undefined);
    assert.match(urlProblem('api.example.com') ?? '', /http/);
    assert.match(urlProblem('https://{resource}.example.com') ?? '', /braces/);
    assert.match(urlProblem('https://u:p@example.com') ?? '', /password/);
    assert.match(urlProblem('https://example.com/v1/chat/completions') ?? '', /base/);
    assert.match(urlProblem('https://') ?? '', /complete/);
  });
  it('selects the part of a template that has to be filled in', () => {
    for (const { baseUrl, fill } of Object.values(PRESET_CARDS)) {
      const blank = blankOf(baseUrl);
      const selected = blank && baseUrl.slice(...blank);
      assert.ok(fill ? selected && fill.includes(selected) : !selected, baseUrl);
    }
  });
  it('proposes a name from the host', () => {
    assert.equal(hostName('https://api.example.com/v1'), 'example');
    assert.equal(hostName('http://127.0.0.1:1'), 'local');
    assert.equal(hostName('http://gpu-box:8000'), 'gpu-box');
  });
});

describe('a wrong setting', () => {
  const problem = { path: 'port', message: 'port must be a number, but it is a text.', severity: 'error' as const };

  it('says that a running router keeps what it has', () => {
    assert.equal(
      settingProblem(view('off'), problem, 1),
      'Setting llmRouter.port: port must be a number, but it is a text. There is 1 more, see the log. The router keeps the last good settings.',
    );
  });

  it('says that a router without any good settings waits for them', () => {
    const { state } = view('off');
    const waiting: View = { link: 'connected', models: [], state: { ...state!, phase: 'stopped' } };
    assert.match(
      settingProblem(waiting, problem, 0),
      /a text\. The router does not start by itself until this is corrected\.$/,
    );
  });
});
