/** The kinds of tunnel as settings know them, one entry each; what they do stands in `tunnel/kinds`. A name here without its card there does not compile. */

interface KindOfTunnel {
  /** Beside its name in the editor's settings. */
  description: string;
  /** The setting it cannot do without. */
  needs?: { setting: 'hostname' | 'url'; message: string };
  /** Nobody outside reaches the router. */
  local?: true;
}

export const TUNNEL_KINDS = {
  cloudflared: { description: 'Cloudflare quick tunnel: no account, no uptime guarantee.' },
  'cloudflared-named': {
    description: 'Your own Cloudflare tunnel: needs an account and a domain, the URL never changes.',
    needs: {
      setting: 'hostname',
      message: 'A named Cloudflare tunnel needs its public hostname in tunnel.hostname, as llm.example.com.',
    },
  },
  ngrok: { description: 'ngrok: needs an account, one free stable URL.' },
  tailscale: { description: 'Tailscale Funnel: needs Tailscale with Funnel enabled, the URL is stable.' },
  custom: {
    description: 'A public URL of your own that forwards to this router.',
    needs: {
      setting: 'url',
      message: 'The tunnel provider custom needs the public URL in tunnel.url, as https://llm.example.com.',
    },
  },
  none: { description: 'No tunnel: local use only.', local: true },
} as const satisfies Record<string, KindOfTunnel>;

export type TunnelKind = keyof typeof TUNNEL_KINDS;
export const TUNNEL_NAMES = Object.keys(TUNNEL_KINDS) as TunnelKind[];

/** What the settings have to say about a kind; undefined for one that only another version knows. */
const kindOf = (name: string): KindOfTunnel | undefined => TUNNEL_KINDS[name as TunnelKind];

export const isLocalOnly = (name: string): boolean => kindOf(name)?.local === true;
export const neededBy = (name: string): KindOfTunnel['needs'] => kindOf(name)?.needs;
