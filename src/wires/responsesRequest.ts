/** OpenAI Responses: a client's request into the conversation. Emission stands in responsesEmit.ts. */
import { namelessCallText } from './chatRequest';
import { RequestProblem } from './codec';
import type {
  Conversation,
  JsonObject,
  JsonValue,
  Part,
  ReasoningPart,
  ReasoningRequest,
  ToolResultPart,
  Turn,
} from './conversation';
import { readContent, readExtra, readResultContent } from './parts';
import { arrayOf, booleanOf, filledString, isObject, numberOf, objectOf, rest, stringOf } from './read';
import { unsealReasoning } from './sealedReasoning';
import { say } from './sentences';
import { choiceUnread, readTool, readToolChoice } from './toolShapes';

const KNOWN: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'reasoning',
  'text',
  'service_tier',
  'metadata',
  'user',
  'stream',
  'stream_options',
  'stop',
  'previous_response_id',
  'conversation',
]);

/**
 * Reads a Responses body. Throws RequestProblem for one that leans on state kept at the provider
 * (`previous_response_id`, `conversation`): a translated request has to bring its whole history (N33).
 */
export function parseResponsesRequest(body: JsonObject): Conversation {
  refuseStoredState(body);
  const conversation: Conversation = {
    model: stringOf(body.model) ?? '',
    turns: readTurns(body),
    stream: body.stream === true,
  };
  if (conversation.turns.length === 0 && !isObject(body.prompt)) {
    throw new RequestProblem(say.noInput, 'input');
  }
  readTools(body, conversation);
  readParameters(body, conversation);
  const reasoning = readReasoning(objectOf(body.reasoning));
  if (reasoning) conversation.reasoning = reasoning;
  readText(objectOf(body.text), conversation);
  const extra = readExtra(body, KNOWN, 'responses');
  // A choice only this wire knows (a built-in tool) travels with the other unknown fields.
  const foreignChoice = choiceUnread(body.tool_choice) ? body.tool_choice : undefined;
  if (extra || foreignChoice !== undefined) {
    conversation.extra = {
      wire: 'responses',
      fields: { ...extra?.fields, ...(foreignChoice !== undefined && { tool_choice: foreignChoice }) },
    };
  }
  return conversation;
}

function refuseStoredState(body: JsonObject): void {
  for (const key of ['previous_response_id', 'conversation']) {
    if (body[key] === undefined || body[key] === null) continue;
    throw new RequestProblem(say.cannotLookUp(key), key);
  }
}

function readTurns(body: JsonObject): Turn[] {
  const turns: Turn[] = [];
  const instructions = body.instructions;
  if (filledString(instructions))
    turns.push({ role: 'system', parts: [{ type: 'text', text: instructions as string }] });
  const input = body.input;
  if (typeof input === 'string') {
    turns.push({ role: 'user', parts: [{ type: 'text', text: input }] });
    return turns;
  }
  if (isObject(input)) readItem(input, turns, 'input');
  else if (Array.isArray(input)) for (const [at, item] of input.entries()) readItem(item, turns, `input[${at}]`);
  else if (input !== undefined && input !== null) {
    throw new RequestProblem(say.inputForm, 'input');
  }
  return turns;
}

function readItem(item: JsonValue, turns: Turn[], path: string): void {
  if (typeof item === 'string') {
    turns.push({ role: 'user', parts: [{ type: 'text', text: item }] });
    return;
  }
  if (!isObject(item)) throw new RequestProblem(say.noObject(path), path);
  switch (item.type ?? (item.role === undefined ? undefined : 'message')) {
    case 'message':
      readMessage(item, turns, path);
      return;
    case 'function_call':
    case 'custom_tool_call':
      assistant(turns).parts.push(...readCall(item));
      return;
    case 'function_call_output':
    case 'custom_tool_call_output':
      tool(turns).parts.push(readOutput(item));
      return;
    case 'reasoning':
      assistant(turns).parts.push(readReasoningItem(item));
      return;
    // What an agent of Codex says to another one: the task of a sub-agent, and what it found.
    case 'agent_message':
      turns.push({ role: 'user', parts: [{ type: 'opaque', wire: 'responses', value: item }] });
      return;
    // Anthropic blocks directly among the items (N13).
    case 'tool_use':
    case 'thinking':
    case 'redacted_thinking':
      assistant(turns).parts.push(...readContent(item, 'responses'));
      return;
    case 'tool_result':
      tool(turns).parts.push(...readContent(item, 'responses'));
      return;
    default:
      assistant(turns).parts.push({ type: 'opaque', wire: 'responses', value: item });
  }
}

