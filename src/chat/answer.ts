/** Reads the router's stream of chat chunks for the editor: text and thinking as they come, tool calls whole. Pure. */
import { l10n } from 'vscode';
import { createChatStreamParser } from '../wires/chatStream';
import type { FinishReason, JsonObject, StreamEvent } from '../wires/conversation';
import { filledString, objectOf, parseObject } from '../wires/read';
import { createSseSplitter, type RawSseEvent } from '../wires/sse';

export type AnswerPart =
  | { kind: 'text' | 'thinking'; text: string }
  | { kind: 'call'; id: string; name: string; input: object };

export interface AnswerReader {
  push(chunk: Buffer): AnswerPart[];
  /** What is held until the end: calls. @throws Error with a sentence when the answer failed or is not whole. */
  finish(): AnswerPart[];
}

interface Call {
  id: string;
  name: string;
  args: string;
  whole: boolean;
}

/** An answer that ended so is shown and no whole one. */
const CUT: Partial<Record<FinishReason, string>> = {
  length: l10n.t('The answer is cut off: it reached its length limit.'),
  contentFilter: l10n.t('The answer is cut off: a content filter of the provider stopped it.'),
};

export function createAnswerReader(): AnswerReader {
  const splitter = createSseSplitter();
  const parser = createChatStreamParser();
  const calls = new Map<number, Call>();
  let ended = false;
  let finished: FinishReason | undefined;
  let failure: string | undefined;

  const read = (events: RawSseEvent[]): AnswerPart[] =>
    events.flatMap((event) => (event.comment ? [] : parser.push(event).flatMap(partsOf)));

  function partsOf(event: StreamEvent): AnswerPart[] {
    switch (event.type) {
      case 'text':
      case 'refusal':
        return [{ kind: 'text', text: event.text }];
      case 'reasoning':
        return [{ kind: 'thinking', text: event.text }];
      case 'toolCallStart':
        calls.set(event.index, { id: event.id, name: event.name, args: '', whole: false });
        return [];
      case 'toolCallDelta':
      case 'toolCallEnd': {
        const call = calls.get(event.index);
        if (call && event.type === 'toolCallDelta') call.args += event.text;
        else if (call) call.whole = true;
        return [];
      }
      case 'finish':
        finished = event.reason;
        return [];
      case 'error':
        failure = event.failure.message;
        return [];
      case 'end':
        ended = true;
        return [];
      // Nothing that the editor shows.
      case 'start':
      case 'reasoningEnd':
      case 'opaque':
      case 'usage':
        return [];
    }
  }

  return {
    push: (chunk) => read(splitter.push(chunk)),
    finish() {
      const last = [...read(splitter.finish()), ...parser.finish().flatMap(partsOf)];
      const broken = failure ?? splitter.overflow?.message;
      if (broken !== undefined) throw new Error(broken);
      if (!ended && !finished) throw new Error(l10n.t('The answer broke off before its end.'));
      const whole = [...calls.values()].map(wholeCall);
      const cut = finished && CUT[finished];
      if (cut) throw new Error(cut);
      return [...last, ...whole];
    },
  };
}

/** Half a call is never given out: the editor would run it (R11). */
function wholeCall({ id, name, args, whole }: Call): AnswerPart {
  const input = args.trim() === '' ? {} : parseObject(args);
  if (!input || !whole) throw new Error(l10n.t('The answer broke off in the middle of a tool call.'));
  return { kind: 'call', id, name, input };
}

/** The sentence of an error body, if it has one. */
export function errorSentence(body: JsonObject | undefined): string | undefined {
  const error = body?.error;
  return filledString(error) ?? filledString(objectOf(error)?.message);
}
