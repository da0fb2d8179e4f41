/** What one request works with: a snapshot that a changed configuration replaces and never edits (design §4). */

import type { CursorMemory } from '../cursor/memory';
import type { Admission } from '../ledger/admission';
import type { BodyLog } from '../ledger/bodyLog';
import type { RequestRecord } from '../ledger/record';
import type { HealthProof } from '../network/healthProof';
import type { Backend, Target } from '../routing/backend';
import type { RouteTable } from '../routing/resolve';
import type { Said } from '../said';
import type { Settings } from '../settings/schema';
import type { Breaker } from '../upstream/breaker';
import type { EchoContext } from '../upstream/echo';
import type { KeyChoice } from '../upstream/keyChoice';
import type { LessonStore } from '../upstream/lessonStore';
import type { Send } from '../upstream/send';
import type { Transport } from '../upstream/transport';
import type { Usage } from '../wires/conversation';
import type { BodyBudget } from './body';
import type { Keyring } from './clientKeys';
import type { CutPrompt } from './cutPrompt';
import type { GuessLimit, PublicDoor } from './guard';
import type { ModelLists } from './models';
import type { PictureMemory } from './pictureMemory';
import type { KindMemory } from './requestKind';

export interface Runtime {
  settings: Settings;
  backends: readonly Backend[];
  routes: RouteTable;
  keyring: Keyring;
  transport: Transport;
  /** Key for a target, or undefined when none is known. */
  keyFor(where: { keyName: string; keyEnv?: string }): string | undefined;
  /** What is learnt about these addresses and keys; with others it begins anew, and requests that run tell the old ones. */
  breaker: Breaker;
  keys: KeyChoice;
}

/** Patience with clients, in milliseconds. */
export interface ServerTimes {
  /** Between signs of life on a silent stream. */
  pingMs: number;
  /** Before a whole answer that is not ready gets its head and a first space. */
  spaceAfterMs: number;
  /** For a request body to arrive. */
  bodyMs: number;
  /** For backends to list their models, when Claude Code asks. */
  listMs: number;
  /** From a request to the question what is left at its provider. */
  creditMs: number;
}
export const SERVER_TIMES: ServerTimes = {
  pingMs: 10_000,
  spaceAfterMs: 60_000,
  bodyMs: 300_000,
  listMs: 2_000,
  creditMs: 3_000,
};

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What the server needs of the rest of the house; joined in router/doors.ts. */
export interface ServerDeps {
  runtime(): Runtime;
  publicDoor(): PublicDoor;
  /** Keyed with the install secret. */
  healthProof: HealthProof;
  lists: ModelLists;
  /** Which kind a request is. */
  kinds: KindMemory;
  /** What providers were found to refuse. */
  lessons: LessonStore;
  memory: CursorMemory;
  /** Pictures in the words of models that see. */
  pictures: PictureMemory;
  bodies: BodyBudget;
  guesses: GuessLimit;
  admission: Admission;
  /** Logs bodies while a person wants it. */
  bodyLog?: BodyLog;
  costOf(target: Target, usage: Usage): number | undefined;
  /** Words for what is left at a provider, for the person whose account it is. */
  creditOf?(target: Target): string | undefined;
  savedOf(target: Target, usage: Usage): number | undefined;
  /** Answers that run may end; nothing new begins. */
  windingDown?(): boolean;
  /** The number of running requests has changed. */
  onRunning?(): void;
  /** Stores the record; called before the last bytes of the answer go out. */
  record(record: RequestRecord): void;
  /** Cursor was seen: host it came through, or why it was refused. */
  sawCursor(seen: { host: string; refusal?: Said }): void;
  /** A backend said how many tokens it read; `cut` is a sentence where that is not the whole prompt. */
  sawPrompt?(backend: string, read: number, cut: CutPrompt | undefined): void;
  echoSend(context: EchoContext): Send;
  log(level: LogLevel, line: string): void;
  times: ServerTimes;
  now(): number;
  random(): number;
}
