/**
 * Which conversation a request belongs to, for every client: its own word where it says one, else what all its turns have in
 * common, the model and the first text of the user (S1, S2). The names stand in cursor/conversationKey.ts.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { derivedConversation, namedConversation } from '../cursor/conversationKey';
import { conversationHint } from '../cursor/request';
import type { JsonObject, JsonValue } from '../wires/conversation';
import { itemsOf, scanObject } from '../wires/jsonText';
import { filledString, isObject } from '../wires/read';
import type { ClientRequest } from './clientRequest';

export function conversationOf(request: ClientRequest, headers: IncomingHttpHeaders): string | undefined {
  const named = namedConversation(bodyHint(request), headers);
  if (named) return named;
  const first = firstWords(request);
  return first === undefined ? undefined : derivedConversation(request.model ?? '', first);
}

/** `metadata.cursorConversationId`, in whichever spelling; `prompt_cache_key`, which Codex fills with its conversation. */
function bodyHint(request: ClientRequest): string | undefined {
  const metadata = request.entry('metadata')?.kind === 'object' && (request.value('metadata') as JsonObject);
  const hint = metadata && conversationHint({ metadata });
  if (hint) return hint;
  return request.entry('prompt_cache_key')?.kind === 'string'
    ? filledString(request.value('prompt_cache_key') as JsonValue)
    : undefined;
}

/** Text of the user's first message; no more of the body is read than leads there. */
function firstWords(request: ClientRequest): string | undefined {
  const list = [request.entry('messages'), request.entry('input')].find((entry) => entry?.kind === 'array');
  if (!list) {
    const input = request.entry('input');
    return input?.kind === 'string' ? filledString(request.value('input') as JsonValue) : undefined;
  }
  for (const { start, end, kind } of itemsOf(request.bytes, list.start))
    if (kind === 'object' && isUser(request.bytes, start)) return textOf(request.bytes, start, end);
  return undefined;
}

function isUser(bytes: Buffer, start: number): boolean {
  return scanObject(bytes, start).some(
    ({ key, kind, start: from, end }) =>
      key === 'role' && kind === 'string' && bytes.toString('latin1', from, end) === '"user"',
  );
}

/** Only texts: cache marks move from turn to turn. */
function textOf(bytes: Buffer, start: number, end: number): string | undefined {
  try {
    const { content } = JSON.parse(bytes.toString('utf8', start, end)) as { content?: unknown };
    if (typeof content === 'string') return content;
    const texts = Array.isArray(content) ? content.map((part) => (isObject(part) ? filledString(part.text) : '')) : [];
    return texts.join('') || undefined;
  } catch {
    return undefined;
  }
}
