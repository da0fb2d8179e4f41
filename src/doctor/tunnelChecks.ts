/** The way from the internet to this router: program, ports, registration, public URL, streaming, name. */

import { isLocalOnly } from '../settings/tunnelKinds';
import { CARDS } from '../tunnel/cards';
import { type Dial, TunnelProblem } from '../tunnel/driver';
import { say as tunnelSay } from '../tunnel/sentences';
import { downloadHelps, type TunnelStatus } from '../tunnel/tunnel';
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
import { say } from './sentences';

/** A tunnel that is just coming up gets this long, milliseconds; then what it says counts. */
const UP_MS = 8_000;
const PROBE_MS = 5_500;

export function tunnelChecks(facts: DoctorFacts): Check[] {
  const { provider } = facts.settings.tunnel;
  const up = settled(facts);
  const probe = (look: (url: string, dial: Dial | undefined) => Promise<Finding>) => async (): Promise<Finding> => {
    if (isLocalOnly(provider)) return skipped(say.tunnelOff);
    const { publicUrl } = await up();
    return publicUrl ? await look(publicUrl, CARDS[provider].dial) : skipped(say.noPublicUrl);
  };
  const verifier = createVerifier({
    clientKey: facts.probeKey,
    healthProof: facts.healthProof,
    port: facts.listener?.port ?? 0,
    network: facts.tunnel.network,
  });
  return [
    { id: 'tunnel-program', title: say.tunnelProgram, limitMs: 8_000, look: () => programFinding(facts) },
    { id: 'tunnel-ports', title: say.tunnelPorts, limitMs: 6_000, look: (signal) => portsFinding(facts, signal) },
    {
      id: 'tunnel-registered',
      title: say.tunnelConnection,
      limitMs: UP_MS + 500,
      look: async () => registeredFinding(await up(), facts),
    },
    {
      id: 'public-url',
      title: say.publicUrl,
      limitMs: UP_MS + PROBE_MS,
      look: probe(async (url, dial) => healthFinding(await verifier.health(url, dial), url, facts)),
    },
    {
      id: 'public-stream',
      title: say.publicStream,
      limitMs: UP_MS + PROBE_MS,
      look: probe(async (url, dial) => {
        const result = await verifier.stream(url, dial);
        if (result.ok) return ok(say.streams);
        if (result.kind === 'buffered') return failed(say.buffered, say.bufferedFix, SET_UP_TUNNEL);
        return failed(say.streamFailed(result.why), say.streamFailedFix, RESTART);
      }),
    },
    {
      id: 'public-name',
      title: say.publicName,
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
  if (isLocalOnly(provider)) return skipped(say.tunnelOff, say.tunnelOffFix);
  const { program } = CARDS[provider];
  const find = WAYS[provider]?.program;
  if (!program || !find) return skipped(say.noProgramNeeded);
  try {
    const found = await find({ ...tunnel, settings: settings.tunnel, dataDir });
    return ok(say.program(program.name, found.version, found.path));
  } catch (error) {
    if (!(error instanceof TunnelProblem)) throw error;
    const [why = '', ...fix] = error.message.split(/(?<=\.) (?=[A-Z])/);
    const helps = downloadHelps({ needsBinary: error.details.missingBinary, says: error.said });
    const repair = binary ? openSetting('tunnel.binary') : program.installable && helps ? INSTALL : SET_UP_TUNNEL;
    return failed(why, fix.join(' ') || say.installProgram(program.name), repair);
  }
}

async function portsFinding({ settings, tunnel }: DoctorFacts, signal: AbortSignal): Promise<Finding> {
  const { provider } = settings.tunnel;
  if (isLocalOnly(provider)) return skipped(say.tunnelOff);
  if (!CARDS[provider].edge) return skipped(say.noPortNeeded);
  const { udp, tcp } = await probeEdge(tunnel.edgeHosts, { world: tunnel.world, ms: 4_000, signal });
  const { protocol, state } = tunnel.status();
  const connected = protocol !== undefined && ['verifying', 'online', 'degraded'].includes(state);
  if (udp && tcp) return ok(say.portsOpen);
  if (udp) return ok(say.udpOpen);
  if (tcp) return ok(say.tcpOpen);
  if (connected) return ok(say.portsSilent(protocol));
  return failed(say.portsClosed, say.portsClosedFix, SET_UP_TUNNEL);
}

function registeredFinding(status: TunnelStatus, { settings, listener }: DoctorFacts): Finding {
  const { provider } = settings.tunnel;
  const said = status.says ?? status.message;
  if (isLocalOnly(provider)) return skipped(say.tunnelOff);
  switch (status.state) {
    case 'online':
    case 'degraded':
    case 'verifying': {
      const way = [status.protocol, status.location].filter((part) => part !== undefined).join(', ');
      const { program } = CARDS[provider];
      if (program) return ok(way ? say.connectedOverBy(program.name, way) : say.connectedOver(program.name));
      return ok(way ? say.connectedOwnUrlBy(way) : say.connectedOwnUrl);
    }
    case 'off':
      return listener ? failed(say.tunnelDown, say.restart, RESTART) : skipped(say.tunnelStopped, say.start);
    case 'rateLimited':
      return warning(said || say.rateLimited, say.rateLimitedFix, SET_UP_TUNNEL);
    case 'blocked':
      return failed(said || say.blocked, say.blockedFix, SET_UP_TUNNEL);
    case 'error':
      if (status.needsBinary) return skipped(say.waitsForProgram);
      return said && /token/i.test(status.message ?? '')
        ? failed(said, say.tokenFix, TUNNEL_SECRET)
        : failed(said || say.tunnelFailed, say.tunnelFailedFix, RESTART);
    case 'installing':
    case 'requesting':
    case 'connecting':
    case 'reconnecting':
      return failed(
        said ? say.notConnectedSaid(status.state, said) : say.notConnected(status.state),
        say.notConnectedFix,
        RESTART,
      );
  }
}

function healthFinding(result: HealthResult, url: string, { settings, listener }: DoctorFacts): Finding {
  if (result.ok) return ok(say.urlProven(url));
  const { provider } = settings.tunnel;
  const port = listener?.port ?? settings.port;
  const { renewable, setting } = CARDS[provider];
  const leads = WAYS[provider]?.leads;
  if ('why' in result) return failed(say.urlUnreached(url, result.why), say.urlUnreachedFix, RESTART);
  switch (result.kind) {
    case 'gone':
      return failed(say.urlGone(url), renewable ? say.urlGoneRenew : say.urlGoneFixed, renewable ? NEW_URL : RESTART);
    case 'origin':
      return failed(say.originUnreached(port), leads?.(port) ?? say.restart, leads ? openSetting(setting) : RESTART);
    case 'foreign':
      return failed(
        say.urlForeign(url),
        (leads ?? tunnelSay.forwardHere)(port),
        renewable ? RESTART : openSetting(setting),
      );
    case 'busy':
      return warning(tunnelSay.busy, say.busyFix);
    case 'silent':
      return failed(say.urlSilent(url), say.restart, RESTART);
    case 'status':
      return failed(
        result.code ? say.urlStatusCode(url, result.status, result.code) : say.urlStatus(url, result.status),
        leads?.(port) ?? say.urlStatusFix,
        SET_UP_TUNNEL,
      );
  }
}

function nameFinding(found: 'yes' | 'no' | 'unknown', host: string, { settings, listener }: DoctorFacts): Finding {
  if (found === 'yes') return ok(say.nameKnown(host));
  if (found === 'unknown') return warning(say.nameUnasked, say.nameUnaskedFix, COPY_URL);
  const { renewable, setting } = CARDS[settings.tunnel.provider];
  return failed(
    say.nameUnknown(host),
    renewable ? say.nameRenew : say.nameFixed,
    renewable ? (listener ? NEW_URL : START) : openSetting(setting),
  );
}
