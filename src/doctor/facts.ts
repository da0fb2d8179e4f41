/** What the Doctor is given to look at: the router's own parts, so that it sees what requests see. */

import type { CursorReading } from '../cursorApp/readState';
import type { RequestRecord } from '../ledger/record';
import type { HealthProof } from '../network/healthProof';
import type { Network } from '../network/httpsClient';
import type { CursorSighting, DoctorRequest, RouterState } from '../process/contract';
import type { Backend } from '../routing/backend';
import type { Problem } from '../settings/problem';
import type { Settings } from '../settings/schema';
import type { CursorAppState } from '../troubles/cursor';
import type { TroubleLook } from '../troubles/table';
import type { TunnelStatus } from '../tunnel/tunnel';
import type { TunnelWorld } from '../tunnel/world';
import type { LessonStore } from '../upstream/lessonStore';
import type { Send } from '../upstream/send';

export interface DoctorFacts {
  request: DoctorRequest;
  version: string;
  settings: Settings;
  problems: readonly Problem[];
  phase: RouterState['phase'];
  /** Where the listener is; undefined when nothing listens. `attached`: it belongs to another process of this installation. */
  listener: { host: string; port: number; attached: boolean } | undefined;
  dataDir: string;
  /** Expected HMAC, hex, of GET /health?nonce=. */
  healthProof: HealthProof;
  /** Key of the clients; '' when there is none. */
  clientKey: string;
  /** Client keys that open nothing, since a provider has the same. */
  refusedKeys: readonly string[];
  /** What the Doctor's own requests present, so that they count as nobody's. */
  probeKey: string;
  backends: readonly Backend[];
  keyFor(backend: Backend): string | undefined;
  /** What refusals taught about the models of a base URL. */
  learned?: LessonStore['at'];
  send: Send;
  tunnel: {
    status(): TunnelStatus;
    onDidChange(listener: () => void): () => void;
    network: Network;
    world: TunnelWorld;
    /** CLOUDFLARED_BIN; the setting wins. */
    cloudflaredBin: string | undefined;
    /** Hosts that cloudflared connects to. */
    edgeHosts: readonly string[];
  };
  cursor: CursorSighting | undefined;
  /** What Cursor holds; undefined where nobody looks. */
  cursorApp: { reading: CursorReading; state: CursorAppState | undefined } | undefined;
  /** What is known to be wrong without looking. */
  troubles?: readonly TroubleLook[];
  /** Newest requests, newest first. */
  recent: readonly RequestRecord[];
  /** Every key and token that must not be told. */
  secrets: readonly string[];
  /** Monotonic milliseconds. */
  now(): number;
}

/** A loopback address that reaches the listener, whatever it is bound to. */
export function localOrigin({ host, port }: { host: string; port: number }): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
