/** Asking one backend for the models it has. */
import type { JsonObject, JsonValue } from '../wires/conversation';
import { objectOf } from '../wires/read';
import { ask } from './ask';
import type { Send } from './send';

/** Milliseconds a backend may take for its list. */
const FETCH_MS = 3_000;

export interface ListRequest {
  send: Send;
  url: URL;
  headers: Record<string, string>;
  local: boolean;
  /** Where the server tells the windows of the models that it has loaded, if not in its list. */
  loadedUrl?: URL;
}

export interface ModelList {
  ids: readonly string[];
  /** Tokens that fit into a model's window as it is served, where the server says so. */
  windows: ReadonlyMap<string, number>;
}

/** One backend's own list; undefined when it does not answer in time or with something else. */
export async function fetchList(
  { send, url, headers, local, loadedUrl }: ListRequest,
  ms = FETCH_MS,
): Promise<ModelList | undefined> {
  const read = async (from: URL): Promise<ModelList | undefined> => {
    const answer = await ask({ send, request: { method: 'GET', url: from, headers, local }, ms });
    return 'status' in answer && answer.status === 200 ? readList(answer.text) : undefined;
  };
  const [list, loaded] = await Promise.all([read(url), loadedUrl && read(loadedUrl)]);
  return list && loaded ? { ids: list.ids, windows: new Map([...list.windows, ...loaded.windows]) } : list;
}

/** OpenAI's and Anthropic's `{data:[{id}]}`, Ollama's `{models:[{name}]}`, Together's bare array. Gemini's ids lose `models/`. */
export function readList(text: string): ModelList | undefined {
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
  if (!rows) return undefined;
  const windows = new Map<string, number>();
  const ids = rows.flatMap((row: unknown) => {
    const model = objectOf(row as JsonValue);
    const name = typeof model?.id === 'string' ? model.id : model?.name;
    if (!model || typeof name !== 'string' || name.length === 0 || name.length >= 300) return [];
    const id = name.replace(/^models\//, '');
    const window = windowOf(model);
    if (window !== undefined) windows.set(id, window);
    return [id];
  });
  return { ids, windows };
}

/**
 * LM Studio's and llama.cpp's own fields, vLLM's, then those of hosted lists. What a model was trained for (`n_ctx_train`,
 * `max_context_length`) says nothing: it is served with less (hermes-agent#64897, cline#13472).
 */
function windowOf(model: JsonObject): number | undefined {
  const { loaded_context_length, meta, max_model_len, context_length, context_window } = model;
  const told = [loaded_context_length, objectOf(meta)?.n_ctx, max_model_len, context_length, context_window];
  return told.find((value): value is number => Number.isSafeInteger(value) && (value as number) > 0);
}
