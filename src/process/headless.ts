/** The router in a terminal: configuration from files and environment, events for a person or a program, signals (design §4). */

import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import type { LoadedConfig } from '../config/formats/loaded';
import { envVariables, keyText } from '../config/intake';
import { trustOf, trustOfFile } from '../network/folderTrust';
import { CLIENT_KEY } from '../settings/keyNames';
import { type Settings, settingsSchema } from '../settings/schema';
import { isLocalOnly } from '../settings/tunnelKinds';
import { userDataFolder } from '../system/folders';
import { notPrivate } from '../system/privacy';
import { CARDS } from '../tunnel/cards';
import { downloadHelps, type TunnelStatus } from '../tunnel/tunnel';
import { maskKeys } from '../wires/keyShapes';
import { clientKeyDoubts } from './clientKeyDoubts';
import type { HeadlessArguments } from './commandLine';
import { findConfigFile, readConfigFile, stampOf, watchConfigFile, watchStamp } from './configFile';
import type { RouterCore } from './core';
import { claimDataDir, type DataDirClaim } from './dataDirClaim';
import { refuseOpen, usableFolder } from './folderTrouble';
import { consentTo, offerInstall } from './offerInstall';
import { openMemo } from './routerMemo';
import { installSecret, openRuntimeDir } from './runtimeDir';
import { storedClientKey } from './storedClientKey';
import { createTerminal, type Terminal } from './terminal';
import { UsageError } from './usageError';
import { createZeroConfiguration, type ZeroConfiguration } from './zeroConfiguration';

export interface HeadlessWorld {
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  onSignal(listener: (signal: NodeJS.Signals) => void): void;
}

export type HeadlessCore = (options: {
  dataDir: string;
  secret: string;
  env: Readonly<Record<string, string | undefined>>;
  host: string;
  exactPort: boolean;
  mayInstall: boolean;
  log(level: 'error' | 'warn' | 'info' | 'debug', line: string): void;
}) => Promise<RouterCore>;

/** How long running streams may go on after SIGINT or SIGTERM, milliseconds. */
const DRAIN_MS = 10_000;

/** Runs until a signal; resolves to the exit code. */
export async function runHeadless(
  args: HeadlessArguments,
  createCore: HeadlessCore,
  world: HeadlessWorld,
): Promise<number> {
  const dataDir = dataDirOf(args, world, readEnvironment(args, world));
  refuseOpen(trustOf(dataDir), 'keys');
  const claim = await usableFolder(dataDir, () => claimDataDir(dataDir));
  try {
    return await serveHeadless(args, createCore, world, claim);
  } finally {
    await claim.release();
  }
}

