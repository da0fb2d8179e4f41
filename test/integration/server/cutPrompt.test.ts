/** Ollama answers 200 to a prompt that it cut: said in the story and the log (15 §5). */
import assert from 'node:assert/strict';
import { troublesOf } from '../../../src/troubles/table';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

describe('a prompt that Ollama cut', () => {
  let upstream: Upstream;
  let router: TestRouter;
  let read = 512;
  const usageOf = (tokens: number) => ({ prompt_tokens: tokens, completion_tokens: 3, total_tokens: tokens + 3 });
  const troubles = () => troublesOf({ router: router.core.state }).map(({ kind, fix }) => `${kind}: ${fix}`);
  before(async () => {
    upstream = await startUpstream((...call) => json(chatCompletion('ok', { usage: usageOf(read) }))(...call));
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false };
    router = await startRouter({
      backends: [
        { name: 'ollama', preset: 'ollama', ...at },
        { name: 'other', ...at },
      ],
    });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  const ask = async (model: string, words: number): Promise<string> => {
    const done = router.nextRecord();
    const messages = [{ role: 'user', content: 'word after word '.repeat(words) }];
    await (await router.post('/v1/chat/completions', { model, messages })).text();
    return (await done).rules.join();
  };

  it('is told with the remedy', async () => {
    assert.match(
      await ask('ollama/llama3', 8_000),
      /Ollama read 512 of about [\d,]+ input tokens.*OLLAMA_CONTEXT_LENGTH/,
    );
    assert.ok(router.log.some((line) => line.startsWith('warn') && line.includes('the prompt was cut')));
  });
  it('is a trouble with its remedy until a longer prompt was read whole', async () => {
    await ask('ollama/llama3', 8_000);
    const [told, ...more] = troubles();
    assert.match(told ?? '', /^promptCut: Start Ollama with OLLAMA_CONTEXT_LENGTH=32768 or more/);
    assert.deepEqual(more, []);
    await ask('ollama/llama3', 20);
    assert.equal(troubles().length, 1);
    read = 24_000;
    await ask('ollama/llama3', 8_000);
    read = 512;
    assert.deepEqual(troubles(), []);
  });
  it('is not suspected where the numbers agree, or of another server', async () => {
    assert.equal(await ask('ollama/llama3', 150), '');
    assert.equal(await ask('other/llama3', 8_000), '');
  });
});
