/** What the dashboard page and the extension say to each other. Both sides check what they get; neither sends a key. Pure. */

export type Phase = 'stopped' | 'starting' | 'running' | 'failed';
/** How something is, beside the words that say it. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle';

export interface TunnelStep {
  words: string;
  tone: Tone;
  /** Milliseconds since the epoch when it began. */
  at: number;
}
export interface BackendLook {
  name: string;
  words: string;
  tone: Tone;
  error?: string;
}
/** Something that is wrong, with the button that mends it. */
export interface Note {
  text: string;
  /** Words of the button. */
  action: string;
  tone: Tone;
}
export interface RequestLine {
  id: string;
  /** Milliseconds since the epoch of its arrival. */
  time: number;
  model: string;
  backend?: string;
  outcome: 'ok' | 'cancelled' | 'failed';
  /** Milliseconds to the first content and in all. */
  firstMs?: number;
  ms: number;
  tokens?: number;
  /** US dollars. */
  cost?: number;
}
export interface Sum {
  name: string;
  requests: number;
  tokens: number;
  cost: number;
  /** Medians of the newest requests, share of input read from the cache, US dollars saved by it. */
  firstMs?: number;
  tokensPerSecond?: number;
  cached?: number;
  saved?: number;
}

/** Everything the page shows at one moment. */
export interface Snapshot {
  type: 'snapshot';
  /** Milliseconds since the epoch. */
  now: number;
  phase: Phase;
  /** Why it does not run, or what a person should know. */
  message?: string;
  /** Worst first. */
  troubles: Note[];
  /** The URL to paste; `urlWorks`: Cursor can reach it. */
  url?: string;
  urlWorks: boolean;
  keyHint?: string;
  tunnel: TunnelStep & { message?: string };
  /** Oldest first. */
  history: TunnelStep[];
  running: number;
  today: { requests: number; tokens: number; cost: number; costKnown: boolean };
  bodyLog: boolean;
  backends: BackendLook[];
  /** Newest first. */
  requests: RequestLine[];
  /** Days in order; models and backends by cost. */
  days: Sum[];
  models: Sum[];
  spenders: Sum[];
}

/** Commands that a button of the page may run. */
export const PAGE_COMMANDS = [
  'startRouter',
  'showLog',
  'copyBaseUrl',
  'copyApiKey',
  'openCursorModelSettings',
  'copyModelName',
  'addBackend',
  'manageBackends',
  'setUpTunnel',
  'showUsage',
  'logBodies',
] as const;
export type PageCommand = (typeof PAGE_COMMANDS)[number];

export type FromPage =
  | { type: 'ready' }
  | { type: 'open'; id: string }
  | { type: 'run'; command: PageCommand }
  /** The button of a note: only what is wrong now is mended. */
  | { type: 'mend'; text: string };

type Check = (value: unknown) => boolean;
const MAX_TEXT = 4_000;
const MAX_LIST = 500;

const text: Check = (value) => typeof value === 'string' && value.length <= MAX_TEXT;
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const flag: Check = (value) => typeof value === 'boolean';
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length <= MAX_LIST && value.every(check);
const shape =
  (fields: Record<string, Check>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));

/** A function, so that the extension, which only sends snapshots, leaves their check out. */
function isSnapshot(value: unknown): boolean {
  const tone = oneOf('good', 'busy', 'warn', 'bad', 'idle');
  const step = { words: text, tone, at: number };
  const sum = shape({
    name: text,
    requests: number,
    tokens: number,
    cost: number,
    firstMs: optional(number),
    tokensPerSecond: optional(number),
    cached: optional(number),
    saved: optional(number),
  });

  return shape({
    type: oneOf('snapshot'),
    now: number,
    phase: oneOf('stopped', 'starting', 'running', 'failed'),
    message: optional(text),
    troubles: list(shape({ text, action: text, tone })),
    url: optional(text),
    urlWorks: flag,
    keyHint: optional(text),
    tunnel: shape({ ...step, message: optional(text) }),
    history: list(shape(step)),
    running: number,
    today: shape({ requests: number, tokens: number, cost: number, costKnown: flag }),
    bodyLog: flag,
    backends: list(shape({ name: text, words: text, tone, error: optional(text) })),
    requests: list(
      shape({
        id: text,
        time: number,
        model: text,
        backend: optional(text),
        outcome: oneOf('ok', 'cancelled', 'failed'),
        firstMs: optional(number),
        ms: number,
        tokens: optional(number),
        cost: optional(number),
      }),
    ),
    days: list(sum),
    models: list(sum),
    spenders: list(sum),
  })(value);
}
const isFromPage: Check = (value) =>
  shape({ type: oneOf('ready') })(value) ||
  shape({ type: oneOf('open'), id: (id) => typeof id === 'string' && /^[\w-]{1,64}$/.test(id) })(value) ||
  shape({ type: oneOf('run'), command: oneOf(...PAGE_COMMANDS) })(value) ||
  shape({ type: oneOf('mend'), text })(value);

/** The snapshot, or undefined when it is none. */
export const readSnapshot = (value: unknown): Snapshot | undefined =>
  isSnapshot(value) ? (value as Snapshot) : undefined;
/** What the page asks for, or undefined when it may not. */
export const readFromPage = (value: unknown): FromPage | undefined =>
  isFromPage(value) ? (value as FromPage) : undefined;
