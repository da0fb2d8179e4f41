/** The seam between the one supervisor and the ways of being reachable. */
import type { Said } from '../said';
import type { TunnelKind } from '../settings/tunnelKinds';
import type { TunnelStateName } from './tunnel';

/** Why there is no tunnel, as a sentence for a person, with what to do next. */
export class TunnelProblem extends Error {
  override name = 'TunnelProblem';
  constructor(
    readonly state: TunnelStateName,
    readonly said: Said,
    /**
     * `retryAt`: milliseconds since the epoch of the next try; without it the supervisor chooses growing waits.
     * `person`: only a person can mend it, so another try by itself is a look now and then.
     */
    readonly details: { retryAt?: number; missingBinary?: boolean; person?: boolean } = {},
  ) {
    super(said.text);
  }
}

export type LinkEvent =
  /** The service knows us: requests can come. `publicUrl` where only the service says which. */
  | { type: 'registered'; publicUrl?: string; location?: string; transport?: string }
  /** The service refuses these credentials. */
  | { type: 'refused' }
  /** This transport will not connect from here (pre-check, repeated dial failures). */
  | { type: 'blocked' }
  /** The program says the connection is gone. */
  | { type: 'lost' }
  /** The program could not reach our listener. */
  | { type: 'originDown' }
  /** The program ended. `code` as `exit code 1` or `signal SIGKILL`; `lines` are its last ones, without secrets. */
  | { type: 'exited'; code: string; lines: string[] }
  /** The program said what is wrong and cannot go on. */
  | { type: 'failed'; problem: TunnelProblem };

export type Connected = boolean | undefined | 'unasked';

/** One run of a tunnel program (or, for a URL of the user's own, just the URL). */
export interface Link {
  readonly publicUrl?: string;
  /** How often to ask `connected`, milliseconds. */
  readonly pollMs: number;
  /** Milliseconds that `connected` may say no before the connection counts as lost. */
  readonly lostAfterMs: number;
  /** Its word on the connection holds: when it says connected and we reach nothing, the fault is on our way out. */
  readonly honest: boolean;
  /** True when it was adopted and is registered already. */
  readonly registered: boolean;
  /** Stood before this start and needs no time to come up: its silence is told soon. */
  readonly standing?: boolean;
  /** Events from now on; earlier ones are replayed to the first listener. */
  onEvent(listener: (event: LinkEvent) => void): void;
  /** Does the program say that it is connected? undefined: it does not answer; 'unasked': this process could not ask. */
  connected(): Promise<Connected>;
  /** Ends the program. Never throws. */
  close(): Promise<void>;
  /** Leaves the program running for the next router and lets go of it. */
  leave(): void;
}

export interface OpenOptions {
  /** Not the first start: no pre-checks. */
  again: boolean;
  /** The program did not get as far as registering the last time: is it still sound? */
  doubt: boolean;
  report(state: TunnelStateName, said: Said): void;
  signal: AbortSignal;
}

/** Where a public URL is dialled, when not simply by its name. */
export interface Dial {
  /** Another host that leads to the same place: the own name must not be resolved yet. */
  host?: string;
  /** The address that the rest of the world gets: resolved here, the name leads somewhere else. */
  outside?: boolean;
}

export interface Driver {
  readonly provider: TunnelKind;
  /** Name of the program, for sentences. */
  readonly program: string;
  readonly dial?: Dial;
  /** The URL that worked in an earlier run. */
  knownUrl(): string | undefined;
  /** After `adopt`: what of an earlier run is lost, as a sentence, and the URL that went with it where something still tells it. */
  lost?(): { note: string; url?: string } | undefined;
  /** A program that an earlier router left behind and that is beyond doubt ours. Others of ours are ended. */
  adopt(signal: AbortSignal): Promise<Link | undefined>;
  /** Starts the program. Throws a TunnelProblem. */
  open(options: OpenOptions): Promise<Link>;
  /** How long to wait for `registered`, milliseconds. */
  connectMs(): number;
  /** Chooses the other transport after `blocked` or a silent start; false when all were tried (and starts over). */
  fallBack(): Said | false;
  /** What to say when nothing connected, and when to try again. */
  nothingConnects(): TunnelProblem;
  /** The service goes on refusing, or the name is gone: a new URL (true) or a problem for a person. */
  readonly renewable: boolean;
  refused(): TunnelProblem;
  /** Drops the present URL; the next `open` asks for a new one. `asked`: a person wants it, so no waiting. */
  forget(asked: boolean): Promise<void>;
  /** The URL was proven to work. */
  proven(url: string): void;
  /** Words for what the public side answered: 530 nobody connected, 200 somebody else, 404, 403, … */
  explainStatus(status: number, code?: string): Said;
  /** What it means that the public side takes a connection and ends it before it says who it is. */
  cutOff?: Said;
  /** Why the public side leads to somebody else, whatever answers there. */
  misled?: Said;
}
