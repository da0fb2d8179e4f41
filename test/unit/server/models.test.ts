import assert from 'node:assert/strict';
import { buildBackends } from '../../../src/routing/build';
import { createModelLists } from '../../../src/server/models';
import type { Send } from '../../../src/upstream/send';
import { settingsOf } from '../../support/settings';

describe('lists of models', () => {
  it('of a backend as it was do not stand under its name once the settings have changed', async () => {
    const [backend] = buildBackends(settingsOf({ backends: [{ name: 'up', baseUrl: 'http://127.0.0.1:1' }] }));
    const answers: ((id: string) => void)[] = [];
    const send: Send = (_request, handler) => {
      answers.push((id) => {
        handler.onHead(200, {});
        handler.onData(Buffer.from(JSON.stringify({ data: [{ id }] })));
        handler.onEnd();
      });
      return { abort() {}, pause() {}, resume() {} };
    };
    const lists = createModelLists(() => 0);
    const refresh = () =>
      lists.refresh([backend!], () => ({ send, url: new URL('http://127.0.0.1:1/models'), headers: {}, local: true }));

    const before = refresh();
    lists.clear();
    const after = refresh();
    assert.equal(answers.length, 2, 'the new one is asked, too');
    answers[1]!('new');
    await after;
    answers[0]!('old');
    await before;
    assert.deepEqual([...lists.known], [['up', ['new']]]);
    await refresh();
    assert.equal(answers.length, 2, 'the new list is fresh');
  });

  it('that could not even be asked for is asked for again', async () => {
    const [backend] = buildBackends(settingsOf({ backends: [{ name: 'up', baseUrl: 'http://127.0.0.1:1' }] }));
    let asked = 0;
    const send: Send = () => {
      asked += 1;
      throw new Error('no socket left');
    };
    const lists = createModelLists(() => 0);
    const request = { send, url: new URL('http://127.0.0.1:1/models'), headers: {}, local: true };
    for (const _ of [1, 2]) await lists.refresh([backend!], () => request);
    assert.equal(asked, 2);
  });

  describe('tell the window that a server serves a model with', () => {
    async function windowsOf(answers: Record<string, unknown>, loadedUrl?: URL) {
      const [backend] = buildBackends(settingsOf({ backends: [{ name: 'up', baseUrl: 'http://127.0.0.1:1' }] }));
      const send: Send = ({ url }, handler) => {
        const answer = answers[url.pathname];
        handler.onHead(answer ? 200 : 404, {});
        handler.onData(Buffer.from(JSON.stringify(answer ?? {})));
        handler.onEnd();
        return { abort() {}, pause() {}, resume() {} };
      };
      const lists = createModelLists(() => 0);
      const url = new URL('http://127.0.0.1:1/v1/models');
      await lists.refresh([backend!], () => ({ send, url, headers: {}, local: true, ...(loadedUrl && { loadedUrl }) }));
      return (lists.known.get('up') ?? []).map((id) => lists.windowOf('up', id));
    }
    const list = (...data: object[]) => ({ '/v1/models': { object: 'list', data } });

    it('llama.cpp: what it runs with, not what the model was trained for', async () => {
      const meta = { n_ctx: 32_768, n_ctx_train: 262_144 };
      assert.deepEqual(await windowsOf(list({ id: 'a', meta }, { id: 'b', meta: { n_ctx_train: 262_144 } })), [
        32_768,
        undefined,
      ]);
    });

    it('vLLM and hosted lists', async () => {
      const rows = [{ max_model_len: 8_192 }, { context_length: 200_000 }, { context_window: 131_072 }, {}];
      assert.deepEqual(await windowsOf(list(...rows.map((row, index) => ({ id: `m${index}`, ...row })))), [
        8_192,
        200_000,
        131_072,
        undefined,
      ]);
    });

    it('what is no number of tokens is left out', async () => {
      const rows = [{ context_length: 0 }, { context_length: -1 }, { context_length: '8192' }, { meta: 'x' }];
      assert.deepEqual(
        await windowsOf(list(...rows.map((row, index) => ({ id: `m${index}`, ...row })))),
        rows.map(() => undefined),
      );
    });

    it('LM Studio and Ollama, which tell it elsewhere, for what is loaded', async () => {
      const lmStudio = [
        { id: 'a', state: 'loaded', max_context_length: 262_144, loaded_context_length: 40_000 },
        { id: 'b', state: 'not-loaded', max_context_length: 262_144 },
      ];
      const models = list({ id: 'a' }, { id: 'b' });
      const native = new URL('http://127.0.0.1:1/api/v0/models');
      assert.deepEqual(await windowsOf({ ...models, '/api/v0/models': { data: lmStudio } }, native), [
        40_000,
        undefined,
      ]);
      const running = { models: [{ name: 'a', model: 'a', context_length: 4_096 }] };
      const ps = new URL('http://127.0.0.1:1/api/ps');
      assert.deepEqual(await windowsOf({ ...models, '/api/ps': running }, ps), [4_096, undefined]);
      assert.deepEqual(await windowsOf(models, ps), [undefined, undefined], 'an old one that does not tell');
    });
  });
});
