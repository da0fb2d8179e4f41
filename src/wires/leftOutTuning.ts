/** What only tunes an answer and goes on in another form, or has no field on the wire of the provider: told in the client's words (16, the law). */
import type { Said } from '../said';
import { isForced } from './chatEmit';
import type { Conversation, JsonObject, JsonValue } from './conversation';
import { wantsReasoning } from './effort';
import { isObject } from './read';
import { say } from './sentences';

/** Paths of a body under which a parameter may stand, whatever the wire. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  temperature: ['temperature'],
  top_p: ['top_p'],
  top_k: ['top_k'],
  seed: ['seed'],
  frequency_penalty: ['frequency_penalty'],
  presence_penalty: ['presence_penalty'],
  verbosity: ['verbosity', 'text.verbosity'],
  effort: ['reasoning_effort', 'reasoning', 'thinking', 'output_config.effort'],
  parallel_tool_calls: ['parallel_tool_calls', 'tool_choice.disable_parallel_tool_use'],
  user: ['user', 'metadata.user_id', 'safety_identifier'],
  metadata: ['metadata'],
  service_tier: ['service_tier'],
};

/** In sentences for the story what of the conversation the body for the provider has otherwise, or not at all. */
export function tuningWords(asked: Conversation, body: JsonObject, unspoken: readonly string[]): Said[] {
  const { temperature, responseFormat, reasoning = {} } = asked;
  const { temperature: sent, thinking, response_format: format } = body;
  const words: Said[] = [];
  if (temperature !== undefined && typeof sent === 'number' && sent !== temperature)
    words.push(say.temperature(temperature, sent));
  if (responseFormat?.type === 'json_schema' && isObject(format) && format.type === 'json_object')
    words.push(say.schemaInWords);
  // A forced tool wins over thinking (N36).
  if (wantsReasoning(reasoning) && isForced(body.tool_choice) && isObject(thinking) && thinking.type === 'disabled')
    words.push(say.toolForced);
  const left = leftOutTuning(asked, body).filter((name) => !unspoken.includes(name));
  if (left.length > 0) words.push(say.notTaken(left));
  return words;
}

/** Names of what the conversation asks for and the body for the provider does not carry. */
export function leftOutTuning(asked: Conversation, body: JsonObject): string[] {
  const wanted: Record<string, unknown> = {
    temperature: asked.temperature,
    top_p: asked.topP,
    top_k: asked.topK,
    seed: asked.seed,
    frequency_penalty: asked.frequencyPenalty,
    presence_penalty: asked.presencePenalty,
    verbosity: asked.verbosity,
    effort: wantsReasoning(asked.reasoning) ? asked.reasoning : undefined,
    // Several at once is what everybody does without the field.
    parallel_tool_calls: asked.parallelToolCalls === false && (asked.tools?.length ?? 0) > 0 ? false : undefined,
    user: asked.user,
    metadata: asked.metadata,
    service_tier: asked.serviceTier,
  };
  return Object.entries(PLACES).flatMap(([name, places]) =>
    wanted[name] === undefined || places.some((place) => stands(body, place.split('.'))) ? [] : [name],
  );
}

function stands(value: JsonValue | undefined, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return value !== undefined;
  return isObject(value) && stands(value[step], rest);
}
