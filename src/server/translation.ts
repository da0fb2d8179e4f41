/**
 * Requests that need understanding: another wire, or Cursor. One path for all of them: body → conversation → the
 * backend's body, and back: upstream events → neutral events → the client's form (design §2.5, §2.6).
 */

import { createHash } from 'node:crypto';
import { CURSORS_HABIT, editChatBody } from '../cursor/chatEdits';
import { conversationKey } from '../cursor/conversationKey';
import type { MemoryScope } from '../cursor/memoryRecord';
import { createCursorEmitter, emitCursorAnswer } from '../cursor/reply';
import type { WholeCall } from '../cursor/replyRules';
import { readCursorRequest } from '../cursor/request';
import { applyTarget } from '../cursor/target';
import { withReserveLimit } from '../ledger/quota';
import type { RequestRecord, SentCall } from '../ledger/record';
import { cachesPrompts, takesSystemWithin } from '../models/families';
import type { Target } from '../routing/backend';
import { emitTargetFor, modelNameOf, quirksFor } from '../routing/build';
import type { Said } from '../said';
import { replay } from '../wires/answer';
import { cacheMarkOf } from '../wires/chatCache';
import type { EmitterOptions, StreamEmitter } from '../wires/codec';
import { codecFor } from '../wires/codecs';
import type { Answer, Conversation, JsonObject, StreamEvent, WireName } from '../wires/conversation';
import { customToolNames, unwrapCustomCalls } from '../wires/customTools';
import { fitEffort, wantsReasoning } from '../wires/effort';
import { type Carried, carryAcross, withOneAnswer } from '../wires/foreign';
import { tuningWords } from '../wires/leftOutTuning';
import { withLastMarks } from '../wires/messagesCache';
import {
  type FlatTools,
  flattenNamespaces,
  restoreNamespaces,
  restoreSearch,
  searchesAsCalls,
} from '../wires/namespaces';
import { markOrigin, ownThinking } from '../wires/origin';
import { legalPropertyKeys, restorePropertyKeys } from '../wires/propertyKeys';
import { parseObject } from '../wires/read';
import { letterFirst, schemaDialectOf } from '../wires/schemaDialects';
import { say as wires } from '../wires/sentences';
import { cutAtStop } from '../wires/stopSequences';
import { betasOf } from '../wires/thinkingBlocks';
import { settleTools } from '../wires/toolChanges';
import { legalToolNames, restoreToolNames } from '../wires/toolNames';
import { WIRE_PATHS } from '../wires/wire';
import { hasSystemWithin, leftOut, needsWholeRequest } from './factEdits';
import { plainScope, restoredWords, scopeOf } from './keptHistory';
import { editedBody } from './plainEdits';
import type { AnswerReading, Content, PlanInput } from './planTypes';

import {
  type CollectingReply,
  createCollectingReply,
  createTranslatedReply,
  type EventStages,
  facts,
  readAnswer,
  throughStages,
} from './reply';
import { say } from './sentences';
import { cursorReplyOptions } from './speaker';

export function planTranslation(input: PlanInput): Content {
  return input.speaker.isCursor ? planCursor(input) : planOtherWire(input);
}

