/** The law of issue 16 for arbitrary inputs: what is sent is carried or told; what came is seen, with the right end. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { createCursorEmitter } from '../../../src/cursor/reply';
import { textOf } from '../../../src/said';
import { createTranslatedReply } from '../../../src/server/reply';
import { callsIn, collect, replay } from '../../../src/wires/answer';
import { RequestProblem, type StreamEmitter } from '../../../src/wires/codec';
import { codecFor } from '../../../src/wires/codecs';
import type { Answer, JsonObject, JsonValue, StreamEvent, WireName } from '../../../src/wires/conversation';
import { carryAcross } from '../../../src/wires/foreign';
import { leftOutTuning } from '../../../src/wires/leftOutTuning';
import { flattenNamespaces } from '../../../src/wires/namespaces';
import { isObject } from '../../../src/wires/read';
import { createSseSplitter, type RawSseEvent } from '../../../src/wires/sse';
import { ableTarget, carefulTarget } from '../../support/emitTarget';
import { arbitraryAnswer } from '../../support/wireArbitraries';

const WIRES: readonly WireName[] = ['chat', 'responses', 'messages'];
const SEED = 16;

// --- what is sent = what is carried + what is told ---

/** A thing somebody sends; every `@` in it becomes a word of its own that must not get lost. */
type Thing = JsonObject;
const schema = { type: 'object', properties: { p: { type: 'string', description: '@' } } };

const THINGS: Record<
  WireName,
  { user: Thing[]; assistant: Thing[]; tools: Thing[]; fields: Record<string, JsonValue> }
> = {
  messages: {
    user: [
      { type: 'text', text: '@' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '@' }, title: '@' },
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: '@' }] } },
      { type: 'search_result', source: 'https://x.example/@', title: '@', content: [{ type: 'text', text: '@' }] },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: '@' } },
      { type: 'container_upload', file_id: '@' },
    ],
    assistant: [
      { type: 'text', text: '@' },
      { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: '@' } },
      {
        type: 'web_search_tool_result',
        tool_use_id: 's1',
        content: [{ type: 'web_search_result', title: '@', url: '@' }],
      },
      { type: 'mcp_tool_use', id: 'm1', name: '@', server_name: '@', input: { a: '@' } },
    ],
    tools: [
      { name: 'Own', description: '@', input_schema: schema },
      { type: 'web_search_20250305', name: 'web_search' },
    ],
    fields: {
      temperature: 0.5,
      top_k: 3,
      thread: { type: 'create' },
      container: 'c',
      metadata: { user_id: 'u' },
      output_config: {
        format: {
          type: 'json_schema',
          schema: { type: 'object', properties: { a: { type: 'string', description: '@' } } },
        },
      },
    },
  },
  chat: {
    user: [
      { type: 'text', text: '@' },
      { type: 'image_url', image_url: { url: 'https://x.example/@' } },
      { type: 'file', file: { filename: '@', file_data: 'data:application/pdf;base64,@' } },
      { type: 'input_audio', input_audio: { data: '@', format: 'wav' } },
    ],
    assistant: [
      { type: 'text', text: '@' },
      { type: 'refusal', refusal: '@' },
    ],
    tools: [
      { type: 'function', function: { name: 'Own', description: '@', parameters: schema } },
      {
        type: 'custom',
        custom: {
          name: 'Patch',
          description: '@',
          format: { type: 'grammar', grammar: { syntax: 'lark', definition: '@' } },
        },
      },
    ],
    fields: {
      seed: 1,
      logprobs: true,
      top_p: 0.5,
      presence_penalty: 1,
      logit_bias: { 1: 2 },
      verbosity: 'low',
      service_tier: 'flex',
      web_search_options: {},
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', schema: { type: 'object', properties: { a: { type: 'string', description: '@' } } } },
      },
    },
  },
  responses: {
    user: [
      { type: 'input_text', text: '@' },
      { type: 'input_image', image_url: 'https://x.example/@' },
      { type: 'input_file', filename: '@', file_data: 'data:application/pdf;base64,@' },
    ],
    assistant: [
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: '@', annotations: [] }] },
      { type: 'web_search_call', id: 'w', status: 'completed', action: { type: 'search', query: '@' } },
      { type: 'mcp_call', id: 'm', name: '@', server_label: '@', arguments: '{"a":"@"}', output: '@' },
      {
        type: 'local_shell_call',
        id: 'l',
        call_id: 'l1',
        status: 'completed',
        action: { type: 'exec', command: ['@'] },
      },
      { type: 'item_reference', id: '@' },
    ],
    tools: [
      { type: 'function', name: 'Own', description: '@', parameters: schema },
      { type: 'custom', name: 'Patch', description: '@' },
      {
        type: 'namespace',
        name: 'mcp__x',
        description: '@',
        tools: [{ type: 'function', name: 'find', description: '@', parameters: schema }],
      },
      { type: 'web_search' },
    ],
    fields: {
      top_logprobs: 2,
      truncation: 'auto',
      temperature: 0.5,
      prompt: { id: 'p' },
      service_tier: 'flex',
      text: {
        verbosity: 'low',
        format: {
          type: 'json_schema',
          name: 'n',
          schema: { type: 'object', properties: { a: { type: 'string', description: '@' } } },
        },
      },
    },
  },
};

