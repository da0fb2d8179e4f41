/** The one shape of a tunnel, whoever provides it. The server never imports this folder: router/tunnelSlot.ts opens the tunnel, router/doors.ts tells the server its hosts. */
import type { Said } from '../said';

/** Cloudflared download progress, 0..1 when the size is known. */
export interface InstallProgress {
  message: string;
  /** The same as code and values. */
  says?: Said;
  fraction?: number;
}

export type TunnelStateName =
  | 'off'
  | 'installing'
  | 'requesting'
  | 'connecting'
  | 'verifying'
  | 'online'
  | 'reconnecting'
  | 'degraded'
  | 'rateLimited'
  | 'blocked'
  | 'error';

export interface TunnelStatus {
  state: TunnelStateName;
  provider: string;
  /** Origin only, as https://four-words.trycloudflare.com; the base URL is this + /v1. Kept while reconnecting. */
  publicUrl?: string;
  /**
   * Origin that is being checked before it becomes publicUrl. Requests already arrive through its host, so the server has to
   * accept it; a person must not see it yet (a name asked for too early stays unknown to resolvers for half an hour).
   */
  checkingUrl?: string;
  /** Milliseconds since the epoch when this state began. */
  since: number;
  /** What happened and what to do, for a person. */
  message?: string;
  /** The same as code and values, for another language. */
  says?: Said;
  /** After a failure: when the next try by itself is due, milliseconds since the epoch. */
  until?: number;
  /** The URL that publicUrl replaced, when it had to change: Cursor still holds the old one. */
  replacedUrl?: string;
  /** No usable tunnel program was found: the editor asks for consent, then calls installCloudflared. */
  needsBinary?: boolean;
  protocol?: string;
  location?: string;
}

/** A download would help: not where a person has named a program that is not there or does not start, since that one is meant. */
export const downloadHelps = ({ needsBinary, says }: Pick<TunnelStatus, 'needsBinary' | 'says'>): boolean =>
  needsBinary === true && says?.code !== 'tunnel.chosenBinaryMissing' && says?.code !== 'tunnel.chosenBinaryFails';

/** What a state is shown with; its message is what it says. */
export type Shown = Partial<Omit<TunnelStatus, 'message'>>;

/** A part that starts and stops; both may be called again and in any order. */
export interface Tunnel {
  readonly status: TunnelStatus;
  start(): Promise<void>;
  /** `keepRunning`: leave the tunnel process for the next router to adopt (hand-over). */
  stop(options?: { keepRunning?: boolean }): Promise<void>;
  /** Look now: window focus, resume from sleep. */
  check(): void;
  /** Forget the present URL and ask for a new one. */
  renewUrl(): Promise<void>;
  onDidChange(listener: (status: TunnelStatus) => void): () => void;
}
