/**
 * Plays Cursor in Agent mode: keeps its own history and writes it in one dialect, dropping what the real one drops
 * (reasoning, signatures, item ids). Tool calls come back as functions with raw text, as seen (R19).
 */
import type { JsonObject, JsonValue } from '../../src/wires/conversation';
import { parseObject } from '../../src/wires/read';
import type { ReadStream } from './cursorStream';

type Step =
  | { say: string }
  | { content: string; calls: { id: string; name: string; arguments: string }[]; results: string[] };

const PARAMETERS: JsonObject = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
const GRAMMAR: JsonObject = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' };

export interface CursorAgent {
  say(text: string): void;
  /** Takes an answer and runs its calls. */
  take(answer: ReadStream, resultOf: (name: string) => string): void;
  body(): JsonObject;
}

export function createCursorAgent(dialect: 'A' | 'B' | 'C', model: string): CursorAgent {
  const steps: Step[] = [];
  const system = 'You are a coding agent.';
  const common: JsonObject = {
    model,
    stream: true,
    metadata: { cursorConversationId: 'conversation-1' },
    user: 'per-user-hash',
  };
  return {
    say: (text) => void steps.push({ say: text }),
    take({ content, calls }, resultOf) {
      steps.push({ content, calls, results: calls.map(({ name }) => resultOf(name)) });
    },
    body(): JsonObject {
      if (dialect === 'A') {
        const tools: JsonValue[] = [
          { type: 'function', function: { name: 'Read', parameters: PARAMETERS } },
          { type: 'function', name: 'Grep', parameters: PARAMETERS },
          { type: 'custom', custom: { name: 'ApplyPatch', format: GRAMMAR } },
        ];
        return {
          ...common,
          messages: [{ role: 'system', content: system }, ...steps.flatMap(asChat)],
          tools,
          tool_choice: 'auto',
          reasoning: { effort: 'medium' },
        };
      }
      if (dialect === 'B') {
        const tools: JsonValue[] = [
          { type: 'function', name: 'Read', parameters: PARAMETERS },
          { type: 'function', name: 'Grep', parameters: PARAMETERS },
          { type: 'custom', name: 'ApplyPatch', format: GRAMMAR },
        ];
        return {
          ...common,
          input: [{ role: 'developer', content: system }, ...steps.flatMap(asItems)],
          tools,
          reasoning: { effort: 'medium', summary: 'auto' },
          text: { verbosity: 'low' },
          previous_response_id: 'chatcmpl-1',
          store: false,
        };
      }
      const tools: JsonValue[] = [
        { name: 'Read', input_schema: PARAMETERS },
        { name: 'Grep', input_schema: PARAMETERS, cache_control: { type: 'ephemeral' } },
        { type: 'custom', name: 'ApplyPatch', format: GRAMMAR },
      ];
      return {
        ...common,
        system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }],
        messages: steps.flatMap(asBlocks),
        tools,
        tool_choice: { type: 'auto' },
        max_tokens: 4096,
        reasoning: { effort: 'medium' },
      };
    },
  };
}

function asChat(step: Step): JsonValue[] {
  if ('say' in step) return [{ role: 'user', content: step.say }];
  const { content, calls, results } = step;
  if (calls.length === 0) return [{ role: 'assistant', content }];
  const tool_calls = calls.map(({ id, name, arguments: text }, index) => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: text },
  }));
  return [
    { role: 'assistant', content, tool_calls },
    ...calls.map(({ id, name }, at) => ({ role: 'tool', name, tool_call_id: id, content: results[at] ?? '' })),
  ];
}

function asItems(step: Step): JsonValue[] {
  if ('say' in step) return [{ role: 'user', content: [{ type: 'input_text', text: step.say }] }];
  const { content, calls, results } = step;
  return [
    ...(content ? [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: content }] }] : []),
    ...calls.map(({ id, name, arguments: text }) => ({ type: 'function_call', call_id: id, name, arguments: text })),
    ...calls.map(({ id }, at) => ({ type: 'function_call_output', call_id: id, output: results[at] ?? '' })),
  ];
}

/** Objects as `tool_use`; raw text stands in `tool_calls` beside the blocks. */
function asBlocks(step: Step): JsonValue[] {
  if ('say' in step) return [{ role: 'user', content: [{ type: 'text', text: step.say }] }];
  const { content, calls, results } = step;
  const blocks: JsonValue[] = content ? [{ type: 'text', text: content }] : [];
  const raw: JsonValue[] = [];
  for (const { id, name, arguments: text } of calls) {
    const input = parseObject(text);
    if (input) blocks.push({ type: 'tool_use', id, name, input });
    else raw.push({ id, type: 'function', function: { name, arguments: text } });
  }
  const message: JsonObject = { role: 'assistant', content: blocks, ...(raw.length > 0 && { tool_calls: raw }) };
  if (calls.length === 0) return [message];
  const told = calls.map(({ id }, at) => ({
    type: 'tool_result',
    tool_use_id: id,
    content: [{ type: 'text', text: results[at] ?? '' }],
  }));
  return [message, { role: 'user', content: told }];
}
