/** OpenAI Chat Completions requests, and everything clients send in their place, into the conversation model. */
import { RequestProblem } from './codec';
import type {
  Conversation,
  FunctionTool,
  JsonObject,
  JsonValue,
  Part,
  ReasoningPart,
  ReasoningRequest,
  ResponseFormat,
  TextPart,
  ToolCallPart,
  Turn,
} from './conversation';
import { jsonTextOf } from './jsonText';
import { readContent, readExtra, readResultContent } from './parts';
import { arrayOf, booleanOf, filledString, isObject, numberOf, objectOf, rest, stringOf } from './read';
import { unsealReasoning } from './sealedReasoning';
import { say } from './sentences';
import { readThoughtSignature } from './thoughtSignature';
import { choiceUnread, readParallel, readTool, readToolChoice } from './toolShapes';

/**
 * Tolerant of every form seen in the wild (N1-N6, N8, N12-N14, N16-N22, N27); what it does not know is carried in
 * `extra`. Throws RequestProblem where there is nothing to converse with. Never mutates `body`.
 */
export function parseChatRequest(body: JsonObject): Conversation {
  if (!Array.isArray(body.messages) || body.messages.length === 0) {
    throw new RequestProblem(say.noMessages, 'messages');
  }
  const turns = readMessages(body.messages);
  // N8: Anthropic's top-level system text leads, wherever it stood.
  const system = readContent(body.system, 'chat');
  if (system.length > 0) turns.unshift({ role: 'system', parts: system });
  const conversation: Conversation = { model: stringOf(body.model) ?? '', turns, stream: body.stream === true };
  readTools(body, conversation);
  readSampling(body, conversation);
  const reasoning = readReasoning(body);
  if (reasoning) conversation.reasoning = reasoning;
  const format = readFormat(body.response_format);
  if (format) conversation.responseFormat = format;
  const metadata = objectOf(body.metadata);
  if (metadata) conversation.metadata = metadata;
  if (objectOf(body.stream_options)?.include_usage === true) conversation.includeUsage = true;
  const handled = new Set(KNOWN);
  if (format || isPlainFormat(body.response_format)) handled.add('response_format');
  // Other wires get topK; on this one, where it is no standard field, only a client that sent it may cause it.
  if (conversation.topK === undefined) handled.add('top_k');
  if (conversation.tools && choiceUnread(body.tool_choice)) handled.delete('tool_choice');
  const extra = readExtra(body, handled, 'chat');
  if (extra) conversation.extra = extra;
  return conversation;
}

const KNOWN: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'parallel_tool_calls',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'stop_sequences',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'reasoning_effort',
  'reasoning',
  'thinking',
  'output_config',
  'verbosity',
  'service_tier',
  'metadata',
  'user',
  'stream',
  'stream_options',
]);

function readMessages(messages: JsonValue[]): Turn[] {
  const turns: Turn[] = [];
  // Legacy function calls have no ids; call and result are paired by order and name (N12).
  const legacy: { id: string; name: string }[] = [];
  messages.forEach((message, at) => {
    if (!isObject(message)) throw new RequestProblem(say.messageNoObject(at), `messages[${at}]`);
    switch (message.role) {
      case 'system':
      case 'developer':
        turns.push(named({ role: message.role, parts: readContent(message.content, 'chat') }, message));
        break;
      case 'user':
        pushUser(turns, message);
        break;
      case 'assistant':
        turns.push(named({ role: 'assistant', parts: readAssistant(message, at, legacy) }, message));
        break;
      case 'tool':
        turns.push({ role: 'tool', parts: [readResult(message, filledString(message.tool_call_id) ?? '')] });
        break;
      case 'function': {
        const known = legacy.findIndex((call) => call.name === message.name);
        const id = known < 0 ? '' : (legacy.splice(known, 1)[0]?.id ?? '');
        turns.push({ role: 'tool', parts: [readResult(message, id)] });
        break;
      }
      default:
        throw new RequestProblem(say.chatRole(at, JSON.stringify(message.role ?? null)), `messages[${at}].role`);
    }
  });
  return turns;
}

function named(turn: Turn, message: JsonObject): Turn {
  const name = filledString(message.name);
  return name ? { ...turn, name } : turn;
}

/** Anthropic clients put tool results into user messages; they become turns of their own, in the same order. */
function pushUser(turns: Turn[], message: JsonObject): void {
  const parts = readContent(message.content, 'chat');
  let open: Turn | undefined;
  for (const part of parts) {
    const role = part.type === 'toolResult' ? 'tool' : 'user';
    if (open?.role !== role) {
      open = role === 'user' ? named({ role, parts: [] }, message) : { role, parts: [] };
      turns.push(open);
    }
    open.parts.push(part);
  }
  if (parts.length === 0) turns.push(named({ role: 'user', parts: [] }, message));
}