const some = (things: readonly Thing[], max: number) => fc.array(fc.constantFrom(...things), { maxLength: max });
function arbitraryBody(wire: WireName): fc.Arbitrary<JsonObject> {
  const things = THINGS[wire];
  return fc
    .record({
      user: fc.array(fc.constantFrom(...things.user), { minLength: 1, maxLength: 3 }),
      assistant: some(things.assistant, 2),
      result: fc.boolean(),
      tools: fc.subarray(things.tools),
      // A refused field ends all, so most bodies have none.
      fields: fc.oneof(
        { weight: 3, arbitrary: fc.constant<string[]>([]) },
        { weight: 2, arbitrary: fc.subarray(Object.keys(things.fields), { maxLength: 2 }) },
      ),
    })
    .map(({ user, assistant, result, tools, fields }) => {
      const call = result ? CALLS[wire] : [];
      const chosen = Object.fromEntries(fields.map((key) => [key, things.fields[key]!]));
      const body: JsonObject = {
        model: 'm',
        ...chosen,
        ...(tools.length > 0 && { tools }),
        ...(wire === 'messages' && { max_tokens: 99 }),
      };
      const last = { role: 'user', content: 'go on' };
      if (wire === 'responses') body.input = [{ role: 'user', content: user }, ...assistant, ...call, last];
      else {
        const answer = [{ role: 'assistant', content: [{ type: 'text', text: 'So:' }, ...assistant] }];
        body.messages = [{ role: 'user', content: user }, ...answer, last, ...call, ...(call.length > 0 ? [last] : [])];
      }
      return numbered(body) as JsonObject;
    });
}
const CALLS: Record<WireName, JsonObject[]> = {
  chat: [
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'Own', arguments: '{"p":"@"}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: '@' },
  ],
  responses: [
    { type: 'function_call', call_id: 'c1', name: 'Own', arguments: '{"p":"@"}' },
    { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: '@' }] },
  ],
  messages: [
    { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'Own', input: { p: '@' } }] },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'c1',
          content: [
            { type: 'text', text: '@' },
            { type: 'search_result', source: 's', title: '@', content: [{ type: 'text', text: '@' }] },
          ],
        },
      ],
    },
  ],
};

/** Each `@` as a word of its own. */
function numbered(value: JsonValue, count = { at: 0 }): JsonValue {
  if (typeof value === 'string') return value.replaceAll('@', () => `WORD${count.at++}x`);
  if (Array.isArray(value)) return value.map((one) => numbered(one, count));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, numbered(one, count)]));
}

