/** One remembered answer: what is kept of it, under which keys it is found again, and how it comes back from a file. */
import type { ReasoningPart, ToolCallPart, Turn } from '../wires/conversation';
import { sha256 } from '../wires/sha256';
import { canonicalArguments } from './callPrint';
import type { ColdScope } from './coldStart';

/** Who remembers what for whom: everything here must be equal for a memory to be used again. */
export interface MemoryScope extends ColdScope {
  /** Name of the client key: a namespace of its own. */
  clientKey: string;
  backend: string;
  /** `conversationKey`, to keep concurrent threads apart (S1–S3). */
  conversation: string;
}

/** Where records survive a restart; each is one JSON text. Never called with anything else. */
export interface MemoryPersistence {
  append(record: string): void;
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
/** What Responses said of a block of text, and how many characters that are no blanks it has. */
interface RememberedPhase {
  phase: string;
  length: number;
}
export interface MemoryRecord {
  scope: string;
  conversation: string;
  /** Hash of the user text the answer was for. */
  question: string;
  at: number;
  reasoning: RememberedReasoning[];
  calls: RememberedCall[];
  /** Of all blocks of text, where one had a phase. */
  phases?: RememberedPhase[];
  /** Hash of the whole text of an answer without calls. */
  text?: string;
}

export function hasContent(record: MemoryRecord): boolean {
  return (
    record.reasoning.length > 0 ||
    record.phases !== undefined ||
    record.calls.some((call) => call.thoughtSignature || call.itemId)
  );
}

export function printOf(call: ToolCallPart): string {
  return hash(`${call.name}\u0000${call.custom ? call.arguments : canonicalArguments(call.arguments)}`);
}

/** S7: backend, wire and family; a family is what accepts each other's opaque fields. */
export function scopeKey({ clientKey, backend, wire, upstreamModel }: MemoryScope): string {
  return [clientKey, backend, wire, modelFamily(upstreamModel)].join('\u0000');
}

function modelFamily(model: string): string {
  return /claude|deepseek|gemini|kimi/i.exec(model)?.[0].toLowerCase() ?? model;
}

export function callKey(scope: string, id: string): string {
  return `${scope}\u0000call\u0000${id}`;
}

export function textKey(scope: string, textHash: string): string {
  return `${scope}\u0000text\u0000${textHash}`;
}

export function keysOf(record: MemoryRecord): Set<string> {
  const keys = new Set(record.calls.map(({ id }) => callKey(record.scope, id)));
  if (record.text) keys.add(textKey(record.scope, record.text));
  return keys;
}

/** Roughly what a record takes in memory; strings may take two bytes a character. */
export function sizeOf(record: MemoryRecord): number {
  let characters = record.scope.length + record.conversation.length + 200;
  for (const { part } of record.reasoning) {
    characters += part.text.length + (part.signature?.length ?? 0) + (part.encrypted?.length ?? 0) + 100;
  }
  for (const call of record.calls) characters += call.id.length * 2 + (call.thoughtSignature?.length ?? 0) + 200;
  return (characters + 40 * (record.phases?.length ?? 0)) * 2;
}

export function readRecord(text: string): MemoryRecord | undefined {
  try {
    const record = JSON.parse(text) as MemoryRecord;
    const whole =
      typeof record.scope === 'string' &&
      typeof record.at === 'number' &&
      Array.isArray(record.calls) &&
      Array.isArray(record.reasoning) &&
      record.calls.every((call) => typeof call.id === 'string') &&
      (record.phases ?? []).every(({ phase, length }) => typeof phase === 'string' && typeof length === 'number') &&
      record.reasoning.every((entry) => entry.part.type === 'reasoning' && typeof entry.part.text === 'string');
    return whole ? record : undefined;
  } catch {
    return undefined;
  }
}

export function textOf(turn: Turn | undefined): string {
  return (turn?.parts ?? [])
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('')
    .trim();
}

/** Without blanks: where thinking stood inside a text, the shown answer has more of them. */
export function bare(text: string): string {
  return text.replace(/\s+/g, '');
}

export function hash(text: string): string {
  return sha256(text).toString('base64url').slice(0, 22);
}
