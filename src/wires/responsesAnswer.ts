/** OpenAI Responses: the Response object that clients get, whole and at both ends of a stream. */
import { assertNever } from '../never';
import { callsIn, endOf } from './answer';
import type { EmitterOptions } from './codec';
import type {
  Answer,
  ApiFailure,
  FinishReason,
  JsonObject,
  JsonValue,
  Part,
  ReasoningPart,
  ToolCallPart,
  Usage,
} from './conversation';
import { effortOf } from './effort';
import { emitTextField, emitTool, emitToolChoice } from './responsesEmit';
import { sealReasoning } from './sealedReasoning';

/** Answer ids begin with `resp_` on this wire. */
export function responseId(id: string): string {
  return id.startsWith('resp_') ? id : `resp_${id.replace(/[^A-Za-z0-9_-]/g, '_')}`;
}

export type ItemStatus = 'completed' | 'incomplete';

/** One output item as it finally is. `id` is the item's own. */
export function outputItem(part: Part, id: string, status: ItemStatus): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      return {
        id,
        type: 'message',
        status,
        role: 'assistant',
        ...(part.extra?.phase !== undefined && { phase: part.extra.phase }),
        content: [textContent(part.text, part.extra?.annotations)],
      };
    case 'refusal':
      return { id, type: 'message', status, role: 'assistant', content: [{ type: 'refusal', refusal: part.text }] };
    case 'reasoning':
      return reasoningItem(part, id);
    case 'toolCall':
      return callItem(part, id, status);
    case 'opaque':
      return part.wire === 'responses' ? part.value : undefined;
    // These stand in requests.
    case 'image':
    case 'file':
    case 'toolResult':
      return undefined;
    default:
      return assertNever(part);
  }
}

function callItem(part: ToolCallPart, id: string, status: ItemStatus): JsonObject {
  const head = {
    call_id: part.id,
    name: part.name,
    ...(part.namespace !== undefined && { namespace: part.namespace }),
  };
  return part.custom
    ? { id, type: 'custom_tool_call', ...head, input: part.arguments }
    : { id, type: 'function_call', status, ...head, arguments: part.arguments };
}

export function textContent(text: string, annotations: JsonValue = []): JsonObject {
  return { type: 'output_text', text, annotations, logprobs: [] };
}

function reasoningItem(part: ReasoningPart, id: string): JsonObject {
  const item: JsonObject = {
    id,
    type: 'reasoning',
    summary: part.text === '' ? [] : [{ type: 'summary_text', text: part.text }],
  };
  const encrypted = part.wire === 'responses' ? part.encrypted : sealReasoning(part);
  if (encrypted !== undefined) item.encrypted_content = encrypted;
  return item;
}

const ITEM_PREFIX: Partial<Record<Part['type'], string>> = {
  text: 'msg',
  refusal: 'msg',
  reasoning: 'rs',
  toolCall: 'fc',
};

/** Id of the output item at `index`; short enough to be sent back to any provider. */
export function itemId(part: Pick<Part, 'type'> & { custom?: boolean }, base: string, index: number): string {
  const prefix = part.type === 'toolCall' && part.custom ? 'ctc' : (ITEM_PREFIX[part.type] ?? 'item');
  return `${prefix}_${base.slice(5, 53)}_${index}`;
}

export function usageObject(usage: Usage): JsonObject {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cacheRead ?? 0, cache_write_tokens: usage.cacheWrite ?? 0 },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: usage.input + usage.output,
  };
}

/** Status and, for incomplete answers, the reason. Only an end that we know for complete is called so (R10). */
export function responseStatus(
  reason: FinishReason | undefined,
  refused: boolean,
): { status: string; details: JsonValue } {
  switch (reason) {
    case 'stop':
    case 'toolCalls':
      return { status: 'completed', details: null };
    case 'length':
      return { status: 'incomplete', details: { reason: 'max_output_tokens' } };
    case 'contentFilter':
      return { status: 'incomplete', details: { reason: 'content_filter' } };
    case 'refusal':
      // A refusal that is told is a whole answer; one without words was cut by a filter.
      return refused
        ? { status: 'completed', details: null }
        : { status: 'incomplete', details: { reason: 'content_filter' } };
    case 'pause':
    case 'unknown':
    case undefined:
      return { status: 'incomplete', details: {} };
  }
}

/** The error of a failed answer. Codes are those that clients of this API act upon. */
export function responseError(failure: ApiFailure): JsonObject {
  const { kind, message } = failure;
  if (kind === 'contextLength') return { code: 'context_length_exceeded', message };
  if (kind === 'quota') return { code: 'insufficient_quota', message };
  if (kind === 'rateLimit' || kind === 'overloaded') return { code: 'rate_limit_exceeded', message };
  return { code: kind === 'badRequest' || kind === 'contentPolicy' ? 'invalid_prompt' : 'server_error', message };
}

/** What the answer repeats of the request, as this API does. */
export function echoedFields({ request, model }: EmitterOptions): JsonObject {
  const tools = (request?.tools ?? []).flatMap((tool) => emitTool(tool, { strictTools: true, refusedSchemaKeys: [] }));
  const system = request?.turns[0];
  const instructions =
    system?.role === 'system'
      ? system.parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n\n')
      : null;
  const reasoning = request?.reasoning;
  return {
    model,
    instructions,
    max_output_tokens: request?.maxOutputTokens ?? null,
    metadata: request?.metadata ?? {},
    parallel_tool_calls: request?.parallelToolCalls ?? true,
    previous_response_id: null,
    reasoning: { effort: effortOf(reasoning) ?? null, summary: reasoning?.summary ?? null },
    temperature: request?.temperature ?? null,
    text: request
      ? (emitTextField(request, { refusedSchemaKeys: [] }) ?? { format: { type: 'text' } })
      : { format: { type: 'text' } },
    tool_choice: request?.toolChoice ? (emitToolChoice(request.toolChoice, request.tools ?? []) ?? 'auto') : 'auto',
    tools,
    top_p: request?.topP ?? null,
    truncation: 'disabled',
  };
}

/** A whole, non-streamed Response. */
export function emitResponsesAnswer(answer: Answer, options: EmitterOptions): JsonObject {
  const id = responseId(answer.id ?? options.id);
  const { status, details } = responseStatus(
    endOf(answer.finish, callsIn(answer.parts)),
    answer.parts.some((part) => part.type === 'refusal'),
  );
  const output: JsonObject[] = [];
  for (const part of answer.parts) {
    const own = part.type === 'reasoning' && part.wire === 'responses' ? part.id : undefined;
    const isEmptyCall = part.type === 'toolCall' && !part.custom && part.arguments === '' && status === 'completed';
    const emitted = outputItem(
      isEmptyCall ? { ...part, arguments: '{}' } : part,
      own ?? itemId(part, id, output.length),
      status === 'incomplete' ? 'incomplete' : 'completed',
    );
    if (emitted) output.push(emitted);
  }
  const body: JsonObject = {
    id,
    object: 'response',
    created_at: answer.created ?? options.created,
    status,
    error: null,
    incomplete_details: details,
    output,
    ...echoedFields(options),
  };
  if (answer.usage) body.usage = usageObject(answer.usage);
  return body;
}
