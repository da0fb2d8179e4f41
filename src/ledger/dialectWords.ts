import type { RequestRecord } from './record';

/** What a person is told of Cursor's dialect (D1); its letter is for code and records. */
const WORDS = { A: "in OpenAI's chat form", B: "in OpenAI's Responses form", C: "in Anthropic's form" } as const;

export function dialectWords(dialect: NonNullable<RequestRecord['dialect']>): string {
  return WORDS[dialect];
}
