/** The card of every kind of tunnel. The editor's bundle takes the cards alone: package.json says that our files have no side effects. */
import type { TunnelKind } from '../settings/tunnelKinds';
import type { TunnelCard } from './card';
import { quickTunnelCard } from './kinds/cloudflared';
import { namedTunnelCard } from './kinds/cloudflaredNamed';
import { customCard } from './kinds/custom';
import { ngrokCard } from './kinds/ngrok';
import { noneCard } from './kinds/none';
import { tailscaleCard } from './kinds/tailscale';

export const CARDS: Readonly<Record<TunnelKind, TunnelCard>> = {
  cloudflared: quickTunnelCard,
  'cloudflared-named': namedTunnelCard,
  ngrok: ngrokCard,
  tailscale: tailscaleCard,
  custom: customCard,
  none: noneCard,
};

/** Of a kind as a status names it: it is '' before the first tunnel, and another version may know other kinds. */
export const cardOf = (kind: string): TunnelCard | undefined =>
  Object.hasOwn(CARDS, kind) ? CARDS[kind as TunnelKind] : undefined;