function planOtherWire({ exchange, request, speaker, target }: PlanInput): Content {
  const wire = speaker.wire!;
  const parsed = codecFor(wire).parseRequest(request.body());
  const effort = target.variantEffort ?? (parsed.reasoning?.effort === undefined ? target.suffixEffort : undefined);
  const origin = originOf(target);
  const wished = effort === undefined ? parsed.reasoning : { ...parsed.reasoning, effort };
  // A variant stands in the settings: whoever wrote it knows the model.
  const { reasoning, rule } =
    target.variantEffort === undefined
      ? fitEffort(wished, target.abilities, target.backend.wire)
      : { reasoning: wished, rule: undefined };
  const one = withOneAnswer(parsed);
  const carried = carriedTo(target, one.conversation);
  const settings = exchange.runtime.settings.cursor;
  const { memory } = exchange.deps;
  const own = ownThinking(carried.conversation, origin);
  const scope = plainScope({ exchange, target }, own);
  // An answer is made for the effort that counts: Anthropic's thinking is put back only beside thinking.
  const foreign = new Set(own.turns.filter((turn, at) => turn !== carried.conversation.turns[at]));
  const restored = settings.memory
    ? memory.restore({ ...own, ...(reasoning && { reasoning }) }, scope, (turn) => foreign.has(turn))
    : { conversation: own, rules: [] };
  const conversation: Conversation = {
    ...restored.conversation,
    stream: request.stream,
    includeUsage: request.stream && target.backend.quirks.streamUsage,
    ...(reasoning && { reasoning }),
    ...(target.tier === 'priority' && target.abilities.serviceTier && { serviceTier: 'priority' }),
  };
  const codec = codecFor(wire);
  const searches = wire === 'responses' && flatFor(conversation, target).searches;
  const options: EmitterOptions = { ...speaker.answer, request: parsed };
  const dropped = leftOut(request, target);
  const { told, ...made } = emitted(conversation, target, settings.cacheControl, dropped);
  const rules = [
    ...(wire === target.backend.wire ? [] : [`${wire} → ${target.backend.wire}`]),
    ...(wire === 'messages' && target.backend.wire === 'messages' && hasSystemWithin(request, target)
      ? [say.systemWithin]
      : []),
    ...(effort === undefined ? [] : [say.effort(effort)]),
    ...(rule ? [rule] : []),
    ...dropped.map((name) => say.dropped(name)),
    ...one.told,
    ...carried.told,
    ...restoredWords(restored.rules),
    ...told,
  ];
  return {
    ...made,
    rules,
    dropped,
    reading: readingFor(target.backend.wire, request.stream, {
      emitter: () => codec.createStreamEmitter(options),
      emitAnswer: (answer) => codec.emitAnswer(answer, options),
      stages: () => {
        const stage = stageFor(conversation, target)?.();
        const mark = markOrigin(origin);
        const transform = (event: StreamEvent) => (stage ? stage(event).map(mark) : [mark(event)]);
        const watch = settings.memory ? memory.recorder(scope, own) : undefined;
        if (!searches) return { transform, ...(watch && { watch }) };
        // Remembered as the call it was.
        const search = restoreSearch();
        return {
          transform: (event) =>
            transform(event).flatMap((one) => {
              watch?.(one);
              return search(one);
            }),
        };
      },
    }),
  };
}

/** A short mark of the backend for what it wants back; it says nothing about it. */
function originOf({ backend }: Target): string {
  return createHash('sha256').update(backend.name).digest('base64url').slice(0, 8);
}

/** Fields of both of OpenAI's APIs go where its models are served; who takes the Responses API takes them too. */
function carriedTo(target: Target, conversation: Conversation): Carried {
  const { backend, upstreamModel } = target;
  const shares = backend.wire === 'responses' || schemaDialectOf(backend, upstreamModel) === 'openai';
  const settled = settleTools(conversation, readsToolChanges(target) ? backend.wire : undefined);
  const called = readsItems(target) ? settled : searchesAsCalls(settled);
  const carried = carryAcross(
    called,
    backend.wire,
    shares,
    backend.wire === 'messages' || emitTargetFor(target).cacheMarks,
  );
  return settled === conversation ? carried : { ...carried, told: [wires.toolsSettled, ...carried.told] };
}

/** Tools that come within a conversation: a matter of the newest models, at their makers. */
function readsToolChanges(target: Target): boolean {
  const { backend, upstreamModel, model } = target;
  if (backend.wire === 'messages') return takesSystemWithin(modelNameOf(upstreamModel, model));
  return readsItems(target);
}

/** A server of Responses that knows all that Codex sends. */
function readsItems({ backend, abilities }: Target): boolean {
  return backend.wire === 'responses' && abilities.customTools === 'keep';
}

function planCursor(input: PlanInput): Content {
  const { exchange, request, target } = input;
  const { cursor } = exchange.runtime.settings;
  const { memory } = exchange.deps;
  const showThinking = cursor.thinking !== 'hide';
  const quick = quickEdits(input, showThinking);
  if (quick) return quick;

  const asked = readCursorRequest(request.body());
  const carried = carriedTo(target, asked.conversation);
  const fitted = applyTarget(carried.conversation, target, { showThinking });
  const scope = memoryScope(input, fitted.conversation, asked.conversationHint);
  const restored = cursor.memory
    ? memory.restore(fitted.conversation, scope)
    : { conversation: fitted.conversation, rules: [] };
  const conversation = { ...restored.conversation, includeUsage: request.stream && target.backend.quirks.streamUsage };
  const { told, ...made } = emitted(conversation, target, cursor.cacheControl, CURSORS_HABIT);
  return {
    ...made,
    rules: [...new Set([...asked.rules, ...carried.told, ...fitted.rules, ...restored.rules, ...told])],
    reading: cursorReading(input, {
      customToolNames: asked.customToolNames,
      transform: stageFor(conversation, target),
      ...(cursor.memory && { watch: () => memory.recorder(scope, conversation) }),
      notice: restored.notice,
    }),
  };
}

