import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { collect } from '../../../src/wires/answer';
import { RequestProblem } from '../../../src/wires/codec';
import type { ApiFailure, JsonObject, StreamEvent } from '../../../src/wires/conversation';
import { objectOf } from '../../../src/wires/read';
import { responsesCodec } from '../../../src/wires/responses';
import { ableTarget, carefulTarget } from '../../support/emitTarget';
import { sdkProblems } from '../../support/sdkSchemas';
import { dataOf, joined, readStream } from '../../support/streams';
import { checkResponsesRequest } from '../../support/strictProviders';

const OPTIONS = { model: 'shown', id: 'gen-1', created: 1_700_000_000, includeUsage: true };

function request(changes: JsonObject = {}): JsonObject {
  return { model: 'asked', input: 'Hello', ...changes };
}

/** The body after a round through the conversation. */
function through(body: JsonObject, target = ableTarget): JsonObject {
  return responsesCodec.emitRequest(responsesCodec.parseRequest(body), { ...target, maxIdLength: 64 });
}

function sse(...events: JsonObject[]): string {
  return events
    .map((event, at) => `event: ${event.type}\ndata: ${JSON.stringify({ sequence_number: at, ...event })}\n\n`)
    .join('');
}

function parse(...events: JsonObject[]): StreamEvent[] {
  return readStream(responsesCodec.createStreamParser(), sse(...events));
}

/** The response inside the last event. */
function lastResponse(events: readonly JsonObject[]): JsonObject {
  return objectOf(events.at(-1)?.response) ?? {};
}

function emit(events: readonly StreamEvent[], failure?: ApiFailure): JsonObject[] {
  const emitter = responsesCodec.createStreamEmitter(OPTIONS);
  const text = events.map((event) => emitter.push(event)).join('') + emitter.finish(failure);
  return dataOf(text).map((data) => JSON.parse(data) as JsonObject);
}

