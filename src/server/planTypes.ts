/** What a plan is made of, and what it is: the request of one attempt and how its answer is read. */
import type { RequestRecord } from '../ledger/record';
import type { Target } from '../routing/backend';
import type { Words } from '../said';
import type { Lesson } from '../upstream/lessons';
import type { Send, UpstreamHeaders, UpstreamRequest } from '../upstream/send';
import type { ApiFailure, WireName } from '../wires/conversation';
import type { Edit } from '../wires/jsonText';
import type { ClientRequest } from './clientRequest';
import type { Exchange } from './exchangeTypes';
import type { StreamReply, WholeReply } from './reply';
import type { Speaker } from './speaker';

export interface PlanInput {
  exchange: Exchange;
  request: ClientRequest;
  speaker: Speaker;
  target: Target;
  record: RequestRecord;
  /** Speak this wire, whatever would be chosen: the provider asked for it. */
  wire?: WireName;
  /** Learned from refusals of this very request, beside what is known already. */
  lessons?: readonly Lesson[];
}

/** How the answer becomes what the client reads. */
export interface AnswerReading {
  streamReply(): StreamReply;
  /** Throws when the body is no answer. For a client that wants a stream the body is a whole stream. */
  wholeReply(body: Buffer, headers: UpstreamHeaders): WholeReply;
  /** The upstream streamed although the client wants one whole answer. */
  collected(reply: StreamReply): WholeReply;
}

export interface Plan {
  reading: AnswerReading;
  /** The target on the wire that was chosen. */
  target: Target;
  send: Send;
  request: UpstreamRequest;
  rules: Words[];
  commitHeaders(head: UpstreamHeaders): Record<string, string>;
  parseError(status: number, headers: UpstreamHeaders, body: string): ApiFailure;
}

export interface Content {
  body: UpstreamRequest['body'];
  /** Path behind the base URL. */
  path: string;
  rules: Words[];
  /** Parameters of the client that were left out. */
  dropped?: string[];
  /** Values for the header `anthropic-beta`. */
  betas?: string[];
  reading: AnswerReading;
}

/** What is known of a model, applied to a body that stays on its wire. */
export interface FactEdits {
  edits: Edit[];
  /** In words, for the story. */
  rules: Words[];
  /** Parameters left out, for the answer header. */
  dropped: string[];
  /** Top-level parameters to write (JSON text), and others that go because of them. */
  set: Record<string, string>;
  remove: string[];
}