async function serveHeadless(
  args: HeadlessArguments,
  createCore: HeadlessCore,
  world: HeadlessWorld,
  claim: DataDirClaim,
): Promise<number> {
  const ending = new AbortController();
  const signalled = once(ending.signal, 'abort');
  world.onSignal((signal) => ending.abort(signal));
  const prepared = await prepareHeadless(args, createCore, world, ending.signal);
  const { core, env, terminal, file, first, apply } = prepared;
  for (const problem of first.problems) terminal.problem(file, problem);
  if (!first.settings) return 2;
  if (prepared.generated) terminal.key(prepared.key);
  for (const doubt of clientKeyDoubts(first.settings, env, prepared.key)) terminal.log('warn', doubt);
  if (args.apiKey) terminal.log('warn', VISIBLE_KEY);
  const variable = args.apiKeyEnv ?? first.clientKeyEnv;
  if (prepared.generated && variable)
    terminal.log('warn', `The variable ${variable} is not set, so clients have to send the key that was made here.`);
  const trust = trustOf(prepared.dataDir);
  if (trust.kind === 'shared')
    terminal.log(
      'warn',
      `No program is run from the data folder, since ${trust.why.text}. Mend it with: ${trust.mend}`,
    );
  await apply(first);

  tellEvents(core, terminal, args);
  try {
    await core.start();
  } catch (error) {
    terminal.problem(undefined, { ...whyDeaf(error as Error, prepared.host), severity: 'error' });
    return 2;
  }
  await rememberPort(prepared);
  // Best effort: it only makes a second router's sentence better.
  if (core.state.port !== undefined) await claim.tellPort(core.state.port).catch(() => undefined);
  const watcher = file
    ? watchConfigFile(file, {
        env,
        known: prepared.text,
        onConfig(config) {
          for (const problem of config.problems) terminal.problem(file, problem);
          apply(config).then(
            () => terminal.note(`${path.basename(file)} has changed; the new configuration is in force.`),
            (error: Error) =>
              terminal.log('error', `The changed configuration could not be put into force: ${error.message}`),
          );
        },
        onProblems(problems) {
          for (const problem of problems) terminal.problem(file, problem);
          terminal.log('warn', `${path.basename(file)} cannot be used; the last good configuration stays in force.`);
        },
      })
    : undefined;
  const envWatcher = watchEnvironment(args, world, prepared);
  const stopLooking = file ? undefined : watchLocalServers(prepared);
  void offerInstall(core, args, terminal, world);
  void notPrivate(dataDirOf(args, world, env)).then((sentence) => sentence && terminal.log('warn', sentence));

  await signalled;
  // Once more: whatever still runs is ended at once.
  world.onSignal(() => void core.stop({ drainMs: 0 }));
  if (core.state.running > 0) terminal.note(STILL_ANSWERING);
  watcher?.stop();
  envWatcher.stop();
  stopLooking?.();
  await core.stop({ drainMs: DRAIN_MS });
  await core.close();
  return 0;
}

const STILL_ANSWERING = `Ends once the running answers have, in ${DRAIN_MS / 1_000} s at most; a second signal ends them at once.`;

const NO_ADDRESS = ['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'];

/** Why nobody can be listened to, at the option that says where. */
function whyDeaf(error: NodeJS.ErrnoException, host: string): { path: string; message: string } {
  if (!NO_ADDRESS.includes(error.code ?? '')) return { path: 'port', message: error.message };
  return {
    path: '--host',
    message: `${host} is no address of this machine. 127.0.0.1 serves this machine alone, 0.0.0.0 whoever reaches it.`,
  };
}

const VISIBLE_KEY =
  'The client key stands in the arguments, where other users of this machine can read it. Better: the variable LLMROUTER_API_KEY, or another one with --llmrouter-api-key-env NAME.';

/** So that `doctor --data-dir` finds this router, whatever its port is; a folder that refuses costs only that. */
async function rememberPort({ core, dataDir, settings }: Prepared): Promise<void> {
  const dir = await openRuntimeDir(dataDir).catch(() => undefined);
  const { port } = core.state;
  if (!dir || port === undefined) return;
  (await openMemo(dir, Date.now())).update({ port, portSetting: settings?.port });
}

export interface Prepared {
  core: RouterCore;
  /** Variables of the .env file under the real ones; changed in place when the file changes. */
  env: Record<string, string | undefined>;
  /** What the .env file looked like before it was read. */
  envStamp: string;
  terminal: Terminal;
  dataDir: string;
  /** Proves to the health route of a router with the same data directory that both belong together. */
  secret: string;
  host: string;
  /** The configuration file, when there is one, and its text. */
  file: string | undefined;
  text: string | undefined;
  /** What holds without a file. */
  zero: ZeroConfiguration;
  /** What it says, or zero configuration. Without `settings` it cannot be used. */
  first: LoadedConfig;
  /** Its settings with the options of the command line. */
  settings: Settings | undefined;
  /** The client key, and whether it is the one we made. */
  key: string;
  generated: boolean;
  /** Puts a configuration into force, with what the command line and the environment add to it. */
  apply(config: LoadedConfig): Promise<void>;
}

