/** The way from the internet to this router: program, ports, registration, public URL, streaming, name. */

import { isLocalOnly } from '../settings/tunnelKinds';
import { CARDS } from '../tunnel/cards';
import { type Dial, TunnelProblem } from '../tunnel/driver';
import { say } from '../tunnel/sentences';
import type { TunnelStatus } from '../tunnel/tunnel';
import { createVerifier, type HealthResult } from '../tunnel/verifier';
import { WAYS } from '../tunnel/ways';
import {
  type Check,
  COPY_URL,
  type Finding,
  failed,
  INSTALL,
  NEW_URL,
  ok,
  openSetting,
  RESTART,
  SET_UP_TUNNEL,
  START,
  skipped,
  TUNNEL_SECRET,
  warning,
} from './check';
import { probeEdge } from './edgePorts';
import type { DoctorFacts } from './facts';

/** A tunnel that is just coming up gets this long, milliseconds; then what it says counts. */
const UP_MS = 8_000;
const PROBE_MS = 5_500;
const OFF = 'The tunnel is switched off.';
const WITHOUT =
  'Cursor’s servers cannot reach this machine: choose a tunnel. In Cursor this shows as "Access to private networks is forbidden" or "ssrf_blocked".';

export function tunnelChecks(facts: DoctorFacts): Check[] {
  const { provider } = facts.settings.tunnel;
  const up = settled(facts);
  const probe = (look: (url: string, dial: Dial | undefined) => Promise<Finding>) => async (): Promise<Finding> => {
    if (isLocalOnly(provider)) return skipped(OFF);
    const { publicUrl } = await up();
    return publicUrl ? await look(publicUrl, CARDS[provider].dial) : skipped('There is no public URL yet.');
  };
  const verifier = createVerifier({
    clientKey: facts.probeKey,
    healthProof: facts.healthProof,
    port: facts.listener?.port ?? 0,
    network: facts.tunnel.network,
  });
  return [
    { id: 'tunnel-program', title: 'Tunnel program', limitMs: 8_000, look: () => programFinding(facts) },
    { id: 'tunnel-ports', title: 'Tunnel ports', limitMs: 6_000, look: (signal) => portsFinding(facts, signal) },
    {
      id: 'tunnel-registered',
      title: 'Tunnel connection',
      limitMs: UP_MS + 500,
      look: async () => registeredFinding(await up(), facts),
    },
    {
      id: 'public-url',
      title: 'Public URL',
      limitMs: UP_MS + PROBE_MS,
      look: probe(async (url, dial) => healthFinding(await verifier.health(url, dial), url, facts)),
    },
    {
      id: 'public-stream',
      title: 'Streaming through the tunnel',
      limitMs: UP_MS + PROBE_MS,
      look: probe(async (url, dial) => {
        const result = await verifier.stream(url, dial);
        if (result.ok) return ok('A streamed POST to demo/echo came through piece by piece.');
        if (result.kind === 'buffered')
          return failed(
            'A streamed answer arrives in one piece: something on the way holds it back.',
            'Use another provider, or switch off buffering in the proxy in front (Caddy: flush_interval -1; nginx: proxy_buffering off).',
            SET_UP_TUNNEL,
          );
        return failed(
          `A streamed POST failed: ${result.why}`,
          'Repair the hops above first; else restart the router.',
          RESTART,
        );
      }),
    },
    {
      id: 'public-name',
      title: 'Public name',
      limitMs: UP_MS + PROBE_MS,
      look: probe(async (url) =>
        nameFinding(await verifier.resolves(new URL(url).hostname), new URL(url).hostname, facts),
      ),
    },
  ];
}

/** Resolves when the tunnel is up or has said that it will not be; once for all checks. */
function settled({ tunnel }: DoctorFacts): () => Promise<TunnelStatus> {
  const coming = (status: TunnelStatus): boolean =>
    ['installing', 'requesting', 'connecting', 'verifying', 'reconnecting'].includes(status.state);
  let waiting: Promise<TunnelStatus> | undefined;
  return () => {
    waiting ??= new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stop();
        resolve(tunnel.status());
      };
      const stop = tunnel.onDidChange(() => !coming(tunnel.status()) && done());
      const timer = setTimeout(done, UP_MS);
      if (!coming(tunnel.status())) done();
    });
    return waiting;
  };
}

async function programFinding({ settings, dataDir, tunnel }: DoctorFacts): Promise<Finding> {
  const { provider, binary } = settings.tunnel;
  if (isLocalOnly(provider)) return skipped(OFF, WITHOUT);
  const { program } = CARDS[provider];
  const find = WAYS[provider]?.program;
  if (!program || !find) return skipped('A public URL of your own needs no program here.');
  try {
    const found = await find({ ...tunnel, settings: settings.tunnel, dataDir });
    return ok(`${program.name} ${found.version} (${found.path}).`);
  } catch (error) {
    if (!(error instanceof TunnelProblem)) throw error;
    const [why = '', ...fix] = error.message.split(/(?<=\.) (?=[A-Z])/);
    const repair = binary ? openSetting('tunnel.binary') : program.installable ? INSTALL : SET_UP_TUNNEL;
    return failed(why, fix.join(' ') || `Install ${program.name}.`, repair);
  }
}

