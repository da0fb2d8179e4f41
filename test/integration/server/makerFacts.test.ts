/** Kimi, DeepSeek, GLM, MiniMax and local models: what their makers' addresses refuse, for every client (c08, c10, c11). */
import assert from 'node:assert/strict';
import type { SettingsInput } from '../../../src/settings/schema';
import { startRouter, type TestRouter } from '../../support/router';
import { type Answer, chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

interface Body {
  [field: string]: unknown;
  messages: { role: string; content: unknown; tool_calls?: { id: string }[]; reasoning_content?: string }[];
}

const refuse = (message: string) =>
  json({ error: { message, type: 'invalid_request_error', param: null, code: null } }, 400);
const ID = 'functions.Read:0';
const call = { id: ID, type: 'function', function: { name: 'Read', arguments: '{"path":"a"}' } };

/** Kimi: new-api#3121, VideoAdGuard#34, octopus#251, pi#8109. DeepSeek: DeepSeek-V3#1376 and its own text for formats. */
const maker: Answer = (seen, response) => {
  const body = seen.json() as Body;
  const silent = (body.thinking as { type?: string } | undefined)?.type === 'disabled';
  const forced = body.tool_choice === 'required' || typeof body.tool_choice === 'object';
  const answer = (): Answer => {
    if (body.messages.some(({ role }) => role === 'developer')) return refuse('role developer is not allowed');
    if (forced && !silent && /v4|k2/.test(String(body.model)))
      return refuse('Thinking mode does not support this tool_choice');
    if ((body.response_format as { type?: string } | undefined)?.type === 'json_schema')
      return refuse('This response_format type is unavailable now');
    if (/kimi/.test(String(body.model))) {
      if (body.temperature !== undefined && body.temperature !== 1)
        return refuse('invalid temperature: only 1 is allowed');
      const lacking = body.messages.findIndex((one) => one.tool_calls && !one.reasoning_content && !silent);
      if (lacking >= 0)
        return refuse(
          `thinking is enabled but reasoning_content is missing in assistant tool call message at index ${lacking}`,
        );
      if (body.messages.some((one) => one.tool_calls?.some(({ id }) => id !== ID)))
        return refuse('tool call id is unknown');
      if (body.messages.every(({ role }) => role === 'user')) {
        const message = { role: 'assistant', content: null, reasoning_content: 'Hm.', tool_calls: [call] };
        return json(chatCompletion('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }));
      }
    }
    return json(chatCompletion('done'));
  };
  return answer()(seen, response);
};

const cursor = { 'user-agent': 'Cursor/1.0' };
const parameters = { type: 'object', properties: { path: { type: 'string' } } };
const chatTools = [{ type: 'function', function: { name: 'Read', parameters } }];
const user = { role: 'user', content: 'hi' };

describe('what makers of models take', () => {
  let upstream: Upstream;
  let router: TestRouter;
  let settings: SettingsInput;
  before(async () => {
    upstream = await startUpstream(maker);
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false };
    settings = {
      backends: [
        { name: 'plain', ...at },
        { name: 'moonshot', preset: 'moonshot', ...at },
        {
          name: 'hinted',
          preset: 'litellm',
          ...at,
          models: [{ id: 'hinted/k', base: 'kimi-k2.6', upstream: 'kimi-x' }],
        },
        { name: 'ds', preset: 'deepseek', ...at },
        { name: 'zai', preset: 'zai', ...at },
        { name: 'minimax', preset: 'minimax', ...at },
        { name: 'ollama', preset: 'ollama', ...at },
        { name: 'groq', preset: 'groq', ...at },
      ],
    };
    router = await startRouter(settings);
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  beforeEach(() => {
    upstream.seen.length = 0;
  });
  const sent = (): Body => upstream.seen.at(-1)!.json() as Body;
  const ok = async (answer: Response): Promise<Response> => {
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer;
  };
  const chat = (model: string, more: object, headers: Record<string, string> = {}) =>
    router.post('/v1/chat/completions', { model, messages: [user], ...more }, headers).then(ok);

  const KIMI = ['plain/kimi-k2.6', 'moonshot/kimi-k2.6', 'hinted/k'];
  for (const model of KIMI) {
    const history = [
      user,
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_call_id: ID, content: 'text' },
    ];
    it(`${model}: temperature is left out, ids go back exactly, thinking is put back (c08)`, async () => {
      await chat(model, { tools: chatTools, temperature: 0 }, cursor);
      await chat(model, { tools: chatTools, temperature: 0, messages: history }, cursor);
      assert.deepEqual([sent().messages[1]?.tool_calls?.[0]?.id, sent().messages[1]?.reasoning_content], [ID, 'Hm.']);
      await chat(model, { temperature: 0, messages: [{ role: 'developer', content: 's' }, user] });
      assert.deepEqual(Object.keys(sent()), ['model', 'messages']);
    });
    it(`${model}: after a restart old calls go on as text`, async () => {
      const fresh = await startRouter(settings);
      try {
        await ok(await fresh.post('/v1/chat/completions', { model, messages: history, tools: chatTools }, cursor));
        assert.match(JSON.stringify(sent().messages), /Result of the earlier tool call Read/);
      } finally {
        await fresh.stop();
      }
    });
  }
  it('a reseller of the same weights keeps its own rules', async () => {
    await router.post('/v1/chat/completions', { model: 'groq/moonshotai/kimi-k2.6', messages: [user], temperature: 0 });
    // What the refusal teaches for a second try is another matter.
    assert.equal((upstream.seen[0]!.json() as Body).temperature, 0);
  });

  for (const model of ['ds/deepseek-v4-pro', 'plain/deepseek-v4-pro', 'moonshot/kimi-k2.6']) {
    it(`a forced tool wins over the thinking of ${model} (c11, N36)`, async () => {
      for (const tool_choice of ['required', { type: 'function', function: { name: 'Read' } }]) {
        await chat(model, { tools: chatTools, tool_choice }, cursor);
        assert.deepEqual(sent().thinking, { type: 'disabled' });
        await chat(model, { tools: chatTools, tool_choice, reasoning_effort: 'high' });
        assert.deepEqual([sent().thinking, sent().reasoning_effort], [{ type: 'disabled' }, undefined]);
      }
      const tools = [{ name: 'Read', input_schema: parameters }];
      const body = { model, max_tokens: 9, messages: [user], tools, tool_choice: { type: 'any' } };
      await ok(await router.post('/v1/messages', body));
      await chat(model, { tools: chatTools, tool_choice: 'auto' });
      assert.equal(sent().thinking, undefined);
    });
  }

  it('an effort of none switches DeepSeek off instead of becoming its lowest', async () => {
    await chat('ds/deepseek-v4-pro', { reasoning_effort: 'none' });
    assert.deepEqual([sent().thinking, sent().reasoning_effort], [{ type: 'disabled' }, undefined]);
    await chat('ds/deepseek-v4-pro', { reasoning: { effort: 'none' } }, cursor);
    assert.deepEqual([sent().thinking, sent().reasoning_effort], [{ type: 'disabled' }, undefined]);
  });

  it('a listed variant beats an effort of none, a forced tool beats the variant (N28, N36)', async () => {
    await router.configure({
      backends: settings.backends!.map((one) =>
        one.name === 'ds' ? { ...one, models: [{ id: 'ds/deepseek-v4-pro', efforts: ['high'] }] } : one,
      ),
    });
    const model = 'ds/deepseek-v4-pro:high';
    await chat(model, { reasoning_effort: 'none' });
    assert.deepEqual([sent().thinking, sent().reasoning_effort], [undefined, 'high']);
    for (const more of [{}, { reasoning_effort: 'low' }, { reasoning_effort: 'none' }]) {
      const record = router.nextRecord();
      await chat(model, { tools: chatTools, tool_choice: 'required', ...more });
      assert.deepEqual([sent().thinking, sent().reasoning_effort], [{ type: 'disabled' }, undefined]);
      assert.ok(!(await record).rules.includes('effort high'));
    }
    await router.configure(settings);
  });

  it('a schema for the answer goes to DeepSeek in words (c10)', async () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'integer' } },
      required: ['a'],
      additionalProperties: false,
    };
    const format = { type: 'json_schema', name: 'n', schema, strict: true };
    const model = 'ds/deepseek-v4-pro';
    const told = () => {
      assert.deepEqual(sent().response_format, { type: 'json_object' });
      assert.match(JSON.stringify(sent().messages), /JSON Schema.*\\"a\\".*integer/);
    };
    await chat(model, { response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } });
    told();
    await chat(model, { response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } }, cursor);
    told();
    await ok(await router.post('/v1/responses', { model, input: 'x', text: { format } }));
    told();
    await ok(await router.post('/v1/messages', { model, max_tokens: 9, messages: [user], output_config: { format } }));
    told();
  });

  it('what goes on otherwise than it was asked for is told, to Cursor too', async () => {
    const told = async (model: string, more: object, headers: Record<string, string> = {}) => {
      const record = router.nextRecord();
      await chat(model, more, headers);
      return (await record).rules.join('; ');
    };
    const forced = { tools: chatTools, tool_choice: 'required', reasoning_effort: 'high' };
    const response_format = { type: 'json_schema', json_schema: { name: 'n', schema: parameters } };
    for (const headers of [{}, cursor] as Record<string, string>[]) {
      assert.match(await told('minimax/MiniMax-M2', { temperature: 0 }, headers), /temperature 0 went on as 0.01/);
      assert.doesNotMatch(await told('minimax/MiniMax-M2', { temperature: 0.5 }, headers), /temperature/);
      assert.match(await told('ds/deepseek-v4-pro', forced, headers), /a tool is forced: thinking was switched off/);
      assert.match(await told('ds/deepseek-v4-pro', { response_format }, headers), /schema of the answer .* in words/);
      assert.match(await told('moonshot/kimi-k2.6', { temperature: 0.5 }, headers), /(dropped|left out.*) temperature/);
    }
    const record = router.nextRecord();
    const tools = [{ name: 'Read', input_schema: parameters }];
    const body = { model: 'ds/deepseek-v4-pro', max_tokens: 9, messages: [user], tools, tool_choice: { type: 'any' } };
    await ok(await router.post('/v1/messages', body));
    assert.match((await record).rules.join('; '), /a tool is forced: thinking was switched off/);
  });

  it('an effort reaches an Ollama model only when it thinks', async () => {
    const answer = await chat('ollama/llama3.3', { reasoning_effort: 'high' });
    assert.equal(sent().reasoning_effort, undefined);
    assert.equal(answer.headers.get('x-llm-router-dropped'), 'reasoning_effort');
    await chat('ollama/qwen3:8b', { reasoning_effort: 'xhigh' });
    assert.equal(sent().reasoning_effort, 'max');
    await chat('ollama/gpt-oss:20b', { reasoning_effort: 'none' });
    assert.equal(sent().reasoning_effort, 'low');
  });

  it('GLM knows low, high and max, and one stop sequence; MiniMax no temperature of 0', async () => {
    await chat('zai/glm-5.3', { reasoning_effort: 'none' });
    assert.equal(sent().reasoning_effort, 'low');
    await chat('zai/glm-5.3', { stop: ['a', 'b'] });
    assert.deepEqual(sent().stop, ['a']);
    await chat('minimax/MiniMax-M2', { temperature: 0 });
    assert.equal(sent().temperature, 0.01);
    await chat('minimax/MiniMax-M2', { temperature: 0 }, cursor);
    assert.equal(sent().temperature, 0.01);
  });
});
