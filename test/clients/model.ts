/**
 * A made-up provider of each wire for real clients: it refuses what real ones refuse, and says what a situation wrote
 * down. Which turn it is stands in the conversation itself (how often tools have answered), so that a client may ask
 * again without upsetting it. What a client asks on the side, without tools (a title, a quota check), is answered `ok`.
 */
import type http from 'node:http';
import { codecFor } from '../../src/wires/codecs';
import type { Answer, Conversation, JsonObject, Part, StreamEvent, Tool, Usage } from '../../src/wires/conversation';
import { arrayOf, isObject } from '../../src/wires/read';
import { WIRES, type Wire } from '../../src/wires/wire';
import { TRIO } from '../support/strictTrio';
import { type Seen, startUpstream, type Upstream } from '../support/upstream';

/** A tool as the client itself named it: its name may be longer or shorter by the time it is here. */
export interface Call {
  tool: RegExp;
  args: JsonObject;
}
/**
 * What the model says in one turn, and how the connection ends: `cut` and `overflow` the first time only, then whole. Who
 * sums up what was said and asks again is let through: opencode would go on with that for ever, since each summary succeeds.
 */
export interface Say {
  think?: string;
  text?: string;
  calls?: Call[];
  end?: 'late' | 'cut' | 'overflow';
}

export interface Model {
  upstream: Upstream;
  /** The turns of the situation that runs. */
  script: Say[];
  /** Requests with tools, as the provider read them. */
  turns: Conversation[];
  /** Why a request was refused: empty, or the router sent something wrong. */
  refused: string[];
  /** What was told as used: in turns, and in all. */
  used: { turns: Usage; all: Usage; requests: number };
  reset(script: Say[]): void;
  stop(): Promise<void>;
}

/** How each provider says that the input is too long. */
const OVERFLOW: Record<Wire, JsonObject> = {
  chat: {
    message: "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
    type: 'invalid_request_error',
    param: 'messages',
    code: 'context_length_exceeded',
  },
  responses: {
    message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
    type: 'invalid_request_error',
    param: 'input',
    code: 'context_length_exceeded',
  },
  messages: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
};
const LATE_MS = 300;

export async function startModel(): Promise<Model> {
  const upstream = await startUpstream();
  const none = (): Usage => ({ input: 0, output: 0 });
  const model: Model = {
    upstream,
    script: [],
    turns: [],
    refused: [],
    used: { turns: none(), all: none(), requests: 0 },
    reset(script) {
      Object.assign(model, { script, turns: [], refused: [] });
      model.used = { turns: none(), all: none(), requests: 0 };
      upstream.seen.length = 0;
    },
    stop: upstream.stop,
  };
  upstream.answers = [(seen, response) => answer(model, seen, response)];
  return model;
}

async function answer(model: Model, seen: Seen, response: http.ServerResponse): Promise<void> {
  const wire = WIRES.find((one) => seen.path.startsWith(`/${one}/`));
  if (!wire || seen.method !== 'POST') return void response.writeHead(404).end('{}');
  const body = seen.json() as JsonObject;
  const refuse = (error: JsonObject) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify(wire === 'messages' ? { type: 'error', error } : { error }));
  };
  // Like a provider that keeps no state: Anthropic's SDK then goes on without.
  if (wire === 'messages' && body.thread)
    return refuse({
      type: 'invalid_request_error',
      message: 'thread: not supported',
      details: { error_code: 'thread_unsupported_request' },
    });
  const wrong = TRIO[wire].check(body);
  if (wrong) {
    model.refused.push(`${wire}: ${wrong}`);
    return refuse({ message: wrong, type: 'invalid_request_error' });
  }
  const conversation = codecFor(wire).parseRequest(body);
  const aside = !conversation.tools?.length;
  const step = rounds(conversation);
  const say: Say = aside ? { text: 'ok' } : (model.script[step] ?? { text: `nothing is written for turn ${step}` });
  const first = !aside && !model.turns.some((turn) => rounds(turn) === step);
  if (!aside) model.turns.push(conversation);
  if (say.end === 'overflow' && first) return refuse(OVERFLOW[wire]);

  const usage: Usage = { input: 1_000 + 100 * step, output: 20 + step, cacheRead: 500 };
  const parts = partsOf(say, wire, step, conversation);
  const reason = say.calls ? ('toolCalls' as const) : ('stop' as const);
  // Anthropic's ids are unique; those of small chat servers come again.
  const id = wire === 'messages' ? `msg_${model.upstream.seen.length}` : 'answer';
  const options = { model: 'upstream', id, created: 1, includeUsage: conversation.includeUsage ?? false };
  const whole: Answer = { id, parts, finish: { reason }, usage };
  const cut = say.end === 'cut' && first;
  if (!cut) {
    model.used.requests += 1;
    for (const sum of aside ? [model.used.all] : [model.used.all, model.used.turns]) add(sum, usage);
  }
  if (!conversation.stream) {
    response.writeHead(200, { 'content-type': 'application/json' });
    return void response.end(JSON.stringify(codecFor(wire).emitAnswer(whole, options)));
  }
  const emitter = codecFor(wire).createStreamEmitter(options);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const content = parts.flatMap(eventsOf);
  // In the middle of it.
  const sent = cut ? content.slice(0, content.length / 2) : content;
  response.write(emitter.push({ type: 'start', id }) + sent.map(emitter.push).join(''));
  if (cut) return void setTimeout(() => response.destroy(), 50);
  const end: StreamEvent[] = [{ type: 'finish', reason }, { type: 'usage', usage }, { type: 'end' }];
  response.write(end.map(emitter.push).join('') + emitter.finish());
  if (say.end === 'late') setTimeout(() => response.end(), LATE_MS);
  else response.end();
}

