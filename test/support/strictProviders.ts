/**
 * What real providers refuse, as pure checks: each returns the first reason for a 400, undefined for a body that
 * passes. Stricter than the SDKs' types, which know nothing of pairs, ids, order or empty blocks.
 */
import type { JsonObject, JsonValue } from '../../src/wires/conversation';
import { arrayOf, isObject } from '../../src/wires/read';
import { SEAL_MARK } from '../../src/wires/sealedReasoning';

type Reason = string | undefined;

function firstReason<T>(values: readonly T[], check: (value: T, at: number) => Reason): Reason {
  for (const [at, value] of values.entries()) {
    const reason = check(value, at);
    if (reason) return reason;
  }
  return undefined;
}

function unknownKey(value: JsonObject, allowed: string, where: string): Reason {
  const known = new Set(allowed.split(' '));
  const key = Object.keys(value).find((each) => !known.has(each));
  return key && `${where}: unknown field ${key}`;
}

const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const BLANK = /^\s*$/;

// ---- Anthropic Messages

const ANTHROPIC_KEYS =
  'model max_tokens messages system tools tool_choice temperature top_p top_k stop_sequences stream thinking output_config metadata service_tier container cache_control context_management';

export function checkAnthropicRequest(body: JsonObject): Reason {
  const messages = arrayOf(body.messages) as JsonObject[];
  return (
    unknownKey(body, ANTHROPIC_KEYS, 'body') ??
    (typeof body.model === 'string' && body.model !== '' ? undefined : 'model is missing') ??
    (Number.isInteger(body.max_tokens) && (body.max_tokens as number) >= 1 ? undefined : 'max_tokens is missing') ??
    (messages.length > 0 ? undefined : 'messages: at least one message is required') ??
    checkSystem(body.system) ??
    firstReason(messages, (message, at) => checkMessage(message, messages[at - 1], at, body.model as string)) ??
    checkAnthropicPairs(messages) ??
    checkPrefill(messages.at(-1) as JsonObject) ??
    firstReason(arrayOf(body.tools), checkAnthropicTool) ??
    checkAnthropicChoice(body) ??
    checkThinking(body, messages) ??
    (countMarks(body) > 4 ? 'at most 4 blocks with cache_control' : undefined) ??
    firstReason(arrayOf(body.stop_sequences), (stop) =>
      BLANK.test(stop as string) ? 'stop_sequences: blank' : undefined,
    )
  );
}

function checkSystem(system: JsonValue | undefined): Reason {
  if (system === undefined || typeof system === 'string') return undefined;
  return firstReason(arrayOf(system), (block) =>
    isObject(block) && block.type === 'text' && !BLANK.test(block.text as string)
      ? undefined
      : 'system: blank or no text block',
  );
}

/** Models that take a system message behind one of the user: Opus 4.8 and what came after it. */
const SYSTEM_WITHIN = /^claude-(opus|sonnet|haiku)-(4-[89]|[5-9])/;

function checkMessage(message: JsonObject, before: JsonObject | undefined, at: number, model: string): Reason {
  const where = `messages.${at}`;
  if (message.role === 'system' && before?.role === 'user' && SYSTEM_WITHIN.test(model))
    return checkSystem(message.content);
  if (message.role !== 'user' && message.role !== 'assistant') return `${where}: unexpected role ${message.role}`;
  if (!before && message.role !== 'user') return 'messages: the first message must be a user message';
  if (before?.role === message.role) return `${where}: roles must alternate`;
  if (!Array.isArray(message.content)) return BLANK.test(message.content as string) ? `${where}: empty` : undefined;
  if (message.content.length === 0) return `${where}: content is empty`;
  const blocks = message.content as JsonObject[];
  const last = blocks.at(-1)?.type;
  if (message.role === 'assistant' && (last === 'thinking' || last === 'redacted_thinking'))
    return `${where}: ends with thinking`;
  return (
    unknownKey(message, 'role content', where) ??
    firstReason(blocks, (block, index) => checkBlock(block, message.role as string, `${where}.content.${index}`))
  );
}

const BLOCK_KEYS: Record<string, string> = {
  text: 'type text cache_control citations',
  image: 'type source cache_control',
  document: 'type source title context citations cache_control',
  thinking: 'type thinking signature',
  redacted_thinking: 'type data',
  tool_use: 'type id name input cache_control caller',
  tool_result: 'type tool_use_id content is_error cache_control',
  tool_reference: 'type tool_name',
};

