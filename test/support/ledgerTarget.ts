import type { Backend, Target } from '../../src/routing/backend';
import { settingsSchema } from '../../src/settings/schema';

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
