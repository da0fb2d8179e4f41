/**
 * What kind of request a body is, for `routes` (issue 24 §6): told from the body alone, and of a conversation in which tools
 * have been called from what stood before the first call, so that no turn changes it. Pure but for the kinds it remembers.
 */
import { createHash } from 'node:crypto';
import type { Kind, KindRoutes } from '../routing/kinds';
import type { JsonObject, JsonValue } from '../wires/conversation';
import { isPicture } from '../wires/pictures';
import { arrayOf, isObject } from '../wires/read';
import { estimateInputTokens } from '../wires/tokens';

/** Tokens from which an input is long, where the settings say nothing. */
const LONG_INPUT = 60_000;
/** Titles, summaries and the like ask for no more than this, and bring no tools. */
const BACKGROUND_OUTPUT = 1_024;
const CALLS: ReadonlySet<JsonValue | undefined> = new Set(['tool_use', 'tool_result']);
/** How Claude Code marks the requests of its subagents (its attribution block, since 2.1), and how their prompt begins. */
const SUBAGENT = /cc_is_subagent=true|You are an agent for Claude Code/;
const SYSTEM_LENGTH = 4_000;

export interface KindMemory {
  of(body: JsonObject, routes: KindRoutes): Kind | undefined;
}

const MAX_BEGINNINGS = 2_000;

export function createKindMemory(): KindMemory {
  const begun = new Map<string, Kind | undefined>();
  return {
    of(body, routes) {
      const turns = turnsOf(body);
      const before = beforeCalls(turns);
      const key = beginning(body, before);
      if (before.length < turns.length && begun.has(key)) return begun.get(key);
      const kind = kindOf({ ...body, ...(body.messages ? { messages: before } : { input: before }) }, before, routes);
      begun.delete(key);
      begun.set(key, kind);
      if (begun.size > MAX_BEGINNINGS) begun.delete(begun.keys().next().value!);
      return kind;
    },
  };
}

/** The first that the settings have a route for; what a model cannot take comes before what is merely dear. */
function kindOf(body: JsonObject, turns: readonly JsonValue[], routes: KindRoutes): Kind | undefined {
  if (routes.images !== undefined && turns.some(hasImage)) return 'images';
  if (routes.longInput !== undefined && estimateInputTokens(body) > (routes.longInputTokens ?? LONG_INPUT))
    return 'longInput';
  if (routes.subagent !== undefined && SUBAGENT.test(systemText(body, turns))) return 'subagent';
  if (routes.background !== undefined && isBackground(body)) return 'background';
  return undefined;
}

function turnsOf({ messages, input }: JsonObject): JsonValue[] {
  return Array.isArray(messages) ? messages : arrayOf(input);
}

function beforeCalls(turns: JsonValue[]): JsonValue[] {
  const first = turns.findIndex(isCall);
  return first < 0 ? turns : turns.slice(0, first);
}

function isCall(turn: JsonValue): boolean {
  if (!isObject(turn)) return false;
  if (turn.role === 'tool' || arrayOf(turn.tool_calls).length > 0) return true;
  if (typeof turn.type === 'string' && /_call(_output)?$/.test(turn.type)) return true;
  return arrayOf(turn.content).some((part) => isObject(part) && CALLS.has(part.type));
}

function hasImage(turn: JsonValue): boolean {
  return isObject(turn) && arrayOf(turn.content).some((part) => isObject(part) && isPicture(part.type));
}

function systemText(body: JsonObject, turns: readonly JsonValue[]): string {
  const lead = turns.filter((turn) => isObject(turn) && (turn.role === 'system' || turn.role === 'developer'));
  return JSON.stringify([body.system, body.instructions, lead]).slice(0, SYSTEM_LENGTH);
}

function isBackground(body: JsonObject): boolean {
  if (arrayOf(body.tools).length > 0) return false;
  const limit = body.max_tokens ?? body.max_completion_tokens ?? body.max_output_tokens;
  return typeof limit === 'number' && limit <= BACKGROUND_OUTPUT;
}

/** One conversation by how it begins: ids of sessions are shared by an agent and its subagents. */
function beginning(body: JsonObject, before: readonly JsonValue[]): string {
  const user = before.find((turn) => isObject(turn) && turn.role === 'user');
  const subagent = SUBAGENT.test(systemText(body, before));
  return createHash('sha256')
    .update(JSON.stringify([body.model, textOf(user), subagent]))
    .digest('base64url');
}

/** Without cache marks, which move from turn to turn. */
function textOf(turn: JsonValue | undefined): JsonValue {
  if (!isObject(turn)) return null;
  if (!Array.isArray(turn.content)) return turn.content ?? null;
  return turn.content.map((part) => (isObject(part) ? (part.text ?? part.type ?? null) : part));
}
