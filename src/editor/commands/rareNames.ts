/** Which commands live in dist/commands.js; rare.ts has to hold each of them. */
import type { CommandName } from '../ids';

export const RARE = [
  'connectCursor',
  'setBackendKey',
  'addBackend',
  'manageBackends',
  'newTunnelUrl',
  'setUpTunnel',
  'installCloudflared',
  'setTunnelSecret',
  'runDoctor',
  'forgetLearned',
  'importConfiguration',
  'exportForTeam',
  'newClientKey',
  'manageClientKeys',
  'useInOtherTool',
  'openRequest',
  'copyRequestAsCurl',
  'showUsage',
  'exportUsage',
  'logBodies',
] as const satisfies readonly CommandName[];
export type RareName = (typeof RARE)[number];
