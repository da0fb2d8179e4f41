import type { Said } from '../said';
import type { RequestRecord } from './record';
import { say } from './sentences';

type Dialect = NonNullable<RequestRecord['dialect']>;

/** What a person is told of Cursor's dialect (D1); its letter is for code and records. */
export const DIALECTS: Readonly<Record<Dialect, Said>> = {
  A: say.chatForm,
  B: say.responsesForm,
  C: say.messagesForm,
};

export const dialectWords = (dialect: Dialect): string => DIALECTS[dialect].text;
