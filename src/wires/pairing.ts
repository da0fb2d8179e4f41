/**
 * Every provider refuses a tool call without its result, a result without its call, and ids that are too long, illegal
 * or used twice. Histories hold all of these (an aborted turn, a trimmed conversation, a change of provider), so the
 * turns are repaired before they are emitted; both sides of a pair get the same id (N6, N25, S9).
 */
import type { ToolCallPart, ToolResultPart, Turn } from './conversation';
import { legalId } from './ids';

const MISSING = 'The result of this tool call is missing: it was not recorded.';

interface Candidate {
  part: ToolResultPart;
  turn: number;
  used: boolean;
}

/**
 * Turns in which each assistant turn with calls is followed by one tool turn with exactly their results, in the order
 * of the calls. A missing result becomes a sentence saying so, a result without call becomes text of a user
 * turn. Deterministic: a longer history gives the same beginning, so prompt caches hold. Never mutates `turns`.
 */
export function pairTools(turns: readonly Turn[], maxIdLength: number): Turn[] {
  const candidates = resultsById(turns);
  const usedIds = new Set<string>();
  let calls = 0;

  const newId = (id: string): string => {
    calls++;
    let legal = legalId(id === '' ? `call_${calls}` : id, maxIdLength);
    for (let copy = 2; usedIds.has(legal); copy++) legal = legalId(`${id}_${copy}`, maxIdLength);
    usedIds.add(legal);
    return legal;
  };
  const resultOf = (call: ToolCallPart, id: string, turn: number): ToolResultPart => {
    const found = candidates.get(call.id)?.find((candidate) => !candidate.used && candidate.turn > turn);
    if (found) found.used = true;
    const result: ToolResultPart = found
      ? { ...found.part, id }
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
      return isUsed(candidates, part) ? [] : orphan(part);
    });
    if (left.length > 0) paired.push({ ...turn, role: turn.role === 'tool' ? 'user' : turn.role, parts: left });
  });
  return paired;
}

function resultsById(turns: readonly Turn[]): Map<string, Candidate[]> {
  const results = new Map<string, Candidate[]>();
  turns.forEach((turn, at) => {
    for (const part of turn.parts) {
      if (part.type !== 'toolResult') continue;
      const list = results.get(part.id);
      const candidate: Candidate = { part, turn: at, used: false };
      if (list) list.push(candidate);
      else results.set(part.id, [candidate]);
    }
  });
  return results;
}

function isUsed(candidates: Map<string, Candidate[]>, part: ToolResultPart): boolean {
  return candidates.get(part.id)?.some((candidate) => candidate.part === part && candidate.used) ?? false;
}

function orphan(part: ToolResultPart): Turn['parts'] {
  const of = part.name ? ` (${part.name})` : '';
  return [
    { type: 'text', text: `Result of an earlier tool call${of} that is no longer part of this conversation:` },
    ...part.content,
  ];
}
