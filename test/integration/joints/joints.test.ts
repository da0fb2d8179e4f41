/** Where rooms meet: each test fails when the one line that joins two of them is lost. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openLedger } from '../../../src/ledger/store';
import { writeClaim } from '../../../src/process/claims';
import { acquireInstance } from '../../../src/process/instance';
import { openRuntimeDir } from '../../../src/process/runtimeDir';
import { SEAL_MARK, sealReasoning } from '../../../src/wires/sealedReasoning';
import { requestRecord } from '../../support/ledgerRecords';
import { startRouter } from '../../support/router';
import { chatCompletion, json, startUpstream } from '../../support/upstream';

const PHONE_KEY = 'sk-phone-0123456789abcdef0123456789';
const backend = (url: string) => ({ name: 'p', baseUrl: `${url}/v1` });
const asPhone = { headers: { authorization: `Bearer ${PHONE_KEY}` } };

describe('joints', () => {
  it("a provider's key does not open the router, although a client key says the same", async () => {
    const upstream = await startUpstream(json({ object: 'list', data: [] }));
    const router = await startRouter(
      { backends: [backend(upstream.url)], clientKeys: [{ name: 'phone' }] },
      { 'client:phone': PHONE_KEY },
    );
    assert.equal((await router.fetch('/v1/models', asPhone)).status, 200);
    await router.configure(
      { backends: [backend(upstream.url)], clientKeys: [{ name: 'phone' }] },
      { 'client:phone': PHONE_KEY, p: PHONE_KEY },
    );
    assert.equal((await router.fetch('/v1/models', asPhone)).status, 401);
    await router.stop();
    await upstream.stop();
  });

  it('clients are told the windows that local servers tell in their list or beside it', async () => {
    const paths: Record<string, object> = {
      '/v1/models': { data: [{ id: 'a' }, { id: 'b', meta: { n_ctx: 8_192, n_ctx_train: 131_072 } }] },
      '/api/v0/models': { data: [{ id: 'a', max_context_length: 131_072, loaded_context_length: 40_000 }] },
    };
    const upstream = await startUpstream((seen, response) => json(paths[seen.path] ?? {})(seen, response));
    const baseUrl = `${upstream.url}/v1`;
    const router = await startRouter({
      backends: [
        { name: 'studio', preset: 'lmstudio', baseUrl },
        { name: 'plain', preset: 'llamacpp', baseUrl },
      ],
    });
    type List = { data: { id: string; context_length?: number }[] };
    const { data } = (await (await router.fetch('/v1/models')).json()) as List;
    const windows = Object.fromEntries(data.map(({ id, context_length }) => [id, context_length]));
    assert.equal(windows['studio/a'], 40_000);
    assert.equal(windows['studio/b'], 8_192);
    assert.equal(windows['plain/a'], undefined);
    assert.equal(windows['plain/b'], 8_192);
    await router.stop();
    await upstream.stop();
  });

  it('lists of models are asked for anew when the backends change', async () => {
    const listing = (id: string) => startUpstream(json({ object: 'list', data: [{ id, object: 'model' }] }));
    const [before, after] = [await listing('old-model'), await listing('new-model')];
    const router = await startRouter({ backends: [backend(before.url)] }, { p: 'k' });
    const listed = async () => (await router.fetch('/v1/models')).text();
    assert.match(await listed(), /old-model/);
    await router.configure({ backends: [backend(after.url)] });
    const now = await listed();
    assert.match(now, /new-model/);
    assert.doesNotMatch(now, /old-model/);
    await router.stop();
    await before.stop();
    await after.stop();
  });

  it('what another process serves counts for the limits of a key', async () => {
    const upstream = await startUpstream(json(chatCompletion('hello')));
    const router = await startRouter(
      { backends: [backend(upstream.url)], clientKeys: [{ name: 'phone', requestsPerMinute: 1 }] },
      { 'client:phone': PHONE_KEY, p: 'k' },
    );
    const other = await openLedger({ dataDir: router.dataDir, syncEvery: 0 });
    other.append(requestRecord({ clientKey: 'phone', time: new Date().toISOString() }));
    await other.close();
    // A look at the usage reads what is new on disk.
    await router.core.usage({ from: '', to: '', by: 'key' });
    const body = { model: 'p/m', messages: [{ role: 'user', content: 'hi' }] };
    assert.equal((await router.post('/v1/chat/completions', body, asPhone.headers)).status, 429);
    assert.equal(upstream.seen.length, 0);
    await router.stop();
    await upstream.stop();
  });

  it('sealed reasoning of another provider does not go out where the body would pass as it stands', async () => {
    const upstream = await startUpstream(
      json({
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [{ type: 'text', text: 'hello' }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 },
      }),
    );
    const router = await startRouter(
      { backends: [{ name: 'p', preset: 'anthropic', baseUrl: `${upstream.url}/v1` }] },
      { p: 'k' },
    );
    const signature = sealReasoning({ wire: 'responses', id: 'rs_1', encrypted: 'sealed elsewhere' });
    const response = await router.post('/v1/messages', {
      model: 'p/claude-sonnet-4-5',
      max_tokens: 64,
      messages: [
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature },
            { type: 'text', text: 'hello' },
          ],
        },
        { role: 'user', content: 'again' },
      ],
    });
    assert.equal(response.status, 200);
    assert.equal(upstream.seen[0]!.text.includes(SEAL_MARK), false);
    await router.stop();
    await upstream.stop();
  });

  it('a claim is given back when a newer generation came in between', async () => {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'llmr-joint-'));
    const dir = await openRuntimeDir(dataDir);
    let listened = 0;
    const acquired = await acquireInstance({
      dir,
      secret: 'test-secret',
      version: '1.0.0',
      takeOver: false,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      async listen() {
        listened += 1;
        // Another process claims the next but one while we were still looking; it is gone again when we look once more.
        if (listened === 1) {
          const address = path.join(dir.run, 'r2-gone.sock');
          await writeClaim(dir, { generation: 2, address, version: '1.0.0', pid: process.pid, boot: 'another' });
        }
        return () => undefined;
      },
    });
    assert.equal(acquired.kind === 'owner' && acquired.generation, 3);
    assert.equal(listened, 2);
    rmSync(dataDir, { recursive: true, force: true });
  });
});
