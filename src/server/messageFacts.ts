/**
 * Rules of a target about chat messages, kept in a body that stays on its wire: only the messages concerned are
 * rewritten, all others keep their bytes (design §2.4). Looked at only where the target has such a rule.
 */
import type { Quirks } from '../routing/abilities';
import type { Target } from '../routing/backend';
import { quirksFor } from '../routing/build';
import type { Said } from '../said';
import { CONTINUE, endsWithAnswer, hasOneSystem, isSystemRole, joinSystem, leadingSystem } from '../wires/chatMessages';
import type { JsonObject } from '../wires/conversation';
import {
  type Edit,
  editObject,
  type JsonEntry,
  type JsonItem,
  readString,
  scanArray,
  scanObject,
} from '../wires/jsonText';
import { type ClientRequest, parseSpan } from './clientRequest';
import { say } from './sentences';

/** A message of the list: its span, its fields. */
interface Message {
  item: JsonItem;
  entries: JsonEntry[];
  role: string;
}

export interface MessageEdits {
  edits: Edit[];
  rules: Said[];
  /** Messages whose role is settled here. */
  settled: ReadonlySet<number>;
}

export function messageEdits(request: ClientRequest, target: Target): MessageEdits {
  const found = { edits: [] as Edit[], rules: [] as Said[], settled: new Set<number>() };
  const quirks = quirksFor(target);
  const one = target.abilities.systemMessages === 'one';
  const refused = quirks.historyRefuses?.filter((name) => request.bytes.includes(`"${name}"`)) ?? [];
  const list = request.entry('messages');
  if (target.backend.keepsBytes || list?.kind !== 'array') return found;
  if (!one && !quirks.endsWithUser && refused.length === 0) return found;
  const messages = readMessages(request.bytes, list.start);
  // An entry that is no message: the provider says so.
  if (!messages || messages.length === 0) return found;
  if (one) editSystem(request.bytes, messages, found);
  if (refused.length > 0) dropHistory(request.bytes, messages, refused, found);
  if (quirks.endsWithUser && request.value('continue_final_message') !== true)
    letUserEnd(request.bytes, messages, found);
  return found;
}

function readMessages(bytes: Buffer, start: number): Message[] | undefined {
  const messages: Message[] = [];
  for (const item of scanArray(bytes, start)) {
    if (item.kind !== 'object') return undefined;
    const entries = scanObject(bytes, item.start);
    const role = entries.find((entry) => entry.key === 'role');
    messages.push({ item, entries, role: role?.kind === 'string' ? readString(bytes, role) : '' });
  }
  return messages;
}

type Found = { edits: Edit[]; rules: Said[]; settled: Set<number> };

function editSystem(bytes: Buffer, messages: readonly Message[], found: Found): void {
  const roles = messages.map(({ role }) => role);
  if (hasOneSystem(roles)) return;
  const lead = leadingSystem(roles);
  if (lead > 1) {
    const joined = joinSystem(messages.slice(0, lead).map(({ item }) => parse(bytes, item)));
    const [first, last] = [messages[0]!.item, messages[lead - 1]!.item];
    found.edits.push({ start: first.start, end: last.end, text: JSON.stringify(joined) });
    for (let at = 0; at < lead; at++) found.settled.add(messages[at]!.item.start);
  }
  for (const { item, entries, role } of messages.slice(lead)) {
    const entry = isSystemRole(role) && entries.find(({ key }) => key === 'role');
    if (!entry) continue;
    found.edits.push({ start: entry.start, end: entry.end, text: '"user"' });
    found.settled.add(item.start);
  }
  found.rules.push(say.oneSystem);
}

function dropHistory(bytes: Buffer, messages: readonly Message[], refused: readonly string[], found: Found): void {
  for (const { entries, role } of messages) {
    if (role !== 'assistant') continue;
    const gone = entries.flatMap(({ key }, at) => (refused.includes(key) ? [at] : []));
    if (gone.length === 0) continue;
    found.edits.push(...editObject(bytes, entries, { remove: new Set(gone) }));
    if (!found.rules.includes(say.historyDropped)) found.rules.push(say.historyDropped);
  }
}

function letUserEnd(bytes: Buffer, messages: readonly Message[], found: Found): void {
  const last = messages.at(-1)!;
  if (last.role !== 'assistant' || !endsWithAnswer(parse(bytes, last.item))) return;
  found.edits.push({ start: last.item.end, end: last.item.end, text: `,${JSON.stringify(CONTINUE)}` });
  found.rules.push(say.letContinue);
}

function parse(bytes: Buffer, { start, end }: JsonItem): JsonObject {
  return parseSpan(bytes, start, end) as JsonObject;
}

/** Renames that this target needs beside those of the settings (N7). */
export function rewritesFor({ backend }: Target, { developerAsSystem }: Quirks): Readonly<Record<string, string>> {
  return developerAsSystem && !backend.keepsBytes
    ? { developer: 'system', ...backend.roleRewrites }
    : backend.roleRewrites;
}
