/**
 * The rules of an answer to Cursor (R1–R24, E5) in one place, for streams and whole answers alike: neutral events come
 * in, text, whole tool calls and one ending go out to a sink that knows the format.
 */
import type { ApiFailure, FinishReason, StreamEvent, Usage } from '../wires/conversation';
import { failureSentence } from './errors';
import { createThinkingWriter, type ThinkingForm } from './thinking';

export interface ReplyRules {
  /** Model name as Cursor asked for it (R2). */
  model: string;
  /** How people call the provider, for sentences. */
  provider: string;
  thinking: ThinkingForm;
  /** How a failure after the first content is told (E5, U3). */
  midStreamError: 'text' | 'event';
  /** Names of the tools that Cursor declared as custom: their arguments are raw text (R17). */
  customToolNames: ReadonlySet<string>;
  /** A sentence to show before the answer (S6). */
  notice?: string;
  /** Input tokens as estimated, for an upstream that counts none: Cursor's context meter lives on usage (R20). */
  estimatedInput?: number;
}

export type CursorFinish = 'stop' | 'length' | 'tool_calls' | 'content_filter' | null;

export interface WholeCall {
  /** From 0, without gaps (R5). */
  index: number;
  id: string;
  name: string;
  /** JSON text of a function; raw text of a custom tool. */
  arguments: string;
  custom: boolean;
}

/** Where the rules write to. */
export interface ReplySink {
  start(id: string): void;
  content(text: string): void;
  call(call: WholeCall): void;
}

export interface ReplyEnd {
  finish: CursorFinish;
  usage: Usage;
  /** Set when the failure is to be told as an event of its own instead of text. */
  failure?: ApiFailure;
}

export interface RuledReply {
  push(event: StreamEvent): void;
  /** Closes what is open and says how it ends. Without a finish from the upstream it is a cut answer (E5, R11). */
  end(failure?: ApiFailure): ReplyEnd;
}

interface OpenCall {
  id: string;
  name: string;
  custom: boolean;
  text: string;
}

/** Hidden thinking is kept this far, for answers that would be empty without it (R13). */
const HIDDEN_CHARS = 200_000;