/** Everything a router in a terminal needs before it starts: files and variables read, a core that does nothing yet. */
export async function prepareHeadless(
  args: HeadlessArguments,
  createCore: HeadlessCore,
  world: HeadlessWorld,
  /** Aborted with the name of the signal that ends the program. */
  ending: AbortSignal,
): Promise<Prepared> {
  const envStamp = await stampOf(envFileOf(args, world));
  const env = readEnvironment(args, world);
  const terminal = createTerminal({
    out: world.stdout,
    err: world.stderr,
    json: args.json,
    color: world.stdout.isTTY === true && !env.NO_COLOR,
    level: args.logLevel ?? 'info',
    redact: maskKeys,
  });
  const dataDir = dataDirOf(args, world, env);
  const file = args.config ? path.resolve(world.cwd, args.config) : await findConfigFile(world.cwd, env);
  if (file) refuseOpen(trustOfFile(file), 'a configuration');
  const read = file ? await readConfigFile(file, env) : undefined;
  const consent = consentTo(args, world, { env, terminal, ending });
  const consented = async (written: Settings): Promise<Settings> => {
    const settings = withOptions(written, args);
    const usesCloudflared = CARDS[settings.tunnel.provider].program?.name === 'cloudflared';
    if (usesCloudflared && !(await consent.environment())) delete env.CLOUDFLARED_BIN;
    return await consent.settings(settings);
  };
  // Before anything is written or started: at a question a person may leave.
  const ahead = read ? read.loaded.settings : settingsSchema.parse({});
  if (ahead) await consented(ahead);
  await usableFolder(dataDir, () => mkdir(dataDir, { recursive: true, mode: 0o700 }));
  const host = args.host ?? '127.0.0.1';
  const secret = await usableFolder(dataDir, () => installSecret(dataDir));
  const core = await createCore({
    dataDir,
    secret,
    env,
    host,
    exactPort: args.port !== undefined,
    mayInstall: args.installCloudflared,
    log: terminal.log,
  });
  const zero = createZeroConfiguration(() => core.discover(), env);
  const first = read?.loaded ?? (await zero.read());
  // Flag, then environment and .env, then what the file holds, then the stored generated one.
  const clientKeyOf = (config: LoadedConfig) =>
    keyText(args.apiKey) ??
    keyText(env[args.apiKeyEnv ?? config.clientKeyEnv ?? 'LLMROUTER_API_KEY']) ??
    keyText(config.secrets[CLIENT_KEY]);
  const given = clientKeyOf(first);
  const generated = given === undefined && first.settings !== undefined;
  const key = given ?? (generated ? await usableFolder(dataDir, () => storedClientKey(dataDir)) : '');
  const follow = ({ log }: Settings) => args.logLevel ?? terminal.setLevel(log.level);
  if (first.settings) follow(first.settings);
  const apply = async (config: LoadedConfig): Promise<void> => {
    if (!config.settings) return;
    follow(config.settings);
    await core.configure({
      settings: await consented(config.settings),
      secrets: { ...config.secrets, [CLIENT_KEY]: clientKeyOf(config) || key },
      network: {},
      problems: config.problems,
    });
  };
  return {
    ...{ core, env, envStamp, terminal, dataDir, secret, host, file, text: read?.text, zero },
    ...{ first, settings: first.settings && withOptions(first.settings, args), key, generated, apply },
  };
}

function envFileOf(args: Pick<HeadlessArguments, 'envFile'>, world: Pick<HeadlessWorld, 'cwd'>): string {
  return path.resolve(world.cwd, args.envFile ?? '.env');
}

/** A key that is added to .env is in force as soon as the configuration beside it would be. */
function watchEnvironment(
  args: HeadlessArguments,
  world: HeadlessWorld,
  { env, envStamp, file, zero, apply, terminal }: Prepared,
): { stop(): void } {
  async function reload(): Promise<void> {
    const now = readEnvironment(args, world);
    for (const name of Object.keys(env)) if (!(name in now)) delete env[name];
    Object.assign(env, now);
    const config = file ? (await readConfigFile(file, env)).loaded : await zero.read();
    // A configuration that is broken at the moment is told by its own watcher; the last good one stays.
    await apply(config);
    terminal.note(`${path.basename(envFileOf(args, world))} has changed; its variables are in force.`);
  }
  return watchStamp(envFileOf(args, world), envStamp, () => {
    reload().catch((error: Error) => terminal.log('error', error.message));
  });
}

