/**
 * Memory for what Cursor and other clients drop between turns (docs/rules.md, S): reasoning text, thinking signatures, thought signatures,
 * encrypted reasoning and item ids. Found again by tool-call id (S4), for answers without a call by their text;
 * separate per client key and never given to another provider (S7). What to do when it is cold: coldStart.ts.
 */

import type {
  Conversation,
  Part,
  ReasoningPart,
  StreamEvent,
  ToolCallPart,
  Turn,
  WireName,
} from '../wires/conversation';
import { goesBackOver } from '../wires/origin';
import { sha256 } from '../wires/sha256';
import { canonicalArguments } from './callPrint';
import { needsOf, warmUp } from './coldStart';
import { conversationHint } from './request';

/** Who remembers what for whom: everything here must be equal for a memory to be used again. */
export interface MemoryScope {
  /** Name of the client key: a namespace of its own. */
  clientKey: string;
  backend: string;
  preset?: string;
  wire: WireName;
  upstreamModel: string;
  thinkingField?: 'reasoning_content';
  /** The client is no Cursor (coldStart.ts). */
  thinksOn?: true;
  /** `conversationKey`, to keep concurrent threads apart (S1–S3). */
  conversation: string;
}

export interface Restored {
  conversation: Conversation;
  /** `S10` when something was put back, `S6` when the memory was cold and the request was changed instead. */
  rules: string[];
  /** One sentence the person should see before the answer (S6). */
  notice?: string;
}

/** Where records survive a restart; each is one JSON text. Never called with anything else. */
export interface MemoryPersistence {
  append(record: string): void;
}

export interface MemoryOptions {
  /** Least recently used records go first. */
  maxBytes?: number;
  /** Milliseconds since the last use. */
  maxAgeMs?: number;
  /** Milliseconds since the epoch. */
  now: () => number;
  persist?: MemoryPersistence;
}

export interface CursorMemory {
  /** Whether `restore` could change a request there: then it has to be read whole. Cheap. */
  concerns(scope: MemoryScope): boolean;
  /**
   * Puts back what is remembered on every assistant turn it belongs to (S10); `conversation` is not changed.
   * @param isForeign another backend made this turn, whatever its call ids say (S7).
   */
  restore(conversation: Conversation, scope: MemoryScope, isForeign?: (turn: Turn) => boolean): Restored;
  /**
   * Watches one answer. Must see every event before the client does: a call is remembered at its end, so that its
   * result finds it even when it comes back before the stream has ended (S5).
   */
  recorder(scope: MemoryScope, conversation: Conversation): (event: StreamEvent) => void;
  /** Takes records that survived a restart, oldest first; broken and expired ones are left out. */
  load(records: Iterable<string>): void;
  /** All records, oldest first, for a fresh file. */
  records(): string[];
  readonly bytes: number;
}

interface RememberedCall {
  id: string;
  /** Hash of name and canonical arguments: tells equal ids of different threads apart. */
  print: string;
  thoughtSignature?: string;
  itemId?: string;
}
interface RememberedReasoning {
  part: ReasoningPart;
  /** Where it stood: behind the text, behind so many calls. */
  afterText: boolean;
  afterCalls: number;
}
interface MemoryRecord {
  scope: string;
  conversation: string;
  /** Hash of the user text the answer was for. */
  question: string;
  at: number;
  reasoning: RememberedReasoning[];
  calls: RememberedCall[];
  /** Hash of the whole text of an answer without calls. */
  text?: string;
}

const DAY = 86_400_000;
/** Records found by one id: servers that count `call_0`, `call_1` give the same ones in every thread. */
const SAME_ID = 100;

