/** Asks the router on its own local URL. */
import { type IncomingMessage, request } from 'node:http';
import { l10n } from 'vscode';
import type { JsonObject } from '../wires/conversation';
import { parseObject } from '../wires/read';
import { errorSentence } from './answer';

/** Where the router listens and the key of this editor. */
export interface Door {
  url: string;
  key: string;
}

/** The header by which the router's records say who asked; a label, it gives no rights. */
export const CLIENT_HEADER = { 'x-llm-router-client': 'vscode' };

/** How long the router may say nothing: a list is told at once, an answer gets a comment every few seconds; milliseconds. */
export const SILENCE = { list: 30_000, answer: 300_000 };

/**
 * The answer once it has begun; rejects with a sentence, also while it is read. Whoever aborts `signal` ends the request, in the
 * router too.
 */
export async function askRouter(
  { url, key }: Door,
  route: string,
  signal: AbortSignal,
  timeout: number,
  body?: JsonObject,
): Promise<IncomingMessage> {
  const answer = await sent(`${url}/${route}`, key, { signal, timeout }, body);
  if (answer.statusCode === 200) return answer;
  const told = errorSentence(parseObject(await textOf(answer)));
  throw new Error(told ?? l10n.t('LLM Router answered with status {0}.', answer.statusCode ?? 0));
}

function sent(
  url: string,
  key: string,
  until: { signal: AbortSignal; timeout: number },
  body?: JsonObject,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { ...CLIENT_HEADER, authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    let begun: IncomingMessage | undefined;
    const asking = request(url, { method: body ? 'POST' : 'GET', headers, ...until }, (answer) => {
      begun = answer;
      resolve(answer);
    });
    asking.on('timeout', () =>
      (begun ?? asking).destroy(
        new Error(l10n.t('LLM Router has gone silent. Run the command LLM Router: Restart Router.')),
      ),
    );
    asking.on('error', (error: NodeJS.ErrnoException) => {
      const closed = error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET';
      reject(
        closed ? new Error(l10n.t('LLM Router does not answer. Run the command LLM Router: Start Router.')) : error,
      );
    });
    asking.end(body && JSON.stringify(body));
  });
}

/** The sentence where the router went away in the middle of its answer: Node says `aborted`. */
export function sentenceOf(error: unknown): unknown {
  const gone = (error as NodeJS.ErrnoException).code === 'ECONNRESET';
  return gone ? new Error(l10n.t('The answer broke off before its end.')) : error;
}

export async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
