/** Reads the router's stream of chat chunks for the editor: text and thinking as they come, tool calls whole. Pure. */
import type { JsonObject } from '../wires/conversation';
import { arrayOf, filledString, numberOf, objectOf, parseObject, stringOf } from '../wires/read';
import { createSseSplitter } from '../wires/sse';

export type AnswerPart =
  | { kind: 'text' | 'thinking'; text: string }
  | { kind: 'call'; id: string; name: string; input: object };

export interface AnswerReader {
  /** @throws Error with a sentence when the stream says that it failed. */
  push(chunk: Buffer): AnswerPart[];
  /** What is held until the end: calls. @throws Error when the answer is not whole. */
  finish(): AnswerPart[];
}

interface Call {
  id: string;
  name: string;
  args: string;
}

export function createAnswerReader(): AnswerReader {
  const splitter = createSseSplitter();
  const calls = new Map<number, Call>();
  let finished: string | undefined;

  function read(data: string): AnswerPart[] {
    if (data === '[DONE]') {
      finished ??= 'stop';
      return [];
    }
    const chunk = parseObject(data);
    if (!chunk) return [];
    if (chunk.error !== undefined) throw new Error(errorSentence(chunk) ?? 'The provider broke the answer off.');
    const choice = objectOf(arrayOf(chunk.choices)[0]);
    finished = filledString(choice?.finish_reason) ?? finished;
    const delta = objectOf(choice?.delta);
    return delta ? partsOf(delta) : [];
  }

  function partsOf(delta: JsonObject): AnswerPart[] {
    const thinking = filledString(delta.reasoning_content) ?? filledString(delta.reasoning);
    const text = filledString(delta.content);
    for (const piece of arrayOf(delta.tool_calls)) gather(objectOf(piece));
    return [
      ...(thinking ? [{ kind: 'thinking' as const, text: thinking }] : []),
      ...(text ? [{ kind: 'text' as const, text }] : []),
    ];
  }

  function gather(piece: JsonObject | undefined): void {
    if (!piece) return;
    const index = numberOf(piece.index) ?? calls.size;
    const call = calls.get(index) ?? { id: '', name: '', args: '' };
    const told = objectOf(piece.function);
    call.id ||= stringOf(piece.id) ?? '';
    call.name ||= stringOf(told?.name) ?? '';
    call.args += stringOf(told?.arguments) ?? '';
    calls.set(index, call);
  }

  return {
    push: (chunk) => splitter.push(chunk).flatMap((event) => (event.comment ? [] : read(event.data))),
    finish() {
      const last = splitter.finish().flatMap((event) => (event.comment ? [] : read(event.data)));
      if (splitter.overflow) throw new Error(splitter.overflow.message);
      if (finished === undefined) throw new Error('The answer broke off before its end.');
      return [...last, ...[...calls.values()].map(wholeCall)];
    },
  };
}

/** Half a call is never given out: the editor would run it (R11). */
function wholeCall({ id, name, args }: Call): AnswerPart {
  const input = args.trim() === '' ? {} : parseObject(args);
  if (!input || name === '') throw new Error('The answer broke off in the middle of a tool call.');
  return { kind: 'call', id, name, input };
}

/** The sentence of an error body, if it has one. */
export function errorSentence(body: JsonObject | undefined): string | undefined {
  const error = body?.error;
  return filledString(error) ?? filledString(objectOf(error)?.message);
}
