/**
 * Reads one content part of any dialect. Clients mix them (N13, N26): Anthropic blocks stand inside Responses input
 * and the other way round, so both wires read every form and write only their own.
 */
import { Buffer } from 'node:buffer';
import type {
  FilePart,
  ImagePart,
  JsonObject,
  JsonValue,
  Part,
  TextPart,
  ToolResultPart,
  WireName,
} from './conversation';
import { arrayOf, booleanOf, filledString, isObject, objectOf, rest, stringOf } from './read';
import { unsealReasoning } from './sealedReasoning';

const TEXT_TYPES: ReadonlySet<string> = new Set([
  'text',
  'input_text',
  'output_text',
  'summary_text',
  'reasoning_text',
]);

/** Parts of a message's content: a string, an array of parts, one part, or nothing. Unknown parts become opaque ones of `wire`. */
export function readContent(content: JsonValue | undefined, wire: WireName): Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (Array.isArray(content)) return content.flatMap((part) => readPart(part, wire));
  return isObject(content) ? readPart(content, wire) : [];
}

/** One part; none for values that are no part at all. */
export function readPart(value: JsonValue, wire: WireName): Part[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  if (!isObject(value)) return [];
  const type = stringOf(value.type) ?? (typeof value.text === 'string' ? 'text' : '');
  if (TEXT_TYPES.has(type)) return [readText(value)];
  switch (type) {
    case 'refusal':
      return [{ type: 'refusal', text: stringOf(value.refusal) ?? '' }];
    case 'image':
    case 'image_url':
    case 'input_image':
      return one(readImage(value), value, wire);
    case 'document':
    case 'file':
    case 'input_file':
      return one(readFile(value, wire), value, wire);
    case 'thinking':
    case 'redacted_thinking':
      return [readThinking(value)];
    case 'tool_use':
      return one(readToolUse(value, wire), value, wire);
    case 'tool_result':
      return [readToolResult(value, wire)];
    default:
      return [{ type: 'opaque', wire, value }];
  }
}

function one(part: Part | undefined, value: JsonObject, wire: WireName): Part[] {
  return [part ?? { type: 'opaque', wire, value }];
}

/** Parts that may stand in a tool's result; a block of another kind stays as text that remembers its own form. */
export function readResultContent(content: JsonValue | undefined, wire: WireName): ToolResultPart['content'] {
  if (content === undefined || content === null) return [];
  // Some clients put plain JSON where text or parts belong; its text is what the tool said.
  if (isPlainJson(content)) return [{ type: 'text', text: JSON.stringify(content) }];
  if (typeof content === 'number' || typeof content === 'boolean') return [{ type: 'text', text: String(content) }];
  return readContent(content, wire).map((part): ToolResultPart['content'][number] => {
    if (part.type === 'text' || part.type === 'image' || part.type === 'file') return part;
    if (part.type !== 'opaque') return { type: 'text', text: JSON.stringify(part) };
    return { type: 'text', text: textInside(part.value), extra: { block: part.value, wire } };
  });
}

function isPlainJson(content: JsonValue): boolean {
  if (isObject(content)) return content.type === undefined;
  return Array.isArray(content) && content.some((entry) => !isPartForm(entry));
}

function isPartForm(entry: JsonValue): boolean {
  if (isObject(entry)) return typeof entry.type === 'string' || typeof entry.text === 'string';
  return entry === null || typeof entry === 'string';
}

/** What a tool said that failed, for wires that have no field for that. */
export function failedWords(text: string): string {
  return /^\s*\W?error/i.test(text) ? text : `Error: ${text}`;
}

/** Readable text of a block we do not know (a search result, a document of blocks), its JSON when it has none. */
export function textInside(block: JsonObject): string {
  const source = objectOf(block.source);
  const content = source?.type === 'content' ? source.content : block.content;
  const texts =
    typeof content === 'string'
      ? [content]
      : arrayOf(content).flatMap((entry) => filledString(objectOf(entry)?.text) ?? []);
  if (texts.length === 0) return JSON.stringify(block);
  const head = [filledString(block.title), filledString(block.source)].filter((line) => line !== undefined);
  return [...head, ...texts].join('\n');
}

function readText(value: JsonObject): TextPart {
  const part: TextPart = { type: 'text', text: stringOf(value.text) ?? '' };
  const cacheControl = objectOf(value.cache_control);
  if (cacheControl) part.cacheControl = cacheControl;
  const extra: JsonObject = {};
  if (arrayOf(value.citations).length > 0) extra.citations = value.citations as JsonValue;
  if (arrayOf(value.annotations).length > 0) extra.annotations = value.annotations as JsonValue;
  if (Object.keys(extra).length > 0) part.extra = extra;
  return part;
}

export function readImage(value: JsonObject): ImagePart | undefined {
  const source = readSource(value) ?? readUrl(value.image_url) ?? readFileId(value.file_id);
  if (!source || source.kind === 'text') return undefined;
  const part: ImagePart = { type: 'image', source };
  const detail = filledString(value.detail) ?? filledString(objectOf(value.image_url)?.detail);
  if (detail) part.detail = detail;
  const cacheControl = objectOf(value.cache_control);
  if (cacheControl) part.cacheControl = cacheControl;
  return part;
}

const DOCUMENT_KEYS: ReadonlySet<string> = new Set(['type', 'source', 'title', 'cache_control']);

