/** The conversation model as a Chat Completions request for one upstream. */
import { assertNever } from '../never';
import { addChatCacheMarks, cacheMarkOf } from './chatCache';
import { fitMessages, leadingSystem } from './chatMessages';
import { emitReasoningParts } from './chatThinking';
import type { EmitTarget } from './codec';
import type {
  Conversation,
  FilePart,
  ImagePart,
  JsonObject,
  JsonValue,
  Part,
  ReasoningRequest,
  Tool,
  ToolCallPart,
  ToolChoice,
  ToolResultPart,
  Turn,
} from './conversation';
import { customToolNames, markCustomCalls, wrapCustomTools } from './customTools';
import { budgetOfEffort, effortOf, wantsReasoning } from './effort';
import { jsonTextOf } from './jsonText';
import { MARK } from './messagesCache';
import { pairTools } from './pairing';
import { failedWords } from './parts';
import { isObject } from './read';
import { distinctTools, formatSchema, toolParameters, toolStrict } from './schema';
import { signatureFields } from './thoughtSignature';

/** The upstream body. Every call has its result and legal ids (N6, N25). Never mutates `source`. */
export function emitChatRequest(source: Conversation, target: EmitTarget): JsonObject {
  const asked = askInWords(source, target);
  const conversation = target.customTools === 'function' ? wrapCustomTools(asked) : asked;
  const marked = markCustomCalls(conversation.turns, customToolNames(conversation));
  let messages = pairTools(marked, target.maxIdLength).flatMap((turn) => emitTurn(turn, target));
  if (wantsAnswerToResults(target.model)) messages = messages.flatMap(answerResults);
  messages = fitMessages(messages, target);
  if (messages.length === 0) messages.push({ role: 'user', content: '...' });
  const body: JsonObject = {
    ...(conversation.extra?.wire === 'chat' ? conversation.extra.fields : {}),
    model: target.model,
    messages,
    ...emitTools(conversation, target),
    ...emitParameters(conversation, target),
    ...emitReasoning(conversation.reasoning, target),
  };
  if (conversation.stream) {
    body.stream = true;
    // Always asked for: without it a translated stream would end without usage.
    body.stream_options = { include_usage: true };
  }
  if (body.tools === undefined) delete body.tool_choice;
  const choice = body.tool_choice;
  if (target.forcedChoice === 'silent' && isForced(choice)) {
    delete body.reasoning_effort;
    body.thinking = THINKING_OFF;
  }
  for (const name of target.unsupportedParams) delete body[name];
  const mark = target.cacheMarks ? (cacheMarkOf(conversation) ?? (target.addCacheControl && MARK)) : undefined;
  if (mark) addChatCacheMarks(body, mark);
  return body;
}

/** As good as 0 where 0 is refused (MiniMax). */
export const LEAST_TEMPERATURE = 0.01;

/** Switches thinking off where the target has a switch (DeepSeek, Kimi, GLM). */
export const THINKING_OFF: JsonObject = { type: 'disabled' };

/** Whether a choice of tools leaves the model no other answer. */
export function isForced(choice: JsonValue | undefined): boolean {
  return choice === 'required' || (isObject(choice) && choice.type !== 'allowed_tools');
}

/** The schema of the answer, for a target that only knows "some JSON" (c10). Behind the system text, so that it stays. */
function askInWords(conversation: Conversation, target: EmitTarget): Conversation {
  const format = conversation.responseFormat;
  if (target.jsonSchema !== 'prompt' || format?.type !== 'json_schema') return conversation;
  const { description, schema } = format;
  const text = `Answer with one valid JSON object and nothing else. It matches this JSON Schema${description ? ` (${description})` : ''}:\n${jsonTextOf(schema)}`;
  const lead = leadingSystem(conversation.turns.map(({ role }) => role));
  const turns = conversation.turns.toSpliced(lead, 0, { role: 'system', parts: [{ type: 'text', text }] });
  return { ...conversation, turns, responseFormat: { type: 'json_object' } };
}

