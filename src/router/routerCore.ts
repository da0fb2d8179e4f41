/**
 * The composition root: joins listener, routing, tunnel and ledger into the one thing that router.ts drives, from an
 * editor's pipe or from a terminal.
 */

import path from 'node:path';
import { parseEnv } from 'node:util';
import { exportLiteLlm } from '../config/formats/exportLiteLlm';
import { previewImport } from '../config/formats/importPreview';
import { fitsHeader, impossibleKeyText, keyText } from '../config/intake';
import { loadConfigText } from '../config/load';
import { createMemory } from '../cursor/memory';
import { EDGE_HOSTS } from '../doctor/edgePorts';
import { localOrigin } from '../doctor/facts';
import { runDoctor } from '../doctor/runDoctor';
import { type Admission, createAdmission } from '../ledger/admission';
import { createBodyLog } from '../ledger/bodyLog';
import { exportCsv } from '../ledger/exportCsv';
import { createMetrics } from '../ledger/metrics';
import { createMetricsHost } from '../ledger/metricsServer';
import { costOf, targetPrice } from '../ledger/prices';
import type { RequestRecord } from '../ledger/record';
import { type Ledger, openLedger } from '../ledger/store';
import { copyAsCurl, requestStory } from '../ledger/story';
import { oneLine, summaryLine } from '../ledger/summaryLine';
import { usagePage } from '../ledger/usagePage';
import { createNetwork } from '../network/httpsClient';
import type { NetworkSettings } from '../network/settings';
import type { BackendState, RouterState } from '../process/contract';
import type { RouterCore } from '../process/core';
import { createCursorSightings } from '../process/cursorSighting';
import { proofOf } from '../process/handshake';
import { type MemoryStore, openMemoryStore } from '../process/memoryStore';
import { buildBackends } from '../routing/build';
import { createRouteTable } from '../routing/resolve';
import { createBodyBudget } from '../server/body';
import { createKeyring } from '../server/clientKeys';
import { createThrottle, hostName } from '../server/guard';
import { type Listener, listen } from '../server/listener';
import { createModelLists } from '../server/models';
import { type LogLevel, type Runtime, SERVER_TIMES, type ServerTimes } from '../server/runtime';
import { createRequestServer, listModels } from '../server/server';
import { validateSettings } from '../settings/check';
import type { Problem } from '../settings/problem';
import { type Settings, settingsSchema } from '../settings/schema';
import { createTunnel } from '../tunnel/createTunnel';
import { installCloudflared } from '../tunnel/kinds/installCloudflared';
import type { Tunnel, TunnelStatus } from '../tunnel/tunnel';
import { createTunnelLog } from '../tunnel/tunnelLog';
import { TUNNEL_PROBE_TEXT } from '../tunnel/verifier';
import { realWorld } from '../tunnel/world';
import { createBreaker } from '../upstream/breaker';
import { foundInEnvironment, foundOnLocalPorts } from '../upstream/discover';
import { createEchoSend } from '../upstream/echo';
import { testBackend } from '../upstream/testBackend';
import { createTransport, type Transport } from '../upstream/transport';
import { VERSION } from '../version';

export interface CoreOptions {
  dataDir: string;
  /** Install secret: proves to a caller of /health that it is us. */
  secret: string;
  env: Readonly<Record<string, string | undefined>>;
  host: string;
  /** The port was asked for by name: taken is an error, not a reason to move on. */
  exactPort: boolean;
  /** The setting log.level has come into force. */
  onLogLevel?(level: LogLevel): void;
  /** A missing cloudflared may be downloaded by the tunnel itself. */
  mayInstall: boolean;
  /** Port of the router before this one, and the setting it stood for: with the same setting it is taken again. */
  lastPort?: { port: number; setting: number | undefined };
  /** Patience with clients where it is not the usual one. */
  times?: Partial<ServerTimes>;
  log(level: LogLevel, line: string): void;
}

