/** Thinking in the history of a Messages body, and of one of Responses. */
import type { JsonObject } from './conversation';
import { type Edit, editObject, itemsOf, type JsonEntry, readString, scanObject, splice } from './jsonText';
import { arrayOf, isObject } from './read';

const THINKING: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);
/** In the place of a message that was nothing but thinking: one without content is refused. */
const EMPTY = '{"type":"text","text":"..."}';

/** Items of Responses that lean on the reasoning before them by their ids, and may come without: Codex sends those of searches so. */
const LEANING: ReadonlySet<unknown> = new Set([
  'function_call',
  'custom_tool_call',
  'message',
  'web_search_call',
  'tool_search_call',
]);

export function historyThinks(body: JsonObject): boolean {
  const leans = (item: JsonObject) => LEANING.has(item.type) && item.id !== undefined;
  if (arrayOf(body.input).some((item) => isObject(item) && (item.type === 'reasoning' || leans(item)))) return true;
  return arrayOf(body.messages).some(
    (message) =>
      isObject(message) && arrayOf(message.content).some((block) => isObject(block) && THINKING.has(block.type)),
  );
}

/** Where a body asks for that. */
export const BLOCK_BINDING = 'thinking.block_binding';
/** Beta header that a body with it needs. */
const BINDING_BETA = 'thinking-binding-controls-2026-08-01';

/**
 * Thinking of the history is left out by the provider where something before it has changed, in place of refusing the request
 * (platform.claude.com, "Prefix checks on thinking blocks", 2026-11): Cursor writes another system text every turn.
 */
export function leaveOutUnbound(body: JsonObject): void {
  const thinking = isObject(body.thinking) ? body.thinking : { type: 'adaptive' };
  if (thinking.type !== 'adaptive' || !historyThinks(body)) return;
  body.thinking = { ...thinking, block_binding: { prefix_mismatch_behavior: 'drop_block' } };
}

/** What a body made here wants beside it. */
export function betasOf(body: JsonObject): string[] {
  return isObject(body.thinking) && body.thinking.block_binding !== undefined ? [BINDING_BETA] : [];
}

/** Takes all of it out; every other block keeps its bytes. */
export function withoutThinking(bytes: Buffer): Edit[] {
  const entries = scanObject(bytes);
  const input = entries.findLast(({ key, kind }) => key === 'input' && kind === 'array');
  if (input) return ofItems(bytes, input);
  const messages = entries.findLast(({ key, kind }) => key === 'messages' && kind === 'array');
  if (!messages) return [];
  return [...itemsOf(bytes, messages.start)].flatMap(({ start, kind }) => {
    if (kind !== 'object') return [];
    const content = scanObject(bytes, start).findLast((entry) => entry.key === 'content' && entry.kind === 'array');
    return content ? ofContent(bytes, content) : [];
  });
}

function ofContent(bytes: Buffer, { start, end }: JsonEntry): Edit[] {
  const blocks = [...itemsOf(bytes, start)];
  const kept = blocks.filter((block) => block.kind !== 'object' || !THINKING.has(typeOf(bytes, block.start)));
  if (kept.length === blocks.length) return [];
  const texts = kept.map((block) => bytes.toString('utf8', block.start, block.end));
  return [{ start, end, text: `[${texts.length > 0 ? texts.join(',') : EMPTY}]` }];
}

/** Without its reasoning an item is refused by the id that it had with it (gbrain#4513). */
function ofItems(bytes: Buffer, { start, end }: JsonEntry): Edit[] {
  let changed = false;
  const texts = [...itemsOf(bytes, start)].flatMap((item) => {
    const text = bytes.subarray(item.start, item.end);
    const type = item.kind === 'object' ? typeOf(text, 0) : undefined;
    const entries = LEANING.has(type) ? scanObject(text) : [];
    const id = entries.findIndex(({ key }) => key === 'id');
    changed ||= type === 'reasoning' || id >= 0;
    if (type === 'reasoning') return [];
    return [(id < 0 ? text : splice(text, editObject(text, entries, { remove: new Set([id]) }))).toString('utf8')];
  });
  return changed ? [{ start, end, text: `[${texts.join(',')}]` }] : [];
}

function typeOf(bytes: Buffer, start: number): string | undefined {
  const type = scanObject(bytes, start).findLast(({ key, kind }) => key === 'type' && kind === 'string');
  return type && readString(bytes, type);
}
