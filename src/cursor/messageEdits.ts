/** The messages of a dialect-A body as edits: roles, call indexes, names, thinking (N2, N7, N11), one look at each. */
import { perTarget } from '../routing/perTarget';
import type { Words } from '../said';
import { chatCodec } from '../wires/chat';
import { AUTHOR_NAMES, wantsAnswerToResults } from '../wires/chatEmit';
import { isSystemRole } from '../wires/chatMessages';
import type { EmitTarget } from '../wires/codec';
import type { Conversation, JsonObject, JsonValue } from '../wires/conversation';
import { legalId } from '../wires/ids';
import { type Edit, editObject, type JsonEntry, readString, scanObject } from '../wires/jsonText';
import { isObject } from '../wires/read';
import { sameJson } from '../wires/sameJson';
import { isLegalToolName } from '../wires/toolNames';
import { readCursorRequest, readTurns } from './request';

function parse(bytes: Buffer, { start, end }: { start: number; end: number }): JsonValue {
  return JSON.parse(bytes.toString('utf8', start, end)) as JsonValue;
}

interface Span {
  start: number;
  end: number;
}

export interface MessageEditor {
  readonly edits: Edit[];
  readonly rules: Set<Words>;
  /** False: the full path is needed. */
  edit(listStart: number): boolean;
  outline(): Conversation['turns'];
}

/** Roles come from clients: no API has half as many. */
const MOST_ROLES = 12;

/** A message by itself is no list: rules about the whole are kept by its editor. */
const singly = perTarget(({ endsWithUser: _, systemMessages: __, ...single }: EmitTarget) => ({
  single,
  /** By the client's role, that upstream. */
  roles: new Map<string, string>(),
}));

/**
 * Looks at each message once. Text is never decoded; calls are parsed, since their ids have to pair with the results
 * behind them exactly as the full path would leave them (N6, N25).
 */
