/** A turn of the history gets back what is remembered of it. */
import type { Part, TextPart, ToolCallPart, Turn, WireName } from '../wires/conversation';
import { goesBackOver } from '../wires/origin';
import { bare, hasContent, type MemoryRecord, textOf } from './memoryRecord';

/** The turn with its reasoning in place and its calls' companions (S10). Same object when there is nothing to add. */
export function withRecord(asked: Turn, record: MemoryRecord | undefined, wire: WireName): Turn {
  if (!record || !hasContent(record)) return asked;
  const turn = withPhases(asked, record);
  if (record.reasoning.length === 0 && !record.calls.some(hasCompanion)) return turn;
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

/**
 * OpenAI's models of gpt-5.3-codex and later take what they said on the way for their last word where its phase is missing
 * (vercel/ai#12860, pi#1819). Other wires have one text where Responses had several messages: it is cut at their lengths.
 */
function withPhases(turn: Turn, { phases }: MemoryRecord): Turn {
  const texts = turn.parts.filter((part) => part.type === 'text');
  if (!phases || texts.length === 0 || texts.some(({ extra }) => extra?.phase !== undefined)) return turn;
  const told = bare(textOf(turn)).length;
  const isWhole = phases.reduce((sum, { length }) => sum + length, 0) === told;
  const [first] = phases;
  const same = phases.every(({ phase }) => phase === first?.phase) ? first?.phase : undefined;
  if (!isWhole && same === undefined) return turn;
  const left = same === undefined ? phases.map((span) => ({ ...span })) : [{ phase: same, length: told }];
  const parts = turn.parts.flatMap((part): Part[] => (part.type === 'text' ? inPhases(part, left) : [part]));
  return { ...turn, parts };
}

/** Takes from `left` what the part holds of it; blanks stay with what stands before them. */
function inPhases(part: TextPart, left: { phase: string; length: number }[]): TextPart[] {
  const parts: TextPart[] = [];
  const take = (text: string, phase = '') => {
    const extra = { ...part.extra, ...(phase !== '' && { phase }) };
    if (text !== '') parts.push({ ...part, text, ...(Object.keys(extra).length > 0 && { extra }) });
  };
  let from = 0;
  for (let at = 0; at < part.text.length && left.length > 1; at++) {
    if (/\s/.test(part.text[at]!)) continue;
    // More than one where a block was nothing but blanks.
    while (left.length > 1 && left[0]!.length === 0) {
      take(part.text.slice(from, at), left.shift()!.phase);
      from = at;
    }
    left[0]!.length--;
  }
  take(part.text.slice(from), left[0]?.phase);
  return parts;
}

const hasCompanion = (call: MemoryRecord['calls'][number]): boolean =>
  call.thoughtSignature !== undefined || call.itemId !== undefined;

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
