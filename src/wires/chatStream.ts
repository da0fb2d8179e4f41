/** Chat Completions answers, streamed or whole, into neutral events; takes every odd shape seen from upstreams. */
import { createCollector } from './answer';
import { argumentText, isOpaqueDetail, readThoughtSignature, textOfDetails } from './chatRequest';
import type { SseEvent, StreamParser } from './codec';
import type { Answer, FinishReason, JsonObject, JsonValue, StreamEvent, Usage } from './conversation';
import { failureOfEvent } from './failure';
import { legalId } from './ids';
import { jsonTextOf } from './jsonText';
import { arrayOf, filledString, isObject, numberOf, objectOf, parseObject, stringOf } from './read';
import { unsealReasoning } from './sealedReasoning';

interface Call {
  index: number;
  /** The upstream's id; '' while it sent none. */
  id: string;
  name: string;
  custom: boolean;
  text: string;
  started: boolean;
  signature?: string;
}

/** One parser per answer. Chunks may bring text, thinking, refusals and several calls at once. */
export function createChatStreamParser(): StreamParser {
  const reader = createChunkReader();
  let dropped = 0;
  return {
    push(event: SseEvent) {
      const data = event.data.trim();
      if (data === '' || reader.over) return [];
      if (data === '[DONE]') return reader.done();
      const chunk = parseObject(data);
      if (!chunk) {
        dropped++;
        return [];
      }
      // Some servers name the event instead of wrapping the error.
      return event.event === 'error' && chunk.error === undefined ? reader.fail(chunk) : reader.read(chunk);
    },
    finish: () => reader.cut(),
    get dropped() {
      return dropped;
    },
  };
}

/** A whole answer. Throws an Error with a sentence when the body is none, also when it is an error in a 200. */
export function parseChatAnswer(body: JsonObject): Answer {
  const collector = createCollector();
  const reader = createChunkReader();
  if (isObject(body.error) || typeof body.error === 'string') throw new Error(failureOfEvent(body).message);
  if (!isObject(arrayOf(body.choices)[0])) throw new Error('The provider answered 200 without any choice.');
  for (const event of [...reader.read(body), ...reader.done()]) collector.push(event);
  if (collector.failure) throw new Error(collector.failure.message);
  return collector.answer;
}