export function createMessageEditor(bytes: Buffer, emit: EmitTarget): MessageEditor {
  const edits: Edit[] = [];
  const rules = new Set<Words>();
  const usedIds = new Set<string>();
  const pending: string[] = [];
  const { single, roles } = singly(emit);
  const namesRefused = emit.unsupportedParams.includes(AUTHOR_NAMES);
  let behindResults = false;
  let lastRole = '';
  let seen = 0;
  let firstUser: Span | undefined;
  let lastUser: Span | undefined;

  /** The role upstream, as the codec writes it (N7, roleRewrites). */
  function roleUpstream(role: string): string {
    const known = roles.get(role);
    if (known !== undefined) return known;
    const messages = [{ role, content: 'x' }];
    const out = chatCodec.emitRequest(chatCodec.parseRequest({ messages }), single).messages as JsonObject[];
    const name = out[0]?.role as string;
    if (roles.size < MOST_ROLES) roles.set(role, name);
    return name;
  }

  function editMessage(entries: JsonEntry[], span: Span): boolean {
    const roleEntry = find(entries, 'role');
    if (roleEntry?.kind !== 'string' || hasTwice(entries)) return false;
    const role = readString(bytes, roleEntry);
    // The full path joins system messages and lets the user have the last word.
    if (emit.systemMessages === 'one' && seen++ > 0 && isSystemRole(role)) return false;
    lastRole = role;
    if (role === 'tool') {
      behindResults = true;
      return editResult(entries);
    }
    if (pending.length > 0) return false;
    // Something has to be put in between.
    if (role === 'user' && behindResults && wantsAnswerToResults(emit.model)) return false;
    behindResults = false;
    if (role === 'user') {
      firstUser ??= span;
      lastUser = span;
    } else if (role !== 'assistant' && role !== 'system' && role !== 'developer') return false;
    const calls = find(entries, 'tool_calls');
    if (calls?.kind === 'array') return role === 'assistant' && editCalls(entries, calls, roleEntry);
    const content = find(entries, 'content');
    const plainKeys = namesRefused ? BARE_KEYS : PLAIN_KEYS;
    const isPlain = content?.kind === 'string' && entries.every(({ key }) => plainKeys.has(key));
    if (!isPlain || (role === 'assistant' && mayHoldThinking(bytes.subarray(content.start, content.end))))
      return rewrite(span, role);
    // An answer that says nothing is left out.
    if (role === 'assistant' && content.end - content.start === EMPTY_STRING) return false;
    editRole(roleEntry, role);
    return true;
  }

  function editRole(entry: JsonEntry, role: string): void {
    const upstream = roleUpstream(role);
    if (upstream === role) return;
    edits.push({ start: entry.start, end: entry.end, text: JSON.stringify(upstream) });
    if (role === 'developer') rules.add('N7');
  }

  /** One message through the full path: content parts, thinking to strip, odd fields. */
  function rewrite(span: Span, role: string): boolean {
    const message = parse(bytes, span) as JsonObject;
    const asked = readCursorRequest({ messages: [message] });
    const out = chatCodec.emitRequest(asked.conversation, single).messages as JsonObject[];
    const [only, more] = out;
    if (asked.dialect !== 'A' || !only || more || only.tool_calls || only.role !== roleUpstream(role)) return false;
    for (const rule of asked.rules) rules.add(rule);
    if (!sameJson(only, message)) edits.push({ ...span, text: JSON.stringify(only) });
    return true;
  }

  /** Assistant calls in the usual form lose their `index` (N2); any other form is the full path's. */
  function editCalls(entries: JsonEntry[], list: JsonEntry, roleEntry: JsonEntry): boolean {
    const content = find(entries, 'content');
    if (content && content.kind !== 'null' && content.kind !== 'string') return false;
    if (content?.kind === 'string' && mayHoldThinking(bytes.subarray(content.start, content.end))) return false;
    if (!entries.every(({ key }) => key === 'tool_calls' || (namesRefused ? BARE_KEYS : PLAIN_KEYS).has(key)))
      return false;
    const calls = parse(bytes, list) as JsonValue[];
    if (calls.length === 0) return false;
    let indexed = false;
    for (const call of calls) {
      if (!isUsualCall(call)) return false;
      if (usedIds.has(call.id) || legalId(call.id, emit.maxIdLength) !== call.id) return false;
      usedIds.add(call.id);
      pending.push(call.id);
      indexed ||= call.index !== undefined;
    }
    if (indexed) {
      rules.add('N2');
      const bare = (calls as JsonObject[]).map(({ index: _, ...call }) => call);
      edits.push({ start: list.start, end: list.end, text: JSON.stringify(bare) });
    }
    editRole(roleEntry, 'assistant');
    return true;
  }

  /** Results stand in the order of their calls; the tool's `name` goes (N2). */
  function editResult(entries: JsonEntry[]): boolean {
    const id = find(entries, 'tool_call_id');
    if (id?.kind !== 'string' || find(entries, 'content')?.kind !== 'string') return false;
    if (!entries.every(({ key }) => RESULT_KEYS.has(key)) || readString(bytes, id) !== pending[0]) return false;
    pending.shift();
    const name = entries.findIndex(({ key }) => key === 'name');
    if (name >= 0) {
      rules.add('N2');
      edits.push(...editObject(bytes, entries, { remove: new Set([name]) }));
    }
    return true;
  }

  return {
    edits,
    rules,
    edit(listStart) {
      let at = skipSpace(bytes, listStart + 1);
      while (bytes[at] === OPEN_OBJECT) {
        const start = at;
        const entries = scanObject(bytes, start);
        // Behind the last entry only spaces come before the brace; an empty object has no role and ends it all.
        const last = entries.at(-1);
        if (!last) return false;
        const end = skipSpace(bytes, last.entryEnd) + 1;
        if (!editMessage(entries, { start, end })) return false;
        at = skipSpace(bytes, end);
        if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
      }
      if (emit.endsWithUser && lastRole === 'assistant') return false;
      return bytes[at] === CLOSE_ARRAY && at > listStart + 1 && pending.length === 0;
    },
    outline() {
      const spans =
        firstUser && lastUser && firstUser !== lastUser ? [firstUser, lastUser] : firstUser ? [firstUser] : [];
      return spans.flatMap((span) => readTurns([parse(bytes, span)]));
    },
  };
}

/** Up to here looking at all for each is cheaper than a set. */
const FEW = 8;
/** Bytes of `""`. */
const EMPTY_STRING = 2;
const OPEN_OBJECT = 0x7b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;

function skipSpace(bytes: Buffer, at: number): number {
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}

const PLAIN_KEYS: ReadonlySet<string> = new Set(['role', 'content', 'name']);
const BARE_KEYS: ReadonlySet<string> = new Set(['role', 'content']);
const RESULT_KEYS: ReadonlySet<string> = new Set(['role', 'content', 'name', 'tool_call_id']);

function find(entries: readonly JsonEntry[], key: string): JsonEntry | undefined {
  for (const entry of entries) if (entry.key === key) return entry;
  return undefined;
}

function hasTwice(entries: readonly JsonEntry[]): boolean {
  if (entries.length > FEW) return new Set(entries.map(({ key }) => key)).size < entries.length;
  return entries.some(({ key }, at) => find(entries, key) !== entries[at]);
}

/** Whether N11 may apply; some writers of JSON escape `<`. */
function mayHoldThinking(content: Buffer): boolean {
  return ['<think>', 'Thinking</summary>', '\\u003c', '\\u003C'].some((word) => content.includes(word));
}

const CALL_KEYS: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function']);

function isUsualCall(call: JsonValue): call is JsonObject & { id: string } {
  if (!isObject(call) || call.type !== 'function' || typeof call.id !== 'string' || !isObject(call.function))
    return false;
  const { name, arguments: text, ...rest } = call.function;
  const filled = typeof name === 'string' && isLegalToolName(name) && typeof text === 'string' && text !== '';
  return filled && Object.keys(rest).length === 0 && Object.keys(call).every((key) => CALL_KEYS.has(key));
}
