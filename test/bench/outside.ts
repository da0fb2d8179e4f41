/** What Cursor's servers see of a router behind the made-up edge. */
import https from 'node:https';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import type { FakeCloud } from '../support/fakeCloudflared';

export const KEY = 'sk-faults-0123456789abcdef0123456789';
/** Between two looks from outside, and the longest that a fault may last. */
const LOOK_MS = 200;
const LONGEST_MS = 300_000;

/** Time since the program began, from which all is counted. */
export const now = () => performance.now();

/** From outside: resolves with the time of the first answer after the first failure; at once where none fails for 15 s. */
export async function lookOn(cloud: FakeCloud, host: () => string): Promise<number> {
  const began = now();
  let failed = false;
  while (now() - began < LONGEST_MS) {
    const ok = (await statusOf(cloud, host())) === 200;
    if (!ok) failed = true;
    if (ok && (failed || now() - began > 15_000)) return failed ? now() : began;
    await sleep(LOOK_MS);
  }
  throw new Error('it did not come back');
}

async function visit(cloud: FakeCloud, host: string): Promise<tls.TLSSocket> {
  const proxy = net.connect(Number(new URL(cloud.internet.proxyUrl).port), '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    proxy.once('data', (data: Buffer) => (data.includes(' 200 ') ? resolve() : reject(new Error('offline'))));
    proxy.once('error', reject);
    proxy.write('CONNECT trycloudflare.com:443 HTTP/1.1\r\nHost: trycloudflare.com:443\r\n\r\n');
  });
  return tls.connect({ socket: proxy, servername: host, ca: cloud.internet.certificates.ca });
}

async function statusOf(cloud: FakeCloud, host: string): Promise<number | undefined> {
  const socket = await visit(cloud, host).catch(() => undefined);
  if (!socket) return undefined;
  return await new Promise((resolve) => {
    const request = https.get(
      { createConnection: () => socket, path: '/health', headers: { host }, timeout: 3_000 },
      (response) => {
        response.resume();
        response.on('close', () => resolve(response.statusCode));
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
  });
}

export interface Answer {
  /** The first piece has come. */
  began: Promise<void>;
  /** How many characters of content have come in the end. */
  content: Promise<number>;
}

/** An answer through the public side, as Cursor's servers ask for it. */
export function ask(cloud: FakeCloud, host: string): Answer {
  let started = () => {};
  const began = new Promise<void>((resolve) => {
    started = resolve;
  });
  const content = visit(cloud, host).then(
    (socket) =>
      new Promise<number>((resolve) => {
        let text = '';
        const end = () => resolve((text.match(/x/g) ?? []).length);
        const headers = { host, authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
        const request = https.request(
          { createConnection: () => socket, method: 'POST', path: '/v1/chat/completions', headers },
          (response) => {
            response.on('data', (data: Buffer) => {
              text += [...data.toString().matchAll(/"content":"(x+)/g)].map(([, all]) => all).join('');
              started();
            });
            response.on('close', end);
            response.on('error', end);
          },
        );
        request.on('error', end);
        request.end(JSON.stringify({ model: 'lab/m', stream: true, messages: [{ role: 'user', content: 'go on' }] }));
      }),
  );
  return { began, content };
}
