/** Finish reasons and token counts of Chat Completions, both directions. */
import type { FinishReason, JsonObject, JsonValue, Usage } from './conversation';
import { entryOf, numberOf, objectOf } from './read';

const READ_REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  end_turn: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  stop_sequence: 'stop',
  complete: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'toolCalls',
  tool_call: 'toolCalls',
  tool_use: 'toolCalls',
  function_call: 'toolCalls',
  content_filter: 'contentFilter',
  safety: 'contentFilter',
  recitation: 'contentFilter',
  sensitive: 'contentFilter',
  refusal: 'refusal',
};

/** Upstreams spell reasons in their own ways (`tool-calls`, `STOP`, `eos`); what none of them means is unknown (R7, R10). */
export function finishReasonOf(raw: string): FinishReason {
  return entryOf(READ_REASONS, raw) ?? entryOf(READ_REASONS, raw.toLowerCase().replaceAll('-', '_')) ?? 'unknown';
}

/** Counts in inclusive form: some upstreams leave thinking out of completion_tokens, or cache reads out of prompt_tokens. */
export function readUsage(value: JsonValue | undefined): Usage | undefined {
  const usage = objectOf(value);
  if (!usage) return undefined;
  const prompt = objectOf(usage.prompt_tokens_details) ?? objectOf(usage.input_tokens_details) ?? {};
  const completion = objectOf(usage.completion_tokens_details) ?? objectOf(usage.output_tokens_details) ?? {};
  let input = numberOf(usage.prompt_tokens) ?? numberOf(usage.input_tokens);
  let output = numberOf(usage.completion_tokens) ?? numberOf(usage.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  input ??= 0;
  output ??= 0;
  const cacheRead =
    numberOf(prompt.cached_tokens) ??
    numberOf(usage.prompt_cache_hit_tokens) ??
    numberOf(usage.cached_tokens) ??
    numberOf(usage.cache_read_input_tokens);
  const cacheWrite = numberOf(prompt.cache_write_tokens) ?? numberOf(usage.cache_creation_input_tokens);
  let reasoning = numberOf(completion.reasoning_tokens) ?? numberOf(usage.reasoning_tokens);
  const uncounted = (numberOf(usage.total_tokens) ?? 0) - input - output;
  if (uncounted > 0 && uncounted === (cacheRead ?? 0) + (cacheWrite ?? 0)) input += uncounted;
  else if (uncounted > 0) {
    output += uncounted;
    reasoning ??= uncounted;
  }
  const read: Usage = { input, output };
  if (cacheRead !== undefined) read.cacheRead = cacheRead;
  if (cacheWrite !== undefined) read.cacheWrite = cacheWrite;
  if (reasoning !== undefined) read.reasoning = reasoning;
  return read;
}

const WRITTEN_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  toolCalls: 'tool_calls',
  contentFilter: 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
  // Never dressed up as a regular end (R10): with no word at all, `[DONE]` alone would be taken for one.
  unknown: 'length',
};

/** This wire's word for a finish reason (R7). */
export function emitFinishReason(reason: FinishReason): string {
  return WRITTEN_REASONS[reason];
}

/** Usage in chat form (R20). */
export function emitChatUsage(usage: Usage): JsonObject {
  const prompt: JsonObject = {};
  if (usage.cacheRead !== undefined) prompt.cached_tokens = usage.cacheRead;
  if (usage.cacheWrite !== undefined) prompt.cache_write_tokens = usage.cacheWrite;
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    ...(Object.keys(prompt).length > 0 && { prompt_tokens_details: prompt }),
    ...(usage.reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: usage.reasoning } }),
  };
}
