import assert from 'node:assert/strict';
import { PAGE_COMMANDS, readFromPage, readSnapshot, type Snapshot } from '../../../src/webview/pageMessages';

const snapshot: Snapshot = {
  type: 'snapshot',
  now: 1,
  phase: 'running',
  urlWorks: true,
  troubles: [{ text: 'openai does not accept its key.', action: 'Change Key…', tone: 'warn' }],
  url: 'https://a.example/v1',
  tunnel: { words: 'online', tone: 'good', at: 1 },
  history: [{ words: 'online', tone: 'good', at: 1 }],
  running: 0,
  today: { requests: 1, tokens: 2, cost: 0.5, costKnown: true },
  bodyLog: false,
  backends: [{ name: 'openai', words: 'works', tone: 'good' }],
  requests: [{ id: 'req_1', time: 1, model: 'm', outcome: 'ok', ms: 5 }],
  days: [{ name: '2026-11-21', requests: 1, tokens: 2, cost: 0.5 }],
  models: [],
  spenders: [],
};

describe('messages between the dashboard page and the extension', () => {
  it('lets a whole snapshot through, also as it arrives after structured cloning', () => {
    assert.equal(readSnapshot(snapshot), snapshot);
    assert.ok(readSnapshot(structuredClone({ ...snapshot, message: undefined })));
  });

  it('refuses whatever is not one', () => {
    const wrong: unknown[] = [
      undefined,
      null,
      'snapshot',
      { type: 'snapshot' },
      { ...snapshot, type: 'other' },
      { ...snapshot, phase: 'somewhere' },
      { ...snapshot, running: '0' },
      { ...snapshot, running: Number.NaN },
      { ...snapshot, url: 5 },
      { ...snapshot, url: 'x'.repeat(5_000) },
      { ...snapshot, tunnel: { words: 'online', tone: 'loud', at: 1 } },
      { ...snapshot, requests: [{ id: 'req_1' }] },
      { ...snapshot, requests: { length: 0 } },
      { ...snapshot, days: Array.from({ length: 501 }, () => snapshot.days[0]) },
      { ...snapshot, today: { ...snapshot.today, cost: Number.POSITIVE_INFINITY } },
    ];
    for (const value of wrong) assert.equal(readSnapshot(value), undefined, JSON.stringify(value)?.slice(0, 120));
  });

  it('lets the page ask for what it may, nothing else', () => {
    assert.ok(readFromPage({ type: 'ready' }));
    assert.ok(readFromPage({ type: 'open', id: 'req_0123456789abcdef' }));
    for (const command of PAGE_COMMANDS) assert.ok(readFromPage({ type: 'run', command }));
    for (const value of [
      { type: 'run', command: 'workbench.action.terminal.sendSequence' },
      { type: 'run', command: 'newApiKey' },
      { type: 'open', id: '../../etc/passwd' },
      { type: 'open', id: { toString: () => 'req_1' } },
      { type: 'open' },
      ['ready'],
      'ready',
      null,
    ])
      assert.equal(readFromPage(value), undefined, JSON.stringify(value));
  });
});
