/** Anthropic Messages: the conversation as an upstream body. */
import type { EmitTarget } from './codec';
import type { Conversation, JsonObject, JsonValue, ReasoningRequest, TextPart, Tool, Turn } from './conversation';
import { wrapCustomTools } from './customTools';
import { budgetOfEffort, effortOf, MIN_THINKING_BUDGET, wantsReasoning } from './effort';
import { addCacheMarks } from './messagesCache';
import { emitMessages } from './messagesTurns';
import { pairTools } from './pairing';
import { arrayOf, isObject, numberOf } from './read';
import { distinctTools, formatSchema, toolParameters, toolStrict } from './schema';
import { leaveOutUnbound } from './thinkingBlocks';

/** `max_tokens` is required here; what a request without one gets where the model's limit is unknown. */
const DEFAULT_MAX_TOKENS = 8192;
/** How far `max_tokens` is raised for a thinking budget where the model's limit is unknown; every thinking model takes it. */
const DEFAULT_MAX_WITH_THINKING = 32000;
/** Room for the answer beside the thinking. */
const ANSWER_ROOM = 4096;
const CONTINUE: JsonObject = { role: 'user', content: [{ type: 'text', text: 'Continue.' }] };
const JSON_ONLY = 'Answer with one valid JSON object and nothing else: no prose, no code fence.';

/**
 * Body for an upstream that speaks Messages: alternating roles, results right after their calls, no empty blocks,
 * thinking within the provider's rules (N10, N25, N35, N36). The same conversation gives the same text, and a longer
 * one the same beginning, so prompt caches hold.
 */
export function emitMessagesRequest(source: Conversation, target: EmitTarget): JsonObject {
  const conversation = wrapCustomTools(source);
  const fields = conversation.extra?.wire === 'messages' ? conversation.extra.fields : {};
  const { system, rest } = takeSystem(conversation);
  const turns = pairTools(rest, target.maxIdLength);
  const messages = emitMessages(turns);
  const tools = emitTools(conversation, turns, target);
  const limit = target.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  const asked = conversation.maxOutputTokens ?? target.maxOutputTokens ?? DEFAULT_MAX_TOKENS;
  const body: JsonObject = { model: target.model, max_tokens: Math.max(1, Math.min(asked, limit)) };
  if (system.length > 0) body.system = system;
  body.messages = messages;
  if (tools.length > 0) body.tools = tools;
  const choice = emitToolChoice(conversation, tools.length > 0);
  if (choice) body.tool_choice = choice;
  const thinks = emitThinking(body, conversation, messages, target);
  // Beside thinking, and by models from 4.6 on, an answer to be continued is refused: it has to be asked for.
  if ((thinks || target.reasoningField === 'adaptive') && messages.at(-1)?.role === 'assistant')
    messages.push(CONTINUE);
  emitOutputConfig(body, conversation, fields, target);
  emitParameters(body, conversation, thinks, target);
  if (target.bindsThinking) leaveOutUnbound(body);
  if (conversation.cacheControl) body.cache_control = conversation.cacheControl;
  for (const [key, value] of Object.entries(fields)) if (!(key in body)) body[key] = value;
  if (conversation.stream) body.stream = true;
  if (target.addCacheControl) addCacheMarks(body);
  for (const key of target.unsupportedParams) delete body[key];
  return body;
}

/** Leading system and developer turns as `system` blocks; those in the middle stay where they are (messagesTurns). */
function takeSystem(conversation: Conversation): { system: JsonObject[]; rest: Turn[] } {
  const { turns } = conversation;
  let count = 0;
  while (turns[count]?.role === 'system' || turns[count]?.role === 'developer') count++;
  const texts = turns
    .slice(0, count)
    .flatMap((turn) => turn.parts.filter((part): part is TextPart => part.type === 'text' && /\S/.test(part.text)));
  const system = texts.map(
    (part): JsonObject => ({
      type: 'text',
      text: part.text,
      ...(part.cacheControl && { cache_control: part.cacheControl }),
    }),
  );
  if (conversation.responseFormat?.type === 'json_object') system.push({ type: 'text', text: JSON_ONLY });
  return { system, rest: turns.slice(count) };
}

function emitTools(conversation: Conversation, turns: readonly Turn[], target: EmitTarget): JsonValue[] {
  const { toolChoice } = conversation;
  const allowed = toolChoice?.type === 'allowed' ? new Set(toolChoice.names) : undefined;
  const tools = distinctTools(conversation.tools).flatMap((tool) => emitTool(tool, allowed, target));
  return tools.length > 0 ? tools : toolsOfHistory(turns);
}

