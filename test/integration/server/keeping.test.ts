/** What the router keeps and lets go of as its settings say, through the whole of it. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MEMORY_KEY } from '../../../src/settings/keyNames';
import type { SettingsInput } from '../../../src/settings/schema';
import { requestRecord } from '../../support/ledgerRecords';
import { until } from '../../support/process/harness';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const GUEST = 'sk-guest-0123456789';

describe('what the router keeps', () => {
  let upstream: Upstream;
  let router: TestRouter;
  const secrets = { 'client:guest': GUEST };
  const settings = (more: Partial<SettingsInput> = {}): SettingsInput => ({
    backends: [{ name: 'up', baseUrl: upstream.url, models: [{ id: 'up/m', price: { input: 1_000, output: 1_000 } }] }],
    ...more,
  });
  const ask = async (): Promise<number> => {
    const answer = await router.post(
      '/v1/chat/completions',
      { model: 'up/m', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] },
      { authorization: `Bearer ${GUEST}` },
    );
    await answer.text();
    return answer.status;
  };
  beforeEach(async () => {
    upstream = await startUpstream(json(chatCompletion('hi')));
    router = await startRouter(settings(), secrets);
  });
  afterEach(async () => {
    await router.stop();
    await upstream.stop();
  });

  it('are the records of as many months as the settings say', async () => {
    const old = path.join(router.dataDir, 'ledger', 'requests-2020-01.jsonl');
    writeFileSync(old, `${JSON.stringify(requestRecord({ time: '2020-01-02T10:00:00.000Z' }))}\n`);
    await router.configure(settings({ ledger: { retentionMonths: 1 } }));
    await until(() => !existsSync(old), 'the old month is still there');
  });

  it('is thinking on disk only where the setting and a key allow it', async () => {
    const file = path.join(router.dataDir, 'memory.bin');
    const key = { ...secrets, [MEMORY_KEY]: 'k'.repeat(44) };
    await router.configure(settings({ cursor: { memory: false } }), key);
    assert.equal(existsSync(file), false);
    await router.configure(settings({ cursor: { memory: true } }));
    assert.equal(existsSync(file), false);
    await router.configure(settings({ cursor: { memory: true } }), key);
    assert.equal(existsSync(file), true);
  });

  it('is a notice of a budget only while that budget is in force', async () => {
    const clientKeys = [{ name: 'guest', budget: { total: 0.01, warnAt: 0.1 } }];
    await router.configure(settings({ clientKeys }));
    for (let asked = 0; asked < 3 && router.core.state.noticeAbout === undefined; asked++) await ask();
    assert.equal(router.core.state.noticeAbout, 'clientKeys');
    await router.configure(settings({ clientKeys: [{ name: 'guest' }] }));
    assert.equal(router.core.state.noticeAbout, undefined);
  });

  it('are the limits of a key over what another process serves for it', async () => {
    await router.configure(settings({ clientKeys: [{ name: 'guest', requestsPerMinute: 1 }] }));
    const file = path.join(router.dataDir, 'ledger', `requests-${new Date().toISOString().slice(0, 7)}.jsonl`);
    const served = requestRecord({ clientKey: 'guest', time: new Date().toISOString() });
    appendFileSync(file, `${JSON.stringify(served)}\n`);
    await router.core.usage({ from: '', to: '', by: 'day' });
    assert.equal(await ask(), 429);
  });
});
