/** What a person asks the router: test this backend, look at every hop, what did that request do, export. */

import { parseEnv } from 'node:util';
import { exportLiteLlm } from '../config/formats/exportLiteLlm';
import { previewImport } from '../config/formats/importPreview';
import { loadConfigText } from '../config/load';
import type { CursorApp } from '../cursorApp/watch';
import { EDGE_HOSTS } from '../doctor/edgePorts';
import { runDoctor } from '../doctor/runDoctor';
import { exportCsv } from '../ledger/exportCsv';
import { usageRows } from '../ledger/speed';
import type { Ledger } from '../ledger/store';
import { copyAsCurl, requestStory, storyLines } from '../ledger/story';
import { usageLines, usagePage } from '../ledger/usagePage';
import type { HealthProof } from '../network/healthProof';
import { createNetwork } from '../network/httpsClient';
import { createIncludes } from '../process/configFile';
import type { CallsBy, RouterState } from '../process/contract';
import type { RouterCore } from '../process/core';
import type { Backend } from '../routing/backend';
import { buildBackends } from '../routing/build';
import { forgetResponses } from '../routing/wireChoice';
import { SaidError, spoken } from '../said';
import { listModels } from '../server/server';
import { validateSettings } from '../settings/check';
import { troublesOf } from '../troubles/table';
import type { TunnelStatus } from '../tunnel/tunnel';
import { realWorld } from '../tunnel/world';
import { foundInEnvironment, foundOnLocalPorts } from '../upstream/discover';
import { testBackend } from '../upstream/testBackend';
import { VERSION } from '../version';
import type { CursorWriter } from './cursorWriter';
import type { Doors } from './doors';
import type { Life } from './life';
import type { CoreOptions } from './options';
import { say } from './sentences';
import type { Setup } from './setup';
import type { TunnelSlot } from './tunnelSlot';

/** Every call of the core but those that make the tunnel another. */
type Answers = Pick<RouterCore, 'listedModels' | Exclude<keyof CallsBy<'core'>, 'renewUrl' | 'installCloudflared'>>;

export interface Desk {
  answers: Answers;
  /** When a backend was last tested well with the key it has, milliseconds since the epoch; in memory only. */
  testedAt(backend: Backend): number | undefined;
}

export interface DeskOptions {
  options: CoreOptions;
  startedAt: number;
  setup: Setup;
  ledger: Ledger;
  tunnel: TunnelSlot;
  doors: Doors;
  life: Life;
  cursorApp: CursorApp;
  cursorWriter: CursorWriter;
  state(): RouterState;
  healthProof: HealthProof;
  onChange(): void;
}