function checkBlock(block: JsonObject, role: string, where: string): Reason {
  const type = block.type as string;
  const keys = BLOCK_KEYS[type];
  // Server tools and their results stand for themselves.
  if (!keys)
    return /_tool_result$|^server_tool_use$|^search_result$|^container_upload$/.test(type)
      ? undefined
      : `${where}: unknown block ${type}`;
  const foreign = unknownKey(block, keys, where);
  if (foreign) return foreign;
  switch (type) {
    case 'text':
      return BLANK.test(block.text as string)
        ? `${where}: text content blocks must contain non-whitespace text`
        : undefined;
    case 'image':
    case 'document':
      return isObject(block.source) && ['base64', 'url', 'text', 'file'].includes(block.source.type as string)
        ? undefined
        : `${where}: source`;
    case 'thinking':
      if (role !== 'assistant') return `${where}: thinking in a user message`;
      return checkSignature(block.signature, where);
    case 'redacted_thinking':
      return checkSignature(block.data, where);
    case 'tool_use':
      if (role !== 'assistant') return `${where}: tool_use in a user message`;
      if (!/^[a-zA-Z0-9_-]{1,64}$/.test(block.id as string)) return `${where}.id: illegal ${JSON.stringify(block.id)}`;
      return isObject(block.input) ? undefined : `${where}.input: must be an object`;
    case 'tool_result':
      if (role !== 'user') return `${where}: tool_result in an assistant message`;
      return firstReason(arrayOf(block.content), (part) => checkBlock(part as JsonObject, 'user', `${where}.content`));
    default:
      return undefined;
  }
}

/** The test suites sign with texts that begin with `sig`. */
function checkSignature(value: JsonValue | undefined, where: string): Reason {
  if (typeof value !== 'string' || value === '') return `${where}: signature is missing`;
  return value.startsWith(SEAL_MARK) || !value.startsWith('sig') ? `${where}: invalid signature` : undefined;
}

function blocksOf(message: JsonObject | undefined, type: string): JsonObject[] {
  return arrayOf(message?.content).filter((block): block is JsonObject => isObject(block) && block.type === type);
}

function checkAnthropicPairs(messages: JsonObject[]): Reason {
  const seen = new Set<string>();
  return firstReason(messages, (message, at) => {
    for (const { id } of blocksOf(message, 'tool_use')) {
      if (seen.has(id as string)) return `messages.${at}: tool_use ids must be unique`;
      seen.add(id as string);
    }
    const calls = blocksOf(messages[at - 1], 'tool_use').map((block) => block.id);
    const results = blocksOf(message, 'tool_result').map((block) => block.tool_use_id);
    const missing = calls.find((id) => !results.includes(id));
    if (missing !== undefined) return `messages.${at}: tool_use ${missing} without tool_result`;
    const orphan = results.find((id) => !calls.includes(id));
    if (orphan !== undefined) return `messages.${at}: tool_result ${orphan} without tool_use`;
    if (new Set(results).size !== results.length) return `messages.${at}: several results for one call`;
    const types = arrayOf(message.content).map((block) => isObject(block) && block.type === 'tool_result');
    if (types.lastIndexOf(true) >= results.length) return `messages.${at}: tool results must come first`;
    const last = at === messages.length - 1;
    return last && blocksOf(message, 'tool_use').length > 0 ? 'messages: the last tool_use has no result' : undefined;
  });
}

function checkPrefill(last: JsonObject): Reason {
  const block = arrayOf(last.content).at(-1);
  if (last.role !== 'assistant' || !isObject(block) || block.type !== 'text') return undefined;
  return /\s$/.test(block.text as string) ? 'final assistant content cannot end with trailing whitespace' : undefined;
}

function checkAnthropicTool(tool: JsonValue, at: number): Reason {
  if (!isObject(tool)) return `tools.${at}: not an object`;
  if (typeof tool.type === 'string' && /_\d{8}$/.test(tool.type)) return undefined;
  if (!NAME.test(tool.name as string)) return `tools.${at}.name: illegal`;
  if (!isObject(tool.input_schema) || tool.input_schema.type !== 'object')
    return `tools.${at}.input_schema: type must be object`;
  return unknownKey(
    tool,
    'name description input_schema strict type cache_control eager_input_streaming defer_loading allowed_callers input_examples',
    `tools.${at}`,
  );
}

