/** Looks at the public URL from outside: is it us who answer, do streams flow, does the name exist. */

import { timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { type HealthProof, newHealthNonce } from '../network/healthProof';
import { type Network, NetworkError } from '../network/httpsClient';
import { errorWords, type Words } from '../said';
import type { Dial } from './driver';
import { say } from './sentences';

/** The user text that makes the built-in model demo/echo stream at least three chunks about 300 ms apart. */
export const TUNNEL_PROBE_TEXT = 'llm-router tunnel self-test';
/** Chunks sent 300 ms apart that arrive within this many milliseconds were held back on the way. */
const MIN_SPREAD_MS = 200;
/** By name, and by address for a machine whose own DNS is dead. */
const RESOLVERS = [
  'https://cloudflare-dns.com/dns-query',
  'https://dns.google/resolve',
  'https://1.1.1.1/dns-query',
  'https://8.8.8.8/resolve',
];

export type HealthResult =
  | { ok: true }
  /** `gone`: no connection for this name; `origin`: our listener is down; `busy`: too many requests; `foreign`: not our answer;
   * `silent`: 524; `status`: anything else in HTTP. */
  | { ok: false; kind: 'gone' | 'origin' | 'busy' | 'foreign' | 'silent' | 'status'; status: number; code?: string }
  /** `unreachable`: the request never got there (DNS, proxy, captive portal, no network), which proves nothing about the tunnel;
   * `unanswered`: the service had it and gave no answer. `cut`: something took the connection and ended it at once. */
  | { ok: false; kind: 'unreachable' | 'unanswered'; why: Words; cut?: boolean };

export type StreamResult = { ok: true } | { ok: false; kind: 'buffered' } | { ok: false; kind: 'failed'; why: Words };

export interface Verifier {
  health(publicUrl: string, dial?: Dial): Promise<HealthResult>;
  stream(publicUrl: string, dial?: Dial): Promise<StreamResult>;
  /** Does the name exist for the rest of the world? Asked over HTTPS, so that no resolver near us learns a wrong no. */
  resolves(host: string): Promise<'yes' | 'no' | 'unknown'>;
}

export interface VerifierOptions {
  clientKey: string | (() => string);
  /** Expected HMAC, hex, for GET /health?nonce=. */
  healthProof: HealthProof;
  /** Port of the listener that has to have answered. */
  port: number;
  network: Network;
  /** Monotonic milliseconds. */
  now?: () => number;
}

// ngrok shows browsers a page in between; with this header nobody is taken for one.
const HEADERS = { accept: 'application/json', 'ngrok-skip-browser-warning': '1' };

/** A reverse proxy may call us by our own address. */
function doors(publicUrl: string): string[] {
  return [new URL(publicUrl).hostname, 'loopback'];
}

export function createVerifier({
  clientKey,
  healthProof,
  port,
  network,
  now = () => performance.now(),
}: VerifierOptions): Verifier {
  return {
    async health(publicUrl, dial) {
      const nonce = newHealthNonce();
      try {
        const answer = await askAround(network, publicUrl, dial, (dialHost) =>
          network.request({
            url: `${publicUrl}/health?nonce=${nonce}`,
            dialHost,
            headers: HEADERS,
            timeoutMs: 10_000,
          }),
        );
        if (answer.status === 200)
          return doors(publicUrl).some((door) => proves(answer.body, healthProof({ nonce, door, port })))
            ? { ok: true }
            : { ok: false, kind: 'foreign', status: 200 };
        const code = String(answer.headers['ngrok-error-code'] ?? '').slice(0, 40) || undefined;
        return { ok: false, kind: kindOf(answer.status, answer.body, code), status: answer.status, code };
      } catch (error) {
        const { reached, cut } = error instanceof NetworkError ? error : { reached: false, cut: false };
        return { ok: false, kind: reached ? 'unanswered' : 'unreachable', why: reasonOf(error), ...(cut && { cut }) };
      }
    },

    async stream(publicUrl, dial) {
      const body = JSON.stringify({
        model: 'demo/echo',
        stream: true,
        messages: [{ role: 'user', content: TUNNEL_PROBE_TEXT }],
      });
      try {
        const answer = await askAround(network, publicUrl, dial, (dialHost) =>
          network.open({
            url: `${publicUrl}/v1/chat/completions`,
            method: 'POST',
            dialHost,
            headers: {
              ...HEADERS,
              accept: 'text/event-stream',
              'content-type': 'application/json',
              authorization: `Bearer ${typeof clientKey === 'string' ? clientKey : clientKey()}`,
            },
            body,
            timeoutMs: 15_000,
            signal: AbortSignal.timeout(20_000),
          }),
        );
        if (answer.statusCode !== 200) {
          answer.destroy();
          return { ok: false, kind: 'failed', why: say.badStatus(answer.statusCode ?? 0) };
        }
        const arrivals = await contentArrivals(answer, now);
        if (arrivals.length < 3) return { ok: false, kind: 'failed', why: say.endedEarly };
        return arrivals.at(-1)! - arrivals[0]! >= MIN_SPREAD_MS ? { ok: true } : { ok: false, kind: 'buffered' };
      } catch (error) {
        return { ok: false, kind: 'failed', why: reasonOf(error) };
      }
    },

    async resolves(host) {
      if (isIP(host)) return 'yes';
      for (const resolver of RESOLVERS) {
        const answers = await Promise.all(
          (['A', 'AAAA'] as const).map((type) => lookUp(network, resolver, host, type)),
        );
        const found = answers.map((answer) => answer.found);
        if (found.includes('yes')) return 'yes';
        if (found.includes('no')) return 'no';
      }
      return 'unknown';
    },
  };
}

/**
 * Asks, and where the name of the place to dial could not be looked up or led nowhere, asks once more at the address that
 * resolvers elsewhere know: a dead or filtering resolver of this machine says nothing about the tunnel.
 */
async function askAround<T>(
  network: Network,
  publicUrl: string,
  dial: Dial | undefined,
  ask: (dialHost: string | undefined) => Promise<T>,
): Promise<T> {
  const host = await dialHost(network, publicUrl, dial);
  try {
    return await ask(host);
  } catch (error) {
    const name = host ?? new URL(publicUrl).hostname;
    const missed = error instanceof NetworkError && !error.reached;
    const address = missed && !isIP(name) && !network.proxyFor(name) ? await addressOf(network, name) : undefined;
    if (!address) throw error;
    return ask(address);
  }
}

/** The host to connect to; undefined is the name itself. A proxy resolves names where it stands, so it needs no help. */
async function dialHost(network: Network, publicUrl: string, dial: Dial | undefined): Promise<string | undefined> {
  const { hostname } = new URL(publicUrl);
  if (!dial?.outside || network.proxyFor(hostname)) return dial?.host;
  const address = await addressOf(network, hostname);
  if (address) return address;
  throw new NetworkError(say.nameNotYet(hostname));
}

async function addressOf(network: Network, host: string): Promise<string | undefined> {
  for (const resolver of RESOLVERS) {
    const { found, address } = await lookUp(network, resolver, host, 'A');
    if (address) return address;
    if (found === 'no') return undefined;
  }
  return undefined;
}

interface LookUp {
  found: 'yes' | 'no' | 'unknown';
  address?: string;
}

async function lookUp(network: Network, resolver: string, host: string, type: 'A' | 'AAAA'): Promise<LookUp> {
  try {
    const url = `${resolver}?name=${encodeURIComponent(host)}&type=${type}`;
    const answer = await network.request({ url, headers: { accept: 'application/dns-json' }, timeoutMs: 5_000 });
    if (answer.status !== 200) return { found: 'unknown' };
    const { Status, Answer = [] } = JSON.parse(answer.body) as { Status?: number; Answer?: { data?: string }[] };
    if (Status === 3) return { found: 'no' };
    if (Status !== 0) return { found: 'unknown' };
    // No error but nothing of this type: the other type decides, and none of either is a no.
    const address = Answer.map(({ data }) => data ?? '').find((data) => isIP(data));
    return { found: address ? 'yes' : 'no', address };
  } catch {
    return { found: 'unknown' };
  }
}

/** `code`: ngrok names its own failures in a header; Cloudflare uses the status. */
function kindOf(
  status: number,
  body: string,
  code: string | undefined,
): 'gone' | 'origin' | 'busy' | 'silent' | 'status' {
  if (code) return code === 'ERR_NGROK_3200' ? 'gone' : code === 'ERR_NGROK_8012' ? 'origin' : 'status';
  if (status === 530 || /error code: 1033/.test(body)) return 'gone';
  if (status === 502) return 'origin';
  if (status === 429) return 'busy';
  if (status === 524) return 'silent';
  return 'status';
}

function proves(body: string, expected: string): boolean {
  try {
    const { hmac } = JSON.parse(body) as { hmac?: unknown };
    const given = Buffer.from(String(hmac));
    const wanted = Buffer.from(expected);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  } catch {
    return false;
  }
}

/** Our own answer is far smaller; somebody else's may have no end. */
const MOST_BYTES = 262_144;

/** When each chunk with content came. Counts SSE events that carry text, whatever TCP made of them. */
async function contentArrivals(answer: NodeJS.ReadableStream, now: () => number): Promise<number[]> {
  const arrivals: number[] = [];
  let rest = '';
  let size = 0;
  for await (const chunk of answer) {
    size += chunk.length;
    if (size > MOST_BYTES) break;
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (/^data:.*"content":\s*"[^"]/.test(line)) arrivals.push(now());
  }
  return arrivals;
}

const reasonOf = (error: unknown): Words =>
  error instanceof NetworkError ? errorWords(error) : say.brokeOff(errorWords(error));