/** A local server that is started after the router is a backend as if it had been there before. */
function watchLocalServers({ zero, apply, terminal }: Prepared): () => void {
  return zero.watch((config, names) => {
    apply(config).then(
      () => terminal.note(`A local server answers now: ${names.join(', ')}. Its models are served.`),
      (error: Error) => terminal.log('error', error.message),
    );
  });
}

/** Variables of the .env file under the real ones, which win. */
export function readEnvironment(
  args: Pick<HeadlessArguments, 'envFile'>,
  world: Pick<HeadlessWorld, 'cwd' | 'env'>,
): Record<string, string | undefined> {
  const file = envFileOf(args, world);
  if (!args.envFile && !existsSync(file)) return { ...world.env };
  // Devices and pipes are whoever's the caller says: /dev/null is everybody's, and holds nothing.
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) refuseOpen(trustOfFile(file), 'keys');
  try {
    return { ...envVariables(readFileSync(file), world.env, parseEnv), ...world.env };
  } catch (error) {
    throw new UsageError(
      `The file ${args.envFile ?? '.env'} cannot be read: ${(error as Error).message.split(',', 1)[0]}.`,
    );
  }
}

function dataDirOf(
  { dataDir }: Pick<HeadlessArguments, 'dataDir'>,
  { cwd }: Pick<HeadlessWorld, 'cwd'>,
  env: Readonly<Record<string, string | undefined>>,
): string {
  return path.resolve(cwd, dataDir ?? defaultDataDir(env));
}

export function defaultDataDir(env: Readonly<Record<string, string | undefined>>): string {
  return path.join(userDataFolder(env, home), 'llm-router');
}

/** A container's user often has neither HOME nor an entry in the list of users. */
function home(): string {
  try {
    return os.homedir();
  } catch {
    throw new UsageError('This user has no home folder. Say with --data-dir DIR where ledger, keys and logs live.');
  }
}

/** What the command line says beats the file. */
function withOptions(settings: Settings, args: HeadlessArguments): Settings {
  return {
    ...settings,
    ...(args.port !== undefined && { port: args.port }),
    ...(args.tunnel && { tunnel: { ...settings.tunnel, provider: args.tunnel } }),
  };
}

function tellEvents(core: RouterCore, terminal: Terminal, args: HeadlessArguments): void {
  let listening: string | undefined;
  let tunnel = '';
  let metricsUrl: string | undefined;
  core.onDidChange((state) => {
    if (state.phase === 'running' && state.localUrl && state.localUrl !== listening) {
      listening = state.localUrl;
      const models = core.listedModels();
      terminal.listening(state.localUrl, models, state);
      metricsUrl = state.metrics?.url;
      if (models.length === 0 && !args.json) void core.models().then(terminal.models, () => undefined);
    }
    if (listening && state.metrics?.url !== metricsUrl) {
      metricsUrl = state.metrics?.url;
      if (state.metrics) terminal.metrics(state.metrics);
    }
    const { state: name, publicUrl, message } = state.tunnel;
    const now = `${name} ${publicUrl ?? ''} ${message ?? ''}`;
    if (listening && now !== tunnel && (tunnel !== '' || name !== 'off' || isLocalOnly(state.tunnel.provider))) {
      tunnel = now;
      terminal.tunnel(forTerminal(state.tunnel, args));
    }
  });
  core.onRequest((record) => terminal.request(record));
}

/** Where a missing program is mended here; in the editor a button does it. */
function forTerminal(status: TunnelStatus, { installCloudflared }: HeadlessArguments): TunnelStatus {
  if (!downloadHelps(status) || !status.message) return status;
  const mend = installCloudflared
    ? 'Or name one that is here: set'
    : 'Start with --install-cloudflared to have it downloaded, or set';
  return {
    ...status,
    message: `${status.message} ${mend} CLOUDFLARED_BIN.`,
  };
}
