/** Chat Completions answers, streamed or whole, into neutral events; takes every odd shape seen from upstreams. */
import { failureOf, wordsOf } from '../said';
import { createCollector } from './answer';
import { namelessCall, tooManyCalls } from './callBounds';
import { createCallAssembler } from './chatCalls';
import { detailsIn, isOpaqueDetail, REASONING_FIELDS, textOfDetails, thinkingFieldOf } from './chatRequest';
import { finishReasonOf, readUsage } from './chatUsage';
import type { SseEvent, StreamParser } from './codec';
import type { Answer, ApiFailure, JsonObject, JsonValue, StreamEvent, Usage } from './conversation';
import { refusedBase } from './errorBody';
import { failureOfEvent } from './failure';
import { legalId } from './ids';
import { jsonTextOf } from './jsonText';
import { arrayOf, filledString, isObject, numberOf, objectOf, parseObject, stringOf } from './read';
import { unsealReasoning } from './sealedReasoning';
import { createThinkTags } from './thinkTags';

/** One parser per answer. Chunks may bring text, thinking, refusals and several calls at once. */
export function createChatStreamParser(): StreamParser {
  const reader = createChunkReader();
  const parser: StreamParser = {
    dropped: 0,
    push(event: SseEvent) {
      const data = event.data.trim();
      if (data === '' || reader.over()) return [];
      if (data === '[DONE]') return reader.done();
      const chunk = parseObject(data);
      if (!chunk) {
        parser.dropped++;
        return [];
      }
      // Some servers name the event instead of wrapping the error.
      return event.event === 'error' && chunk.error === undefined ? reader.fail(chunk) : reader.read(chunk);
    },
    finish: () => reader.cut(),
  };
  return parser;
}

/** A whole answer. Throws an Error with a sentence when the body is none, also when it is an error in a 200. */
export function parseChatAnswer(body: JsonObject): Answer {
  const collector = createCollector();
  const reader = createChunkReader();
  if (isObject(body.error) || typeof body.error === 'string') throw new Error(failureOfEvent(body).message);
  if (!isObject(arrayOf(body.choices)[0])) throw new Error('The provider answered 200 without any choice.');
  for (const event of [...reader.read(body), ...reader.done()]) collector.push(event);
  if (collector.failure) throw failureOf(wordsOf(collector.failure));
  return collector.answer;
}

/** Fields of a message that say the same thing. */
const FIELDS = {
  text: ['content', 'images'],
  reasoning: REASONING_FIELDS,
  refusal: ['refusal'],
  calls: ['tool_calls', 'function_call'],
} as const;
type Kind = keyof typeof FIELDS;

function unseenOf(message: JsonObject, seen: ReadonlySet<Kind>): JsonObject {
  const unseen = { ...message };
  for (const kind of seen) for (const field of FIELDS[kind]) delete unseen[field];
  return unseen;
}

