import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { COMMANDS } from '../../../src/editor/ids';
import { escapeMarkdown, statusText } from '../../../src/editor/statusText';
import { keyHint, type View } from '../../../src/editor/view';
import type { BackendState, RouterState } from '../../../src/process/contract';
import { clock } from '../../../src/said';
import type { TunnelStatus } from '../../../src/tunnel/tunnel';

const at = Date.parse('2026-11-21T10:15:00');
const tunnel: TunnelStatus = {
  state: 'online',
  provider: 'cloudflared',
  since: at,
  publicUrl: 'https://a-b.trycloudflare.com',
  protocol: 'quic',
};
const state: RouterState = {
  phase: 'running',
  version: '0.1.0',
  pid: 7,
  startedAt: at,
  port: 11_411,
  localUrl: 'http://127.0.0.1:11411/v1',
  publicUrl: 'https://a-b.trycloudflare.com/v1',
  tunnel,
  backends: [],
  problems: [],
  running: 0,
  windows: 1,
};
const running = (changes: Partial<RouterState> = {}): View => ({
  link: 'connected',
  state: { ...state, ...changes },
  keyHint: 'sk-…abcd',
  models: ['fast', 'smart'],
});
const withTunnel = (changes: Partial<TunnelStatus>): View => running({ tunnel: { ...tunnel, ...changes } });
const backend: BackendState = {
  name: 'openai',
  baseUrl: 'https://api.openai.com/v1',
  hasKey: true,
  needsKey: true,
  isDefault: true,
  health: 'ok',
};