/** The open assistant turn: reasoning, text and calls of one answer are items of their own here. */
function assistant(turns: Turn[]): Turn {
  return last(turns, 'assistant');
}

function tool(turns: Turn[]): Turn {
  return last(turns, 'tool');
}

function last(turns: Turn[], role: Turn['role']): Turn {
  const open = turns.at(-1);
  if (open?.role === role) return open;
  const turn: Turn = { role, parts: [] };
  turns.push(turn);
  return turn;
}

function readMessage(item: JsonObject, turns: Turn[], path: string): void {
  const role = item.role ?? 'user';
  const parts = readContent(item.content, 'responses');
  if (role === 'assistant') {
    const phase = filledString(item.phase);
    for (const part of parts) if (phase && part.type === 'text') part.extra = { ...part.extra, phase };
    // Two messages in a row stay two: their texts do not run on.
    const before = turns.at(-1)?.parts.at(-1)?.type;
    if (before === 'text' || before === 'refusal') turns.push({ role, parts });
    else assistant(turns).parts.push(...parts);
    return;
  }
  if (role !== 'user' && role !== 'system' && role !== 'developer' && role !== 'tool') {
    throw new RequestProblem(say.responsesRole(`${path}.role`, JSON.stringify(role)), `${path}.role`);
  }
  if (role === 'tool') {
    const result: ToolResultPart = {
      type: 'toolResult',
      id: stringOf(item.tool_call_id) ?? '',
      content: readResultContent(item.content, 'responses'),
    };
    tool(turns).parts.push(result);
    return;
  }
  splitResults(role, parts, turns);
}

/** A user message whose content holds tool results: those become tool turns, the rest stays in order. */
function splitResults(role: Turn['role'], parts: Part[], turns: Turn[]): void {
  if (!parts.some((part) => part.type === 'toolResult')) {
    turns.push({ role, parts });
    return;
  }
  let own: Part[] = [];
  for (const part of parts) {
    if (part.type !== 'toolResult') {
      own.push(part);
      continue;
    }
    if (own.length > 0) turns.push({ role, parts: own });
    own = [];
    tool(turns).parts.push(part);
  }
  if (own.length > 0) turns.push({ role, parts: own });
}

const CALL_KEYS: ReadonlySet<string> = new Set([
  ...['type', 'id', 'call_id', 'name', 'namespace', 'arguments', 'input', 'status'],
]);

function readCall(item: JsonObject): Part[] {
  const custom = item.type === 'custom_tool_call';
  const payload = custom ? (item.input ?? item.arguments) : (item.arguments ?? item.input);
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload ?? {});
  const name = filledString(item.name);
  if (!name) return namelessCallText(text);
  const part: Part = {
    type: 'toolCall',
    id: filledString(item.call_id) ?? filledString(item.id) ?? '',
    name,
    arguments: text,
  };
  if (custom) part.custom = true;
  const namespace = filledString(item.namespace);
  if (namespace) part.namespace = namespace;
  const itemId = filledString(item.id);
  if (itemId && itemId !== part.id) part.itemId = itemId;
  const fields = rest(item, CALL_KEYS);
  if (fields) part.extra = { wire: 'responses', fields };
  return [part];
}

function readOutput(item: JsonObject): ToolResultPart {
  const part: ToolResultPart = {
    type: 'toolResult',
    id: filledString(item.call_id) ?? '',
    content: readResultContent(item.output, 'responses'),
  };
  if (item.type === 'custom_tool_call_output') part.custom = true;
  return part;
}

