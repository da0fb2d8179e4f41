/**
 * demo/echo: a built-in model that answers with what it received, so that the first minute works without any account
 * and the tunnel can be tested through the model API itself. It plays an upstream of wire chat, without a network.
 */

import type { JsonObject } from '../wires/conversation';
import type { Send, UpstreamHandler } from './send';
import { wholeBody } from './transport';

/** What the router knows about the request beyond its body. */
export interface EchoContext {
  host: string;
  route: string;
  /** Words for the form in which Cursor spoke. */
  dialect?: string;
  client: string;
  bytesIn: number;
}

/** User text of the tunnel's self-test; answered with three chunks 300 ms apart. */
const PROBE_GAP_MS = 300;
const WORDS_A_CHUNK = 6;
const CHUNK_GAP_MS = 15;

/** @param probeText user text that asks for the slow, spaced answer. */
export function createEchoSend(context: EchoContext, probeText: string): Send {
  return (request, handler) => {
    const timers = new Set<NodeJS.Timeout>();
    let over = false;
    const after = (ms: number, run: () => void) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        if (over) return;
        // Runs for one request, outside its call stack: what goes wrong here may only fail that request.
        try {
          run();
        } catch (error) {
          over = true;
          handler.onError(error as Error);
        }
      }, ms);
      timers.add(timer);
    };
    after(0, () => {
      handler.onSent?.();
      const body = parse(request.body ? wholeBody(request.body).toString('utf8') : '{}');
      if (!body) {
        handler.onHead(400, { 'content-type': 'application/json' });
        handler.onData(Buffer.from('{"error":{"message":"The request body is not valid JSON."}}'));
        return handler.onEnd();
      }
      const isProbe = lastUserText(body) === probeText;
      const text = isProbe ? 'one two three' : report(body, context);
      const usage = {
        prompt_tokens: Math.ceil(context.bytesIn / 4),
        completion_tokens: Math.ceil(text.length / 4),
        total_tokens: 0,
      };
      usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
      if (body.stream === true)
        stream(text, isProbe ? 1 : WORDS_A_CHUNK, isProbe ? PROBE_GAP_MS : CHUNK_GAP_MS, usage, handler, after);
      else {
        handler.onHead(200, { 'content-type': 'application/json' });
        handler.onData(
          Buffer.from(
            JSON.stringify({
              ...frame('chat.completion'),
              choices: [
                {
                  index: 0,
                  message: { role: 'assistant', content: text, refusal: null },
                  logprobs: null,
                  finish_reason: 'stop',
                },
              ],
              usage,
            }),
          ),
        );
        handler.onEnd();
      }
    });
    return {
      abort() {
        over = true;
        for (const timer of timers) clearTimeout(timer);
      },
      // Its answers are short: nothing to hold back.
      pause() {},
      resume() {},
    };
  };
}

/** A body whose top level was in order may still be broken further down. */
function parse(text: string): JsonObject | undefined {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return undefined;
  }
}

function frame(object: string): JsonObject {
  return {
    id: `chatcmpl-echo-${Date.now().toString(36)}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model: 'echo',
  };
}

function stream(
  text: string,
  words: number,
  gapMs: number,
  usage: JsonObject,
  handler: UpstreamHandler,
  after: (ms: number, run: () => void) => void,
): void {
  const head = frame('chat.completion.chunk');
  const send = (choices: JsonObject[], extra: JsonObject = {}) =>
    handler.onData(Buffer.from(`data: ${JSON.stringify({ ...head, choices, ...extra })}\n\n`));
  handler.onHead(200, { 'content-type': 'text/event-stream' });
  send([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]);
  const tokens = text.split(/(?<=\s)/);
  const step = (from: number) => {
    if (from < tokens.length) {
      send([{ index: 0, delta: { content: tokens.slice(from, from + words).join('') }, finish_reason: null }]);
      return after(gapMs, () => step(from + words));
    }
    send([{ index: 0, delta: {}, finish_reason: 'stop' }]);
    send([], { usage });
    handler.onData(Buffer.from('data: [DONE]\n\n'));
    handler.onEnd();
  };
  step(0);
}

function lastUserText(body: JsonObject): string {
  const messages = Array.isArray(body.messages) ? (body.messages as JsonObject[]) : [];
  const last = messages.findLast((message) => message?.role === 'user');
  if (typeof last?.content === 'string') return last.content.trim();
  if (!Array.isArray(last?.content)) return '';
  return (last.content as JsonObject[])
    .map((part) => (typeof part?.text === 'string' ? part.text : ''))
    .join('')
    .trim();
}

function report(body: JsonObject, context: EchoContext): string {
  const messages = Array.isArray(body.messages) ? (body.messages as JsonObject[]) : [];
  const tools = Array.isArray(body.tools) ? (body.tools as JsonObject[]) : [];
  const names = tools
    .map(
      (tool) =>
        (tool?.function as JsonObject | undefined)?.name ??
        (tool?.custom as JsonObject | undefined)?.name ??
        tool?.name,
    )
    .filter((name) => typeof name === 'string');
  const count = new Map<string, number>();
  for (const message of messages) {
    const role = typeof message?.role === 'string' ? message.role.slice(0, 40) : 'unnamed';
    count.set(role, (count.get(role) ?? 0) + 1);
  }
  const roles = [...count].map(([role, n]) => `${n} ${role}`).join(', ');
  const asked = lastUserText(body);
  return [
    'This is demo/echo, the model built into LLM Router. Your request arrived, so the way from here to the router works.',
    '',
    `- Came through: ${context.host} (${context.route})`,
    `- Client: ${context.client}${context.dialect ? `, ${context.dialect}` : ''}`,
    `- Messages: ${messages.length}${roles ? ` (${roles})` : ''}`,
    `- Tools: ${tools.length}${names.length > 0 ? ` (${names.slice(0, 30).join(', ')})` : ''}`,
    `- Size: ${context.bytesIn} bytes`,
    `- You said: ${asked.length > 400 ? `${asked.slice(0, 400)}…` : asked || '(nothing)'}`,
    '',
    'Next: add a backend, then choose one of its models.',
  ].join('\n');
}
