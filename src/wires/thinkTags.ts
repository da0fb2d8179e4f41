/**
 * Local servers without a reasoning parser hand a model's thinking out as text: `<think>…</think>` at the beginning of
 * the answer. It is taken for what it is; the same tag anywhere else is text.
 */

const OPEN = '<think>';
const CLOSE = '</think>';

export interface ThinkTags {
  /** A piece of the answer's text. */
  push(text: string): void;
  /** Something else follows, or the answer ends: what was held back comes out. */
  flush(): void;
}

/** Sends each piece of text to `say` or `think`; a tag may be cut anywhere. */
export function createThinkTags(sink: {
  say(text: string): void;
  think(text: string): void;
  thought(): void;
}): ThinkTags {
  let state: 'begin' | 'thinking' | 'gap' | 'text' = 'begin';
  let held = '';
  /** A piece is being told: a call that begins in the middle of it takes nothing of its rest. */
  let telling = false;

  function push(text: string): void {
    if (state === 'text') return sink.say(text);
    held += text;
    if (state === 'begin') begin();
    if (state === 'thinking') thinking();
    if (state === 'gap') gap();
  }
  function begin(): void {
    const start = held.trimStart();
    if (start.length < OPEN.length && OPEN.startsWith(start) && held.length < 100) return;
    if (start.startsWith(OPEN)) {
      held = start.slice(OPEN.length);
      state = 'thinking';
    } else flush();
  }
  function thinking(): void {
    const end = held.indexOf(CLOSE);
    if (end >= 0) {
      sink.think(held.slice(0, end));
      sink.thought();
      held = held.slice(end + CLOSE.length);
      state = 'gap';
      return;
    }
    const last = held.lastIndexOf('<');
    const keep = last >= 0 && CLOSE.startsWith(held.slice(last)) ? last : held.length;
    sink.think(held.slice(0, keep));
    held = held.slice(keep);
  }
  /** Blank lines between thinking and answer belong to neither. */
  function gap(): void {
    held = held.trimStart();
    if (held !== '') flush();
  }
  function flush(): void {
    const rest = held;
    held = '';
    if (state === 'thinking') sink.think(rest);
    else if (state !== 'gap') sink.say(rest);
    else sink.say(rest.trimStart());
    state = 'text';
  }
  return {
    push(text) {
      telling = true;
      push(text);
      telling = false;
    },
    flush() {
      if (!telling) flush();
    },
  };
}