function readResult(message: JsonObject, id: string): Part {
  const name = filledString(message.name);
  return { type: 'toolResult', id, ...(name && { name }), content: readResultContent(message.content, 'chat') };
}

/** In words, and beside them as details, LiteLLM's blocks or Copilot's seal. */
const THINKING_FIELDS = ['reasoning_content', 'reasoning', 'reasoning_text'] as const;
export const REASONING_FIELDS = [
  ...THINKING_FIELDS,
  'reasoning_details',
  'thinking_blocks',
  'reasoning_opaque',
] as const;

const ASSISTANT_KEYS: ReadonlySet<string> = new Set([
  'role',
  'content',
  'name',
  'refusal',
  'tool_calls',
  'function_call',
  ...REASONING_FIELDS,
]);

function readAssistant(message: JsonObject, at: number, legacy: { id: string; name: string }[]): Part[] {
  const parts: Part[] = readReasoningFields(message);
  parts.push(...readContent(message.content, 'chat'));
  const refusal = filledString(message.refusal);
  if (refusal) parts.push({ type: 'refusal', text: refusal });
  for (const call of arrayOf(message.tool_calls)) if (isObject(call)) parts.push(...readToolCall(call));
  const call = objectOf(message.function_call);
  const name = filledString(call?.name);
  if (call && !name) parts.push(...namelessCallText(argumentText(call.arguments)));
  else if (call && name) {
    const id = `call_${name}_${at}`;
    legacy.push({ id, name });
    parts.push({ type: 'toolCall', id, name, arguments: argumentText(call.arguments) });
  }
  // Empty fields of an answer sent back (annotations, audio) mean nothing and strict upstreams refuse them.
  const unknown = Object.entries(rest(message, ASSISTANT_KEYS) ?? {}).filter(([, value]) => !isEmpty(value));
  // Without a `type` of its own it can be told from a content part: these are fields of the message (audio, prefix …).
  if (unknown.length > 0) parts.push({ type: 'opaque', wire: 'chat', value: Object.fromEntries(unknown) });
  return parts;
}

function isEmpty(value: JsonValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** The field of a message or a piece of one that tells what was thought. */
export function thinkingFieldOf(message: JsonObject): string | undefined {
  return THINKING_FIELDS.find((name) => filledString(message[name]));
}

/** OpenRouter's details; Copilot's seal as one of them (opencode#8900, copilot-api#230). */
export function detailsIn(message: JsonObject): JsonObject[] {
  const opaque = filledString(message.reasoning_opaque);
  const details = arrayOf(message.reasoning_details).filter(isObject);
  return opaque ? [...details, { type: 'reasoning_opaque', data: opaque }] : details;
}

/** What a message says of its thinking: in words, in details, in LiteLLM's `thinking_blocks`. */
export function readReasoningFields(message: JsonObject): ReasoningPart[] {
  const details = [...detailsIn(message), ...arrayOf(message.thinking_blocks).filter(isObject)];
  const field = thinkingFieldOf(message);
  const text = field ? (stringOf(message[field]) ?? '') : textOfDetails(details);
  const sealed = details
    .map((detail) => unsealReasoning(filledString(detail.data) ?? ''))
    .find((found) => found !== undefined);
  if (sealed) return [{ type: 'reasoning', text, ...sealed }];
  if (text === '' && details.length === 0) return [];
  const part: ReasoningPart = { type: 'reasoning', text, wire: 'chat' };
  if (field) part.field = field;
  if (details.some(isOpaqueDetail)) part.encrypted = jsonTextOf(details);
  return [part];
}

/** Whether a detail holds something only its provider can read and wants back. */
export function isOpaqueDetail(detail: JsonObject): boolean {
  return filledString(detail.signature) !== undefined || filledString(detail.data) !== undefined;
}

export function textOfDetails(details: readonly JsonObject[]): string {
  return details
    .map((detail) => stringOf(detail.text) ?? stringOf(detail.summary) ?? stringOf(detail.thinking) ?? '')
    .join('');
}

/** A call of the history that names no tool: no provider takes it, so what it says, if anything, stands as text. */
export function namelessCallText(text: string): TextPart[] {
  if (text === '' || text === '{}') return [];
  return [{ type: 'text', text: `[Tool call without a name: ${text}]` }];
}

/** One entry of `tool_calls`, function or custom, whatever is missing. */
function readToolCall(value: JsonObject): (ToolCallPart | TextPart)[] {
  const custom = objectOf(value.custom) ?? (value.type === 'custom' ? value : undefined);
  const payload = custom ?? objectOf(value.function) ?? value;
  const name = filledString(payload.name);
  const text = custom ? (stringOf(custom.input) ?? '') : argumentText(payload.arguments ?? payload.input);
  if (!name) return namelessCallText(text);
  const part: ToolCallPart = { type: 'toolCall', id: filledString(value.id) ?? '', name, arguments: text };
  if (custom) part.custom = true;
  const thoughtSignature = readThoughtSignature(value);
  if (thoughtSignature) part.thoughtSignature = thoughtSignature;
  return [part];
}

/** Arguments are JSON text; some clients and models send the object itself. */
export function argumentText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : jsonTextOf(value);
}

