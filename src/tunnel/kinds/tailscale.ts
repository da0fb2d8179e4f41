/**
 * Tailscale Funnel as a driver. Nothing of ours runs: the user's own Tailscale forwards a public name to our port. We add one
 * mapping, leave every other alone, and take ours away again.
 */
import type { Said } from '../../said';
import type { TunnelCard, TunnelWay } from '../card';
import { isProgram, type ProgramOutput, programOnPath, runForOutput, versionOf } from '../commands';
import { type Driver, type Link, TunnelProblem } from '../driver';
import { say } from '../sentences';
import type { StateFile } from '../stateFile';
import type { TunnelWorld } from '../world';

export const tailscaleCard: TunnelCard = {
  title: 'Tailscale Funnel',
  description: 'needs Tailscale',
  icon: 'globe',
  program: { name: 'tailscale' },
  // Asked from this machine, the name leads into the tailnet and proves nothing.
  dial: { outside: true },
  visitorHeader: 'x-forwarded-for',
  renewable: false,
  setting: 'tunnel.provider',
};

export const tailscale: TunnelWay = {
  driver: ({ settings: { binary }, localPort, state, world }) => tailscaleDriver({ localPort, binary, state, world }),
  program: async ({ settings: { binary }, world }) =>
    versionOf('tailscale', findTailscale(binary, world), world, asCommand(world)),
  endLeft: endFunnel,
};

export interface TailscaleOptions {
  localPort: number;
  /** Setting; empty is found by itself. */
  binary: string;
  state: StateFile;
  world: TunnelWorld;
}

/** The only ports Funnel offers. */
const PORTS = [443, 8443, 10_000];
const RETRY_MS = 30_000;
const COMMAND_MS = 15_000;
const PLACES: Partial<Record<NodeJS.Platform, string[]>> = {
  // The second is the App Store's where the Finder shows a translated name.
  darwin: [
    '/Applications/Tailscale.app/Contents/MacOS/Tailscale',
    '/Applications/Tailscale.localized/Tailscale.app/Contents/MacOS/Tailscale',
  ],
  win32: ['C:\\Program Files\\Tailscale\\tailscale.exe'],
};

export function tailscaleDriver({ localPort, binary, state, world }: TailscaleOptions): Driver {
  const target = `http://127.0.0.1:${localPort}`;
  const later = () => ({ retryAt: world.clock.now() + RETRY_MS });

  /** The public name of this machine, or why it has none. */
  async function machineName(tailscale: string): Promise<string> {
    const status = await readStatus(tailscale, world);
    if (status === 'silent') throw new TunnelProblem('error', say.tailscaleSilent, later());
    if (!status) throw new TunnelProblem('error', say.tailscaleNotRunning, later());
    const { BackendState, Self } = status;
    if (BackendState === 'NeedsLogin' || Self?.Expired) throw new TunnelProblem('error', say.tailscaleSession, later());
    if (BackendState === 'NeedsMachineAuth') throw new TunnelProblem('error', say.tailscaleApproval, later());
    if (BackendState === 'Stopped') throw new TunnelProblem('error', say.tailscaleOff, later());
    if (BackendState !== 'Running') throw new TunnelProblem('connecting', say.tailscaleStarting, later());
    const name = Self?.DNSName?.replace(/\.$/, '').toLowerCase();
    if (!name) throw new TunnelProblem('error', say.tailscaleNoName, later());
    if (Self?.CapMap && !('https' in Self.CapMap)) throw new TunnelProblem('error', say.tailscaleNoHttps, later());
    return name;
  }

  async function open(signal: AbortSignal, report: (said: Said) => void): Promise<Link> {
    const tailscale = findTailscale(binary, world);
    const name = await machineName(tailscale);
    const mappings = await readMappings(tailscale, world);
    const remembered = state.value.funnel;
    const present = PORTS.find((port) => proxyAt(mappings, name, port) === target);
    const isFree = (port: number) => {
      const proxy = proxyAt(mappings, name, port);
      const oursFromBefore = remembered?.port === port && proxy === remembered.target;
      const foreign = mappings.others.some((other) => other.TCP?.[port] || proxyAt(other, name, port) !== undefined);
      return !foreign && ((proxy === undefined && !mappings.TCP?.[port]) || oursFromBefore);
    };
    const port = present ?? PORTS.find(isFree);
    if (port === undefined) throw new TunnelProblem('error', say.tailscalePortsTaken);
    if (present === undefined || !mappings.AllowFunnel?.[`${name}:${port}`]) {
      report(say.connecting(undefined));
      // Noted first: a router that is killed meanwhile must leave nothing that the next one does not know.
      state.update({ funnel: { port, target, binary: tailscale } });
      const output = await run(tailscale, ['funnel', '--bg', '--yes', `--https=${port}`, target], world);
      const after = await readMappings(tailscale, world);
      const made = proxyAt(after, name, port) === target;
      if (after.told && !made) state.update({ funnel: remembered });
      if (signal.aborted) await endFunnel(state, world);
      signal.throwIfAborted();
      const problem = funnelProblem(output);
      if (problem) throw new TunnelProblem('error', problem, later());
      if (!made || !after.AllowFunnel?.[`${name}:${port}`]) {
        throw new TunnelProblem('error', say.tailscaleFailed(lastLine(output) || say.noReason), later());
      }
    } else state.update({ funnel: { port, target, binary: tailscale } });
    return funnelLink(tailscale, `https://${name}${port === 443 ? '' : `:${port}`}`, state, world);
  }

  return {
    provider: 'tailscale',
    program: 'Tailscale',
    renewable: tailscaleCard.renewable,
    dial: tailscaleCard.dial,
    knownUrl: () => undefined,
    adopt: async () => undefined,
    open: ({ signal, report }) => open(signal, (said) => report('connecting', said)),
    connectMs: () => COMMAND_MS,
    fallBack: () => false,
    nothingConnects: () => new TunnelProblem('error', say.noConnection('Tailscale'), later()),
    refused: () => new TunnelProblem('error', say.noConnection('Tailscale'), later()),
    forget: async () => {},
    proven: () => {},
    cutOff: say.tailscaleCut,
    explainStatus: (status) => ([200, 404].includes(status) ? say.wrongOwner : say.badStatus(status)),
  };
}

