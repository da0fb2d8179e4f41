/** The record of a request that begins: who asks, how, and nothing of what. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Attempt, RequestRecord } from '../ledger/record';
import { randomHex } from '../network/randomHex';
import { saidOf, textOf, type Words } from '../said';
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