export function createRuledReply(sink: ReplySink, rules: ReplyRules): RuledReply {
  const thinking = createThinkingWriter(rules.thinking);
  const hiding = rules.thinking === 'hide';
  const open = new Map<number, OpenCall>();
  /** Ended calls that wait for a sign that they ended whole: whatever follows, or a clean finish (R11, R12). */
  let ready: OpenCall[] = [];
  let calls = 0;
  let dropped = 0;
  let visible = false;
  /** What was said last ends a paragraph already. */
  let atParagraph = true;
  let hidden = '';
  let reasoningIndex = -1;
  let finish: FinishReason | undefined;
  let ended = false;
  let counted: Usage | undefined;
  let characters = 0;
  let failed: ApiFailure | undefined;

  function say(text: string): void {
    if (text === '') return;
    atParagraph = text.endsWith('\n\n');
    if (!visible && rules.notice) {
      visible = true;
      sink.content(`> ${rules.notice}\n\n${text}`);
      return;
    }
    visible = true;
    sink.content(text);
  }

  function think(index: number, text: string): void {
    if (text === '') return;
    characters += text.length;
    const gap = reasoningIndex >= 0 && reasoningIndex !== index ? '\n\n' : '';
    reasoningIndex = index;
    if (hiding) {
      if (!visible && calls === 0 && hidden.length < HIDDEN_CHARS) hidden += gap + text;
    } else if (thinking.isOpen) say(thinking.write(gap + text));
    else say(paragraph() + thinking.write(text));
  }

  function paragraph(): string {
    return visible && !atParagraph ? '\n\n' : '';
  }

  /** R24: closed before anything else is shown. */
  function closeThinking(): void {
    reasoningIndex = -1;
    if (thinking.isOpen) say(thinking.close());
  }

  function release(): void {
    const waiting = ready;
    ready = [];
    for (const call of waiting) emitCall(call);
  }

  function emitCall(call: OpenCall): void {
    const text = call.custom ? call.text : wholeArguments(call);
    if (text === undefined) {
      dropped++;
      return;
    }
    closeThinking();
    if (calls === 0 && !visible && rules.notice) say('\n');
    const index = calls++;
    sink.call({ index, id: call.id || `call_${index}`, name: call.name, arguments: text, custom: call.custom });
  }

  function push(event: StreamEvent): void {
    if (ready.length > 0 && showsNextBlock(event)) release();
    switch (event.type) {
      case 'text':
      case 'refusal':
        // An empty delta says nothing, and must not close a thinking block for it (R9 makes refusals content).
        if (event.text === '') break;
        characters += event.text.length;
        closeThinking();
        say(event.text);
        break;
      case 'reasoning':
        think(event.index, event.text);
        break;
      case 'toolCallStart':
        closeThinking();
        open.set(event.index, {
          id: event.id,
          name: event.name,
          custom: event.custom === true || rules.customToolNames.has(event.name),
          text: '',
        });
        break;
      case 'toolCallDelta': {
        const call = open.get(event.index);
        characters += event.text.length;
        if (call) call.text += event.text;
        break;
      }
      case 'toolCallEnd': {
        const call = open.get(event.index);
        if (!call) break;
        open.delete(event.index);
        ready.push(call);
        break;
      }
      case 'start':
        if (event.id) sink.start(event.id);
        break;
      case 'usage':
        counted = { ...counted, ...event.usage };
        break;
      case 'finish':
        finish = event.reason;
        if (!wasWhole(event.reason)) dropHalf();
        release();
        break;
      case 'end':
        ended = true;
        break;
      case 'error':
        failed ??= event.failure;
        break;
    }
  }

  /** The model was stopped: the last block may be half, and raw text does not show it (R11). */
  function dropHalf(): void {
    dropped += open.size + ready.filter((call) => call.custom).length;
    ready = ready.filter((call) => !call.custom);
    open.clear();
  }

  function end(given?: ApiFailure): ReplyEnd {
    const failure = given ?? failed ?? (finish || ended ? undefined : brokenOff(rules.provider));
    if (failure) return endCut(failure);
    if (ended && !finish) release();
    dropped += open.size;
    open.clear();
    closeThinking();
    if (!visible && calls === 0) fillEmpty();
    else if (dropped > 0) say(paragraph() + DROPPED_NOTE);
    return { finish: finishWord(), usage: usage() };
  }

  /** E5: what was shown stays, the rest is said in one sentence, nothing half goes out. */
  function endCut(failure: ApiFailure): ReplyEnd {
    open.clear();
    ready = [];
    closeThinking();
    if (rules.midStreamError === 'event') return { finish: 'length', usage: usage(), failure };
    say(paragraph() + failureSentence(failure, rules));
    return { finish: 'length', usage: usage() };
  }

  function usage(): Usage {
    return counted ?? { input: rules.estimatedInput ?? 0, output: Math.ceil(characters / 4), estimated: true };
  }

  /** R13: never end empty. */
  function fillEmpty(): void {
    if (hidden) {
      say(thinking.write(hidden) + thinking.close());
    } else if (dropped > 0) say(DROPPED_NOTE);
    else if (finish === 'refusal' || finish === 'contentFilter')
      say(`${rules.provider} refused to answer this. Change the request, or choose another model.`);
    else if (finish === 'length')
      say(
        'The answer ended before its first word, because the output limit was reached. Allow more output tokens, or use a lower effort.',
      );
    else say(`${rules.provider} sent an empty answer. Send the message again, or choose another model.`);
  }

  function finishWord(): CursorFinish {
    const word = finish === undefined ? 'stop' : FINISH_WORDS[finish];
    if (word !== 'stop' && word !== 'tool_calls') return word;
    if (calls > 0) return 'tool_calls';
    // A call was asked for and left out: not a complete answer (R11).
    return dropped > 0 ? 'length' : 'stop';
  }

  return { push, end };
}

/** R7; a paused turn is not a complete one; an unknown reason is left open, never `stop` or `tool_calls` (R10). */
const FINISH_WORDS: Readonly<Record<FinishReason, CursorFinish>> = {
  stop: 'stop',
  length: 'length',
  toolCalls: 'tool_calls',
  contentFilter: 'content_filter',
  refusal: 'content_filter',
  pause: 'length',
  unknown: null,
};

const DROPPED_NOTE = 'A tool call arrived incomplete and was left out. Send "continue" to let the model try again.';

/** Something of another block came, so the one before it had ended by itself. */
function showsNextBlock(event: StreamEvent): boolean {
  if (event.type === 'text' || event.type === 'reasoning' || event.type === 'refusal') return event.text !== '';
  return event.type === 'toolCallStart' || event.type === 'opaque';
}

function wasWhole(reason: FinishReason): boolean {
  return reason === 'stop' || reason === 'toolCalls' || reason === 'pause';
}

function brokenOff(provider: string): ApiFailure {
  return { status: 502, kind: 'network', message: `The answer of ${provider} broke off.` };
}

/** Arguments that parse (R12), an empty text being a call without any; undefined when the call is only half there. */
function wholeArguments(call: OpenCall): string | undefined {
  if (call.text.trim() === '') return '{}';
  // Some gateways begin with the empty object of a call without arguments and send the real one behind it.
  const text = /^\s*\{\s*\}\s*\{/.test(call.text) ? call.text.slice(call.text.indexOf('}') + 1) : call.text;
  try {
    const value: unknown = JSON.parse(text);
    return call.name === 'Subagent' ? withoutCloudBranch(value, text) : text;
  } catch {
    return undefined;
  }
}

/** R16: `cloud_base_branch` is meant for cloud agents alone. */
function withoutCloudBranch(value: unknown, text: string): string {
  if (typeof value !== 'object' || value === null || !('cloud_base_branch' in value)) return text;
  const { cloud_base_branch: _, ...kept } = value as Record<string, unknown>;
  return kept.environment === 'cloud' ? text : JSON.stringify(kept);
}
