/** A provider of each wire behind one router, as strict as the real ones: what they refuse is a 400, else they say `ok`. */
import { codecFor } from '../../src/wires/codecs';
import type { JsonObject, StreamEvent, WireName } from '../../src/wires/conversation';
import { startRouter, type TestRouter } from './router';
import { checkAnthropicRequest, checkOpenAiChatRequest, checkResponsesRequest } from './strictProviders';
import { startUpstream, type Upstream } from './upstream';

export interface StrictProvider {
  preset: 'openai' | 'anthropic' | 'deepseek' | 'mistral' | 'gemini' | 'groq';
  wire: WireName;
  model: string;
  check(body: JsonObject): string | undefined;
}

export const TRIO = {
  chat: { preset: 'openai', wire: 'chat', model: 'gpt-5.2', check: (body) => checkOpenAiChatRequest(body) },
  responses: { preset: 'openai', wire: 'responses', model: 'gpt-5.2', check: checkResponsesRequest },
  messages: { preset: 'anthropic', wire: 'messages', model: 'claude-sonnet-4-5', check: checkAnthropicRequest },
} as const satisfies Record<string, StrictProvider>;

export interface StrictTrio {
  router: TestRouter;
  upstream: Upstream;
  /** What the next answers bring between start and end; `ok` when nothing is set. */
  events: StreamEvent[] | undefined;
  /** Posts a Cursor request with the provider's model; returns status, what Cursor reads, and what the provider got. */
  ask(
    provider: string,
    body: JsonObject,
    headers?: Record<string, string>,
    path?: string,
  ): Promise<{ status: number; text: string; sent: JsonObject }>;
  stop(): Promise<void>;
}

const OK: StreamEvent[] = [
  { type: 'text', index: 0, text: 'ok' },
  { type: 'finish', reason: 'stop' },
  { type: 'usage', usage: { input: 5, output: 2 } },
];

export async function startTrio(providers: Record<string, StrictProvider> = TRIO): Promise<StrictTrio> {
  const upstream = await startUpstream();
  const names = Object.keys(providers);
  const router = await startRouter(
    {
      backends: names.map((name) => {
        const { preset, wire } = providers[name] as StrictProvider;
        return { name, preset, wire, baseUrl: `${upstream.url}/${name}` };
      }),
      retry: { attempts: 1 },
    },
    Object.fromEntries(names.map((name) => [name, 'k'])),
  );
  const trio: StrictTrio = {
    router,
    upstream,
    events: undefined,
    async ask(name, body, headers = { 'user-agent': 'Cursor/1.0' }, path = '/v1/chat/completions') {
      const { model } = providers[name] as StrictProvider;
      const response = await router.post(path, { model: `${name}/${model}`, ...body }, headers);
      const text = await response.text();
      return { status: response.status, text, sent: (upstream.seen.at(-1)?.json() ?? {}) as JsonObject };
    },
    async stop() {
      await router.stop();
      await upstream.stop();
    },
  };
  upstream.answers = [
    (seen, response) => {
      const name = seen.path.split('/')[1] ?? '';
      const { wire, check } = providers[name] as StrictProvider;
      const body = seen.json() as JsonObject;
      const refused = check(body);
      if (refused) {
        response.writeHead(400, { 'content-type': 'application/json' });
        return void response.end(JSON.stringify({ error: { message: refused, type: 'invalid_request_error' } }));
      }
      const events: StreamEvent[] = [{ type: 'start', id: 'answer' }, ...(trio.events ?? OK), { type: 'end' }];
      const codec = codecFor(wire);
      const options = { model: 'upstream', id: 'answer', created: 1, includeUsage: true };
      const emitter = codec.createStreamEmitter(options);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(events.map((event) => emitter.push(event)).join('') + emitter.finish());
    },
  ];
  return trio;
}