function findTailscale(chosen: string, world: TunnelWorld): string {
  const found = chosen || programOnPath('tailscale', world) || PLACES[world.platform]?.find(isProgram);
  if (!found || !isProgram(found))
    throw new TunnelProblem('error', chosen ? say.chosenProgramMissing(chosen) : say.tailscaleMissing);
  return found;
}

function funnelLink(tailscale: string, publicUrl: string, state: StateFile, world: TunnelWorld): Link {
  return {
    publicUrl,
    // Each look starts a program.
    pollMs: 30_000,
    lostAfterMs: 0,
    honest: true,
    registered: true,
    onEvent: () => {},
    async connected() {
      const status = await readStatus(tailscale, world);
      return status && status !== 'silent'
        ? status.BackendState === 'Running' && status.Self?.Expired !== true
        : undefined;
    },
    close: () => endFunnel(state, world),
    leave: () => {},
  };
}

/** Takes our mapping away, if it still is ours. The note of it stays until it is known to be gone. Never throws. */
async function endFunnel(state: StateFile, world: TunnelWorld): Promise<void> {
  const { funnel } = state.value;
  if (!funnel) return;
  try {
    const { Web = {}, told } = await readMappings(funnel.binary, world);
    if (!told) return;
    const ours = Object.entries(Web).some(
      ([name, web]) => name.endsWith(`:${funnel.port}`) && web.Handlers?.['/']?.Proxy === funnel.target,
    );
    const off = ours && (await run(funnel.binary, ['funnel', `--https=${funnel.port}`, 'off'], world));
    if (!off || off.code === 0) state.update({ funnel: undefined });
  } catch {
    // The program is gone.
  }
}

interface Status {
  BackendState?: string;
  Self?: { DNSName?: string; Expired?: boolean; CapMap?: Record<string, unknown> | null };
}

interface Mappings {
  TCP?: Record<string, unknown>;
  Web?: Record<string, { Handlers?: Record<string, { Proxy?: string }> }>;
  AllowFunnel?: Record<string, boolean>;
}

/** undefined: there is no Tailscale service; 'silent': the command did not end in time. */
async function readStatus(tailscale: string, world: TunnelWorld): Promise<Status | 'silent' | undefined> {
  const { code, stdout } = await run(tailscale, ['status', '--json', '--peers=false'], world);
  return parseObject<Status>(stdout) ?? (code === null ? 'silent' : undefined);
}

/** What stays, and what commands that run in somebody's terminal hold for as long as they run (`others`). Not `told`: no answer. */
async function readMappings(
  tailscale: string,
  world: TunnelWorld,
): Promise<Mappings & { others: Mappings[]; told: boolean }> {
  const { code, stdout } = await run(tailscale, ['funnel', 'status', '--json'], world);
  const config = parseObject<Mappings & { Foreground?: Record<string, Mappings> | null }>(stdout) ?? {};
  return { ...config, others: Object.values(config.Foreground ?? {}), told: code === 0 };
}

const proxyAt = ({ Web }: Mappings, name: string, port: number) => {
  const web = Web?.[`${name}:${port}`];
  // Something else than a proxy at the root (a file, text, another path) is not ours either.
  return web && (web.Handlers?.['/']?.Proxy ?? '(not a proxy)');
};

function parseObject<T extends object>(text: string): T | undefined {
  try {
    const value = JSON.parse(text);
    return value && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The app's own program opens its window unless it is told that it is a command. */
const asCommand = ({ platform }: TunnelWorld) => (platform === 'darwin' ? { TAILSCALE_BE_CLI: '1' } : undefined);

/** A command that waits for a person (Funnel not enabled: it waits until somebody opens its link) is ended, its words are kept. */
async function run(tailscale: string, args: readonly string[], world: TunnelWorld): Promise<ProgramOutput> {
  try {
    return await runForOutput(tailscale, args, world, COMMAND_MS, asCommand(world));
  } catch (error) {
    throw new TunnelProblem('error', say.programFails('Tailscale', tailscale, (error as Error).message));
  }
}

/** What the command complains about, in words for a person; undefined: it went through. */
function funnelProblem(output: ProgramOutput): Said | undefined {
  const text = `${output.stdout}\n${output.stderr}`;
  const link = /https:\/\/login\.tailscale\.com\/\S+/.exec(text)?.[0];
  if (/Funnel is not enabled|Funnel not available|node attribute/i.test(text))
    return link ? say.tailscaleNotEnabledAt(link) : say.tailscaleNotEnabled;
  if (/access denied|requires root|--operator=/i.test(text)) return say.tailscaleDenied;
  if (/shields-up/i.test(text)) return say.tailscaleShields;
  if (/TLS certs|HTTPS (is )?(not enabled|disabled)|enable HTTPS/i.test(text)) return say.tailscaleNoHttps;
  return output.code === 0 ? undefined : say.tailscaleFailed(lastLine(output) || say.noReason);
}

const lastLine = ({ stdout, stderr }: ProgramOutput) =>
  (`${stdout}\n${stderr}`.trim().split('\n').at(-1) ?? '').replace(/^error:\s*/i, '').slice(0, 200);
