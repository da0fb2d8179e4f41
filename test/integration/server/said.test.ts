/** What the provider said, in the story of a request that failed; what Cursor was sent of each tool call (issue 24 §9). */
import assert from 'node:assert/strict';
import { requestStory } from '../../../src/ledger/story';
import { startRouter, type TestRouter } from '../../support/router';
import { chunk, DONE, json, sse, startUpstream, type Upstream, usageChunk } from '../../support/upstream';

const PROMPT = 'the launch code of the silver rocket is 4711';

describe('what the provider said', () => {
  let upstream: Upstream;
  let router: TestRouter;
  beforeEach(async () => {
    upstream = await startUpstream();
    router = await startRouter(
      { backends: [{ name: 'up', preset: 'openai', baseUrl: upstream.url, prefix: '' }], retry: { attempts: 1 } },
      { up: 'sk-upstream-secret-000' },
    );
  });
  afterEach(async () => {
    await router.stop();
    await upstream.stop();
  });
  const ask = (headers: Record<string, string> = {}, more: object = {}) =>
    router.post(
      '/v1/chat/completions',
      { model: 'gpt-4o', messages: [{ role: 'user', content: PROMPT }], ...more },
      headers,
    );

  it('status, headers that matter and body stand in the story, without prompt, key and cookies', async () => {
    // The shape of OpenAI's errors and its headers: developers.openai.com/api/docs/api-reference/debugging-requests.
    const error = {
      message: `Unsupported value in "${PROMPT}" (key sk-upstream-secret-000).`,
      type: 'odd',
      param: 'messages',
    };
    upstream.answers = [
      json({ error }, 418, { 'x-request-id': 'req_up1', 'set-cookie': 'a=b', 'openai-organization': 'org-me' }),
    ];
    await ask();
    const story = requestStory(router.records[0]!);
    assert.match(story, /## What the provider said\nStatus 418 from `up`/);
    assert.match(story, /- `x-request-id: req_up1`/);
    assert.match(story, /Unsupported value in "…/);
    assert.match(story, /"param":"messages"/);
    const said = story.slice(story.indexOf('## What the provider said'), story.indexOf('## Time and size'));
    for (const secret of ['rocket', '4711', 'sk-upstream', 'a=b', 'org-me']) assert.ok(!said.includes(secret), secret);
  });

  it('an answer that was no error leaves nothing of the kind', async () => {
    upstream.answers = [json({ choices: [] })];
    await ask();
    assert.ok(!requestStory(router.records[0]!).includes('## What the provider said'));
  });

  it('of the tool calls that went to Cursor: name, length and whether it was whole JSON, never the arguments', async () => {
    const call = (index: number, name: string, text: string) =>
      chunk({ tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: text } }] });
    upstream.answers = [
      sse(
        call(0, 'Read', '{"path":"secret.txt"}'),
        call(1, 'Shell', '{"broken'),
        chunk({}, 'tool_calls'),
        usageChunk(),
        DONE,
      ),
    ];
    const tools = ['Read', 'Shell'].map((name) => ({ type: 'function', function: { name, parameters: {} } }));
    await (await ask({ 'user-agent': 'Cursor/1.0' }, { stream: true, tools })).text();
    assert.deepEqual(router.records[0]!.toolCalls?.[0], { name: 'Read', length: 21, parsed: true });
    const story = requestStory(router.records[0]!);
    assert.match(story, /## Tool calls as they were sent to Cursor\n- `Read`: 21 characters of arguments, whole JSON/);
    const kept = JSON.stringify(router.records[0]);
    assert.ok(kept.includes('"toolCalls"') && !kept.includes('secret.txt'));
  });
});
