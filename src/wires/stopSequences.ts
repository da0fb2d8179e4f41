/**
 * Stop sequences for upstreams that have no field for them (the Responses API): the text is cut where the first one
 * begins, as a provider with the field would have done.
 */
import type { StreamEvent } from './conversation';

/**
 * Maps the events of one reply. Text that may be the beginning of a stop sequence is held back until that is certain;
 * after a hit nothing but usage and the end passes, and the finish says which sequence it was.
 */
export function cutAtStop(sequences: readonly string[]): (event: StreamEvent) => StreamEvent[] {
  const wanted = sequences.filter((sequence) => sequence !== '');
  let held: { index: number; text: string } | undefined;
  let hit: string | undefined;

  const release = (): StreamEvent[] => {
    const event = held && { type: 'text' as const, ...held };
    held = undefined;
    return event ? [event] : [];
  };
  function text(event: Extract<StreamEvent, { type: 'text' }>): StreamEvent[] {
    const before = held && held.index !== event.index ? release() : [];
    const whole = (held?.text ?? '') + event.text;
    held = undefined;
    const found = firstOf(whole, wanted);
    if (found) {
      hit = found.sequence;
      const left = whole.slice(0, found.at);
      return [...before, ...cutText(event, left), { type: 'finish', reason: 'stop', stopSequence: hit }];
    }
    const keep = beginningAtEnd(whole, wanted);
    if (keep > 0) held = { index: event.index, text: whole.slice(whole.length - keep) };
    return [...before, ...cutText(event, whole.slice(0, whole.length - keep))];
  }
  return (event) => {
    if (hit !== undefined) return event.type === 'usage' || event.type === 'end' ? [event] : [];
    if (event.type === 'text') return text(event);
    return event.type === 'start' || event.type === 'usage' ? [event] : [...release(), event];
  };
}

function cutText(event: Extract<StreamEvent, { type: 'text' }>, text: string): StreamEvent[] {
  return text === '' && event.phase === undefined ? [] : [{ ...event, text }];
}

function firstOf(text: string, sequences: readonly string[]): { at: number; sequence: string } | undefined {
  let first: { at: number; sequence: string } | undefined;
  for (const sequence of sequences) {
    const at = text.indexOf(sequence);
    if (at >= 0 && (!first || at < first.at)) first = { at, sequence };
  }
  return first;
}

/** Length of the longest end of `text` that begins a sequence. */
function beginningAtEnd(text: string, sequences: readonly string[]): number {
  let longest = 0;
  for (const sequence of sequences) {
    for (let length = Math.min(sequence.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(sequence.slice(0, length))) longest = length;
    }
  }
  return longest;
}
