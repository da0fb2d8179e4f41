/** How the model list is told: OpenAI's shape, or Anthropic's to a client that speaks its API. Pure. */

import { modelFacts, targetPrice } from '../ledger/prices';
import { modelSenses } from '../models/families';
import type { Target } from '../routing/backend';
import { emitTargetFor, modelNameOf } from '../routing/build';
import { ownName } from '../routing/claudeCodeNames';
import type { JsonObject } from '../wires/conversation';

/** One model in OpenAI's list, with what is known of it beside that. `served`: its window as the backend itself tells it. */
export function modelEntry(id: string, target?: Target, served?: number): JsonObject {
  return { id, object: 'model', created: 0, owned_by: 'llm-router', ...(target && factsOf(target, served)) };
}

/** Facts of a model in OpenRouter's spelling, which clients read already; what nobody says stays out. */
function factsOf(target: Target, served: number | undefined): JsonObject {
  const name = modelNameOf(target.upstreamModel, target.model);
  const table = modelFacts(target.backend, name);
  const window = served ?? table.contextWindow;
  const largest = target.abilities.maxOutputTokens ?? table.maxOutput;
  const { tools, images: sees } = modelSenses(name);
  // What is told in words is taken all the same.
  const images = target.model?.imagesBy === undefined ? sees : true;
  const price = targetPrice(target);
  return {
    ...(window !== undefined && { context_length: window }),
    ...(largest !== undefined && { top_provider: { max_completion_tokens: largest } }),
    ...(images !== undefined && { architecture: { input_modalities: images ? ['text', 'image'] : ['text'] } }),
    ...(price && { pricing: { prompt: perToken(price.input), completion: perToken(price.output) } }),
    ...(tools !== undefined && { supported_parameters: parametersOf(target, tools) }),
  };
}

/** A client takes what is missing here for refused: only of models of which it is known whether they take tools. */
function parametersOf(target: Target, tools: boolean): string[] {
  const refused = new Set(emitTargetFor(target).unsupportedParams);
  const { reasoningField, efforts, effortWords = efforts } = target.abilities;
  const thinks = reasoningField !== 'none' && effortWords.length > 0;
  return [
    'max_tokens',
    ...['temperature', 'top_p', 'stop'].filter((name) => !refused.has(name)),
    ...(thinks ? ['reasoning', 'reasoning_effort'] : []),
    ...(tools ? ['tools', 'tool_choice'] : []),
  ];
}

/** US dollars per token without an exponent; the table has them per million. */
function perToken(perMillion: number): string {
  return (perMillion / 1e6).toFixed(12).replace(/\.?0+$/, '');
}

/** Largest page of Anthropic's list (platform.claude.com, Models API, 2026-11). */
const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 20;

/** One model as Anthropic tells it. */
export function anthropicModelEntry(id: string): object {
  return { type: 'model', id, display_name: ownName(id), created_at: '1970-01-01T00:00:00Z' };
}

/**
 * Anthropic's list, which Claude Code asks for with `anthropic-version`: paged by `limit` and `after_id`. An `after_id` that
 * is not in the list begins at the start.
 */
export function anthropicModelList(ids: readonly string[], query: URLSearchParams): object {
  const asked = Number.parseInt(query.get('limit') ?? '', 10);
  const size = asked > 0 ? Math.min(asked, MAX_PAGE) : DEFAULT_PAGE;
  const from = ids.indexOf(query.get('after_id') ?? '') + 1;
  const page = ids.slice(from, from + size);
  return {
    data: page.map(anthropicModelEntry),
    has_more: from + size < ids.length,
    first_id: page[0] ?? null,
    last_id: page.at(-1) ?? null,
  };
}
