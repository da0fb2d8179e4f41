/** How each state of the tunnel looks. Pure. */
import type { TunnelStateName } from '../tunnel/tunnel';

export interface TunnelLook {
  icon: string;
  /** After the name in the status bar. */
  short: string;
  /** In a sentence: "Tunnel …". */
  long: string;
  severity?: 'warning' | 'error';
}

export const TUNNEL: Record<TunnelStateName, TunnelLook> = {
  off: { icon: 'home', short: 'local only', long: 'off, local use only' },
  installing: { icon: 'loading~spin', short: 'installing tunnel', long: 'downloading its program' },
  requesting: { icon: 'loading~spin', short: 'connecting', long: 'asking for a URL' },
  connecting: { icon: 'loading~spin', short: 'connecting', long: 'connecting' },
  verifying: { icon: 'loading~spin', short: 'checking', long: 'checking that the URL works' },
  online: { icon: 'globe', short: '', long: 'online' },
  reconnecting: {
    icon: 'sync~spin',
    short: 'reconnecting',
    long: 'reconnecting, the URL stays the same',
    severity: 'warning',
  },
  degraded: { icon: 'warning', short: 'tunnel disturbed', long: 'disturbed', severity: 'warning' },
  rateLimited: {
    icon: 'watch',
    short: 'tunnel waits',
    long: 'waiting, too many new tunnels were asked for',
    severity: 'warning',
  },
  blocked: { icon: 'error', short: 'tunnel blocked', long: 'blocked by this network', severity: 'error' },
  error: { icon: 'error', short: 'tunnel failed', long: 'failed', severity: 'error' },
};
