import type { Preset } from '../preset';

// Built in: answers with what it received. The address is never called; `.invalid` could not be (RFC 2606).
export const demo: Preset = {
  title: 'Demo (built in)',
  baseUrl: 'http://demo.invalid/v1',
  needsKey: false,
  local: true,
  wire: 'chat',
  auth: 'none',
  keyEnv: [],
  abilities: { customTools: 'keep', developerRole: true, metadata: true, serviceTier: true },
};
