/** How each state of the tunnel looks. Pure. */
import type { Said } from '../said';
import type { TunnelStateName } from '../tunnel/tunnel';
import { say } from './sentences';

export interface TunnelLook {
  icon: string;
  /** After the name in the status bar; absent: nothing has to be said. */
  short?: Said;
  /** In a sentence: "Tunnel …". */
  long: Said;
  severity?: 'warning' | 'error';
}

export const TUNNEL: Record<TunnelStateName, TunnelLook> = {
  off: { icon: 'home', short: say.localOnlyShort, long: say.off },
  installing: { icon: 'loading~spin', short: say.installingShort, long: say.installing },
  requesting: { icon: 'loading~spin', short: say.connectingShort, long: say.requesting },
  connecting: { icon: 'loading~spin', short: say.connectingShort, long: say.connecting },
  verifying: { icon: 'loading~spin', short: say.verifyingShort, long: say.verifying },
  online: { icon: 'globe', long: say.online },
  reconnecting: { icon: 'sync~spin', short: say.reconnectingShort, long: say.reconnecting, severity: 'warning' },
  degraded: { icon: 'warning', short: say.degradedShort, long: say.degraded, severity: 'warning' },
  rateLimited: { icon: 'watch', short: say.rateLimitedShort, long: say.rateLimited, severity: 'warning' },
  blocked: { icon: 'error', short: say.blockedShort, long: say.blocked, severity: 'error' },
  error: { icon: 'error', short: say.errorShort, long: say.error, severity: 'error' },
};
