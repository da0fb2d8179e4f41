/** Zero configuration over time (design §4): keys in the environment, and local servers, also one that is started later. */
import { settingsFromEnvironment } from '../config/environment';
import type { LoadedConfig } from '../config/formats/loaded';
import { validateSettings } from '../settings/check';
import type { FoundBackend } from '../upstream/discover';

/** Milliseconds between two looks for local servers: a handful of refused connections to this machine. */
const LOOK_MS = 15_000;

type Environment = Readonly<Record<string, string | undefined>>;

export interface ZeroConfiguration {
  /** What is there now. A server that answered once stays: that it does not answer is said better than that it is unknown. */
  read(): Promise<LoadedConfig>;
  /** Tells when a server answers that did not before; returns how to stop looking. */
  watch(onFound: (config: LoadedConfig, names: string[]) => void): () => void;
}

export function createZeroConfiguration(
  discover: () => Promise<FoundBackend[]>,
  env: Environment,
  every: (ms: number, run: () => Promise<void>) => () => void = repeat,
): ZeroConfiguration {
  const local = new Map<string, FoundBackend>();
  /** Bare names go on leading where they led when another backend joins. */
  let fallback: string | undefined;

  async function look(): Promise<string[]> {
    const fresh = (await discover()).filter(
      ({ name, apiKeyEnv, needsKey }) => apiKeyEnv === undefined && !needsKey && !local.has(name),
    );
    for (const one of fresh) local.set(one.name, one);
    return fresh.map(({ name }) => name);
  }

  function load(): LoadedConfig {
    const input = settingsFromEnvironment(env, [...local.values()], fallback);
    fallback ??= input.backends?.find((backend) => backend.default === true)?.name;
    return { kind: 'own', ...validateSettings(input), secrets: {} };
  }

  return {
    async read() {
      await look();
      return load();
    },
    watch(onFound) {
      return every(LOOK_MS, async () => {
        const names = await look();
        if (names.length > 0) onFound(load(), names);
      });
    },
  };
}

function repeat(ms: number, run: () => Promise<void>): () => void {
  const timer = setInterval(() => void run().catch(() => {}), ms);
  timer.unref();
  return () => clearInterval(timer);
}