function readFile(value: JsonObject, wire: WireName): FilePart | undefined {
  // Chat nests the fields in `file`, Responses has them flat, Anthropic has a source.
  const file = objectOf(value.file) ?? value;
  const source =
    readSource(value) ?? readFileData(file.file_data) ?? readUrl(file.file_url) ?? readFileId(file.file_id);
  if (!source) return undefined;
  const part: FilePart = { type: 'file', source };
  const filename = filledString(file.filename) ?? filledString(value.title);
  if (filename) part.filename = filename;
  const cacheControl = objectOf(value.cache_control);
  if (cacheControl) part.cacheControl = cacheControl;
  const fields = value.type === 'document' ? rest(value, DOCUMENT_KEYS) : undefined;
  if (fields) part.extra = { wire, fields };
  return part;
}

type Source = FilePart['source'];

/** `source` of an Anthropic image or document. */
function readSource(value: JsonObject): Source | undefined {
  const source = objectOf(value.source);
  if (!source) return undefined;
  const data = stringOf(source.data);
  switch (source.type) {
    case 'base64':
      return data === undefined ? undefined : { kind: 'base64', mediaType: stringOf(source.media_type) ?? '', data };
    case 'url':
      return readUrl(source.url);
    case 'file':
      return readFileId(source.file_id);
    case 'text':
      return data === undefined ? undefined : { kind: 'text', text: data };
    default:
      return undefined;
  }
}

/** A URL, written as a string or as `{url}`; data URLs are taken apart. */
export function readUrl(
  value: JsonValue | undefined,
): { kind: 'base64'; mediaType: string; data: string } | { kind: 'url'; url: string } | undefined {
  const url = filledString(value) ?? filledString(objectOf(value)?.url);
  if (!url) return undefined;
  if (!/^data:/i.test(url)) return { kind: 'url', url };
  const comma = url.indexOf(',');
  const head = comma < 0 ? '' : url.slice(5, comma);
  const mediaType = head.split(';')[0] || 'text/plain';
  const body = url.slice(comma + 1);
  if (/;base64$/i.test(head)) return { kind: 'base64', mediaType, data: body };
  let text = body;
  try {
    text = decodeURIComponent(body);
  } catch {
    // A stray percent sign: the text is meant as it stands.
  }
  return { kind: 'base64', mediaType, data: Buffer.from(text, 'utf8').toString('base64') };
}

function readFileData(value: JsonValue | undefined): Source | undefined {
  const data = filledString(value);
  if (!data) return undefined;
  return data.startsWith('data:') ? readUrl(data) : { kind: 'base64', mediaType: 'application/pdf', data };
}

function readFileId(value: JsonValue | undefined): { kind: 'file'; fileId: string } | undefined {
  const fileId = filledString(value);
  return fileId ? { kind: 'file', fileId } : undefined;
}

/** A thinking block; one that we sealed for another wire gets its own fields back. */
function readThinking(value: JsonObject): Part {
  const text = stringOf(value.thinking) ?? '';
  const opaque = filledString(value.signature) ?? filledString(value.data);
  if (opaque === undefined) return { type: 'reasoning', text };
  const sealed = unsealReasoning(opaque);
  if (sealed) return { type: 'reasoning', text, ...sealed };
  return value.type === 'redacted_thinking'
    ? { type: 'reasoning', text: '', encrypted: opaque, wire: 'messages' }
    : { type: 'reasoning', text, signature: opaque, wire: 'messages' };
}

const TOOL_USE_KEYS: ReadonlySet<string> = new Set([
  'type',
  'id',
  'tool_call_id',
  'name',
  'input',
  'function',
  'cache_control',
]);

/** `tool_use`, its id and payload in Anthropic's or OpenAI's spelling (N13). */
function readToolUse(value: JsonObject, wire: WireName): Part | undefined {
  const nested = objectOf(value.function) ?? {};
  const name = filledString(value.name) ?? filledString(nested.name);
  if (!name) return undefined;
  const input = value.input ?? nested.arguments;
  const part: Part = {
    type: 'toolCall',
    id: filledString(value.id) ?? filledString(value.tool_call_id) ?? '',
    name,
    arguments: typeof input === 'string' ? input : JSON.stringify(input ?? {}),
  };
  const cacheControl = objectOf(value.cache_control);
  if (cacheControl) part.cacheControl = cacheControl;
  const direct = objectOf(value.caller)?.type === 'direct';
  const fields = rest(value, direct ? new Set([...TOOL_USE_KEYS, 'caller']) : TOOL_USE_KEYS);
  if (fields) part.extra = { wire, fields };
  return part;
}

function readToolResult(value: JsonObject, wire: WireName): ToolResultPart {
  const part: ToolResultPart = {
    type: 'toolResult',
    id: filledString(value.tool_use_id) ?? filledString(value.tool_call_id) ?? filledString(value.id) ?? '',
    content: readResultContent(value.content, wire),
  };
  const isError = booleanOf(value.is_error);
  if (isError !== undefined) part.isError = isError;
  const cacheControl = objectOf(value.cache_control);
  if (cacheControl) part.cacheControl = cacheControl;
  return part;
}

/** Every top-level field that `known` does not name, as the conversation's extra fields. */
export function readExtra(body: JsonObject, known: ReadonlySet<string>, wire: WireName) {
  const fields = rest(body, known);
  return fields ? { wire, fields } : undefined;
}
