/** Anthropic Messages: the upstream's stream into neutral events. */
import { MOST_CALLS, tooManyCalls } from './callBounds';
import type { SseEvent, StreamParser } from './codec';
import type { JsonObject, StreamEvent, Usage } from './conversation';
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
        if (++calls > MOST_CALLS) {
          over = true;
          return [{ type: 'error', failure: tooManyCalls() }];
        }
        return [{ type: 'toolCallStart', index, id: stringOf(value.id) ?? '', name: stringOf(value.name) ?? '' }];
      default:
        return [];
    }
  }

  function blockDelta(event: JsonObject): StreamEvent[] {
    const block = blocks.get(numberOf(event.index) ?? -1);
    const delta = objectOf(event.delta);
    if (!block || !delta) return [];
    const { index } = block;
    switch (delta.type) {
      case 'text_delta':
        return textDelta(block, stringOf(delta.text) ?? '');
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

  function textDelta(block: Block, text: string): StreamEvent[] {
    if (block.kind !== 'text' || text === '') return [];
    return [{ type: 'text', index: block.index, text }];
  }

  function blockStop(event: JsonObject): StreamEvent[] {
    const key = numberOf(event.index) ?? -1;
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
          over = true;
          return [{ type: 'error', failure: failureOfEvent(value) }];
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

/** Deltas of block kinds we do not know (`compaction_delta`): their text fields add up in the block. */
function appendUnknown(value: JsonObject, delta: JsonObject): void {
  for (const [key, entry] of Object.entries(delta)) {
    if (key === 'type' || typeof entry !== 'string') continue;
    const known = value[key];
    value[key] = typeof known === 'string' ? known + entry : entry;
  }
}
