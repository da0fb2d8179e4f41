/** The model list: configured names plus each backend's own list, fetched lazily (design §4 HTTP). */
import type { Backend } from '../backends/backend';
import type { Send } from '../backends/transport';

/** Milliseconds a list stays fresh, and that a backend may take for it. */
const FRESH_MS = 600_000;
const FETCH_MS = 3_000;
const LIST_BYTES = 8 * 1024 * 1024;

export interface ModelLists {
  /** Brings stale lists up to date; a backend that fails is left out. Never rejects. */
  refresh(backends: readonly Backend[], prepare: (backend: Backend) => ListRequest | undefined): Promise<void>;
  /** Upstream ids by backend name, as far as they are known; changes in place. */
  readonly known: ReadonlyMap<string, readonly string[]>;
  clear(): void;
}
export interface ListRequest {
  send: Send;
  url: URL;
  headers: Record<string, string>;
}

export function createModelLists(now: () => number): ModelLists {
  const known = new Map<string, readonly string[]>();
  const fetchedAt = new Map<string, number>();
  const running = new Map<string, Promise<void>>();

  async function refreshOne(backend: Backend, request: ListRequest): Promise<void> {
    const found = await fetchList(backend, request);
    if (!found) return;
    known.set(backend.name, found);
    fetchedAt.set(backend.name, now());
  }

  return {
    known,
    async refresh(backends, prepare) {
      await Promise.all(
        backends.map((backend) => {
          const at = fetchedAt.get(backend.name);
          if (at !== undefined && now() - at < FRESH_MS) return undefined;
          const request = prepare(backend);
          if (!request) return undefined;
          let job = running.get(backend.name);
          if (!job) {
            job = refreshOne(backend, request).finally(() => running.delete(backend.name));
            running.set(backend.name, job);
          }
          return job;
        }),
      );
    },
    clear() {
      known.clear();
      fetchedAt.clear();
    },
  };
}

/** One backend's own list; undefined when it does not answer in time or with something else. */
export function fetchList(backend: Backend, request: ListRequest, timeoutMs = FETCH_MS): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    const give = (ids: readonly string[] | undefined) => {
      clearTimeout(timer);
      resolve(ids);
    };
    const control = request.send(
      { method: 'GET', url: request.url, headers: request.headers, connectMs: timeoutMs, local: backend.local },
      {
        onHead: (code) => {
          status = code;
        },
        onData(chunk) {
          size += chunk.length;
          if (size > LIST_BYTES) control.abort();
          else chunks.push(chunk);
        },
        onEnd: () => give(status === 200 ? readList(Buffer.concat(chunks).toString('utf8')) : undefined),
        onError: () => give(undefined),
      },
    );
    const timer = setTimeout(() => {
      control.abort();
      give(undefined);
    }, timeoutMs);
  });
}

/** OpenAI's and Anthropic's `{data:[{id}]}`, Ollama's `{models:[{name}]}`, Together's bare array. Gemini's ids lose `models/`. */
function readList(text: string): readonly string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const body = value as { data?: unknown; models?: unknown };
  const rows = Array.isArray(value) ? value : Array.isArray(body?.data) ? body.data : Array.isArray(body?.models) ? body.models : undefined;
  return rows
    ?.map((row: { id?: unknown; name?: unknown }) => (typeof row?.id === 'string' ? row.id : row?.name))
    .filter((id): id is string => typeof id === 'string' && id.length > 0 && id.length < 300)
    .map((id) => id.replace(/^models\//, ''));
}