function createChunkReader() {
  const head: { id?: string; model?: string; created?: number } = {};
  const calls: Call[] = [];
  const details: JsonObject[] = [];
  let started = false;
  let nextIndex = 0;
  /** The block that text, thinking or a refusal now goes into; a call or another kind closes it. */
  let open: { type: 'text' | 'reasoning' | 'refusal'; index: number } | undefined;
  let field: string | undefined;
  let usage: Usage | undefined;
  let usageTold = true;
  let finished = false;
  let over = false;
  let out: StreamEvent[] = [];

  function emit(event: StreamEvent): void {
    if (!started) {
      started = true;
      out.push({ type: 'start', ...head });
    }
    out.push(event);
  }
  function flush(): StreamEvent[] {
    const events = out;
    out = [];
    return events;
  }

  function closeOpen(): void {
    if (open?.type === 'reasoning') {
      const sealed = details
        .map((detail) => unsealReasoning(filledString(detail.data) ?? ''))
        .find((found) => found !== undefined);
      const opaque = details.some(isOpaqueDetail);
      const kept = sealed ?? {
        ...(field && { field }),
        ...(opaque && { encrypted: jsonTextOf(details) }),
        wire: 'chat' as const,
      };
      emit({ type: 'reasoningEnd', index: open.index, ...kept });
      details.length = 0;
    }
    open = undefined;
  }
  function block(type: 'text' | 'reasoning' | 'refusal'): number {
    if (open?.type !== type) {
      closeOpen();
      open = { type, index: nextIndex++ };
    }
    return open.index;
  }

  function read(chunk: JsonObject): StreamEvent[] {
    if (over) return [];
    readHead(chunk);
    if (chunk.error !== undefined && chunk.error !== null) return fail(chunk);
    if (chunk.object === 'error') return fail(chunk);
    const choice = arrayOf(chunk.choices).find((each): each is JsonObject => isObject(each) && (each.index ?? 0) === 0);
    const told = readUsage(chunk.usage) ?? readUsage(objectOf(chunk.x_groq)?.usage) ?? readUsage(choice?.usage);
    if (told) {
      usage = told;
      usageTold = false;
    }
    if (choice) {
      if (choice.error !== undefined && choice.error !== null) return fail(choice);
      if (!finished) readChoice(choice);
      if (over) return flush();
    }
    // Some upstreams count in every chunk; the last count is the one that is told.
    if (finished || !choice) tellUsage();
    return flush();
  }

  function readHead(chunk: JsonObject): void {
    const { id, model } = chunk;
    const created = numberOf(chunk.created);
    if (typeof id === 'string' && id !== '') head.id ??= id;
    if (typeof model === 'string' && model !== '') head.model ??= model;
    if (created) head.created ??= created;
    if (head.id !== undefined && !started) {
      started = true;
      out.push({ type: 'start', ...head });
    }
  }

  function readChoice(choice: JsonObject): void {
    const delta = objectOf(choice.delta);
    // A whole message, in an answer that is not streamed or in a closing chunk: only what was not streamed before (R8, R9).
    const message = delta ? undefined : objectOf(choice.message);
    if (delta) readDelta(delta, false);
    else if (message && nextIndex === 0) readDelta(message, true);
    const reason = filledString(choice.finish_reason);
    if (reason) finish(reason, choice);
  }

  function readDelta(delta: JsonObject, whole: boolean): void {
    readThinking(delta);
    const content = delta.content;
    if (typeof content === 'string') addText(content);
    else if (Array.isArray(content)) for (const part of content) readContentPart(part);
    const refusal = filledString(delta.refusal);
    if (refusal) emit({ type: 'refusal', index: block('refusal'), text: refusal });
    arrayOf(delta.tool_calls).forEach((call, at) => {
      if (isObject(call)) readCall(call, whole ? at : undefined);
    });
    const legacy = objectOf(delta.function_call);
    if (legacy) readCall({ index: LEGACY, function: legacy }, undefined);
    const audio = whole ? objectOf(delta.audio) : undefined;
    if (audio) {
      closeOpen();
      emit({ type: 'opaque', index: nextIndex++, wire: 'chat', value: { audio } });
    }
  }

  function addText(text: string): void {
    if (text !== '') emit({ type: 'text', index: block('text'), text });
  }

  /** Mistral sends its thinking as a content part. */
  function readContentPart(part: JsonValue): void {
    if (!isObject(part)) return;
    if (part.type === 'thinking') {
      const text =
        arrayOf(part.thinking)
          .map((each) => stringOf(objectOf(each)?.text) ?? '')
          .join('') || stringOf(part.thinking);
      if (text) emit({ type: 'reasoning', index: block('reasoning'), text });
    } else addText(stringOf(part.text) ?? '');
  }

  function readThinking(delta: JsonObject): void {
    const fresh = arrayOf(delta.reasoning_details).filter(isObject);
    const named = filledString(delta.reasoning_content)
      ? 'reasoning_content'
      : filledString(delta.reasoning)
        ? 'reasoning'
        : undefined;
    const text = named ? (delta[named] as string) : textOfDetails(fresh);
    if (text === '' && !fresh.some(isOpaqueDetail)) return;
    const index = block('reasoning');
    field ??= named;
    for (const detail of fresh) addDetail(details, detail);
    if (text !== '') emit({ type: 'reasoning', index, text });
  }

  /** `position` is set in a whole message, where every entry is a call of its own. */
  function readCall(value: JsonObject, position: number | undefined): void {
    const custom = objectOf(value.custom);
    const payload = custom ?? objectOf(value.function) ?? {};
    const id = filledString(value.id) ?? '';
    const name = filledString(payload.name) ?? '';
    const call = findCall(position ?? value.index, id, name) ?? newCall(position ?? value.index);
    if (call.id === '') call.id = id;
    if (call.name === '') call.name = name;
    if (custom) call.custom = true;
    const signature = readThoughtSignature(value);
    if (signature) call.signature = signature;
    const text = custom ? (stringOf(custom.input) ?? '') : argumentText(payload.arguments);
    call.text += text;
    if (!call.started) startCall(call);
    else if (text !== '') emit({ type: 'toolCallDelta', index: call.index, text });
  }

  const byKey = new Map<JsonValue, Call>();

  function findCall(key: JsonValue | undefined, id: string, name: string): Call | undefined {
    if (key !== undefined && key !== null) {
      const known = byKey.get(key);
      // Some upstreams number every call 0: another id together with a name is another call.
      return known && id !== '' && known.id !== '' && known.id !== id && name !== '' ? undefined : known;
    }
    if (id !== '') return calls.find((call) => call.id === id);
    const last = calls.at(-1);
    if (!last || name === '') return last;
    // A name without index and id: the same call as long as that is not complete.
    return last.name === name && !isJson(last.text) ? last : undefined;
  }

  function newCall(key: JsonValue | undefined): Call {
    const call: Call = { index: -1, id: '', name: '', custom: false, text: '', started: false };
    calls.push(call);
    if (key !== undefined && key !== null) byKey.set(key, call);
    return call;
  }

  /** Held until the name is known: no wire can begin a call without it. */
  function startCall(call: Call): void {
    if (call.name === '') return;
    closeOpen();
    call.started = true;
    call.index = nextIndex++;
    // Unique across the answers of a conversation and the same on every reading.
    if (call.id === '') call.id = legalId(`call_${head.id ?? head.created ?? ''}_${call.index}`, 40);
    const { index, id, name, signature } = call;
    emit({
      type: 'toolCallStart',
      index,
      id,
      name,
      ...(call.custom && { custom: true }),
      ...(signature !== undefined && { thoughtSignature: signature }),
    });
    if (call.text !== '') emit({ type: 'toolCallDelta', index, text: call.text });
  }

  function endCalls(whole: boolean): void {
    for (const call of calls) {
      if (!call.started) continue;
      // A call that the limit cut stays open: nobody may run half of it (R11).
      if (!whole && (call.custom || !isJson(call.text))) continue;
      emit({
        type: 'toolCallEnd',
        index: call.index,
        ...(call.signature !== undefined && { thoughtSignature: call.signature }),
      });
    }
  }

  function finish(raw: string, choice: JsonObject): void {
    if (raw === 'error') {
      fail({}, true);
      return;
    }
    closeOpen();
    let reason = finishReasonOf(raw);
    const called = calls.some((call) => call.started);
    // Ollama, Gemini and others say stop although they call.
    if (reason === 'stop' && called) reason = 'toolCalls';
    endCalls(reason === 'toolCalls');
    finished = true;
    const stopSequence = filledString(choice.stop_sequence);
    emit({ type: 'finish', reason, raw, ...(stopSequence !== undefined && { stopSequence }) });
  }

  function tellUsage(): void {
    if (usageTold || !usage) return;
    usageTold = true;
    emit({ type: 'usage', usage });
  }

  function fail(value: JsonObject, quiet = false): StreamEvent[] {
    over = true;
    closeOpen();
    tellUsage();
    emit({ type: 'error', failure: failureOfEvent(value) });
    return quiet ? [] : flush();
  }

  return {
    read,
    fail,
    get over() {
      return over;
    },
    /** `[DONE]`, or the end of a whole answer. */
    done(): StreamEvent[] {
      if (!over) {
        if (!finished) {
          closeOpen();
          endCalls(false);
        }
        over = true;
        tellUsage();
        emit({ type: 'end' });
      }
      return flush();
    },
    /** The bytes ended; calls that are still open stay so. */
    cut(): StreamEvent[] {
      if (!over) {
        over = true;
        closeOpen();
        tellUsage();
      }
      return flush();
    },
  };
}

