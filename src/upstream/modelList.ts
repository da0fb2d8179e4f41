/** Asking one backend for the models it has. */
import { ask } from './ask';
import type { Send } from './send';

/** Milliseconds a backend may take for its list. */
const FETCH_MS = 3_000;

export interface ListRequest {
  send: Send;
  url: URL;
  headers: Record<string, string>;
  local: boolean;
}

/** One backend's own list; undefined when it does not answer in time or with something else. */
export async function fetchList(
  { send, url, headers, local }: ListRequest,
  ms = FETCH_MS,
): Promise<readonly string[] | undefined> {
  const answer = await ask({ send, request: { method: 'GET', url, headers, local }, ms });
  return 'status' in answer && answer.status === 200 ? readList(answer.text) : undefined;
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
