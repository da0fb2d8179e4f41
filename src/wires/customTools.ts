/**
 * Custom (grammar) tools towards upstreams without them: the tool becomes a function with `{"input": string}`, and the
 * reply is unwrapped to the raw text again, or a patch would arrive as JSON and fail (R19).
 */
import type { Conversation, CustomTool, FunctionTool, JsonObject, StreamEvent, Tool, Turn } from './conversation';
import { parseObject } from './read';

/** Names of the tools the client declared as custom. */
export function customToolNames(conversation: Conversation): Set<string> {
  const names = new Set<string>();
  for (const tool of conversation.tools ?? []) if (tool.kind === 'custom') names.add(tool.name);
  return names;
}

/**
 * Calls to custom tools marked as such. A client may send a custom call back as a function call with raw text
 * (R19); the tool's definition tells what it is. Returns the same turns when nothing changes.
 */
export function markCustomCalls(turns: Turn[], names: ReadonlySet<string>): Turn[] {
  if (names.size === 0) return turns;
  const customIds = new Set<string>();
  let changed = false;
  const marked = turns.map((turn) => {
    if (turn.role !== 'assistant' && turn.role !== 'tool') return turn;
    let parts = turn.parts;
    turn.parts.forEach((part, at) => {
      if (part.type === 'toolCall') {
        if (!names.has(part.name)) return;
        customIds.add(part.id);
        if (part.custom) return;
      } else if (part.type !== 'toolResult' || part.custom || !customIds.has(part.id)) return;
      if (parts === turn.parts) parts = turn.parts.slice();
      parts[at] = { ...part, custom: true };
      changed = true;
    });
    return parts === turn.parts ? turn : { ...turn, parts };
  });
  return changed ? marked : turns;
}

/** The conversation with custom tools, calls, results and choices turned into functions. Same object when it has none. */
export function wrapCustomTools(conversation: Conversation): Conversation {
  const names = customToolNames(conversation);
  const turns = markCustomCalls(conversation.turns, names).map(wrapTurn);
  const unchanged = names.size === 0 && turns.every((turn, at) => turn === conversation.turns[at]);
  if (unchanged) return conversation;
  const wrapped: Conversation = { ...conversation, turns };
  if (conversation.tools) wrapped.tools = conversation.tools.map(wrapTool);
  const choice = conversation.toolChoice;
  if (choice?.type === 'tool' && choice.custom) wrapped.toolChoice = { type: 'tool', name: choice.name };
  return wrapped;
}

function wrapTurn(turn: Turn): Turn {
  if (!turn.parts.some((part) => (part.type === 'toolCall' || part.type === 'toolResult') && part.custom)) return turn;
  return {
    ...turn,
    parts: turn.parts.map((part) => {
      if ((part.type !== 'toolCall' && part.type !== 'toolResult') || !part.custom) return part;
      const { custom: _, ...plain } = part;
      return plain.type === 'toolCall' ? { ...plain, arguments: JSON.stringify({ input: plain.arguments }) } : plain;
    }),
  };
}

function wrapTool(tool: Tool): Tool {
  return tool.kind === 'custom' ? wrapDefinition(tool) : tool;
}

function wrapDefinition(tool: CustomTool): FunctionTool {
  const grammar = tool.format?.type === 'grammar' ? tool.format : undefined;
  const lines = [tool.description, 'Put the raw text of the call into "input", as it is, without JSON inside.'];
  if (grammar) lines.push(`The text must follow this ${grammar.syntax} grammar:\n${grammar.definition}`);
  const wrapped: FunctionTool = {
    kind: 'function',
    name: tool.name,
    description: lines.filter(Boolean).join('\n\n'),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'Raw text of the call.' } },
      required: ['input'],
      additionalProperties: false,
    },
  };
  if (tool.cacheControl) wrapped.cacheControl = tool.cacheControl;
  return wrapped;
}

/** Raw text of a wrapped call. Arguments that are not as asked (raw text, another key, cut or broken JSON) still give their text. */
export function unwrapInput(text: string): string {
  const unwrapper = createUnwrapper();
  return unwrapper.push(text) + unwrapper.end();
}

/**
 * Maps the events of a reply so that calls to the named tools carry raw text. One instance per stream: it remembers
 * where each call stands, arguments may be cut anywhere.
 */
