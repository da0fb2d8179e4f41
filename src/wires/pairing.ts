/**
 * Every provider refuses a tool call without its result, a result without its call, and ids that are too long, illegal
 * or used twice. Histories hold all of these (an aborted turn, a trimmed conversation, a change of provider), so the
 * turns are repaired before they are emitted; both sides of a pair get the same id (N6, N25, S9).
 */
import type { ToolCallPart, ToolResultPart, Turn } from './conversation';
import { legalId } from './ids';

const MISSING = 'The result of this tool call is missing: it was not recorded.';

/** Results of one id in the order they came, `next` the first that may still find its call; turns that call by this id. */
interface Candidates {
  results: { part: ToolResultPart; turn: number }[];
  next: number;
  callTurns: number[];
}

/**
 * Turns in which each assistant turn with calls is followed by one tool turn with exactly their results, in the order
 * of the calls. A missing result becomes a sentence saying so, a result without call becomes text of a user
 * turn. Deterministic: a longer history gives the same beginning, so prompt caches hold. Never mutates `turns`.
 */
export function pairTools(turns: readonly Turn[], maxIdLength: number): Turn[] {
  const candidates = resultsById(turns);
  const taken = new Set<ToolResultPart>();
  const copies = new Map<string, number>();
  const usedIds = new Set<string>();
  let calls = 0;

  const newId = (id: string): string => {
    calls++;
    let legal = legalId(id === '' ? `call_${calls}` : id, maxIdLength);
    while (usedIds.has(legal)) {
      const copy = (copies.get(id) ?? 1) + 1;
      copies.set(id, copy);
      legal = legalId(`${id}_${copy}`, maxIdLength);
    }
    usedIds.add(legal);
    return legal;
  };
  const resultOf = (call: ToolCallPart, id: string, turn: number): ToolResultPart => {
    const found = nextResult(candidates.get(call.id), call.id, turn);
    if (found) taken.add(found);
    const result: ToolResultPart = found
      ? { ...found, id }
      : { type: 'toolResult', id, name: call.name, content: [{ type: 'text', text: MISSING }], isError: true };
    // The call decides what the pair is: a custom call needs a custom output and the other way round.
    if (call.custom) result.custom = true;
    else delete result.custom;
    return result;
  };

  const paired: Turn[] = [];
  turns.forEach((turn, at) => {
    if (turn.role === 'assistant') {
      const results: ToolResultPart[] = [];
      let parts = turn.parts;
      turn.parts.forEach((part, index) => {
        if (part.type !== 'toolCall') return;
        const id = newId(part.id);
        results.push(resultOf(part, id, at));
        if (id === part.id) return;
        if (parts === turn.parts) parts = turn.parts.slice();
        parts[index] = { ...part, id };
      });
      paired.push(parts === turn.parts ? turn : { ...turn, parts });
      if (results.length > 0) paired.push({ role: 'tool', parts: results });
      return;
    }
    if (!turn.parts.some((part) => part.type === 'toolResult')) {
      paired.push(turn);
      return;
    }
    const left = turn.parts.flatMap((part) => {
      if (part.type !== 'toolResult') return [part];
      return taken.has(part) ? [] : orphan(part);
    });
    if (left.length > 0) paired.push({ ...turn, role: turn.role === 'tool' ? 'user' : turn.role, parts: left });
  });
  return paired;
}

function resultsById(turns: readonly Turn[]): Map<string, Candidates> {
  const byId = new Map<string, Candidates>();
  const of = (id: string): Candidates => {
    let known = byId.get(id);
    if (!known) byId.set(id, (known = { results: [], next: 0, callTurns: [] }));
    return known;
  };
  turns.forEach((turn, at) => {
    for (const part of turn.parts) {
      if (part.type === 'toolResult') of(part.id).results.push({ part, turn: at });
      else if (part.type === 'toolCall') of(part.id).callTurns.push(at);
    }
  });
  return byId;
}

/**
 * The first result behind the turn that no earlier call took. Some upstreams number the calls of every answer anew:
 * what stands behind the next call of the same id belongs to that one. Calls come in order, so results that are
 * passed over stay orphaned.
 */
function nextResult(candidates: Candidates | undefined, id: string, turn: number): ToolResultPart | undefined {
  if (!candidates) return undefined;
  const { results, callTurns } = candidates;
  while ((results[candidates.next]?.turn ?? Number.POSITIVE_INFINITY) <= turn) candidates.next++;
  while (callTurns[0] !== undefined && callTurns[0] <= turn) callTurns.shift();
  const found = results[candidates.next];
  if (!found || (id !== '' && found.turn > (callTurns[0] ?? Number.POSITIVE_INFINITY))) return undefined;
  candidates.next++;
  return found.part;
}

function orphan(part: ToolResultPart): Turn['parts'] {
  const of = part.name ? ` (${part.name})` : '';
  return [
    { type: 'text', text: `Result of an earlier tool call${of} that is no longer part of this conversation:` },
    ...part.content,
  ];
}
