/**
 * What clients drop between turns is remembered for all of them (S1–S10), not for Cursor alone: chat SDKs lose Gemini's signatures,
 * DeepSeek's and Kimi's thinking, OpenRouter's details, LiteLLM's blocks. Found again by call id and beginning, per client key. Here for
 * bodies that stay on the chat wire, whose other bytes stay too; translation.ts does the rest.
 */
import { needsOf } from '../cursor/coldStart';
import { conversationKey } from '../cursor/conversationKey';
import type { Restored } from '../cursor/memory';
import type { MemoryScope } from '../cursor/memoryRecord';
import type { Target } from '../routing/backend';
import { emitTargetFor, quirksFor } from '../routing/build';
import type { Words } from '../said';
import { emitReasoningParts } from '../wires/chatThinking';
import { codecFor } from '../wires/codecs';
import type { Conversation, JsonValue, StreamEvent, Turn } from '../wires/conversation';
import { type Edit, editObject, type JsonEntry, readString, scanArray, scanObject } from '../wires/jsonText';
import { signatureFields } from '../wires/thoughtSignature';
import type { ClientRequest } from './clientRequest';
import type { PlanInput } from './planTypes';
import { say } from './sentences';

/** Whose memory this is. */
export function scopeOf(
  { clientKey }: { clientKey: string },
  target: Target,
  conversation: string,
  isCursor: boolean,
): MemoryScope {
  const { name, preset, wire } = target.backend;
  const quirks = quirksFor(target);
  return {
    clientKey,
    backend: name,
    ...(preset && { preset }),
    ...(quirks.thinkingField && { thinkingField: 'reasoning_content' as const }),
    ...(target.abilities.reasoningField === 'adaptive' && { adaptive: true as const }),
    ...(quirks.thinksUnasked && { thinksUnasked: true as const }),
    ...(!isCursor && { thinksOn: true as const }),
    wire,
    upstreamModel: target.upstreamModel,
    conversation,
  };
}

/** The memory of a client that is no Cursor; its headers name requests, not conversations. */
export function plainScope(
  { exchange, target }: Pick<PlanInput, 'exchange' | 'target'>,
  asked: Conversation,
): MemoryScope {
  return scopeOf(exchange, target, conversationKey(asked, {}), false);
}

/** The rules of a memory in words, for a client that is no Cursor. */
export function restoredWords(rules: readonly string[]): Words[] {
  return rules.map((rule) => (rule === 'S10' ? say.putBack : rule === 'S6' ? say.notKnown : rule));
}

export interface KeptHistory {
  edits: Edit[];
  rules: Words[];
  watch(): (event: StreamEvent) => void;
}

/**
 * What to put back into a chat body that stays one; undefined where nothing is remembered for this target, 'whole' where
 * the messages themselves have to change.
 */
export function keptHistory(input: PlanInput): KeptHistory | 'whole' | undefined {
  const { exchange, request, speaker, target } = input;
  const { backend } = target;
  if (speaker.wire !== 'chat' || backend.wire !== 'chat' || backend.keepsBytes) return undefined;
  if (!exchange.runtime.settings.cursor.memory || !wantsHistory(input)) return undefined;
  const { memory } = exchange.deps;
  const asked = codecFor('chat').parseRequest(request.body());
  const scope = plainScope(input, asked);
  const restored = memory.restore(asked, scope);
  const edits = restored.conversation === asked ? [] : editsFor(request, target, asked, restored);
  if (!edits) return 'whole';
  return { edits, rules: restoredWords(restored.rules), watch: () => memory.recorder(scope, asked) };
}

/** Only who refuses calls without their companions, or thinks worse without them, is worth the reading of every body. */
function wantsHistory({ exchange, target }: PlanInput): boolean {
  return (
    target.backend.preset === 'openrouter' ||
    target.backend.preset === 'litellm' ||
    needsOf(scopeOf(exchange, target, '', false)) !== 'nothing'
  );
}

/** Fields that the restored turns have and the messages lack; undefined where more than that differs. */
function editsFor(
  request: ClientRequest,
  target: Target,
  asked: Conversation,
  { conversation: { turns } }: Restored,
): Edit[] | undefined {
  if (turns.length !== asked.turns.length) return undefined;
  if (turns.some((turn, at) => turn.role !== asked.turns[at]!.role)) return undefined;
  if (turns.some((turn, at) => turn.role !== 'assistant' && turn !== asked.turns[at])) return undefined;
  const list = request.entry('messages');
  if (list?.kind !== 'array') return undefined;
  const answers = scanArray(request.bytes, list.start)
    .map(({ start }) => scanObject(request.bytes, start))
    .filter((entries) => textOf(request.bytes, entries, 'role') === 'assistant');
  const pairs = turns.flatMap((turn, at) => (turn.role === 'assistant' ? [{ turn, before: asked.turns[at]! }] : []));
  if (pairs.length !== answers.length) return undefined;
  const emit = emitTargetFor(target);
  return pairs.flatMap(({ turn, before }, at) => {
    if (turn === before) return [];
    const entries = answers[at]!;
    const fields = sameThinking(turn, before) ? {} : emitReasoningParts(turn.parts, emit);
    return [...withFields(request.bytes, entries, fields), ...signatureEdits(request.bytes, entries, turn)];
  });
}

function sameThinking(turn: Turn, before: Turn): boolean {
  const [now, then] = [turn, before].map(({ parts }) => parts.filter(({ type }) => type === 'reasoning'));
  return now!.length === then!.length && now!.every((part, at) => part === then![at]);
}

/** The fields written over what stands under their names (null, an empty text), else behind the others. */
function withFields(bytes: Buffer, entries: readonly JsonEntry[], fields: Record<string, JsonValue>): Edit[] {
  const append: [string, string][] = [];
  const edits = Object.entries(fields).flatMap(([key, value]): Edit[] => {
    const old = entries.findLast((entry) => entry.key === key);
    if (old) return [{ start: old.start, end: old.end, text: JSON.stringify(value) }];
    append.push([key, JSON.stringify(value)]);
    return [];
  });
  return append.length > 0 ? [...edits, ...editObject(bytes, entries, { append })] : edits;
}

function signatureEdits(bytes: Buffer, entries: readonly JsonEntry[], turn: Turn): Edit[] {
  const list = entries.findLast(({ key, kind }) => key === 'tool_calls' && kind === 'array');
  if (!list) return [];
  const signed = new Map(
    turn.parts.flatMap((part) =>
      part.type === 'toolCall' && part.thoughtSignature ? [[part.id, part.thoughtSignature] as const] : [],
    ),
  );
  return scanArray(bytes, list.start).flatMap((item) => {
    if (item.kind !== 'object') return [];
    const call = scanObject(bytes, item.start);
    const signature = signed.get(textOf(bytes, call, 'id') ?? '');
    if (signature === undefined) return [];
    const fields = signatureFields(signature);
    return call.some(({ key, kind }) => key in fields && kind === 'object') ? [] : withFields(bytes, call, fields);
  });
}

function textOf(bytes: Buffer, entries: readonly JsonEntry[], key: string): string | undefined {
  const entry = entries.findLast((one) => one.key === key);
  return entry?.kind === 'string' ? readString(bytes, entry) : undefined;
}