export function createMemory({
  maxBytes = 64 * 1024 * 1024,
  maxAgeMs = 7 * DAY,
  now,
  persist,
}: MemoryOptions): CursorMemory {
  /** Least recently used first. */
  const sizes = new Map<MemoryRecord, number>();
  const index = new Map<string, MemoryRecord[]>();
  const perScope = new Map<string, number>();
  let bytes = 0;

  function forget(record: MemoryRecord): void {
    const size = sizes.get(record);
    if (size === undefined) return;
    sizes.delete(record);
    bytes -= size;
    bump(perScope, record.scope, -1);
    for (const key of keysOf(record)) {
      const left = index.get(key)?.filter((other) => other !== record) ?? [];
      if (left.length > 0) index.set(key, left);
      else index.delete(key);
    }
  }

  /** Adds a record, or takes notice that it has grown. */
  function keep(record: MemoryRecord): void {
    forget(record);
    const size = sizeOf(record);
    sizes.set(record, size);
    bytes += size;
    bump(perScope, record.scope, 1);
    for (const key of keysOf(record)) index.set(key, [...(index.get(key) ?? []).slice(1 - SAME_ID), record]);
    const oldest = now() - maxAgeMs;
    for (const old of sizes.keys()) {
      if (bytes <= maxBytes && old.at >= oldest) break;
      forget(old);
    }
  }

  function touch(record: MemoryRecord): void {
    const size = sizes.get(record);
    if (size === undefined) return;
    record.at = now();
    sizes.delete(record);
    sizes.set(record, size);
  }

  function find(turn: Turn, question: string, scope: MemoryScope): MemoryRecord | undefined {
    const name = scopeKey(scope);
    const calls = turn.parts.filter((part) => part.type === 'toolCall');
    const oldest = now() - maxAgeMs;
    const fresh = (key: string) => (index.get(key) ?? []).filter((record) => record.at >= oldest);
    for (const call of calls) {
      const record = bestForCall(fresh(callKey(name, call.id)), call, question, scope.conversation);
      if (record) return record;
    }
    if (calls.length > 0) return undefined;
    const text = bare(textOf(turn));
    if (text === '') return undefined;
    const candidates = fresh(textKey(name, hash(text)));
    return (
      candidates.findLast((record) => record.conversation === scope.conversation) ??
      (text.length >= 40 ? candidates.at(-1) : undefined)
    );
  }

  return {
    concerns: (scope) => (perScope.get(scopeKey(scope)) ?? 0) > 0 || needsOf(scope) !== 'nothing',
    restore(conversation, scope, isForeign = () => false) {
      const known = new Map<number, MemoryRecord>();
      let question = '';
      conversation.turns.forEach((turn, at) => {
        if (turn.role === 'user') question = hash(textOf(turn));
        if (turn.role !== 'assistant' || isForeign(turn)) return;
        const record = find(turn, question, scope);
        if (!record) return;
        touch(record);
        known.set(at, record);
      });
      const putBack = (turn: Turn, at: number) => withRecord(turn, known.get(at), scope.wire);
      return warmUp(conversation, scope, (at) => known.has(at), putBack);
    },
    recorder: (scope, conversation) => createRecorder(scope, conversation, now, keep, persist),
    load(records) {
      for (const text of records) {
        const record = readRecord(text);
        if (record && record.at >= now() - maxAgeMs) keep(record);
      }
    },
    records: () => [...sizes.keys()].map((record) => JSON.stringify(record)),
    get bytes() {
      return bytes;
    },
  };
}