/**
 * Mistral's models, wherever they are served: "Unexpected role 'user' after role 'tool'". A person who interrupts, and
 * pictures of results (N26), lead to that.
 */
export function wantsAnswerToResults(model: string): boolean {
  return /(?:mis|minis|magis|devs|codes)tral|pixtral/i.test(model);
}

function answerResults(message: JsonObject, at: number, messages: JsonObject[]): JsonObject[] {
  const interrupts = message.role === 'user' && messages[at - 1]?.role === 'tool';
  return interrupts ? [{ role: 'assistant', content: 'Understood.' }, message] : [message];
}

/** In a list of refused parameters: the provider answers an error to author names in messages. */
export const AUTHOR_NAMES = 'messages[].name';

function emitTurn(turn: Turn, target: EmitTarget): JsonObject[] {
  if (turn.role === 'tool') return emitResults(turn);
  const role = turn.role === 'developer' && !target.developerRole ? 'system' : turn.role;
  const head: JsonObject = { role: target.roleRewrites[turn.role] ?? target.roleRewrites[role] ?? role };
  if (turn.name !== undefined && !target.unsupportedParams.includes(AUTHOR_NAMES)) head.name = turn.name;
  if (turn.role === 'assistant') {
    const message = emitAssistant(turn.parts, target);
    // An answer that says nothing (an aborted turn) is refused by some and means nothing to the others.
    return message.content === '' && Object.keys(message).length === 1 ? [] : [Object.assign(head, message)];
  }
  const content = emitContent(turn.parts);
  // Only parts of another wire: nothing is left to say.
  if (content === '' && turn.parts.some((part) => part.type === 'opaque')) return [];
  head.content = content;
  return [head];
}

/** Text alone becomes one string: not every upstream reads arrays of text (DeepSeek refuses them). */
function emitContent(parts: readonly Part[]): string | JsonObject[] {
  const emitted = parts.flatMap(emitPart);
  if (emitted.every((part) => part.type === 'text')) return emitted.map((part) => part.text as string).join('\n');
  return emitted;
}

function emitPart(part: Part): JsonObject[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return [{ type: 'text', text: part.text }];
    case 'image':
      return [emitImage(part)];
    case 'file':
      return [emitFile(part)];
    case 'opaque':
      return part.wire === 'chat' && part.value.type !== undefined ? [part.value] : [];
    // No content on this wire: fields and messages of their own.
    case 'reasoning':
    case 'toolCall':
    case 'toolResult':
      return [];
  }
}

function emitImage({ source, detail }: ImagePart): JsonObject {
  if (source.kind === 'file') return { type: 'file', file: { file_id: source.fileId } };
  const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
  return { type: 'image_url', image_url: { url, ...(detail !== undefined && { detail }) } };
}

function emitFile({ source, filename }: FilePart): JsonObject {
  switch (source.kind) {
    case 'file':
      return { type: 'file', file: { file_id: source.fileId, ...(filename !== undefined && { filename }) } };
    case 'base64':
      return {
        type: 'file',
        file: { filename: filename ?? 'file', file_data: `data:${source.mediaType};base64,${source.data}` },
      };
    case 'text':
      return { type: 'text', text: filename ? `${filename}:\n${source.text}` : source.text };
    case 'url':
      // This wire has no file by address.
      return { type: 'text', text: `[File${filename ? ` ${filename}` : ''}: ${source.url}]` };
  }
}

function emitAssistant(parts: readonly Part[], target: EmitTarget): JsonObject {
  const message: JsonObject = {};
  const calls = parts.filter((part): part is ToolCallPart => part.type === 'toolCall');
  // Pictures and files made by a model have no form here; their place is named.
  const content = emitContent(
    parts.map((part) =>
      part.type === 'image' || part.type === 'file' ? { type: 'text', text: `[${part.type}]` } : part,
    ),
  );
  message.content = content === '' && calls.length > 0 ? null : content;
  Object.assign(message, emitReasoningParts(parts, target));
  if (calls.length > 0) message.tool_calls = calls.map(emitToolCall);
  for (const part of parts) {
    if (part.type === 'opaque' && part.wire === 'chat' && part.value.type === undefined)
      Object.assign(message, part.value);
  }
  return message;
}

