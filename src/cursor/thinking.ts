/** How thinking is shown inside `content` (R23) and taken out of the history again (N11). One file, so that both agree. */

export type ThinkingForm = 'details' | 'think' | 'hide';

interface Form {
  open: string;
  close: string;
  /** Closing tag that thinking itself must not contain, or the block would end early. */
  tag: string;
  escaped: string;
}

/** `hide` shows thinking only where an answer would be empty without it (R13), in the form of `details`. */
const FORMS: Readonly<Record<ThinkingForm, Form>> = {
  details: detailsForm(),
  think: { open: '<think>\n', close: '\n</think>\n\n', tag: '</think', escaped: '&lt;/think' },
  hide: detailsForm(),
};

function detailsForm(): Form {
  return {
    open: '<details>\n<summary>Thinking</summary>\n\n',
    close: '\n</details>\n\n',
    tag: '</details',
    escaped: '&lt;/details',
  };
}

export interface ThinkingWriter {
  readonly isOpen: boolean;
  /** Text for `content`; opens the block when needed. */
  write(text: string): string;
  /** What ends the block; empty when none is open (R24). */
  close(): string;
}

export function createThinkingWriter(kind: ThinkingForm): ThinkingWriter {
  const form = FORMS[kind];
  let open = false;
  /** End of the text that may be the beginning of the closing tag. */
  let held = '';

  return {
    get isOpen() {
      return open;
    },
    write(text) {
      if (text === '') return '';
      let out = held + text;
      held = '';
      if (out.includes('<')) {
        out = out.replaceAll(form.tag, form.escaped);
        const last = out.lastIndexOf('<');
        if (last >= 0 && form.tag.startsWith(out.slice(last))) {
          held = out.slice(last);
          out = out.slice(0, last);
        }
      }
      if (open) return out;
      open = true;
      return form.open + out;
    },
    close() {
      if (!open) return '';
      open = false;
      const rest = held;
      held = '';
      return rest + form.close;
    },
  };
}

// Clients trim and re-wrap text: line breaks inside our own frame are optional here. A block without its end was cut.
const OUR_DETAILS = /<details>\s*<summary>Thinking<\/summary>[\s\S]*?(?:<\/details>\s*|$)/g;

/** Assistant text of the history without our own thinking blocks and `<think>…</think>` (N11); other `<details>` stay. */
export function stripThinking(text: string): string {
  if (!text.includes('<think>') && !text.includes('<summary>Thinking</summary>')) return text;
  return withoutThinkTags(text.replace(OUR_DETAILS, ''));
}

/**
 * A `<think>` without its end is a cut block where the text begins with it, elsewhere somebody talking about the tag. By
 * hand, since a pattern would look for the end anew behind every `<think>`.
 */
function withoutThinkTags(text: string): string {
  let kept = '';
  let at = 0;
  for (;;) {
    const start = text.indexOf('<think>', at);
    if (start < 0) return kept + text.slice(at);
    const leads = at === 0 && text.slice(0, start).trim() === '';
    const end = text.indexOf('</think>', start);
    if (end < 0) return leads ? kept : kept + text.slice(at);
    if (!leads) kept += text.slice(at, start);
    at = end + '</think>'.length;
    while (/\s/.test(text.charAt(at))) at++;
  }
}