/** A plain dialect-A body for a chat backend is edited where it lies; undefined when it has to be read whole. */
function quickEdits(input: PlanInput, showThinking: boolean): Content | undefined {
  const { exchange, request, target } = input;
  if (target.backend.wire !== 'chat' || !target.backend.quirks.streamUsage) return undefined;
  if (needsWholeRequest(request, target, 'chat')) return undefined;
  if (emitTargetFor(target).cacheMarks && exchange.runtime.settings.cursor.cacheControl !== false) return undefined;
  const quick = editChatBody(request.bytes, request.entries, { target, emit: emitTargetFor(target), showThinking });
  if (!quick) return undefined;
  const { memory } = exchange.deps;
  const remembers = exchange.runtime.settings.cursor.memory;
  const outline = quick.outline();
  const scope = memoryScope(input, outline);
  if (remembers && memory.concerns(scope)) return undefined;
  return {
    body: editedBody(request.bytes, quick.edits),
    path: WIRE_PATHS.chat,
    rules: quick.rules,
    reading: cursorReading(input, {
      customToolNames: new Set(),
      ...(remembers && { watch: () => memory.recorder(scope, outline) }),
    }),
  };
}

/** Whose memory this is (S1–S7); the conversation also goes into the record. */
function memoryScope({ exchange, target, record }: PlanInput, conversation: Conversation, hint?: string): MemoryScope {
  const key = conversationKey(conversation, exchange.request.headers, hint);
  record.conversation = key;
  return scopeOf(exchange, target, key, true);
}

/**
 * Anthropic writes to its cache for a quarter more than it reads without, and reads from it for a tenth: an agent's turns and
 * a conversation that goes on come out cheaper. Models and APIs that only resemble Claude's are left alone.
 */
function paysToCache({ tools = [], turns }: Conversation, { upstreamModel, model }: Target): boolean {
  if (!cachesPrompts(modelNameOf(upstreamModel, model))) return false;
  return tools.length > 0 || turns.some(({ role }) => role === 'assistant');
}

function emitted(
  conversation: Conversation,
  target: Target,
  cacheControl: boolean | 'auto',
  unspoken: readonly string[],
): { body: Buffer; path: string; betas: string[]; told: Said[] } {
  const { wire } = target.backend;
  const keyed = legalPropertyKeys(flatFor(conversation, target).conversation, wire).conversation;
  const limited = withReserveLimit(legalToolNames(keyed, wire, wantsLetter(target)).conversation, target.backend);
  const addCacheControl = cacheControl === 'auto' ? paysToCache(conversation, target) : cacheControl;
  const emitTarget = emitTargetFor(target, { addCacheControl });
  const made = codecFor(wire).emitRequest(limited, emitTarget);
  const takesMarks = (wire === 'messages' && made.cache_control === undefined) || emitTarget.cacheMarks;
  const isMarked = addCacheControl && takesMarks && !cacheMarkOf(conversation);
  const body = wire === 'messages' ? withLastMarks(made) : made;
  return {
    body: Buffer.from(JSON.stringify(body)),
    path: WIRE_PATHS[wire],
    betas: betasOf(body),
    told: [
      ...(body === made ? [] : [say.fewerMarks]),
      ...(isMarked ? [say.marksAdded] : []),
      ...(thinksAllTheSame(conversation, target) ? [say.alwaysThinks] : []),
      ...tuningWords(conversation, body, unspoken),
    ],
  };
}

function thinksAllTheSame({ reasoning }: Conversation, target: Target): boolean {
  return reasoning !== undefined && !wantsReasoning(reasoning) && quirksFor(target).thinkingOff === 'never';
}

function wantsLetter({ backend, upstreamModel }: Target): boolean {
  return letterFirst(schemaDialectOf(backend, upstreamModel));
}

/**
 * Groups of tools and calls that only Responses has a form for, told to the other wires in theirs; groups also to who
 * speaks Responses and knows no custom tools, which stand in them.
 */
function flatFor(conversation: Conversation, target: Target): FlatTools {
  if (readsItems(target)) return { conversation, originals: new Map(), searches: false };
  return flattenNamespaces(conversation, target.backend.wire === 'responses');
}

