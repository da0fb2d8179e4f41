/**
 * Everything of a request but its turns (N12, N16–N22, N27, N31–N34). The wires' own readers do the reading; here a body
 * that mixes dialects gets the spelling of the reader it goes to, and what neither API means is left out.
 */
import type { Words } from '../said';
import { parseChatRequest } from '../wires/chatRequest';
import type { Conversation, JsonObject, JsonValue } from '../wires/conversation';
import { withOneAnswer } from '../wires/foreign';
import { arrayOf, filledString, isObject, objectOf } from '../wires/read';
import { parseResponsesRequest } from '../wires/responsesRequest';
import { say as wires } from '../wires/sentences';
import type { Dialect } from './detect';

/** The conversation without its turns. Throws RequestProblem for a parameter that cannot be read. */
export function readParameters(body: JsonObject, dialect: Dialect, rules: Set<Words>): Conversation {
  noteRules(body, rules);
  const { conversation } = withOneAnswer(
    dialect === 'B'
      ? parseResponsesRequest({ ...responsesSpelling(body), input: 'x' })
      : parseChatRequest({ ...chatSpelling(body), messages: [{ role: 'user', content: 'x' }] }),
  );
  conversation.turns = [];
  if (!conversation.tools) delete conversation.toolChoice;
  if (dialect !== 'B' && conversation.extra?.fields.tool_choice !== undefined) {
    delete conversation.extra.fields.tool_choice;
    rules.add(wires.notTaken(['tool_choice']));
  }
  if (dialect === 'C' && conversation.extra) {
    const fields = without(conversation.extra.fields, CHAT_ONLY);
    if (Object.keys(fields).length > 0) conversation.extra = { wire: 'messages', fields };
    else delete conversation.extra;
  }
  return conversation;
}

function noteRules(body: JsonObject, rules: Set<Words>): void {
  const noTools = arrayOf(body.tools).length === 0 && arrayOf(body.functions).length === 0;
  if (noTools && isThere(body.tool_choice)) rules.add('N22');
  if (arrayOf(body.functions).length > 0) rules.add('N12');
  if (isObject(body.reasoning) && filledString(body.reasoning.effort)) rules.add('N27');
  if (typeof body.n === 'number' && body.n > 1) rules.add(wires.oneAnswer);
  if (isThere(body.previous_response_id) || isThere(body.conversation)) rules.add('N33');
}

function isThere(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}

function without(body: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !keys.includes(key)));
}

/** Turns and stored state: read elsewhere, or never forwarded (N33). */
const NOT_PARAMETERS = ['messages', 'input', 'system', 'instructions', 'previous_response_id', 'conversation'];
/** Chat fields that Anthropic and Responses answer with an error. */
const CHAT_ONLY = [
  ...['n', 'logprobs', 'top_logprobs', 'logit_bias', 'prediction', 'modalities', 'audio', 'web_search_options'],
  ...['store', 'prompt_cache_key', 'prompt_cache_retention', 'safety_identifier'],
];
/** Responses fields that chat upstreams answer with an error. */
const RESPONSES_ONLY = ['max_output_tokens', 'text', 'include', 'truncation', 'background', 'max_tool_calls'];

function chatSpelling(body: JsonObject): JsonObject {
  const text = objectOf(body.text);
  const chat = without(body, [...NOT_PARAMETERS, ...RESPONSES_ONLY]);
  chat.max_tokens ??= body.max_output_tokens ?? null;
  chat.verbosity ??= text?.verbosity ?? null;
  const format = objectOf(text?.format) ?? objectOf(objectOf(body.output_config)?.format);
  if (format && !isThere(chat.response_format)) chat.response_format = nestedFormat(format);
  if (Array.isArray(body.tools)) chat.tools = body.tools.map(typedTool);
  return chat;
}

function nestedFormat(format: JsonObject): JsonObject {
  if (format.type !== 'json_schema' || isObject(format.json_schema)) return format;
  const { type, ...payload } = format;
  return { type, json_schema: payload };
}

const CHAT_SPELLINGS = [
  ...['max_tokens', 'max_completion_tokens', 'reasoning_effort', 'response_format', 'verbosity', 'stop_sequences'],
  ...[
    'thinking',
    'output_config',
    'functions',
    'function_call',
    'top_k',
    'seed',
    'frequency_penalty',
    'presence_penalty',
  ],
  ...['n', 'logit_bias', 'logprobs', 'prediction', 'modalities', 'audio', 'web_search_options'],
];

function responsesSpelling(body: JsonObject): JsonObject {
  const responses = without(body, [...NOT_PARAMETERS, ...CHAT_SPELLINGS]);
  responses.max_output_tokens ??= body.max_completion_tokens ?? body.max_tokens ?? null;
  const effort = filledString(body.reasoning_effort);
  if (effort) responses.reasoning = { effort, ...objectOf(body.reasoning) };
  const text = objectOf(body.text) ?? {};
  const format = isThere(text.format) ? text.format : body.response_format;
  const verbosity = text.verbosity ?? body.verbosity;
  responses.text = { ...(format && { format }), ...(verbosity && { verbosity }) };
  responses.stop ??= body.stop_sequences ?? null;
  if (Array.isArray(body.tools)) responses.tools = body.tools.map(typedTool);
  return responses;
}

/** A typeless tool with `parameters` is a function, as one with `input_schema` is (N19). */
function typedTool(entry: JsonValue): JsonValue {
  const typeless = isObject(entry) && entry.type === undefined && isObject(entry.parameters);
  return typeless ? { ...entry, type: 'function' } : entry;
}