/** Fields of the body that only tune, and what they are called in the other wires' words. */
const TUNING = [
  'temperature',
  'top_k',
  'top_p',
  'seed',
  'presence_penalty',
  'logprobs',
  'top_logprobs',
  'logit_bias',
  'truncation',
  'service_tier',
];

describe('what is sent is carried or told', () => {
  for (const from of WIRES) {
    for (const to of WIRES) {
      if (from === to) continue;
      it(`${from} → ${to}`, () => {
        let refused = 0;
        fc.assert(
          fc.property(arbitraryBody(from), fc.constantFrom(ableTarget, carefulTarget), (body, target) => {
            const sent = JSON.stringify(body);
            let out: JsonObject;
            let told: string;
            try {
              const carried = carryAcross(codecFor(from).parseRequest(body), to);
              const flat =
                to === 'responses' ? carried.conversation : flattenNamespaces(carried.conversation).conversation;
              out = codecFor(to).emitRequest(flat, { ...target, reasoningField: 'none' });
              told = [...carried.told.map(textOf), ...leftOutTuning(flat, out)].join('; ');
            } catch (error) {
              assert.ok(error instanceof RequestProblem, String(error));
              assert.match(error.message, /`[a-z_0-9]+`|web_search/, 'the refusal names what it is about');
              refused++;
              return;
            }
            const got = JSON.stringify(out);
            for (const [word] of sent.matchAll(/WORD\d+x/g))
              assert.ok(got.includes(word), `${word} of ${sent}\nis not in ${got}`);
            for (const name of TUNING) {
              if (!(name in body)) continue;
              assert.ok(
                name in out || new RegExp(`\\b${name}\\b`).test(told),
                `${name} is neither in ${got} nor told: ${told}`,
              );
            }
          }),
          { seed: SEED, numRuns: 150, includeErrorInReport: true },
        );
        assert.ok(refused < 130, 'most bodies are no refusals');
      });
    }
  }
});

// --- all that came is seen, with the right end ---

const OPTIONS = { model: 'asked', id: 'gen_1', created: 9, includeUsage: true };
const CURSOR = {
  ...OPTIONS,
  provider: 'Acme',
  thinking: 'hide',
  customToolReply: 'function',
  midStreamError: 'text',
  customToolNames: new Set<string>(),
} as const;
const CLIENTS: Record<string, { emitter(): StreamEmitter; wire: WireName }> = {
  chat: { emitter: () => codecFor('chat').createStreamEmitter(OPTIONS), wire: 'chat' },
  responses: { emitter: () => codecFor('responses').createStreamEmitter(OPTIONS), wire: 'responses' },
  messages: { emitter: () => codecFor('messages').createStreamEmitter(OPTIONS), wire: 'messages' },
  Cursor: { emitter: () => createCursorEmitter(CURSOR), wire: 'chat' },
};

function rawEvents(text: string): RawSseEvent[] {
  const splitter = createSseSplitter();
  return [...splitter.push(Buffer.from(text)), ...splitter.finish()];
}
function neutral(wire: WireName, events: readonly RawSseEvent[]): StreamEvent[] {
  const parser = codecFor(wire).createStreamParser();
  return [...events.flatMap((event) => parser.push(event)), ...parser.finish()];
}
const content = (answer: Answer) => ({
  text: answer.parts.flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : [])).join(''),
  calls: answer.parts.flatMap((part) =>
    part.type === 'toolCall' ? [[part.name, JSON.stringify(JSON.parse(part.arguments || '{}'))]] : [],
  ),
});

/** Chat streams with finishes where providers put them: repeated, early, late, missing, twice, behind content. */
function withFinishes(events: readonly RawSseEvent[], at: readonly number[], keepsLast: boolean): RawSseEvent[] {
  const stop = rawEvents('data: {"id":"u","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n');
  const isFinish = ({ data }: RawSseEvent) => /"finish_reason":"/.test(data);
  const kept = keepsLast ? events : events.filter((event) => !isFinish(event));
  return kept.flatMap((event, index) => (event.data !== '[DONE]' && at.includes(index) ? [event, ...stop] : [event]));
}

