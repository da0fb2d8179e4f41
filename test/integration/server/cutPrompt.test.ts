/** Ollama answers 200 to a prompt that it cut: said in the story and the log (15 §5). */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

describe('a prompt that Ollama cut', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    const usage = { prompt_tokens: 512, completion_tokens: 3, total_tokens: 515 };
    upstream = await startUpstream(json(chatCompletion('ok', { usage })));
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
  it('is not suspected where the numbers agree, or of another server', async () => {
    assert.equal(await ask('ollama/llama3', 150), '');
    assert.equal(await ask('other/llama3', 8_000), '');
  });
});
