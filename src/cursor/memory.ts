/**
 * Memory for what Cursor and other clients drop between turns (docs/rules.md, S): reasoning text, thinking signatures, thought signatures,
 * encrypted reasoning and item ids. Found again by tool-call id (S4), for answers without a call by their text;
 * separate per client key and never given to another provider (S7). What to do when it is cold: coldStart.ts.
 */
import type { Conversation, StreamEvent, ToolCallPart, Turn } from '../wires/conversation';
import { needsOf, warmUp } from './coldStart';
import {
  bare,
  callKey,
  hash,
  keysOf,
  type MemoryPersistence,
  type MemoryRecord,
  type MemoryScope,
  printOf,
  readRecord,
  scopeKey,
  sizeOf,
  textKey,
  textOf,
} from './memoryRecord';
import { createRecorder } from './memoryRecorder';
import { withRecord } from './putBack';

export interface Restored {
  conversation: Conversation;
  /** `S10` when something was put back, `S6` when the memory was cold and the request was changed instead. */
  rules: string[];
  /** One sentence the person should see before the answer (S6). */
  notice?: string;
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
