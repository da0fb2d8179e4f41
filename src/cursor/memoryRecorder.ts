/** Watches one answer and keeps what it brings, for the turns that come back without it (memory.ts). */
import type { Conversation, ReasoningPart, StreamEvent, ToolCallPart } from '../wires/conversation';
import { needsOf } from './coldStart';
import {
  bare,
  hasContent,
  hash,
  type MemoryPersistence,
  type MemoryRecord,
  type MemoryScope,
  printOf,
  scopeKey,
  textOf,
} from './memoryRecord';

export function createRecorder(
  scope: MemoryScope,
  conversation: Conversation,
  now: () => number,
  keep: (record: MemoryRecord) => void,
  persist: MemoryPersistence | undefined,
): (event: StreamEvent) => void {
  const record: MemoryRecord = {
    scope: scopeKey(scope),
    conversation: scope.conversation,
    question: hash(textOf(conversation.turns.findLast((turn) => turn.role === 'user'))),
    at: now(),
    reasoning: [],
    calls: [],
  };
  // "No thinking came with this call" is worth knowing where its absence would be an error.
  const keepsEmpty = needsOf(scope) !== 'nothing';
  const blocks = new Map<number, ReasoningPart>();
  const open = new Map<number, ToolCallPart>();
  let text = '';
  /** Of all blocks of text, in the order in which they began. */
  const phases: NonNullable<MemoryRecord['phases']> = [];
  const phaseOf = new Map<number, (typeof phases)[number]>();

  function phaseAt({ index, text: piece, phase }: Extract<StreamEvent, { type: 'text' }>): void {
    let span = phaseOf.get(index);
    if (!span) {
      span = { phase: phase ?? '', length: 0 };
      phaseOf.set(index, span);
      phases.push(span);
    }
    span.length += bare(piece).length;
    if (phase === undefined) return;
    span.phase = phase;
    record.phases = phases;
  }

  function reasoningAt(at: number): ReasoningPart {
    let part = blocks.get(at);
    if (!part) {
      part = { type: 'reasoning', text: '', wire: scope.wire };
      blocks.set(at, part);
      record.reasoning.push({ part, afterText: text !== '', afterCalls: record.calls.length });
    }
    return part;
  }

  function endCall(call: ToolCallPart): void {
    record.calls.push({
      id: call.id,
      print: printOf(call),
      ...(call.thoughtSignature && { thoughtSignature: call.thoughtSignature }),
      ...(call.itemId && { itemId: call.itemId }),
    });
    if (keepsEmpty || hasContent(record)) keep(record);
  }

  return (event) => {
    switch (event.type) {
      case 'reasoning':
        reasoningAt(event.index).text += event.text;
        break;
      case 'reasoningEnd': {
        const { type: _, index, ...fields } = event;
        Object.assign(reasoningAt(index), fields);
        break;
      }
      case 'text':
        text += event.text;
        phaseAt(event);
        break;
      case 'toolCallStart': {
        const { type: _, index, ...head } = event;
        open.set(index, { type: 'toolCall', arguments: '', ...head });
        break;
      }
      case 'toolCallDelta': {
        const call = open.get(event.index);
        if (call) call.arguments += event.text;
        break;
      }
      case 'toolCallEnd': {
        const call = open.get(event.index);
        if (!call) break;
        open.delete(event.index);
        if (event.thoughtSignature) call.thoughtSignature = event.thoughtSignature;
        endCall(call);
        break;
      }
      case 'finish':
        if (record.calls.length === 0 && text.trim() !== '') record.text = hash(bare(text));
        if (record.calls.length === 0 ? record.text && hasContent(record) : keepsEmpty || hasContent(record)) {
          keep(record);
          persist?.append(JSON.stringify(record));
        }
        break;
    }
  };
}
