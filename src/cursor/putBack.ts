/** A turn of the history gets back what is remembered of it. */
import type { Part, ToolCallPart, Turn, WireName } from '../wires/conversation';
import { goesBackOver } from '../wires/origin';
import { hasContent, type MemoryRecord } from './memoryRecord';

/** The turn with its reasoning in place and its calls' companions (S10). Same object when there is nothing to add. */
export function withRecord(turn: Turn, record: MemoryRecord | undefined, wire: WireName): Turn {
  if (!record || !hasContent(record)) return turn;
  if (bringsThinking(turn, record, wire)) return withSignatures(turn, record);
  const parts: Part[] = [];
  let left = record.reasoning;
  let calls = 0;
  let text = false;
  const due = () => {
    const ready = left.filter((entry) => entry.afterCalls <= calls && (!entry.afterText || text || calls > 0));
    left = left.filter((entry) => !ready.includes(entry));
    parts.push(...ready.map(({ part }) => ({ ...part })));
  };
  const others = record.reasoning.length > 0 ? turn.parts.filter(({ type }) => type !== 'reasoning') : turn.parts;
  for (const part of others) {
    if (part.type === 'text' && calls === 0) {
      due();
      parts.push(part);
      text ||= part.text !== '';
      continue;
    }
    if (part.type !== 'toolCall') {
      parts.push(part);
      continue;
    }
    // A call the client left out shifts nothing: what stood before the first call is due now at the latest.
    if (calls === 0) text = true;
    due();
    parts.push(withCompanions(part, record));
    calls++;
  }
  if (calls === 0) due();
  return { ...turn, parts };
}

function withSignatures(turn: Turn, record: MemoryRecord): Turn {
  const parts = turn.parts.map((part) =>
    part.type === 'toolCall' && !part.thoughtSignature ? withCompanions(part, record) : part,
  );
  return parts.some((part, at) => part !== turn.parts[at]) ? { ...turn, parts } : turn;
}

/** Thinking that the client brought itself stays, where it is all that the provider gave: the text alone is not. */
function bringsThinking(turn: Turn, record: MemoryRecord, wire: WireName): boolean {
  const brought = turn.parts.filter((part) => goesBackOver(wire, part));
  const sealed = record.reasoning.some(({ part }) => part.encrypted !== undefined);
  return brought.length > 0 && (!sealed || brought.some(({ encrypted }) => encrypted !== undefined));
}

function withCompanions(call: ToolCallPart, record: MemoryRecord): ToolCallPart {
  const kept = record.calls.find(({ id }) => id === call.id);
  if (!kept?.thoughtSignature && !kept?.itemId) return call;
  return {
    ...call,
    ...(kept.thoughtSignature && { thoughtSignature: kept.thoughtSignature }),
    ...(kept.itemId && { itemId: kept.itemId }),
  };
}