function emitTool(tool: Tool, allowed: ReadonlySet<string> | undefined, target: EmitTarget): JsonValue[] {
  if (tool.kind === 'opaque') return tool.wire === 'messages' && !allowed ? [tool.value] : [];
  // Custom tools have been wrapped: what is left are functions.
  if (tool.kind !== 'function' || (allowed && !allowed.has(tool.name))) return [];
  const emitted: JsonObject = { name: tool.name };
  if (tool.description !== undefined) emitted.description = tool.description;
  emitted.input_schema = toolParameters(tool, target) ?? { type: 'object', properties: {} };
  const strict = toolStrict(tool.strict, target);
  if (strict) emitted.strict = true;
  for (const key of ['type', 'eager_input_streaming', 'defer_loading', 'allowed_callers', 'input_examples']) {
    // What Responses defers or reserves for programs, it looks up itself: no field of that name means the same here.
    if (tool.wire !== 'responses' && tool.extra?.[key] !== undefined) emitted[key] = tool.extra[key] as JsonValue;
  }
  if (tool.cacheControl) emitted.cache_control = tool.cacheControl;
  return [emitted];
}

/** A history with calls needs tools even when the client sends none any more; they are declared, not offered. */
function toolsOfHistory(turns: readonly Turn[]): JsonValue[] {
  const names = new Set<string>();
  for (const turn of turns) for (const part of turn.parts) if (part.type === 'toolCall') names.add(part.name);
  return [...names].map((name) => ({ name, input_schema: { type: 'object' } }));
}

function emitToolChoice(conversation: Conversation, hasTools: boolean): JsonObject | undefined {
  if (!hasTools) return undefined;
  const { toolChoice: choice, tools } = conversation;
  if (!tools || tools.length === 0 || choice?.type === 'none') return { type: 'none' };
  const emitted = choiceObject(choice);
  // A choice of a tool that is not there is refused; the model is left free instead.
  if (choice?.type === 'tool' && !tools.some((tool) => nameOf(tool) === choice.name)) {
    return conversation.parallelToolCalls === false ? { type: 'auto', disable_parallel_tool_use: true } : undefined;
  }
  // An allow-list of one that must be used is that tool.
  if (choice?.type === 'allowed' && choice.mode === 'required' && choice.names.length === 1) {
    emitted.type = 'tool';
    emitted.name = choice.names[0] as string;
  }
  if (conversation.parallelToolCalls === false) emitted.disable_parallel_tool_use = true;
  return choice || conversation.parallelToolCalls === false ? emitted : undefined;
}

/** Tools that the provider runs itself have a name, too. */
function nameOf(tool: Tool): JsonValue | undefined {
  if (tool.kind !== 'opaque') return tool.name;
  return tool.wire === 'messages' && isObject(tool.value) ? tool.value.name : undefined;
}

function choiceObject(choice: Conversation['toolChoice']): JsonObject {
  if (choice?.type === 'tool') return { type: 'tool', name: choice.name };
  const required = choice?.type === 'required' || (choice?.type === 'allowed' && choice.mode === 'required');
  return { type: required ? 'any' : 'auto' };
}

/**
 * Thinking in the form this model takes (N35). Returns whether it is on. A forced tool wins over thinking (N36); with a
 * budget an open tool turn must begin with its thinking, so without that block thinking rests for this request (S6).
 */
function emitThinking(
  body: JsonObject,
  conversation: Conversation,
  messages: JsonObject[],
  target: EmitTarget,
): boolean {
  const { reasoning } = conversation;
  const mode = target.reasoningField;
  if (!reasoning || (mode !== 'thinking' && mode !== 'adaptive')) return false;
  const choice = (body.tool_choice as JsonObject | undefined)?.type;
  if (!wantsReasoning(reasoning) || choice === 'any' || choice === 'tool') {
    const off = thinkingOff(reasoning, target);
    if (off) body.thinking = { type: off };
    return false;
  }
  if (mode === 'adaptive') {
    body.thinking = { type: 'adaptive', ...(reasoning.summary !== undefined && { display: 'summarized' }) };
    return true;
  }
  if (openTurnLacksThinking(messages)) return false;
  const budget = reasoning.budgetTokens ?? budgetOfEffort(reasoning.effort ?? 'medium');
  const fitted = fitBudget(body.max_tokens as number, Math.max(MIN_THINKING_BUDGET, budget), target.maxOutputTokens);
  if (!fitted) return false;
  body.max_tokens = fitted.maxTokens;
  body.thinking = fitted.thinking;
  return true;
}

/** How a wish for no thinking is written; undefined where leaving thinking out says it, and where the model always thinks. */
function thinkingOff(reasoning: ReasoningRequest, { thinksUnasked, thinkingOff: off }: EmitTarget): string | undefined {
  const said = reasoning.disabled || (thinksUnasked && reasoning.effort === 'none');
  return !said || off === 'never' ? undefined : (off ?? 'disabled');
}

interface BudgetThinking {
  thinking: JsonObject;
  maxTokens: number;
}

