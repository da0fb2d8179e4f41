/** The model list: configured names plus each backend's own list, fetched lazily (design §4 HTTP). */
import type { Backend } from '../routing/backend';
import { fetchList, type ListRequest } from '../upstream/modelList';

/** Milliseconds a list stays fresh. */
const FRESH_MS = 600_000;

export interface ModelLists {
  /** Brings stale lists up to date; a backend that fails is left out. Never rejects. */
  refresh(backends: readonly Backend[], prepare: (backend: Backend) => ListRequest | undefined): Promise<void>;
  /** Upstream ids by backend name, as far as they are known; changes in place. */
  readonly known: ReadonlyMap<string, readonly string[]>;
  /** Tokens that fit into the window of an upstream model, where its backend said so. */
  windowOf(backend: string, upstreamModel: string): number | undefined;
  clear(): void;
}
export function createModelLists(now: () => number): ModelLists {
  const known = new Map<string, readonly string[]>();
  const windows = new Map<string, ReadonlyMap<string, number>>();
  const fetchedAt = new Map<string, number>();
  const running = new Map<string, Promise<void>>();
  let generation = 0;

  async function refreshOne(backend: Backend, request: ListRequest): Promise<void> {
    const mine = generation;
    const found = await fetchList(request).finally(() => mine === generation && running.delete(backend.name));
    if (!found || mine !== generation) return;
    known.set(backend.name, found.ids);
    windows.set(backend.name, found.windows);
    fetchedAt.set(backend.name, now());
  }

  return {
    known,
    windowOf: (backend, upstreamModel) => windows.get(backend)?.get(upstreamModel),
    async refresh(backends, prepare) {
      await Promise.all(
        backends.map((backend) => {
          const at = fetchedAt.get(backend.name);
          if (at !== undefined && now() - at < FRESH_MS) return undefined;
          const request = prepare(backend);
          if (!request) return undefined;
          let job = running.get(backend.name);
          if (!job) {
            job = refreshOne(backend, request);
            running.set(backend.name, job);
          }
          return job;
        }),
      );
    },
    clear() {
      // What is under way asks the backends as they were.
      generation++;
      running.clear();
      known.clear();
      windows.clear();
      fetchedAt.clear();
    },
  };
}
