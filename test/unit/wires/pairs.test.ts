import assert from 'node:assert/strict';
import { collect, replay } from '../../../src/wires/answer';
import type { EmitTarget } from '../../../src/wires/codec';
import { codecFor } from '../../../src/wires/codecs';
import type { Answer, Conversation, JsonObject, StreamEvent, WireName } from '../../../src/wires/conversation';
import { customToolNames, unwrapCustomCalls } from '../../../src/wires/customTools';
import { ableTarget, carefulTarget } from '../../support/emitTarget';
import { readStream } from '../../support/streams';
import { checkAnthropicRequest, checkOpenAiChatRequest, checkResponsesRequest } from '../../support/strictProviders';
import { PNG } from '../../support/wireConversations';

const WIRES: readonly WireName[] = ['chat', 'responses', 'messages'];
const CHECKS: Record<WireName, (body: JsonObject) => string | undefined> = {
  chat: (body) => checkOpenAiChatRequest(body),
  responses: checkResponsesRequest,
  messages: checkAnthropicRequest,
};
const TARGETS: Record<WireName, EmitTarget> = {
  chat: ableTarget,
  responses: { ...ableTarget, maxIdLength: 64 },
  messages: { ...carefulTarget, maxIdLength: 64, reasoningField: 'thinking', maxOutputTokens: 32_000 },
};
const PATCH = '*** Begin Patch\n*** Update File: a.ts\n*** End Patch';
const SCHEMA: JsonObject = {
  type: 'object',
  properties: { ok: { type: 'boolean' } },
  required: ['ok'],
  additionalProperties: false,
};
const PARAMETERS: JsonObject = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
const GRAMMAR = { syntax: 'lark', definition: 'start: "*** Begin Patch"' };
const DATA_URL = `data:image/png;base64,${PNG}`;

/** The same Agent turn as each wire's clients send it. */
const REQUESTS: Record<WireName, JsonObject> = {
  chat: {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'developer', content: 'Use tools.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: DATA_URL } },
        ],
      },
      {
        role: 'assistant',
        content: 'Reading',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'Read', arguments: '{"path":"a"}' } },
          { id: 'call_2', type: 'function', function: { name: 'Read', arguments: '{"path":"b"}' } },
          { id: 'call_3', type: 'custom', custom: { name: 'ApplyPatch', input: PATCH } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'one' },
      { role: 'tool', tool_call_id: 'call_2', content: 'two' },
      { role: 'tool', tool_call_id: 'call_3', content: 'Done' },
    ],
    tools: [
      { type: 'function', function: { name: 'Read', description: 'Reads', parameters: PARAMETERS } },
      {
        type: 'custom',
        custom: { name: 'ApplyPatch', description: 'Patches', format: { type: 'grammar', grammar: GRAMMAR } },
      },
    ],
    tool_choice: 'auto',
    parallel_tool_calls: false,
    response_format: { type: 'json_schema', json_schema: { name: 'out', schema: SCHEMA, strict: true } },
    reasoning_effort: 'low',
    stop: ['END'],
    max_completion_tokens: 9000,
    stream: true,
  },
  responses: {
    model: 'm',
    instructions: 'Be brief.',
    input: [
      { role: 'developer', content: 'Use tools.' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look' },
          { type: 'input_image', image_url: DATA_URL },
        ],
      },
      { role: 'assistant', content: 'Reading' },
      { type: 'function_call', call_id: 'call_1', name: 'Read', arguments: '{"path":"a"}' },
      { type: 'function_call', call_id: 'call_2', name: 'Read', arguments: '{"path":"b"}' },
      { type: 'custom_tool_call', call_id: 'call_3', name: 'ApplyPatch', input: PATCH },
      {
        type: 'function_call_output',
        call_id: 'call_1',
        output: [
          { type: 'input_text', text: 'one' },
          { type: 'input_image', image_url: DATA_URL },
        ],
      },
      { type: 'function_call_output', call_id: 'call_2', output: 'two' },
      { type: 'custom_tool_call_output', call_id: 'call_3', output: 'Done' },
    ],
    tools: [
      { type: 'function', name: 'Read', description: 'Reads', parameters: PARAMETERS, strict: false },
      { type: 'custom', name: 'ApplyPatch', description: 'Patches', format: { type: 'grammar', ...GRAMMAR } },
    ],
    tool_choice: 'auto',
    parallel_tool_calls: false,
    text: { format: { type: 'json_schema', name: 'out', schema: SCHEMA, strict: true } },
    reasoning: { effort: 'low', summary: 'auto' },
    max_output_tokens: 9000,
    stream: true,
  },
  messages: {
    model: 'm',
    system: [
      { type: 'text', text: 'Be brief.' },
      { type: 'text', text: 'Use tools.', cache_control: { type: 'ephemeral' } },
    ],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm', signature: 'sig-1' },
          { type: 'text', text: 'Reading' },
          { type: 'tool_use', id: 'call_1', name: 'Read', input: { path: 'a' } },
          { type: 'tool_use', id: 'call_2', name: 'Read', input: { path: 'b' } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'call_1',
            content: [
              { type: 'text', text: 'one' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
            ],
          },
          { type: 'tool_result', tool_use_id: 'call_2', content: 'two' },
        ],
      },
    ],
    tools: [{ name: 'Read', description: 'Reads', input_schema: PARAMETERS }],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    output_config: { format: { type: 'json_schema', schema: SCHEMA } },
    thinking: { type: 'enabled', budget_tokens: 2048 },
    stop_sequences: ['END'],
    max_tokens: 9000,
    stream: true,
  },
};