/** How often tools have answered; results of one turn of calls count once. */
function rounds({ turns }: Conversation): number {
  return turns.filter((turn, at) => turn.role === 'tool' && turns[at - 1]?.role !== 'tool').length;
}

function partsOf(say: Say, wire: Wire, step: number, { tools = [], reasoning }: Conversation): Part[] {
  // Claude always thinks where that is on, and then wants its thought back.
  const think = say.think ?? (wire === 'messages' && reasoning && !reasoning.disabled ? 'So be it.' : undefined);
  // Bound to its provider as real thinking is; the strict checks take what begins like this.
  const bound: Record<Wire, object> = {
    chat: { field: 'reasoning_content' },
    responses: { encrypted: `enc-${step}`, id: `rs_${step}` },
    messages: { signature: `sig-${step}` },
  };
  const calls = (say.calls ?? []).map(({ tool, args }, at): Part => {
    const known = named(tools).find(({ name, namespace = '' }) => tool.test(namespace + name));
    const called = known ?? { name: `no_tool_is_${tool.source.replace(/\W/g, '_')}` };
    return { type: 'toolCall', id: `call_${step}_${at}`, arguments: JSON.stringify(args), ...called };
  });
  return [
    ...(think ? [{ type: 'reasoning', text: think, wire, ...bound[wire] } as const] : []),
    ...(say.text ? [{ type: 'text', text: say.text } as const] : []),
    ...calls,
  ];
}

/** Every tool by its name, those in groups of Codex too. */
function named(tools: readonly Tool[]): { name: string; namespace?: string }[] {
  return tools.flatMap((tool) => {
    if (tool.kind !== 'opaque') return [{ name: tool.name }];
    const group = isObject(tool.value) ? tool.value : {};
    return (arrayOf(group.tools) as JsonObject[]).map((inner) => ({
      name: String(inner.name),
      namespace: String(group.name),
    }));
  });
}

function eventsOf(part: Part, index: number): StreamEvent[] {
  switch (part.type) {
    case 'reasoning': {
      const { text, type: _, ...kept } = part;
      return [
        { type: 'reasoning', index, text },
        { type: 'reasoningEnd', index, ...kept },
      ];
    }
    case 'text':
      return (part.text.match(/\S+\s*/g) ?? []).map((text) => ({ type: 'text', index, text }));
    case 'toolCall': {
      const { id, name, namespace, arguments: text } = part;
      const half = Math.floor(text.length / 2);
      return [
        { type: 'toolCallStart', index, id, name, ...(namespace && { namespace }) },
        { type: 'toolCallDelta', index, text: text.slice(0, half) },
        { type: 'toolCallDelta', index, text: text.slice(half) },
        { type: 'toolCallEnd', index },
      ];
    }
    default:
      throw new Error(`no events for ${part.type}`);
  }
}

function add(sum: Usage, more: Usage): void {
  sum.input += more.input;
  sum.output += more.output;
}
