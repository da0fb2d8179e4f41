/** What a client key with limits may say: nothing that steers the provider past them, and its limits once, plainly. */
import { RequestProblem } from '../wires/codec';
import { editObject, splice } from '../wires/jsonText';
import { OUTPUT_LIMITS } from '../wires/wire';
import { type ClientRequest, parseSpan, readClientRequest } from './clientRequest';
import { say } from './sentences';

/** Fields by which LiteLLM, OpenRouter, Vercel's gateway and their like send a request to another model, address or account. */
const ROUTING: ReadonlySet<string> = new Set([
  'fallbacks',
  'context_window_fallbacks',
  'context_window_fallback_dict',
  'content_policy_fallbacks',
  'default_fallbacks',
  'mock_testing_fallbacks',
  'mock_testing_context_fallbacks',
  'mock_testing_content_policy_fallbacks',
  'mock_response',
  'models',
  'route',
  'provider',
  'preset',
  'plugins',
  'model_list',
  'model_group',
  'specific_deployment',
  'deployment_id',
  'custom_llm_provider',
  'router_settings_override',
  'user_config',
  'num_retries',
  'api_base',
  'base_url',
  'api_key',
  'extra_body',
  'extra_headers',
  'provideroptions',
]);
const ANSWERS: ReadonlySet<string> = new Set(['n', 'best_of']);
/** Fields on which a limit rests: another spelling of their letters, or the first of two, could be read by the provider and not by us. */
const GUARDED: ReadonlySet<string> = new Set([
  ...OUTPUT_LIMITS,
  ...ANSWERS,
  'prompt',
  'model',
  'stream',
  'background',
  'service_tier',
  'speed',
]);
/** Dearer ways to be served; our prices are those of the ordinary one. */
const DEARER: ReadonlySet<unknown> = new Set(['priority', 'scale', 'fast']);

/**
 * The request without routing fields and with one output limit, the largest it wrote.
 * @throws RequestProblem for what cannot be held to the key's limits.
 */
export function limitedRequest(request: ClientRequest): ClientRequest {
  const remove = new Set<number>();
  let largest: { index: number; limit: number } | undefined;
  request.entries.forEach((entry, index) => {
    const key = folded(entry.key);
    if (ROUTING.has(key)) remove.add(index);
    if (GUARDED.has(key) && key !== entry.key) throw new RequestProblem(say.smallLetters(key), key);
    if (!OUTPUT_LIMITS.includes(key)) {
      if (GUARDED.has(key) && request.entry(key) !== entry) throw new RequestProblem(say.namedTwice(key), key);
      return;
    }
    const limit = count(parseSpan(request.bytes, entry.start, entry.end));
    const loser = limit === undefined || (largest && largest.limit >= limit) ? index : largest?.index;
    if (loser !== undefined) remove.add(loser);
    if (limit !== undefined && loser !== index) largest = { index, limit };
  });
  refuseDearer(request);
  if (remove.size === 0) return request;
  return readClientRequest(splice(request.bytes, editObject(request.bytes, request.entries, { remove, append: [] })));
}

function refuseDearer(request: ClientRequest): void {
  if (request.value('background') === true) throw new RequestProblem(say.background, 'background');
  for (const key of ['service_tier', 'speed'])
    if (DEARER.has(worded(request.value(key)))) throw new RequestProblem(say.dearer(key), key);
}

/** Output the request may write: the largest limit it names, whatever the name, and how many answers it wants. */
export function writtenLimits(request: ClientRequest): { maxOutputTokens?: number; answers: number } {
  const most = (keys: Iterable<string>): number | undefined => {
    const found = [...keys].map((key) => count(request.value(key))).filter((value) => value !== undefined);
    return found.length > 0 ? Math.max(...found) : undefined;
  };
  const maxOutputTokens = most(OUTPUT_LIMITS);
  const answers = Math.max(1, most(ANSWERS) ?? 1) * prompts(request);
  return { ...(maxOutputTokens !== undefined && { maxOutputTokens }), answers };
}

/** Texts to go on with in a request for completions; each is answered. A list of numbers is one text, in tokens. */
function prompts(request: ClientRequest): number {
  const prompt = request.entry('prompt')?.kind === 'array' ? (request.value('prompt') as unknown[]) : [];
  return typeof prompt[0] === 'number' ? 1 : Math.max(1, prompt.length);
}

function worded(value: unknown): unknown {
  return typeof value === 'string' ? value.trim().toLowerCase() : value;
}

/** Some providers take numbers written as strings. */
function count(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? Math.ceil(number) : undefined;
}

/** As the most lenient parser reads a key: Go's folds letters of other scripts too. */
function folded(key: string): string {
  return key.length > 64 ? key : key.normalize('NFKC').toLowerCase();
}
