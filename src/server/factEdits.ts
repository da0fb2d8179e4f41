/**
 * What is known of a model, applied to a body that stays on its wire (issue 15 §2): documented refusals are left out,
 * efforts become words the model takes. Small spans are edited; everything else keeps its bytes.
 */
import { takesSystemWithin } from '../models/families';
import type { Target } from '../routing/backend';
import { documentedRefusals, knownFamily, modelNameOf, quirksFor } from '../routing/build';
import { isForced, LEAST_TEMPERATURE, THINKING_OFF } from '../wires/chatEmit';
import type { JsonValue } from '../wires/conversation';
import { nearestEffort, wordsOf } from '../wires/effort';
import { editObject, itemsOf, type JsonEntry, readString, scanArray, scanObject } from '../wires/jsonText';
import { mayHaveTooManyMarks } from '../wires/messagesCache';
import { isObject } from '../wires/read';
import { say as wires } from '../wires/sentences';
import type { Wire } from '../wires/wire';
import type { ClientRequest } from './clientRequest';
import type { FactEdits } from './planTypes';
import { say } from './sentences';
import { editThinkingForm } from './thinkingForm';
import { renamesKeys, schemaEdits } from './toolEdits';

/** Asked for by name: whoever wants these is told the refusal instead of an answer without them. */
const BINDING = ['logprobs', 'top_logprobs', 'stop'];
const SAMPLING_WHEN_SILENT = ['temperature', 'top_p'];

const EFFORT_IN: Readonly<Record<Wire, string>> = {
  chat: 'reasoning_effort',
  responses: 'reasoning',
  messages: 'output_config',
};

/** Top-level parameters of this request that the provider or the maker of the model documents as refused. */
export function refusedOf(request: ClientRequest, target: Target): readonly string[] {
  const { backend } = target;
  if (backend.keepsBytes) return backend.ownUnsupportedParams ?? [];
  const family = knownFamily(target);
  if (!family?.unsupportedParams) return backend.unsupportedParams;
  const takes = silentTakes(request, family.silentTakesSampling) ? SAMPLING_WHEN_SILENT : [];
  const documented = documentedRefusals(target).filter((name) => !BINDING.includes(name) && !takes.includes(name));
  return [...backend.unsupportedParams, ...documented];
}

function silentTakes(request: ClientRequest, rule: 'byDefault' | 'asked' | undefined): boolean {
  if (rule === undefined) return false;
  const effort = effortEntry(request, 'chat') ?? effortEntry(request, 'responses');
  return effort ? readString(request.bytes, effort) === 'none' : rule === 'byDefault';
}

/** Edits inside top-level values: the effort, and the verbosity of Responses. `refused` goes as a whole elsewhere. */
export function factEdits(request: ClientRequest, target: Target, wire: Wire, refused: readonly string[]): FactEdits {
  const found: FactEdits = { edits: [], rules: [], dropped: [], set: {}, remove: [] };
  if (target.backend.keepsBytes) return found;
  if (wire === 'chat') editThinking(request, target, refused, found);
  if (wire === 'messages') editThinkingForm(request, target, found);
  if (!refused.includes('tools')) found.edits.push(...schemaEdits(request, target, wire));
  if (found.edits.length > 0) found.rules.push(say.schemaRepaired);
  editEffort(request, target, wire, refused, found);
  if (wire === 'responses' && refused.includes('verbosity') && !refused.includes('text'))
    dropInside(request, 'text', 'verbosity', found);
  return found;
}

/** N36: a forced tool wins over thinking; an effort of `none` is the switch; a temperature of 0 where 0 is refused. */
function editThinking(request: ClientRequest, target: Target, refused: readonly string[], found: FactEdits): void {
  const { forcedChoice, thinkingSwitch, aboveZero } = quirksFor(target);
  const choice = request.entry('tool_choice');
  const effort = effortEntry(request, 'chat');
  const silent =
    thinkingSwitch &&
    // A variant that we listed beats the field (N28).
    target.variantEffort === undefined &&
    effort &&
    readString(request.bytes, effort) === 'none';
  const forced = forcedChoice === 'silent' && choice && isForced(request.value('tool_choice') as JsonValue);
  if (silent || forced) {
    found.set.thinking = JSON.stringify(THINKING_OFF);
    found.remove.push('reasoning_effort');
    found.rules.push(forced ? wires.toolForced : say.thinkingOff);
  }
  const temperature = request.entry('temperature');
  if (aboveZero && temperature && !refused.includes('temperature') && request.value('temperature') === 0) {
    found.set.temperature = String(LEAST_TEMPERATURE);
    found.rules.push(wires.temperature(0, LEAST_TEMPERATURE));
  }
}

