/**
 * Same wire in, same wire out for a plain client: the body keeps its bytes except for what a configured rule changes
 * (design §2.4): model, roles, dropped parameters, an effort of a listed variant, our request for usage numbers.
 */
import type { Target } from '../routing/backend';
import { quirksFor } from '../routing/build';
import type { Words } from '../said';
import { type Edit, editObject, readString, scanArray, scanObject, splice, splicePieces } from '../wires/jsonText';
import { entryOf } from '../wires/read';
import type { Wire } from '../wires/wire';
import type { ClientRequest } from './clientRequest';
import { factEdits, refusedOf } from './factEdits';
import { messageEdits, rewritesFor } from './messageFacts';
import type { ModelRoute } from './routes';
import { say } from './sentences';

const WIRE_OF: Readonly<Partial<Record<ModelRoute, Wire>>> = {
  'chat/completions': 'chat',
  responses: 'responses',
  messages: 'messages',
};

/** Up to here a copy is cheaper than sending several pieces. */
const COPY_BYTES = 64 * 1024;

/** Beyond so many edits a copy is cheaper again: each piece is a write of its own. */
const MOST_PIECES = 2_000;

/** The body with its edits, ready to send: in pieces when it is too big to be copied for them. */
export function editedBody(bytes: Buffer, edits: readonly Edit[]): Buffer | Buffer[] {
  return bytes.length > COPY_BYTES && edits.length <= MOST_PIECES ? splicePieces(bytes, edits) : splice(bytes, edits);
}

export interface PlainBody {
  body: Buffer | Buffer[];
  /** Names of the rules that changed something. */
  rules: Words[];
  /** Parameters left out, for the answer header. */
  dropped: string[];
  /** We asked for usage, the client did not. */
  hideUsage: boolean;
}

/** @param kept what is put back into the history (keptHistory.ts). */
export function plainBody(
  request: ClientRequest,
  target: Target,
  route: ModelRoute,
  kept?: { edits: readonly Edit[]; rules: readonly Words[] },
): PlainBody {
  const { bytes, entries } = request;
  const { backend } = target;
  const edits: Edit[] = [...(kept?.edits ?? [])];
  const rules: Words[] = [...(kept?.rules ?? [])];
  const set = new Map<string, string>();

  const name = JSON.stringify(target.upstreamModel);
  const model = request.entry('model');
  if (!model ? !backend.quirks.deploymentPaths : bytes.toString('utf8', model.start, model.end) !== name)
    set.set('model', name);

  const wire = WIRE_OF[route];
  const refused = wire ? refusedOf(request, target) : backend.unsupportedParams;
  const facts = wire && factEdits(request, target, wire, refused);
  edits.push(...(facts?.edits ?? []));
  rules.push(...(facts?.rules ?? []));
  // What the backend refuses, or a fact of the model rules out, goes whoever wrote it.
  const goes = (key: string): boolean => refused.includes(key) || facts?.remove.includes(key) === true;
  const remove = new Set<number>();
  const dropped = new Set(facts?.dropped);
  entries.forEach((entry, index) => {
    if (entry.key === 'model') return;
    if (goes(entry.key)) remove.add(index);
    if (!refused.includes(entry.key)) return;
    if (!dropped.has(entry.key)) rules.push(say.dropped(entry.key));
    dropped.add(entry.key);
  });

  const shaped = wire === 'chat' ? messageEdits(request, target) : undefined;
  edits.push(...(shaped?.edits ?? []));
  rules.push(...(shaped?.rules ?? []));
  const roles = roleEdits(
    request,
    wire ? rewritesFor(target, quirksFor(target)) : backend.roleRewrites,
    shaped?.settled,
  );
  if (roles.length > 0) rules.push(say.rolesRewritten);
  edits.push(...roles);

  const added = addedEntries(request, target, route, rules, goes);
  for (const [key, text] of Object.entries({ ...added.entries, ...facts?.set })) if (!goes(key)) set.set(key, text);
  const append: [string, string][] = [];
  for (const [key, text] of set) {
    const old = request.entry(key);
    if (old) edits.push({ start: old.start, end: old.end, text });
    else append.push([key, text]);
  }
  edits.push(...editObject(bytes, entries, { remove, append }));
  return {
    body: editedBody(bytes, edits),
    rules,
    dropped: [...dropped],
    hideUsage: added.hideUsage,
  };
}

function addedEntries(
  request: ClientRequest,
  target: Target,
  route: ModelRoute,
  rules: Words[],
  goes: (key: string) => boolean,
): { entries: Record<string, string>; hideUsage: boolean } {
  const added: Record<string, string> = {};
  const { quirks, unsupportedParams } = target.backend;
  let hideUsage = false;
  if (target.variantEffort && route === 'chat/completions' && !goes('reasoning_effort')) {
    added.reasoning_effort = JSON.stringify(target.variantEffort);
    rules.push(say.effort(target.variantEffort));
  }
  const chatLike = route === 'chat/completions' || route === 'completions';
  if (
    request.stream &&
    !request.includeUsage &&
    chatLike &&
    quirks.streamUsage &&
    !unsupportedParams.includes('stream_options')
  ) {
    const options =
      request.entry('stream_options')?.kind === 'object' ? (request.value('stream_options') as object) : {};
    added.stream_options = JSON.stringify({ ...options, include_usage: true });
    hideUsage = true;
  }
  const hasLimit = request.entry('max_tokens') || request.entry('max_completion_tokens');
  if (route === 'chat/completions' && quirks.reserveTokens && !hasLimit) {
    added[quirks.maxTokensField] = String(quirks.reserveTokens);
    rules.push(say.limitSet);
  }
  return { entries: added, hideUsage };
}

/** Role fields of the messages (or Responses items) that a backend wants renamed. */
function roleEdits(
  request: ClientRequest,
  rewrites: Readonly<Record<string, string>>,
  settled?: ReadonlySet<number>,
): Edit[] {
  const edits: Edit[] = [];
  if (Object.keys(rewrites).length === 0) return edits;
  for (const key of ['messages', 'input']) {
    const list = request.entry(key);
    if (list?.kind !== 'array') continue;
    for (const item of scanArray(request.bytes, list.start)) {
      if (item.kind !== 'object' || settled?.has(item.start)) continue;
      const role = scanObject(request.bytes, item.start).find((entry) => entry.key === 'role');
      if (role?.kind !== 'string') continue;
      const to = entryOf(rewrites, readString(request.bytes, role));
      if (to !== undefined) edits.push({ start: role.start, end: role.end, text: JSON.stringify(to) });
    }
  }
  return edits;
}
