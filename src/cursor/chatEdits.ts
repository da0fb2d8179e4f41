/**
 * The fast path: a plain dialect-A body on its way to a chat backend needs few changes, so it is edited where it lies
 * instead of being parsed and written again (design §2.4, §7). The result means the same as the full path's
 * (readCursorRequest → applyTarget → emitRequest); whatever that cannot be said of cheaply goes there.
 */
import type { Words } from '../said';
import { chatCodec } from '../wires/chat';
import { type EmitTarget, RequestProblem } from '../wires/codec';
import type { Conversation, JsonObject, JsonValue } from '../wires/conversation';
import { type Edit, editObject, type JsonEntry, JsonTextError } from '../wires/jsonText';
import { tuningWords } from '../wires/leftOutTuning';
import { sameJson } from '../wires/sameJson';
import { isLegalToolName } from '../wires/toolNames';
import { createMessageEditor } from './messageEdits';
import { readCursorRequest } from './request';
import { applyTarget, type TargetFacts, type TargetOptions } from './target';

export interface ChatEditFacts extends TargetOptions {
  target: TargetFacts;
  /** What the emitter is told of the target. */
  emit: EmitTarget;
}

export interface ChatEdits {
  edits: Edit[];
  /** Names of the rules that changed something. */
  rules: Words[];
  /** First and last user message, all that the memory needs of the turns. Parsed on call. */
  outline(): Conversation;
}

/** Signs of dialects B and C, and of legacy functions (N12): the full path's. */
const FOREIGN_KEYS: ReadonlySet<string> = new Set([
  ...['input', 'instructions', 'system', 'functions', 'function_call', 'previous_response_id', 'conversation'],
  ...['stop_sequences', 'output_config', 'max_output_tokens', 'text'],
]);

/** Cursor sends these with every request and expects nothing of them (N32). */
export const CURSORS_HABIT: readonly string[] = ['user', 'metadata', 'service_tier'];

/** Undefined: this body needs the full path. `entries` are the top-level entries of `bytes`. */
export function editChatBody(
  bytes: Buffer,
  entries: readonly JsonEntry[],
  facts: ChatEditFacts,
): ChatEdits | undefined {
  const list = entries.find(({ key }) => key === 'messages');
  if (list?.kind !== 'array' || new Set(entries.map(({ key }) => key)).size !== entries.length) return undefined;
  if (entries.some(({ key, kind }) => kind !== 'null' && FOREIGN_KEYS.has(key))) return undefined;
  try {
    const frame = frameOf(bytes, entries, list, facts);
    if (!frame) return undefined;
    const messages = createMessageEditor(bytes, facts.emit);
    if (!messages.edit(list.start)) return undefined;
    const shifted = frame.behind.map(({ start, end, text }) => ({
      start: start + list.end,
      end: end + list.end,
      text,
    }));
    return {
      edits: [...frame.before, ...messages.edits, ...shifted],
      rules: [...new Set([...frame.rules, ...messages.rules])],
      outline: () => ({ ...frame.conversation, turns: messages.outline() }),
    };
  } catch (error) {
    // The full path says what is wrong, and where.
    if (error instanceof RequestProblem || error instanceof JsonTextError || error instanceof SyntaxError)
      return undefined;
    throw error;
  }
}

/** What stands around the messages, read. */
interface Frame {
  before: Edit[];
  /** Offsets from the end of the messages. */
  behind: Edit[];
  rules: Words[];
  conversation: Conversation;
}

/** The frame hardly changes within a conversation (model, tools, parameters), so the last few are kept with their bytes. */
const frames: { head: Buffer; tail: Buffer; facts: string; frame: Frame | undefined }[] = [];
const KEPT_FRAMES = 4;
/** A frame is tools and parameters, some tens of kilobytes; whatever is far larger is not kept in memory. */
const KEPT_BYTES = 1024 * 1024;

function frameOf(
  bytes: Buffer,
  entries: readonly JsonEntry[],
  list: JsonEntry,
  facts: ChatEditFacts,
): Frame | undefined {
  const head = bytes.subarray(0, list.start);
  const tail = bytes.subarray(list.end);
  const { target, emit, showThinking } = facts;
  const { abilities, variantEffort, suffixEffort, tier } = target;
  const key = JSON.stringify([emit, target.backend.wire, abilities, variantEffort, suffixEffort, tier, showThinking]);
  const known = frames.find((one) => one.facts === key && one.head.equals(head) && one.tail.equals(tail));
  if (known) return known.frame;
  const frame = readFrame(bytes, entries, list, facts);
  if (head.length + tail.length > KEPT_BYTES) return frame;
  frames.unshift({ head: Buffer.from(head), tail: Buffer.from(tail), facts: key, frame });
  frames.length = Math.min(frames.length, KEPT_FRAMES);
  return frame;
}

/** All fields but the messages go through the full path; what it changes becomes an edit. */
function readFrame(
  bytes: Buffer,
  entries: readonly JsonEntry[],
  list: JsonEntry,
  { target, emit, showThinking }: ChatEditFacts,
): Frame | undefined {
  const body: JsonObject = {};
  for (const { key, start, end } of entries) {
    body[key] = key === 'messages' ? [DUMMY] : (JSON.parse(bytes.toString('utf8', start, end)) as JsonValue);
  }
  const asked = readCursorRequest(body);
  // A custom tool changes what its calls in the history are (R19).
  if (asked.dialect !== 'A' || asked.customToolNames.size > 0) return undefined;
  // Names that would have to be changed, and changed back in the answer.
  if (asked.conversation.tools?.some((tool) => tool.kind !== 'opaque' && !isLegalToolName(tool.name))) return undefined;
  const fitted = applyTarget(asked.conversation, target, { showThinking });
  const emitted = chatCodec.emitRequest(fitted.conversation, emit);
  // The frame itself adds a message: a schema in words (c10).
  if ((emitted.messages as JsonValue[]).length !== 1) return undefined;
  const edits: Edit[] = [];
  const remove = new Set<number>();
  entries.forEach(({ key, start, end }, at) => {
    if (key === 'messages') return;
    const value = emitted[key];
    if (value === undefined) remove.add(at);
    else if (!sameJson(value, body[key] as JsonValue)) edits.push({ start, end, text: JSON.stringify(value) });
  });
  const append = Object.entries(emitted)
    .filter(([key]) => !(key in body))
    .map(([key, value]) => [key, JSON.stringify(value)] as const);
  edits.push(...editObject(bytes, entries, { remove, append }));
  const isBehind = ({ start }: Edit) => start >= list.end;
  return {
    before: edits.filter((edit) => !isBehind(edit)),
    behind: edits
      .filter(isBehind)
      .map(({ start, end, text }) => ({ start: start - list.end, end: end - list.end, text })),
    rules: [...asked.rules, ...fitted.rules, ...tuningWords(fitted.conversation, emitted, CURSORS_HABIT)],
    conversation: fitted.conversation,
  };
}

const DUMMY: JsonObject = { role: 'user', content: 'x' };
