/** OpenAI Responses: the conversation as an upstream body. */
import type { EmitTarget } from './codec';
import type {
  Conversation,
  FilePart,
  ImagePart,
  JsonObject,
  JsonValue,
  Part,
  ReasoningPart,
  TextPart,
  Tool,
  ToolCallPart,
  ToolChoice,
  ToolResultPart,
  Turn,
} from './conversation';
import { customToolNames, markCustomCalls, wrapCustomTools } from './customTools';
import { effortOf, wantsReasoning } from './effort';
import { goesBackOver } from './origin';
import { pairTools } from './pairing';
import { failedWords } from './parts';
import { arrayOf } from './read';
import { distinctTools, formatSchema, type SchemaTarget, toolParameters } from './schema';

const ENCRYPTED = 'reasoning.encrypted_content';
/** The provider's own limit for ids of items and for `user`. */
const MAX_ITEM_ID = 64;

/**
 * Body for an upstream that speaks Responses. Nothing is left at the provider: `store` is false unless the client
 * said otherwise, `previous_response_id` and `stream_options` are never sent (N31, N33), and with reasoning on its
 * encrypted form is asked for (N35). Stop sequences have no field here.
 */
export function emitResponsesRequest(source: Conversation, target: EmitTarget): JsonObject {
  const conversation = target.customTools === 'function' ? wrapCustomTools(source) : source;
  const turns = pairTools(markCustomCalls(conversation.turns, customToolNames(conversation)), target.maxIdLength);
  const { instructions, rest } = takeInstructions(turns, target);
  const body: JsonObject = { model: target.model };
  if (instructions !== undefined) body.instructions = instructions;
  body.input = emitItems(rest, target);
  const extra = conversation.extra?.wire === 'responses' ? conversation.extra.fields : {};
  emitTools(body, conversation, extra, target);
  emitParameters(body, conversation, target);
  emitReasoning(body, conversation, extra, target);
  const text = emitTextField(withoutRefused(conversation, target), target);
  if (text) body.text = text;
  for (const [key, value] of Object.entries(extra)) if (!(key in body) && key !== 'tool_choice') body[key] = value;
  // gpt-4.1: "Encrypted content is not supported with this model" (software-agent-sdk#1208), whoever asked for it.
  if (target.reasoningField === 'none' && body.include !== undefined) dropEncrypted(body);
  body.store ??= false;
  if (conversation.stream) body.stream = true;
  for (const key of target.unsupportedParams) delete body[key];
  return body;
}

function dropEncrypted(body: JsonObject): void {
  const kept = arrayOf(body.include).filter((name) => name !== ENCRYPTED);
  if (kept.length > 0) body.include = kept;
  else delete body.include;
}

/** The verbosity stands inside a field here. */
function withoutRefused(conversation: Conversation, target: EmitTarget): Conversation {
  if (conversation.verbosity === undefined || !target.unsupportedParams.includes('verbosity')) return conversation;
  const { verbosity: _, ...kept } = conversation;
  return kept;
}

/** A leading turn that goes as plain system text becomes `instructions`; one whose role is renamed stays a message. */
function takeInstructions(turns: Turn[], target: EmitTarget): { instructions?: string; rest: Turn[] } {
  const first = turns[0];
  const plain = first && roleOf(first.role, target) === 'system' && first.parts.every((part) => part.type === 'text');
  // Something has to be left to answer to.
  if (!plain || turns.length === 1) return { rest: turns };
  const instructions = first.parts.map((part) => (part as TextPart).text).join('\n\n');
  return instructions === '' ? takeInstructions(turns.slice(1), target) : { instructions, rest: turns.slice(1) };
}

function emitItems(turns: Turn[], target: EmitTarget): JsonObject[] {
  const items: JsonObject[] = [];
  for (const turn of turns) {
    if (turn.role === 'assistant') emitAssistant(turn.parts, items, target);
    else if (turn.role === 'tool') {
      for (const part of turn.parts) if (part.type === 'toolResult') items.push(emitOutput(part));
    } else emitMessage(turn, items, target);
  }
  if (items.length === 0) items.push({ role: 'user', content: '...' });
  return items;
}