describe('Responses requests', () => {
  it('take a text, typeless messages and every kind of item', () => {
    const { turns } = responsesCodec.parseRequest({
      model: 'm',
      instructions: 'Be brief.',
      input: [
        { role: 'user', content: 'One' },
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Two' }] },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: 'enc-1' },
        { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'Read', arguments: '{"a":1}' },
        { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_2', name: 'ApplyPatch', input: 'raw' },
        {
          type: 'function_call_output',
          call_id: 'call_1',
          output: [
            { type: 'input_text', text: 'ok' },
            { type: 'input_image', image_url: 'https://e.com/a.png' },
          ],
        },
        { type: 'custom_tool_call_output', call_id: 'call_2', output: 'done' },
        { type: 'item_reference', id: 'msg_9' },
        {
          type: 'message',
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'Bye', annotations: [] },
            { type: 'refusal', refusal: 'No' },
          ],
        },
      ],
    });
    assert.deepEqual(turns, [
      { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', parts: [{ type: 'text', text: 'One' }] },
      { role: 'developer', parts: [{ type: 'text', text: 'Two' }] },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'Hm', wire: 'responses', encrypted: 'enc-1', id: 'rs_1' },
          { type: 'toolCall', id: 'call_1', name: 'Read', arguments: '{"a":1}', itemId: 'fc_1' },
          { type: 'toolCall', id: 'call_2', name: 'ApplyPatch', arguments: 'raw', custom: true, itemId: 'ctc_1' },
        ],
      },
      {
        role: 'tool',
        parts: [
          {
            type: 'toolResult',
            id: 'call_1',
            content: [
              { type: 'text', text: 'ok' },
              { type: 'image', source: { kind: 'url', url: 'https://e.com/a.png' } },
            ],
          },
          { type: 'toolResult', id: 'call_2', content: [{ type: 'text', text: 'done' }], custom: true },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'opaque', wire: 'responses', value: { type: 'item_reference', id: 'msg_9' } },
          { type: 'text', text: 'Bye' },
          { type: 'refusal', text: 'No' },
        ],
      },
    ]);
  });

  it('take Anthropic blocks inside items (N13)', () => {
    const { turns } = responsesCodec.parseRequest({
      model: 'm',
      input: [
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'ok' },
            { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: 'a' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'x' }] },
            { type: 'text', text: 'go on' },
          ],
        },
      ],
    });
    assert.deepEqual(
      turns.map((turn) => [turn.role, turn.parts.map((part) => part.type)]),
      [
        ['assistant', ['text', 'toolCall']],
        ['tool', ['toolResult']],
        ['user', ['text']],
      ],
    );
  });

  it('refuse state kept at the provider and bodies without input (N33)', () => {
    for (const [body, param] of [
      [request({ previous_response_id: 'resp_1' }), 'previous_response_id'],
      [request({ conversation: 'conv_1' }), 'conversation'],
      [{ model: 'm' }, 'input'],
      [request({ input: [{ role: 'wizard', content: 'x' }] }), 'input[0].role'],
      [request({ input: 7 }), 'input'],
    ] as const) {
      assert.throws(
        () => responsesCodec.parseRequest(body as JsonObject),
        (error) => error instanceof RequestProblem && error.param === param,
      );
    }
  });

  it('carry unknown fields on the same wire, and never stream_options or a stored response', () => {
    const body = through(
      request({
        truncation: 'auto',
        prompt_cache_key: 'k',
        stream: true,
        stream_options: { include_usage: true },
        top_logprobs: 3,
      }),
    );
    assert.deepEqual(body, {
      model: 'some-model',
      input: [{ role: 'user', content: 'Hello' }],
      truncation: 'auto',
      prompt_cache_key: 'k',
      top_logprobs: 3,
      store: false,
      stream: true,
    });
    assert.equal(responsesCodec.parseRequest(request({ stream_options: { include_usage: true } })).includeUsage, true);
  });

  it('ask for encrypted reasoning when reasoning is on (N35)', () => {
    const body = through(
      request({ reasoning: { effort: 'high', summary: 'auto' }, include: ['message.output_text.logprobs'] }),
    );
    assert.deepEqual(body.reasoning, { effort: 'high', summary: 'auto' });
    assert.deepEqual(body.include, ['message.output_text.logprobs', 'reasoning.encrypted_content']);
    assert.equal(body.store, false);
    assert.equal(through(request({ reasoning: {} })).include, undefined);
    assert.equal(through(request({ reasoning: { effort: 'none' } })).include, undefined);
    const budget = responsesCodec.emitRequest(
      {
        model: 'm',
        stream: false,
        turns: [{ role: 'user', parts: [{ type: 'text', text: 'x' }] }],
        reasoning: { budgetTokens: 20_000 },
      },
      ableTarget,
    );
    assert.deepEqual(budget.reasoning, { effort: 'high' });
  });

  it('keep tools, grammar, choice and output format', () => {
    const given = request({
      tools: [
        {
          type: 'function',
          name: 'Read',
          description: 'd',
          parameters: { type: 'object' },
          strict: true,
          defer_loading: true,
        },
        {
          type: 'custom',
          name: 'ApplyPatch',
          description: 'p',
          format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' },
        },
        { type: 'web_search' },
      ],
      tool_choice: {
        type: 'allowed_tools',
        mode: 'required',
        tools: [
          { type: 'function', name: 'Read' },
          { type: 'custom', name: 'ApplyPatch' },
        ],
      },
      parallel_tool_calls: false,
      text: {
        format: { type: 'json_schema', name: 'out', schema: { type: 'object' }, strict: true },
        verbosity: 'low',
      },
      max_output_tokens: 100,
      temperature: 0.3,
      top_p: 0.9,
      metadata: { a: 'b' },
      user: 'u',
      service_tier: 'flex',
    });
    const body = through(given);
    for (const key of [
      'tools',
      'tool_choice',
      'parallel_tool_calls',
      'text',
      'max_output_tokens',
      'temperature',
      'top_p',
      'metadata',
      'user',
      'service_tier',
    ]) {
      assert.deepEqual(body[key], given[key], key);
    }
    const careful = through(given, carefulTarget);
    for (const key of ['metadata', 'user', 'service_tier']) assert.equal(careful[key], undefined, key);
    assert.equal((careful.tools as JsonObject[])[1]?.type, 'function');
    assert.equal((careful.tools as JsonObject[])[0]?.strict, false);
  });

  it('take nested tools and grammars, and carry a choice only this wire knows (N16, N18)', () => {
    const body = through(
      request({
        tools: [
          { type: 'function', function: { name: 'Read', parameters: { type: 'object' } } },
          {
            type: 'custom',
            custom: { name: 'ApplyPatch', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } },
          },
          { name: 'Old', input_schema: { type: 'object' } },
          { type: 'web_search' },
        ],
        tool_choice: { type: 'web_search' },
      }),
    );
    assert.deepEqual(
      (body.tools as JsonObject[]).map((tool) => [tool.type, tool.name]),
      [
        ['function', 'Read'],
        ['custom', 'ApplyPatch'],
        ['function', 'Old'],
        ['web_search', undefined],
      ],
    );
    assert.deepEqual((body.tools as JsonObject[])[1]?.format, { type: 'grammar', syntax: 'lark', definition: 'x' });
    assert.deepEqual(body.tool_choice, { type: 'web_search' });
    assert.equal(through(request({ tool_choice: 'auto' })).tool_choice, undefined);
  });

  it('restore a custom call that comes back as a function (R19)', () => {
    const body = through(
      request({
        tools: [{ type: 'custom', name: 'ApplyPatch' }],
        input: [
          { type: 'function_call', call_id: 'c', name: 'ApplyPatch', arguments: '*** Begin Patch' },
          { type: 'function_call_output', call_id: 'c', output: 'Done' },
        ],
      }),
    );
    assert.deepEqual(body.input, [
      { type: 'custom_tool_call', call_id: 'c', name: 'ApplyPatch', input: '*** Begin Patch' },
      { type: 'custom_tool_call_output', call_id: 'c', output: 'Done' },
    ]);
    assert.equal(checkResponsesRequest(body), undefined);
  });

  it('send reasoning back only with its content and in front of what it led to (S7)', () => {
    const reasoning = (encrypted?: string) => ({
      type: 'reasoning',
      id: 'rs_1',
      summary: [],
      ...(encrypted && { encrypted_content: encrypted }),
    });
    const after = { type: 'message', role: 'assistant', content: 'Hi' };
    const types = (input: JsonObject[]) =>
      (through(request({ input })).input as JsonObject[]).map((item) => item.type ?? item.role);
    assert.deepEqual(types([reasoning('enc-1'), after]), ['reasoning', 'assistant']);
    assert.deepEqual(types([reasoning(), after]), ['assistant']);
    assert.deepEqual(types([after, reasoning('enc-1')]), ['assistant']);
  });

  it('keep the phase of a message', () => {
    const input: JsonObject[] = [
      { role: 'assistant', content: 'Looking', phase: 'commentary' },
      { role: 'user', content: 'Go on' },
    ];
    assert.deepEqual(through(request({ input })).input, input);
  });
});

