/** Token estimates for requests that are only counted (`count_tokens`, limits) and for upstreams that send no usage. */
import { estimateTokenCount } from 'tokenx';
import type { Conversation, JsonObject, JsonValue } from './conversation';
import { isPicture } from './pictures';
import { isObject, objectOf } from './read';

/** What a picture costs at most with Anthropic after scaling; others are of the same order. */
const IMAGE_TOKENS = 1600;
/** A PDF page is about this much; the number of pages is not known without reading the file. */
const FILE_TOKENS = 3000;
/** Role and separators of a message; frame of a call, a result or a tool. */
const FRAME_TOKENS = 4;

/** Where a body of any wire holds what the model reads. */
const COUNTED = [
  'system',
  'instructions',
  'messages',
  'input',
  'prompt',
  'tools',
  'functions',
  'response_format',
  'text',
  'output_config',
];
const FILES: ReadonlySet<unknown> = new Set(['document', 'file', 'input_file']);
/** Structure, ids and opaque data: nothing the model reads as text. */
const SILENT: ReadonlySet<string> = new Set([
  ...['type', 'role', 'kind', 'wire', 'status', 'detail', 'cache_control', 'cacheControl', 'extra', 'strict'],
  ...['id', 'call_id', 'tool_call_id', 'tool_use_id', 'itemId', 'signature', 'thoughtSignature'],
  ...['data', 'encrypted', 'encrypted_content'],
]);
/** Values that the model sees as JSON text. */
const AS_JSON: ReadonlySet<string> = new Set(['parameters', 'input_schema', 'schema']);

/** Input tokens of a request body of any wire; Messages bodies for `count_tokens` among them. */
export function estimateInputTokens(body: JsonObject): number {
  return COUNTED.reduce((sum, key) => sum + tokensIn(body[key]), 0);
}

/** Input tokens of a conversation, whatever wire it came from. */
export function estimateTokens(conversation: Conversation): number {
  const { turns, tools, responseFormat } = conversation;
  return [turns, tools, responseFormat].reduce((sum, value) => sum + tokensIn(value as unknown as JsonValue), 0);
}

/** Longer texts are measured by samples: an Agent history of 1 MB would cost a tenth of a second otherwise. */
const WHOLE_UP_TO = 2048;
const SAMPLES = 4;
const SAMPLE_LENGTH = 256;

/** Tokens of a text; the same text always gives the same number. */
export function estimateText(text: string): number {
  if (text === '') return 0;
  if (text.length <= WHOLE_UP_TO) return estimateTokenCount(text);
  const step = (text.length - SAMPLE_LENGTH) / (SAMPLES - 1);
  let tokens = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const from = Math.floor(sample * step);
    tokens += estimateTokenCount(text.slice(from, from + SAMPLE_LENGTH));
  }
  return Math.round((tokens * text.length) / (SAMPLES * SAMPLE_LENGTH));
}

function tokensIn(value: JsonValue | undefined): number {
  if (typeof value === 'string') return estimateText(value);
  if (Array.isArray(value)) return value.reduce((sum: number, entry) => sum + tokensIn(entry), 0);
  if (!isObject(value)) return 0;
  if (isPicture(value.type)) return IMAGE_TOKENS;
  if (FILES.has(value.type)) return fileTokens(value);
  let tokens = value.role !== undefined || value.name !== undefined ? FRAME_TOKENS : 0;
  for (const [key, entry] of Object.entries(value)) {
    if (SILENT.has(key)) continue;
    // The input of a call is an object, that of a Responses body a text or a list.
    const asJson = AS_JSON.has(key) || (key === 'input' && isObject(entry));
    tokens += asJson ? estimateText(JSON.stringify(entry)) : tokensIn(entry);
  }
  return tokens;
}

function fileTokens(value: JsonObject): number {
  const source = objectOf(value.source);
  const text = source?.type === 'text' ? source.data : source?.text;
  return typeof text === 'string' ? estimateText(text) : FILE_TOKENS;
}
