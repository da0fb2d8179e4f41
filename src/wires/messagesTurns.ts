/** Anthropic Messages: turns as alternating user and assistant messages that the provider takes. */
import { Buffer } from 'node:buffer';
import type { FilePart, ImagePart, JsonObject, Part, ToolCallPart, ToolResultPart, Turn } from './conversation';
import { goesBackOver } from './origin';
import { parseObject } from './read';

interface Message {
  role: 'user' | 'assistant';
  content: JsonObject[];
}

const EMPTY: JsonObject = { type: 'text', text: '...' };

/**
 * Messages of turns that have been paired (pairTools): turns of the same role merged, results first, no empty blocks
 * or messages (N10), a user message first, no white space at the end of an answer to be continued.
 */
export function emitMessages(turns: readonly Turn[]): JsonObject[] {
  const messages: Message[] = [];
  for (const turn of turns) {
    const role = turn.role === 'assistant' ? 'assistant' : 'user';
    const blocks = turn.parts.flatMap((part) => emitBlock(part, turn.role));
    if (blocks.length === 0 && role === 'assistant') continue;
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else messages.push({ role, content: blocks });
  }
  dropTrailingThinking(messages);
  trimPrefill(messages);
  if (messages[0]?.role !== 'user') messages.unshift({ role: 'user', content: [EMPTY] });
  for (const message of messages) if (message.content.length === 0) message.content.push(EMPTY);
  return messages.map(({ role, content }) => ({ role, content }));
}

/** An assistant message must not end with thinking. Messages that held nothing else go, their neighbours merge. */
function dropTrailingThinking(messages: Message[]): void {
  for (const message of messages) {
    if (message.role !== 'assistant') continue;
    while (isThinking(message.content.at(-1))) message.content.pop();
  }
  removeEmptyAnswers(messages);
}

function isThinking(block: JsonObject | undefined): boolean {
  return block?.type === 'thinking' || block?.type === 'redacted_thinking';
}

function removeEmptyAnswers(messages: Message[]): void {
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at] as Message;
    if (message.role !== 'assistant' || message.content.length > 0) continue;
    messages.splice(at, 1);
    const before = messages[at - 1];
    const after = messages[at];
    if (!before || !after || before.role !== after.role) continue;
    before.content.push(...after.content);
    messages.splice(at, 1);
  }
}

/** A last assistant message is the beginning of the answer and must not end in white space. */
function trimPrefill(messages: Message[]): void {
  const last = messages.at(-1);
  const block = last?.content.at(-1);
  if (last?.role !== 'assistant' || block?.type !== 'text') return;
  const text = (block.text as string).trimEnd();
  if (text !== block.text) last.content[last.content.length - 1] = { ...block, text };
}

function emitBlock(part: Part, role: Turn['role']): JsonObject[] {
  switch (part.type) {
    case 'text': {
      if (!/\S/.test(part.text)) return [];
      // Instructions in the middle of a conversation have no role of their own here.
      const text = role === 'system' || role === 'developer' ? `<system>\n${part.text}\n</system>` : part.text;
      const block = marked({ type: 'text', text }, part);
      if (role === 'assistant' && part.extra?.citations !== undefined) block.citations = part.extra.citations;
      return [block];
    }
    case 'refusal':
      return /\S/.test(part.text) ? [{ type: 'text', text: part.text }] : [];
    case 'image':
    case 'file':
      // In an answer there are no pictures or files; their place is named.
      if (role === 'assistant') return [{ type: 'text', text: `[${part.type}]` }];
      return [part.type === 'image' ? emitImage(part) : emitFile(part)];
    case 'reasoning':
      // Thinking of other wires, or without its signature, is refused (S7).
      if (role !== 'assistant' || !goesBackOver('messages', part)) return [];
      return part.signature === undefined
        ? [{ type: 'redacted_thinking', data: part.encrypted as string }]
        : [{ type: 'thinking', thinking: part.text, signature: part.signature }];
    case 'toolCall':
      return role === 'assistant' ? [emitCall(part)] : [];
    case 'toolResult':
      return [emitResult(part)];
    case 'opaque':
      return part.wire === 'messages' ? [part.value] : [];
  }
}

/** The block with the cache mark of its part, where it stood (N15). */
function marked(block: JsonObject, part: { cacheControl?: JsonObject }): JsonObject {
  if (part.cacheControl) block.cache_control = part.cacheControl;
  return block;
}

function emitCall(part: ToolCallPart): JsonObject {
  // Arguments that are no object cannot be sent as they are; their text is kept (N5).
  const input = part.arguments.trim() === '' ? {} : (parseObject(part.arguments) ?? { raw_arguments: part.arguments });
  const block: JsonObject = { type: 'tool_use', id: part.id, name: part.name, input };
  if (part.extra?.wire === 'messages') Object.assign(block, part.extra.fields);
  return marked(block, part);
}

function emitResult(part: ToolResultPart): JsonObject {
  const block: JsonObject = { type: 'tool_result', tool_use_id: part.id };
  const blocks = part.content.flatMap((entry): JsonObject[] => {
    const original = entry.type === 'text' ? entry.extra?.block : undefined;
    return original ? [original as JsonObject] : emitBlock(entry, 'tool');
  });
  const only = blocks.length === 1 ? blocks[0] : undefined;
  if (only && Object.keys(only).length === 2 && only.type === 'text') block.content = only.text as string;
  else if (blocks.length > 0) block.content = blocks;
  // An error has to say something.
  if (part.isError) {
    if (blocks.length === 0) block.content = 'The tool failed without a message.';
    block.is_error = true;
  }
  return marked(block, part);
}

const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

function emitImage(part: ImagePart): JsonObject {
  const { source } = part;
  switch (source.kind) {
    case 'url':
      return marked({ type: 'image', source: { type: 'url', url: source.url } }, part);
    case 'file':
      return source.fileId.startsWith('file_')
        ? marked({ type: 'image', source: { type: 'file', file_id: source.fileId } }, part)
        : { type: 'text', text: '[Picture left out: it is stored at another provider.]' };
    case 'base64': {
      const mediaType = source.mediaType.toLowerCase().replace('image/jpg', 'image/jpeg');
      if (!IMAGE_TYPES.has(mediaType)) {
        return { type: 'text', text: `[Picture left out: this model does not read ${mediaType || 'its format'}.]` };
      }
      return marked({ type: 'image', source: { type: 'base64', media_type: mediaType, data: source.data } }, part);
    }
  }
}

function emitFile(part: FilePart): JsonObject {
  const source = documentSource(part);
  if (!source)
    return {
      type: 'text',
      text: `[File ${part.filename ?? ''} left out: this model does not read it.]`.replace('  ', ' '),
    };
  const block: JsonObject = { type: 'document', source };
  if (part.filename !== undefined) block.title = part.filename;
  if (part.extra?.wire === 'messages') Object.assign(block, part.extra.fields);
  return marked(block, part);
}

function documentSource({ source }: FilePart): JsonObject | undefined {
  switch (source.kind) {
    case 'url':
      return { type: 'url', url: source.url };
    case 'text':
      return { type: 'text', media_type: 'text/plain', data: source.text };
    case 'file':
      return source.fileId.startsWith('file_') ? { type: 'file', file_id: source.fileId } : undefined;
    case 'base64': {
      const mediaType = source.mediaType || 'application/pdf';
      if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data: source.data };
      if (!/^text\/|[/+](json|xml|yaml|javascript)$/.test(mediaType)) return undefined;
      return { type: 'text', media_type: 'text/plain', data: Buffer.from(source.data, 'base64').toString('utf8') };
    }
  }
}