const LEGACY = 'function_call';

function isJson(text: string): boolean {
  if (text === '') return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Pieces of one reasoning detail (same index and type) are joined, so that they go back as they were meant. */
function addDetail(details: JsonObject[], detail: JsonObject): void {
  const last = details.at(-1);
  if (!last || last.type !== detail.type || last.index !== detail.index || detail.index === undefined) {
    details.push({ ...detail });
    return;
  }
  for (const [key, value] of Object.entries(detail)) {
    const joins = key === 'text' || key === 'summary' || key === 'data';
    if (joins && typeof value === 'string') last[key] = (stringOf(last[key]) ?? '') + value;
    else if (value !== null) last[key] = value;
  }
}

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  end_turn: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  stop_sequence: 'stop',
  complete: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_length: 'length',
  tool_calls: 'toolCalls',
  tool_call: 'toolCalls',
  tool_use: 'toolCalls',
  function_call: 'toolCalls',
  content_filter: 'contentFilter',
  safety: 'contentFilter',
  recitation: 'contentFilter',
  sensitive: 'contentFilter',
  refusal: 'refusal',
};

/** Upstreams spell reasons in their own ways (`tool-calls`, `STOP`, `eos`); what none of them means is unknown (R7, R10). */
export function finishReasonOf(raw: string): FinishReason {
  return REASONS[raw.toLowerCase().replaceAll('-', '_')] ?? 'unknown';
}

/** Counts in inclusive form: some upstreams leave thinking out of completion_tokens, or cache reads out of prompt_tokens. */
export function readUsage(value: JsonValue | undefined): Usage | undefined {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const prompt = objectOf(usage.prompt_tokens_details) ?? objectOf(usage.input_tokens_details) ?? {};
  const completion = objectOf(usage.completion_tokens_details) ?? objectOf(usage.output_tokens_details) ?? {};
  let input = numberOf(usage.prompt_tokens) ?? numberOf(usage.input_tokens);
  let output = numberOf(usage.completion_tokens) ?? numberOf(usage.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  input ??= 0;
  output ??= 0;
  const cacheRead =
    numberOf(prompt.cached_tokens) ??
    numberOf(usage.prompt_cache_hit_tokens) ??
    numberOf(usage.cached_tokens) ??
    numberOf(usage.cache_read_input_tokens);
  const cacheWrite = numberOf(prompt.cache_write_tokens) ?? numberOf(usage.cache_creation_input_tokens);
  let reasoning = numberOf(completion.reasoning_tokens) ?? numberOf(usage.reasoning_tokens);
  const uncounted = (numberOf(usage.total_tokens) ?? 0) - input - output;
  if (uncounted > 0 && uncounted === (cacheRead ?? 0) + (cacheWrite ?? 0)) input += uncounted;
  else if (uncounted > 0) {
    output += uncounted;
    reasoning ??= uncounted;
  }
  return {
    input,
    output,
    ...(cacheRead !== undefined && { cacheRead }),
    ...(cacheWrite !== undefined && { cacheWrite }),
    ...(reasoning !== undefined && { reasoning }),
  };
}