function bump(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

/** Watches one answer and keeps what it brings. */
function createRecorder(
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

function hasContent(record: MemoryRecord): boolean {
  return record.reasoning.length > 0 || record.calls.some((call) => call.thoughtSignature || call.itemId);
}

/** The turn with its reasoning in place and its calls' companions (S10). Same object when there is nothing to add. */
function withRecord(turn: Turn, record: MemoryRecord | undefined, wire: WireName): Turn {
  if (!record || !hasContent(record)) return turn;
  if (bringsThinking(turn, record, wire)) return withSignatures(turn, record);
  const parts: Part[] = [];
  let left = record.reasoning;
  let calls = 0;
  let text = false;
  const due = () => {
    const ready = left.filter((entry) => entry.afterCalls <= calls && (!entry.afterText || text || calls > 0));
    left = left.filter((entry) => !ready.includes(entry));
    parts.push(...ready.map(({ part }) => ({ ...part })));
  };
  const others = record.reasoning.length > 0 ? turn.parts.filter(({ type }) => type !== 'reasoning') : turn.parts;
  for (const part of others) {
    if (part.type === 'text' && calls === 0) {
      due();
      parts.push(part);
      text ||= part.text !== '';
      continue;
    }
    if (part.type !== 'toolCall') {
      parts.push(part);
      continue;
    }
    // A call the client left out shifts nothing: what stood before the first call is due now at the latest.
    if (calls === 0) text = true;
    due();
    parts.push(withCompanions(part, record));
    calls++;
  }
  if (calls === 0) due();
  return { ...turn, parts };
}

function withSignatures(turn: Turn, record: MemoryRecord): Turn {
  const parts = turn.parts.map((part) =>
    part.type === 'toolCall' && !part.thoughtSignature ? withCompanions(part, record) : part,
  );
  return parts.some((part, at) => part !== turn.parts[at]) ? { ...turn, parts } : turn;
}

/** Thinking that the client brought itself stays, where it is all that the provider gave: the text alone is not. */
function bringsThinking(turn: Turn, record: MemoryRecord, wire: WireName): boolean {
  const brought = turn.parts.filter((part) => goesBackOver(wire, part));
  const sealed = record.reasoning.some(({ part }) => part.encrypted !== undefined);
  return brought.length > 0 && (!sealed || brought.some(({ encrypted }) => encrypted !== undefined));
}

function withCompanions(call: ToolCallPart, record: MemoryRecord): ToolCallPart {
  const kept = record.calls.find(({ id }) => id === call.id);
  if (!kept?.thoughtSignature && !kept?.itemId) return call;
  return {
    ...call,
    ...(kept.thoughtSignature && { thoughtSignature: kept.thoughtSignature }),
    ...(kept.itemId && { itemId: kept.itemId }),
  };
}

/**
 * The record this call comes from. Ids like `call_0` repeat: then thread, question, name and arguments decide, and a
 * record of another thread is only taken for an id that cannot have been given twice.
 */
function bestForCall(
  records: MemoryRecord[],
  call: ToolCallPart,
  question: string,
  conversation: string,
): MemoryRecord | undefined {
  if (records.length === 0) return undefined;
  const print = printOf(call);
  const score = (record: MemoryRecord) => {
    const samePrint = record.calls.some((kept) => kept.id === call.id && kept.print === print);
    const sameThread = record.conversation === conversation;
    const sameQuestion = record.question === question;
    if (!samePrint && !(sameThread && sameQuestion)) return 0;
    if (!sameThread && !isDistinctive(call)) return 0;
    return 1 + (samePrint ? 4 : 0) + (sameThread ? 2 : 0) + (sameQuestion ? 1 : 0);
  };
  let best: MemoryRecord | undefined;
  let most = 0;
  for (const record of records) {
    const points = score(record);
    // The newest of equals.
    if (points > 0 && points >= most) {
      best = record;
      most = points;
    }
  }
  return best;
}

/** Enough randomness in the id besides its frame and the tool's name. */
function isDistinctive({ id, name }: ToolCallPart): boolean {
  return (
    id
      .replace(name, '')
      .replace(/^(functions?|call|toolu|tooluse|fc|vrtx|bdrk)[._:-]*/i, '')
      .replace(/[^A-Za-z0-9]/g, '').length >= 12
  );
}

function printOf(call: ToolCallPart): string {
  return hash(`${call.name}\u0000${call.custom ? call.arguments : canonicalArguments(call.arguments)}`);
}

/** S7: backend, wire and family; a family is what accepts each other's opaque fields. */
function scopeKey({ clientKey, backend, wire, upstreamModel }: MemoryScope): string {
  return [clientKey, backend, wire, modelFamily(upstreamModel)].join('\u0000');
}

function modelFamily(model: string): string {
  return /claude|deepseek|gemini|kimi/i.exec(model)?.[0].toLowerCase() ?? model;
}

function callKey(scope: string, id: string): string {
  return `${scope}\u0000call\u0000${id}`;
}

function textKey(scope: string, textHash: string): string {
  return `${scope}\u0000text\u0000${textHash}`;
}

function keysOf(record: MemoryRecord): Set<string> {
  const keys = new Set(record.calls.map(({ id }) => callKey(record.scope, id)));
  if (record.text) keys.add(textKey(record.scope, record.text));
  return keys;
}

/** Roughly what a record takes in memory; strings may take two bytes a character. */
function sizeOf(record: MemoryRecord): number {
  let characters = record.scope.length + record.conversation.length + 200;
  for (const { part } of record.reasoning) {
    characters += part.text.length + (part.signature?.length ?? 0) + (part.encrypted?.length ?? 0) + 100;
  }
  for (const call of record.calls) characters += call.id.length * 2 + (call.thoughtSignature?.length ?? 0) + 200;
  return characters * 2;
}

function readRecord(text: string): MemoryRecord | undefined {
  try {
    const record = JSON.parse(text) as MemoryRecord;
    const whole =
      typeof record.scope === 'string' &&
      typeof record.at === 'number' &&
      Array.isArray(record.calls) &&
      Array.isArray(record.reasoning) &&
      record.calls.every((call) => typeof call.id === 'string') &&
      record.reasoning.every((entry) => entry.part.type === 'reasoning' && typeof entry.part.text === 'string');
    return whole ? record : undefined;
  } catch {
    return undefined;
  }
}

function textOf(turn: Turn | undefined): string {
  return (turn?.parts ?? [])
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('')
    .trim();
}

/** Without blanks: where thinking stood inside a text, the shown answer has more of them. */
function bare(text: string): string {
  return text.replace(/\s+/g, '');
}

function hash(text: string): string {
  return sha256(text).toString('base64url').slice(0, 22);
}

/**
 * Key of the conversation, first hit wins: `metadata.cursorConversationId`, a header, else derived from the
 * model and the first user text, since the system text changes every turn (S1, S2).
 */
export function conversationKey(
  conversation: Conversation,
  headers: Headers,
  hint = conversationHint(conversation),
): string {
  const first = conversation.turns.find((turn) => turn.role === 'user');
  return namedConversation(hint, headers) ?? derivedConversation(conversation.model, textOf(first));
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Cursor's, Claude Code's, Codex's (its older and its newer spelling). Ids of single requests do not count (S3). */
const HEADERS = ['x-cursor-conversation-id', 'x-claude-code-session-id', 'session_id', 'session-id'];

/** The client's own word for a conversation, in its body or a header (S1). */
export function namedConversation(hint: string | undefined, headers: Headers): string | undefined {
  if (hint) return `m:${hash(hint)}`;
  for (const name of HEADERS) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return `h:${hash(value)}`;
  }
  return undefined;
}

/** What all turns of a conversation have in common (S2). A hash, so that no prompt is kept. */
export function derivedConversation(model: string, first: string): string {
  return `d:${hash(`${model}\u0000${first}`)}`;
}