/** How long running requests may go on after a stop, unless told otherwise. */
const DRAIN_MS = 10_000;
/** The same on the port before a change of ports. */
const PORT_DRAIN_MS = 600_000;

interface Configuration {
  settings: Settings;
  secrets: Readonly<Record<string, string>>;
  network: NetworkSettings;
  problems: readonly Problem[];
}

/** Where only this machine can call. */
const LOOPBACK_HOST = /^(localhost|127\..*|::1)$/i;

export async function createRouterCore(options: CoreOptions): Promise<RouterCore> {
  const { dataDir, env } = options;
  const log: CoreOptions['log'] = (level, line) => options.log(level, oneLine(line));
  const startedAt = Date.now();
  const breaker = createBreaker(Date.now);
  const lists = createModelLists(Date.now);
  const ledger: Ledger = await openLedger({ dataDir });
  let memoryStore: MemoryStore | undefined;
  let memoryKey: string | undefined;
  const memory = createMemory({ now: Date.now, persist: { append: (record) => memoryStore?.append(record) } });
  const admission: Admission = createAdmission({
    now: Date.now,
    spentSince: ledger.spentSince,
    recent: () => ledger.recent(500),
    onWarn: ({ sentence }) => {
      log('warn', sentence);
      budgetNotice = sentence;
      touchSoon();
    },
  });
  ledger.onForeign((record) => admission.observe(record));
  const bodyLog = createBodyLog({
    dataDir,
    now: Date.now,
    secrets: () => [...Object.values(configuration.secrets), ...providerKeys(runtime.backends, runtime.keyFor)],
    onChange(on, reason) {
      log('warn', reason ?? `Bodies are ${on ? 'logged for debugging' : 'no longer logged'}.`);
      touch();
    },
  });

  /** When which backend was last tested well, by address and key; in memory only. */
  const tests = new Map<string, number>();
  let configuration: Configuration = { settings: settingsSchema.parse({}), secrets: {}, network: {}, problems: [] };
  let transport: Transport = createTransport({}, env);
  let runtime = buildRuntime(configuration);
  let listener: Listener | undefined;
  /** Former listeners with requests that still run. */
  const draining = new Set<Listener>();
  let tunnel: Tunnel | undefined;
  let phase: RouterState['phase'] = 'stopped';
  let notice: string | undefined;
  let budgetNotice: string | undefined;
  let soon: NodeJS.Timeout | undefined;
  const sightings = createCursorSightings({ dataDir, now: Date.now, log });
  const tunnelLog = createTunnelLog(Date.now);
  const changed = new Set<(state: RouterState) => void>();
  const requested = new Set<(record: RequestRecord) => void>();
  /** Before there is any. */
  const off: TunnelStatus = { state: 'off', provider: '', since: startedAt };

  const requests = createRequestServer({
    runtime: () => runtime,
    publicDoor: () => ({
      hosts: publicHosts(),
      visitorHeader: (tunnel?.status ?? off).provider.startsWith('cloudflared')
        ? 'cf-connecting-ip'
        : 'x-forwarded-for',
      own: { addresses: !LOOPBACK_HOST.test(options.host), names: runtime.settings.allowedHosts },
    }),
    healthProof,
    lists,
    breaker,
    memory,
    bodies: createBodyBudget(),
    throttle: createThrottle(Date.now),
    admission,
    bodyLog,
    onRunning: touchSoon,
    costOf: (target, usage) => {
      const price = targetPrice(target);
      return price && costOf(usage, price);
    },
    record(record) {
      ledger.append(record);
      metrics.observe(record);
      for (const tell of requested) tell(record);
      log(record.error ? 'warn' : 'info', summaryLine(record));
      touchSoon();
    },
    sawCursor({ host, refusal }) {
      sightings.saw(hostName(host), refusal);
      touchSoon();
    },
    echoSend: (context) => createEchoSend(context, TUNNEL_PROBE_TEXT),
    log,
    now: Date.now,
    random: Math.random,
    times: { ...SERVER_TIMES, ...options.times },
  });

  const metrics = createMetrics({
    presetOf: (name) => runtime.backends.find((backend) => backend.name === name)?.preset,
    running: () => requests.running,
    now: Date.now,
    version: VERSION,
  });
  const metricsHost = createMetricsHost({ dataDir, metrics, log });

  function buildRuntime({ settings, secrets }: Configuration): Runtime {
    const backends = buildBackends(settings, env);
    const keyFor: Runtime['keyFor'] = ({ keyName, keyEnv }) =>
      keyText(secrets[keyName]) ?? (keyEnv ? keyText(env[keyEnv]) : undefined);
    // A provider's key never opens the router.
    const clientKeys = [
      { name: 'main', secret: keyText(secrets['client:main']) ?? '' },
      ...settings.clientKeys.map(({ name, apiKeyEnv }) => ({
        name,
        secret: keyText(secrets[`client:${name}`]) ?? (apiKeyEnv ? keyText(env[apiKeyEnv]) : undefined) ?? '',
      })),
    ];
    return {
      settings,
      backends,
      transport,
      keyFor,
      keyring: createKeyring(clientKeys, providerKeys(backends, keyFor)),
      routes: createRouteTable(settings, backends, { lists: lists.known }),
    };
  }

  function tellImpossibleKeys({ backends, keyFor }: Runtime): void {
    for (const { name, apiKeyEnv } of backends) {
      const key = keyFor({ keyName: name, keyEnv: apiKeyEnv });
      if (key !== undefined && !fitsHeader(key)) log('error', impossibleKeyText(name, apiKeyEnv));
    }
  }

  function publicHosts(): ReadonlySet<string> {
    // The host under check belongs to us already: the proof has to get through the door.
    const { publicUrl, checkingUrl } = tunnel?.status ?? off;
    return new Set([publicUrl, checkingUrl].filter((url) => url !== undefined).map((url) => new URL(url).hostname));
  }

  function healthProof(nonce: string): string {
    return proofOf(options.secret, 'health', nonce);
  }

  function touch(): void {
    clearTimeout(soon);
    soon = undefined;
    const state = currentState();
    for (const tell of changed) tell(state);
  }

  /** For what changes with every request: told a few times a second, whatever the load. */
  function touchSoon(): void {
    soon ??= setTimeout(touch, 200);
  }

  function currentState(): RouterState {
    const status = tunnel?.status ?? off;
    const today = ledger.today();
    const online = status.state === 'online' || status.state === 'degraded';
    return {
      phase,
      version: VERSION,
      pid: process.pid,
      startedAt,
      port: listener?.port,
      // `0.0.0.0` is where one listens, not where one calls.
      localUrl: listener && `${localOrigin({ host: options.host, port: listener.port })}/v1`,
      publicUrl: online && status.publicUrl ? `${status.publicUrl}/v1` : undefined,
      tunnel: status,
      backends: runtime.backends.map(backendState),
      problems: [...configuration.problems],
      cursor: sightings.last(publicHosts()),
      lastRequest: ledger.recent(1)[0],
      today: {
        requests: today.requests,
        tokens: today.input + today.output,
        cost: today.cost,
        costKnown: today.unpriced === 0,
      },
      running: requests.running,
      windows: 0,
      notice: notice ?? ledger.problem ?? budgetNotice,
      noticeAbout: notice || ledger.problem || !budgetNotice ? undefined : 'clientKeys',
      bodyLog: bodyLog.on ? { file: bodyLog.file } : undefined,
    };
  }

  function backendState(backend: Runtime['backends'][number]): BackendState {
    return {
      name: backend.name,
      preset: backend.preset,
      baseUrl: backend.baseUrl,
      hasKey: backendKey(backend) !== undefined,
      needsKey: backend.requireApiKey,
      isDefault: backend.isDefault,
      ...breaker.health(`${backend.name}\u0000`),
      ...(breaker.keyRefused(`${backend.name}\u0000`) && { keyRefused: true }),
      testedAt: tests.get(`${backend.baseUrl}\n${backendKey(backend) ?? ''}`),
    };
  }

  function backendKey(backend: Runtime['backends'][number]): string | undefined {
    return runtime.keyFor({ keyName: backend.name, keyEnv: backend.apiKeyEnv });
  }

  function tunnelToken(): string | undefined {
    const { settings, secrets } = configuration;
    const { provider } = settings.tunnel;
    return secrets[`tunnel:${provider}`] ?? (provider === 'ngrok' ? env.NGROK_AUTHTOKEN : env.TUNNEL_TOKEN);
  }

  async function startTunnel(): Promise<void> {
    if (!listener) return;
    const { settings, network } = configuration;
    const next = createTunnel({
      settings: settings.tunnel,
      localPort: listener.port,
      dataDir,
      token: tunnelToken(),
      cloudflaredBin: env.CLOUDFLARED_BIN,
      mayInstall: options.mayInstall,
      // Read anew for each self-test: a changed key is none of the tunnel program's business.
      get clientKey() {
        return configuration.secrets['client:main'] ?? '';
      },
      healthProof,
      network,
      log,
    });
    tunnel = next;
    touch();
    next.onDidChange((status) => {
      if (tunnel !== next) return;
      tunnelLog.add(status);
      touch();
    });
    await next.start();
  }

  async function stopTunnel(keepRunning: boolean): Promise<void> {
    const old = tunnel;
    tunnel = undefined;
    await old?.stop({ keepRunning });
    if (old) tunnelLog.add(off);
  }

  async function openListener(): Promise<Listener> {
    const { port, limits } = configuration.settings;
    const wanted = { host: options.host, port, exactPort: options.exactPort, maxConnections: limits.connections };
    const { lastPort } = options;
    if (lastPort && lastPort.setting === port && lastPort.port !== port) {
      const same = await listen(requests.handle, { ...wanted, port: lastPort.port, exactPort: true }).catch(
        () => undefined,
      );
      if (same) return same;
    }
    return listen(requests.handle, wanted);
  }

  async function start(): Promise<void> {
    if (phase === 'running' || phase === 'starting') return;
    phase = 'starting';
    touch();
    try {
      listener = await openListener();
    } catch (error) {
      phase = 'stopped';
      notice = (error as Error).message;
      touch();
      throw error;
    }
    notice =
      configuration.settings.port !== 0 && listener.port !== configuration.settings.port
        ? `Port ${configuration.settings.port} is taken by another program, so the router uses ${listener.port}.`
        : undefined;
    if (notice) log('warn', notice);
    phase = 'running';
    log('info', `Listening on ${currentState().localUrl}.`);
    touch();
    startTunnel().catch((error: Error) => log('error', `The tunnel could not start: ${error.message}`));
  }

  /** Stops accepting; the tunnel is let go, and what still runs goes on behind it. */
  function leaveListener(old: Listener, keepTunnel: boolean): Promise<void> {
    listener = undefined;
    phase = 'draining';
    draining.add(old);
    old.close();
    touch();
    return stopTunnel(keepTunnel);
  }

  /** What still runs gets up to `ms`. */
  async function drain(old: Listener, ms: number): Promise<void> {
    await old.drained(ms);
    draining.delete(old);
  }

  async function stop({
    drainMs = DRAIN_MS,
    keepTunnel = false,
  }: {
    drainMs?: number;
    keepTunnel?: boolean;
  } = {}): Promise<void> {
    const tunnelDone = listener && leaveListener(listener, keepTunnel);
    if (draining.size === 0) return;
    await Promise.all([tunnelDone, ...[...draining].map((old) => drain(old, drainMs))]);
    if (listener === undefined) phase = 'stopped';
    touch();
  }

  async function configure(next: Configuration): Promise<void> {
    const before = configuration;
    configuration = next;
    if (JSON.stringify(before.network) !== JSON.stringify(next.network)) {
      const old = transport;
      transport = createTransport(next.network, env);
      // Requests that run on the old one keep it; it closes when they are done.
      void old.retire();
    }
    if (JSON.stringify(before.settings.backends) !== JSON.stringify(next.settings.backends)) lists.clear();
    // A new key or address deserves a fresh start.
    if (reachOf(before) !== reachOf(next)) breaker.reset();
    if (JSON.stringify(before.settings.clientKeys) !== JSON.stringify(next.settings.clientKeys))
      budgetNotice = undefined;
    options.onLogLevel?.(next.settings.log.level);
    admission.configure(next.settings.clientKeys);
    ledger.retain(next.settings.ledger.retentionMonths);
    await openMemory(next);
    await metricsHost.apply(next.settings.metrics);
    runtime = buildRuntime(next);
    tellImpossibleKeys(runtime);
    touch();
    if (!listener) return;
    listener.setMaxConnections(next.settings.limits.connections);
    if (before.settings.port !== next.settings.port && !options.exactPort) {
      // The new port serves at once; answers that still run on the old one are not waited for.
      const old = listener;
      await leaveListener(old, true);
      void drain(old, PORT_DRAIN_MS);
      return start();
    }
    const tunnelOf = (c: Configuration) =>
      JSON.stringify([c.settings.tunnel, c.secrets[`tunnel:${c.settings.tunnel.provider}`], c.network]);
    if (tunnelOf(before) !== tunnelOf(next)) {
      await stopTunnel(false);
      await startTunnel();
    }
  }

  /** What Cursor drops is kept over a restart only where a key from SecretStorage encrypts it (design §2.10). */
  async function openMemory({ settings, secrets }: Configuration): Promise<void> {
    const key = secrets['memory:key'];
    if (!settings.cursor.memory || !key || key === memoryKey) return;
    memoryKey = key;
    await memoryStore?.close();
    const file = path.join(dataDir, 'memory.bin');
    memoryStore = await openMemoryStore({
      file,
      key: Buffer.from(key),
      live: memory.records,
      warn: (line) => log('warn', line),
    });
    memory.load(memoryStore.records);
  }

  return {
    get state() {
      return currentState();
    },
    configure,
    async push(push) {
      const { settings, problems } = validateSettings(push.settings);
      if (!settings) {
        // The last good settings stay; only what is wrong is told.
        configuration = { ...configuration, problems };
        touch();
        return { applied: false, reason: 'invalid', problems };
      }
      await configure({ settings, secrets: push.secrets, network: push.network, problems });
      return { applied: true, problems };
    },
    start,
    stop,
    async close() {
      clearTimeout(soon);
      await metricsHost.close();
      await sightings.close();
      await memoryStore?.close();
      await bodyLog.close();
      await ledger.close();
    },
    models: () => listModels({ runtime: () => runtime, lists }),
    listedModels: () => runtime.routes.listed(),
    async testBackend({ backend, key, model }) {
      const { settings, problems } = validateSettings({ backends: [backend] });
      if (!settings)
        return { ok: false, message: problems[0]?.message ?? 'These settings are not valid.', models: [], ms: 0 };
      const [built] = buildBackends(settings, env);
      const used = key ?? (built!.apiKeyEnv ? env[built!.apiKeyEnv] : undefined);
      const result = await testBackend({
        send: transport.send,
        key: used,
        model,
        backend: built!,
        now: Date.now,
      });
      // By address and key: what was tested before it was saved is the same backend, another key is not.
      const place = `${built!.baseUrl}\n${used ?? ''}`;
      if (result.ok) tests.set(place, Date.now());
      else tests.delete(place);
      touchSoon();
      return result;
    },
    async discover() {
      const known = new Set(runtime.backends.map((backend) => backend.name));
      const found = [...foundInEnvironment(env), ...(await foundOnLocalPorts(transport.send))];
      return found.filter((one) => !known.has(one.name));
    },
    async renewUrl() {
      await tunnel?.renewUrl();
    },
    async installCloudflared(onProgress, signal) {
      const { path } = await installCloudflared({ dataDir, onProgress, signal, network: configuration.network });
      if (listener && configuration.settings.tunnel.provider.startsWith('cloudflared')) {
        await stopTunnel(false);
        void startTunnel();
      }
      return { path };
    },
    doctor({ attach, ...request }, onHop, signal) {
      const { settings, secrets, network, problems } = configuration;
      const world = realWorld();
      const elsewhere: TunnelStatus = {
        state: attach?.publicUrl ? 'online' : 'off',
        provider: settings.tunnel.provider,
        since: startedAt,
        ...(attach?.publicUrl && { publicUrl: attach.publicUrl }),
      };
      const port = attach?.port ?? listener?.port;
      const providerKeys = runtime.backends.map((backend) => backendKey(backend) ?? '');
      return runDoctor(
        {
          request,
          version: VERSION,
          settings,
          problems,
          phase,
          listener: port === undefined ? undefined : { host: options.host, port, attached: attach !== undefined },
          dataDir,
          healthProof,
          // Read anew for each self-test: a changed key is none of the tunnel program's business.
          get clientKey() {
            return configuration.secrets['client:main'] ?? '';
          },
          backends: runtime.backends,
          keyFor: backendKey,
          send: transport.send,
          tunnel: {
            status: () => (attach ? elsewhere : (tunnel?.status ?? off)),
            onDidChange: (tell) => tunnel?.onDidChange(tell) ?? (() => undefined),
            network: createNetwork(network, world),
            world,
            cloudflaredBin: env.CLOUDFLARED_BIN,
            edgeHosts: EDGE_HOSTS,
          },
          cursor: sightings.last(publicHosts()),
          recent: ledger.recent(500),
          secrets: [options.secret, tunnelToken() ?? '', ...Object.values(secrets), ...providerKeys],
          now: () => performance.now(),
        },
        onHop,
        signal,
      );
    },
    exportLiteLlm: () => exportLiteLlm(configuration.settings),
    previewImport({ file, text, envText }) {
      const own = envText === undefined ? {} : parseEnv(envText);
      return previewImport(loadConfigText(text, { env: { ...own, ...env } }), {
        file,
        present: configuration.settings,
        storedKeys: new Set(Object.keys(configuration.secrets)),
        env: own,
        ownEnv: env,
      });
    },
    recentRequests: (limit) => ledger.recent(limit),
    usage: (query) => ledger.summary(query),
    usagePage: async (query) => usagePage(await ledger.summary(query), query.by, query),
    requestStory(id) {
      const record = ledger.recent(500).find((one) => one.id === id);
      if (!record) throw new Error('This request is not among the newest 500 any more.');
      const { publicUrl, localUrl } = currentState();
      return {
        story: requestStory(record),
        curl: copyAsCurl(record, publicUrl ?? localUrl ?? 'http://127.0.0.1:11411/v1'),
      };
    },
    exportUsage: ({ from, to, file }) => exportCsv(ledger, { from, to }, file),
    keyStates: () => admission.state(),
    logBodies: (on) => bodyLog.switch(on),
    tunnelHistory: () => tunnelLog.moments,
    focus: () => tunnel?.check(),
    onDidChange(tell) {
      changed.add(tell);
      return () => changed.delete(tell);
    },
    onRequest(tell) {
      requested.add(tell);
      return () => requested.delete(tell);
    },
  };
}

/** Every key known for a backend: none of them may open the router or stand in a log. */
function providerKeys(backends: Runtime['backends'], keyFor: Runtime['keyFor']): string[] {
  return backends
    .map((backend) => keyFor({ keyName: backend.name, keyEnv: backend.apiKeyEnv }))
    .filter((key) => key !== undefined);
}

/** What decides whether providers can be reached. */
function reachOf({ settings, secrets, network }: Configuration): string {
  return JSON.stringify([settings.backends, secrets, network]);
}
