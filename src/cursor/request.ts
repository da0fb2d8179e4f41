/** A request of Cursor's, whatever mixture of dialects it is, as one conversation (docs/rules.md, N). */
import type { Words } from '../said';
import { RequestProblem } from '../wires/codec';
import type { Conversation, JsonObject, JsonValue, Part, ToolCallPart, Turn, WireName } from '../wires/conversation';
import { customToolNames, markCustomCalls } from '../wires/customTools';
import { readContent } from '../wires/parts';
import { arrayOf, filledString, isObject, parseObject } from '../wires/read';
import { say as wires } from '../wires/sentences';
import { type Dialect, detectDialect } from './detect';
import { readParameters } from './parameters';
import { say } from './sentences';
import { pairMissingIds, readList, type TurnReader } from './turns';

export interface CursorRequest {
  conversation: Conversation;
  dialect: Dialect;
  /** Names of the rules that changed something, as `N4`. */
  rules: Words[];
  /** Empty when the body names none: models are not invented here. */
  askedModel: string;
  /** Tools whose calls go back as raw text (R17). */
  customToolNames: ReadonlySet<string>;
  /** The conversation's own id from `metadata`, when there is one (S1). Never `user`, never a request id (S3). */
  conversationHint?: string;
}

const WIRE_OF: Readonly<Record<Dialect, WireName>> = { A: 'chat', B: 'responses', C: 'messages' };

/**
 * Reads a body of any dialect, level by level (N1–N34); `body` is not changed. Usage is always asked for (R20).
 * Throws RequestProblem for what nothing can be answered to (D4, E8).
 */
export function readCursorRequest(body: JsonObject): CursorRequest {
  const detected = detectDialect(body);
  if ('problem' in detected) throw new RequestProblem(detected.problem, 'messages');
  const { dialect } = detected;
  const rules = new Set<Words>();
  const turns = turnsOf(body, dialect, rules);
  const conversation = { ...readParameters(body, dialect, rules), turns };
  if (conversation.stream) conversation.includeUsage = true;
  const names = customToolNames(conversation);
  conversation.turns = restoreCustomCalls(conversation.turns, names, rules);
  const hint = conversationHint(conversation);
  return {
    conversation,
    dialect,
    rules: [...rules],
    askedModel: conversation.model,
    customToolNames: names,
    ...(hint && { conversationHint: hint }),
  };
}

/** Turns of some messages by themselves, without the request around them. Throws as `readCursorRequest` does. */
export function readTurns(messages: JsonValue[]): Turn[] {
  const body = { messages };
  const detected = detectDialect(body);
  if ('problem' in detected) throw new RequestProblem(detected.problem, 'messages');
  const rules = new Set<Words>();
  return restoreCustomCalls(turnsOf(body, detected.dialect, rules), new Set(), rules);
}

function turnsOf(body: JsonObject, dialect: Dialect, rules: Set<Words>): Turn[] {
  const reader: TurnReader = { turns: [], rules, wire: WIRE_OF[dialect] };
  readSystem(body, reader);
  if (dialect === 'B') readInput(body.input, reader);
  else {
    if (isObject(body.input) || arrayOf(body.input).length > 0 || filledString(body.input)) rules.add('D2');
    readList(arrayOf(body.messages), 'messages', reader);
  }
  if (!reader.turns.some((turn) => turn.parts.length > 0)) {
    throw new RequestProblem(say.noText, 'messages');
  }
  pairMissingIds(reader.turns, rules);
  return reader.turns;
}

/** Top-level `instructions` and `system` become the leading system text (N8). */
function readSystem(body: JsonObject, { turns, rules, wire }: TurnReader): void {
  for (const value of [body.instructions, body.system]) {
    const parts = readContent(value, wire).filter((part) => part.type !== 'text' || part.text !== '');
    if (parts.length === 0) continue;
    rules.add('N8');
    turns.push({ role: 'system', parts });
  }
}

function readInput(input: JsonValue | undefined, reader: TurnReader): void {
  if (input === undefined || input === null) return;
  if (typeof input === 'string' || isObject(input)) readList([input], 'input', reader);
  else if (Array.isArray(input)) readList(input, 'input', reader);
  else throw new RequestProblem(wires.inputForm, 'input');
  reader.rules.add('N9');
}

/**
 * Calls of custom tools, which come back as functions with raw text (R19), are custom again; so are their results. An
 * Anthropic-style `{input: text}` object around the text goes.
 */
function restoreCustomCalls(turns: Turn[], names: ReadonlySet<string>, rules: Set<Words>): Turn[] {
  const marked = markCustomCalls(turns, names);
  if (marked !== turns) rules.add('R19');
  return marked.map((turn) => {
    if (!turn.parts.some((part) => unwrapped(part) !== part)) return turn;
    rules.add('R19');
    return { ...turn, parts: turn.parts.map(unwrapped) };
  });
}

function unwrapped(part: Part): Part {
  if (part.type !== 'toolCall' || !part.custom || !part.arguments.startsWith('{')) return part;
  const value = parseObject(part.arguments);
  if (typeof value?.input !== 'string' || Object.keys(value).length !== 1) return part;
  return { ...part, arguments: value.input } satisfies ToolCallPart;
}

/** `metadata.cursorConversationId`, in whichever spelling (S1). */
export function conversationHint({ metadata = {} }: Pick<Conversation, 'metadata'>): string | undefined {
  for (const [key, value] of Object.entries(metadata)) {
    const hint = filledString(value);
    if (hint && key.replace(/[-_]/g, '').toLowerCase() === 'cursorconversationid') return hint;
  }
  return undefined;
}
