/** What a client of one wire sent and another wire has no form for: text in its place, or a refusal, never silence. */
import { RequestProblem } from './codec';
import type { Conversation, JsonObject, Part, WireName } from './conversation';
import { textInside } from './parts';
import { arrayOf, objectOf } from './read';

/** Fields that lean on something kept or run at the provider: without it the request means something else. */
const HELD_ELSEWHERE: Readonly<Partial<Record<WireName, readonly string[]>>> = {
  messages: ['thread', 'container', 'mcp_servers'],
  responses: ['background'],
};

/** The conversation for an upstream of another wire. Throws RequestProblem for what cannot be carried. */
export function carryAcross(conversation: Conversation): Conversation {
  refuseHeldElsewhere(conversation);
  const turns = conversation.turns.map((turn) => {
    if (turn.role !== 'user') return turn;
    const parts = turn.parts.map(carryPart);
    return parts.some((part, at) => part !== turn.parts[at]) ? { ...turn, parts } : turn;
  });
  return turns.some((turn, at) => turn !== conversation.turns[at]) ? { ...conversation, turns } : conversation;
}

function refuseHeldElsewhere({ extra }: Conversation): void {
  for (const key of (extra && HELD_ELSEWHERE[extra.wire]) ?? []) {
    const value = extra?.fields[key];
    if (value === undefined || value === null || value === false) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    throw new RequestProblem(
      `This model is served by a provider that does not know \`${key}\`. Send the request without it, with everything the model needs.`,
      key,
      // Anthropic's SDK looks for this word and goes on without threads.
      key === 'thread' ? 'thread_unsupported_request' : undefined,
    );
  }
}

function carryPart(part: Part): Part {
  if (part.type !== 'opaque') return part;
  const { value } = part;
  if (value.type === 'input_audio') {
    throw new RequestProblem(
      'This model is served by a provider that takes no `input_audio` in this form.',
      'input_audio',
    );
  }
  if (value.type === 'search_result') return { type: 'text', text: textInside(value) };
  const content = value.type === 'document' ? contentOf(value) : undefined;
  return content ? { type: 'text', text: textInside({ ...value, content }) } : part;
}

/** The blocks of a document that is given as content. */
function contentOf(value: JsonObject): JsonObject['content'] | undefined {
  const source = objectOf(value.source);
  if (source?.type !== 'content') return undefined;
  return typeof source.content === 'string' ? [{ type: 'text', text: source.content }] : arrayOf(source.content);
}