const CREATED = {
  type: 'response.created',
  response: { id: 'resp_1', model: 'up', created_at: 5, status: 'in_progress', output: [] },
};
const completed = (output: JsonObject[], changes: JsonObject = {}): JsonObject => ({
  type: 'response.completed',
  response: { id: 'resp_1', status: 'completed', output, ...changes },
});
const message = (text: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
});
const call = (changes: JsonObject = {}) => ({
  id: 'fc_1',
  type: 'function_call',
  call_id: 'call_1',
  name: 'Read',
  arguments: '{"a":1}',
  status: 'completed',
  ...changes,
});

describe('Responses streams from a provider', () => {
  const text = (events: StreamEvent[]) =>
    collect(events)
      .parts.map((part) => ('text' in part ? part.text : part.type))
      .join('|');

  it('tell text once, wherever it comes (R9)', () => {
    const at = { output_index: 0, content_index: 0, item_id: 'msg_1' };
    const delta = { type: 'response.output_text.delta', ...at, delta: 'Hel' };
    const done = { type: 'response.output_text.done', ...at, text: 'Hello' };
    const part = { type: 'response.content_part.done', ...at, part: { type: 'output_text', text: 'Hello' } };
    const item = { type: 'response.output_item.done', output_index: 0, item: message('Hello') };
    for (const events of [[delta, done, part, item], [delta, done], [done], [part], [item], [], [delta]]) {
      assert.equal(text(parse(CREATED, ...events, completed([message('Hello')]))), 'Hello', JSON.stringify(events));
    }
  });

  it('tell a call once, wherever it comes (R8)', () => {
    const at = { output_index: 0, item_id: 'fc_1' };
    const added = {
      type: 'response.output_item.added',
      output_index: 0,
      item: call({ arguments: '', status: 'in_progress' }),
    };
    const delta = { type: 'response.function_call_arguments.delta', ...at, delta: '{"a"' };
    const done = { type: 'response.function_call_arguments.done', ...at, arguments: '{"a":1}' };
    const item = { type: 'response.output_item.done', output_index: 0, item: call() };
    for (const events of [[added, delta, done, item], [added, delta], [added], [item], []]) {
      const all = parse(CREATED, ...events, completed([call()]));
      assert.deepEqual(collect(all).parts, [
        { type: 'toolCall', id: 'call_1', name: 'Read', itemId: 'fc_1', arguments: '{"a":1}' },
      ]);
      assert.deepEqual(
        all.slice(-3).map((event) => event.type),
        ['toolCallEnd', 'finish', 'end'],
      );
      assert.equal(collect(all).finish?.reason, 'toolCalls');
    }
  });

  it('take servers that name items instead of numbering them', () => {
    const events = parse(
      { type: 'response.output_text.delta', item_id: 'msg_1', delta: 'Hel' },
      { type: 'response.output_text.delta', item_id: 'msg_1', delta: 'lo' },
      completed([message('Hello')]),
    );
    assert.deepEqual(
      joined(events).map((event) => event.type),
      ['start', 'text', 'finish', 'end'],
    );
  });

  it('bring reasoning with what the next turn needs', () => {
    const at = { output_index: 0, item_id: 'rs_1' };
    const reasoning = {
      id: 'rs_1',
      type: 'reasoning',
      summary: [
        { type: 'summary_text', text: 'One' },
        { type: 'summary_text', text: 'Two' },
      ],
      encrypted_content: 'enc-1',
    };
    const events = parse(
      CREATED,
      { type: 'response.output_item.added', output_index: 0, item: { id: 'rs_1', type: 'reasoning', summary: [] } },
      { type: 'response.reasoning_summary_text.delta', ...at, summary_index: 0, delta: 'One' },
      { type: 'response.reasoning_summary_text.done', ...at, summary_index: 0, text: 'One' },
      { type: 'response.reasoning_summary_text.delta', ...at, summary_index: 1, delta: 'Two' },
      { type: 'response.output_item.done', output_index: 0, item: reasoning },
      completed([reasoning, message('Hi')]),
    );
    const expected = { type: 'reasoning', text: 'One\n\nTwo', encrypted: 'enc-1', id: 'rs_1', wire: 'responses' };
    assert.deepEqual(collect(events).parts[0], expected);
    assert.deepEqual(collect(parse(CREATED, completed([reasoning, message('Hi')]))).parts[0], expected);
    assert.deepEqual(responsesCodec.parseAnswer({ output: [reasoning] }).parts[0], expected);
  });

  it('finish by what the provider says, never by guess (R10)', () => {
    const cases: [JsonObject, string, string | undefined][] = [
      [{ status: 'completed' }, 'stop', 'completed'],
      [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'length', 'max_output_tokens'],
      [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'contentFilter', 'content_filter'],
      [{ status: 'incomplete', incomplete_details: { reason: 'moon_phase' } }, 'unknown', 'moon_phase'],
      [{ status: 'incomplete', incomplete_details: null }, 'unknown', undefined],
    ];
    for (const [response, reason, raw] of cases) {
      const { finish } = collect(
        parse(CREATED, { type: 'response.incomplete', response: { output: [message('x')], ...response } }),
      );
      assert.equal(finish?.reason, reason);
      assert.equal(finish?.raw, raw);
    }
    const cut = parse(CREATED, { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hel' });
    assert.equal(collect(cut).finish, undefined);
  });

  it('leave a call open that the limit or the network cut (R11)', () => {
    const added = { type: 'response.output_item.added', output_index: 0, item: call({ arguments: '' }) };
    const delta = { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"a"' };
    const half = call({ arguments: '{"a"', status: 'incomplete' });
    const limited = parse(CREATED, added, delta, {
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [half] },
    });
    for (const events of [limited, parse(CREATED, added, delta)]) {
      assert.ok(!events.some((event) => event.type === 'toolCallEnd'));
    }
  });

  it('tell failures in all their forms', () => {
    const failures: JsonObject[] = [
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow down' } },
      },
      { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down', param: null },
      { type: 'error', error: { code: 'rate_limit_exceeded', message: 'Slow down' } },
    ];
    for (const event of failures) {
      const failure = parse(CREATED, event).find((each) => each.type === 'error');
      assert.equal(failure?.type === 'error' && failure.failure.message, 'Slow down');
      assert.equal(failure?.type === 'error' && failure.failure.kind, 'rateLimit');
    }
  });

  it('count what they cannot read, and read usage with its details', () => {
    const parser = responsesCodec.createStreamParser();
    assert.deepEqual(parser.push({ data: '{"type":' }), []);
    assert.equal(parser.dropped, 1);
    const usage = {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 17,
    };
    assert.deepEqual(collect(parse(CREATED, completed([], { usage }))).usage, {
      input: 10,
      output: 7,
      cacheRead: 4,
      cacheWrite: 2,
      reasoning: 3,
    });
  });
});

const ANSWER: StreamEvent[] = [
  { type: 'start', id: 'resp_up', model: 'up' },
  { type: 'reasoning', index: 0, text: 'Think' },
  { type: 'reasoning', index: 0, text: 'ing' },
  { type: 'reasoningEnd', index: 0, signature: 'sig-1', wire: 'messages' },
  { type: 'text', index: 1, text: 'Hel' },
  { type: 'text', index: 1, text: 'lo' },
  { type: 'toolCallStart', index: 2, id: 'call_1', name: 'Read' },
  { type: 'toolCallStart', index: 3, id: 'call_2', name: 'ApplyPatch', custom: true },
  { type: 'toolCallDelta', index: 3, text: 'raw ' },
  { type: 'toolCallDelta', index: 2, text: '{"a":' },
  { type: 'toolCallDelta', index: 3, text: 'patch' },
  { type: 'toolCallDelta', index: 2, text: '1}' },
  { type: 'toolCallEnd', index: 2 },
  { type: 'toolCallEnd', index: 3 },
  { type: 'refusal', index: 4, text: 'No.' },
  { type: 'usage', usage: { input: 10, output: 5, cacheRead: 3, reasoning: 2 } },
  { type: 'finish', reason: 'toolCalls' },
  { type: 'end' },
];

describe('Responses streams for a client', () => {
  it('are whole, numbered and valid by the SDK types', () => {
    const events = emit(ANSWER);
    for (const event of events) assert.deepEqual(sdkProblems('ResponseStreamEvent', event), [], JSON.stringify(event));
    assert.deepEqual(
      events.map((event) => event.sequence_number),
      events.map((_, at) => at),
    );
    assert.deepEqual(
      events.map((event) => (event.type as string).replace('response.', '')),
      [
        ...['created', 'in_progress', 'output_item.added', 'reasoning_summary_part.added'],
        ...['reasoning_summary_text.delta', 'reasoning_summary_text.delta', 'reasoning_summary_text.done'],
        ...['reasoning_summary_part.done', 'output_item.done', 'output_item.added', 'content_part.added'],
        ...['output_text.delta', 'output_text.delta', 'output_text.done', 'content_part.done', 'output_item.done'],
        ...['output_item.added', 'output_item.added', 'custom_tool_call_input.delta', 'function_call_arguments.delta'],
        ...['custom_tool_call_input.delta', 'function_call_arguments.delta', 'function_call_arguments.done'],
        ...['output_item.done', 'custom_tool_call_input.done', 'output_item.done', 'output_item.added'],
        ...[
          'content_part.added',
          'refusal.delta',
          'refusal.done',
          'content_part.done',
          'output_item.done',
          'completed',
        ],
      ],
    );
  });

  it('are read by the SDK helper as one response', async () => {
    const emitter = responsesCodec.createStreamEmitter(OPTIONS);
    const body = ANSWER.map((event) => emitter.push(event)).join('') + emitter.finish();
    const client = new OpenAI({
      apiKey: 'k',
      maxRetries: 0,
      fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    });
    const response = await client.responses.stream({ model: 'm', input: 'x' }).finalResponse();
    assert.equal(response.id, 'resp_up');
    assert.equal(response.model, 'shown');
    assert.equal(response.status, 'completed');
    assert.equal(response.output_text, 'Hello');
    assert.deepEqual(
      response.output.map((item) => item.type),
      ['reasoning', 'message', 'function_call', 'custom_tool_call', 'message'],
    );
    assert.equal(response.usage?.input_tokens_details.cached_tokens, 3);
    const [reasoning, , read, patch] = response.output;
    assert.equal(read?.type === 'function_call' && read.arguments, '{"a":1}');
    assert.equal(patch?.type === 'custom_tool_call' && patch.input, 'raw patch');
    // What the client sends back next turn brings Anthropic's signature home.
    const { turns } = responsesCodec.parseRequest({ input: [reasoning as unknown as JsonObject] });
    assert.deepEqual(turns[0]?.parts, [{ type: 'reasoning', text: 'Thinking', signature: 'sig-1', wire: 'messages' }]);
  });

  it('say how an answer ended, and never call a cut one complete (R10, R11)', () => {
    const cases: [StreamEvent[], string, unknown][] = [
      [[{ type: 'finish', reason: 'stop' }], 'response.completed', null],
      [[{ type: 'finish', reason: 'length' }], 'response.incomplete', { reason: 'max_output_tokens' }],
      [[{ type: 'finish', reason: 'contentFilter' }], 'response.incomplete', { reason: 'content_filter' }],
      [[{ type: 'finish', reason: 'refusal' }], 'response.incomplete', { reason: 'content_filter' }],
      [[{ type: 'finish', reason: 'unknown' }], 'response.incomplete', {}],
      [[], 'response.incomplete', {}],
    ];
    for (const [ending, type, details] of cases) {
      const last = emit([{ type: 'start' }, { type: 'text', index: 0, text: 'Hi' }, ...ending]).at(-1);
      assert.equal(last?.type, type);
      assert.deepEqual(lastResponse(last ? [last] : []).incomplete_details, details);
      assert.deepEqual(sdkProblems('ResponseStreamEvent', last), []);
    }
    const failed = emit(
      [
        { type: 'start' },
        { type: 'toolCallStart', index: 0, id: 'c', name: 'Read' },
        { type: 'toolCallDelta', index: 0, text: '{' },
      ],
      { status: 502, message: 'The provider broke off.', kind: 'network' },
    );
    assert.equal(failed.at(-1)?.type, 'response.failed');
    assert.ok(!failed.some((event) => event.type === 'response.output_item.done'));
    assert.deepEqual(lastResponse(failed).error, {
      code: 'server_error',
      message: 'The provider broke off.',
    });
  });

  it('echo the request', () => {
    const asked = responsesCodec.parseRequest(
      request({
        instructions: 'Be brief.',
        temperature: 0.5,
        tools: [{ type: 'custom', name: 'P' }],
        tool_choice: { type: 'custom', name: 'P' },
      }),
    );
    const emitter = responsesCodec.createStreamEmitter({ ...OPTIONS, request: asked });
    const [created] = dataOf(emitter.push({ type: 'start' })).map((data) => JSON.parse(data) as JsonObject);
    const response = lastResponse(created ? [created] : []);
    assert.equal(response.instructions, 'Be brief.');
    assert.deepEqual(response.tool_choice, { type: 'custom', name: 'P' });
    assert.deepEqual(response.tools, [{ type: 'custom', name: 'P' }]);
    assert.equal(response.temperature, 0.5);
  });

  it('keep the id of a reasoning item from its first event to its end', () => {
    const events = emit([
      { type: 'reasoning', index: 0, text: 'a', id: 'rs_up' },
      { type: 'reasoningEnd', index: 0, encrypted: 'enc-1', id: 'rs_up', wire: 'responses' },
      { type: 'finish', reason: 'stop' },
    ]);
    const ids = events.flatMap((event) => (event.item ? [(event.item as JsonObject).id] : (event.item_id ?? [])));
    assert.deepEqual([...new Set(ids)], ['rs_up']);
    assert.equal(
      objectOf(events.find((event) => event.type === 'response.output_item.done')?.item)?.encrypted_content,
      'enc-1',
    );
  });
});
