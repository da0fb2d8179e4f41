/** OpenAI Responses: a provider's whole answer, its items, usage and endings. */
import { failureOf } from '../said';
import { argumentText } from './chatRequest';
import type { Answer, FinishReason, JsonObject, JsonValue, Part, ToolCallPart, Usage } from './conversation';
import { failureOfEvent } from './failure';
import { arrayOf, filledString, isObject, numberOf, objectOf, stringOf } from './read';
import { readReasoningItem } from './responsesRequest';
import { say } from './sentences';

/** Input and output counts are inclusive on this wire already. */
export function readResponsesUsage(value: JsonValue | undefined): Usage | undefined {
  const usage = objectOf(value);
  const input = numberOf(usage?.input_tokens);
  const output = numberOf(usage?.output_tokens);
  if (!usage || (input === undefined && output === undefined)) return undefined;
  const read: Usage = { input: input ?? 0, output: output ?? 0 };
  const inputDetails = objectOf(usage.input_tokens_details);
  const cacheRead = numberOf(inputDetails?.cached_tokens);
  if (cacheRead !== undefined) read.cacheRead = cacheRead;
  const cacheWrite = numberOf(inputDetails?.cache_write_tokens);
  if (cacheWrite !== undefined) read.cacheWrite = cacheWrite;
  const reasoning = numberOf(objectOf(usage.output_tokens_details)?.reasoning_tokens);
  if (reasoning !== undefined) read.reasoning = reasoning;
  return read;
}

/** Why the answer ended; an incomplete one without a reason we know stays unknown, never `stop` (R10). */
export function readFinish(response: JsonObject, hasCalls: boolean): { reason: FinishReason; raw?: string } {
  const status = stringOf(response.status);
  if (status !== 'incomplete') return { reason: hasCalls ? 'toolCalls' : 'stop', raw: status ?? 'completed' };
  const raw = filledString(objectOf(response.incomplete_details)?.reason);
  if (raw === 'max_output_tokens' || raw === 'max_tokens') return { reason: 'length', raw };
  if (raw === 'content_filter') return { reason: 'contentFilter', raw };
  return raw === undefined ? { reason: 'unknown' } : { reason: 'unknown', raw };
}

/** Items that end a turn with work for the client. */
export function isCall(item: JsonObject): boolean {
  return item.type === 'function_call' || item.type === 'custom_tool_call';
}

/** A complete Responses object. Throws Error when it is none or says that it failed. */
export function parseResponsesAnswer(body: JsonObject): Answer {
  if (!Array.isArray(body.output)) throw new Error('The provider sent no Responses object: `output` is missing.');
  const parts: Part[] = [];
  for (const item of body.output) if (isObject(item)) parts.push(...readOutputItem(item));
  const answer: Answer = { parts };
  const id = filledString(body.id);
  if (id) answer.id = id;
  const model = filledString(body.model);
  if (model) answer.model = model;
  const created = numberOf(body.created_at);
  if (created !== undefined) answer.created = created;
  if (body.status !== 'failed' && body.status !== 'in_progress' && body.status !== 'queued') {
    answer.finish = readFinish(
      body,
      parts.some((part) => part.type === 'toolCall'),
    );
  } else if (body.status === 'failed') {
    throw new Error(`The provider failed: ${failureOfEvent(body).message}`);
  }
  const usage = readResponsesUsage(body.usage);
  if (usage) answer.usage = usage;
  return answer;
}

function readOutputItem(item: JsonObject): Part[] {
  switch (item.type) {
    case 'message':
      return messageContent(item).flatMap((part) => readOutputPart(part, filledString(item.phase)));
    case 'function_call':
    case 'custom_tool_call':
      if (!filledString(item.name)) throw failureOf(say.namelessCall);
      return [{ type: 'toolCall', ...callHead(item), arguments: callPayload(item) ?? '' }];
    case 'reasoning':
      return [readReasoningItem(item)];
    default:
      return [{ type: 'opaque', wire: 'responses', value: item }];
  }
}

/** Parts of a message; some servers write its text plainly, or name it as chat does. */
export function messageContent({ content }: JsonObject): JsonObject[] {
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : arrayOf(content).filter(isObject);
  return parts.map((part) => (part.type === 'text' ? { ...part, type: 'output_text' } : part));
}

function readOutputPart(part: JsonObject, phase: string | undefined): Part[] {
  if (part.type === 'refusal') return [{ type: 'refusal', text: stringOf(part.refusal) ?? '' }];
  if (part.type !== 'output_text') return [];
  const annotations = arrayOf(part.annotations);
  const text = stringOf(part.text) ?? '';
  const extra = { ...(annotations.length > 0 && { annotations }), ...(phase !== undefined && { phase }) };
  return [{ type: 'text', text, ...(Object.keys(extra).length > 0 && { extra }) }];
}

/** Identity of a call item, as its start event carries it. */
export function callHead(item: JsonObject): Pick<ToolCallPart, 'id' | 'name' | 'custom' | 'namespace' | 'itemId'> {
  const id = filledString(item.call_id) ?? filledString(item.id) ?? '';
  const namespace = filledString(item.namespace);
  const itemId = filledString(item.id);
  return {
    id,
    name: stringOf(item.name) ?? '',
    ...(item.type === 'custom_tool_call' && { custom: true }),
    ...(namespace !== undefined && { namespace }),
    ...(itemId !== undefined && itemId !== id && { itemId }),
  };
}

/** Arguments of a function call, for which some servers send the object itself; raw text of a custom one. */
export function callPayload(item: JsonObject): string | undefined {
  return item.type === 'custom_tool_call' ? stringOf(item.input) : argumentText(item.arguments);
}
