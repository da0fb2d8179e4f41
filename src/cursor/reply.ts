/** Answers in the form Cursor wants (R1–R24, E5): a stream of chat.completion.chunk, or one chat.completion (R3). */
import { replay } from '../wires/answer';
import type { EmitterOptions, StreamEmitter } from '../wires/codec';
import type { Answer, ApiFailure, JsonObject, Usage } from '../wires/conversation';
import { SSE_DONE } from '../wires/sse';
import { cursorError } from './errors';
import { createRuledReply, type ReplyRules, type WholeCall } from './replyRules';

export interface CursorReplyOptions extends EmitterOptions, ReplyRules {
  /** Form in which calls of custom tools go back (R17, R18): `function` with raw arguments, or `custom`. */
  customToolReply: 'function' | 'custom';
  /** Told of each call as it goes out. */
  onCall?(call: WholeCall): void;
}

/**
 * Emitter for Cursor. Chunk JSON comes from templates, since one is made for every event. `includeUsage` is not looked
 * at: the usage chunk always goes out (R20), `[DONE]` is always last (R1), also after a failure.
 */
export function createCursorEmitter(options: CursorReplyOptions): StreamEmitter {
  let id = options.id;
  let head = '';
  let role = '"role":"assistant",';
  let out = '';

  const chunkHead = () =>
    `data: {"id":${JSON.stringify(id)},"object":"chat.completion.chunk","created":${options.created},"model":${JSON.stringify(options.model)},"choices":[`;
  /** The first delta carries the role and fixes the id (R1). */
  function delta(fields: string, finish = 'null'): string {
    head ||= chunkHead();
    const lead = role;
    role = '';
    return `${head}{"index":0,"delta":{${lead && !fields ? lead.slice(0, -1) : lead}${fields}},"finish_reason":${finish}}]}\n\n`;
  }

  const rules = createRuledReply(
    {
      start(upstreamId) {
        if (!head) id = upstreamId;
      },
      content(text) {
        out += delta(`"content":${JSON.stringify(text)}`);
      },
      call(call) {
        options.onCall?.(call);
        const content = role ? '"content":null,' : '';
        out += delta(`${content}"tool_calls":[${firstCallDelta(call, options.customToolReply)}]`);
        if (call.arguments) out += delta(`"tool_calls":[${argumentsDelta(call, options.customToolReply)}]`);
      },
    },
    options,
  );

  function take(): string {
    const text = out;
    out = '';
    return text;
  }

  return {
    push(event) {
      rules.push(event);
      return out === '' ? '' : take();
    },
    finish(failure) {
      const { finish, usage, failure: asEvent } = rules.end(failure);
      out += delta('', JSON.stringify(finish));
      if (asEvent) out += `data: ${JSON.stringify(cursorError(asEvent, options).body)}\n\n`;
      out += `${head}],"usage":${JSON.stringify(usageOf(usage))}}\n\n${SSE_DONE}`;
      return take();
    },
  };
}

/** R6: index, id, type, name, and empty arguments. */
function firstCallDelta(call: WholeCall, form: 'function' | 'custom'): string {
  const lead = `{"index":${call.index},"id":${JSON.stringify(call.id)}`;
  const name = JSON.stringify(call.name);
  return call.custom && form === 'custom'
    ? `${lead},"type":"custom","custom":{"name":${name},"input":""}}`
    : `${lead},"type":"function","function":{"name":${name},"arguments":""}}`;
}

function argumentsDelta(call: WholeCall, form: 'function' | 'custom'): string {
  const text = JSON.stringify(call.arguments);
  return call.custom && form === 'custom'
    ? `{"index":${call.index},"custom":{"input":${text}}}`
    : `{"index":${call.index},"function":{"arguments":${text}}}`;
}

/** R20: inclusive counts in the chat wire's words. */
function usageOf(usage: Usage): JsonObject {
  const counted: JsonObject = {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
  };
  if (usage.cacheRead !== undefined) counted.prompt_tokens_details = { cached_tokens: usage.cacheRead };
  if (usage.reasoning !== undefined) counted.completion_tokens_details = { reasoning_tokens: usage.reasoning };
  return counted;
}

/**
 * The same rules for an answer without streaming (R3). With `failure` (an answer whose head was out already, design §6)
 * what is there ends in a sentence and `length` (E5).
 */
export function emitCursorAnswer(answer: Answer, options: CursorReplyOptions, failure?: ApiFailure): JsonObject {
  let content = '';
  const calls: JsonObject[] = [];
  const rules = createRuledReply(
    {
      start() {},
      content(text) {
        content += text;
      },
      call(call) {
        options.onCall?.(call);
        calls.push(wholeCall(call, options.customToolReply));
      },
    },
    { ...options, midStreamError: 'text' },
  );
  for (const event of replay(answer)) rules.push(event);
  const { finish, usage } = rules.end(failure);
  const message: JsonObject = { role: 'assistant', content: content === '' ? null : content };
  if (calls.length > 0) message.tool_calls = calls;
  return {
    id: answer.id ?? options.id,
    object: 'chat.completion',
    created: options.created,
    model: options.model,
    choices: [{ index: 0, message, finish_reason: finish }],
    usage: usageOf(usage),
  };
}

function wholeCall(call: WholeCall, form: 'function' | 'custom'): JsonObject {
  return call.custom && form === 'custom'
    ? { id: call.id, type: 'custom', custom: { name: call.name, input: call.arguments } }
    : { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } };
}
