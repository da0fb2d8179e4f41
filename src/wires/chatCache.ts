/**
 * Anthropic's prompt-cache marks in a chat body, for who leads them there: OpenRouter takes them in text parts, beside a
 * tool and beside the result of one (openrouter.ai, "Prompt caching"; ai-sdk-provider, convert-to-openrouter-chat-messages;
 * fabro#602, vscode#312939). Not as a field of the whole body: that leaves only the endpoints that know it, at times none.
 */
import type { CacheControl, Conversation, JsonObject, JsonValue, Part } from './conversation';
import { arrayOf, filledString, isObject } from './read';

/**
 * Marks the last tool, the last of the leading system messages and the last two of user and tools: four breakpoints, the
 * most that are taken. Replaces what it marks, never changes it: that may belong to the conversation.
 */
export function addChatCacheMarks(body: JsonObject, mark: CacheControl): void {
  const tools = arrayOf(body.tools);
  const tool = tools.at(-1);
  if (isObject(tool)) body.tools = tools.with(-1, { ...tool, cache_control: mark });
  const messages = arrayOf(body.messages).filter(isObject);
  body.messages = messages;
  let systems = 1;
  let others = 2;
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at]!;
    const isSystem = message.role === 'system' || message.role === 'developer';
    if ((isSystem ? systems : others) === 0 || message.role === 'assistant') continue;
    const marked = withMark(message, mark);
    if (!marked) continue;
    messages[at] = marked;
    if (isSystem) systems--;
    else others--;
  }
}

/** The mark that a client set first, wherever it did, for the whole body last; where exactly, the other wire cannot keep. */
export function cacheMarkOf({ turns, tools = [], cacheControl }: Conversation): CacheControl | undefined {
  for (const tool of tools) if (tool.kind !== 'opaque' && tool.cacheControl) return tool.cacheControl;
  for (const { parts } of turns) {
    const part = parts.find(markOf);
    if (part) return markOf(part);
  }
  return cacheControl;
}

function markOf(part: Part): CacheControl | undefined {
  if ('cacheControl' in part && part.cacheControl) return part.cacheControl;
  return part.type === 'toolResult' ? part.content.map(markOf).find((mark) => mark !== undefined) : undefined;
}

function withMark(message: JsonObject, mark: CacheControl): JsonObject | undefined {
  const { role, content } = message;
  if (role === 'tool') return { ...message, cache_control: mark };
  const parts: JsonValue[] = typeof content === 'string' ? [{ type: 'text', text: content }] : arrayOf(content);
  // Empty text is refused with a mark.
  const at = parts.findLastIndex((part) => isObject(part) && part.type === 'text' && filledString(part.text)?.trim());
  return at < 0
    ? undefined
    : { ...message, content: parts.with(at, { ...(parts[at] as JsonObject), cache_control: mark }) };
}
