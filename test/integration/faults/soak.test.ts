/**
 * Many requests with faults mixed in, against the built program: every answer whole or honestly broken, every request one
 * record, every byte counted, descriptors and memory as they were. SOAK=full does 10,000 requests.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { RequestRecord } from '../../../src/ledger/record';
import { onLinux } from '../../support/platform';
import { assertEndsBy, type Program, startProgram, tempFolder } from '../../support/program';
import {
  type Answer,
  chatCompletion,
  chunk,
  json,
  sse,
  startUpstream,
  type Upstream,
  wordStream,
} from '../../support/upstream';

const KEY = 'sk-soak-client-key-0123456789abcdef';
const full = process.env.SOAK === 'full';
const REQUESTS = full ? 10_000 : 1_500;
const STREAMS = full ? 200 : 100;
const words = Array.from({ length: 30 }, (_, n) => `word${n} `);
const TEXT = words.join('');

interface Told {
  status: number;
  text: string;
  bytes: number;
  id: string;
}

const FAULTS: Record<string, Answer> = {
  whole: json(chatCompletion(TEXT)),
  stream: sse(...wordStream(...words)),
  slow: async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of wordStream(...words)) {
      response.write(event);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    response.end();
  },
  endless: (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write(chunk({ content: 'on ' })), 5);
    response.on('close', () => clearInterval(timer));
  },
  cut: (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ role: 'assistant', content: 'half' }));
    setTimeout(() => response.destroy(), 5);
  },
  reset: (_request, response) => void response.socket!.resetAndDestroy(),
  error: json({ error: { message: 'Broken today.' } }, 500),
  html: (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  dropped: sse(...wordStream(...words).flatMap((event) => ['data: {"half\n\n', event])),
};
/** What one request in a mixed round is. */
const MIX = ['whole', 'stream', 'stream', 'stream', 'cut', 'reset', 'error', 'html', 'dropped', 'leave'] as const;

