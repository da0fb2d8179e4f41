/**
 * Thinking goes back only to the backend it came from (S7): what leaves for a client of another wire is marked with its
 * origin, inside the seal, and what comes back from elsewhere is left out.
 */
import type { Conversation, Part, ReasoningPart, StreamEvent, WireName } from './conversation';

/** Marks the ends of thinking of one answer. */
export function markOrigin(origin: string): (event: StreamEvent) => StreamEvent {
  return (event) => (event.type === 'reasoningEnd' && event.wire !== undefined ? { ...event, origin } : event);
}

/** The conversation without thinking that another backend made. Never mutates. */
export function ownThinking(conversation: Conversation, origin: string): Conversation {
  let changed = false;
  const turns = conversation.turns.map((turn) => {
    const parts = turn.parts.filter(
      (part) => part.type !== 'reasoning' || part.origin === undefined || part.origin === origin,
    );
    if (parts.length === turn.parts.length) return turn;
    changed = true;
    return { ...turn, parts };
  });
  return changed ? { ...conversation, turns } : conversation;
}

/**
 * Whether this is thinking that goes back over the wire as it stands, with what its providers want beside it. Many chat
 * clients keep the text of thinking and nothing else: to Responses and Messages that is none.
 */
export function goesBackOver(wire: WireName, part: Part): part is ReasoningPart {
  if (part.type !== 'reasoning') return false;
  const { encrypted, signature } = part;
  switch (wire) {
    case 'chat':
      return part.wire === 'chat' || (part.wire === undefined && signature === undefined && encrypted === undefined);
    case 'responses':
      return part.wire === 'responses' && encrypted !== undefined;
    case 'messages':
      return part.wire === 'messages' && (signature !== undefined || encrypted !== undefined);
  }
}