/** A call as it stands in a message; broken JSON in historical arguments goes on as it is (N5). */
export function emitToolCall(part: ToolCallPart): JsonObject {
  const { id, name } = part;
  const call: JsonObject = part.custom
    ? { id, type: 'custom', custom: { name, input: part.arguments } }
    : { id, type: 'function', function: { name, arguments: part.arguments === '' ? '{}' : part.arguments } };
  if (part.thoughtSignature !== undefined) Object.assign(call, signatureFields(part.thoughtSignature));
  return call;
}

/**
 * Tool messages, then one user message with the pictures and files of the results: the wire takes only text in a tool
 * message, so that names each of them (N26).
 */
function emitResults(turn: Turn): JsonObject[] {
  const shown: JsonObject[] = [];
  const messages: JsonObject[] = [];
  for (const part of turn.parts) {
    if (part.type === 'toolResult')
      messages.push({ role: 'tool', tool_call_id: part.id, content: resultText(part, shown) });
  }
  return shown.length === 0 ? messages : [...messages, { role: 'user', content: shown }];
}

function resultText(result: ToolResultPart, shown: JsonObject[]): string {
  const of = result.name ?? result.id;
  const lines = result.content.map((part) => {
    const emitted = emitPart(part)[0];
    if (emitted === undefined) return '';
    if (emitted.type === 'text') return emitted.text as string;
    const number = shown.filter((each) => each.type !== 'text').length + 1;
    const title = `${part.type === 'image' ? 'Image' : 'File'} ${number} of the result of ${of}`;
    shown.push({ type: 'text', text: `${title}:` }, emitted);
    return `[${title}: see the next user message]`;
  });
  const text = lines.join('\n');
  return result.isError ? failedWords(text) : text;
}

function emitTools(conversation: Conversation, target: EmitTarget): JsonObject {
  const choice = conversation.toolChoice;
  // Only an upstream of OpenAI's newest kind, which has custom tools, knows a choice among some of the tools.
  const narrowed = choice?.type === 'allowed' && target.customTools !== 'keep' ? new Set(choice.names) : undefined;
  const wanted = distinctTools(conversation.tools).filter(
    (tool) => !narrowed || (tool.kind !== 'opaque' && narrowed.has(tool.name)),
  );
  const tools = wanted.flatMap((tool) => emitTool(tool, target));
  if (tools.length === 0) return {};
  const emitted: JsonObject = { tools };
  const names = new Set(wanted.flatMap((tool) => (tool.kind === 'opaque' ? [] : [tool.name])));
  const toolChoice = choice && emitChoice(choice, names, customToolNames(conversation), narrowed !== undefined);
  if (toolChoice !== undefined) emitted.tool_choice = toolChoice;
  if (conversation.parallelToolCalls !== undefined) emitted.parallel_tool_calls = conversation.parallelToolCalls;
  return emitted;
}

function emitTool(tool: Tool, target: EmitTarget): JsonValue[] {
  if (tool.kind === 'opaque') return tool.wire === 'chat' ? [tool.value] : [];
  const definition: JsonObject = { name: tool.name };
  if (tool.description !== undefined) definition.description = tool.description;
  if (tool.kind === 'custom') {
    const format = tool.format;
    if (format?.type === 'text') definition.format = { type: 'text' };
    else if (format)
      definition.format = { type: 'grammar', grammar: { definition: format.definition, syntax: format.syntax } };
    return [{ type: 'custom', custom: definition }];
  }
  const parameters = toolParameters(tool, target);
  if (parameters) definition.parameters = parameters;
  const strict = toolStrict(tool.strict, target);
  if (strict !== undefined) definition.strict = strict;
  return [{ type: 'function', function: definition }];
}