describe('status bar text', () => {
  it('shows requests or cost of today by choice, where nothing is wrong', () => {
    const today = { requests: 12, tokens: 3_000, cost: 1.204, costKnown: true };
    const text = (view: View, shows: 'state' | 'requests' | 'cost') => statusText(view, shows).text;
    assert.equal(text(running({ today }), 'state'), '$(globe) LLM Router');
    assert.equal(text(running({ today }), 'requests'), '$(globe) LLM Router 12 requests');
    assert.equal(text(running({ today }), 'cost'), '$(globe) LLM Router $1.20');
    assert.equal(text(running({ today: { ...today, costKnown: false } }), 'cost'), '$(globe) LLM Router ≥ $1.20');
    assert.equal(text(running(), 'requests'), '$(globe) LLM Router 0 requests');
    assert.equal(statusText(running({ today }), 'cost').label, 'LLM Router, online, today $1.20');
    assert.equal(text({ ...running({ today }), link: 'off' }, 'cost'), '$(circle-slash) LLM Router: stopped');
  });

  it('tells the states apart by icon, words and colour', () => {
    const looks = (view: View) => {
      const { text, severity } = statusText(view);
      return [text, severity];
    };
    assert.deepEqual(looks({ link: 'off', models: [] }), ['$(circle-slash) LLM Router: stopped', undefined]);
    assert.deepEqual(looks({ link: 'connecting', models: [] }), ['$(loading~spin) LLM Router: starting', undefined]);
    assert.deepEqual(looks({ link: 'failed', models: [] }), ['$(error) LLM Router: not running', 'error']);
    assert.deepEqual(looks(running({ phase: 'stopped' })), ['$(circle-slash) LLM Router: stopped', undefined]);
    assert.deepEqual(looks(running()), ['$(globe) LLM Router', undefined]);
    assert.deepEqual(looks(withTunnel({ state: 'off', provider: 'none' })), [
      '$(home) LLM Router: local only',
      undefined,
    ]);
    assert.deepEqual(looks(withTunnel({ state: 'error', needsBinary: true })), [
      '$(home) LLM Router: local only',
      'warning',
    ]);
    assert.deepEqual(looks(withTunnel({ state: 'reconnecting' })), [
      '$(sync~spin) LLM Router: reconnecting',
      'warning',
    ]);
    assert.deepEqual(looks(withTunnel({ state: 'rateLimited' })), ['$(watch) LLM Router: tunnel waits', 'warning']);
    assert.deepEqual(looks(withTunnel({ state: 'blocked' })), ['$(error) LLM Router: tunnel blocked', 'error']);
    assert.deepEqual(looks(running({ problems: [{ path: 'port', message: 'no', severity: 'error' }] })), [
      '$(warning) LLM Router: settings',
      'warning',
    ]);
    assert.deepEqual(looks(running({ cursor: { lastSeen: at, host: 'old', outdated: true } })), [
      '$(warning) LLM Router: Cursor uses an old URL',
      'warning',
    ]);
  });

  it('shows what a person wants to know in the tooltip', () => {
    const { tooltip } = statusText(
      running({
        backends: [
          backend,
          { ...backend, name: 'groq', isDefault: false, hasKey: false },
          { ...backend, name: 'x', health: 'failing', lastError: 'HTTP 500 [a](b)' },
        ],
        cursor: { lastSeen: at, host: 'a-b.trycloudflare.com', outdated: false },
        today: { requests: 2, tokens: 12_345, cost: 0.125, costKnown: false },
      }),
    );
    for (const part of [
      '`https://a-b.trycloudflare.com/v1`',
      '`sk-…abcd`',
      `Tunnel online since ${clock(at)}`,
      `Cursor last reached this router at ${clock(at)} through \`a-b.trycloudflare.com\``,
      '$(pass) openai (default) works',
      '$(key) groq needs a key',
      'HTTP 500 \\[a\\]\\(b\\)',
      '`fast` `smart`',
      'Today 2 requests, 12,345 tokens, at least \\$0.13',
    ]) {
      assert.ok(tooltip.includes(part), `${part} is missing in\n${tooltip}`);
    }
  });

  it('warns when Cursor only used an older URL', () => {
    const { tooltip } = statusText(
      running({ cursor: { lastSeen: at, host: 'old.trycloudflare.com', outdated: true } }),
    );
    assert.match(tooltip, /only used an older URL.*command:llmRouter\.copyBaseUrl/);
  });

  it('says until when a rate limit holds, and does not show a URL that does not work', () => {
    const { tooltip } = statusText(
      running({ publicUrl: undefined, tunnel: { ...tunnel, state: 'rateLimited', until: at } }),
    );
    assert.ok(tooltip.includes(`next try at ${clock(at)}`));
    assert.ok(tooltip.includes('127.0.0.1:11411'));
    assert.ok(!tooltip.includes('trycloudflare.com/v1'));
  });

  it('tells what happened to the router process and to the keys', () => {
    const { tooltip } = statusText({ ...running(), cameBackAt: at, keyTrouble: 'The keyring is locked.' });
    assert.ok(tooltip.includes(`started again at ${clock(at)}`));
    assert.ok(tooltip.includes('The keyring is locked\\.'));
    assert.ok(statusText({ link: 'off', models: [], keyTrouble: 'Locked.' }).tooltip.includes('Locked'));
    const lost = statusText({ link: 'off', models: [], keyTrouble: 'Gone.', keyLost: true });
    assert.equal(lost.text, '$(key) LLM Router: API key lost');
    assert.match(lost.tooltip, /command:llmRouter\.pasteApiKey.*command:llmRouter\.newApiKey/);
  });

  it('is amber when a provider refuses its key, with the button that mends it', () => {
    const status = statusText(running({ backends: [{ ...backend, health: 'failing', keyRefused: true }] }));
    assert.deepEqual([status.text, status.severity], ['$(warning) LLM Router: openai: key refused', 'warning']);
    assert.match(status.tooltip, /openai \(default\) key refused.*command:llmRouter\.setBackendKey/);
  });

  it('is amber when somebody who says to be Cursor was refused: one line, with Copy API Key; an old URL is worse', () => {
    const cursor = {
      lastSeen: at,
      host: 'a',
      outdated: false,
      lastRefusal: 'This API key is wrong.',
      refused: { count: 3, lastAt: at },
    };
    const status = statusText(running({ cursor }));
    assert.deepEqual([status.text, status.severity], ['$(warning) LLM Router: wrong key refused', 'warning']);
    assert.match(status.tooltip, /says to be Cursor was refused.*3 times, last at .*command:llmRouter\.copyApiKey/);
    assert.match(statusText(running({ cursor: { ...cursor, outdated: true } })).text, /old URL/);
  });

  it('is amber with what Cursor itself holds, before what is only guessed from calls; each line has its button', () => {
    const told = [
      {
        kind: 'wrongKey',
        text: 'Cursor holds another key than this router.',
        short: 'Cursor has a wrong key',
        action: 'copyApiKey',
      },
      { kind: 'unserved', text: 'These names in Cursor are served by nobody: `x`.', action: 'copyModelName' },
    ] as const;
    const cursorApp = {
      override: 'ours',
      switchedOn: true,
      keyDiffers: true,
      key: 'other',
      served: [],
      unserved: [],
      told,
    } as const;
    const cursor = { lastSeen: at, host: 'a', outdated: true };
    const status = statusText(running({ cursor, cursorApp }));
    assert.deepEqual([status.text, status.severity], ['$(warning) LLM Router: Cursor has a wrong key', 'warning']);
    assert.match(status.tooltip, /another key than this router.*command:llmRouter\.copyApiKey/);
    assert.match(status.tooltip, /served by nobody: \\`x\\`.*command:llmRouter\.copyModelName/);
  });

  it('says of a backend that was only tested that the test went well', () => {
    const { tooltip } = statusText(running({ backends: [{ ...backend, health: 'unknown', testedAt: at }] }));
    assert.ok(tooltip.includes(`tested OK at ${clock(at)}`));
    assert.ok(!tooltip.includes('not used yet'));
  });

  it('says of a stopped router, which may wait for it, what is wrong with the settings, and opens the place', () => {
    const problems = [{ path: 'backends[0].name', message: 'it has no spaces.', severity: 'error' as const }];
    const stopped = statusText(running({ phase: 'stopped', problems }));
    assert.equal(stopped.text, '$(circle-slash) LLM Router: stopped');
    assert.match(
      stopped.tooltip,
      /Setting backends.*it has no spaces.*Correct it.*command:workbench.action.openSettings/s,
    );
    const warned = statusText(running({ phase: 'stopped', problems: [{ ...problems[0]!, severity: 'warning' }] }));
    assert.doesNotMatch(warned.tooltip, /spaces/);
  });
  it('says of a start that failed why, and of a router that was stopped nothing', () => {
    const failed = statusText(running({ phase: 'stopped', notice: 'Port 443 may not be used by this user.' }));
    assert.deepEqual([failed.text, failed.severity], ['$(error) LLM Router: not running', 'error']);
    assert.match(failed.tooltip, /Port 443 may not be used.*command:llmRouter\.restartRouter/);
    assert.equal(statusText(running({ phase: 'stopped' })).text, '$(circle-slash) LLM Router: stopped');
  });

  it('says what is wrong with the tunnel once', () => {
    const message = 'Cloudflare gives no new tunnel right now.';
    const times = (changes: Partial<TunnelStatus>) =>
      statusText(withTunnel({ message, ...changes })).tooltip.split('no new tunnel').length - 1;
    assert.equal(times({ state: 'rateLimited' }), 1);
    assert.equal(times({ state: 'error', needsBinary: true }), 1);
    assert.equal(times({ state: 'verifying' }), 1);
    assert.equal(times({ state: 'online' }), 0);
  });

  it('says since when the tunnel is as it is, then the rest, and offers a tunnel where there is none', () => {
    const line = (changes: Partial<TunnelStatus>) => /^Tunnel .*$/m.exec(statusText(withTunnel(changes)).tooltip)?.[0];
    assert.match(line({ state: 'reconnecting' })!, /^Tunnel reconnecting since 10:15, the URL stays the same \(/);
    assert.match(line({ state: 'online' })!, /^Tunnel online since 10:15 \(/);
    const off = /^Tunnel off since 10:15, local use only \[Set Up…\]\(command:llmRouter\.setUpTunnel\)$/;
    assert.match(line({ state: 'off', provider: 'none', protocol: undefined })!, off);
  });

  it('says of the worst trouble what to do, and why a backend fails once', () => {
    const promptCut = { what: 'the prompt was cut.', fix: 'Start Ollama with a larger window.' };
    const failing = { ...backend, health: 'failing', lastError: 'No such region.' } as const;
    const { tooltip } = statusText(
      running({
        backends: [
          { ...backend, promptCut },
          { ...failing, name: 'b' },
        ],
      }),
    );
    assert.match(tooltip, /No such region\\\. Test it under Manage Backends…/);
    assert.equal(tooltip.split('No such region').length, 2);
    assert.ok(!tooltip.includes('larger window'), 'only of the worst');
    assert.match(statusText(running({ backends: [{ ...backend, promptCut }] })).tooltip, /cut\\\. Start Ollama with/);
  });

  it('writes no word before models where none has a name', () => {
    assert.match(statusText(running()).tooltip, /Models `fast` `smart` \[Copy Model Name…\]/);
    assert.match(statusText({ ...running(), models: [] }).tooltip, /^\[Copy Model Name…\]/m);
  });

  it('links only to commands that exist', () => {
    const known = new Set<string>(Object.values(COMMANDS));
    const views = [running(), { link: 'off', models: [] } as View, withTunnel({ state: 'error', needsBinary: true })];
    for (const view of views) {
      for (const [, command] of statusText(view).tooltip.matchAll(/\(command:([\w.]+)\)/g))
        assert.ok(known.has(command ?? ''), command);
    }
  });

  it('takes the power from text that came from elsewhere', () => {
    assert.equal(escapeMarkdown('[x](command:y) `z` $(zap)\n# h'), '\\[x\\]\\(command:y\\) \\`z\\` \\$\\(zap\\) \\# h');
  });

  it('hints at a key without giving it away', () => {
    assert.equal(keyHint('sk-0123456789abcd'), 'sk-…abcd');
    assert.equal(keyHint('own-key-of-mine'), '…mine');
    assert.equal(keyHint('short'), '…');
  });
});
