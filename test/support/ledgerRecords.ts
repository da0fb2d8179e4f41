/** Request records for ledger tests. Imports nothing heavy: killed writers start with it a hundred times. */
import type { RequestRecord } from '../../src/ledger/record';

let serial = 0;

export function requestRecord(changes: Partial<RequestRecord> = {}): RequestRecord {
  serial += 1;
  return {
    id: `req_${serial.toString(16).padStart(16, '0')}`,
    time: '2026-11-21T10:00:00.000Z',
    route: 'chat/completions',
    client: 'other',
    clientKey: 'main',
    host: '127.0.0.1:11411',
    askedModel: 'openai/gpt-4o',
    backend: 'openai',
    upstreamModel: 'gpt-4o',
    via: 'prefix',
    rules: [],
    stream: true,
    status: 200,
    finish: 'stop',
    attempts: [{ backend: 'openai', model: 'gpt-4o', at: 1, ms: 900, status: 200, outcome: 'ok' }],
    usage: { input: 1_000, output: 100 },
    cost: 0.0035,
    firstMs: 300,
    ms: 900,
    bytesIn: 4_000,
    bytesOut: 9_000,
    ...changes,
  };
}