/** What has to be in the emitted body, read back by the backend's own wire. */
function facts(conversation: Conversation) {
  const parts = conversation.turns.flatMap((turn) => turn.parts);
  const inside = parts.flatMap((part) => (part.type === 'toolResult' ? part.content : [part]));
  const results = parts.flatMap((part) =>
    part.type === 'toolResult' ? [[part.id, part.content.find((each) => each.type === 'text')?.text]] : [],
  );
  return {
    system: conversation.turns
      .filter((turn) => turn.role === 'system' || turn.role === 'developer')
      .flatMap((turn) => turn.parts.flatMap((part) => (part.type === 'text' ? part.text.split(/\n+/) : part.type))),
    images: inside.filter((part) => part.type === 'image').length,
    calls: parts.flatMap((part) => (part.type === 'toolCall' ? [[part.id, part.name]] : [])),
    results: results.map(([id, value]) => [id, String(value).split('\n')[0]]),
    tools: (conversation.tools ?? []).map((tool) => (tool.kind === 'opaque' ? tool.wire : tool.name)),
    parallel: conversation.parallelToolCalls,
    schema: conversation.responseFormat?.type === 'json_schema' && conversation.responseFormat.schema,
    limit: conversation.maxOutputTokens,
    stream: conversation.stream,
  };
}

describe('an Agent turn from every wire to every wire', () => {
  for (const from of WIRES) {
    for (const to of WIRES) {
      it(`${from} to ${to}`, () => {
        const asked = codecFor(from).parseRequest(REQUESTS[from]);
        const body = codecFor(to).emitRequest(asked, TARGETS[to]);
        assert.equal(CHECKS[to](body), undefined, JSON.stringify(body, null, 1));
        const sent = codecFor(to).parseRequest(body);
        assert.deepEqual(facts(sent), facts(asked));
        // Stop sequences have no field on the Responses wire (stopSequences.ts).
        assert.deepEqual(sent.stop, to === 'responses' ? undefined : asked.stop);
        // The first turn's thinking is gone unless it stayed at home, so thinking with a budget rests there (S6).
        if (to === 'messages') assert.equal(sent.reasoning !== undefined, from === 'messages');
        else assert.equal(sent.reasoning?.effort, 'low');
        const patch = sent.turns
          .flatMap((turn) => turn.parts)
          .find((part) => part.type === 'toolCall' && part.name === 'ApplyPatch');
        if (from !== 'messages' && patch?.type === 'toolCall') {
          const raw = to === 'messages' ? (JSON.parse(patch.arguments) as JsonObject).input : patch.arguments;
          assert.equal(raw, PATCH);
          assert.equal(patch.custom, to === 'messages' ? undefined : true);
        }
        assert.equal(JSON.stringify(body).includes('cache_control'), to === 'messages' && from === 'messages');
      });
    }
  }
});

