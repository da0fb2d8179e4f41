/** One model request while it runs, as its parts see it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestRecord } from '../ledger/record';
import type { Target } from '../routing/backend';
import type { Words } from '../said';
import type { ApiFailure, Usage, WireName } from '../wires/conversation';
import type { SaidWhole } from './attempt';
import type { ClientRequest } from './clientRequest';
import type { ClientSide } from './clientSide';
import type { StreamReply } from './reply';
import type { Route } from './routes';
import type { Runtime, ServerDeps } from './runtime';
import type { Speaker } from './speaker';

export interface Exchange {
  deps: ServerDeps;
  runtime: Runtime;
  request: IncomingMessage;
  response: ServerResponse;
  route: Extract<Route, { kind: 'model' }>;
  body: Buffer;
  clientKey: string;
  wire: WireName;
}

/** How an exchange ended; becomes the record. */
export interface Outcome {
  status: number;
  target?: Target;
  failure?: ApiFailure;
  /** What of the failure's sentence is kept; absent: all. */
  kept?: Words;
  usage?: Usage;
  finish?: RequestRecord['finish'];
  /** Characters of answer that came. */
  chars: number;
  upstreamStatus?: number;
  /** The request was on its way to the provider, whole. */
  reached?: boolean;
}

/** A failure and how far its attempt had come. */
export interface Failed {
  failure: ApiFailure;
  /** What of its sentence is kept, where a provider wrote it; absent: all. */
  kept?: Words;
  target?: Target;
  /** The stream that had begun. */
  reply?: StreamReply;
  /** The upstream's own HTTP status, when it gave one. */
  upstreamStatus?: number;
  /** The request was on its way to the provider, whole. */
  reached?: boolean;
  /** The provider's answer, where it was an error. */
  said?: SaidWhole;
}

/** One exchange while it runs, as the attempts see it. */
export interface Run {
  exchange: Exchange;
  request: ClientRequest;
  speaker: Speaker;
  client: ClientSide;
  record: RequestRecord;
  startedAt: number;
  /** The name of its conversation, read when it is first asked for. */
  conversation(): string | undefined;
  /** Writes the record, then says the last bytes: after them nobody may find the record missing (design §2.8). */
  succeed(outcome: Outcome, say: { head: Record<string, string>; last: string | Buffer }): void;
  /** Ends the exchange with a failure, in the form that is still possible. */
  giveUp(failed: Failed): void;
}
