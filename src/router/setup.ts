/** The configuration in force and what is built from it for the next request: backends, keys, routes, transport. */
import { randomBytes } from 'node:crypto';
import { fitsHeader, keyText } from '../config/intake';
import { say as config } from '../config/sentences';
import { OWN_CHECKS } from '../ledger/record';
import { steadyNow } from '../network/steadyClock';
import type { Backend } from '../routing/backend';
import { buildBackends } from '../routing/build';
import { allKeyPlaces, keyPlaces } from '../routing/keyPlaces';
import { createRouteTable } from '../routing/resolve';
import { createKeyring, refusedKey } from '../server/clientKeys';
import { createModelLists, type ModelLists } from '../server/models';
import type { Runtime } from '../server/runtime';
import { CLIENT_KEY, clientKeyName, generateClientKey } from '../settings/keyNames';
import { settingsSchema } from '../settings/schema';
import { createBreaker } from '../upstream/breaker';
import { createKeyChoice } from '../upstream/keyChoice';
import { createTransport, type Transport } from '../upstream/transport';
import type { Configuration, CoreOptions } from './options';

export interface Setup {
  readonly configuration: Configuration;
  readonly runtime: Runtime;
  readonly transport: Transport;
  readonly lists: ModelLists;
  /** In force for the next request; running ones keep what they began with. */
  apply(next: Configuration): void;
  backendKey(backend: Backend): string | undefined;
  mainKey(): string;
  /** Marks our own probes: random, only in the memory of this process, compared like every key. */
  readonly ownKey: string;
  /** Every key known here: none may stand in a log or a report. */
  secrets(): string[];
}

export function createSetup({ env, log }: Pick<CoreOptions, 'env' | 'log'>): Setup {
  const lists = createModelLists(steadyNow);
  let breaker = createBreaker(steadyNow);
  let keys = createKeyChoice(steadyNow);
  const ownKey = generateClientKey(randomBytes);
  let configuration: Configuration = { settings: settingsSchema.parse({}), secrets: {}, network: {}, problems: [] };
  let transport: Transport = createTransport({}, env);
  let runtime = buildRuntime();

  function buildRuntime(): Runtime {
    const { settings, secrets } = configuration;
    const backends = buildBackends(settings, env);
    const mainKey = keyText(secrets[CLIENT_KEY]);
    // A LiteLLM file's master key is what clients send; that a LiteLLM proxy may have one too does not make it a provider's.
    const ofClients = (keyEnv: string) => keyEnv === 'LITELLM_MASTER_KEY' && keyText(env[keyEnv]) === mainKey;
    const keyFor: Runtime['keyFor'] = ({ keyName, keyEnv }) =>
      keyText(secrets[keyName]) ?? (keyEnv && !ofClients(keyEnv) ? keyText(env[keyEnv]) : undefined);
    const clientKeys = [
      { name: OWN_CHECKS, secret: ownKey },
      { name: 'main', secret: mainKey ?? '' },
      ...settings.clientKeys.map(({ name, apiKeyEnv }) => ({
        name,
        secret: keyText(secrets[clientKeyName(name)]) ?? (apiKeyEnv ? keyText(env[apiKeyEnv]) : undefined) ?? '',
      })),
    ];
    return {
      settings,
      backends,
      transport,
      keyFor,
      // A provider's key never opens the router.
      keyring: createKeyring(clientKeys, providerKeys(backends, keyFor)),
      routes: createRouteTable(settings, backends, { lists: lists.known }),
      breaker,
      keys,
    };
  }

  function tellRefusedKeys(before: readonly string[]): void {
    for (const name of runtime.keyring.refused) if (!before.includes(name)) log('error', refusedKey(name).text);
  }

  function tellImpossibleKeys(): void {
    for (const backend of runtime.backends) {
      const key = backendKey(backend);
      if (key !== undefined && !fitsHeader(key))
        log('error', config.impossibleKey(backend.name, backend.apiKeyEnv).text);
    }
  }

  /** The first of its keys that is there. */
  function backendKey(backend: Backend): string | undefined {
    return keyPlaces(backend)
      .map(runtime.keyFor)
      .find((key) => key !== undefined);
  }

  return {
    get configuration() {
      return configuration;
    },
    get runtime() {
      return runtime;
    },
    get transport() {
      return transport;
    },
    lists,
    apply(next) {
      const before = configuration;
      configuration = next;
      if (differ(before.network, next.network)) {
        const old = transport;
        transport = createTransport(next.network, env);
        // Requests that run on the old one keep it; it closes when they are done.
        void old.retire();
      }
      if (differ(before.settings.backends, next.settings.backends)) lists.clear();
      // A new key or address deserves a fresh start.
      if (differ(reachOf(before), reachOf(next))) {
        breaker = createBreaker(steadyNow);
        keys = createKeyChoice(steadyNow);
      }
      const refused = runtime.keyring.refused;
      runtime = buildRuntime();
      tellImpossibleKeys();
      tellRefusedKeys(refused);
    },
    backendKey,
    mainKey: () => configuration.secrets[CLIENT_KEY] ?? '',
    ownKey,
    secrets: () => [ownKey, ...Object.values(configuration.secrets), ...providerKeys(runtime.backends, runtime.keyFor)],
  };
}

/** Whether two values of a configuration say different things. */
export function differ(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

/** Every key known for a backend: none of them may open the router or stand in a log. */
function providerKeys(backends: readonly Backend[], keyFor: Runtime['keyFor']): string[] {
  return backends
    .flatMap(allKeyPlaces)
    .map(keyFor)
    .filter((key) => key !== undefined);
}

/** What decides whether providers can be reached. */
function reachOf({ settings, secrets, network }: Configuration): unknown {
  return [settings.backends, secrets, network];
}
