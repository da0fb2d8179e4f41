/** completions and embeddings only pass through; this is what is observed of them: usage, finish, errors. */
import type { SseEvent, StreamParser } from '../wires/codec';
import { codecFor } from '../wires/codecs';
import type { JsonObject, StreamEvent, Usage } from '../wires/conversation';
import { refusedBase } from '../wires/errorBody';
import type { WholeReply } from './reply';

function usageOf(value: unknown): Usage | undefined {
  const usage = value as { prompt_tokens?: unknown; completion_tokens?: unknown } | null | undefined;
  if (typeof usage?.prompt_tokens !== 'number') return undefined;
  return {
    input: usage.prompt_tokens,
    output: typeof usage.completion_tokens === 'number' ? usage.completion_tokens : 0,
  };
}

/** Throws when the body is not a JSON object. */
export function readGenericAnswer(body: Buffer): WholeReply {
  const value = JSON.parse(body.toString('utf8').replace(/^\ufeff/, '')) as JsonObject | null;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not a JSON object');
  const choices = Array.isArray(value.choices) ? (value.choices as JsonObject[]) : [];
  if ((value.error || refusedBase(value)) && !value.data && choices.length === 0)
    return { body, chars: 0, failure: codecFor('chat').parseError(200, {}, JSON.stringify(value)) };
  const chars = choices.reduce((sum, choice) => sum + (typeof choice?.text === 'string' ? choice.text.length : 0), 0);
  return {
    body,
    chars,
    usage: usageOf(value.usage),
    finish: choices[0]?.finish_reason === 'length' ? 'length' : choices.length > 0 ? 'stop' : undefined,
  };
}

function createCompletionsParser(): StreamParser {
  const parser = {
    dropped: 0,
    push({ data }: SseEvent): StreamEvent[] {
      if (data === '[DONE]') return [{ type: 'end' }];
      let value: JsonObject;
      try {
        value = JSON.parse(data) as JsonObject;
      } catch {
        parser.dropped += 1;
        return [];
      }
      if (value?.error) return [{ type: 'error', failure: codecFor('chat').parseError(200, {}, data) }];
      const events: StreamEvent[] = [];
      const choice = Array.isArray(value?.choices) ? (value.choices[0] as JsonObject | undefined) : undefined;
      if (typeof choice?.text === 'string' && choice.text) events.push({ type: 'text', index: 0, text: choice.text });
      if (typeof choice?.finish_reason === 'string')
        events.push({ type: 'finish', reason: choice.finish_reason === 'length' ? 'length' : 'stop' });
      const usage = usageOf(value?.usage);
      if (usage) events.push({ type: 'usage', usage });
      return events;
    },
    finish: () => [],
  };
  return parser;
}

/** The chat codec with the reader of text completions. */
export const genericCodec = {
  wire: 'chat' as const,
  createStreamParser: createCompletionsParser,
  emitError: (failure: Parameters<ReturnType<typeof codecFor>['emitError']>[0]) => codecFor('chat').emitError(failure),
};
