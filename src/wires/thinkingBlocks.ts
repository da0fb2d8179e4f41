/** Thinking in the history of a Messages body. */
import type { JsonObject } from './conversation';
import { type Edit, itemsOf, type JsonEntry, readString, scanObject } from './jsonText';
import { arrayOf, isObject } from './read';

const THINKING: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);
/** In the place of a message that was nothing but thinking: one without content is refused. */
const EMPTY = '{"type":"text","text":"..."}';

export function historyThinks(body: JsonObject): boolean {
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
  const messages = scanObject(bytes).findLast(({ key, kind }) => key === 'messages' && kind === 'array');
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

function typeOf(bytes: Buffer, start: number): string | undefined {
  const type = scanObject(bytes, start).findLast(({ key, kind }) => key === 'type' && kind === 'string');
  return type && readString(bytes, type);
}