/** `budget_tokens` below `max_tokens`: the latter is raised as far as the model allows, else the budget shrinks. */
function fitBudget(asked: number, budget: number, limit: number | undefined): BudgetThinking | undefined {
  const cap = limit ?? Math.max(asked, DEFAULT_MAX_WITH_THINKING);
  const maxTokens = asked > budget ? asked : Math.min(cap, budget + Math.max(asked, ANSWER_ROOM));
  const fitting = budget < maxTokens ? budget : maxTokens - Math.min(ANSWER_ROOM, maxTokens >> 1);
  if (fitting < MIN_THINKING_BUDGET || fitting >= maxTokens) return undefined;
  return { maxTokens, thinking: { type: 'enabled', budget_tokens: fitting } };
}

/** Adaptive thinking of a Messages body as a budget; undefined where thinking with one would be refused (N36, S6). */
export function budgetThinking(
  body: JsonObject,
  effort: string,
  limit: number | undefined,
): BudgetThinking | undefined {
  const choice = isObject(body.tool_choice) ? body.tool_choice.type : undefined;
  if (choice === 'any' || choice === 'tool' || openTurnLacksThinking(arrayOf(body.messages).filter(isObject)))
    return undefined;
  return fitBudget(numberOf(body.max_tokens) ?? DEFAULT_MAX_TOKENS, budgetOfEffort(effort), limit);
}

/**
 * The conversation stands in the middle of a tool turn whose first answer does not begin with thinking. Later answers
 * of the same turn need none: a model thinks once before its first call unless it thinks between them.
 */
function openTurnLacksThinking(messages: JsonObject[]): boolean {
  let first: JsonObject | undefined;
  for (let at = messages.length - 1; at > 0; at -= 2) {
    const results = arrayOf(messages[at]?.content).filter(isObject);
    if (messages[at]?.role !== 'user' || !results.some((block) => block.type === 'tool_result')) break;
    first = arrayOf(messages[at - 1]?.content).find(isObject);
  }
  return first !== undefined && first.type !== 'thinking' && first.type !== 'redacted_thinking';
}

function emitOutputConfig(body: JsonObject, conversation: Conversation, fields: JsonObject, target: EmitTarget): void {
  const config: JsonObject = {};
  const { reasoning, responseFormat } = conversation;
  if (target.reasoningField === 'adaptive' && wantsReasoning(reasoning)) {
    const effort = effortOf(reasoning);
    if (effort !== undefined) config.effort = effort === 'minimal' ? 'low' : effort;
  } else if (target.reasoningField === 'thinking' && reasoning?.effort && reasoning.budgetTokens !== undefined) {
    // Only a client of this wire names both, and then its model takes both.
    config.effort = reasoning.effort;
  }
  if (responseFormat?.type === 'json_schema') {
    const schema = closeObjects(
      formatSchema(responseFormat.schema, true, { ...target, schemaDialect: 'anthropicTools' }),
    ) as JsonObject;
    config.format = { type: 'json_schema', schema };
  }
  Object.assign(config, fields.output_config);
  if (Object.keys(config).length > 0) body.output_config = config;
}

const SCHEMA_MAPS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
const SCHEMAS: ReadonlySet<string> = new Set(['items', 'prefixItems', 'anyOf', 'allOf', 'oneOf', 'not']);

/** Structured output wants every object closed; OpenAI's schemas without `strict` may leave that open. */
function closeObjects(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(closeObjects);
  if (!isObject(value)) return value;
  const closed: JsonObject = {};
  for (const [key, entry] of Object.entries(value)) {
    if (SCHEMA_MAPS.has(key) && isObject(entry)) {
      closed[key] = Object.fromEntries(Object.entries(entry).map(([name, schema]) => [name, closeObjects(schema)]));
    } else closed[key] = SCHEMAS.has(key) ? closeObjects(entry) : entry;
  }
  if (value.type === 'object' && !isObject(value.additionalProperties)) closed.additionalProperties = false;
  return closed;
}

/** Sampling parameters; with thinking on the provider refuses them (N36), and newer models take only one of two. */
function emitParameters(body: JsonObject, conversation: Conversation, thinks: boolean, target: EmitTarget): void {
  const { temperature, topP, topK, stop, serviceTier, user } = conversation;
  if (!thinks) {
    if (temperature !== undefined) body.temperature = Math.min(1, Math.max(0, temperature));
    else if (topP !== undefined) body.top_p = topP;
    if (topK !== undefined && topK > 0) body.top_k = topK;
  }
  const sequences = stop?.filter((sequence) => /\S/.test(sequence)) ?? [];
  if (sequences.length > 0) body.stop_sequences = sequences;
  if (serviceTier === 'auto' || serviceTier === 'standard_only') body.service_tier = serviceTier;
  if (target.metadata && user !== undefined) body.metadata = { user_id: user };
}