/** A reasoning item; its summary is the text, raw reasoning text where there is no summary. */
export function readReasoningItem(item: JsonObject): ReasoningPart {
  const textsOf = (value: JsonValue | undefined) =>
    arrayOf(value).flatMap((entry) => filledString(objectOf(entry)?.text) ?? []);
  const summary = textsOf(item.summary);
  const text = (summary.length > 0 ? summary : textsOf(item.content)).join('\n\n');
  const encrypted = filledString(item.encrypted_content);
  const sealed = encrypted === undefined ? undefined : unsealReasoning(encrypted);
  if (sealed) return { type: 'reasoning', text, ...sealed };
  const part: ReasoningPart = { type: 'reasoning', text, wire: 'responses' };
  if (encrypted !== undefined) part.encrypted = encrypted;
  const id = filledString(item.id);
  if (id !== undefined) part.id = id;
  return part;
}

function readTools(body: JsonObject, conversation: Conversation): void {
  const tools = arrayOf(body.tools);
  if (tools.length > 0) conversation.tools = tools.map((entry) => readTool(entry, 'responses'));
  const choice = readToolChoice(body.tool_choice);
  if (choice) conversation.toolChoice = choice;
  const parallel = booleanOf(body.parallel_tool_calls);
  if (parallel !== undefined) conversation.parallelToolCalls = parallel;
}

function readParameters(body: JsonObject, conversation: Conversation): void {
  const maxOutputTokens = numberOf(body.max_output_tokens);
  if (maxOutputTokens !== undefined) conversation.maxOutputTokens = maxOutputTokens;
  const temperature = numberOf(body.temperature);
  if (temperature !== undefined) conversation.temperature = temperature;
  const topP = numberOf(body.top_p);
  if (topP !== undefined) conversation.topP = topP;
  const serviceTier = filledString(body.service_tier);
  if (serviceTier) conversation.serviceTier = serviceTier;
  const metadata = objectOf(body.metadata);
  if (metadata) conversation.metadata = metadata;
  const user = filledString(body.user);
  if (user) conversation.user = user;
  // Not a field of this API, but Cursor's mixed bodies carry it and other wires can serve it.
  const stop =
    typeof body.stop === 'string' ? [body.stop] : arrayOf(body.stop).filter((entry) => typeof entry === 'string');
  if (stop.length > 0) conversation.stop = stop;
  const includeUsage = booleanOf(objectOf(body.stream_options)?.include_usage);
  if (includeUsage !== undefined) conversation.includeUsage = includeUsage;
}

/** `reasoning`; an empty object counts as absent (N28). */
function readReasoning(value: JsonObject | undefined): ReasoningRequest | undefined {
  const reasoning: ReasoningRequest = {};
  const effort = filledString(value?.effort);
  if (effort) reasoning.effort = effort;
  const summary = filledString(value?.summary) ?? filledString(value?.generate_summary);
  if (summary) reasoning.summary = summary;
  return Object.keys(reasoning).length > 0 ? reasoning : undefined;
}

function readText(text: JsonObject | undefined, conversation: Conversation): void {
  const verbosity = filledString(text?.verbosity);
  if (verbosity) conversation.verbosity = verbosity;
  const format = objectOf(text?.format);
  if (format?.type === 'json_object') conversation.responseFormat = { type: 'json_object' };
  if (format?.type !== 'json_schema') return;
  // Flat here, nested in chat; both are taken.
  const payload = objectOf(format.json_schema) ?? format;
  const schema = objectOf(payload.schema);
  if (!schema) throw new RequestProblem(say.noSchema, 'text.format.schema');
  conversation.responseFormat = { type: 'json_schema', name: filledString(payload.name) ?? 'response', schema };
  const strict = payload.strict;
  if (typeof strict === 'boolean' || strict === null) conversation.responseFormat.strict = strict;
  const description = filledString(payload.description);
  if (description) conversation.responseFormat.description = description;
}
