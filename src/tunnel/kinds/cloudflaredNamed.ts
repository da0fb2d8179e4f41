/** A named Cloudflare tunnel of the user's own account and domain. */
import { hostOf, type TunnelCard, type TunnelWay } from '../card';
import {
  type CloudflaredOptions,
  cloudflaredBase,
  cloudflaredOptions,
  cloudflaredProgram,
  realPrograms,
} from '../cloudflared/base';
import { type Driver, type Link, TunnelProblem } from '../driver';
import { localJson } from '../program';
import { say } from '../sentences';

export const namedTunnelCard: TunnelCard = {
  title: 'Your own Cloudflare tunnel',
  description: 'account and domain, fixed URL',
  icon: 'verified',
  program: { name: 'cloudflared', installable: true },
  asks: {
    setting: 'hostname',
    title: 'Public hostname of your tunnel',
    example: 'llm.example.com',
    form: /^[a-z\d-]+(\.[a-z\d-]+)+$/i,
  },
  secret: { title: 'Token of your Cloudflare tunnel', env: 'TUNNEL_TOKEN', asked: true },
  visitorHeader: 'cf-connecting-ip',
  renewable: false,
  edge: true,
  setting: 'tunnel.hostname',
};

export const namedTunnel: TunnelWay = {
  driver: (options) =>
    namedTunnelDriver({
      ...cloudflaredOptions(options),
      hostname: options.settings.hostname,
      token: options.token,
    }),
  program: cloudflaredProgram,
  leads: (port) => say.ingressMissing(port),
};

export interface NamedTunnelOptions extends CloudflaredOptions {
  /** Public hostname, as llm.example.com. */
  hostname: string;
  token: string | undefined;
}

export function namedTunnelDriver(options: NamedTunnelOptions, programs = realPrograms): Driver {
  const { localPort, token } = options;
  const host = hostOf(options.hostname);
  const tunnelId = token ? tunnelIdOf(token) : undefined;
  const base = cloudflaredBase(options, programs);
  return {
    ...base.driver,
    provider: 'cloudflared-named',
    renewable: namedTunnelCard.renewable,
    knownUrl: () => undefined,
    adopt: () =>
      base.adopt('cloudflared-named', tunnelId && host, async ({ metricsPort }) => {
        const diagnosis = await localJson(metricsPort, '/diag/tunnel');
        return diagnosis?.tunnelID === tunnelId;
      }),
    async open(open) {
      if (!host) throw new TunnelProblem('error', say.hostnameMissing, { person: true });
      if (!token) throw new TunnelProblem('error', say.tokenMissing, { person: true });
      const binary = await base.binary(open);
      const link = await base.launch(open, binary, 'cloudflared-named', host, { token });
      return withBadToken(link);
    },
    refused: () => new TunnelProblem('error', say.tokenRefused, { person: true }),
    forget: async () => {},
    proven: base.proven,
    explainStatus: (status) =>
      [200, 404, 503, 530].includes(status) ? say.ingressMissing(localPort) : say.badStatus(status),
  };
}

/** A token that cannot be read ends the program with 255; that needs a person, not another try. */
function withBadToken(link: Link): Link {
  return {
    ...link,
    onEvent: (listener) =>
      link.onEvent((event) => {
        const bad = event.type === 'exited' && event.code === 'exit code 255';
        listener(
          bad ? { type: 'failed', problem: new TunnelProblem('error', say.tokenRefused, { person: true }) } : event,
        );
      }),
  };
}

/** The token is base64 of {"a": account, "t": tunnel id, "s": secret}. */
function tunnelIdOf(token: string): string | undefined {
  try {
    const { t } = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as { t?: unknown };
    return typeof t === 'string' ? t : undefined;
  } catch {
    return undefined;
  }
}
