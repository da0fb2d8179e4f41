/** Local servers that could be a backend: who counts as one, and what is said of it. */
import assert from 'node:assert/strict';
import { foundOnLocalPorts } from '../../../src/upstream/discover';
import type { Send } from '../../../src/upstream/send';

/** Answers by port; nobody listens on the others. */
function sending(answers: Record<string, [status: number, body: unknown]>): Send {
  return ({ url }, handler) => {
    const answer = answers[url.port];
    queueMicrotask(() => {
      if (!answer) return handler.onError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
      handler.onHead(answer[0], {});
      handler.onData(Buffer.from(typeof answer[1] === 'string' ? answer[1] : JSON.stringify(answer[1])));
      handler.onEnd();
    });
    return { abort() {}, pause() {}, resume() {} };
  };
}

describe('local servers that are found', () => {
  it('tell their models, one for each port', async () => {
    const found = await foundOnLocalPorts(
      sending({ 11434: [200, { data: [] }], 8080: [200, { data: [{ id: 'm' }] }] }),
    );
    assert.deepEqual(
      found.map(({ name, where, needsKey }) => [name, where, needsKey]),
      [
        ['ollama', 'answers on http://127.0.0.1:11434', undefined],
        ['llamacpp', 'answers on http://127.0.0.1:8080', undefined],
      ],
    );
  });
  it('are found, too, where they want a key first (opencode-lmstudio#41)', async () => {
    const error = { type: 'invalid_request', code: 'invalid_api_key', message: 'An LM Studio API token is required …' };
    const [found] = await foundOnLocalPorts(sending({ 1234: [401, { error }] }));
    assert.deepEqual([found?.name, found?.needsKey], ['lmstudio', true]);
  });
  it('are no other programs that listen there', async () => {
    const answers: [number, unknown][] = [
      [401, '<html>Log in</html>'],
      [401, { error: 'Unauthorized' }],
      [403, { error: { message: 'No.' } }],
      [404, {}],
      [200, { hello: 'world' }],
    ];
    for (const answer of answers) assert.deepEqual(await foundOnLocalPorts(sending({ 8080: answer })), []);
  });
});
