/** Event stream or one whole body? Content types lie in both directions, first bytes do not. Pure. */

/** First words of an event stream's lines; every prefix of one may still become one. */
const FIELDS = ['data:', 'event:', 'id:', 'retry:'] as const;

/**
 * @param seen the first bytes of the body.
 * @param saysStream the content type is text/event-stream.
 * @param atEnd no more bytes come.
 * @returns undefined while more bytes are needed to tell.
 */
export function shapeOf(seen: Buffer, saysStream: boolean, atEnd: boolean): 'stream' | 'whole' | undefined {
  // Latin-1 keeps one character a byte; a byte order mark is three of them.
  const text = seen
    .toString('latin1', 0, 64)
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  const first = text[0];
  // JSON or a web page, whatever the head says of it; no stream begins like that.
  if (first === '{' || first === '[' || first === '<') return 'whole';
  if (saysStream) return first === undefined && !atEnd ? undefined : 'stream';
  if (first === ':' || FIELDS.some((field) => text.startsWith(field))) return 'stream';
  if (atEnd || seen.length >= 64) return 'whole';
  return first === undefined || FIELDS.some((field) => field.startsWith(text)) ? undefined : 'whole';
}
