/** ngrok's agent as a driver: one free stable domain per account, an authtoken as the only secret. */
import path from 'node:path';
import { compareVersions } from '../../version';
import { hostOf, type TunnelCard, type TunnelWay } from '../card';
import { isProgram, programOnPath, runForOutput, versionOf } from '../commands';
import { type Driver, type Link, TunnelProblem } from '../driver';
import { createLineLog } from '../lineLog';
import {
  adoptProgram,
  endStray,
  isSameProcess,
  launchProgram,
  localJson,
  type ProgramKind,
  type ProgramLog,
} from '../program';
import { say } from '../sentences';
import { type RunningProgram, type StateFile, tunnelFolder, writeConfig } from '../stateFile';
import type { TunnelWorld } from '../world';

export const ngrokCard: TunnelCard = {
  title: 'ngrok',
  description: 'account, one free stable URL',
  icon: 'globe',
  program: { name: 'ngrok' },
  secret: { title: 'Authtoken of ngrok', env: 'NGROK_AUTHTOKEN' },
  visitorHeader: 'x-forwarded-for',
  renewable: false,
  setting: 'tunnel.hostname',
};

export const ngrok: TunnelWay = {
  driver: ({ settings: { binary, hostname }, dataDir, localPort, token, state, world }) =>
    ngrokDriver({ dataDir, localPort, binary, hostname, token, state, world }),
  program: async ({ settings: { binary }, world }) => versionOf('ngrok', findNgrok(binary, world), world),
};

export interface NgrokOptions {
  dataDir: string;
  localPort: number;
  /** Setting; empty is found on the PATH. */
  binary: string;
  /** Reserved domain; empty is the account's own. */
  hostname: string;
  token: string | undefined;
  state: StateFile;
  world: TunnelWorld;
}

const CONNECT_MS = 30_000;
const RETRY_MS = 60_000;
const VERSION_MS = 10_000;
const OLDEST = '3.0.0';

export function ngrokDriver(options: NgrokOptions): Driver {
  const { dataDir, localPort, token, state, world } = options;
  const host = hostOf(options.hostname);
  const kind = ngrokKind(localPort, token, world);

  /** Version 2 answers our arguments with its help text. One that does not say its version is tried. */
  async function refuseOldOne(binary: string): Promise<void> {
    const output = await runForOutput(binary, ['version'], world, VERSION_MS).catch(() => undefined);
    const version = /\bngrok version (\d[\d.]*)/.exec(output?.stdout ?? '')?.[1];
    if (version && compareVersions(version, OLDEST) < 0)
      throw new TunnelProblem('error', say.ngrokVersion2(binary, version), { person: true });
  }

  return {
    provider: 'ngrok',
    program: 'ngrok',
    renewable: ngrokCard.renewable,
    knownUrl: () => (host ? `https://${host}` : undefined),

    async adopt() {
      const { running } = state.value;
      // One whose router was killed before it had told its domain tells it nowhere else.
      const served = running?.host && (!host || running.host === host);
      const fits = served && running.provider === 'ngrok' && running.localPort === localPort;
      const ours = fits && running.metricsPort !== 0 && (await isSameProcess(running)) !== false;
      if (ours && (await kind.connected(running))) return adoptProgram(running, kind, dataDir, world, state);
      await endStray(state, world);
      return undefined;
    },

    async open({ report, again, doubt }): Promise<Link> {
      // First the program: without it a token is of no use.
      const binary = findNgrok(options.binary, world);
      if (!again || doubt) await refuseOldOne(binary);
      if (!token) throw new TunnelProblem('error', say.ngrokTokenMissing, { person: true });
      report('connecting', say.connecting(undefined));
      const config = path.join(tunnelFolder(dataDir), 'ngrok.yml');
      // Their own file is not read then. Without inspection, so that no local API shows prompts and keys.
      writeConfig(config, 'version: "2"\nconsole_ui: false\nupdate_check: false\ninspect_db_size: -1\n');
      return launchProgram({
        dataDir,
        world,
        state,
        kind,
        binary,
        args: [
          'http',
          `http://127.0.0.1:${localPort}`,
          '--config',
          config,
          '--log',
          'stdout',
          '--log-format',
          'json',
          ...(host ? ['--url', `https://${host}`] : []),
        ],
        env: { NGROK_AUTHTOKEN: token },
        running: { provider: 'ngrok', host, localPort, transport: 'http2' },
      }).catch((error: NodeJS.ErrnoException) => {
        throw new TunnelProblem('error', say.programFails('ngrok', binary, error.code ?? error.message));
      });
    },

    connectMs: () => CONNECT_MS,
    fallBack: () => false,
    nothingConnects: () =>
      new TunnelProblem('error', say.noConnection('ngrok'), { retryAt: world.clock.now() + RETRY_MS }),
    refused: () => new TunnelProblem('error', say.ngrokToken(''), { person: true }),
    forget: async () => {},
    proven: () => {},
    explainStatus: (status, code) =>
      status === 200
        ? say.wrongOwner
        : code
          ? say.ngrokLimit(code, pageOf(code))
          : status === 404
            ? say.notThere
            : say.badStatus(status),
  };
}

