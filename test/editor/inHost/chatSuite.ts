// Our models through VS Code's own API for chat, in the real editor: against demo/echo and a provider on loopback.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as vscode from 'vscode';

interface Body {
  messages: { role: string; content: unknown; tool_calls?: unknown; tool_call_id?: string }[];
  tools?: unknown[];
}
/** The next answer of the provider, and what it was asked. */
const upstream: { answer: (response: ServerResponse) => void; asked: Body[] } = { answer: () => {}, asked: [] };

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const DONE = 'data: [DONE]\n\n';
const call = (index: number, id: string, args: string): object => ({
  tool_calls: [{ index, id, type: 'function', function: { name: 'read_file', arguments: args } }],
});
const user = (text: string): vscode.LanguageModelChatMessage => vscode.LanguageModelChatMessage.User(text);

async function model(id: string): Promise<vscode.LanguageModelChat> {
  for (const end = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const [found] = await vscode.lm.selectChatModels({ vendor: 'llm-router', id });
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited 20 s for the model ${id}`);
  }
}
async function partsOf(response: vscode.LanguageModelChatResponse): Promise<unknown[]> {
  const parts: unknown[] = [];
  for await (const part of response.stream) parts.push(part);
  return parts;
}

export function chatSuite(): void {
  describe('the models in the chat of the editor', function () {
    this.timeout(60_000);
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (bytes: Buffer) => chunks.push(bytes));
      request.on('end', () => {
        if (request.method === 'GET') return response.writeHead(404).end('{}');
        upstream.asked.push(JSON.parse(Buffer.concat(chunks).toString()) as Body);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        upstream.answer(response);
      });
    });
    const settings = () => vscode.workspace.getConfiguration('llmRouter');

    before(async function () {
      if (!vscode.lm.registerLanguageModelChatProvider) return this.skip();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const backend = {
        name: 'mock',
        baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
        models: [{ id: 'mock/m', price: { input: 1, output: 2 } }],
      };
      await settings().update('backends', [backend], vscode.ConfigurationTarget.Global);
      await settings().update('aliases', { echo: 'demo/echo' }, vscode.ConfigurationTarget.Global);
    });
    after(async () => {
      server.close();
      server.closeAllConnections();
      for (const key of ['backends', 'aliases'])
        await settings().update(key, undefined, vscode.ConfigurationTarget.Global);
    });

    it('are offered with their facts, new ones as soon as the settings name them', async () => {
      const { family, maxInputTokens } = await model('mock/m');
      assert.equal(family, 'm');
      assert.ok(maxInputTokens > 1_000);
    });

    it('answer with a stream of text, and count tokens', async () => {
      const echo = await model('echo');
      const response = await echo.sendRequest([user('hello there')]);
      let text = '';
      for await (const part of response.text) text += part;
      assert.match(text, /hello there|demo|router/i);
      assert.ok((await echo.countTokens('hello there')) > 0);
    });

    it('call tools in parallel, and take the results back', async () => {
      upstream.answer = (response) =>
        response.end(
          chunk({ role: 'assistant', content: 'Two files.' }) +
            chunk(call(0, 'c1', '{"path":"a"}')) +
            chunk(call(1, 'c2', '{"path":"b"}')) +
            chunk({}, 'tool_calls') +
            DONE,
        );
      const tools = [{ name: 'read_file', description: 'reads', inputSchema: { type: 'object', properties: {} } }];
      const chat = await model('mock/m');
      const parts = await partsOf(await chat.sendRequest([user('read')], { tools }));
      const calls = parts.filter((part) => part instanceof vscode.LanguageModelToolCallPart);
      assert.deepEqual(
        calls.map(({ callId, name, input }) => ({ callId, name, input })),
        [
          { callId: 'c1', name: 'read_file', input: { path: 'a' } },
          { callId: 'c2', name: 'read_file', input: { path: 'b' } },
        ],
      );
      assert.equal(upstream.asked.at(-1)?.tools?.length, 1);

      upstream.answer = (response) => response.end(chunk({ content: 'Done.' }, 'stop') + DONE);
      const results = ['c1', 'c2'].map(
        (id) => new vscode.LanguageModelToolResultPart(id, [new vscode.LanguageModelTextPart(`of ${id}`)]),
      );
      const messages = [
        user('read'),
        vscode.LanguageModelChatMessage.Assistant(calls),
        vscode.LanguageModelChatMessage.User(results),
      ];
      await partsOf(await chat.sendRequest(messages, { tools }));
      const told = upstream.asked.at(-1)!.messages.filter(({ role }) => role === 'tool');
      assert.deepEqual(
        told.map((message) => [message.tool_call_id, message.content]),
        [
          ['c1', 'of c1'],
          ['c2', 'of c2'],
        ],
      );
    });

    it('a cancel stops the provider', async () => {
      const gone = new Promise<void>((resolve) => {
        upstream.answer = (response) => {
          response.on('close', () => resolve());
          response.write(chunk({ content: 'first' }));
        };
      });
      const source = new vscode.CancellationTokenSource();
      const response = await (await model('mock/m')).sendRequest([user('go on')], {}, source.token);
      for await (const part of response.text) {
        assert.equal(part, 'first');
        break;
      }
      source.cancel();
      await gone;
    });

    it('a failure is a sentence', async () => {
      upstream.answer = (response) =>
        response.end(`data: ${JSON.stringify({ error: { message: 'No credit left.', code: 402 } })}\n\n`);
      const ask = async (): Promise<unknown> => partsOf(await (await model('mock/m')).sendRequest([user('hi')]));
      await assert.rejects(ask, /credit/i);
    });
  });

  it('an editor without that API is offered nothing and misses nothing', async function () {
    if (vscode.lm.registerLanguageModelChatProvider) return this.skip();
    assert.deepEqual(await vscode.lm.selectChatModels({ vendor: 'llm-router' }), []);
  });
}