describe('all that came is seen, with the right end', () => {
  for (const upstream of WIRES) {
    it(`${upstream} upstream, cut anywhere or whole, for every client`, () => {
      fc.assert(
        fc.property(
          arbitraryAnswer,
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.boolean(),
          (answer, share, whole) => {
            const emitter = codecFor(upstream).createStreamEmitter(OPTIONS);
            const all = rawEvents(
              replay(answer)
                .map((event) => emitter.push(event))
                .join('') + emitter.finish(),
            );
            check(upstream, whole ? all : all.slice(0, Math.floor(share * all.length)));
          },
        ),
        { seed: SEED, numRuns: 60, includeErrorInReport: true },
      );
    });
  }
  it('chat upstream with finishes anywhere, or none, for every client', () => {
    fc.assert(
      fc.property(
        arbitraryAnswer,
        fc.array(fc.nat(12), { maxLength: 4 }),
        fc.boolean(),
        fc.boolean(),
        (answer, at, keeps, done) => {
          const emitter = codecFor('chat').createStreamEmitter(OPTIONS);
          const all = rawEvents(
            replay(answer)
              .map((event) => emitter.push(event))
              .join('') + emitter.finish(),
          );
          const odd = withFinishes(all, at, keeps).filter(({ data }) => done || data !== '[DONE]');
          check('chat', odd);
        },
      ),
      { seed: SEED, numRuns: 120, includeErrorInReport: true },
    );
  });

  function check(wire: WireName, stream: readonly RawSseEvent[]): void {
    const came = neutral(wire, stream);
    const given = collect(came);
    // An answer with nothing in it is nobody's answer: attempt.ts asks again.
    if (given.parts.length === 0) return;
    const isWhole = came.some(({ type }) => type === 'finish' || type === 'end');
    for (const [name, client] of Object.entries(CLIENTS)) {
      const reply = createTranslatedReply(codecFor(wire).createStreamParser(), client.emitter(), {});
      let text = stream.map((event) => reply.push(event) ?? '').join('');
      text += reply.close();
      const { ended, finish } = reply.observed;
      // attempt.ts decides the same way.
      const complete = ended || finish !== undefined;
      assert.equal(complete, isWhole, name);
      text += complete ? reply.end() : reply.fail({ status: 502, kind: 'network', message: 'It broke off.' });
      const seen = collect(neutral(client.wire, rawEvents(text)));
      if (!complete) {
        assert.ok(
          !['stop', 'toolCalls'].includes(seen.finish?.reason ?? ''),
          `${name}: a cut answer is not called complete: ${text}`,
        );
        // A block of Messages follows on the end of the one before: behind half a call nothing can be said but the error.
        if (name === 'messages' && given.parts.some(({ type }) => type === 'toolCall')) continue;
        assert.ok(content(seen).text.trimStart().startsWith(content(given).text.trim()), `${name}: ${text}`);
        continue;
      }
      const wanted = content({ ...given, parts: given.parts });
      if (callsIn(given.parts) !== 'half') assert.deepEqual(content(seen).calls, wanted.calls, name);
      assert.ok(
        name === 'Cursor' ? content(seen).text.startsWith(wanted.text) : content(seen).text === wanted.text,
        `${name}: ${text}`,
      );
      assert.ok(seen.finish, `${name} gets an end: ${text}`);
      if (given.finish && wanted.text + wanted.calls.join() !== '') {
        const reason = given.finish.reason === 'refusal' ? 'contentFilter' : given.finish.reason;
        const shown = seen.finish.reason === 'refusal' ? 'contentFilter' : seen.finish.reason;
        assert.equal(shown, reason, `${name}: ${text}`);
      }
    }
  }
});