function emitChoice(
  choice: ToolChoice,
  names: Set<string>,
  custom: Set<string>,
  narrowed: boolean,
): JsonValue | undefined {
  const reference = (name: string): JsonObject => {
    const type = custom.has(name) ? 'custom' : 'function';
    return { type, [type]: { name } };
  };
  switch (choice.type) {
    case 'tool':
      // A choice of a tool that is not there is refused; the model is left free instead.
      return names.has(choice.name) ? reference(choice.name) : undefined;
    case 'allowed': {
      if (narrowed) return choice.mode;
      const tools = choice.names.filter((name) => names.has(name)).map(reference);
      if (tools.length === 0) return undefined;
      return { type: 'allowed_tools', allowed_tools: { mode: choice.mode, tools } };
    }
    case 'auto':
    case 'none':
    case 'required':
      return choice.type;
    default:
      return assertNever(choice);
  }
}

function emitParameters(conversation: Conversation, target: EmitTarget): JsonObject {
  const { maxOutputTokens: asked } = conversation;
  const format = conversation.responseFormat;
  const candidates: Record<string, JsonValue | undefined> = {
    [target.maxTokensField]: asked !== undefined ? Math.min(asked, target.maxOutputTokens ?? asked) : undefined,
    temperature: target.aboveZero && conversation.temperature === 0 ? LEAST_TEMPERATURE : conversation.temperature,
    top_p: conversation.topP,
    stop: conversation.stop?.slice(0, target.maxStops),
    seed: conversation.seed,
    frequency_penalty: conversation.frequencyPenalty,
    presence_penalty: conversation.presencePenalty,
    response_format:
      format && (format.type === 'json_object' ? { type: 'json_object' } : emitSchemaFormat(format, target)),
    // OpenAI's own, like custom tools.
    verbosity: target.customTools === 'keep' ? conversation.verbosity : undefined,
    service_tier: target.serviceTier ? conversation.serviceTier : undefined,
    metadata: target.metadata ? conversation.metadata : undefined,
    user: target.metadata ? conversation.user : undefined,
  };
  return Object.fromEntries(
    Object.entries(candidates).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}

function emitSchemaFormat(
  format: Extract<Conversation['responseFormat'], { type: 'json_schema' }>,
  target: EmitTarget,
): JsonObject {
  const { name, description, strict } = format;
  return {
    type: 'json_schema',
    json_schema: {
      name,
      ...(description !== undefined && { description }),
      schema: formatSchema(format.schema, format.strict, target),
      ...(strict !== undefined && { strict }),
    },
  };
}

/** The effort in the form this upstream reads (N27). */
function emitReasoning(reasoning: ReasoningRequest | undefined, target: EmitTarget): JsonObject {
  if (!reasoning) return {};
  const wanted = wantsReasoning(reasoning);
  if (!wanted && target.thinkingSwitch) return { thinking: THINKING_OFF };
  if (target.reasoningField === 'none') return {};
  const effort = effortOf(reasoning);
  switch (target.reasoningField) {
    case 'reasoning_effort':
      return effort === undefined ? {} : { reasoning_effort: effort };
    case 'reasoning':
      if (!wanted) return { reasoning: { enabled: false } };
      if (reasoning.effort !== undefined) return { reasoning: { effort: reasoning.effort } };
      return {
        reasoning: reasoning.budgetTokens === undefined ? { enabled: true } : { max_tokens: reasoning.budgetTokens },
      };
    case 'thinking':
      if (!wanted) return { thinking: { type: 'disabled' } };
      return {
        thinking: { type: 'enabled', budget_tokens: reasoning.budgetTokens ?? budgetOfEffort(effort ?? 'medium') },
      };
    case 'adaptive':
      if (!wanted) return { thinking: { type: 'disabled' } };
      return { thinking: { type: 'adaptive' }, ...(effort !== undefined && { output_config: { effort } }) };
  }
}