function checkAnthropicChoice(body: JsonObject): Reason {
  const choice = body.tool_choice;
  if (choice === undefined) return undefined;
  if (!isObject(choice) || !['auto', 'any', 'tool', 'none'].includes(choice.type as string))
    return 'tool_choice: unknown form';
  if (arrayOf(body.tools).length === 0) return 'tool_choice without tools';
  const named = arrayOf(body.tools).some((tool) => isObject(tool) && tool.name === choice.name);
  return choice.type === 'tool' && !named ? 'tool_choice names no tool' : undefined;
}

function checkThinking(body: JsonObject, messages: JsonObject[]): Reason {
  const thinking = body.thinking;
  if (!isObject(thinking) || thinking.type === 'disabled') return undefined;
  for (const key of ['temperature', 'top_k', 'top_p']) if (body[key] !== undefined) return `${key} beside thinking`;
  const choice = isObject(body.tool_choice) ? body.tool_choice.type : undefined;
  if (choice === 'any' || choice === 'tool') return 'thinking with a forced tool';
  if (thinking.type !== 'enabled') return thinking.type === 'adaptive' ? undefined : 'thinking: unknown type';
  const budget = thinking.budget_tokens as number;
  if (!(budget >= 1024)) return 'thinking.budget_tokens: at least 1024';
  if (budget >= (body.max_tokens as number)) return 'max_tokens must be greater than thinking.budget_tokens';
  const results = blocksOf(messages.at(-1), 'tool_result').length > 0;
  if (!results) return undefined;
  let first = messages.length - 2;
  while (first >= 2 && blocksOf(messages[first - 1], 'tool_result').length > 0) first -= 2;
  const block = arrayOf(messages[first]?.content)[0];
  const thinks = isObject(block) && (block.type === 'thinking' || block.type === 'redacted_thinking');
  return thinks ? undefined : 'a tool turn must start with its thinking block';
}

function countMarks(value: JsonValue): number {
  if (Array.isArray(value)) return value.reduce((sum: number, entry) => sum + countMarks(entry), 0);
  if (!isObject(value)) return 0;
  const own = isObject(value.cache_control) ? 1 : 0;
  return own + ['system', 'tools', 'messages', 'content'].reduce((sum, key) => sum + countMarks(value[key] ?? null), 0);
}

// ---- OpenAI Chat Completions

const CHAT_KEYS =
  'model messages tools tool_choice parallel_tool_calls max_tokens max_completion_tokens temperature top_p stop seed frequency_penalty presence_penalty reasoning_effort response_format verbosity service_tier metadata user stream stream_options store n logprobs top_logprobs logit_bias modalities audio prediction prompt_cache_key safety_identifier';

export function checkOpenAiChatRequest(body: JsonObject, maxIdLength = 40): Reason {
  const messages = arrayOf(body.messages) as JsonObject[];
  return (
    unknownKey(body, CHAT_KEYS, 'body') ??
    (typeof body.model === 'string' && body.model !== '' ? undefined : 'model is missing') ??
    (messages.length > 0 ? undefined : 'messages: too short') ??
    firstReason(messages, checkChatMessage) ??
    checkChatPairs(messages, maxIdLength) ??
    firstReason(arrayOf(body.tools), checkChatTool) ??
    checkChatChoice(body)
  );
}

const CHAT_MESSAGE_KEYS: Record<string, string> = {
  system: 'role content name',
  developer: 'role content name',
  user: 'role content name',
  // Thinking as text: not OpenAI's, but every upstream that sends it takes it.
  assistant: 'role content name tool_calls refusal audio reasoning_content reasoning reasoning_details',
  tool: 'role content tool_call_id',
};
const CHAT_PARTS: Record<string, string> = {
  text: 'type text',
  image_url: 'type image_url',
  input_audio: 'type input_audio',
  file: 'type file',
  refusal: 'type refusal',
};

