/**
 * The composition root: joins setup, tunnel, doors, life and desk into the one thing that router.ts drives, from an
 * editor's pipe or from a terminal. It holds the state that is shown; each rule stands in the part it belongs to.
 */

import { createCursorApp } from '../cursorApp/watch';
import { localOrigin } from '../doctor/facts';
import { openLedger } from '../ledger/store';
import { healthProofWith } from '../network/healthProof';
import { steadyNow } from '../network/steadyClock';
import type { BackendState, RouterState } from '../process/contract';
import type { RouterCore } from '../process/core';
import type { Backend } from '../routing/backend';
import { textOf, type Words } from '../said';
import { validateSettings } from '../settings/check';
import { cursorAppState } from '../troubles/cursor';
import { CARDS } from '../tunnel/cards';
import { VERSION } from '../version';
import { plain } from '../wires/plainText';
import { createCursorWriter } from './cursorWriter';
import { createDesk } from './desk';
import { createDoors } from './doors';
import { createLife, type Life } from './life';
import type { Configuration, CoreOptions } from './options';
import { createSetup } from './setup';
import { createTunnelSlot } from './tunnelSlot';

/** Between two states told to the windows while only traffic changes them, milliseconds. */
const TRAFFIC_MS = 200;

export async function createRouterCore(given: CoreOptions): Promise<RouterCore> {
  const options: CoreOptions = { ...given, log: (level, line) => given.log(level, plain(line)) };
  const startedAt = Date.now();
  const changed = new Set<(state: RouterState) => void>();
  let soon: NodeJS.Timeout | undefined;

  const healthProof = healthProofWith(options.secret);
  const ledger = await openLedger({ dataDir: options.dataDir });
  const setup = createSetup(options);
  const tunnel = createTunnelSlot({ options, setup, startedAt, healthProof, onChange: tell });
  const doors = createDoors({
    options,
    setup,
    tunnel,
    ledger,
    healthProof,
    onChange: tell,
    onTraffic,
    windingDown: () => life.windingDown,
  });
  const cursorApp = createCursorApp({
    files: options.cursorFiles ?? [],
    ours: (key) => setup.runtime.keyring.find(key) !== undefined,
    onChange: onTraffic,
  });
  const cursorWriter = createCursorWriter({
    options,
    file: () => cursorApp.file,
    publicUrl: publicUrlNow,
    onChange: onTraffic,
  });
  const life: Life = createLife({ options, setup, tunnel, handle: doors.requests.handle, onChange: tell });
  const desk = createDesk({
    options,
    startedAt,
    setup,
    ledger,
    tunnel,
    doors,
    life,
    cursorApp,
    cursorWriter,
    state: currentState,
    healthProof,
    onChange: onTraffic,
  });

  function tell(): void {
    clearTimeout(soon);
    soon = undefined;
    const state = currentState();
    for (const listener of changed) listener(state);
  }

  /** For what changes with every request: told a few times a second, whatever the load. */
  function onTraffic(): void {
    soon ??= setTimeout(tell, TRAFFIC_MS);
  }

  function cursorHolds(): RouterState['cursorApp'] {
    const { reading } = cursorApp;
    if (reading.kind !== 'read') return undefined;
    return cursorAppState(reading.holds, {
      hosts: tunnel.hosts(),
      serves: (name) => !('notFound' in setup.runtime.routes.resolve(name)),
      seen: (doors.sightings.last(tunnel.hosts())?.lastSeen ?? 0) > 0,
    });
  }

  function publicUrlNow(): string | undefined {
    const { state, publicUrl } = tunnel.status;
    return (state === 'online' || state === 'degraded') && publicUrl ? `${publicUrl}/v1` : undefined;
  }

  function noticeNow(): Pick<RouterState, 'notice' | 'noticeSays' | 'noticeAbout'> {
    const about = (words: Words, noticeAbout?: RouterState['noticeAbout']): ReturnType<typeof noticeNow> => ({
      notice: textOf(words),
      ...(typeof words !== 'string' && { noticeSays: words }),
      ...(noticeAbout && { noticeAbout }),
    });
    // A start that failed has no subject of its own.
    if (life.notice) return about(life.noticeSays ?? life.notice, life.phase === 'running' ? 'port' : undefined);
    if (ledger.problemSays) return about(ledger.problemSays, 'ledger');
    return doors.budgetNotice ? about(doors.budgetNotice, 'clientKeys') : {};
  }

  function currentState(): RouterState {
    const { status } = tunnel;
    const today = ledger.today();
    const { port } = life;
    return {
      phase: life.phase,
      version: VERSION,
      pid: process.pid,
      startedAt,
      port,
      localUrl: port === undefined ? undefined : `${localOrigin({ host: options.host, port })}/v1`,
      publicUrl: publicUrlNow(),
      tunnel: status,
      backends: setup.runtime.backends.map(backendState),
      problems: [...setup.configuration.problems],
      cursor: doors.sightings.last(tunnel.hosts()),
      cursorApp: cursorHolds(),
      ...(options.closing && {
        cursorWrite: {
          able: cursorWriter.able,
          undoable: cursorWriter.undoable,
          ...(cursorWriter.job && { job: cursorWriter.job }),
        },
      }),
      lastRequest: ledger.recent(1)[0],
      today: {
        requests: today.requests,
        tokens: today.input + today.output,
        cost: today.cost,
        costKnown: today.unpriced === 0,
      },
      running: doors.requests.running,
      windows: 0,
      ...noticeNow(),
      metrics: doors.metrics,
      bodyLog: doors.bodyLog.on ? { file: doors.bodyLog.file } : undefined,
    };
  }

  function backendState(backend: Backend): BackendState {
    const { breaker } = setup.runtime;
    const { coolingUntil, ...health } = breaker.health(`${backend.name}\u0000`);
    return {
      name: backend.name,
      preset: backend.preset,
      baseUrl: backend.baseUrl,
      hasKey: setup.backendKey(backend) !== undefined,
      needsKey: backend.requireApiKey,
      isDefault: backend.isDefault,
      ...health,
      ...(coolingUntil !== undefined && { coolingUntil: Date.now() + coolingUntil - steadyNow() }),
      ...(breaker.keyRefused(`${backend.name}\u0000`) && { keyRefused: true }),
      testedAt: desk.testedAt(backend),
      promptCut: doors.promptCut(backend.name),
      credit: doors.credit.of(backend.name),
    };
  }

  async function configure(next: Configuration): Promise<void> {
    const before = setup.configuration;
    setup.apply(next);
    options.onLogLevel?.(next.settings.log.level);
    await doors.configured(before);
    // Keys may be others now.
    void cursorApp.look();
    tell();
    await life.configured(before);
  }

  return {
    get state() {
      return currentState();
    },
    configure,
    async push({ settings: written, secrets, network }) {
      const { settings, problems } = validateSettings(written);
      if (!settings) {
        // The last good settings stay; keys and network are in force all the same: a key is changed because it must be.
        await configure({ ...setup.configuration, secrets, network, problems });
        return { applied: false, reason: 'invalid', problems };
      }
      await configure({ settings, secrets, network, problems });
      return { applied: true, problems };
    },
    start: life.start,
    stop: life.stop,
    async close() {
      clearTimeout(soon);
      cursorApp.close();
      cursorWriter.close();
      await doors.close();
    },
    async renewUrl() {
      await life.tunnelSettled();
      await tunnel.renewUrl();
    },
    async installCloudflared(_request, onProgress, signal) {
      const { path } = await tunnel.install(onProgress, signal);
      if (CARDS[setup.configuration.settings.tunnel.provider].program?.installable)
        life
          .restartTunnel()
          .catch((error: Error) => options.log('error', `The tunnel could not start: ${error.message}`));
      return { path };
    },
    ...desk.answers,
    focus: tunnel.check,
    onDidChange(listener) {
      changed.add(listener);
      return () => changed.delete(listener);
    },
    onRequest: doors.onRequest,
  };
}
