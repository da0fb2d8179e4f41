import type { Backend } from '../routing/backend';
import { VERSION } from '../version';

/** Headers every request to a backend carries: its key, its own headers, who we are. Nothing of the client's. */
export function upstreamHeaders(backend: Backend, key: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    'user-agent': `llm-router/${VERSION}`,
    'accept-encoding': 'identity',
    ...backend.headers,
  };
  if (key === undefined) return headers;
  if (backend.auth === 'bearer') headers.authorization = `Bearer ${key}`;
  else if (backend.auth !== 'none') headers[backend.auth] = key;
  return headers;
}