export function unwrapCustomCalls(names: ReadonlySet<string>): (event: StreamEvent) => StreamEvent[] {
  const open = new Map<number, Unwrapper>();
  const endOf = (index: number): StreamEvent[] => {
    const text = open.get(index)?.end() ?? '';
    open.delete(index);
    return text === '' ? [] : [{ type: 'toolCallDelta', index, text }];
  };
  return (event) => {
    switch (event.type) {
      case 'toolCallStart':
        if (event.custom || !names.has(event.name)) return [event];
        open.set(event.index, createUnwrapper());
        return [{ ...event, custom: true }];
      case 'toolCallDelta': {
        const unwrapper = open.get(event.index);
        if (!unwrapper) return [event];
        const text = unwrapper.push(event.text);
        return text === '' ? [] : [{ type: 'toolCallDelta', index: event.index, text }];
      }
      case 'toolCallEnd':
        return open.has(event.index) ? [...endOf(event.index), event] : [event];
      case 'finish':
      case 'error':
      case 'end': {
        if (open.size === 0) return [event];
        const rest = [...open.keys()].flatMap(endOf);
        return [...rest, event];
      }
      case 'start':
      case 'text':
      case 'refusal':
      case 'reasoning':
      case 'reasoningEnd':
      case 'opaque':
      case 'usage':
        return [event];
    }
  };
}

interface Unwrapper {
  /** Raw text that is certain by now. */
  push(text: string): string;
  /** What was held back. */
  end(): string;
}

const HEAD = /^\s*\{\s*"input"\s*:\s*"/;
/** A model that begins with endless blanks is not waited for. */
const LONGEST_HEAD = 256;
/** Every beginning of HEAD, so that a cut head is waited for and anything else is not. */
const HEAD_BEGINNING = /^\s*(\{\s*("(i(n(p(u(t("\s*(:\s*)?)?)?)?)?)?)?)?)?$/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/**
 * Reads the string of `{"input": "…"}` while it arrives. Three states: the head is not complete; inside the string;
 * behind its closing quote. A quote that something other than `}` follows was an unescaped quote of the text.
 */
function createUnwrapper(): Unwrapper {
  let state: 'head' | 'body' | 'tail' | 'other' = 'head';
  let held = '';

  function body(text: string): string {
    const { decoded, used, closed } = decodeString(text);
    held = text.slice(used);
    if (closed) state = 'tail';
    return decoded;
  }

  return {
    push(text) {
      held += text;
      if (state === 'head') {
        const head = HEAD.exec(held);
        if (head) {
          state = 'body';
          return body(held.slice(head[0].length));
        }
        if (held.length > LONGEST_HEAD || !HEAD_BEGINNING.test(held)) state = 'other';
        return '';
      }
      return state === 'body' ? body(held) : '';
    },
    end() {
      const left = held;
      held = '';
      if (state === 'body') return left === '\\' || left.startsWith('\\u') ? '' : left;
      if (state === 'tail') {
        return /^[\s}]*$/.test(left) || parseObject(`{"input":""${left}`) ? '' : unescapedQuotes(left);
      }
      return textOfOther(left);
    },
  };
}

/** Decodes as much of a JSON string's inside as is certain. `closed`: its quote was found and `used` stands behind it. */
function decodeString(text: string): { decoded: string; used: number; closed: boolean } {
  let decoded = '';
  let at = 0;
  while (at < text.length) {
    const special = indexOfSpecial(text, at);
    if (special < 0) return { decoded: decoded + text.slice(at), used: text.length, closed: false };
    decoded += text.slice(at, special);
    if (text[special] === '"') return { decoded, used: special + 1, closed: true };
    const kind = text[special + 1];
    if (kind === undefined) return { decoded, used: special, closed: false };
    if (kind === 'u') {
      const hex = text.slice(special + 2, special + 6);
      if (hex.length < 4 && /^[0-9a-fA-F]*$/.test(hex)) return { decoded, used: special, closed: false };
      if (/^[0-9a-fA-F]{4}$/.test(hex)) {
        decoded += String.fromCharCode(Number.parseInt(hex, 16));
        at = special + 6;
        continue;
      }
    }
    decoded += ESCAPES[kind] ?? (kind === '"' || kind === '\\' || kind === '/' ? kind : `\\${kind}`);
    at = special + 2;
  }
  return { decoded, used: at, closed: false };
}

function indexOfSpecial(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34 || code === 92) return at;
  }
  return -1;
}

/** The text had quotes nobody escaped: everything up to the last closing quote belongs to it. */
function unescapedQuotes(tail: string): string {
  let decoded = '"';
  let left = tail.replace(/"\s*\}?\s*$/, '');
  for (;;) {
    const part = decodeString(left);
    decoded += part.decoded;
    if (!part.closed) return decoded + left.slice(part.used);
    decoded += '"';
    left = left.slice(part.used);
  }
}

/** Arguments in another form than asked for: an object with one text in it, a JSON string, or the raw text itself. */
function textOfOther(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return text;
  const object = value as JsonObject;
  if (typeof object.input === 'string') return object.input;
  const texts = Object.values(object).filter((entry) => typeof entry === 'string');
  return texts.length === 1 ? (texts[0] as string) : text;
}