function createChunkReader() {
  const head: { id?: string; model?: string; created?: number } = {};
  const details: JsonObject[] = [];
  let started = false;
  let nextIndex = 0;
  /** The block that text, thinking or a refusal now goes into; a call or another kind closes it. */
  let open: { type: 'text' | 'reasoning' | 'refusal'; index: number } | undefined;
  /** What has come in any form: a whole message behind it repeats that, and adds what is not here. */
  const seen = new Set<Kind>();
  let field: string | undefined;
  let usage: Usage | undefined;
  let usageTold = true;
  /** The last finish that was told. Some upstreams tell one after every piece: only the stream's end makes it final. */
  let held: Extract<StreamEvent, { type: 'finish' }> | undefined;
  /** Events so far, and how many there were at the last finish. */
  let said = 0;
  let finishedAt = -1;
  let over = false;
  let out: StreamEvent[] = [];

  function emit(event: StreamEvent): void {
    said++;
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
      seen.add(type);
      closeOpen();
      calls.startHeld();
      open = { type, index: nextIndex++ };
    }
    return open.index;
  }

  const tags = createThinkTags({
    say(text) {
      if (text !== '') emit({ type: 'text', index: block('text'), text });
    },
    think(text) {
      const shown = open?.type === 'reasoning' ? text : text.trimStart();
      if (shown !== '') emit({ type: 'reasoning', index: block('reasoning'), text: shown });
    },
    thought: closeOpen,
  });

  const calls = createCallAssembler({
    emit,
    begin() {
      tags.flush();
      closeOpen();
      return nextIndex++;
    },
    // Unique across the answers of a conversation and the same on every reading.
    idFor: (index) => legalId(`call_${head.id ?? head.created ?? ''}_${index}`, 40),
  });

  function read(chunk: JsonObject): StreamEvent[] {
    if (over) return [];
    readHead(chunk);
    if (chunk.error !== undefined && chunk.error !== null) return fail(chunk);
    if (chunk.object === 'error' || (refusedBase(chunk) && arrayOf(chunk.choices).length === 0)) return fail(chunk);
    // Copilot spreads one answer over several choices, all of index 0.
    const choices = arrayOf(chunk.choices).filter(
      (each): each is JsonObject => isObject(each) && (each.index ?? 0) === 0,
    );
    const told = readUsage(chunk.usage) ?? readUsage(objectOf(chunk.x_groq)?.usage) ?? readUsage(choices.at(-1)?.usage);
    if (told) {
      usage = told;
      usageTold = false;
    }
    const before = choices.some(({ message }) => isObject(message)) ? new Set(seen) : seen;
    for (const [at, choice] of choices.entries()) {
      if (choice.error !== undefined && choice.error !== null) return fail(choice);
      readChoice(choice, before, at);
      if (calls.tooMany()) stop(tooManyCalls());
      if (over) return flush();
    }
    // Some upstreams count in every chunk; the last count is the one that is told.
    if (choices.length === 0) tellUsage();
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

  function readChoice(choice: JsonObject, before: ReadonlySet<Kind>, at: number): void {
    const delta = objectOf(choice.delta);
    const message = objectOf(choice.message);
    const reason = filledString(choice.finish_reason);
    if (delta) readDelta(delta);
    // A whole message, in an answer that is not streamed or in a closing chunk: only what was not streamed before (R8, R9).
    if (message && (!delta || reason)) readDelta(unseenOf(message, delta ? seen : before), at);
    if (reason) finish(reason, choice);
  }

  /** `choiceAt`: a whole message, and which of them. */
  function readDelta(delta: JsonObject, choiceAt?: number): void {
    readThinking(delta);
    const content = delta.content;
    if (typeof content === 'string') addText(content);
    else if (Array.isArray(content)) for (const part of content) readContentPart(part);
    const refusal = filledString(delta.refusal);
    if (refusal) {
      tags.flush();
      emit({ type: 'refusal', index: block('refusal'), text: refusal });
    }
    arrayOf(delta.tool_calls).forEach((call, at) => {
      if (!isObject(call)) return;
      seen.add('calls');
      calls.read(call, choiceAt === undefined ? call.index : `${choiceAt}.${at}`);
    });
    const legacy = objectOf(delta.function_call);
    if (legacy) {
      seen.add('calls');
      calls.read({ function: legacy }, 'function_call');
    }
    for (const image of arrayOf(delta.images)) addText(imageWords(image));
    const audio = choiceAt === undefined ? undefined : objectOf(delta.audio);
    if (audio) {
      closeOpen();
      emit({ type: 'opaque', index: nextIndex++, wire: 'chat', value: { audio } });
    }
  }

  function addText(text: string): void {
    if (text === '') return;
    seen.add('text');
    tags.push(text);
  }

  /** Mistral sends its thinking as a content part. */
  function readContentPart(part: JsonValue): void {
    if (!isObject(part)) return;
    if (part.type === 'thinking') {
      const text =
        arrayOf(part.thinking)
          .map((each) => stringOf(objectOf(each)?.text) ?? '')
          .join('') || stringOf(part.thinking);
      if (!text) return;
      tags.flush();
      emit({ type: 'reasoning', index: block('reasoning'), text });
    } else addText(stringOf(part.text) ?? '');
  }

  function readThinking(delta: JsonObject): void {
    const fresh = detailsIn(delta);
    const blocks = arrayOf(delta.thinking_blocks).filter(isObject);
    const all = [...fresh, ...blocks];
    const named = thinkingFieldOf(delta);
    // The blocks say again what stands in the field; one that is signed, all that was said before.
    const told = named ? (delta[named] as string) : textOfDetails(field === undefined ? all : fresh);
    if (told === '' && !all.some(isOpaqueDetail)) return;
    tags.flush();
    const index = block('reasoning');
    field ??= named;
    for (const detail of fresh) addDetail(details, detail);
    const news = blocks.map((piece) => addBlock(details, piece)).join('');
    const text = field === undefined ? textOfDetails(fresh) + news : told;
    if (text !== '') emit({ type: 'reasoning', index, text });
  }

  function finish(raw: string, choice: JsonObject): void {
    if (raw === 'error') {
      fail({}, true);
      return;
    }
    const reason = finishReasonOf(raw);
    // A stop behind a reason that says more, with nothing between them, adds nothing.
    if (held && held.reason !== 'stop' && reason === 'stop' && finishedAt === said) return;
    finishedAt = said;
    const stopSequence = filledString(choice.stop_sequence);
    held = { type: 'finish', reason, raw, ...(stopSequence !== undefined && { stopSequence }) };
  }

  /** The stream is through: what was held back comes out. `told`: the upstream said so itself. */
  function settle(told: boolean): void {
    if ((told || held) && calls.nameless()) return stop(namelessCall());
    over = true;
    tags.flush();
    closeOpen();
    calls.startHeld();
    if (!held && told && calls.allWhole()) held = { type: 'finish', reason: 'toolCalls' };
    if (held) {
      // Ollama, Gemini and others say stop although they call.
      if (held.reason === 'stop' && calls.any()) held.reason = 'toolCalls';
      calls.end(held.reason === 'toolCalls');
      emit(held);
    } else if (told) calls.end(false);
    tellUsage();
    if (told) emit({ type: 'end' });
  }

  function tellUsage(): void {
    if (usageTold || !usage) return;
    usageTold = true;
    emit({ type: 'usage', usage });
  }

  function fail(value: JsonObject, quiet = false): StreamEvent[] {
    stop(failureOfEvent(value));
    return quiet ? [] : flush();
  }

  function stop(failure: ApiFailure): void {
    over = true;
    tags.flush();
    closeOpen();
    tellUsage();
    emit({ type: 'error', failure });
  }

  return {
    read,
    fail,
    over: () => over,
    /** `[DONE]`, or the end of a whole answer. */
    done(): StreamEvent[] {
      if (!over) settle(true);
      return flush();
    },
    /** The bytes ended; calls that are still open stay so unless the model had said that it is done. */
    cut(): StreamEvent[] {
      if (!over) settle(false);
      return flush();
    },
  };
}

/** A picture that the model made (OpenRouter) has no form elsewhere: its address, or its place, in words. */
function imageWords(image: JsonValue): string {
  const url = filledString(objectOf(objectOf(image)?.image_url)?.url) ?? '';
  return /^https?:/.test(url) ? `![image](${url})` : '[image]';
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

/** Pieces of one of LiteLLM's thinking blocks are joined until its signature comes, beside nothing or beside the whole text. Gives what is new. */
function addBlock(blocks: JsonObject[], piece: JsonObject): string {
  const last = blocks.at(-1);
  const text = stringOf(piece.thinking) ?? '';
  if (piece.type !== 'thinking' || last?.type !== 'thinking' || filledString(last.signature)) {
    blocks.push({ ...piece });
    return text;
  }
  const before = stringOf(last.thinking) ?? '';
  const signature = filledString(piece.signature);
  const news = signature && text.startsWith(before) ? text.slice(before.length) : text;
  last.thinking = before + news;
  if (signature) last.signature = signature;
  return news;
}
