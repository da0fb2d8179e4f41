import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CancellationToken, ChatModelInformation, ChatPart, LanguageModelChatMessage } from 'vscode';
import { createChat } from '../../../src/chat/main';
import { CancellationError, LanguageModelTextPart } from '../../support/vscode';

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const model = { id: 'm' } as ChatModelInformation;
const question = [{ role: 1, content: [{ value: 'hi' }] }] as unknown as LanguageModelChatMessage[];

function cancellable() {
  const listeners: (() => void)[] = [];
  const token = {
    isCancellationRequested: false,
    onCancellationRequested: (listener: () => void) => {
      listeners.push(listener);
      return { dispose() {} };
    },
  };
  const cancel = (): void => {
    token.isCancellationRequested = true;
    for (const listener of listeners) listener();
  };
  return { token: token as CancellationToken, cancel };
}

describe('VS Code’s chat: the provider', () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const server = createServer((request, response) => answer(request, response));
  let url = '';
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  const chat = createChat(async () => ({ url, key: 'sk-main' }));
  const ask = (told: ChatPart[], token = cancellable().token, from = chat) =>
    from.provideLanguageModelChatResponse(model, question, {}, { report: (part) => void told.push(part) }, token);

  it('asks the router with the key of this editor and says who it is', async () => {
    let seen: IncomingMessage['headers'] = {};
    answer = (request, response) => {
      seen = request.headers;
      response.end(`${chunk({ content: 'yes' }, 'stop')}data: [DONE]\n\n`);
    };
    const told: ChatPart[] = [];
    await ask(told);
    assert.deepEqual(told, [new LanguageModelTextPart('yes')]);
    assert.deepEqual([seen.authorization, seen['x-llm-router-client']], ['Bearer sk-main', 'vscode']);
  });

  it('lists nothing while the router is not running, and says so to a question', async () => {
    const stopped = createChat(async () => undefined);
    const { token } = cancellable();
    assert.deepEqual(await stopped.provideLanguageModelChatInformation({ silent: true }, token), []);
    await assert.rejects(ask([], token, stopped), /not running.*Start Router/);
  });

  it('a refusal is the router’s own sentence', async () => {
    answer = (_request, response) =>
      response.writeHead(402).end(JSON.stringify({ error: { message: 'Budget used up.' } }));
    await assert.rejects(ask([]), /^Error: Budget used up\.$/);
  });

  it('a cancel ends the request at the router and is no failure', async () => {
    const gone = new Promise<void>((resolve) => {
      answer = (_request, response) => {
        response.on('close', () => resolve());
        response.write(chunk({ content: 'first' }));
      };
    });
    const { token, cancel } = cancellable();
    const told = { report: cancel };
    await assert.rejects(
      chat.provideLanguageModelChatResponse(model, question, {}, told, token),
      (error) => error instanceof CancellationError,
    );
    await gone;
  });

  it('a router that ends in the middle of an answer is told in a sentence', async () => {
    answer = (_request, response) => response.write(chunk({ content: 'first' }), () => response.destroy());
    const told: ChatPart[] = [];
    await assert.rejects(ask(told), /^Error: The answer broke off before its end\.$/);
    assert.equal(told.length, 1);
  });

  const soonBy = (ms: number) => createChat(async () => ({ url, key: 'sk-main' }), { list: ms, answer: ms });
  for (const [when, says] of [
    ['before its head', ''],
    ['in the middle of an answer', chunk({ content: 'first' })],
  ] as const)
    it(`a router that goes silent ${when} is waited for no longer than its limit`, async () => {
      const gone = new Promise<void>((resolve) => {
        answer = (_request, response) => {
          response.on('close', () => resolve());
          if (says) response.write(says);
        };
      });
      const told: ChatPart[] = [];
      // On a busy machine the limit may be over before the first word has come: then a longer one.
      for (const ms of [100, 1_000, 10_000]) {
        const asked = ask(told, cancellable().token, soonBy(ms));
        await assert.rejects(asked, /^Error: LLM Router has gone silent.*Restart Router/);
        if (told.length === (says ? 1 : 0)) break;
      }
      assert.equal(told.length, says ? 1 : 0);
      await gone;
    });

  it('a list that does not come is waited for no longer than its limit', async () => {
    answer = () => undefined;
    const { token } = cancellable();
    await assert.rejects(
      Promise.resolve(soonBy(100).provideLanguageModelChatInformation({ silent: true }, token)),
      /gone silent/,
    );
  });

  it('counts tokens of a text and of a message', async () => {
    const { token } = cancellable();
    assert.ok((await chat.provideTokenCount(model, 'two words', token)) > 0);
    assert.ok((await chat.provideTokenCount(model, question[0]!, token)) > 0);
  });
});
