/**
 * One converter for whatever stands in `messages` or `input`: chat messages, Responses items, Anthropic blocks, mixed
 * as they come (N1–N6, N9, N11–N14, N26). Content parts are read by wires/parts.
 */
import type { Words } from '../said';
import { argumentText, namelessCallText, readReasoningFields } from '../wires/chatRequest';
import { RequestProblem } from '../wires/codec';
import type {
  JsonObject,
  JsonValue,
  Part,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  Turn,
  WireName,
} from '../wires/conversation';
import { readContent, readPart, readResultContent } from '../wires/parts';
import { filledString, isObject, objectOf, stringOf } from '../wires/read';
import { readReasoningItem } from '../wires/responsesRequest';
import { readThoughtSignature } from '../wires/thoughtSignature';
import { say } from './sentences';
import { stripThinking } from './thinking';

export interface TurnReader {
  turns: Turn[];
  /** Names of the rules that changed something. */
  rules: Set<Words>;
  /** Wire that unknown parts belong to. */
  wire: WireName;
}

/** Reads a list into `reader.turns`; `path` is its field, for sentences. Throws RequestProblem (E8). */
export function readList(list: readonly JsonValue[], path: string, reader: TurnReader): void {
  for (const [at, entry] of list.entries()) readEntry(entry, `${path}[${at}]`, reader);
}

function readEntry(entry: JsonValue, path: string, reader: TurnReader): void {
  if (typeof entry === 'string') {
    reader.rules.add('N9');
    reader.turns.push({ role: 'user', parts: [{ type: 'text', text: entry }] });
    return;
  }
  if (!isObject(entry)) throw new RequestProblem(say.noMessage(path), path);
  const type = stringOf(entry.type);
  if (entry.role !== undefined || type === undefined || type === 'message') readMessage(entry, path, reader);
  else readItem(entry, type, reader);
}

/** An entry that is no message: a Responses item (N9), or a block without a message around it (N13). */
function readItem(item: JsonObject, type: string, reader: TurnReader): void {
  const { turns, rules, wire } = reader;
  switch (type) {
    case 'function_call':
    case 'custom_tool_call':
      rules.add('N9');
      joined(turns, 'assistant').parts.push(readCallItem(item));
      return;
    case 'function_call_output':
    case 'custom_tool_call_output':
      rules.add('N9');
      joined(turns, 'tool').parts.push({
        type: 'toolResult',
        id: filledString(item.call_id) ?? '',
        content: readResultContent(item.output, wire),
        ...(type === 'custom_tool_call_output' && { custom: true }),
      });
      return;
    case 'reasoning':
      joined(turns, 'assistant').parts.push(readReasoningItem(item));
      return;
    case 'item_reference':
      // It names what somebody else stored (N33).
      rules.add('N33');
      return;
  }
  for (const part of readPart(item, wire)) {
    rules.add('N13');
    if (part.type === 'toolResult') joined(turns, 'tool').parts.push(part);
    else if (part.type === 'toolCall' || part.type === 'reasoning' || part.type === 'opaque') {
      joined(turns, 'assistant').parts.push(part);
    } else joined(turns, 'user').parts.push(part);
  }
}

/** The open turn of that role: items and blocks of one answer stand one after the other. */
function joined(turns: Turn[], role: Turn['role']): Turn {
  const last = turns.at(-1);
  if (last?.role === role) return last;
  const turn: Turn = { role, parts: [] };
  turns.push(turn);
  return turn;
}

function readCallItem(item: JsonObject): ToolCallPart {
  const custom = item.type === 'custom_tool_call';
  const part: ToolCallPart = {
    type: 'toolCall',
    id: filledString(item.call_id) ?? filledString(item.id) ?? '',
    name: stringOf(item.name) ?? '',
    arguments: argumentText(custom ? (item.input ?? item.arguments) : (item.arguments ?? item.input)),
  };
  if (custom) part.custom = true;
  const itemId = filledString(item.id);
  if (itemId && itemId !== part.id) part.itemId = itemId;
  return part;
}

function readMessage(message: JsonObject, path: string, reader: TurnReader): void {
  const role = message.role ?? 'user';
  switch (role) {
    case 'assistant':
      readAssistant(message, reader);
      return;
    case 'tool':
    case 'function':
      readToolMessage(message, role, reader);
      return;
    case 'user':
    case 'system':
    case 'developer':
      readOther(message, role, reader);
      return;
    default:
      throw new RequestProblem(say.role(`${path}.role`, JSON.stringify(role).slice(0, 80)), `${path}.role`);
  }
}

