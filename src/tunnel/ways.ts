/** What every kind of tunnel does; none does nothing. */
import type { TunnelKind } from '../settings/tunnelKinds';
import type { TunnelWay } from './card';
import { quickTunnel } from './kinds/cloudflared';
import { namedTunnel } from './kinds/cloudflaredNamed';
import { custom } from './kinds/custom';
import { ngrok } from './kinds/ngrok';
import { tailscale } from './kinds/tailscale';

export const WAYS: Readonly<Record<TunnelKind, TunnelWay | undefined>> = {
  cloudflared: quickTunnel,
  'cloudflared-named': namedTunnel,
  ngrok,
  tailscale,
  custom,
  none: undefined,
};
