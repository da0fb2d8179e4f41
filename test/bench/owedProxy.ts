/**
 * The bare pass-through and what is owed to every request, in the shortest form: the key compared in constant time, the body read as JSON
 * and its model replaced, a time limit, the usage of the answer, a record on disk before the last bytes. How far it is from the bare one
 * is what no router of this kind can save; how far the router is from it is ours.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import Agent from 'undici/lib/dispatcher/agent.js';
import { createAppender } from '../../src/ledger/appender';
import type { RequestRecord } from '../../src/ledger/record';
import { randomHex } from '../../src/network/randomHex';
import { readClientRequest } from '../../src/server/clientRequest';
import { splicePieces } from '../../src/wires/jsonText';

const [origin = '', folder = '', key = ''] = process.argv.slice(2);
const digest = (text: string): Buffer => Buffer.from(hash('sha256', text, 'hex'), 'hex');
const expected = digest(`Bearer ${key}`);
const ledger = createAppender(folder, { onWritten() {}, onProblem() {}, onLost() {} });
const agent = new Agent({ connections: 256, bodyTimeout: 0, headersTimeout: 0 });

function begun(request: http.IncomingMessage, bytesIn: number, model: string, stream: boolean): RequestRecord {
  return {
    id: `req_${randomHex(8)}`,
    time: new Date().toISOString(),
    route: 'chat/completions',
    client: 'other',
    clientKey: 'main',
    host: request.headers.host ?? '',
    askedModel: model,
    backend: 'up',
    upstreamModel: 'b',
    rules: [],
    stream,
    status: 200,
    attempts: [{ backend: 'up', model: 'b', at: 0, ms: 0, outcome: 'ok', status: 200 }],
    ms: 0,
    bytesIn,
    bytesOut: 0,
  };
}

function answer(request: http.IncomingMessage, response: http.ServerResponse, body: Buffer): void {
  const at = performance.now();
  const read = readClientRequest(body);
  const { start, end } = read.entry('model')!;
  const pieces = splicePieces(body, [{ start, end, text: '"b"' }]);
  const record = begun(request, body.length, read.model ?? '', read.stream);
  const came: Buffer[] = [];
  let type = '';
  let control: { abort(reason: Error): void; pause(): void; resume(): void } | undefined;
  const late = setTimeout(() => control?.abort(new Error('late')), 60_000);
  response.on('close', () => control?.abort(new Error('gone')));
  response.on('drain', () => control?.resume());
  agent.dispatch(
    {
      origin,
      path: request.url!,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer bench',
        'content-length': String(pieces.reduce((sum, piece) => sum + piece.length, 0)),
      },
      body: pieces as unknown as Buffer,
    },
    {
      onRequestStart(started) {
        control = started;
      },
      onResponseStart(_control, status, headers) {
        record.status = status;
        type = headers['content-type'] as string;
        if (read.stream) response.writeHead(status, { 'content-type': type });
      },
      onResponseData(_control, chunk) {
        record.bytesOut += chunk.length;
        if (!read.stream) came.push(chunk);
        else if (!response.write(chunk)) control?.pause();
      },
      onResponseEnd() {
        control = undefined;
        clearTimeout(late);
        const whole = Buffer.concat(came);
        if (!read.stream) {
          const { usage } = JSON.parse(whole.toString()) as { usage: Record<string, number> };
          record.usage = { input: usage.prompt_tokens!, output: usage.completion_tokens! };
        }
        record.ms = performance.now() - at;
        ledger.append(record);
        if (read.stream) return response.end();
        response.writeHead(record.status, {
          'content-type': type,
          'content-length': whole.length,
          'x-llm-router-request': record.id,
        });
        response.end(whole);
      },
      onResponseError() {
        clearTimeout(late);
        response.destroy();
      },
    },
  );
}

const server = http.createServer((request, response) => {
  if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected))
    return void response.writeHead(401).end();
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => answer(request, response, Buffer.concat(chunks)));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.on('disconnect', () => process.exit());
