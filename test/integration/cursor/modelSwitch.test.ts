/**
 * One conversation, another model and another dialect at every request: history holds the ids, thinking and patches of
 * all providers, and each of them still gets only what it takes, with its own thinking back (S6, S7, S9, R19).
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonObject, StreamEvent } from '../../../src/wires/conversation';
import { arrayOf } from '../../../src/wires/read';
import { type CursorAgent, createCursorAgent } from '../../support/cursorAgent';
import { readCursorStream } from '../../support/cursorStream';
import { checkOpenAiChatRequest } from '../../support/strictProviders';
import { type StrictProvider, type StrictTrio, startTrio, TRIO } from '../../support/strictTrio';

function assistantCalls(body: JsonObject): JsonObject[] {
  return (arrayOf(body.messages) as JsonObject[]).filter(({ role, tool_calls }) => role === 'assistant' && tool_calls);
}
function withoutSignatures(body: JsonObject): JsonObject {
  const copy = structuredClone(body);
  for (const message of assistantCalls(copy))
    for (const call of arrayOf(message.tool_calls) as JsonObject[]) delete call.extra_content;
  return copy;
}

const PROVIDERS: Record<string, StrictProvider> = {
  ...TRIO,
  adaptive: { ...TRIO.messages, model: 'claude-opus-4-7' },
  deepseek: {
    preset: 'deepseek',
    wire: 'chat',
    model: 'deepseek-v4-pro',
    check: (body) =>
      assistantCalls(body).some(({ reasoning_content }) => reasoning_content === undefined)
        ? 'The reasoning_content in the thinking mode must be passed back to the API.'
        : checkOpenAiChatRequest(body),
  },
  gemini: {
    preset: 'gemini',
    wire: 'chat',
    model: 'gemini-3-pro',
    check(body) {
      const unsigned = assistantCalls(body).some(
        ({ tool_calls }) => !JSON.stringify(arrayOf(tool_calls)[0]).includes('thought_signature'),
      );
      if (unsigned) return 'Function call is missing a thought_signature.';
      if (JSON.stringify(body).includes('reasoning_content'))
        return 'Unknown name "reasoning_content": Cannot find field.';
      return checkOpenAiChatRequest(withoutSignatures(body));
    },
  },
};
const NAMES = Object.keys(PROVIDERS);
/** Answers of three kinds of ids: counted anew in every answer, illegal for most, unique, too long for most. */
const ID_FORMS: ((step: number, at: number) => string)[] = [
  (_, at) => `call_${at}`,
  (step, at) => `functions.Read:${step}${at}`,
  (step, at) => `toolu_AbCdEfGh1234${step}${at}`,
  (step, at) => `${'x'.repeat(60)}${step}${at}`,
];
const patchOf = (step: number) => `*** Begin Patch "${step}"\n*** End Patch`;

/** Thinking in the provider's own form, a call and a patch; every fourth answer is text. */
function answerOf(name: string, step: number, idOf: (step: number, at: number) => string): StreamEvent[] {
  const end: StreamEvent[] = [{ type: 'usage', usage: { input: 3, output: 4 } }];
  if (step % 4 === 3)
    return [{ type: 'text', index: 0, text: `Answer ${step}.` }, { type: 'finish', reason: 'stop' }, ...end];
  const { wire, preset } = PROVIDERS[name] as StrictProvider;
  const custom = preset === 'openai';
  const thinking: StreamEvent[] = [
    { type: 'reasoning', index: 0, text: `thought ${step}` },
    {
      type: 'reasoningEnd',
      index: 0,
      wire,
      ...(wire === 'messages' && { signature: `sig-${step}` }),
      ...(wire === 'responses' && { encrypted: `enc-${step}`, id: `rs_${step}` }),
    },
  ];
  return [
    ...(preset === 'gemini' ? [] : thinking),
    {
      type: 'toolCallStart',
      index: 1,
      id: idOf(step, 0),
      name: 'Read',
      ...(preset === 'gemini' && { thoughtSignature: `ts-${step}` }),
    },
    { type: 'toolCallDelta', index: 1, text: `{"path":"${step}"}` },
    { type: 'toolCallEnd', index: 1 },
    { type: 'toolCallStart', index: 2, id: idOf(step, 1), name: 'ApplyPatch', ...(custom && { custom }) },
    { type: 'toolCallDelta', index: 2, text: custom ? patchOf(step) : JSON.stringify({ input: patchOf(step) }) },
    { type: 'toolCallEnd', index: 2 },
    { type: 'finish', reason: 'toolCalls' },
    ...end,
  ];
}

describe('models and dialects switched within one conversation', () => {
  let trio: StrictTrio;
  before(async () => {
    trio = await startTrio(PROVIDERS);
  });
  after(() => trio.stop());

  it('are never refused, and every patch comes out as raw text', async () => {
    const step = fc.record({ dialect: fc.constantFrom('A', 'B', 'C'), provider: fc.constantFrom(...NAMES) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 4, maxLength: 10 }),
        fc.constantFrom(...ID_FORMS),
        async (steps, idOf) => {
          const agents: Record<string, CursorAgent> = {
            A: createCursorAgent('A', 'm'),
            B: createCursorAgent('B', 'm'),
            C: createCursorAgent('C', 'm'),
          };
          for (const [at, { dialect, provider }] of steps.entries()) {
            if (at % 4 === 0) for (const agent of Object.values(agents)) agent.say(`Question ${at}.`);
            trio.events = answerOf(provider, at, idOf);
            const { model: _, ...body } = (agents[dialect] as CursorAgent).body();
            const { status, text } = await trio.ask(provider, body);
            assert.equal(status, 200, `${dialect} → ${provider}, step ${at}: ${text}`);
            const answer = readCursorStream(text);
            if (at % 4 !== 3) assert.equal(answer.calls[1]?.arguments, patchOf(at));
            for (const agent of Object.values(agents)) agent.take(answer, (tool) => `result of ${tool}`);
          }
        },
      ),
      { numRuns: 25 },
    );
  }).timeout(90_000);
});