function editEffort(
  request: ClientRequest,
  target: Target,
  wire: Wire,
  refused: readonly string[],
  found: FactEdits,
): void {
  const entry = effortEntry(request, wire);
  // A variant that we listed is written over it.
  if (!entry || target.variantEffort !== undefined) return;
  const written = EFFORT_IN[wire];
  if (refused.includes(written) || found.remove.includes(written) || found.set[written] !== undefined) return;
  const asked = readString(request.bytes, entry);
  const effort = nearestEffort(asked, wordsOf(target.abilities, wire));
  if (effort === asked) return;
  found.edits.push({ start: entry.start, end: entry.end, text: JSON.stringify(effort) });
  found.rules.push(wires.effortBecame(asked, effort));
}

/** Where a body of this wire has its effort word. */
function effortEntry(request: ClientRequest, wire: Wire): JsonEntry | undefined {
  const key = EFFORT_IN[wire];
  const entry = wire === 'chat' ? request.entry(key) : inside(request, key)?.findLast((one) => one.key === 'effort');
  return entry?.kind === 'string' ? entry : undefined;
}

function inside(request: ClientRequest, key: string): JsonEntry[] | undefined {
  const entry = request.entry(key);
  return entry?.kind === 'object' ? scanObject(request.bytes, entry.start) : undefined;
}

function dropInside(request: ClientRequest, outer: string, key: string, found: FactEdits): void {
  const entries = inside(request, outer);
  const at = entries?.findIndex((entry) => entry.key === key) ?? -1;
  if (!entries || at < 0) return;
  found.edits.push(...editObject(request.bytes, entries, { remove: new Set([at]) }));
  found.dropped.push(`${outer}.${key}`);
  found.rules.push(say.dropped(`${outer}.${key}`));
}

/** Parameters of a request that goes on in another form and that the target refuses; the emitters leave them out. */
export function leftOut(request: ClientRequest, target: Target): string[] {
  const refused = refusedOf(request, target);
  return [
    ...new Set(request.entries.flatMap(({ key, kind }) => (kind !== 'null' && refused.includes(key) ? [key] : []))),
  ];
}

/**
 * A system message among the messages, which this model refuses: Claude Code sends some to every name that it does not know as an
 * old model's, an alias for example. Read whole, it goes on as marked text of the user (messagesTurns).
 */
export function hasSystemWithin({ bytes, entry }: ClientRequest, { upstreamModel, model }: Target): boolean {
  const list = entry('messages');
  if (list?.kind !== 'array' || !bytes.includes('"system"')) return false;
  if (takesSystemWithin(modelNameOf(upstreamModel, model))) return false;
  for (const { kind, start } of itemsOf(bytes, list.start)) {
    const role = kind === 'object' ? scanObject(bytes, start).findLast(({ key }) => key === 'role') : undefined;
    if (role?.kind === 'string' && bytes.toString('latin1', role.start, role.end) === '"system"') return true;
  }
  return false;
}

/**
 * Tools of free text, or tools that stand among the items (Codex), for a server that knows neither: it leaves them out, and
 * the model calls what Codex cannot read (CLIProxyAPI#5753, sub2api#5659, cc-switch-cli#466). What leans on stored state
 * can only go on as it is.
 */
function hasUnknownTools(request: ClientRequest, target: Target): boolean {
  const { abilities, backend, model } = target;
  if (abilities.customTools === 'keep') return false;
  // A relay of OpenAI's models is asked as OpenAI is, unless the settings say what it knows.
  const written = model?.customTools ?? backend.ownAbilities?.customTools;
  if (written === undefined && knownFamily(target)?.abilities.customTools === 'keep') return false;
  if (['previous_response_id', 'conversation'].some((key) => (request.entry(key)?.kind ?? 'null') !== 'null'))
    return false;
  const tools = request.entry('tools')?.kind === 'array' ? (request.value('tools') as JsonValue[]) : [];
  return tools.some((tool) => isObject(tool) && tool.type === 'custom') || request.bytes.includes('"additional_tools"');
}

/** A fact that an edit of small spans cannot satisfy: the answer is cut here at stop sequences the provider would not take. */
export function needsWholeRequest(request: ClientRequest, target: Target, wire: Wire | undefined): boolean {
  if (target.backend.keepsBytes) return false;
  if (wire === 'messages')
    return mayHaveTooManyMarks(request.bytes) || renamesKeys(request, target, wire) || hasSystemWithin(request, target);
  if (wire === 'responses') return hasUnknownTools(request, target);
  if (wire !== 'chat') return false;
  const format = request.entry('response_format');
  if (quirksFor(target).jsonSchema === 'prompt' && format?.kind === 'object')
    return (request.value('response_format') as { type?: unknown }).type === 'json_schema';
  const stop = request.entry('stop');
  if (!stop || stop.kind === 'null') return false;
  const refused =
    knownFamily(target)?.unsupportedParams?.includes('stop') && !target.backend.unsupportedParams.includes('stop');
  const { maxStops } = quirksFor(target);
  return (
    refused ||
    (maxStops !== undefined && stop.kind === 'array' && scanArray(request.bytes, stop.start).length > maxStops)
  );
}