function emitMessage(turn: Turn, items: JsonObject[], target: EmitTarget): void {
  const content = turn.parts.flatMap(emitInputPart);
  for (const part of turn.parts)
    if (part.type === 'opaque' && part.wire === 'responses' && !isContentPart(part.value)) items.push(part.value);
  if (content.length === 0) return;
  const only = content.length === 1 ? content[0] : undefined;
  items.push({
    role: roleOf(turn.role, target),
    content: only?.type === 'input_text' ? (only.text as string) : content,
  });
}

function roleOf(role: Turn['role'], target: EmitTarget): string {
  const known = role === 'developer' && !target.developerRole ? 'system' : role;
  return target.roleRewrites[role] ?? target.roleRewrites[known] ?? known;
}

/** Opaque values of this wire are items or, inside a message, content parts such as `input_audio`. */
function isContentPart(value: JsonObject): boolean {
  return typeof value.type === 'string' && value.type.startsWith('input_');
}

function emitInputPart(part: Part): JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ type: 'input_text', text: part.text }];
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'input_text', text: part.text }];
    case 'image':
      return [emitImage(part)];
    case 'file':
      return [emitFile(part)];
    case 'opaque':
      return part.wire === 'responses' && isContentPart(part.value) ? [part.value] : [];
    // Items of their own on this wire.
    case 'reasoning':
    case 'toolCall':
    case 'toolResult':
      return [];
  }
}

function emitImage(part: ImagePart): JsonObject {
  const detail = part.detail ?? 'auto';
  const { source } = part;
  if (source.kind === 'file') {
    // A handle of another provider means nothing here.
    if (!source.fileId.startsWith('file-'))
      return { type: 'input_text', text: '[Picture left out: it is stored at another provider.]' };
    return { type: 'input_image', detail, file_id: source.fileId };
  }
  const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
  return { type: 'input_image', detail, image_url: url };
}

function emitFile(part: FilePart): JsonObject {
  const { source } = part;
  switch (source.kind) {
    case 'text':
      return { type: 'input_text', text: part.filename ? `${part.filename}:\n${source.text}` : source.text };
    case 'url':
      return { type: 'input_file', file_url: source.url };
    case 'file':
      if (!source.fileId.startsWith('file-'))
        return { type: 'input_text', text: '[File left out: it is stored at another provider.]' };
      return { type: 'input_file', file_id: source.fileId };
    case 'base64':
      return {
        type: 'input_file',
        filename: part.filename ?? 'document.pdf',
        file_data: `data:${source.mediaType || 'application/pdf'};base64,${source.data}`,
      };
  }
}

function emitAssistant(parts: Part[], items: JsonObject[], target: EmitTarget): void {
  let texts: TextPart[] = [];
  const flush = (): void => {
    const text = texts.map((part) => part.text).join('');
    const phase = texts.find((part) => part.extra?.phase !== undefined)?.extra?.phase;
    texts = [];
    if (text !== '') items.push({ role: 'assistant', content: text, ...(phase !== undefined && { phase }) });
  };
  parts.forEach((part, at) => {
    if (part.type === 'text') {
      // Another phase is another message.
      if (texts.length > 0 && texts[0]?.extra?.phase !== part.extra?.phase) flush();
      texts.push(part);
      return;
    }
    if (part.type === 'refusal') {
      texts.push({ type: 'text', text: part.text });
      return;
    }
    if (part.type === 'image' || part.type === 'file') {
      // Pictures and files made by a model have no form here; their place is named.
      texts.push({ type: 'text', text: `[${part.type}]` });
      return;
    }
    const item = emitAssistantItem(part, parts, at, target);
    if (!item) return;
    flush();
    items.push(item);
  });
  flush();
}

