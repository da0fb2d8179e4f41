/** A whole Agent turn as Cursor plays it, over real sockets: each dialect × each kind of provider, as strict as the real ones. */
import assert from 'node:assert/strict';
import { codecFor } from '../../../src/wires/codecs';
import type { JsonObject, StreamEvent, WireName } from '../../../src/wires/conversation';
import { createCursorAgent } from '../../support/cursorAgent';
import { type ReadStream, readCursorStream } from '../../support/cursorStream';
import { startRouter, type TestRouter } from '../../support/router';
import { checkAnthropicRequest, checkOpenAiChatRequest, checkResponsesRequest } from '../../support/strictProviders';
import { type Answer, startUpstream, type Upstream } from '../../support/upstream';

const PATCH = '*** Begin Patch\n*** Update File: a.ts\n@@\n-1\n+2\n*** End Patch';
const CURSOR = { 'user-agent': 'Cursor/1.0' };

interface Provider {
  preset: 'deepseek' | 'openai' | 'anthropic';
  wire: WireName;
  model: string;
  /** Nobody set a wire: the model's own is chosen, and any other address answers as OpenAI's does (issue 15 §1). */
  chosen?: true;
  check(body: JsonObject): string | undefined;
}
const PROVIDERS: Record<string, Provider> = {
  deepseek: {
    preset: 'deepseek',
    wire: 'chat',
    model: 'deepseek-v4-pro',
    check: (body) => checkOpenAiChatRequest(body),
  },
  openai: { preset: 'openai', wire: 'responses', model: 'gpt-5.2', check: checkResponsesRequest },
  anthropic: { preset: 'anthropic', wire: 'messages', model: 'claude-sonnet-4-5', check: checkAnthropicRequest },
  ...Object.fromEntries(
    ['gpt-5.5', 'gpt-5.6', 'gpt-5.2-codex'].map((model): [string, Provider] => [
      `openai ${model}`,
      { preset: 'openai', wire: 'responses', model, chosen: true, check: checkResponsesRequest },
    ]),
  ),
};

/** OpenAI's words at the address that does not serve this model with tools (LiteLLM#34569, crush#2913). */
const NOT_OVER_CHAT: Record<string, string> = {
  'gpt-5.2-codex': 'This model is only supported in v1/responses and not in v1/chat/completions.',
};
const ELSEWHERE =
  "Function tools with reasoning_effort are not supported in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.";

/** Thinking, then calls or text, on the provider's own wire; a bad request is answered as the provider would. */
function strictAnswer(provider: Provider, step: number, calls: [string, string][], text: string): Answer {
  const { wire, model, chosen, check } = provider;
  return (seen, response) => {
    const body = seen.json() as JsonObject;
    const elsewhere = chosen && !seen.path.endsWith('/responses');
    const refused = elsewhere ? (NOT_OVER_CHAT[model] ?? ELSEWHERE) : check(body);
    if (refused) {
      response.writeHead(400, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify({ error: { message: refused, type: 'invalid_request_error' } }));
    }
    const custom = wire === 'responses';
    const events: StreamEvent[] = [
      { type: 'start', id: `answer-${step}`, model: 'upstream' },
      { type: 'reasoning', index: 0, text: `thought ${step}` },
      {
        type: 'reasoningEnd',
        index: 0,
        wire,
        ...(wire === 'messages' && { signature: `sig-${step}` }),
        ...(wire === 'responses' && { encrypted: `enc-${step}`, id: `rs_${step}` }),
      },
      ...(text ? [{ type: 'text', index: 1, text } as const] : []),
      ...calls.flatMap(([name, args], at): StreamEvent[] => {
        const raw = name === 'ApplyPatch';
        return [
          {
            type: 'toolCallStart',
            index: at + 2,
            id: `call_${step}_${at}`,
            name,
            ...(raw && custom && { custom: true }),
            ...(wire === 'responses' && { itemId: `${raw ? 'ctc' : 'fc'}_${step}${at}` }),
          },
          { type: 'toolCallDelta', index: at + 2, text: raw && !custom ? JSON.stringify({ input: args }) : args },
          { type: 'toolCallEnd', index: at + 2 },
        ];
      }),
      { type: 'finish', reason: calls.length > 0 ? 'toolCalls' : 'stop' },
      { type: 'usage', usage: { input: 100 * step, output: 10 } },
      { type: 'end' },
    ];
    const emitter = codecFor(wire).createStreamEmitter({
      model: 'upstream',
      id: `answer-${step}`,
      created: 1,
      includeUsage: true,
    });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(events.map((event) => emitter.push(event)).join('') + emitter.finish());
  };
}

const backendOf = (name: string): string => name.replace(' ', '-');

describe('a whole Agent turn through the router', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream();
    router = await startRouter(
      {
        backends: Object.entries(PROVIDERS).map(([name, { preset, wire, chosen }]) => ({
          name: backendOf(name),
          preset,
          ...(!chosen && { wire }),
          baseUrl: `${upstream.url}/${backendOf(name)}`,
          requireApiKey: false,
        })),
        retry: { attempts: 1 },
      },
      { deepseek: 'k', openai: 'k', anthropic: 'k' },
    );
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });

  for (const dialect of ['A', 'B', 'C'] as const) {
    for (const [name, provider] of Object.entries(PROVIDERS)) {
      it(`dialect ${dialect} → ${name}: parallel calls, ApplyPatch, answer`, async () => {
        const agent = createCursorAgent(dialect, `${backendOf(name)}/${provider.model}`);
        const turn = async (step: number, calls: [string, string][], text: string): Promise<ReadStream> => {
          upstream.answers = [strictAnswer(provider, step, calls, text)];
          const response = await router.post('/v1/chat/completions', agent.body(), CURSOR);
          const told = await response.text();
          assert.equal(response.status, 200, told);
          const answer = readCursorStream(told);
          agent.take(answer, (tool) => `result of ${tool}`);
          return answer;
        };
        agent.say('Set a to 2.');
        const first = await turn(
          1,
          [
            ['Read', '{"path":"a.ts"}'],
            ['Grep', '{"path":"src"}'],
          ],
          'Looking.',
        );
        assert.deepEqual(
          first.calls.map((call) => call.name),
          ['Read', 'Grep'],
        );
        assert.match(first.content, /<details>[\s\S]*thought 1[\s\S]*<\/details>\n\nLooking\.$/);
        const second = await turn(2, [['ApplyPatch', PATCH]], '');
        assert.deepEqual(
          second.calls.map((call) => [call.type, call.arguments]),
          [['function', PATCH]],
        );
        const third = await turn(3, [], 'Done.');
        assert.equal(third.finish, 'stop');
        assert.equal(third.usage?.prompt_tokens, 300);
        // What Cursor dropped is back: thinking, its signature, its encrypted form.
        const last = JSON.stringify(upstream.seen.at(-1)!.json());
        const kept = { chat: 'thought 1', messages: 'sig-1', responses: 'enc-1' }[provider.wire];
        assert.ok(last.includes(kept), last);
        const record = router.records.at(-1)!;
        assert.deepEqual([record.client, record.dialect, record.backend], ['cursor', dialect, backendOf(name)]);
        assert.deepEqual(record.usage && [record.usage.input, record.usage.output], [300, 10]);
      });
    }
  }
});
