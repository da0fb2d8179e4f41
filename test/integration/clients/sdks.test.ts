/** Real clients through the router to every kind of backend: openai (chat, responses), @anthropic-ai/sdk, ai. */
import assert from 'node:assert/strict';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { LLMock } from '@copilotkit/aimock';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';

const WEATHER = { type: 'object' as const, properties: { city: { type: 'string' as const } }, required: ['city'] };
const BACKENDS = ['chat', 'responses', 'messages'] as const;

describe('real clients', () => {
  let mock: LLMock;
  let router: TestRouter;
  let openai: OpenAI;
  let anthropic: Anthropic;

  before(async () => {
    mock = new LLMock({ port: 0 });
    mock.onMessage('hello', { content: 'Hello from the mock, in several words.' });
    mock.onMessage('weather', { toolCalls: [{ name: 'get_weather', arguments: '{"city":"Paris"}' }] });
    await mock.start();
    router = await startRouter(
      {
        backends: BACKENDS.map((wire) => ({ name: wire, baseUrl: `${mock.url}/v1`, wire })),
        retry: { attempts: 1 },
      },
      { chat: 'sk-c', responses: 'sk-r', messages: 'sk-m' },
    );
    openai = new OpenAI({ baseURL: `${router.url}/v1`, apiKey: CLIENT_KEY, maxRetries: 0 });
    anthropic = new Anthropic({ baseURL: router.url, apiKey: CLIENT_KEY, maxRetries: 0 });
  });
  after(async () => {
    await router.stop();
    await mock.stop();
  });

  for (const backend of BACKENDS) {
    const model = `${backend}/some-model`;
    const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: WEATHER } }];

    describe(`to a ${backend} backend`, () => {
      it('openai chat: whole, streamed, tools', async () => {
        const whole = await openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'hello' }] });
        assert.equal(whole.choices[0]?.message.content, 'Hello from the mock, in several words.');
        assert.equal(whole.choices[0]?.finish_reason, 'stop');
        const stream = openai.chat.completions.stream({
          model,
          messages: [{ role: 'user', content: 'hello' }],
          stream_options: { include_usage: true },
        });
        assert.equal(
          (await stream.finalChatCompletion()).choices[0]?.message.content,
          'Hello from the mock, in several words.',
        );
        const called = await openai.chat.completions
          .stream({ model, messages: [{ role: 'user', content: 'weather' }], tools })
          .finalChatCompletion();
        const call = called.choices[0]?.message.tool_calls?.[0];
        assert.equal(called.choices[0]?.finish_reason, 'tool_calls');
        assert.ok(call?.type === 'function');
        assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['get_weather', { city: 'Paris' }]);
      });

      it('openai responses: whole, streamed, tools', async () => {
        const whole = await openai.responses.create({ model, input: 'hello' });
        assert.equal(whole.output_text, 'Hello from the mock, in several words.');
        const final = await openai.responses.stream({ model, input: 'hello' }).finalResponse();
        assert.equal(final.output_text, 'Hello from the mock, in several words.');
        const called = await openai.responses
          .stream({
            model,
            input: 'weather',
            tools: [{ type: 'function', name: 'get_weather', parameters: WEATHER, strict: false }],
          })
          .finalResponse();
        const call = called.output.find((item) => item.type === 'function_call');
        assert.deepEqual(call && [call.name, JSON.parse(call.arguments)], ['get_weather', { city: 'Paris' }]);
      });

      it('anthropic messages: whole, streamed, tools, counting', async () => {
        const whole = await anthropic.messages.create({
          model,
          max_tokens: 100,
          messages: [{ role: 'user', content: 'hello' }],
        });
        assert.equal(
          whole.content[0]?.type === 'text' && whole.content[0].text,
          'Hello from the mock, in several words.',
        );
        assert.equal(whole.stop_reason, 'end_turn');
        const streamed = await anthropic.messages
          .stream({ model, max_tokens: 100, messages: [{ role: 'user', content: 'hello' }] })
          .finalText();
        assert.equal(streamed, 'Hello from the mock, in several words.');
        const called = await anthropic.messages
          .stream({
            model,
            max_tokens: 100,
            messages: [{ role: 'user', content: 'weather' }],
            tools: [{ name: 'get_weather', input_schema: WEATHER }],
          })
          .finalMessage();
        const use = called.content.find((block) => block.type === 'tool_use');
        assert.equal(called.stop_reason, 'tool_use');
        assert.deepEqual(use && [use.name, use.input], ['get_weather', { city: 'Paris' }]);
        const { input_tokens } = await anthropic.messages.countTokens({
          model,
          messages: [{ role: 'user', content: 'hello there' }],
        });
        assert.ok(input_tokens > 0);
      });

      it('ai: text, stream and a whole tool round with both providers', async () => {
        const providers = [
          createOpenAI({ baseURL: `${router.url}/v1`, apiKey: CLIENT_KEY }).chat(model),
          createAnthropic({ baseURL: `${router.url}/v1`, apiKey: CLIENT_KEY })(model),
          createOpenAI({ baseURL: `${router.url}/v1`, apiKey: CLIENT_KEY }).responses(model),
        ];
        for (const provider of providers) {
          assert.equal(
            (await generateText({ model: provider, prompt: 'hello', maxRetries: 0 })).text,
            'Hello from the mock, in several words.',
          );
          let text = '';
          for await (const piece of streamText({ model: provider, prompt: 'hello', maxRetries: 0 }).textStream)
            text += piece;
          assert.equal(text, 'Hello from the mock, in several words.');
          const asked: unknown[] = [];
          const round = await generateText({
            model: provider,
            prompt: 'weather',
            maxRetries: 0,
            stopWhen: stepCountIs(1),
            tools: {
              get_weather: tool({
                inputSchema: jsonSchema<{ city: string }>(WEATHER),
                execute: async (input) => {
                  asked.push(input);
                  return 'sunny';
                },
              }),
            },
          });
          assert.equal(round.toolCalls[0]?.toolName, 'get_weather');
          assert.deepEqual(asked, [{ city: 'Paris' }]);
        }
      });

      it('tells errors as the SDK expects them, and stops when the client aborts', async () => {
        await assert.rejects(
          openai.chat.completions.create({ model: 'nobody-has-this', messages: [{ role: 'user', content: 'hello' }] }),
          (error: unknown) => error instanceof OpenAI.NotFoundError && /No backend serves/.test(error.message),
        );
        await assert.rejects(
          anthropic.messages.create({
            model: 'nobody-has-this',
            max_tokens: 5,
            messages: [{ role: 'user', content: 'hello' }],
          }),
          (error: unknown) => error instanceof Anthropic.NotFoundError,
        );
        await assert.rejects(
          new OpenAI({ baseURL: `${router.url}/v1`, apiKey: 'wrong', maxRetries: 0 }).models.list(),
          OpenAI.AuthenticationError,
        );
        const finished = router.nextRecord();
        const stream = await openai.chat.completions.create({
          model,
          messages: [{ role: 'user', content: 'hello' }],
          stream: true,
        });
        stream.controller.abort();
        await finished;
      });
    });
  }
});
