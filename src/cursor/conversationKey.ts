/** What tells concurrent conversations apart (S1 to S3). */
import type { Conversation } from '../wires/conversation';
import { hash, textOf } from './memoryRecord';
import { conversationHint } from './request';

/**
 * Key of the conversation, first hit wins: `metadata.cursorConversationId`, a header, else derived from the
 * model and the first user text, since the system text changes every turn (S1, S2).
 */
export function conversationKey(
  conversation: Conversation,
  headers: Headers,
  hint = conversationHint(conversation),
): string {
  const first = conversation.turns.find((turn) => turn.role === 'user');
  return namedConversation(hint, headers) ?? derivedConversation(conversation.model, textOf(first));
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Cursor's, Claude Code's, Codex's (its older and its newer spelling). Ids of single requests do not count (S3). */
const HEADERS = ['x-cursor-conversation-id', 'x-claude-code-session-id', 'session_id', 'session-id'];

/** The client's own word for a conversation, in its body or a header (S1). */
export function namedConversation(hint: string | undefined, headers: Headers): string | undefined {
  if (hint) return `m:${hash(hint)}`;
  for (const name of HEADERS) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return `h:${hash(value)}`;
  }
  return undefined;
}

/** What all turns of a conversation have in common (S2). A hash, so that no prompt is kept. */
export function derivedConversation(model: string, first: string): string {
  return `d:${hash(`${model}\u0000${first}`)}`;
}
