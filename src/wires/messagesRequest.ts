/** Anthropic Messages: a client's request into the conversation. Emission stands in messagesEmit.ts. */
import { RequestProblem } from './codec';
import type { Conversation, JsonObject, JsonValue, Part, ReasoningRequest, Turn } from './conversation';
import { readContent, readExtra, readResultContent } from './parts';
import { arrayOf, booleanOf, filledString, isObject, numberOf, objectOf, rest, stringOf } from './read';
import { say } from './sentences';
import { choiceUnread, readParallel, readTool, readToolChoice } from './toolShapes';

const KNOWN: ReadonlySet<string> = new Set([
  'model',
  'system',
  'messages',
  'tools',
  'tool_choice',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'thinking',
  'output_config',
  'output_format',
  'service_tier',
  'metadata',
  'stream',
  'stream_options',
]);
const OUTPUT_KEYS: ReadonlySet<string> = new Set(['effort', 'format']);

/** Reads a Messages body. Tool results leave their user message and become tool turns; all else keeps its order. */
export function parseMessagesRequest(body: JsonObject): Conversation {
  if (!Array.isArray(body.messages)) {
    throw new RequestProblem(say.noMessageList, 'messages');
  }
  const turns: Turn[] = [];
  readSystem(body.system, turns);
  const systemTurns = turns.length;
  for (const [at, message] of body.messages.entries()) readMessage(message, turns, `messages[${at}]`);
  if (turns.length === systemTurns) throw new RequestProblem(say.nothingToAnswer, 'messages');
  const conversation: Conversation = { model: stringOf(body.model) ?? '', turns, stream: body.stream === true };
  readTools(body, conversation);
  readParameters(body, conversation);
  const fields: JsonObject = { ...readExtra(body, KNOWN, 'messages')?.fields };
  if (conversation.tools && choiceUnread(body.tool_choice)) fields.tool_choice = body.tool_choice as JsonValue;
  readOutput(body, conversation, fields);
  const mark = objectOf(fields.cache_control);
  if (mark) {
    conversation.cacheControl = mark;
    delete fields.cache_control;
  }
  if (Object.keys(fields).length > 0) conversation.extra = { wire: 'messages', fields };
  return conversation;
}

function readSystem(system: JsonValue | undefined, turns: Turn[]): void {
  const parts = readContent(system, 'messages');
  if (parts.length > 0) turns.push({ role: 'system', parts });
}

function readMessage(message: JsonValue, turns: Turn[], path: string): void {
  if (!isObject(message)) throw new RequestProblem(say.noObject(path), path);
  const { role } = message;
  switch (role) {
    case 'assistant':
      turns.push({ role, parts: [...readContent(message.content, 'messages'), ...readCalls(message)] });
      return;
    case 'system':
    case 'developer':
      turns.push({ role, parts: readContent(message.content, 'messages') });
      return;
    case 'user':
      pushUser(readContent(message.content, 'messages'), turns);
      return;
    // OpenAI's form of a tool result among Anthropic messages (N13).
    case 'tool':
      pushResult(turns, {
        type: 'toolResult',
        id: stringOf(message.tool_call_id) ?? '',
        content: readResultContent(message.content, 'messages'),
      });
      return;
    default:
      throw new RequestProblem(say.messagesRole(`${path}.role`, JSON.stringify(role ?? null)), `${path}.role`);
  }
}

/** OpenAI's `tool_calls` beside Anthropic content (N13). */
function readCalls(message: JsonObject): Part[] {
  return arrayOf(message.tool_calls).flatMap((call) =>
    isObject(call) ? readContent([{ ...call, type: 'tool_use' }], 'messages') : [],
  );
}

/** A user message in segments: tool results become tool turns, what stands between them user turns. */
function pushUser(parts: Part[], turns: Turn[]): void {
  let own: Part[] = [];
  const flush = (): void => {
    if (own.length > 0) turns.push({ role: 'user', parts: own });
    own = [];
  };
  for (const part of parts) {
    if (part.type === 'toolResult') {
      flush();
      pushResult(turns, part);
    } else own.push(part);
  }
  flush();
  if (parts.length === 0) turns.push({ role: 'user', parts: [] });
}

function pushResult(turns: Turn[], part: Part): void {
  const open = turns.at(-1);
  if (open?.role === 'tool') open.parts.push(part);
  else turns.push({ role: 'tool', parts: [part] });
}

function readTools(body: JsonObject, conversation: Conversation): void {
  const tools = arrayOf(body.tools);
  if (tools.length > 0) conversation.tools = tools.map((entry) => readTool(entry, 'messages'));
  const choice = readToolChoice(body.tool_choice);
  if (choice) conversation.toolChoice = choice;
  const parallel = readParallel(body.tool_choice);
  if (parallel !== undefined) conversation.parallelToolCalls = parallel;
}

function readParameters(body: JsonObject, conversation: Conversation): void {
  const maxOutputTokens = numberOf(body.max_tokens);
  if (maxOutputTokens !== undefined) conversation.maxOutputTokens = maxOutputTokens;
  const temperature = numberOf(body.temperature);
  if (temperature !== undefined) conversation.temperature = temperature;
  const topP = numberOf(body.top_p);
  if (topP !== undefined) conversation.topP = topP;
  const topK = numberOf(body.top_k);
  if (topK !== undefined) conversation.topK = topK;
  const stop = arrayOf(body.stop_sequences).filter((entry) => typeof entry === 'string');
  if (stop.length > 0) conversation.stop = stop;
  const serviceTier = filledString(body.service_tier);
  if (serviceTier) conversation.serviceTier = serviceTier;
  const metadata = objectOf(body.metadata);
  const user = filledString(metadata?.user_id);
  if (user) conversation.user = user;
  const others = metadata && rest(metadata, new Set(['user_id']));
  if (others) conversation.metadata = others;
  const includeUsage = booleanOf(objectOf(body.stream_options)?.include_usage);
  if (includeUsage !== undefined) conversation.includeUsage = includeUsage;
}

/** Thinking, effort and output format; forms of `thinking` and fields of `output_config` that we do not know are carried. */
function readOutput(body: JsonObject, conversation: Conversation, fields: JsonObject): void {
  const config = objectOf(body.output_config);
  const reasoning = readThinking(objectOf(body.thinking), fields);
  const effort = filledString(config?.effort);
  if (effort) reasoning.effort = effort;
  if (Object.keys(reasoning).length > 0) conversation.reasoning = reasoning;
  // The field's older place, still sent by clients of its beta.
  const format = objectOf(config?.format) ?? objectOf(body.output_format);
  const schema = format?.type === 'json_schema' ? objectOf(format.schema) : undefined;
  if (schema) conversation.responseFormat = { type: 'json_schema', name: 'response', schema };
  const others = config && rest(config, OUTPUT_KEYS);
  if (others) fields.output_config = others;
}

function readThinking(thinking: JsonObject | undefined, fields: JsonObject): ReasoningRequest {
  // A client that gets thinking blocks shows them, unless it asked for empty ones.
  const shown: ReasoningRequest = thinking?.display === 'omitted' ? {} : { summary: 'auto' };
  switch (thinking?.type) {
    case undefined:
      return {};
    case 'disabled':
      return { disabled: true };
    case 'adaptive':
      return { adaptive: true, ...shown };
    case 'enabled': {
      const budgetTokens = numberOf(thinking.budget_tokens);
      return budgetTokens === undefined ? { adaptive: true, ...shown } : { budgetTokens, ...shown };
    }
    default:
      fields.thinking = thinking as JsonObject;
      return {};
  }
}
