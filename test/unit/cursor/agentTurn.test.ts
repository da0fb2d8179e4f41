import assert from 'node:assert/strict';
import { conversationKey } from '../../../src/cursor/conversationKey';
import { createMemory } from '../../../src/cursor/memory';
import { createCursorEmitter } from '../../../src/cursor/reply';
import { readCursorRequest } from '../../../src/cursor/request';
import { applyTarget } from '../../../src/cursor/target';
import { textOf } from '../../../src/said';
import type { EmitTarget } from '../../../src/wires/codec';
import { codecFor } from '../../../src/wires/codecs';
import type { JsonObject, StreamEvent, WireName } from '../../../src/wires/conversation';
import { customToolNames, unwrapCustomCalls } from '../../../src/wires/customTools';
import { createSseSplitter } from '../../../src/wires/sse';
import { createCursorAgent } from '../../support/cursorAgent';
import { frozen, openTarget } from '../../support/cursorCases';
import { type ReadStream, readCursorStream } from '../../support/cursorStream';
import { checkAnthropicRequest, checkOpenAiChatRequest, checkResponsesRequest } from '../../support/strictProviders';

const PATCH = '*** Begin Patch\n*** Update File: src/a.ts\n@@\n-const a = "1";\n+const a = "2";\n*** End Patch';
const RESULTS: Record<string, string> = { Read: 'const a = "1";', Grep: 'src/a.ts:1', ApplyPatch: 'Done.' };

interface Upstream {
  wire: WireName;
  model: string;
  emit: Partial<EmitTarget>;
  check(body: JsonObject): string | undefined;
  /** What must have come back of its own thinking in the last request of the loop. */
  secrets: readonly string[];
}
const UPSTREAMS: Record<string, Upstream> = {
  'chat (thinking as text)': {
    wire: 'chat',
    model: 'deepseek-v4-pro',
    emit: { customTools: 'function' },
    check: (body) => checkOpenAiChatRequest(body) ?? lacksReasoning(body),
    secrets: ['thought 1', 'thought 2'],
  },
  'chat (custom tools kept)': {
    wire: 'chat',
    model: 'gpt-5.2',
    emit: { customTools: 'keep' },
    check: (body) => checkOpenAiChatRequest(body),
    secrets: [],
  },
  responses: {
    wire: 'responses',
    model: 'gpt-5.2',
    emit: { customTools: 'keep', reasoningField: 'reasoning' },
    check: checkResponsesRequest,
    secrets: ['SECRET-1', 'SECRET-2'],
  },
  'messages (budget)': {
    wire: 'messages',
    model: 'claude-sonnet-4-5',
    emit: { customTools: 'function', reasoningField: 'thinking', maxOutputTokens: 64_000 },
    check: checkAnthropicRequest,
    secrets: ['SECRET-1', 'SECRET-2'],
  },
  'messages (adaptive)': {
    wire: 'messages',
    model: 'claude-opus-5',
    emit: { customTools: 'function', reasoningField: 'adaptive', maxOutputTokens: 64_000 },
    check: checkAnthropicRequest,
    secrets: ['SECRET-1', 'SECRET-2'],
  },
};

/** DeepSeek: the reasoning_content in the thinking mode must be passed back to the API. */
function lacksReasoning({ messages }: JsonObject): string | undefined {
  const lacking = (messages as JsonObject[]).findIndex((message) => message.tool_calls && !message.reasoning_content);
  return lacking < 0 ? undefined : `messages[${lacking}]: the reasoning_content must be passed back`;
}

