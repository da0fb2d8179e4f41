/** Anthropic Messages: the upstream's stream into neutral events. */
import { MOST_CALLS, namelessCall, tooManyCalls } from './callBounds';
import type { SseEvent, StreamParser } from './codec';
import type { ApiFailure, JsonObject, StreamEvent, Usage } from './conversation';
import { failureOfEvent } from './failure';
import { readMessagesUsage, readStop } from './messagesAnswer';
import { filledString, numberOf, objectOf, parseObject, stringOf } from './read';
import { unsealReasoning } from './sealedReasoning';

interface Block {
  /** Neutral index: a second message in the same stream counts its blocks from 0 again. */
  index: number;
  kind: 'text' | 'thinking' | 'redacted' | 'tool' | 'opaque';
  /** Signature of thinking, JSON of an opaque block's input. */
  text: string;
  value: JsonObject;
  /** Arguments have been streamed. */
  streamed: boolean;
}

/** Parser of Messages events. */
export function createMessagesParser(): StreamParser {
  let blocks = new Map<number, Block>();
  let nextIndex = 0;
  let started = false;
  let over = false;
  let calls = 0;
  let usage: Usage | undefined;

  function start(event: JsonObject): StreamEvent[] {
    // A proxy that falls back in the middle begins a second message: what was open is abandoned, never closed (R11).
    blocks = new Map();
    const message = objectOf(event.message) ?? {};
    const events: StreamEvent[] = [];
    if (!started) {
      started = true;
      const begun: StreamEvent = { type: 'start' };
      const id = filledString(message.id);
      if (id) begun.id = id;
      const model = filledString(message.model);
      if (model) begun.model = model;
      events.push(begun);
    }
    usage = readMessagesUsage(message.usage, usage);
    if (usage) events.push({ type: 'usage', usage });
    return events;
  }

  function stop(failure: ApiFailure): StreamEvent[] {
    over = true;
    return [{ type: 'error', failure }];
  }

  /** A delta or end without an index is that of the block that began last. */
  function keyOf(event: JsonObject): number {
    return numberOf(event.index) ?? [...blocks.keys()].at(-1) ?? -1;
  }

  function blockStart(event: JsonObject): StreamEvent[] {
    const value = objectOf(event.content_block) ?? {};
    const block: Block = { index: nextIndex++, kind: 'opaque', text: '', value, streamed: false };
    blocks.set(numberOf(event.index) ?? blocks.size, block);
    const { index } = block;
    switch (value.type) {
      case 'text':
        block.kind = 'text';
        return filledString(value.text) ? [{ type: 'text', index, text: value.text as string }] : [];
      case 'thinking':
        block.kind = 'thinking';
        block.text = stringOf(value.signature) ?? '';
        return filledString(value.thinking) ? [{ type: 'reasoning', index, text: value.thinking as string }] : [];
      case 'redacted_thinking':
        block.kind = 'redacted';
        return [];
      case 'tool_use':
        block.kind = 'tool';
        if (++calls > MOST_CALLS) return stop(tooManyCalls());
        if (!filledString(value.name)) return stop(namelessCall());
        return [{ type: 'toolCallStart', index, id: stringOf(value.id) ?? '', name: stringOf(value.name) ?? '' }];
      default:
        return [];
    }
  }

  function blockDelta(event: JsonObject): StreamEvent[] {
    const delta = objectOf(event.delta);
    if (!delta) return [];
    const key = keyOf(event);
    const block = blocks.get(key);
    if (block && fits(block, delta)) return blockPiece(block, delta);
    // Some servers begin no block: its first delta does.
    const content = unbegun(delta);
    if (!content) return [];
    const events = [...blockStop({ index: key }), ...blockStart({ index: key, content_block: content })];
    const begun = blocks.get(key);
    return begun && !over ? [...events, ...blockPiece(begun, delta)] : events;
  }

  function blockPiece(block: Block, delta: JsonObject): StreamEvent[] {
    const { index } = block;
    switch (delta.type) {
      case 'text_delta': {
        const text = stringOf(delta.text) ?? '';
        if (block.kind !== 'opaque') return text === '' ? [] : [{ type: 'text', index, text }];
        appendUnknown(block.value, delta);
        return [];
      }
      case 'input_json_delta': {
        const text = stringOf(delta.partial_json) ?? '';
        if (text === '') return [];
        if (block.kind === 'opaque') block.text += text;
        if (block.kind !== 'tool') return [];
        block.streamed = true;
        return [{ type: 'toolCallDelta', index, text }];
      }
      case 'thinking_delta': {
        const text = stringOf(delta.thinking) ?? '';
        return text === '' ? [] : [{ type: 'reasoning', index, text }];
      }
      case 'signature_delta':
        block.text += stringOf(delta.signature) ?? '';
        return [];
      default:
        if (block.kind === 'opaque') appendUnknown(block.value, delta);
        return [];
    }
  }

  function blockStop(event: JsonObject): StreamEvent[] {
    const key = keyOf(event);
    const block = blocks.get(key);
    if (!block) return [];
    blocks.delete(key);
    const { index, value } = block;
    switch (block.kind) {
      case 'thinking': {
        if (block.text === '') return [{ type: 'reasoningEnd', index, wire: 'messages' }];
        const kept = unsealReasoning(block.text) ?? { signature: block.text, wire: 'messages' as const };
        return [{ type: 'reasoningEnd', index, ...kept }];
      }
      case 'redacted':
        return [{ type: 'reasoningEnd', index, encrypted: stringOf(value.data) ?? '', wire: 'messages' }];
      case 'tool': {
        // A call without arguments streams none; one that comes whole stands in the start.
        const whole = block.streamed ? '' : JSON.stringify(value.input ?? {});
        const delta: StreamEvent[] = whole === '' ? [] : [{ type: 'toolCallDelta', index, text: whole }];
        return [...delta, { type: 'toolCallEnd', index }];
      }
      case 'opaque': {
        if (block.text !== '') value.input = parseObject(block.text) ?? value.input ?? {};
        return [{ type: 'opaque', index, wire: 'messages', value }];
      }
      default:
        return [];
    }
  }

  function messageDelta(event: JsonObject): StreamEvent[] {
    usage = readMessagesUsage(event.usage, usage);
    const finish = readStop(objectOf(event.delta) ?? {});
    const events: StreamEvent[] = usage ? [{ type: 'usage', usage }] : [];
    return finish ? [...events, { type: 'finish', ...finish }] : events;
  }

  const reader: StreamParser = {
    dropped: 0,
    push(event: SseEvent) {
      if (over) return [];
      const value = parseObject(event.data);
      if (!value) {
        reader.dropped++;
        return [];
      }
      // Some proxies send an error object without a type.
      switch (value.type ?? event.event ?? (value.error === undefined ? undefined : 'error')) {
        case 'content_block_delta':
          return blockDelta(value);
        case 'content_block_start':
          return blockStart(value);
        case 'content_block_stop':
          return blockStop(value);
        case 'message_start':
          return start(value);
        case 'message_delta':
          return messageDelta(value);
        case 'message_stop':
          over = true;
          return [{ type: 'end' }];
        case 'error':
          return stop(failureOfEvent(value));
        default:
          // ping, and whatever comes later.
          return [];
      }
    },
    finish() {
      if (over) return [];
      over = true;
      const events: StreamEvent[] = [];
      for (const { kind, index } of blocks.values()) {
        if (kind === 'thinking') events.push({ type: 'reasoningEnd', index, wire: 'messages' });
      }
      return events;
    },
  };
  return reader;
}

/** Whether the delta may belong to the block: text in thinking is a block that was not begun. */
function fits({ kind }: Block, { type }: JsonObject): boolean {
  if (type === 'text_delta') return kind === 'text' || kind === 'opaque';
  if (type === 'thinking_delta') return kind === 'thinking';
  return type !== 'input_json_delta' || kind === 'tool' || kind === 'opaque';
}

/** What a delta that stands in no block of its kind begins; a call has no name then, which is told. */
function unbegun(delta: JsonObject): JsonObject | undefined {
  if (filledString(delta.text)) return { type: 'text' };
  if (filledString(delta.thinking)) return { type: 'thinking' };
  return filledString(delta.partial_json) ? { type: 'tool_use' } : undefined;
}

/** Deltas of block kinds we do not know (`compaction_delta`): their text fields add up in the block. */
function appendUnknown(value: JsonObject, delta: JsonObject): void {
  for (const [key, entry] of Object.entries(delta)) {
    if (key === 'type' || typeof entry !== 'string') continue;
    const known = value[key];
    value[key] = typeof known === 'string' ? known + entry : entry;
  }
}