describe('soak', function () {
  this.timeout(full ? 900_000 : 90_000);
  let upstream: Upstream;
  let program: Program;
  let url: URL;
  let descriptorsAtStart = 0;
  const temp = tempFolder();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 400 });
  let asked = 0;
  const proc = () => `/proc/${program.child.pid}`;
  const descriptors = () => readdirSync(`${proc()}/fd`).length;
  const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`${proc()}/status`, 'utf8'))![1]) / 1_024;

  before(async () => {
    upstream = await startUpstream((seen, response) => {
      upstream.seen.length = 0;
      return FAULTS[String(seen.json().model)]!(seen, response);
    });
    writeFileSync(
      path.join(temp.folder, 'llm-router.json'),
      JSON.stringify({
        retry: { attempts: 1 },
        limits: { streams: 400 },
        backends: [{ name: 'up', baseUrl: upstream.url }],
      }),
    );
    program = startProgram(
      [
        '--port',
        '0',
        '--tunnel',
        'none',
        '--json',
        '--data-dir',
        path.join(temp.folder, 'data'),
        '--llmrouter-api-key',
        KEY,
      ],
      { cwd: temp.folder },
    );
    url = new URL(String((await program.event(({ event }) => event === 'listening')).localUrl));
    // The first request opens what stays open: the ledger's file.
    await ask('whole', false);
    agent.destroy();
    if (onLinux) descriptorsAtStart = descriptors();
  });
  after(async () => {
    agent.destroy();
    program?.child.kill();
    await program?.exited;
    await upstream?.stop();
    temp.remove();
  });

  function ask(model: string, stream: boolean, leaveAfter?: number): Promise<Told | undefined> {
    asked += 1;
    return new Promise((resolve) => {
      const request = http.request(
        {
          agent,
          host: url.hostname,
          port: url.port,
          path: '/v1/chat/completions',
          method: 'POST',
          headers: { authorization: `Bearer ${KEY}` },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          response.on('data', (data: Buffer) => {
            chunks.push(data);
            bytes += data.length;
            if (leaveAfter !== undefined && bytes > leaveAfter) request.destroy();
          });
          response.on('error', () => {});
          response.on('close', () =>
            resolve(
              response.complete
                ? {
                    status: response.statusCode!,
                    text: Buffer.concat(chunks).toString(),
                    bytes,
                    id: String(response.headers['x-llm-router-request']),
                  }
                : undefined,
            ),
          );
        },
      );
      request.on('error', () => resolve(undefined));
      request.end(
        JSON.stringify({ model: `up/${model}`, stream, messages: [{ role: 'user', content: 'x'.repeat(500) }] }),
      );
    });
  }
  const contentOf = (text: string) =>
    [...text.matchAll(/"content":"((?:word\d+ )?)"/g)].map(([, word]) => word).join('');

  it(`${STREAMS} streams at once: nothing lost, nothing reordered`, async () => {
    const answers = await Promise.all(Array.from({ length: STREAMS }, () => ask('slow', true)));
    for (const answer of answers) {
      assert.equal(contentOf(answer!.text), TEXT);
      assert.ok(answer!.text.endsWith('data: [DONE]\n\n'), answer!.text.slice(-400));
    }
  });

  it(`${REQUESTS} requests with faults and leaving clients: accounted for, nothing left behind`, async () => {
    const told = new Map<string, Told>();
    let done = 0;
    let left = 0;
    let settled: number | undefined;
    // Told behind their answers: those of the requests before are not to be taken for some of these.
    const recordsBefore = asked;
    await recorded(recordsBefore);
    const worker = async () => {
      while (done < REQUESTS) {
        const kind = MIX[done++ % MIX.length]!;
        if (done === REQUESTS / 5 && onLinux) settled = rss();
        if (kind === 'leave') {
          left += 1;
          await ask('endless', true, 500);
          continue;
        }
        const answer = await ask(kind, kind !== 'whole');
        assert.ok(answer, `${kind}: the connection broke`);
        told.set(answer.id, answer);
        if (kind === 'whole' || kind === 'stream' || kind === 'dropped') {
          assert.equal(answer.status, 200, answer.text);
          if (kind === 'whole') assert.ok(answer.text.includes(TEXT));
          else assert.equal(contentOf(answer.text), TEXT);
        } else {
          assert.match(answer.text, /"error":/);
          assert.ok(!answer.text.includes('[DONE]'));
        }
      }
    };
    await Promise.all(Array.from({ length: 40 }, worker));
    await recorded(recordsBefore + REQUESTS);
    const records = program.events
      .filter(({ event }) => event === 'request')
      .slice(recordsBefore) as unknown as RequestRecord[];
    assert.equal(records.length, REQUESTS, 'one record a request');
    for (const record of records) {
      const answer = told.get(record.id);
      if (answer) assert.deepEqual([record.status, record.bytesOut], [answer.status, answer.bytes]);
    }
    assert.equal(records.filter(({ status }) => status === 499).length, left);
    if (!onLinux) return;
    agent.destroy();
    // Connections to the upstream are kept for some seconds before they are let go.
    for (let n = 0; n < 300 && descriptors() > descriptorsAtStart; n++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    console.log(
      `      RSS ${settled?.toFixed(0)} MB at ${REQUESTS / 5}, ${rss().toFixed(0)} MB at ${REQUESTS}; descriptors ${descriptorsAtStart} → ${descriptors()}`,
    );
    assert.ok(descriptors() <= descriptorsAtStart, `${descriptors()} descriptors, ${descriptorsAtStart} at the start`);
    if (full) assert.ok(rss() <= settled! * 1.1, `${rss()} MB at the end, ${settled} MB at 2,000`);
    else assert.ok(rss() <= settled! * 1.6, `${rss()} MB at the end, ${settled} MB after a fifth`);
  });

  async function recorded(count: number): Promise<void> {
    const missing = (): boolean => program.events.filter(({ event }) => event === 'request').length < count;
    for (let n = 0; n < 500 && missing(); n++) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  it('ends by itself when told to, within its bound', async () => {
    await assertEndsBy('SIGTERM', program);
  });
});
