/** What a client of one wire sent and another wire has no form for: text in its place, or a refusal, never silence. */
import { assertNever } from '../never';
import type { Said } from '../said';
import { AUTHOR_NAMES } from './chatEmit';
import { RequestProblem } from './codec';
import type {
  Conversation,
  JsonObject,
  JsonValue,
  OpaquePart,
  OpaqueTool,
  Part,
  TextPart,
  ToolResultPart,
  Turn,
  WireName,
} from './conversation';
import { FIELD_FATES, fateOf, kindName, SHARED_FIELDS } from './foreignKinds';
import { isClientSearch } from './namespaces';
import { textInside } from './parts';
import { arrayOf, filledString, isObject, objectOf, rest } from './read';
import { say } from './sentences';

export interface Carried {
  conversation: Conversation;
  /** What has another form now, or was left out, in words for a person. */
  told: Said[];
}

/**
 * The conversation for an upstream of wire `to`. Throws RequestProblem for what cannot be carried.
 * @param shares the upstream is one of OpenAI's kind, which knows the fields that both of its APIs have.
 * @param marks the upstream takes cache marks on this wire.
 */
export function carryAcross(source: Conversation, to: WireName, shares = true, marks = to === 'messages'): Carried {
  const { extra } = source;
  const isForeign = extra !== undefined && extra.wire !== to;
  if (isForeign) refuseFields(extra.fields);
  const texts = new Set<string>();
  const left = new Set<string>();
  const turns = mapSame(source.turns, (turn) => {
    const parts = mapSame(turn.parts, (part) => carryPart(part, turn.role, to, texts, left));
    return parts === turn.parts ? turn : { ...turn, parts: parts.filter((part) => part !== undefined) };
  });
  const tools = carryTools(source, to);
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(isForeign ? extra.fields : {})) {
    if (shares && to !== 'messages' && SHARED_FIELDS.includes(key)) kept[key] = value;
    else if (value !== null) left.add(kindName(key));
  }
  if (source.cacheControl && !marks) left.add('cache_control');
  if (to !== 'chat' && source.turns.some((turn) => turn.name !== undefined)) left.add(AUTHOR_NAMES);
  const told = [
    ...(texts.size > 0 ? [say.becameText(listed(texts))] : []),
    ...(tools.left.length > 0 ? [say.toolsLeftOut(listed(tools.left))] : []),
    ...(left.size > 0 ? [say.fieldsLeftOut(listed(left))] : []),
  ];
  if (told.length === 0 && !isForeign && turns === source.turns) return { conversation: source, told };
  const { extra: _, ...conversation } = source;
  return {
    told,
    conversation: {
      ...conversation,
      turns: tools.left.length > 0 ? withNotice(turns as Turn[], tools.left) : (turns as Turn[]),
      ...(tools.kept && { tools: tools.kept }),
      ...(isForeign ? Object.keys(kept).length > 0 && { extra: { wire: to, fields: kept } } : extra && { extra }),
    },
  };
}

/** Several answers to one question come as one here: one is asked for. */
export function withOneAnswer(source: Conversation): Carried {
  const { extra } = source;
  const n = extra?.fields.n;
  if (!extra || typeof n !== 'number' || n <= 1) return { conversation: source, told: [] };
  const { n: _, ...fields } = extra.fields;
  return { conversation: { ...source, extra: { ...extra, fields } }, told: [say.oneAnswer] };
}

function refuseFields(fields: JsonObject): void {
  for (const [key, value] of Object.entries(fields)) {
    if (!Object.hasOwn(FIELD_FATES, key) || value === null || value === false) continue;
    // A word for the choice of tools that nobody knows forces nothing: it is told.
    if (key === 'tool_choice' && !isObject(value)) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    throw new RequestProblem(
      say.unknownField(key),
      key,
      // Anthropic's SDK looks for this word and goes on without threads.
      key === 'thread' ? 'thread_unsupported_request' : undefined,
    );
  }
}

function carryPart(
  part: Part,
  role: Turn['role'],
  to: WireName,
  texts: Set<string>,
  left: Set<string>,
): Part | undefined {
  switch (part.type) {
    case 'opaque':
      return part.wire === to ? part : carryOpaque(part, role, texts, left);
    case 'toolResult':
      return carryResult(part, to, texts);
    // Each wire has a form for these, or names their place in words.
    case 'text':
    case 'image':
    case 'file':
    case 'reasoning':
    case 'toolCall':
    case 'refusal':
      return part;
    default:
      return assertNever(part);
  }
}

function carryOpaque(part: OpaquePart, role: Turn['role'], texts: Set<string>, left: Set<string>): Part | undefined {
  const { value } = part;
  // Fields of a chat message, not content: an answer in sound is held at its provider, the others only tune.
  if (part.wire === 'chat' && value.type === undefined) {
    if (value.audio !== undefined) throw refusedContent('audio');
    for (const key of Object.keys(value)) left.add(kindName(key));
    return undefined;
  }
  const kind = kindName(value.type);
  switch (fateOf(value, role !== 'assistant')) {
    case 'refuse':
      throw refusedContent(kind);
    case 'leave':
      left.add(kind);
      return undefined;
    case 'call':
      return part;
    case 'text':
      texts.add(kind);
      if (kind === 'agent_message') return { type: 'text', text: agentWords(value) };
      return { type: 'text', text: role === 'assistant' ? `${wordsOf(value, kind)}\n` : textInside(value) };
  }
}