async function portsFinding({ settings, tunnel }: DoctorFacts, signal: AbortSignal): Promise<Finding> {
  const { provider } = settings.tunnel;
  if (isLocalOnly(provider)) return skipped(OFF);
  if (!CARDS[provider].edge) return skipped('Only cloudflared needs a port of its own (7844).');
  const { udp, tcp } = await probeEdge(tunnel.edgeHosts, { world: tunnel.world, ms: 4_000, signal });
  const { protocol, state } = tunnel.status();
  const connected = protocol !== undefined && ['verifying', 'online', 'degraded'].includes(state);
  if (udp && tcp) return ok('UDP and TCP port 7844 are open.');
  if (udp) return ok('UDP port 7844 is open; TCP 7844 did not answer and is not needed.');
  if (tcp) return ok('TCP port 7844 is open; UDP 7844 did not answer, so HTTP/2 is used instead of QUIC.');
  if (connected) return ok(`The tunnel is connected over ${protocol}; the ports did not answer to a probe from here.`);
  return failed(
    'Neither UDP nor TCP port 7844 gets out of this network, so cloudflared cannot connect.',
    'Ask for the port, use another network, or choose ngrok or Tailscale.',
    SET_UP_TUNNEL,
  );
}

function registeredFinding(status: TunnelStatus, { settings, listener }: DoctorFacts): Finding {
  const { provider } = settings.tunnel;
  const said = status.message ?? '';
  if (isLocalOnly(provider)) return skipped(OFF);
  switch (status.state) {
    case 'online':
    case 'degraded':
    case 'verifying': {
      const way = [status.protocol, status.location].filter((part) => part !== undefined).join(', ');
      const { program } = CARDS[provider];
      return ok(`Connected ${program ? `over ${program.name}` : 'by way of your own URL'}${way && ` (${way})`}.`);
    }
    case 'off':
      return listener
        ? failed('The tunnel does not run.', 'Restart the router.', RESTART)
        : skipped('The router is stopped, so the tunnel is too.', 'Start the router.');
    case 'rateLimited':
      return warning(
        said || 'Cloudflare gives no new tunnel right now.',
        'Wait, or set up another provider.',
        SET_UP_TUNNEL,
      );
    case 'blocked':
      return failed(
        said || 'This network blocks the tunnel.',
        'Use another network or another provider.',
        SET_UP_TUNNEL,
      );
    case 'error':
      if (status.needsBinary) return skipped('It waits for the tunnel program.');
      return /token/i.test(said)
        ? failed(said, 'Store the token anew.', TUNNEL_SECRET)
        : failed(said || 'The tunnel failed.', 'Do what the message says, then restart the router.', RESTART);
    case 'installing':
    case 'requesting':
    case 'connecting':
    case 'reconnecting':
      return failed(
        `Not connected yet (${status.state}).${said && ` ${said}`}`,
        'Run the Doctor again in a minute; if it stays, restart the router.',
        RESTART,
      );
  }
}

function healthFinding(result: HealthResult, url: string, { settings, listener }: DoctorFacts): Finding {
  if (result.ok) return ok(`${url}/v1 answers with the proof of this router.`);
  const { provider } = settings.tunnel;
  const port = listener?.port ?? settings.port;
  const { renewable, setting } = CARDS[provider];
  const leads = WAYS[provider]?.leads;
  if ('why' in result)
    return failed(
      `${url} was not reached from here: ${result.why}`,
      'Check the network and the proxy settings.',
      RESTART,
    );
  switch (result.kind) {
    case 'gone':
      return failed(
        `The tunnel service has no connection for ${url} (530).`,
        renewable
          ? 'Restart the router; if it stays, ask for a new URL and paste it into Cursor.'
          : 'Restart the router; if it stays, check the tunnel at its provider.',
        renewable ? NEW_URL : RESTART,
      );
    case 'origin':
      return failed(
        `The tunnel works, but does not reach the router on port ${port} (502).`,
        leads?.(port).text ?? 'Restart the router.',
        leads ? openSetting(setting) : RESTART,
      );
    case 'foreign':
      return failed(
        `Something else than this router answers at ${url}.`,
        (leads ?? say.forwardHere)(port).text,
        renewable ? RESTART : openSetting(setting),
      );
    case 'busy':
      return warning(say.busy.text, 'Wait until some requests have ended.');
    case 'silent':
      return failed(`${url} got no answer from the router in time (524).`, 'Restart the router.', RESTART);
    case 'status':
      return failed(
        `${url} answered with HTTP ${result.status}${result.code ? ` (${result.code})` : ''}.`,
        leads?.(port).text ?? 'Restart the router; if it stays, set up the tunnel anew.',
        SET_UP_TUNNEL,
      );
  }
}

function nameFinding(found: 'yes' | 'no' | 'unknown', host: string, { settings, listener }: DoctorFacts): Finding {
  if (found === 'yes') return ok(`${host} is known in DNS.`);
  if (found === 'unknown')
    return warning(
      'No DNS service could be asked over HTTPS, so it is not known whether the rest of the world finds the name.',
      'Open the public URL from another network, such as a phone.',
      COPY_URL,
    );
  const { renewable, setting } = CARDS[settings.tunnel.provider];
  return failed(
    `${host} does not exist in DNS. In Cursor this shows as "Rate limited by model provider, retrying", then "Network Error".`,
    renewable ? 'Wait a minute; if it stays, ask for a new URL.' : 'Check its DNS entry.',
    renewable ? (listener ? NEW_URL : START) : openSetting(setting),
  );
}
