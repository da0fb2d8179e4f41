/**
 * Where requests come in and what is kept of them: the request server with the rooms it asks (limits, memory, body log)
 * and those that hear of each finished request (ledger, metrics, windows).
 */

import path from 'node:path';
import { createMemory } from '../cursor/memory';
import { type Admission, createAdmission } from '../ledger/admission';
import { type BodyLog, createBodyLog } from '../ledger/bodyLog';
import { createMetrics } from '../ledger/metrics';
import { createMetricsHost, type MetricsHost } from '../ledger/metricsServer';
import { costOf, savedByCache, targetPrice } from '../ledger/prices';
import { OWN_CHECKS, type RequestRecord } from '../ledger/record';
import type { Ledger } from '../ledger/store';
import { summaryLine } from '../ledger/summaryLine';
import type { HealthProof } from '../network/healthProof';
import { steadyNow } from '../network/steadyClock';
import { createCursorSightings } from '../process/cursorSighting';
import { type MemoryStore, openMemoryStore } from '../process/memoryStore';
import type { Said } from '../said';
import { createBodyBudget } from '../server/body';
import type { CutPrompt } from '../server/cutPrompt';
import { createGuessLimit, hostName } from '../server/guard';
import { createPictureMemory } from '../server/pictureMemory';
import { createKindMemory } from '../server/requestKind';
import { SERVER_TIMES } from '../server/runtime';
import { createRequestServer, describeBug, type RequestServer } from '../server/server';
import { MEMORY_KEY } from '../settings/keyNames';
import { cardOf } from '../tunnel/cards';
import { TUNNEL_PROBE_TEXT } from '../tunnel/verifier';
import { askCredit, tellsCredit } from '../upstream/credit';
import { type CreditWatch, createCreditWatch } from '../upstream/creditWatch';
import { creditWords } from '../upstream/creditWords';
import { createEchoSend } from '../upstream/echo';
import { type LessonStore, openLessonStore } from '../upstream/lessonStore';
import { VERSION } from '../version';
import type { Configuration, CoreOptions } from './options';
import { differ, type Setup } from './setup';
import type { TunnelSlot } from './tunnelSlot';

export interface Doors {
  readonly requests: RequestServer;
  readonly admission: Admission;
  readonly bodyLog: BodyLog;
  readonly lessons: LessonStore;
  /** Why a prompt was cut, by backend, until a longer one was read whole. */
  promptCut(backend: string): CutPrompt | undefined;
  /** What is left at each provider. */
  readonly credit: CreditWatch;
  /** Where metrics are read, if they are. */
  readonly metrics: MetricsHost['served'];
  readonly sightings: ReturnType<typeof createCursorSightings>;
  /** A budget of a client key that a person should know of. */
  readonly budgetNotice: Said | undefined;
  onRequest(tell: (record: RequestRecord) => void): () => void;
  /** The configuration in force has changed from `before`. */
  configured(before: Configuration): Promise<void>;
  close(): Promise<void>;
}

export interface DoorOptions {
  options: CoreOptions;
  setup: Setup;
  tunnel: TunnelSlot;
  ledger: Ledger;
  healthProof: HealthProof;
  onChange(): void;
  /** The router is stopping: what runs may end, nothing new begins. */
  windingDown(): boolean;
  /** What changes with every request. */
  onTraffic(): void;
}

/** Where only this machine can call. */
const LOOPBACK_HOST = /^(localhost|127\..*|::1)$/i;