function findNgrok(chosen: string, world: TunnelWorld): string {
  const found = chosen || programOnPath('ngrok', world);
  if (!found || !isProgram(found))
    throw new TunnelProblem('error', chosen ? say.chosenProgramMissing(chosen) : say.ngrokMissing);
  return found;
}

function ngrokKind(localPort: number, token: string | undefined, { clock }: TunnelWorld): ProgramKind {
  return {
    logName: 'ngrok.log',
    createLog: () => createNgrokLog(token, () => clock.now()),
    async connected({ metricsPort, host }: RunningProgram) {
      const answer = await localJson(metricsPort, '/api/tunnels');
      const tunnels = answer?.tunnels as { public_url?: string; config?: { addr?: string } }[] | undefined;
      if (!Array.isArray(tunnels)) return undefined;
      return tunnels.some(
        ({ public_url, config }) =>
          (!host || public_url === `https://${host}`) && config?.addr?.endsWith(`:${localPort}`),
      );
    },
    // Its own reconnect takes seconds; its API goes on listing a tunnel whose session is gone.
    lostAfterMs: 10_000,
    honest: false,
  };
}

/** Reads ngrok's JSON log and the plain ERROR lines at its end. Pure but for the clock. Nothing with the token leaves it. */
export function createNgrokLog(token: string | undefined, now: () => number): ProgramLog {
  return createLineLog((line, keep) => {
    const { msg = '', err = '', lvl = '', url, addr } = parse(line);
    const failed = /^(eror|crit|error|warn)$/.test(lvl) && err !== '' && err !== '<nil>';
    const clean = cleaned(failed ? `${msg}: ${err}` : lvl === '' ? msg : '');
    if (clean !== '' && !/authtoken:/i.test(clean) && !(token && clean.includes(token))) keep(clean);
    if (msg === 'starting web service') {
      const port = Number(/:(\d+)$/.exec(addr ?? '')?.[1]);
      return port ? [{ type: 'api', port }] : [];
    }
    if (msg === 'started tunnel' && url?.startsWith('https://'))
      return [{ type: 'registered', publicUrl: new URL(url).origin }];
    const code = /ERR_NGROK_(\d+)/.exec(failed || lvl === '' ? `${msg} ${err}` : '')?.[1];
    if (code) return [{ type: 'failed', problem: ngrokProblem(code, now()) }];
    const lost = failed && /session closing|failed to reconnect session|heartbeat timeout/.test(msg);
    return lost ? [{ type: 'lost' }] : [];
  });
}

const cleaned = (text: string): string =>
  text
    .replace(/^ERROR:\s*/, '')
    .replace(/\s+/g, ' ')
    .trim();

/** A JSON record, or a plain line as its message. */
function parse(line: string): { msg?: string; err?: string; lvl?: string; url?: string; addr?: string } {
  try {
    const record = JSON.parse(line) as Record<string, unknown>;
    const text = (name: string) => (typeof record[name] === 'string' ? (record[name] as string) : undefined);
    return { msg: text('msg'), err: text('err'), lvl: text('lvl') ?? 'info', url: text('url'), addr: text('addr') };
  } catch {
    return { msg: line };
  }
}

/** Where ngrok tells of an error. */
const pageOf = (code: string) => `https://ngrok.com/docs/errors/${code.toLowerCase()}`;

/** ngrok's own texts can contain the token, so only the code decides what is said. */
function ngrokProblem(code: string, now: number): TunnelProblem {
  const soon = { retryAt: now + RETRY_MS };
  const name = `ERR_NGROK_${code}`;
  switch (code) {
    case '105':
    case '106':
    case '107':
    case '4018':
      return new TunnelProblem('error', say.ngrokToken(name), { person: true });
    case '108':
      return new TunnelProblem('error', say.ngrokAgentLimit(name), soon);
    case '334':
      return new TunnelProblem('error', say.ngrokDomainOnline(name), soon);
    case '319':
    case '320':
    case '7117':
    case '7118':
      return new TunnelProblem('error', say.ngrokDomainTaken(name), { person: true });
    case '120':
    case '121':
      return new TunnelProblem('error', say.ngrokTooOld(name), { person: true });
    case '9040':
      return new TunnelProblem('blocked', say.ngrokBlocked(name), { person: true });
    default:
      return new TunnelProblem('error', say.ngrokOther(name, pageOf(name)), soon);
  }
}