function readTools(body: JsonObject, conversation: Conversation): void {
  const tools = [
    ...arrayOf(body.tools).map((tool) => readTool(tool, 'chat')),
    ...arrayOf(body.functions).flatMap(readLegacyFunction),
  ];
  // Without tools (null and [] included) a choice would be refused (N22).
  if (tools.length === 0) return;
  conversation.tools = tools;
  const legacy = objectOf(body.function_call);
  const choice =
    readToolChoice(body.tool_choice) ?? readToolChoice(legacy ? { type: 'function', ...legacy } : body.function_call);
  if (choice) conversation.toolChoice = choice;
  const parallel = booleanOf(body.parallel_tool_calls) ?? readParallel(body.tool_choice);
  if (parallel !== undefined) conversation.parallelToolCalls = parallel;
}

function readLegacyFunction(value: JsonValue): FunctionTool[] {
  const tool = isObject(value) ? readTool({ type: 'function', function: value }, 'chat') : undefined;
  return tool?.kind === 'function' ? [tool] : [];
}

function readSampling(body: JsonObject, conversation: Conversation): void {
  const max = numberOf(body.max_completion_tokens) ?? numberOf(body.max_tokens);
  if (max !== undefined) conversation.maxOutputTokens = max;
  const topK = numberOf(body.top_k);
  // Cursor's Anthropic bodies carry a 0, which no provider takes.
  if (topK !== undefined && topK > 0) conversation.topK = topK;
  const numbers = {
    temperature: body.temperature,
    topP: body.top_p,
    seed: body.seed,
    frequencyPenalty: body.frequency_penalty,
    presencePenalty: body.presence_penalty,
  };
  for (const [key, value] of Object.entries(numbers) as [keyof typeof numbers, JsonValue | undefined][]) {
    const number = numberOf(value);
    if (number !== undefined) conversation[key] = number;
  }
  const strings = { verbosity: body.verbosity, serviceTier: body.service_tier, user: body.user };
  for (const [key, value] of Object.entries(strings) as [keyof typeof strings, JsonValue | undefined][]) {
    const text = filledString(value);
    if (text !== undefined) conversation[key] = text;
  }
  const stop = [...listOf(body.stop), ...listOf(body.stop_sequences)].flatMap((each) => filledString(each) ?? []);
  if (stop.length > 0) conversation.stop = stop;
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

/** Effort in any of its forms (N27); an empty object counts as absent (N28). */
function readReasoning(body: JsonObject): ReasoningRequest | undefined {
  const object = objectOf(body.reasoning) ?? {};
  const thinking = objectOf(body.thinking) ?? {};
  const reasoning: ReasoningRequest = {};
  const effort =
    filledString(body.reasoning_effort) ??
    filledString(object.effort) ??
    filledString(objectOf(body.output_config)?.effort);
  if (effort) reasoning.effort = effort;
  const budget = numberOf(object.max_tokens) ?? numberOf(thinking.budget_tokens);
  if (budget !== undefined) reasoning.budgetTokens = budget;
  const summary = filledString(object.summary);
  if (summary) reasoning.summary = summary;
  if (thinking.type === 'adaptive') reasoning.adaptive = true;
  if (thinking.type === 'disabled' || object.enabled === false) reasoning.disabled = true;
  // Switched on without a word on how much: what OpenRouter means by it.
  const on = thinking.type === 'enabled' || object.enabled === true;
  if (on && effort === undefined && budget === undefined) reasoning.effort = 'medium';
  return Object.keys(reasoning).length > 0 ? reasoning : undefined;
}

function isPlainFormat(value: JsonValue | undefined): boolean {
  return value === null || objectOf(value)?.type === 'text';
}

function readFormat(value: JsonValue | undefined): ResponseFormat | undefined {
  const format = objectOf(value);
  if (format?.type === 'json_object') return { type: 'json_object' };
  const nested = objectOf(format?.json_schema);
  const schema = objectOf(nested?.schema);
  if (format?.type !== 'json_schema' || !nested || !schema) return undefined;
  const read: ResponseFormat = { type: 'json_schema', name: filledString(nested.name) ?? 'answer', schema };
  if (typeof nested.strict === 'boolean' || nested.strict === null) read.strict = nested.strict;
  const description = filledString(nested.description);
  if (description) read.description = description;
  return read;
}
