/** Anthropic Messages: neutral events as a stream for clients (Claude Code, the SDK's helpers). */
import type { EmitterOptions, StreamEmitter } from './codec';
import type { Answer, ApiFailure, JsonObject, StreamEvent, Usage } from './conversation';
import {
  emitMessagesError,
  isRedacted,
  messageFrame,
  signatureOf,
  stopFields,
  toolUseStart,
  usageCounts,
} from './messagesAnswer';

type BlockKind = 'text' | 'thinking' | 'tool';

/**
 * Emitter of Messages events. Blocks of this wire never interleave: while a tool call is open, events of other blocks
 * wait for its end. Deltas are templates: only the text is stringified.
 */
export function createMessagesEmitter(options: EmitterOptions): StreamEmitter {
  let started = false;
  let startId: string | undefined;
  let blockCount = 0;
  /** Neutral index and kind of the open block; its number on the wire is blockCount - 1. A custom call gets JSON around its text. */
  let open: { index: number; kind: BlockKind; prefix: string; custom: boolean } | undefined;
  /** Events of other blocks, held back while a tool call is open. */
  let waiting: StreamEvent[] = [];
  let hasCalls = false;
  let finish: Answer['finish'];
  let ended = false;
  let usage: Usage | undefined;
  let failed: ApiFailure | undefined;

  const line = (type: string, fields: string): string => `event: ${type}\ndata: {"type":"${type}",${fields}}\n\n`;

  function start(): string {
    if (started) return '';
    started = true;
    return line('message_start', `"message":${JSON.stringify(messageFrame(options, startId, usage))}`);
  }

  function begin(index: number, kind: BlockKind, block: JsonObject, custom = false): string {
    const events = start() + close();
    const number = blockCount++;
    open = {
      index,
      kind,
      prefix: `event: content_block_delta\ndata: {"type":"content_block_delta","index":${number},"delta":`,
      custom,
    };
    return events + line('content_block_start', `"index":${number},"content_block":${JSON.stringify(block)}`);
  }

  function close(): string {
    if (!open) return '';
    open = undefined;
    return line('content_block_stop', `"index":${blockCount - 1}`);
  }

  /** Opens the block unless it is open already; another one that is open ends. */
  function ensure(index: number, kind: 'text' | 'thinking'): string {
    if (open?.index === index && open.kind === kind) return '';
    return begin(
      index,
      kind,
      kind === 'text' ? { type: 'text', text: '' } : { type: 'thinking', thinking: '', signature: '' },
    );
  }

  function text(index: number, value: string): string {
    if (value === '') return '';
    const events = ensure(index, 'text');
    return `${events}${open?.prefix}{"type":"text_delta","text":${JSON.stringify(value)}}}\n\n`;
  }

  function thinking(index: number, value: string): string {
    if (value === '') return '';
    const events = ensure(index, 'thinking');
    return `${events}${open?.prefix}{"type":"thinking_delta","thinking":${JSON.stringify(value)}}}\n\n`;
  }

  function thinkingEnd(event: Extract<StreamEvent, { type: 'reasoningEnd' }>): string {
    if (isRedacted(event))
      return begin(event.index, 'thinking', { type: 'redacted_thinking', data: event.encrypted as string }) + close();
    const isOpen = open?.index === event.index && open.kind === 'thinking';
    const signature = signatureOf(event);
    if (!isOpen && signature === '') return '';
    const events = ensure(event.index, 'thinking');
    if (signature === '') return events + close();
    return `${events}${open?.prefix}{"type":"signature_delta","signature":${JSON.stringify(signature)}}}\n\n${close()}`;
  }

  function call(event: Extract<StreamEvent, { type: 'toolCallStart' }>): string {
    hasCalls = true;
    const events = begin(event.index, 'tool', toolUseStart(event.id, event.name), event.custom === true);
    return event.custom ? events + callText('{"input":"') : events;
  }

  function callText(json: string): string {
    return `${open?.prefix}{"type":"input_json_delta","partial_json":${JSON.stringify(json)}}}\n\n`;
  }

  function callDelta(value: string): string {
    if (value === '') return '';
    return callText(open?.custom ? JSON.stringify(value).slice(1, -1) : value);
  }

  function callEnd(): string {
    return (open?.custom ? callText('"}') : '') + close() + drain();
  }

  /** Hands out what waited behind a tool call; a further call makes the rest wait again. */
  function drain(): string {
    const events = waiting;
    waiting = [];
    let written = '';
    for (const event of events) written += push(event);
    return written;
  }

  function opaque(event: Extract<StreamEvent, { type: 'opaque' }>): string {
    if (event.wire !== 'messages') return '';
    return begin(event.index, 'text', event.value) + close();
  }

  function push(event: StreamEvent): string {
    // A tool call is open and this belongs to another block.
    if (open?.kind === 'tool' && 'index' in event && event.index !== open.index) {
      waiting.push(event);
      return '';
    }
    switch (event.type) {
      case 'text':
      case 'refusal':
        return text(event.index, event.text);
      case 'toolCallDelta':
        return open?.kind === 'tool' ? callDelta(event.text) : '';
      case 'reasoning':
        return thinking(event.index, event.text);
      case 'reasoningEnd':
        return thinkingEnd(event);
      case 'toolCallStart':
        return call(event);
      case 'toolCallEnd':
        return open?.kind === 'tool' ? callEnd() : '';
      case 'opaque':
        return opaque(event);
      case 'start':
        // Written with the first content, so that counts which come before it stand in the message.
        startId = event.id;
        return '';
      case 'usage':
        usage = event.usage;
        return '';
      case 'finish': {
        const { type: _, ...kept } = event;
        finish = kept;
        return '';
      }
      case 'error':
        failed ??= event.failure;
        return '';
      case 'end':
        ended = true;
        return '';
    }
  }

  /** Ends what the upstream left open; calls that waited behind come out one after the other. */
  function closeAll(): string {
    let events = '';
    while (open || waiting.length > 0) events += open?.kind === 'tool' ? callEnd() : close() + drain();
    return events;
  }

  return {
    push,
    finish(failure) {
      const cause = failure ?? failed;
      // No block is closed: a client must not take what is there for whole (R11).
      if (cause) return `${start()}event: error\ndata: ${JSON.stringify(emitMessagesError(cause))}\n\n`;
      const half = open?.kind === 'tool' || waiting.length > 0;
      const callsSeen = half ? 'half' : hasCalls ? 'whole' : 'none';
      let events = start() + closeAll();
      const fields = `"delta":${JSON.stringify({ ...stopFields(finish ?? (ended ? undefined : { reason: 'unknown' }), callsSeen), container: null })},"usage":${JSON.stringify(usageCounts(usage))}`;
      events += line('message_delta', fields);
      return `${events}event: message_stop\ndata: {"type":"message_stop"}\n\n`;
    },
  };
}