/** What the provider streams in one step: its thinking with what it wants back, then calls or text. */
function providerStream(
  { wire, emit }: Upstream,
  step: number,
  calls: [name: string, args: string][],
  text: string,
): string {
  const kept: Partial<Extract<StreamEvent, { type: 'reasoningEnd' }>> =
    wire === 'messages'
      ? { signature: `sig-SECRET-${step}`, wire }
      : wire === 'responses'
        ? { encrypted: `enc-SECRET-${step}`, id: `rs_${step}`, wire }
        : { wire };
  const custom = emit.customTools === 'keep' && wire !== 'messages';
  const events: StreamEvent[] = [
    { type: 'start', id: `answer-${step}`, model: 'upstream' },
    { type: 'reasoning', index: 0, text: `thought ${step}` },
    { type: 'reasoningEnd', index: 0, ...kept },
    ...(text ? [{ type: 'text', index: 1, text } as const] : []),
    ...calls.flatMap(([name, args], at): StreamEvent[] => {
      const index = at + 2;
      const raw = name === 'ApplyPatch';
      const itemId = wire === 'responses' ? { itemId: `${raw ? 'ctc' : 'fc'}_${step}${at}` } : {};
      return [
        {
          type: 'toolCallStart',
          index,
          id: `call_${step}_${at}`,
          name,
          ...(raw && custom && { custom: true }),
          ...itemId,
        },
        { type: 'toolCallDelta', index, text: raw && !custom ? JSON.stringify({ input: args }) : args },
        { type: 'toolCallEnd', index },
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
  return events.map((event) => emitter.push(event)).join('') + emitter.finish();
}

for (const dialect of ['A', 'B', 'C'] as const) {
  describe(`a whole Agent turn, dialect ${dialect}`, () => {
    for (const [name, upstream] of Object.entries(UPSTREAMS)) {
      const { wire, model, secrets } = upstream;
      const emit = openTarget({ model, maxIdLength: 40, ...upstream.emit });
      const target = { backend: { wire }, abilities: { ...emit, efforts: [] } };

      const session = (memory = createMemory({ now: () => 0 })) => {
        const agent = createCursorAgent(dialect, 'mine/model');
        const sent: JsonObject[] = [];
        const rules = new Set<string>();
        let memoryInUse = memory;
        function turn(step: number, calls: [string, string][], text: string): ReadStream {
          const asked = readCursorRequest(frozen(agent.body()));
          assert.equal(asked.dialect, dialect);
          const fitted = applyTarget(asked.conversation, target, { showThinking: true });
          const scope = {
            clientKey: 'main',
            backend: 'b',
            wire,
            upstreamModel: model,
            conversation: conversationKey(asked.conversation, {}),
          };
          const restored = memoryInUse.restore(fitted.conversation, scope);
          for (const rule of [...asked.rules, ...fitted.rules, ...restored.rules]) rules.add(textOf(rule));
          const body = codecFor(wire).emitRequest(restored.conversation, emit);
          const refusal = upstream.check(JSON.parse(JSON.stringify(body)));
          assert.equal(refusal, undefined, `step ${step}: ${refusal}\n${JSON.stringify(body, null, 1)}`);
          sent.push(body);
          const wrapped =
            emit.customTools === 'function' || wire === 'messages'
              ? customToolNames(asked.conversation)
              : new Set<string>();
          const unwrap = unwrapCustomCalls(wrapped);
          const remember = memoryInUse.recorder(scope, restored.conversation);
          const emitter = createCursorEmitter({
            ...{
              model: 'mine/model',
              id: 'chatcmpl-1',
              created: 1,
              includeUsage: true,
              provider: 'Acme',
              thinking: 'details',
            },
            ...{ customToolReply: 'function', midStreamError: 'text', customToolNames: asked.customToolNames },
            ...(restored.notice && { notice: restored.notice }),
          });
          const splitter = createSseSplitter();
          const parser = codecFor(wire).createStreamParser();
          let out = '';
          const take = (events: StreamEvent[]) => {
            for (const event of events.flatMap(unwrap)) {
              remember(event);
              out += emitter.push(event);
            }
          };
          const bytes = Buffer.from(providerStream(upstream, step, calls, text));
          for (let at = 0; at < bytes.length; at += 7)
            for (const event of splitter.push(bytes.subarray(at, at + 7))) take(parser.push(event));
          for (const event of splitter.finish()) take(parser.push(event));
          take(parser.finish());
          assert.equal(parser.dropped, 0);
          const answer = readCursorStream(out + emitter.finish());
          agent.take(answer, (tool) => RESULTS[tool] ?? '');
          return answer;
        }
        const forget = () => {
          memoryInUse = createMemory({ now: () => 0 });
        };
        return { agent, sent, rules, turn, forget };
      };

      it(`${name}: prompt → parallel calls → ApplyPatch → answer, what Cursor drops put back`, () => {
        const { agent, sent, rules, turn } = session();
        agent.say('Set a to 2.');
        const first = turn(
          1,
          [
            ['Read', '{"path":"src/a.ts"}'],
            ['Grep', '{"path":"src"}'],
          ],
          'Looking.',
        );
        assert.deepEqual(
          first.calls.map((call) => [call.type, call.name, call.arguments]),
          [
            ['function', 'Read', '{"path":"src/a.ts"}'],
            ['function', 'Grep', '{"path":"src"}'],
          ],
        );
        assert.equal(first.finish, 'tool_calls');
        assert.match(first.content, /thought 1\n<\/details>\n\nLooking\.$/);
        const second = turn(2, [['ApplyPatch', PATCH]], '');
        assert.deepEqual(
          second.calls.map((call) => [call.type, call.arguments]),
          [['function', PATCH]],
        );
        const third = turn(3, [], 'Done: a is 2.');
        assert.deepEqual([third.finish, third.calls.length], ['stop', 0]);
        assert.equal(third.usage?.prompt_tokens, 300);
        agent.say('Thanks, and now?');
        turn(4, [], 'Nothing more.');

        assert.ok(rules.has('S10') && !rules.has('S6'), [...rules].join());
        const last = JSON.stringify(sent[2]);
        for (const secret of secrets) assert.ok(last.includes(secret), `${secret} is back`);
        for (const text of ['const a', 'src/a.ts:1']) assert.ok(last.includes(text));
        assert.ok(!last.includes('<details>'), 'shown thinking is stripped (N11)');
        assert.ok(JSON.stringify(sent[3]).includes('Begin Patch'), 'the patch is in the history');
        // The longer history begins as the shorter one did, or prompt caches would not hold.
        const key = wire === 'responses' ? 'input' : 'messages';
        const [before, after] = [sent[1], sent[2]].map((body) =>
          ((body?.[key] ?? []) as JsonObject[]).map((one) => JSON.stringify({ ...one, cache_control: undefined })),
        );
        assert.deepEqual(after?.slice(0, (before?.length ?? 1) - 1), before?.slice(0, -1));
      });

      it(`${name}: goes on when the memory is lost in the middle`, () => {
        const { agent, sent, turn, forget } = session();
        agent.say('Set a to 2.');
        turn(1, [['Read', '{"path":"src/a.ts"}']], '');
        forget();
        const second = turn(2, [['ApplyPatch', PATCH]], '');
        assert.equal(second.calls[0]?.arguments, PATCH);
        turn(3, [], 'Done.');
        assert.ok(JSON.stringify(sent[1]).includes('const a = '), 'the result is not lost');
        if (model.startsWith('deepseek')) assert.match(second.content, /LLM Router no longer has/);
      });
    }
  });
}
