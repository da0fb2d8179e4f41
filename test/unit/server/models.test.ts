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
});