export function createDoors(given: DoorOptions): Doors {
  const { options, setup, tunnel, ledger, onChange, onTraffic } = given;
  const { dataDir, log } = options;
  let budgetNotice: Said | undefined;
  const cutPrompts = new Map<string, { read: number; cut: CutPrompt }>();
  const requested = new Set<(record: RequestRecord) => void>();
  const memory = keptMemory(options);
  let ledgerProblem: string | undefined;
  let ledgerLost = 0;
  /** Written or not, the request was served; a full disk is told once, and when it is over. */
  function keep(record: RequestRecord): void {
    ledger.append(record);
    if (ledger.problem === ledgerProblem) return;
    ledgerProblem = ledger.problem;
    if (ledgerProblem) return log('error', ledgerProblem);
    const lost = ledger.lost - ledgerLost;
    ledgerLost = ledger.lost;
    if (lost === 0) return log('info', 'The usage log is written again, nothing is missing.');
    log('warn', `The usage log is written again. ${lost} records are missing in it: memory had no room for more.`);
  }
  function notice(says: Said): void {
    log('warn', says.text);
    budgetNotice = says;
    onTraffic();
  }
  const admission = createAdmission({
    now: Date.now,
    steady: steadyNow,
    spentSince: ledger.spentSince,
    recent: () => ledger.recent(500),
    onWarn: ({ says }) => notice(says),
    onUnpriced: (_, says) => notice(says),
  });
  ledger.onForeign((record) => admission.observe(record));
  const bodyLog = createBodyLog({
    dataDir,
    now: Date.now,
    secrets: setup.secrets,
    onChange(on, reason) {
      log('warn', reason ?? `Bodies are ${on ? 'logged for debugging' : 'no longer logged'}.`);
      onChange();
    },
  });
  const sightings = createCursorSightings({ dataDir, now: Date.now, log });
  const lessons = openLessonStore({ dataDir, now: Date.now, warn: (line) => log('warn', line) });
  const times = { ...SERVER_TIMES, ...options.times };
  const credit = createCreditWatch({
    ask: (backend) => askCredit({ backend, key: setup.backendKey(backend), send: setup.transport.send, now: Date.now }),
    delayMs: times.creditMs,
    now: steadyNow,
    onChange: onTraffic,
  });
  function spent(record: RequestRecord): void {
    const backend = setup.runtime.backends.find(({ name }) => name === record.backend);
    if (backend && tellsCredit(backend))
      credit.saw(
        backend,
        record.attempts.some(({ kind }) => kind === 'quota'),
      );
  }
  function tellOf(record: RequestRecord): void {
    metrics.observe(record);
    spent(record);
    for (const tell of requested) tell(record);
    log(record.error ? 'warn' : 'info', summaryLine(record));
    onTraffic();
  }
  const requests = createRequestServer({
    runtime: () => setup.runtime,
    publicDoor: () => ({
      hosts: tunnel.hosts(),
      visitorHeader: cardOf(tunnel.status.provider)?.visitorHeader ?? 'x-forwarded-for',
      own: { addresses: !LOOPBACK_HOST.test(options.host), names: setup.runtime.settings.allowedHosts },
    }),
    healthProof: given.healthProof,
    lists: setup.lists,
    kinds: createKindMemory(),
    lessons,
    memory: memory.live,
    pictures: createPictureMemory(),
    bodies: createBodyBudget(),
    guesses: createGuessLimit(steadyNow),
    admission,
    bodyLog,
    windingDown: given.windingDown,
    onRunning: onTraffic,
    costOf: (target, usage) => {
      const price = targetPrice(target);
      return price && costOf(usage, price);
    },
    creditOf({ backend }) {
      const left = credit.of(backend.name);
      return left && creditWords(left);
    },
    savedOf: (target, usage) => savedByCache(usage, targetPrice(target)),
    record(record) {
      // Our own probes are nobody's requests; only what one may have cost is kept.
      if (record.clientKey === OWN_CHECKS) {
        if (record.backend !== 'demo') keep(record);
        return log('debug', `Own check: ${summaryLine(record)}`);
      }
      keep(record);
      // Behind the answer, whose last bytes go out with this turn: nobody waits for what is counted and told.
      Promise.resolve(record)
        .then(tellOf)
        .catch((error: Error) => log('error', `A request was not counted: ${describeBug(error)}`));
    },
    sawCursor({ host, refusal }) {
      sightings.saw(hostName(host), refusal);
      onTraffic();
    },
    sawPrompt(backend, read, cut) {
      if (cut !== undefined) cutPrompts.set(backend, { read, cut });
      else if (read > (cutPrompts.get(backend)?.read ?? read)) cutPrompts.delete(backend);
    },
    echoSend: (context) => createEchoSend(context, TUNNEL_PROBE_TEXT),
    log,
    now: Date.now,
    random: Math.random,
    times,
  });
  const metrics = createMetrics({
    presetOf: (name) => setup.runtime.backends.find((backend) => backend.name === name)?.preset,
    running: () => requests.running,
    now: Date.now,
    version: VERSION,
  });
  const metricsHost = createMetricsHost({ dataDir, metrics, log, onChange });

  return {
    requests,
    admission,
    bodyLog,
    lessons,
    promptCut: (backend) => cutPrompts.get(backend)?.cut,
    credit,
    sightings,
    get metrics() {
      return metricsHost.served;
    },
    get budgetNotice() {
      return budgetNotice;
    },
    onRequest(tell) {
      requested.add(tell);
      return () => requested.delete(tell);
    },
    async configured(before) {
      const { settings } = setup.configuration;
      if (differ([before.settings.backends, before.secrets], [settings.backends, setup.configuration.secrets])) {
        credit.reset();
        cutPrompts.clear();
      }
      if (differ(before.settings.clientKeys, settings.clientKeys)) budgetNotice = undefined;
      admission.configure(settings.clientKeys);
      ledger.retain(settings.ledger.retentionMonths);
      await memory.open(setup.configuration);
      await metricsHost.apply(settings.metrics);
    },
    async close() {
      credit.close();
      await metricsHost.close();
      await sightings.close();
      await lessons.close();
      await memory.close();
      await bodyLog.close();
      await ledger.close();
    },
  };
}

/** What Cursor drops is kept over a restart only where a key from SecretStorage encrypts it (design §2.10). */
function keptMemory({ dataDir, log }: CoreOptions) {
  let store: MemoryStore | undefined;
  let storeKey: string | undefined;
  const live = createMemory({ now: Date.now, persist: { append: (record) => store?.append(record) } });
  return {
    live,
    async open({ settings, secrets }: Configuration): Promise<void> {
      const key = secrets[MEMORY_KEY];
      if (!settings.cursor.memory || !key || key === storeKey) return;
      storeKey = key;
      await store?.close();
      store = await openMemoryStore({
        file: path.join(dataDir, 'memory.bin'),
        key: Buffer.from(key),
        live: live.records,
        warn: (line) => log('warn', line),
      });
      live.load(store.records);
    },
    close: async () => store?.close(),
  };
}