/**
 * What an answer goes through on its way back: calls of custom tools that went up as functions become raw text again
 * (R19), tools get the client's names again; a wire without stop sequences has its text cut here.
 */
function stageFor(source: Conversation, target: Target): (() => (event: StreamEvent) => StreamEvent[]) | undefined {
  const { wire } = target.backend;
  const { conversation, originals: grouped } = flatFor(source, target);
  const asFunctions = wire === 'messages' || target.abilities.customTools === 'function';
  const names = asFunctions ? customToolNames(conversation) : new Set<string>();
  const stop = stopsCutHere(conversation, target);
  const { originals } = legalToolNames(conversation, wire, wantsLetter(target));
  const { originals: keys } = legalPropertyKeys(conversation, wire);
  const changed = [names, originals, grouped, keys].some(({ size }) => size > 0);
  if (!changed && stop.length === 0) return undefined;
  return () => {
    const rename = restoreToolNames(originals);
    const rekey = restorePropertyKeys(keys);
    const unwrap = unwrapCustomCalls(names);
    const regroup = restoreNamespaces(grouped);
    const cut = cutAtStop(stop);
    return (event) => rekey(rename(event)).flatMap(unwrap).map(regroup).flatMap(cut);
  };
}

/** Stop sequences that the upstream does not get: Responses has no field, some models refuse it or take only a few (c11). */
function stopsCutHere({ stop = [] }: Conversation, target: Target): string[] {
  const { wire } = target.backend;
  if (stop.length === 0 || wire === 'messages') return [];
  const { unsupportedParams, maxStops } = emitTargetFor(target);
  return wire === 'responses' || unsupportedParams.includes('stop') ? stop : stop.slice(maxStops ?? stop.length);
}

function cursorReading(
  input: PlanInput,
  parts: {
    customToolNames: ReadonlySet<string>;
    transform?: () => (event: StreamEvent) => StreamEvent[];
    watch?: () => (event: StreamEvent) => void;
    notice?: string;
  },
): AnswerReading {
  const { exchange, request, speaker, target } = input;
  const options = {
    ...cursorReplyOptions(speaker.answer, exchange.runtime.settings.cursor, target.backend.name, parts.customToolNames),
    ...(parts.notice && { notice: parts.notice }),
    estimatedInput: Math.ceil(request.bytes.length / 4),
    onCall: callsInto(input.record),
  };
  return readingFor(target.backend.wire, request.stream, {
    emitter: () => createCursorEmitter(options),
    emitAnswer: (answer) => emitCursorAnswer(answer, options),
    stages: () => ({ transform: parts.transform?.(), watch: parts.watch?.() }),
  });
}

const MOST_CALLS = 50;

/** Notes the calls of one attempt in the record: their names and lengths, never what they say. */
function callsInto(record: RequestRecord): (call: WholeCall) => void {
  const calls: SentCall[] = [];
  return ({ name, arguments: text, custom }) => {
    if (calls.length >= MOST_CALLS) return;
    const parsed = custom ? {} : { parsed: parseObject(text) !== undefined };
    calls.push({ name: name.slice(0, 64), length: text.length, ...parsed });
    record.toolCalls = calls;
  };
}

interface ClientForm {
  emitter(): StreamEmitter;
  emitAnswer(answer: Answer): JsonObject;
  /** Fresh stages for one answer. */
  stages(): EventStages;
}

/** Every way an upstream may answer, for every way the client wants it: streamed or whole, whichever was asked for. */
function readingFor(upstreamWire: WireName, stream: boolean, form: ClientForm): AnswerReading {
  const upstream = codecFor(upstreamWire);
  const whole = (answer: Answer) => ({ body: JSON.stringify(form.emitAnswer(answer)), ...facts(answer) });
  return {
    streamReply: () =>
      stream
        ? createTranslatedReply(upstream.createStreamParser(), form.emitter(), form.stages())
        : createCollectingReply(upstream.createStreamParser()),
    wholeReply(body) {
      const answer = readAnswer(upstream, body);
      if ('failure' in answer) return { body, chars: 0, failure: answer.failure };
      if (!stream) return whole(throughStages(answer, form.stages()));
      const reply = createTranslatedReply(upstream.createStreamParser(), form.emitter(), form.stages());
      return { ...facts(answer), body: reply.pushEvents(replay(answer)) + reply.end() };
    },
    collected: (reply) => whole(throughStages((reply as CollectingReply).answer(), form.stages())),
  };
}
