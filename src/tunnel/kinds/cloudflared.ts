/** The Cloudflare quick tunnel: no account, a URL for as long as Cloudflare keeps it. */
import type { TunnelCard, TunnelWay } from '../card';
import {
  type CloudflaredOptions,
  cloudflaredBase,
  cloudflaredOptions,
  cloudflaredProgram,
  realPrograms,
} from '../cloudflared/base';
import { requestQuickTunnel } from '../cloudflared/quickService';
import { lastHost } from '../cloudflared/strays';
import { type Driver, TunnelProblem } from '../driver';
import { localJson } from '../program';
import { say } from '../sentences';

export const quickTunnelCard: TunnelCard = {
  title: 'Cloudflare quick tunnel',
  description: 'no account',
  detail:
    'Downloads cloudflared once if it is missing. No uptime guarantee; the URL stays as long as Cloudflare keeps it.',
  icon: 'cloud',
  program: { name: 'cloudflared', installable: true },
  // The edge routes by SNI: dialled there, the new name need not be resolved before it exists.
  dial: { host: 'trycloudflare.com' },
  visitorHeader: 'cf-connecting-ip',
  renewable: true,
  edge: true,
  setting: 'tunnel.provider',
};

export const quickTunnel: TunnelWay = {
  driver: (options) => quickTunnelDriver(cloudflaredOptions(options)),
  program: cloudflaredProgram,
};

export function quickTunnelDriver(options: CloudflaredOptions, programs = realPrograms): Driver {
  const { state, world, network } = options;
  const base = cloudflaredBase(options, programs);
  let asked = false;
  return {
    ...base.driver,
    provider: 'cloudflared',
    dial: quickTunnelCard.dial,
    renewable: quickTunnelCard.renewable,
    knownUrl: () => (state.value.credentials?.lastOnlineAt ? `https://${state.value.credentials.hostname}` : undefined),
    adopt: () => {
      const host = state.value.credentials?.hostname;
      return base.adopt(
        'cloudflared',
        host,
        async ({ metricsPort }) => (await localJson(metricsPort, '/quicktunnel'))?.hostname === host,
      );
    },
    async open(open) {
      const binary = await base.binary(open);
      if (!state.value.credentials) {
        open.report('requesting', say.requesting);
        await requestQuickTunnel({
          network,
          state,
          clock: world.clock,
          version: binary.version,
          asked,
          signal: open.signal,
        });
      }
      asked = false;
      const credentials = state.value.credentials!;
      return base.launch(open, binary, 'cloudflared', credentials.hostname, { credentials });
    },
    lost() {
      const file = state.value.credentials ? undefined : state.lost;
      if (!file) return undefined;
      const host = base.lostHost() ?? lastHost(options.dataDir);
      return { note: say.stateLost(file).text, ...(host && { url: `https://${host}` }) };
    },
    refused: () => new TunnelProblem('error', say.noConnection('cloudflared')),
    async forget(byPerson) {
      asked = byPerson;
      state.update({ credentials: undefined });
    },
    proven() {
      base.proven();
      const { credentials } = state.value;
      if (credentials) state.update({ credentials: { ...credentials, lastOnlineAt: world.clock.now() } });
    },
    explainStatus: (status) =>
      status === 530 ? say.notThere : status === 200 ? say.wrongOwner : say.badStatus(status),
  };
}