const ANSWER: Answer = {
  id: 'a1',
  model: 'up',
  created: 1_700_000_000,
  parts: [
    { type: 'reasoning', text: 'Thinking' },
    { type: 'text', text: 'Hello' },
    { type: 'toolCall', id: 'call_1', name: 'Read', arguments: '{"path":"a"}' },
    { type: 'toolCall', id: 'call_2', name: 'ApplyPatch', arguments: JSON.stringify({ input: PATCH }) },
  ],
  finish: { reason: 'toolCalls' },
  usage: { input: 100, output: 20, cacheRead: 40, reasoning: 5 },
};
const OPTIONS = { model: 'shown', id: 'gen-1', created: 1_700_000_000, includeUsage: true };

function streamed(wire: WireName, events: readonly StreamEvent[]): string {
  const emitter = codecFor(wire).createStreamEmitter(OPTIONS);
  return events.map((event) => emitter.push(event)).join('') + emitter.finish();
}

/** What a client of the wire understands of an answer. */
function understood(answer: Answer) {
  return {
    text: answer.parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join(''),
    thought: answer.parts.flatMap((part) => (part.type === 'reasoning' ? part.text : [])).join(''),
    calls: answer.parts.flatMap((part) =>
      part.type === 'toolCall' ? [[part.id, part.name, part.arguments, part.custom ?? false]] : [],
    ),
    finish: answer.finish?.reason,
    usage: answer.usage,
  };
}

describe('an answer with a wrapped patch from every wire to every wire', () => {
  const names = customToolNames(codecFor('chat').parseRequest(REQUESTS.chat));
  for (const from of WIRES) {
    for (const to of WIRES) {
      // Anthropic's clients have no custom tools and get the call as the function they know.
      const custom = to !== 'messages';
      const expected = {
        text: 'Hello',
        thought: 'Thinking',
        calls: [
          ['call_1', 'Read', '{"path":"a"}', false],
          ['call_2', 'ApplyPatch', custom ? PATCH : JSON.stringify({ input: PATCH }), custom],
        ],
        finish: 'toolCalls',
        usage: { input: 100, output: 20, cacheRead: 40, reasoning: 5 },
      };
      const plain = (answer: Answer) => {
        const read = understood(answer);
        // This wire tells cache writes even when there were none.
        if (read.usage?.cacheWrite === 0) delete read.usage.cacheWrite;
        return read;
      };

      it(`${from} to ${to}, streamed`, () => {
        const unwrap = unwrapCustomCalls(names);
        const upstream = readStream(codecFor(from).createStreamParser(), streamed(from, replay(ANSWER)), [7]);
        const events = custom ? upstream.flatMap(unwrap) : upstream;
        assert.deepEqual(
          plain(collect(readStream(codecFor(to).createStreamParser(), streamed(to, events), [11]))),
          expected,
        );
      });

      it(`${from} to ${to}, whole`, () => {
        const upstream = codecFor(from).parseAnswer(codecFor(from).emitAnswer(ANSWER, OPTIONS));
        const answer = custom ? collect(replay(upstream).flatMap(unwrapCustomCalls(names))) : upstream;
        assert.deepEqual(plain(codecFor(to).parseAnswer(codecFor(to).emitAnswer(answer, OPTIONS))), expected);
      });
    }
  }
});

describe('endings on every wire', () => {
  const reasons = ['stop', 'length', 'contentFilter', 'refusal', 'unknown'] as const;
  for (const from of WIRES) {
    for (const to of WIRES) {
      it(`${from} to ${to}: nothing cut or refused looks complete (R10)`, () => {
        for (const reason of reasons) {
          const answer: Answer = { parts: [{ type: 'text', text: 'x' }], finish: { reason } };
          const events = readStream(codecFor(from).createStreamParser(), streamed(from, replay(answer)));
          const end = collect(readStream(codecFor(to).createStreamParser(), streamed(to, events))).finish?.reason;
          if (reason === 'stop' || reason === 'length') assert.equal(end, reason);
          else assert.ok(end !== 'stop' && end !== 'toolCalls', `${reason} became ${end}`);
        }
      });
    }
  }
});
