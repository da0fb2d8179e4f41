/** One finished (or failed, or cancelled) request: what the ledger keeps and the views show. No prompt, no key. */
import type { FailureKind, FinishReason, Usage } from '../wires/conversation';

/** In the place of a client key's name: our own probes (tunnel check, Doctor). Names of client keys have no space, so nobody else has it. */
export const OWN_CHECKS = 'own checks';

export interface Attempt {
  backend: string;
  model: string;
  /** Name of the key, where its backend has several. */
  keyName?: string;
  /** Milliseconds since the request began. */
  at: number;
  ms: number;
  /** Upstream's HTTP status; absent when there was no answer. */
  status?: number;
  outcome: 'ok' | 'retried' | 'fellBack' | 'failed' | 'cancelled';
  /** Plain words: what the provider said or what broke. */
  reason?: string;
  kind?: FailureKind;
}

export interface RequestRecord {
  /** `req_` + 16 hex; also in the answer header x-llm-router-request. */
  id: string;
  /** ISO time of arrival, UTC. */
  time: string;
  /** Suffix route: chat/completions, responses, messages, embeddings, … */
  route: string;
  /** Cursor's dialect A, B or C; absent for other clients. */
  dialect?: 'A' | 'B' | 'C';
  /** A label, told by the client itself. */
  client: 'cursor' | 'vscode' | 'other';
  /** Name of the client key used: `main` or a name from clientKeys. */
  clientKey: string;
  /** Host header the request came through. */
  host: string;
  /** Model name as the client wrote it. */
  askedModel: string;
  backend?: string;
  upstreamModel?: string;
  /** How the name was resolved, and the name of the rules that changed the body. */
  via?: string;
  rules: string[];
  stream: boolean;
  /** HTTP status sent to the client. */
  status: number;
  /** True status of the upstream where it differs (E3). */
  upstreamStatus?: number;
  finish?: FinishReason;
  /** Sentence for a person when it failed. */
  error?: string;
  errorKind?: FailureKind;
  attempts: Attempt[];
  usage?: Usage;
  /** US dollars; absent when no price is known. */
  cost?: number;
  /** Milliseconds to first content and in all. */
  firstMs?: number;
  ms: number;
  bytesIn: number;
  bytesOut: number;
  /** Hash of the conversation, where one can be told. */
  conversation?: string;
}
