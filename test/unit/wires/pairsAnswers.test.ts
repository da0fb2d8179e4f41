import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { collect, replay } from '../../../src/wires/answer';
import { codecFor } from '../../../src/wires/codecs';
import type { Answer, JsonValue, Part, StreamEvent, WireName } from '../../../src/wires/conversation';
import { type SdkType, sdkProblems } from '../../support/sdkSchemas';
import { dataOf, readStream, recordedEvents, recordedStreams } from '../../support/streams';
import { arbitraryAnswer } from '../../support/wireArbitraries';

const WIRES: readonly WireName[] = ['chat', 'responses', 'messages'];
const STREAM: Record<WireName, SdkType> = {
  chat: 'ChatCompletionChunk',
  responses: 'ResponseStreamEvent',
  messages: 'RawMessageStreamEvent',
};
const WHOLE: Record<WireName, SdkType> = { chat: 'ChatCompletion', responses: 'Response', messages: 'Message' };
const OPTIONS = { model: 'asked', id: 'gen_1', created: 9, includeUsage: true };

function stream(wire: WireName, events: StreamEvent[]): string {
  const emitter = codecFor(wire).createStreamEmitter(OPTIONS);
  return events.map((event) => emitter.push(event)).join('') + emitter.finish();
}

/** A call without arguments is the same as one with none in it; a cut one stays text. */
function argumentsOf(text: string): unknown {
  try {
    return JSON.parse(text || '{}');
  } catch {
    return text;
  }
}

/** What must survive every translation. A wire without refusals shows them as text; where blocks end is its own affair. */
function meaning(answer: Answer) {
  const text = (...types: string[]) =>
    answer.parts.flatMap((part) => ('text' in part && types.includes(part.type) ? [part.text] : [])).join('');
  return {
    shown: text('text', 'refusal'),
    thought: text('reasoning'),
    calls: answer.parts.flatMap((part) =>
      part.type === 'toolCall' ? [[part.id, part.name, argumentsOf(part.arguments)]] : [],
    ),
    finish: answer.finish?.reason === 'refusal' ? 'contentFilter' : answer.finish?.reason,
    usage: answer.usage && [answer.usage.input, answer.usage.output],
  };
}

/** A whole chat message has text and refusal in fields of their own, so their order is lost. */
function refusalsLast(answer: Answer): Answer {
  const order = (part: Part) => (part.type === 'refusal' ? 1 : 0);
  return { ...answer, parts: [...answer.parts].sort((a, b) => order(a) - order(b)) };
}

/** Fields of other providers that OpenAI's types do not know. */
function standardOnly(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(standardOnly);
  if (typeof value !== 'object' || value === null) return value;
  const skip = new Set(['reasoning_content', 'reasoning_details', 'extra_content']);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (skip.has(key) ? [] : [[key, standardOnly(each)]])),
  );
}

describe('any answer from one wire to another', () => {
  for (const from of WIRES) {
    for (const to of WIRES) {
      if (from === to) continue;
      it(`keeps its meaning as a stream, ${from} to ${to}`, () => {
        fc.assert(
          fc.property(
            arbitraryAnswer,
            fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 3 }),
            (answer, sizes) => {
              const upstream = readStream(codecFor(from).createStreamParser(), stream(from, replay(answer)), sizes);
              const translated = stream(to, upstream);
              for (const data of dataOf(translated)) {
                assert.deepEqual(sdkProblems(STREAM[to], standardOnly(JSON.parse(data))), [], data);
              }
              const got = collect(readStream(codecFor(to).createStreamParser(), translated, sizes));
              assert.deepEqual({ ...meaning(got), usage: 0 }, { ...meaning(answer), usage: 0 });
              if (answer.usage) assert.deepEqual(meaning(got).usage, meaning(answer).usage);
            },
          ),
          { numRuns: 30 },
        );
      });

      it(`keeps its meaning as a whole, ${from} to ${to}`, () => {
        fc.assert(
          fc.property(arbitraryAnswer.map(refusalsLast), (answer) => {
            const upstream = codecFor(from).parseAnswer(codecFor(from).emitAnswer(answer, OPTIONS));
            const body = codecFor(to).emitAnswer(upstream, OPTIONS);
            assert.deepEqual(sdkProblems(WHOLE[to], standardOnly(body)), []);
            assert.deepEqual(
              { ...meaning(codecFor(to).parseAnswer(body)), usage: 0 },
              { ...meaning(answer), usage: 0 },
            );
          }),
          { numRuns: 30 },
        );
      });
    }
  }
});

describe('recorded answers on every wire', () => {
  const names = recordedStreams(/./);
  if (names.length === 0) it('skipped: no recordings here');
  for (const name of names) {
    it(name, () => {
      const from: WireName = name.startsWith('anthropic') || name.startsWith('spliced') ? 'messages' : 'chat';
      const events = readStream(
        codecFor(from).createStreamParser(),
        recordedEvents(name)
          .map((line) => `data: ${line}\n\n`)
          .join(''),
      );
      const answer = collect(events);
      assert.ok(answer.finish, 'no finish');
      for (const to of WIRES) {
        // On its own wire a provider's blocks are carried as they came, known to the SDK or not.
        if (to === from) continue;
        const translated = stream(to, events);
        for (const data of dataOf(translated)) {
          assert.deepEqual(sdkProblems(STREAM[to], standardOnly(JSON.parse(data))), [], `${to}: ${data}`);
        }
        const got = meaning(collect(readStream(codecFor(to).createStreamParser(), translated)));
        assert.deepEqual({ ...got, finish: 0, usage: 0 }, { ...meaning(answer), finish: 0, usage: 0 });
      }
    });
  }
});
