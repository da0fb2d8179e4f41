/** Neutral events and whole answers as Chat Completions answers (R1-R7). */
import { callsIn, endOf } from './answer';
import { emitToolCall } from './chatEmit';
import { detailFields, detailsOf } from './chatThinking';
import { emitChatUsage, emitFinishReason } from './chatUsage';
import type { EmitterOptions, StreamEmitter } from './codec';
import type { Answer, ApiFailure, JsonObject, JsonValue, ReasoningPart, StreamEvent, Usage } from './conversation';
import { openAiError } from './failure';
import { sealReasoning } from './sealedReasoning';
import { SSE_DONE, sseData } from './sse';
import { signatureFields } from './thoughtSignature';

/**
 * Chunks for one answer. The role stands in the first delta, calls are numbered from 0, usage comes last with empty
 * `choices`. After a failure there is an error event and no `[DONE]`: a cut answer never looks whole.
 */
export function createChatStreamEmitter(options: EmitterOptions): StreamEmitter {
  const calls = new Map<number, { index: number; custom: boolean; signed: boolean; empty: boolean }>();
  let id = options.id;
  let created = options.created;
  let frame: { before: string; after: string } | undefined;
  let roleSent = false;
  let failed = false;
  let finished = false;
  let ended = false;
  const open = new Set<number>();
  let usage: Usage | undefined;

  /** What stands around each chunk's choices; fixed with the first chunk, so that id and time never change (R1). */
  function framed(choices: string, tail = frameOf().after): string {
    return frameOf().before + choices + tail;
  }
  function frameOf() {
    return (frame ??= {
      before: `data: {"id":${JSON.stringify(id)},"object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(options.model)},"choices":`,
      // Strict form: every chunk but the last says that usage is not there yet (R21).
      after: options.includeUsage ? ',"usage":null}\n\n' : '}\n\n',
    });
  }
  function chunk(delta: JsonObject, finish: string | null = null): string {
    const first: JsonObject = roleSent ? {} : { role: 'assistant', content: delta.tool_calls ? null : '' };
    roleSent = true;
    return framed(
      `[{"index":0,"delta":${JSON.stringify({ ...first, ...delta })},"finish_reason":${JSON.stringify(finish)}}]`,
    );
  }
  const call = (index: number, fields: JsonObject) => chunk({ tool_calls: [{ index, ...fields }] });

  function startCall(event: Extract<StreamEvent, { type: 'toolCallStart' }>): string {
    const index = calls.size;
    const custom = event.custom === true;
    calls.set(event.index, { index, custom, signed: event.thoughtSignature !== undefined, empty: true });
    open.add(event.index);
    const fields: JsonObject = custom
      ? { id: event.id, type: 'custom', custom: { name: event.name, input: '' } }
      : { id: event.id, type: 'function', function: { name: event.name, arguments: '' } };
    if (event.thoughtSignature !== undefined) Object.assign(fields, signatureFields(event.thoughtSignature));
    return call(index, fields);
  }

  function push(event: StreamEvent): string {
    if (failed) return '';
    switch (event.type) {
      case 'start':
        if (!frame) {
          id = event.id ?? id;
          created = event.created ?? created;
        }
        return '';
      case 'text':
        return event.text === '' ? '' : chunk({ content: event.text });
      case 'refusal':
        return chunk({ refusal: event.text });
      case 'reasoning':
        return chunk({ reasoning_content: event.text });
      case 'reasoningEnd': {
        const details = reasoningDetails(event);
        return details ? chunk(detailFields(details)) : '';
      }
      case 'toolCallStart':
        return startCall(event);
      case 'toolCallDelta': {
        const known = calls.get(event.index);
        if (!known) return '';
        known.empty = false;
        return call(
          known.index,
          known.custom ? { custom: { input: event.text } } : { function: { arguments: event.text } },
        );
      }
      case 'toolCallEnd': {
        open.delete(event.index);
        const known = calls.get(event.index);
        if (!known) return '';
        // Clients parse what they get: no arguments are an empty object, as OpenAI sends it.
        const none = known.empty && !known.custom ? call(known.index, { function: { arguments: '{}' } }) : '';
        if (known.signed || event.thoughtSignature === undefined) return none;
        known.signed = true;
        return none + call(known.index, signatureFields(event.thoughtSignature));
      }
      case 'usage':
        usage = { ...usage, ...event.usage };
        return '';
      case 'finish':
        finished = true;
        return chunk({}, emitFinishReason(endOf(event, calls.size === 0 ? 'none' : 'whole')));
      case 'error':
        failed = true;
        return sseData(JSON.stringify(openAiError(event.failure)));
      case 'end':
        ended = true;
        return '';
      case 'opaque':
        return '';
    }
  }

  /** The upstream was through without saying why. */
  function ownFinish(): string {
    if (finished || !ended) return '';
    return chunk(
      {},
      emitFinishReason(endOf(undefined, calls.size === 0 ? 'none' : open.size === 0 ? 'whole' : 'half')),
    );
  }

  return {
    push,
    finish(failure?: ApiFailure) {
      if (failed) return '';
      if (failure) return push({ type: 'error', failure });
      const finish = ownFinish();
      const last =
        options.includeUsage && usage ? framed('[]', `,"usage":${JSON.stringify(emitChatUsage(usage))}}\n\n`) : '';
      return finish + last + SSE_DONE;
    },
  };
}

/** A whole `chat.completion`. */
export function emitChatAnswer(answer: Answer, options: EmitterOptions): JsonObject {
  const message: JsonObject = { role: 'assistant', content: null, refusal: null };
  const toolCalls: JsonObject[] = [];
  const details: JsonValue[] = [];
  const add = (key: string, text: string) => {
    message[key] = `${(message[key] as string | null | undefined) ?? ''}${text}`;
  };
  for (const part of answer.parts) {
    if (part.type === 'text') add('content', part.text);
    else if (part.type === 'refusal') add('refusal', part.text);
    else if (part.type === 'reasoning') {
      if (part.text !== '') add('reasoning_content', part.text);
      details.push(...(reasoningDetails(part) ?? []));
    } else if (part.type === 'toolCall') toolCalls.push(emitToolCall(part));
    else if (part.type === 'opaque' && part.wire === 'chat' && part.value.type === undefined)
      Object.assign(message, part.value);
  }
  Object.assign(message, detailFields(details));
  if (toolCalls.length > 0) message.tool_calls = toolCalls;
  else message.content ??= message.refusal === null ? '' : null;
  const finish = emitFinishReason(endOf(answer.finish, callsIn(answer.parts)));
  return {
    id: answer.id ?? options.id,
    object: 'chat.completion',
    created: answer.created ?? options.created,
    model: options.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    ...(answer.usage && { usage: emitChatUsage(answer.usage) }),
  };
}

/**
 * What a provider wants back with its thinking, in the field where clients of this wire return such things: its own
 * reasoning_details, or those of another wire under our seal.
 */
function reasoningDetails(
  part: Pick<ReasoningPart, 'encrypted' | 'signature' | 'id' | 'wire' | 'origin'>,
): JsonValue[] | undefined {
  if (part.wire === 'chat') {
    const details = detailsOf(part.encrypted);
    return details.length > 0 ? details : undefined;
  }
  const data = sealReasoning(part);
  return data === undefined ? undefined : [{ type: 'reasoning.encrypted', data }];
}
