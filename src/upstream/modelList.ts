/** Asking one backend for the models it has. */
import type { Send } from './send';

/** Milliseconds a backend may take for its list, and the most it may send. */
const FETCH_MS = 3_000;
const LIST_BYTES = 8 * 1024 * 1024;

export interface ListRequest {
  send: Send;
  url: URL;
  headers: Record<string, string>;
  local: boolean;
}

/** One backend's own list; undefined when it does not answer in time or with something else. */
export function fetchList(request: ListRequest, timeoutMs = FETCH_MS): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let status = 0;
    const give = (ids: readonly string[] | undefined) => {
      clearTimeout(timer);
      resolve(ids);
    };
    const control = request.send(
      { method: 'GET', url: request.url, headers: request.headers, connectMs: timeoutMs, local: request.local },
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
  const rows = Array.isArray(value)
    ? value
    : Array.isArray(body?.data)
      ? body.data
      : Array.isArray(body?.models)
        ? body.models
        : undefined;
  return rows
    ?.map((row: { id?: unknown; name?: unknown }) => (typeof row?.id === 'string' ? row.id : row?.name))
    .filter((id): id is string => typeof id === 'string' && id.length > 0 && id.length < 300)
    .map((id) => id.replace(/^models\//, ''));
}
