/** The record of a request that begins: who asks, how, and nothing of what. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Attempt, RequestRecord } from '../ledger/record';
import { randomHex } from '../network/randomHex';
import { type Said, saidOf, textOf, type Words } from '../said';
import type { Exchange } from './exchangeTypes';
import type { Speaker } from './speaker';

export function newRecord(
  exchange: Pick<Exchange, 'request' | 'clientKey' | 'body'> & { route: { name: string } },
  speaker: Pick<Speaker, 'dialect' | 'isCursor'>,
  stream: boolean,
  startedAt: number,
): RequestRecord {
  // Every field from the start: one that came later would make another kind of object of each record.
  return {
    id: `req_${randomHex(8)}`,
    time: new Date(startedAt).toISOString(),
    route: exchange.route.name,
    dialect: speaker.dialect,
    client: speaker.isCursor ? 'cursor' : clientOf(exchange.request.headers),
    clientKey: exchange.clientKey,
    host: (exchange.request.headers.host ?? '').slice(0, 255),
    askedModel: '',
    backend: undefined,
    upstreamModel: undefined,
    via: undefined,
    rules: [],
    told: undefined,
    kind: undefined,
    stream,
    status: 0,
    upstreamStatus: undefined,
    finish: undefined,
    error: undefined,
    says: undefined,
    errorKind: undefined,
    attempts: [],
    usage: undefined,
    cost: undefined,
    saved: undefined,
    firstMs: undefined,
    ms: 0,
    bytesIn: exchange.body.length,
    bytesOut: 0,
    toolCalls: undefined,
    conversation: undefined,
  };
}

/** What was changed of the request. Codes of rules alone, or nothing, cost no new list. */
export function noteRules(record: RequestRecord, rules: readonly Words[]): void {
  record.rules = rules.every(isText) ? rules : rules.map(textOf);
  record.told = record.rules === rules ? undefined : rules.filter(isSaid);
}
const isText = (words: Words): words is string => typeof words === 'string';
const isSaid = (words: Words): words is Said => typeof words !== 'string';

/** Why a request failed, and why an attempt did, as records keep them. */
export const errorOf = (words: Words): Pick<RequestRecord, 'error' | 'says'> => ({
  error: textOf(words),
  says: saidOf(words),
});
export const reasonOf = (words: Words): Pick<Attempt, 'reason' | 'says'> => ({
  reason: textOf(words),
  says: saidOf(words),
});

/** What VS Code's own chat says of itself (src/chat/http.ts); nothing depends on it. */
function clientOf(headers: IncomingHttpHeaders): RequestRecord['client'] {
  return headers['x-llm-router-client'] === 'vscode' ? 'vscode' : 'other';
}
