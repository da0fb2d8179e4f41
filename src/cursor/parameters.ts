/** Top-level fields of a request in any dialect (N12, N20–N22, N27, N31–N34): each is read in every spelling it has. */
import type {
  Conversation,
  JsonObject,
  JsonValue,
  ReasoningRequest,
  ResponseFormat,
  WireName,
} from '../wires/conversation';
import { arrayOf, booleanOf, filledString, isObject, numberOf, objectOf, rest, stringOf } from '../wires/read';
import { readParallel, readTool, readToolChoice } from '../wires/toolShapes';

const KNOWN: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'input', 'system', 'instructions', 'tools', 'tool_choice', 'functions', 'function_call'],
  ...[
    'parallel_tool_calls',
    'max_tokens',
    'max_completion_tokens',
    'max_output_tokens',
    'temperature',
    'top_p',
    'top_k',
  ],
  ...['stop', 'stop_sequences', 'seed', 'frequency_penalty', 'presence_penalty', 'reasoning', 'reasoning_effort'],
  ...['thinking', 'output_config', 'response_format', 'text', 'verbosity', 'service_tier', 'metadata', 'user'],
  ...['stream', 'stream_options', 'previous_response_id', 'conversation'],
]);

/** Fills `conversation` from the body; what is left over is carried for targets of `wire`. Returns the rules applied. */
export function readParameters(body: JsonObject, conversation: Conversation, wire: WireName, rules: Set<string>): void {
  readTools(body, conversation, wire, rules);
  readLimits(body, conversation);
  const reasoning = readReasoning(body, rules);
  if (reasoning) conversation.reasoning = reasoning;
  const format = readFormat(body);
  if (format) conversation.responseFormat = format;
  const verbosity = filledString(body.verbosity) ?? filledString(objectOf(body.text)?.verbosity);
  if (verbosity) conversation.verbosity = verbosity;
  const serviceTier = filledString(body.service_tier);
  if (serviceTier) conversation.serviceTier = serviceTier;
  const metadata = objectOf(body.metadata);
  if (metadata) conversation.metadata = metadata;
  const user = filledString(body.user);
  if (user) conversation.user = user;
  if (isThere(body.previous_response_id) || isThere(body.conversation)) rules.add('N33');
  const fields = rest(body, KNOWN);
  if (fields) conversation.extra = { wire, fields };
}

function isThere(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}

/** Each tool by itself, its choice in the same step (N16, N20); without tools no choice (N22). */
function readTools(body: JsonObject, conversation: Conversation, wire: WireName, rules: Set<string>): void {
  const tools = arrayOf(body.tools).map((entry) => readTool(typedTool(entry), wire));
  for (const entry of arrayOf(body.functions)) {
    if (!isObject(entry)) continue;
    rules.add('N12');
    tools.push(readTool({ type: 'function', function: entry }, wire));
  }
  if (tools.length === 0) {
    if (isThere(body.tool_choice)) rules.add('N22');
    return;
  }
  conversation.tools = tools;
  const choice = readToolChoice(body.tool_choice) ?? readToolChoice(legacyChoice(body.function_call));
  if (choice) conversation.toolChoice = choice;
  const parallel = booleanOf(body.parallel_tool_calls) ?? readParallel(body.tool_choice);
  if (parallel !== undefined) conversation.parallelToolCalls = parallel;
}

/** A typeless tool with `parameters` is a function, as one with `input_schema` is (N19). */
function typedTool(entry: JsonValue): JsonValue {
  const typeless = isObject(entry) && entry.type === undefined && isObject(entry.parameters);
  return typeless ? { ...entry, type: 'function' } : entry;
}

/** `function_call: {name}` (N12). */
function legacyChoice(value: JsonValue | undefined): JsonValue | undefined {
  return isObject(value) ? { type: 'function', ...value } : value;
}

function readLimits(body: JsonObject, conversation: Conversation): void {
  const numbers = {
    maxOutputTokens:
      numberOf(body.max_completion_tokens) ?? numberOf(body.max_output_tokens) ?? numberOf(body.max_tokens),
    temperature: numberOf(body.temperature),
    topP: numberOf(body.top_p),
    topK: numberOf(body.top_k),
    seed: numberOf(body.seed),
    frequencyPenalty: numberOf(body.frequency_penalty),
    presencePenalty: numberOf(body.presence_penalty),
  };
  for (const [key, value] of Object.entries(numbers)) {
    if (value !== undefined) conversation[key as keyof typeof numbers] = value;
  }
  // Assembled Anthropic-flavoured bodies carry `top_k: 0`, which stands for none and is refused as a value.
  if (conversation.topK !== undefined && conversation.topK <= 0) delete conversation.topK;
  const stop = [body.stop, body.stop_sequences].flatMap((value) =>
    typeof value === 'string' ? [value] : arrayOf(value),
  );
  const words = stop.filter((entry) => typeof entry === 'string' && entry !== '') as string[];
  if (words.length > 0) conversation.stop = words;
}

/** Effort in any of its places (N27); an empty `reasoning` counts as absent (N28). */
function readReasoning(body: JsonObject, rules: Set<string>): ReasoningRequest | undefined {
  const object = objectOf(body.reasoning);
  const thinking = objectOf(body.thinking);
  const reasoning: ReasoningRequest = {};
  const effort =
    filledString(object?.effort) ??
    filledString(body.reasoning_effort) ??
    filledString(objectOf(body.output_config)?.effort);
  if (effort) reasoning.effort = effort;
  const summary = filledString(object?.summary);
  if (summary) reasoning.summary = summary;
  const budget = numberOf(thinking?.budget_tokens) ?? numberOf(object?.max_tokens);
  if (budget !== undefined) reasoning.budgetTokens = budget;
  if (thinking?.type === 'adaptive') reasoning.adaptive = true;
  if (thinking?.type === 'disabled' || object?.enabled === false) reasoning.disabled = true;
  if (object && effort) rules.add('N27');
  return Object.keys(reasoning).length > 0 ? reasoning : undefined;
}

function readFormat(body: JsonObject): ResponseFormat | undefined {
  const format =
    objectOf(body.response_format) ??
    objectOf(objectOf(body.text)?.format) ??
    objectOf(objectOf(body.output_config)?.format);
  if (format?.type === 'json_object') return { type: 'json_object' };
  if (format?.type !== 'json_schema') return undefined;
  const payload = objectOf(format.json_schema) ?? format;
  const schema = objectOf(payload.schema);
  if (!schema) return undefined;
  const read: ResponseFormat = { type: 'json_schema', name: filledString(payload.name) ?? 'response', schema };
  if (typeof payload.strict === 'boolean' || payload.strict === null) read.strict = payload.strict;
  const description = stringOf(payload.description);
  if (description !== undefined) read.description = description;
  return read;
}
