/** Targets for tests of emitters: everything the upstream could take, and the careful opposite. */
import type { EmitTarget } from '../../src/wires/codec';

export const ableTarget: EmitTarget = {
  model: 'some-model',
  customTools: 'keep',
  reasoningField: 'reasoning_effort',
  serviceTier: true,
  developerRole: true,
  metadata: true,
  maxIdLength: 40,
  unsupportedParams: [],
  refusedSchemaKeys: [],
  roleRewrites: {},
  strictTools: true,
  addCacheControl: false,
  maxTokensField: 'max_completion_tokens',
};

export const carefulTarget: EmitTarget = {
  ...ableTarget,
  customTools: 'function',
  reasoningField: 'none',
  serviceTier: false,
  developerRole: false,
  metadata: false,
  strictTools: false,
  maxTokensField: 'max_tokens',
};
