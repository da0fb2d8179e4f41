/** One finished (or failed, or cancelled) request: what the ledger keeps and the views show. No prompt, no key. */
import type { Kind } from '../routing/kinds';
import type { Said as Sentence } from '../said';
import type { FailureKind, FinishReason, Usage } from '../wires/conversation';

/** In the place of a client key's name: our own probes (tunnel check, Doctor). Names of client keys have no space, so nobody else has it. */
export const OWN_CHECKS = 'own checks';

/** What a provider said to a failed attempt, without what stood in the request. */
export interface Said {
  /** Only those that matter. */
  headers: Record<string, string>;
  body?: string;
}

/** One call as it was sent to Cursor: its own assembly is sometimes blamed on gateways. */
export interface SentCall {
  name: string;
  /** Characters of its arguments. */
  length: number;
  /** They are one JSON object; absent where they are raw text (custom tools). */
  parsed?: boolean;
}

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
  /** The same as code and values, where the words are the router's own. */
  says?: Sentence;
  kind?: FailureKind;
  said?: Said;
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
  rules: readonly string[];
  /** Those of them that are sentences, as codes and values. */
  told?: readonly Sentence[];
  /** Its kind, where a route for that kind took the place of the model asked for. */
  kind?: Kind;
  stream: boolean;
  /** HTTP status sent to the client. */
  status: number;
  /** True status of the upstream where it differs (E3). */
  upstreamStatus?: number;
  finish?: FinishReason;
  /** Sentence for a person when it failed. */
  error?: string;
  /** The same as code and values, where the sentence is the router's own. */
  says?: Sentence;
  errorKind?: FailureKind;
  attempts: Attempt[];
  usage?: Usage;
  /** US dollars; absent when no price is known. */
  cost?: number;
  /** US dollars that caching saved. */
  saved?: number;
  /** Milliseconds to first content and in all. */
  firstMs?: number;
  ms: number;
  bytesIn: number;
  bytesOut: number;
  /** Tool calls of the answer, the first fifty; only of Cursor's requests. */
  toolCalls?: SentCall[];
  /** Hash of the conversation, where one can be told. */
  conversation?: string;
}
