/** Prompt-cache marks for clients that send none. */
import type { JsonObject, JsonValue } from './conversation';
import { isObject } from './read';

const MARK: JsonObject = { type: 'ephemeral' };

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
