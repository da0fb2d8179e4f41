/** From a stream of neutral events to a whole answer, and back. */
import type { Answer, ApiFailure, FinishReason, Part, ReasoningPart, StreamEvent, ToolCallPart } from './conversation';

export interface AnswerCollector {
  push(event: StreamEvent): void;
  /** What has come so far; a live view until the stream has ended. */
  readonly answer: Answer;
  /** The model said why it stopped. Without it the answer is not complete. */
  readonly finished: boolean;
  /** The upstream said that nothing more comes. */
  readonly ended: boolean;
  /** An error arrived inside the stream. */
  readonly failure: ApiFailure | undefined;
}

/** Adds events up. Parts stand in the order in which their blocks began. */
export function createCollector(): AnswerCollector {
  const answer: Answer = { parts: [] };
  const blocks = new Map<number, Part>();

  function block<T extends Part['type']>(
    index: number,
    type: T,
    fresh: () => Extract<Part, { type: T }>,
  ): Extract<Part, { type: T }> {
    const known = blocks.get(index);
    if (known?.type === type) return known as Extract<Part, { type: T }>;
    const part = fresh();
    blocks.set(index, part);
    answer.parts.push(part);
    return part;
  }
  const reasoning = (index: number): ReasoningPart =>
    block(index, 'reasoning', () => ({ type: 'reasoning', text: '' }));
  const call = (index: number): ToolCallPart | undefined => {
    const known = blocks.get(index);
    return known?.type === 'toolCall' ? known : undefined;
  };

  function push(event: StreamEvent): void {
    switch (event.type) {
      case 'start':
        if (event.id !== undefined) answer.id ??= event.id;
        if (event.model !== undefined) answer.model ??= event.model;
        if (event.created !== undefined) answer.created ??= event.created;
        break;
      case 'text': {
        const part = block(event.index, 'text', () => ({ type: 'text', text: '' }));
        part.text += event.text;
        if (event.phase !== undefined) part.extra = { ...part.extra, phase: event.phase };
        break;
      }
      case 'refusal':
        block(event.index, 'refusal', () => ({ type: 'refusal', text: '' })).text += event.text;
        break;
      case 'reasoning':
        reasoning(event.index).text += event.text;
        break;
      case 'reasoningEnd': {
        const { type: _, index, ...kept } = event;
        Object.assign(reasoning(index), kept);
        break;
      }
      case 'toolCallStart': {
        const { type: _, index, ...head } = event;
        block(index, 'toolCall', () => ({ type: 'toolCall', ...head, arguments: '' }));
        break;
      }
      case 'toolCallDelta': {
        const part = call(event.index);
        if (part) part.arguments += event.text;
        break;
      }
      case 'toolCallEnd': {
        const part = call(event.index);
        if (part && event.thoughtSignature !== undefined) part.thoughtSignature = event.thoughtSignature;
        break;
      }
      case 'opaque':
        block(event.index, 'opaque', () => ({ type: 'opaque', wire: event.wire, value: event.value }));
        break;
      case 'usage':
        answer.usage = { ...answer.usage, ...event.usage };
        break;
      case 'finish': {
        const { type: _, ...finish } = event;
        answer.finish = finish;
        collector.finished = true;
        break;
      }
      case 'error':
        collector.failure ??= event.failure;
        break;
      case 'end':
        collector.ended = true;
        break;
    }
  }

  const collector = { push, answer, finished: false, ended: false, failure: undefined as ApiFailure | undefined };
  return collector;
}

/** The whole answer of a finished stream of events. */
export function collect(events: Iterable<StreamEvent>): Answer {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return collector.answer;
}

/**
 * Why an answer ended whose upstream said that it did, but not why ([DONE] alone). What came whole is whole; with half a
 * call it was cut (R10, R11). Some servers say that they call although they do not (vllm#53255): clients look for the call.
 */
export function endOf(finish: Answer['finish'], calls: 'none' | 'whole' | 'half'): FinishReason {
  if (finish) return finish.reason === 'toolCalls' && calls === 'none' ? 'stop' : finish.reason;
  return calls === 'none' ? 'stop' : calls === 'whole' ? 'toolCalls' : 'length';
}

/** What `endOf` wants to know of the calls of a whole answer. */
export function callsIn(parts: readonly Part[]): 'none' | 'whole' | 'half' {
  const calls = parts.filter((part) => part.type === 'toolCall');
  if (calls.length === 0) return 'none';
  return calls.every((call) => !call.custom && isWholeJson(call.arguments)) ? 'whole' : 'half';
}

/** Whether a call's arguments came whole; none at all are. */
function isWholeJson(text: string): boolean {
  if (text.trim() === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The events of a whole answer, as a stream would have brought them. A missing finish stays missing (R10). */
export function replay(answer: Answer): StreamEvent[] {
  const { id, model, created } = answer;
  const events: StreamEvent[] = [
    {
      type: 'start',
      ...(id !== undefined && { id }),
      ...(model !== undefined && { model }),
      ...(created !== undefined && { created }),
    },
  ];
  for (const [index, part] of answer.parts.entries()) events.push(...replayPart(part, index));
  if (answer.finish) events.push({ type: 'finish', ...answer.finish });
  if (answer.usage) events.push({ type: 'usage', usage: answer.usage });
  events.push({ type: 'end' });
  return events;
}

function replayPart(part: Part, index: number): StreamEvent[] {
  switch (part.type) {
    case 'text': {
      const phase = part.extra?.phase;
      return part.text === ''
        ? []
        : [{ type: 'text', index, text: part.text, ...(typeof phase === 'string' && { phase }) }];
    }
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'refusal', index, text: part.text }];
    case 'reasoning': {
      const { type: _, text, ...kept } = part;
      const end: StreamEvent = { type: 'reasoningEnd', index, ...kept };
      return text === '' ? [end] : [{ type: 'reasoning', index, text }, end];
    }
    case 'toolCall': {
      const { type: _, arguments: text, cacheControl: __, ...head } = part;
      const start: StreamEvent = { type: 'toolCallStart', index, ...head };
      const end: StreamEvent = { type: 'toolCallEnd', index };
      return text === '' ? [start, end] : [start, { type: 'toolCallDelta', index, text }, end];
    }
    case 'opaque':
      return [{ type: 'opaque', index, wire: part.wire, value: part.value }];
    // These stand in requests; no wire streams them as an answer.
    case 'image':
    case 'file':
    case 'toolResult':
      return [];
  }
}