function checkChatMessage(message: JsonObject, at: number): Reason {
  const where = `messages.${at}`;
  const keys = CHAT_MESSAGE_KEYS[message.role as string];
  if (!keys) return `${where}: unknown role ${message.role}`;
  const calls = message.tool_calls;
  if (calls !== undefined && arrayOf(calls).length === 0) return `${where}.tool_calls: too short`;
  if (message.content === null || message.content === undefined) {
    if (calls === undefined && message.refusal === undefined) return `${where}.content: missing`;
  } else if (Array.isArray(message.content)) {
    if (message.content.length === 0) return `${where}.content: empty list`;
    const textOnly = message.role !== 'user';
    const bad = firstReason(message.content as JsonObject[], (part) => {
      const partKeys = CHAT_PARTS[part.type as string];
      if (!partKeys) return `${where}: unknown part ${part.type}`;
      if (textOnly && part.type !== 'text' && part.type !== 'refusal')
        return `${where}: ${part.type} in a ${message.role} message`;
      return unknownKey(part, partKeys, where);
    });
    if (bad) return bad;
  } else if (typeof message.content !== 'string') return `${where}.content: wrong kind`;
  return unknownKey(message, keys, where);
}

function checkChatPairs(messages: JsonObject[], maxIdLength: number): Reason {
  let open = new Set<string>();
  for (const [at, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id as string)) return `messages.${at}: tool message without its call`;
      continue;
    }
    if (open.size > 0) return `messages.${at}: an assistant message with tool_calls must be followed by tool messages`;
    const calls = arrayOf(message.tool_calls) as JsonObject[];
    open = new Set(calls.map((call) => call.id as string));
    if (open.size !== calls.length) return `messages.${at}: repeated id`;
    const bad = firstReason(calls, (call) => {
      const id = call.id as string;
      if (!id || id.length > maxIdLength) return `messages.${at}: id of length ${id?.length}`;
      const payload = call[call.type as string];
      if ((call.type !== 'function' && call.type !== 'custom') || !isObject(payload))
        return `messages.${at}: foreign envelope`;
      return NAME.test(payload.name as string)
        ? unknownKey(call, 'id type function custom', `messages.${at}`)
        : `messages.${at}: name`;
    });
    if (bad) return bad;
  }
  return open.size > 0 ? 'messages: the last calls have no results' : undefined;
}

function checkChatTool(tool: JsonValue, at: number): Reason {
  if (!isObject(tool)) return `tools.${at}: not an object`;
  const payload = tool[tool.type as string];
  if ((tool.type !== 'function' && tool.type !== 'custom') || !isObject(payload))
    return `tools.${at}: foreign envelope`;
  const keys = tool.type === 'function' ? 'name description parameters strict' : 'name description format';
  return (
    unknownKey(tool, 'type function custom', `tools.${at}`) ?? unknownKey(payload, keys, `tools.${at}.${tool.type}`)
  );
}

function checkChatChoice(body: JsonObject): Reason {
  const choice = body.tool_choice;
  if (choice === undefined) return undefined;
  if (arrayOf(body.tools).length === 0) return 'tool_choice without tools';
  if (typeof choice === 'string')
    return ['auto', 'none', 'required'].includes(choice) ? undefined : 'tool_choice: unknown';
  if (!isObject(choice)) return 'tool_choice: wrong kind';
  return isObject(choice[choice.type as string]) ? undefined : 'tool_choice: foreign envelope';
}

// ---- OpenAI Responses

const RESPONSES_KEYS =
  'model input instructions tools tool_choice parallel_tool_calls max_output_tokens temperature top_p reasoning text include store stream service_tier metadata user truncation prompt_cache_key prompt_cache_retention safety_identifier background prompt top_logprobs max_tool_calls client_metadata';
const ITEM_KEYS: Record<string, string> = {
  message: 'type role content phase id status',
  function_call: 'type id call_id name arguments status namespace caller',
  custom_tool_call: 'type id call_id name input namespace caller',
  function_call_output: 'type id call_id output status',
  custom_tool_call_output: 'type id call_id output',
  reasoning: 'type id summary content encrypted_content',
};
const RESPONSES_PARTS: Record<string, string> = {
  input_text: 'type text',
  input_image: 'type detail image_url file_id',
  input_file: 'type file_data file_id file_url filename',
  input_audio: 'type input_audio',
};

export function checkResponsesRequest(body: JsonObject): Reason {
  const items = arrayOf(body.input) as JsonObject[];
  return (
    unknownKey(body, RESPONSES_KEYS, 'body') ??
    (typeof body.model === 'string' && body.model !== '' ? undefined : 'model is missing') ??
    (items.length > 0 ? undefined : 'input is missing') ??
    firstReason(items, checkItem) ??
    checkItemPairs(items) ??
    firstReason(items, (item, at) =>
      item.type === 'reasoning' && !items[at + 1] ? 'reasoning without its following item' : undefined,
    ) ??
    firstReason(arrayOf(body.tools), checkResponsesTool) ??
    checkResponsesChoice(body)
  );
}