/** Tool results inside a user message become a tool turn before what else it says, as every provider wants (N13). */
function readOther(
  message: JsonObject,
  role: 'user' | 'system' | 'developer',
  { turns, rules, wire }: TurnReader,
): void {
  const parts = readContent(message.content, wire);
  const results = parts.filter((part) => part.type === 'toolResult');
  if (results.length > 0) {
    rules.add('N13');
    joined(turns, 'tool').parts.push(...results);
  }
  const own = results.length > 0 ? parts.filter((part) => part.type !== 'toolResult') : parts;
  if (own.length === 0 && results.length > 0) return;
  const name = filledString(message.name);
  turns.push({ role, parts: own, ...(name && { name }) });
}

function readToolMessage(message: JsonObject, role: 'tool' | 'function', { turns, rules, wire }: TurnReader): void {
  const turn = joined(turns, 'tool');
  // Blocks of results under a tool role, with or without an id beside them.
  const inner = Array.isArray(message.content) ? readContent(message.content, wire) : [];
  if (inner.some((part) => part.type === 'toolResult')) {
    rules.add('N13');
    turn.parts.push(...inner.filter((part) => part.type === 'toolResult'));
    return;
  }
  const id = filledString(message.tool_call_id) ?? filledString(message.tool_use_id) ?? filledString(message.call_id);
  const name = filledString(message.name);
  if (name) rules.add(role === 'function' ? 'N12' : 'N2');
  const part: ToolResultPart = { type: 'toolResult', id: id ?? '', content: readResultContent(message.content, wire) };
  if (name) part.name = name;
  if (message.is_error === true) part.isError = true;
  const cacheControl = objectOf(message.cache_control);
  if (cacheControl) part.cacheControl = cacheControl;
  turn.parts.push(part);
}

function readAssistant(message: JsonObject, { turns, rules, wire }: TurnReader): void {
  const parts = readContent(message.content, wire).flatMap((part) => withoutThinking(part, rules));
  if (Array.isArray(message.content)) rules.add('N3');
  const refusal = filledString(message.refusal);
  if (refusal) parts.push({ type: 'refusal', text: refusal });
  if (parts.some((part) => part.type === 'toolCall')) rules.add('N13');
  // The same call may stand in both forms; among `tool_calls` themselves equal ids are different calls.
  const inBlocks = new Set(parts.map((part) => (part.type === 'toolCall' ? part.id : '')));
  parts.push(
    ...readCalls(message, rules).filter((call) => call.type === 'text' || call.id === '' || !inBlocks.has(call.id)),
  );
  parts.unshift(...readReasoningFields(message));
  const name = filledString(message.name);
  const turn: Turn = { role: 'assistant', parts: textFirst(parts), ...(name && { name }) };
  const last = turns.at(-1);
  // In a list of items, reasoning, text and calls of one answer are entries of their own (N9).
  if (wire === 'responses' && last?.role === 'assistant') last.parts.push(...turn.parts);
  else turns.push(turn);
}

/** N11; a text that was nothing but thinking goes. */
function withoutThinking(part: Part, rules: Set<Words>): Part[] {
  if (part.type !== 'text') return [part];
  const text = stripThinking(part.text);
  if (text === part.text) return [part];
  rules.add('N11');
  return text === '' ? [] : [{ ...part, text }];
}

/** Text goes before calls (N13); thinking between calls keeps its place. */
function textFirst(parts: Part[]): Part[] {
  const firstCall = parts.findIndex((part) => part.type === 'toolCall');
  if (firstCall < 0 || parts.slice(firstCall).some((part) => part.type === 'reasoning')) return parts;
  return [...parts.filter((part) => part.type !== 'toolCall'), ...parts.filter((part) => part.type === 'toolCall')];
}

