/** Request records for ledger tests. */
import type { Backend, Target } from '../../src/backends/backend';
import { settingsSchema } from '../../src/config/schema';
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

/** A resolved target on a preset's backend; `gpt-4o` on openai costs 2.5 and 10 dollars a million. */
export function targetOn(preset: string, upstreamModel: string, changes: Partial<Target> = {}): Target {
  const backend: Backend = {
    name: preset,
    preset,
    baseUrl: 'https://upstream.test/v1',
    wire: 'chat',
    prefix: `${preset}/`,
    isDefault: true,
    auth: 'bearer',
    requireApiKey: true,
    headers: {},
    query: {},
    roleRewrites: {},
    unsupportedParams: [],
    models: [],
    fallbacks: [],
    timeouts: settingsSchema.parse({}).timeouts,
    abilities: {
      customTools: 'function',
      reasoningField: 'none',
      efforts: [],
      serviceTier: false,
      developerRole: false,
      metadata: false,
    },
    quirks: {
      maxIdLength: 64,
      refusedSchemaKeys: [],
      strictTools: false,
      maxTokensField: 'max_tokens',
      streamUsage: true,
      deploymentPaths: false,
    },
    local: preset === 'ollama',
  };
  return {
    backend,
    upstreamModel,
    clientModel: `${preset}/${upstreamModel}`,
    keyName: preset,
    abilities: backend.abilities,
    fallbacks: [],
    via: 'prefix',
    ...changes,
  };
}
