/**
 * Text from outside (names of models, words of providers, values of files) on its way to a person. Pure, and on the ground
 * floor, so that log, terminal, table and editor say it alike.
 */

/**
 * Controls (ESC and with it every terminal sequence, line ends), line and paragraph separators, and marks that turn the
 * direction of what follows.
 */
const UNPRINTED = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/u;
const EACH_UNPRINTED = new RegExp(UNPRINTED, 'gu');

/** One line that only shows what it is: what would steer a terminal or break a line becomes a blank. */
export function plain(text: string): string {
  // Nearly no text has any, and a look costs a fifth of a replacement.
  return UNPRINTED.test(text) ? text.replace(EACH_UNPRINTED, ' ') : text;
}

/** The same for places where an editor makes links of `[words](command:…)` by itself, as in its notifications. */
export function plainWithoutLinks(text: string): string {
  return plain(text).replace(/\](?=\()/g, '] ');
}

/** A name in a table for a terminal: what steers one, or is not seen, is a question mark, so that the columns stand. */
export function plainName(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
}
