/** Prompt-cache marks for clients that send none. */
import { Buffer } from 'node:buffer';
import type { JsonObject, JsonValue } from './conversation';
import { isObject } from './read';

/** Where the client names none: five minutes. */
export const MARK: JsonObject = { type: 'ephemeral' };

/**
 * Marks the last tool, the last system block and the last two user messages: four breakpoints, the most the provider
 * takes. Each turn then reads what the one before wrote. Nothing is added when the client marked anything itself.
 * Replaces blocks of `body`, never changes them: they may belong to the conversation.
 */
export function addCacheMarks(body: JsonObject): void {
  if (body.cache_control !== undefined || hasMark(body.system) || hasMark(body.tools) || hasMark(body.messages)) return;
  if (Array.isArray(body.tools)) body.tools = withMarkAt(body.tools, body.tools.findLastIndex(takesMark));
  if (Array.isArray(body.system)) body.system = withMarkAt(body.system, body.system.length - 1);
  const messages = body.messages as JsonObject[];
  let left = 2;
  for (let at = messages.length - 1; at >= 0 && left > 0; at--) {
    const message = messages[at] as JsonObject;
    if (message.role !== 'user') continue;
    const content = message.content as JsonValue[];
    messages[at] = { ...message, content: withMarkAt(content, content.length - 1) };
    left--;
  }
}

/** Tools loaded on demand are not part of the prefix. */
function takesMark(tool: JsonValue): boolean {
  return isObject(tool) && tool.defer_loading !== true;
}

function withMarkAt(blocks: JsonValue[], at: number): JsonValue[] {
  const block = blocks[at];
  if (!isObject(block)) return blocks;
  const copy = blocks.slice();
  copy[at] = { ...block, cache_control: MARK };
  return copy;
}

/** Whether blocks, or blocks inside messages and tool results, carry a mark. */
function hasMark(blocks: JsonValue | undefined): boolean {
  if (!Array.isArray(blocks)) return false;
  return blocks.some((block) => isObject(block) && (isObject(block.cache_control) || hasMark(block.content)));
}

/** Most breakpoints that the provider takes in one request. */
const MOST_MARKS = 4;
const MARK_KEY = Buffer.from('"cache_control"');

/** Whether a body as text may hold more marks than are taken; inside a string the key would be escaped. Cheap. */
export function mayHaveTooManyMarks(bytes: Buffer): boolean {
  let count = 0;
  for (let at = bytes.indexOf(MARK_KEY); at >= 0; at = bytes.indexOf(MARK_KEY, at + MARK_KEY.length)) count++;
  return count > MOST_MARKS;
}

/**
 * The body with at most four marks: the last ones in the order of the prefix stay, as each covers what stands before it
 * (c11). The same object where there are no more. Never mutates.
 */
export function withLastMarks(body: JsonObject): JsonObject {
  const blocks = ['tools', 'system', 'messages'] as const;
  let surplus = blocks.reduce((sum, key) => sum + countMarks(body[key]), 0) - MOST_MARKS;
  if (isObject(body.cache_control)) surplus++;
  if (surplus <= 0) return body;
  const without = (value: JsonValue): JsonValue => {
    if (surplus <= 0 || !isObject(value)) return value;
    const content = Array.isArray(value.content) ? value.content.map(without) : value.content;
    const { cache_control: mark, ...rest } = value;
    const goes = surplus > 0 && isObject(mark);
    if (goes) surplus--;
    return { ...(goes ? rest : value), ...(content !== undefined && { content }) };
  };
  const limited = { ...body };
  for (const key of blocks) if (Array.isArray(body[key])) limited[key] = body[key].map(without);
  return limited;
}

function countMarks(blocks: JsonValue | undefined): number {
  if (!Array.isArray(blocks)) return 0;
  return blocks.reduce<number>(
    (sum, block) => (isObject(block) ? sum + countMarks(block.content) + (isObject(block.cache_control) ? 1 : 0) : sum),
    0,
  );
}