/** The item of a call, of our own reasoning or of an opaque part; undefined for what this wire does not take. */
function emitAssistantItem(part: Part, parts: Part[], at: number, target: EmitTarget): JsonObject | undefined {
  if (part.type === 'toolCall') return emitCall(part);
  if (part.type === 'opaque') return part.wire === 'responses' ? part.value : undefined;
  // gpt-4.1: "Reasoning input items can only be provided to a reasoning or computer use model" (openai-agents-python#569).
  if (target.reasoningField === 'none') return undefined;
  // Only what this wire made (S7), and only with its content: nothing is stored to look an id up.
  return goesBackOver('responses', part) && isFollowed(parts, at) ? emitReasoningItem(part) : undefined;
}

/** A reasoning item without the item it led to is refused. */
function isFollowed(parts: Part[], at: number): boolean {
  return parts.slice(at + 1).some((part) => {
    if (part.type === 'text' || part.type === 'refusal') return part.text !== '';
    return part.type === 'toolCall' || (part.type === 'opaque' && part.wire === 'responses');
  });
}

function emitReasoningItem(part: ReasoningPart): JsonObject {
  const item: JsonObject = { type: 'reasoning' };
  if (part.id !== undefined) item.id = part.id;
  item.summary = part.text === '' ? [] : [{ type: 'summary_text', text: part.text }];
  item.encrypted_content = part.encrypted as string;
  return item;
}

function emitCall(part: ToolCallPart): JsonObject {
  const item: JsonObject = part.custom
    ? { type: 'custom_tool_call', call_id: part.id, name: part.name, input: part.arguments }
    : {
        type: 'function_call',
        call_id: part.id,
        name: part.name,
        arguments: part.arguments === '' ? '{}' : part.arguments,
      };
  const prefix = part.custom ? 'ctc' : 'fc';
  if (part.itemId?.startsWith(prefix) && part.itemId.length <= MAX_ITEM_ID) item.id = part.itemId;
  if (part.namespace !== undefined) item.namespace = part.namespace;
  if (part.extra?.wire === 'responses') Object.assign(item, part.extra.fields);
  return item;
}

function emitOutput(part: ToolResultPart): JsonObject {
  const content = part.content.flatMap((entry) => {
    const block = entry.type === 'text' ? entry.extra?.block : undefined;
    return block && isContentPart(block as JsonObject) ? [block as JsonObject] : emitInputPart(entry);
  });
  if (part.isError) markFailed(content);
  const only = content.length === 1 ? content[0] : undefined;
  const output: JsonValue = content.length === 0 ? '' : only?.type === 'input_text' ? (only.text as string) : content;
  return { type: part.custom ? 'custom_tool_call_output' : 'function_call_output', call_id: part.id, output };
}

/** This wire has no field for a tool that failed; its first text says so. */
function markFailed(content: JsonObject[]): void {
  const first = content[0];
  const isText = first?.type === 'input_text';
  content.splice(0, isText ? 1 : 0, { type: 'input_text', text: failedWords(isText ? (first.text as string) : '') });
}

function emitTools(body: JsonObject, conversation: Conversation, extra: JsonObject, target: EmitTarget): void {
  const tools = distinctTools(conversation.tools).flatMap((tool) => emitTool(tool, target));
  // A choice or a limit without tools is refused (N22).
  if (tools.length === 0) return;
  body.tools = tools;
  const choice = conversation.toolChoice
    ? emitToolChoice(conversation.toolChoice, conversation.tools ?? [])
    : extra.tool_choice;
  if (choice !== undefined) body.tool_choice = choice;
  if (conversation.parallelToolCalls !== undefined) body.parallel_tool_calls = conversation.parallelToolCalls;
}