function readCalls(message: JsonObject, rules: Set<Words>): (ToolCallPart | TextPart)[] {
  const calls: (ToolCallPart | TextPart)[] = [];
  if (Array.isArray(message.tool_calls)) {
    if (message.tool_calls.length === 0) rules.add('N4');
    for (const entry of message.tool_calls) {
      if (!isObject(entry)) continue;
      if (entry.index !== undefined) rules.add('N2');
      calls.push(...readCall(entry, rules));
    }
  }
  const legacy = objectOf(message.function_call);
  if (legacy) {
    rules.add('N12');
    calls.push({
      type: 'toolCall',
      id: '',
      name: stringOf(legacy.name) ?? '',
      arguments: argumentText(legacy.arguments),
    });
  }
  return calls;
}

/** An entry of `tool_calls` in chat, Responses or Anthropic form. */
function readCall(entry: JsonObject, rules: Set<Words>): (ToolCallPart | TextPart)[] {
  const custom = entry.type === 'custom' || entry.type === 'custom_tool_call';
  const payload = objectOf(custom ? entry.custom : entry.function) ?? entry;
  const name = filledString(payload.name) ?? filledString(entry.name);
  const text = custom ? (payload.input ?? payload.arguments) : (payload.arguments ?? payload.input);
  if (!name) {
    const kept = namelessCallText(argumentText(text));
    if (kept.length > 0) rules.add(say.namelessCall);
    return kept;
  }
  const part: ToolCallPart = {
    type: 'toolCall',
    id: filledString(entry.id) ?? filledString(entry.call_id) ?? '',
    name,
    arguments: argumentText(text),
  };
  if (custom) part.custom = true;
  const signature = readThoughtSignature(entry);
  if (signature) part.thoughtSignature = signature;
  return [part];
}

/**
 * Gives calls and results without an id one, pairing what is left of an assistant turn and the results behind it by
 * tool name, else in order (N6, N12). Ids that are there stay. Changes the parts, which the reader made itself.
 */
export function pairMissingIds(turns: readonly Turn[], rules: Set<Words>): void {
  let open = new Map<string, ToolCallPart>();
  turns.forEach((turn, at) => {
    if (turn.role === 'assistant') {
      const calls = turn.parts.filter((part) => part.type === 'toolCall');
      if (calls.length === 0) return;
      if (calls.some(({ id }) => id === '')) {
        rules.add('N6');
        nameCalls(calls, resultsBehind(turns, at), at);
      }
      open = new Map(calls.map((call) => [call.id, call]));
    }
    if (turn.role !== 'tool') return;
    for (const part of turn.parts) if (part.type === 'toolResult') open.delete(part.id);
    for (const part of turn.parts) {
      if (part.type !== 'toolResult' || part.id !== '') continue;
      rules.add('N6');
      const call = ofName(open, part.name) ?? open.values().next().value;
      if (!call) continue;
      part.id = call.id;
      open.delete(call.id);
    }
  });
}

function ofName(calls: ReadonlyMap<string, ToolCallPart>, name: string | undefined): ToolCallPart | undefined {
  if (name !== undefined) for (const call of calls.values()) if (call.name === name) return call;
  return undefined;
}

function resultsBehind(turns: readonly Turn[], at: number): ToolResultPart[] {
  const results: ToolResultPart[] = [];
  for (let next = at + 1; next < turns.length; next++) {
    const turn = turns[next] as Turn;
    if (turn.role === 'assistant') break;
    for (const part of turn.parts) if (part.type === 'toolResult') results.push(part);
  }
  return results;
}

/**
 * Calls without an id take that of a result which no other call claims, first by the tool's name, else in order; what
 * is then left gets one of its own.
 */
function nameCalls(calls: readonly ToolCallPart[], results: readonly ToolResultPart[], at: number): void {
  const claimed = new Set(calls.map(({ id }) => id));
  const lists = new Map<string | undefined, { ids: string[]; next: number }>([[undefined, { ids: [], next: 0 }]]);
  for (const { id, name } of results) {
    for (const key of name === undefined ? [undefined] : [undefined, name]) {
      const list = lists.get(key) ?? { ids: [], next: 0 };
      lists.set(key, list);
      list.ids.push(id);
    }
  }
  const take = (key: string | undefined): string | undefined => {
    const list = lists.get(key);
    while (list && list.next < list.ids.length) {
      const id = list.ids[list.next++] as string;
      if (claimed.has(id)) continue;
      claimed.add(id);
      return id;
    }
    return undefined;
  };
  calls.forEach((call, index) => {
    if (call.id === '') call.id = take(call.name) ?? take(undefined) ?? `call_${at}_${index}`;
  });
}