function checkItem(item: JsonObject, at: number): Reason {
  const where = `input.${at}`;
  const type = (item.type ?? 'message') as string;
  const keys = ITEM_KEYS[type];
  if (!keys)
    return /^(item_reference|compaction|.*_call|.*_call_output|mcp_.*)$/.test(type)
      ? undefined
      : `${where}: unknown item ${type}`;
  const foreign = unknownKey(item, keys, where);
  if (foreign) return foreign;
  if (type === 'message') return checkItemMessage(item, where);
  if (type === 'reasoning') {
    const encrypted = item.encrypted_content;
    return typeof encrypted === 'string' && encrypted.startsWith('enc')
      ? undefined
      : `${where}: encrypted content could not be verified`;
  }
  const id = item.call_id as string;
  if (!id || id.length > 64) return `${where}.call_id: length ${id?.length}`;
  if (type.endsWith('_output')) return typeof item.output === 'string' ? undefined : checkParts(item.output, where);
  const payload = type === 'custom_tool_call' ? item.input : item.arguments;
  return typeof payload === 'string' && NAME.test(item.name as string) ? undefined : `${where}: arguments or name`;
}

function checkItemMessage(item: JsonObject, where: string): Reason {
  const { role, content } = item;
  if (!['user', 'assistant', 'system', 'developer'].includes(role as string)) return `${where}: unknown role ${role}`;
  if (typeof content === 'string') return undefined;
  if (role !== 'assistant') return checkParts(content, where);
  if (typeof item.id !== 'string') return `${where}: assistant content without id`;
  return firstReason(arrayOf(content) as JsonObject[], (part) =>
    part.type === 'output_text' || part.type === 'refusal' ? undefined : `${where}: unknown part ${part.type}`,
  );
}

function checkParts(parts: JsonValue | undefined, where: string): Reason {
  if (!Array.isArray(parts) || parts.length === 0) return `${where}: empty content`;
  return firstReason(parts as JsonObject[], (part) => {
    const keys = RESPONSES_PARTS[part.type as string];
    return keys ? unknownKey(part, keys, where) : `${where}: unknown part ${part.type}`;
  });
}

function checkItemPairs(items: JsonObject[]): Reason {
  const open = new Map<string, string>();
  const seen = new Set<string>();
  for (const item of items) {
    const id = item.call_id as string;
    if (item.type === 'function_call' || item.type === 'custom_tool_call') {
      if (seen.has(id)) return `repeated call_id ${id}`;
      seen.add(id);
      open.set(id, `${item.type}_output`);
    } else if (item.type === 'function_call_output' || item.type === 'custom_tool_call_output') {
      if (open.get(id) !== item.type) return `No tool call found for ${item.type} with call_id ${id}`;
      open.delete(id);
    }
  }
  return open.size > 0 ? `No tool output found for ${[...open.keys()][0]}` : undefined;
}

function checkResponsesTool(tool: JsonValue, at: number): Reason {
  if (!isObject(tool)) return `tools.${at}: not an object`;
  if (tool.type === 'function') {
    return unknownKey(
      tool,
      'type name description parameters strict defer_loading allowed_callers output_schema',
      `tools.${at}`,
    );
  }
  if (tool.type === 'custom') return unknownKey(tool, 'type name description format', `tools.${at}`);
  if (tool.type === 'namespace') return firstReason(arrayOf(tool.tools), checkResponsesTool);
  return typeof tool.type === 'string' && tool.name === undefined ? undefined : `tools.${at}: foreign envelope`;
}

function checkResponsesChoice(body: JsonObject): Reason {
  const choice = body.tool_choice;
  if (choice === undefined) return undefined;
  if (arrayOf(body.tools).length === 0) return 'tool_choice without tools';
  if (typeof choice === 'string')
    return ['auto', 'none', 'required'].includes(choice) ? undefined : 'tool_choice: unknown';
  if (!isObject(choice)) return 'tool_choice: wrong kind';
  return choice.type === 'allowed_tools' ||
    typeof choice.name === 'string' ||
    !['function', 'custom'].includes(choice.type as string)
    ? unknownKey(choice, 'type name mode tools server_label', 'tool_choice')
    : 'tool_choice: foreign envelope';
}
