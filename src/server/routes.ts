/** Which request is this: by the end of its path, whatever stands before it (T6, design §4 HTTP). Pure. */

export type Route =
  | { kind: 'model'; name: ModelRoute /** Azure style: the model stands in the path. */; deployment?: string }
  | { kind: 'countTokens' }
  | { kind: 'models' }
  | { kind: 'modelInfo'; id: string }
  | { kind: 'health'; nonce: string };
export type ModelRoute = 'chat/completions' | 'responses' | 'messages' | 'completions' | 'embeddings';
export type RouteMatch =
  | { route: Route }
  | { status: 404 | 405 | 400; code?: string; message: string; allow?: string; other?: OtherPath };

/** A path of OpenAI's API for something else than text; a backend may allow that it is passed on (`passThrough`). */
export interface OtherPath {
  /** Behind the base URL, as `audio/speech`. */
  path: string;
  /** For the record: nothing in it that a client makes up. */
  label: string;
  /** What stands before it, lower case; the name of a backend may be among it. */
  before: readonly string[];
  query: URLSearchParams;
}

/** As OpenAI says it; a 404 without a code of its own would name the model. */
const UNKNOWN_PATH = 'unknown_url';
const MODEL_ROUTES: readonly ModelRoute[] = ['chat/completions', 'responses', 'messages', 'completions', 'embeddings'];

/** Paths of OpenAI's API for other things than text; what a key may spend there is not known here. */
const OTHER_KINDS =
  /\/(?:messages\/)?(audio|images|files|batches|uploads|moderations|realtime|videos|fine_tuning|vector_stores)(?=\/|$)/i;
/** Words of those paths: all else in them is an id. */
const OTHER_WORDS = /^\/(speech|transcriptions|translations|voices|generations|edits|variations)$/i;

/** Paths asked for of late: clients ask for few, each of them again and again. */
const lately = new Map<string, RouteMatch>();
const MOST_PATHS = 100;
const LONGEST_PATH = 200;

/** @param target the request target of the request line: origin form or absolute form. */
export function matchRoute(method: string, target: string): RouteMatch {
  if (target.length > LONGEST_PATH) return findRoute(method, target);
  const line = `${method} ${target}`;
  let match = lately.get(line);
  if (!match) {
    if (lately.size >= MOST_PATHS) lately.clear();
    lately.set(line, (match = findRoute(method, target)));
  }
  return match;
}

function findRoute(method: string, target: string): RouteMatch {
  let url: URL;
  try {
    // Absolute form is legal for proxies; only path and query count here, never its host.
    url = /^https?:\/\//i.test(target)
      ? new URL(target)
      : new URL(`http://router${target.startsWith('/') ? '' : '/'}${target}`);
  } catch {
    return { status: 400, message: 'The request path is not a valid URL path.' };
  }
  const path = url.pathname.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  const lower = path.toLowerCase();

  const deployment = /\/openai\/deployments\/([^/]+)\/(chat\/completions|completions|embeddings)$/i.exec(path);
  if (deployment) {
    const name = decode(deployment[1]!);
    if (name === undefined)
      return { status: 400, message: 'The deployment name in the path is not valid URL encoding.' };
    return needs(method, 'POST', { kind: 'model', name: deployment[2]!.toLowerCase() as ModelRoute, deployment: name });
  }
  if (lower.endsWith('/messages/count_tokens')) return needs(method, 'POST', { kind: 'countTokens' });
  for (const name of MODEL_ROUTES)
    if (lower.endsWith(`/${name}`)) return needs(method, 'POST', { kind: 'model', name });
  if (lower.endsWith('/models')) return needs(method, 'GET', { kind: 'models' });
  if (lower.endsWith('/health'))
    return needs(method, 'GET', { kind: 'health', nonce: url.searchParams.get('nonce') ?? '' });
  const at = lower.lastIndexOf('/models/');
  if (at >= 0) {
    const id = decode(path.slice(at + '/models/'.length));
    if (id === undefined) return { status: 400, message: 'The model id in the path is not valid URL encoding.' };
    return needs(method, 'GET', { kind: 'modelInfo', id });
  }
  const kind = OTHER_KINDS.exec(path);
  if (kind)
    return {
      status: 404,
      code: UNKNOWN_PATH,
      message:
        'This router passes on what language models answer: chat, responses, messages, completions and embeddings. Speech, pictures, files and batches of a provider are asked there directly, unless a backend allows them with passThrough.',
      ...otherPath(path, kind, url.searchParams),
    };
  return {
    status: 404,
    code: UNKNOWN_PATH,
    message:
      'No such path. This router answers …/chat/completions, …/responses, …/messages, …/completions, …/embeddings, …/models and …/health.',
  };
}

/** Nothing for a call that is no request and answer, and for a path that a provider may read as another one than we do. */
function otherPath(path: string, kind: RegExpExecArray, query: URLSearchParams): { other?: OtherPath } {
  const name = kind[1]!.toLowerCase();
  if (name === 'realtime' || !/^[\w.~:@$+,;=/-]+$/.test(path)) return {};
  const end = kind.index + kind[0].length;
  const rest = path.slice(end);
  const before = path.slice(0, kind.index).toLowerCase().split('/').filter(Boolean);
  const label = name + (OTHER_WORDS.test(rest) ? rest.toLowerCase() : '');
  return { other: { path: path.slice(kind.index + 1), label, before, query } };
}

function needs(method: string, wanted: 'GET' | 'POST', route: Route): RouteMatch {
  if (method === wanted || (wanted === 'GET' && method === 'HEAD')) return { route };
  return {
    status: 405,
    message: `This path takes ${wanted}, not ${method.slice(0, 20)}.`,
    allow: `${wanted}, OPTIONS`,
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