export function createDesk(given: DeskOptions): Desk {
  const { options, setup, ledger, tunnel, doors } = given;
  const { env } = options;
  /** By address and key: what was tested before it was saved is the same backend, another key is not. */
  const tests = new Map<string, number>();
  const placeOf = ({ baseUrl }: Backend, key: string | undefined): string => `${baseUrl}\n${key ?? ''}`;

  const test: Answers['testBackend'] = async ({ backend, key, model }) => {
    const { settings, problems } = validateSettings({ backends: [backend] });
    if (!settings) {
      const message = problems[0]?.says ?? problems[0]?.message ?? say.settingsNotValid;
      return { ok: false, ...spoken({ message }), models: [], ms: 0 };
    }
    const built = buildBackends(settings, env)[0]!;
    const used = key ?? (built.apiKeyEnv ? env[built.apiKeyEnv] : undefined);
    const result = await testBackend({
      send: setup.transport.send,
      key: used,
      model,
      backend: built,
      now: Date.now,
    });
    if (result.ok) tests.set(placeOf(built, used), Date.now());
    else tests.delete(placeOf(built, used));
    given.onChange();
    return result;
  };

  return {
    testedAt: (backend) => tests.get(placeOf(backend, setup.backendKey(backend))),
    answers: {
      models: () => listModels({ runtime: () => setup.runtime, lists: setup.lists }),
      listedModels: () => setup.runtime.routes.listed(),
      testBackend: test,
      async discover() {
        const known = new Set(setup.runtime.backends.map((backend) => backend.name));
        const found = [...foundInEnvironment(env), ...(await foundOnLocalPorts(setup.transport.send))];
        return found.filter((one) => !known.has(one.name));
      },
      async doctor({ paid, windowVersion }, onHop, signal, attach) {
        await given.cursorApp.look();
        const facts = doctorFacts(given, { paid: paid === true, windowVersion }, attach);
        return await runDoctor(facts, onHop, signal);
      },
      exportLiteLlm: async () => exportLiteLlm(setup.configuration.settings),
      async previewImport({ file, text, envText }) {
        const own = envText === undefined ? {} : parseEnv(envText);
        return previewImport(loadConfigText(text, { env: { ...own, ...env }, includes: createIncludes(file) }), {
          file,
          present: setup.configuration.settings,
          storedKeys: new Set(Object.keys(setup.configuration.secrets)),
          env: own,
          ownEnv: env,
        });
      },
      recentRequests: async ({ limit }) => ledger.recent(limit),
      usage: (query) => usageRows(ledger, query),
      usagePage: async (query) => usagePage(await usageRows(ledger, { ...query, speed: 'all' }), query.by, query),
      usageLines: async (query) => usageLines(await usageRows(ledger, { ...query, speed: 'all' }), query.by, query),
      async requestStory({ id }) {
        const record = ledger.recent(500).find((one) => one.id === id);
        if (!record) throw new SaidError(say.requestGone);
        const { publicUrl, localUrl } = given.state();
        return {
          story: requestStory(record),
          lines: storyLines(record),
          model: record.askedModel,
          curl: copyAsCurl(record, publicUrl ?? localUrl ?? 'http://127.0.0.1:11411/v1'),
        };
      },
      exportUsage: async ({ from, to, file }) => ({ requests: await exportCsv(ledger, { from, to }, file) }),
      keyStates: async () => doors.admission.state(),
      forgetLearned: () => {
        forgetResponses();
        return doors.lessons.forget();
      },
      logBodies: async ({ on }) => doors.bodyLog.switch(on === true),
      writeCursor: async (write) => given.cursorWriter.start(write),
      tunnelHistory: async () => tunnel.moments,
    },
  };
}

/** What the Doctor looks at: this router, or with `attach` another process of this installation. */
function doctorFacts(
  { options, startedAt, setup, ledger, tunnel, doors, life, cursorApp, state, healthProof }: DeskOptions,
  request: Parameters<RouterCore['doctor']>[0],
  attach: Parameters<RouterCore['doctor']>[3],
): Parameters<typeof runDoctor>[0] {
  const { settings, network, problems } = setup.configuration;
  const world = realWorld();
  const elsewhere: TunnelStatus = {
    state: attach?.publicUrl ? 'online' : 'off',
    provider: settings.tunnel.provider,
    since: startedAt,
    ...(attach?.publicUrl && { publicUrl: attach.publicUrl }),
  };
  const port = attach?.port ?? life.port;
  return {
    request,
    version: VERSION,
    settings,
    problems,
    phase: life.phase,
    listener: port === undefined ? undefined : { host: options.host, port, attached: attach !== undefined },
    dataDir: options.dataDir,
    healthProof,
    clientKey: setup.mainKey(),
    refusedKeys: setup.runtime.keyring.refused,
    // Another process knows only the main key.
    probeKey: attach ? setup.mainKey() : setup.ownKey,
    backends: setup.runtime.backends,
    keyFor: setup.backendKey,
    learned: doors.lessons.at,
    send: setup.transport.send,
    tunnel: {
      status: () => (attach ? elsewhere : tunnel.status),
      onDidChange: tunnel.onDidChange,
      network: createNetwork(network, world),
      world,
      cloudflaredBin: options.env.CLOUDFLARED_BIN,
      edgeHosts: EDGE_HOSTS,
    },
    cursor: doors.sightings.last(tunnel.hosts()),
    cursorApp: options.cursorFiles && { reading: cursorApp.reading, state: state().cursorApp },
    // Of another process nothing is known here.
    troubles: attach ? [] : troublesOf({ router: state() }),
    recent: ledger.recent(500),
    secrets: [options.secret, tunnel.token() ?? '', ...setup.secrets()],
    now: () => performance.now(),
  };
}
