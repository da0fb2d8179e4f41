/**
 * What the editor's chat asks, as a body for chat/completions. Pure: parts are told by their fields, because an editor may hand
 * over kinds that older ones do not know.
 */
import type { JsonObject, JsonValue } from '../wires/conversation';

/** A message of the editor; `role` 1 is the person, 2 the model, anything else the system. */
export interface EditorMessage {
  role: number;
  content: readonly unknown[] | string;
}
export interface EditorTool {
  name: string;
  description?: string;
  inputSchema?: object | undefined;
}
export interface Asked {
  model: string;
  messages: readonly EditorMessage[];
  tools?: readonly EditorTool[] | undefined;
  toolRequired?: boolean;
  /** What another extension wishes: temperature, max_tokens and the like. */
  modelOptions?: Readonly<Record<string, unknown>> | undefined;
}

type Part =
  | { kind: 'text'; text: string }
  | { kind: 'thinking'; text: string }
  | { kind: 'image'; url: string }
  | { kind: 'call'; id: string; name: string; input: unknown }
  | { kind: 'result'; id: string; parts: Part[] };

const ASSISTANT = 2;

export function chatBody({ model, messages, tools, toolRequired, modelOptions }: Asked): JsonObject {
  return {
    ...(JSON.parse(JSON.stringify(modelOptions ?? {})) as JsonObject),
    model,
    stream: true,
    messages: chatMessages(messages),
    ...(tools && tools.length > 0 && { tools: tools.map(toolOf), tool_choice: toolRequired ? 'required' : 'auto' }),
  };
}

export function chatMessages(messages: readonly EditorMessage[]): JsonValue[] {
  const read = messages.map(({ role, content }) => ({ role, parts: partsOf(content) }));
  const question = read.findLastIndex(({ role, parts }) => role === 1 && parts.some(({ kind }) => kind === 'text'));
  return read.flatMap(({ role, parts }, index) => {
    if (role === ASSISTANT) return assistantMessage(parts, index > question);
    return role === 1 ? userMessages(parts) : textMessage('system', parts);
  });
}

/** @param thinks Models that send their thinking in a field of its own want it back until the question is answered. */
function assistantMessage(parts: readonly Part[], thinks: boolean): JsonObject[] {
  const calls = parts.filter((part) => part.kind === 'call');
  const text = textOf(parts);
  const thinking = joined(parts, 'thinking');
  if (text === '' && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      ...(thinks && calls.length > 0 && thinking !== '' && { reasoning_content: thinking }),
      ...(calls.length > 0 && { tool_calls: calls.map(callOf) }),
    },
  ];
}

function callOf({ id, name, input }: Extract<Part, { kind: 'call' }>): JsonObject {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input ?? {}) } };
}

/** Results stand right behind their calls, then what the person says; pictures inside results go there too (N26). */
function userMessages(parts: readonly Part[]): JsonObject[] {
  const results = parts.filter((part) => part.kind === 'result');
  const images = results.flatMap((result) => result.parts.filter(({ kind }) => kind === 'image'));
  const told = results.map((result) => ({ role: 'tool', tool_call_id: result.id, content: textOf(result.parts) }));
  return [...told, ...textMessage('user', [...images, ...parts])];
}

function textMessage(role: string, parts: readonly Part[]): JsonObject[] {
  const images = parts.filter((part) => part.kind === 'image');
  const text = textOf(parts);
  if (images.length === 0) return text === '' ? [] : [{ role, content: text }];
  const pictures = images.map(({ url }) => ({ type: 'image_url', image_url: { url } }));
  return [{ role, content: [...(text === '' ? [] : [{ type: 'text', text }]), ...pictures] }];
}

function toolOf({ name, description, inputSchema }: EditorTool): JsonObject {
  const parameters = (inputSchema ?? { type: 'object', properties: {} }) as JsonObject;
  return { type: 'function', function: { name, ...(description && { description }), parameters } };
}

function textOf(parts: readonly Part[]): string {
  return joined(parts, 'text');
}

function joined(parts: readonly Part[], kind: 'text' | 'thinking'): string {
  return parts.flatMap((part) => (part.kind === kind ? [part.text] : [])).join('');
}

function partsOf(content: readonly unknown[] | string): Part[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }];
  return content.flatMap(partOf);
}

interface Fields {
  value?: unknown;
  callId?: unknown;
  name?: unknown;
  input?: unknown;
  content?: unknown;
  data?: unknown;
  mimeType?: unknown;
}

function partOf(part: unknown): Part[] {
  if (typeof part === 'string') return [{ kind: 'text', text: part }];
  if (typeof part !== 'object' || part === null) return [];
  const fields = part as Fields;
  if (typeof fields.callId === 'string') return [callPart(fields.callId, fields)];
  if (fields.data instanceof Uint8Array) return dataPart(String(fields.mimeType), fields.data);
  // A thinking part alone has a place for metadata; its value may be a list of texts.
  if ('metadata' in part) return [{ kind: 'thinking', text: [fields.value].flat().join('') }];
  if (fields.value === undefined) return [];
  return [{ kind: 'text', text: typeof fields.value === 'string' ? fields.value : JSON.stringify(fields.value) }];
}

function callPart(id: string, { name, input, content }: Fields): Part {
  if (Array.isArray(content)) return { kind: 'result', id, parts: partsOf(content) };
  return { kind: 'call', id, name: String(name), input };
}

/** Types without a slash are marks of the editor's own, such as where a cache may begin. */
function dataPart(type: string, data: Uint8Array): Part[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (type.startsWith('image/')) return [{ kind: 'image', url: `data:${type};base64,${bytes.toString('base64')}` }];
  if (/^text\/|[/+]json/.test(type)) return [{ kind: 'text', text: bytes.toString('utf8') }];
  return type.includes('/') ? [{ kind: 'text', text: `[A file of type ${type} was left out.]` }] : [];
}