/** One tool in this wire's form; none for tools of other wires. */
export function emitTool(tool: Tool, target: Pick<EmitTarget, 'strictTools'> & SchemaTarget): JsonValue[] {
  if (tool.kind === 'opaque') return tool.wire === 'responses' ? [tool.value] : [];
  const emitted: JsonObject = { type: tool.kind, name: tool.name };
  if (tool.description !== undefined) emitted.description = tool.description;
  if (tool.kind === 'custom') {
    if (tool.format) emitted.format = { ...tool.format };
    return [emitted];
  }
  emitted.parameters = toolParameters(tool, target) ?? { type: 'object', properties: {} };
  // Left out, this wire would mean true, the others false.
  emitted.strict = target.strictTools && tool.strict !== undefined ? tool.strict : false;
  for (const key of ['defer_loading', 'allowed_callers', 'output_schema']) {
    // Anthropic's fields of these names want tools of its own (a search, code) to reach the tool with.
    if (tool.wire !== 'messages' && tool.extra?.[key] !== undefined) emitted[key] = tool.extra[key] as JsonValue;
  }
  return [emitted];
}

/** Undefined for a choice of a tool that is not there, which is refused: the model is left free instead. */
export function emitToolChoice(choice: ToolChoice, tools: readonly Tool[]): JsonValue | undefined {
  const kindOf = (name: string) =>
    tools.some((tool) => tool.kind === 'custom' && tool.name === name) ? 'custom' : 'function';
  const isThere = (name: string) => tools.some((tool) => tool.kind !== 'opaque' && tool.name === name);
  if (choice.type === 'tool') {
    return isThere(choice.name) ? { type: kindOf(choice.name), name: choice.name } : undefined;
  }
  if (choice.type !== 'allowed') return choice.type;
  const names = choice.names.filter(isThere);
  if (names.length === 0) return undefined;
  return { type: 'allowed_tools', mode: choice.mode, tools: names.map((name) => ({ type: kindOf(name), name })) };
}

function emitParameters(body: JsonObject, conversation: Conversation, target: EmitTarget): void {
  const limit = conversation.maxOutputTokens;
  // The provider takes no less than 16.
  if (limit !== undefined) body.max_output_tokens = Math.max(16, Math.min(limit, target.maxOutputTokens ?? limit));
  // Reasoning models refuse both while they reason.
  if (target.reasoningField === 'none' || !wantsReasoning(conversation.reasoning)) {
    if (conversation.temperature !== undefined) body.temperature = conversation.temperature;
    if (conversation.topP !== undefined) body.top_p = conversation.topP;
  }
  if (conversation.serviceTier !== undefined && target.serviceTier) body.service_tier = conversation.serviceTier;
  if (!target.metadata) return;
  if (conversation.metadata) body.metadata = conversation.metadata;
  if (conversation.user !== undefined && conversation.user.length <= MAX_ITEM_ID) body.user = conversation.user;
}

/** `reasoning` and what makes the provider hand its encrypted form out (N35). */
function emitReasoning(body: JsonObject, conversation: Conversation, extra: JsonObject, target: EmitTarget): void {
  const { reasoning } = conversation;
  if (!reasoning || reasoning.disabled || target.reasoningField === 'none') return;
  const emitted: JsonObject = {};
  const effort = effortOf(reasoning) ?? (reasoning.adaptive ? 'medium' : undefined);
  if (effort !== undefined) emitted.effort = effort;
  if (reasoning.summary !== undefined) emitted.summary = reasoning.summary;
  if (Object.keys(emitted).length > 0) body.reasoning = emitted;
  if (!wantsReasoning(reasoning)) return;
  const asked = arrayOf(extra.include);
  body.include = asked.includes(ENCRYPTED) ? asked : [...asked, ENCRYPTED];
}

/** The `text` field: output format and verbosity; undefined when the client asked for neither. */
export function emitTextField(conversation: Conversation, target: SchemaTarget): JsonObject | undefined {
  const text: JsonObject = {};
  const format = conversation.responseFormat;
  if (format?.type === 'json_object') text.format = { type: 'json_object' };
  if (format?.type === 'json_schema') {
    const emitted: JsonObject = {
      type: 'json_schema',
      name: format.name,
      schema: formatSchema(format.schema, format.strict, target),
    };
    if (format.strict !== undefined) emitted.strict = format.strict;
    if (format.description !== undefined) emitted.description = format.description;
    text.format = emitted;
  }
  if (conversation.verbosity !== undefined) text.verbosity = conversation.verbosity;
  return Object.keys(text).length > 0 ? text : undefined;
}