/** Without OpenAI's keys Codex writes plain words where it names them sealed (ollama#18329, sglang#35216). */
function agentWords({ author, recipient, content }: JsonObject): string {
  const said = (typeof content === 'string' ? [content] : arrayOf(content)).map((part) => {
    if (typeof part === 'string') return part;
    const { type, text, encrypted_content: sealed } = objectOf(part) ?? {};
    if (typeof text === 'string') return text;
    if (typeof sealed !== 'string') return `[${kindName(type)}]`;
    return /^[\w+/=-]{40,}$/.test(sealed) ? '[Sealed: only the provider that sealed it can read this part.]' : sealed;
  });
  const names = [filledString(author), filledString(recipient)].filter((name) => name !== undefined);
  return [`[Message between agents: ${names.join(' → ')}]`, ...said].join('\n');
}

function refusedContent(kind: string): RequestProblem {
  return new RequestProblem(say.refusedContent(kind), kind);
}

/** What the block remembers of its own wire means nothing to another one; its text stands there already. */
function carryResult(part: ToolResultPart, to: WireName, texts: Set<string>): ToolResultPart {
  const content = mapSame(part.content, (entry) => {
    const block = entry.type === 'text' ? objectOf(entry.extra?.block) : undefined;
    if (!block || isContentOf(block, entry.type === 'text' ? entry.extra?.wire : undefined, to)) return entry;
    texts.add(kindName(block.type));
    return { type: 'text', text: (entry as TextPart).text } satisfies TextPart;
  });
  return content === part.content ? part : { ...part, content: content as ToolResultPart['content'] };
}

/** Blocks that Messages takes in a tool's result, beside those that are parts of the conversation. */
const RESULT_BLOCKS: ReadonlySet<unknown> = new Set(['document', 'search_result', 'tool_reference']);

function isContentOf(block: JsonObject, from: JsonValue | undefined, to: WireName): boolean {
  const isInput = filledString(block.type)?.startsWith('input_') === true;
  if (to === 'responses') return isInput;
  return to === 'messages' && (RESULT_BLOCKS.has(block.type) || (from === 'messages' && !isInput));
}

const SEALED: ReadonlySet<string> = new Set([
  ...['type', 'id', 'status', 'tool_use_id', 'cache_control', 'caller', 'signature', 'encrypted_content'],
]);

/** A step that the provider took by itself, as a note: what was asked and found, without what only it can read. */
function wordsOf(value: JsonObject, kind: string): string {
  const inside = textInside(value);
  const told = value.type === 'image_generation_call' ? '[image]' : inside.startsWith('{') ? jsonWords(value) : inside;
  return `[Earlier step, run by the provider: ${kind} ${told}]`;
}

function jsonWords(value: JsonObject): string {
  return JSON.stringify(rest(value, SEALED) ?? {}, (key, inner: JsonValue) =>
    key.startsWith('encrypted_') || key === 'signature' ? undefined : inner,
  );
}

/** A provider's own tools: the model is told that they are not there; a request that has no others cannot be served. */
function carryTools(source: Conversation, to: WireName): { kept?: Conversation['tools']; left: string[] } {
  const { tools, toolChoice } = source;
  const foreign = (tools ?? []).filter((tool): tool is OpaqueTool => tool.kind === 'opaque' && isForeignTool(tool, to));
  if (!tools || foreign.length === 0) return { kept: tools, left: [] };
  const left = foreign.map(toolName);
  const forced = toolChoice?.type === 'tool' ? toolChoice.name : undefined;
  const namesForced = foreign.some(({ value }) => isObject(value) && value.name === forced && forced !== undefined);
  if (namesForced || (foreign.length === tools.length && toolChoice?.type !== 'none')) {
    throw new RequestProblem(say.cannotRun(listed(left)), 'tools');
  }
  return { kept: tools.filter((tool) => !foreign.includes(tool as OpaqueTool)), left };
}

/** Groups of tools are taken apart elsewhere, and who searches for tools itself goes on doing so (namespaces.ts). */
function isForeignTool(tool: OpaqueTool, to: WireName): boolean {
  const { wire, value } = tool;
  return wire !== to && !isClientSearch(tool) && !(isObject(value) && value.type === 'namespace');
}

function toolName({ value }: OpaqueTool): string {
  return kindName(isObject(value) ? value.type : undefined);
}

/** Behind the leading instructions, in the same turn: not every template takes two. */
function withNotice(turns: readonly Turn[], left: readonly string[]): Turn[] {
  const notice: TextPart = { type: 'text', text: `These tools are not available here: ${listed(left).text}.` };
  const first = turns[0];
  if (first?.role !== 'system' && first?.role !== 'developer') return [{ role: 'system', parts: [notice] }, ...turns];
  return [{ ...first, parts: [...first.parts, notice] }, ...turns.slice(1)];
}

/** A story has room for so many names. */
const MOST_NAMES = 12;

function listed(names: Iterable<string>): Said {
  const all = [...new Set(names)];
  const more = all.length - MOST_NAMES;
  return more > 0 ? say.andMore(all.slice(0, MOST_NAMES), more) : say.names(all);
}

/** The list itself when nothing in it changes. */
function mapSame<T, U>(list: readonly T[], change: (value: T) => U): readonly (T | U)[] {
  let changed = false;
  const result = list.map((value) => {
    const next = change(value);
    changed ||= !Object.is(next, value);
    return next;
  });
  return changed ? result : list;
}
