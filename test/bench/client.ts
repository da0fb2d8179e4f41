/** Load and clocks of the bench: keep-alive requests, streams with time stamps, CPU time of a process. */
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';

export interface Subject {
  name: string;
  port: number;
  pid: number;
  headers: Record<string, string>;
}

const agents = new Map<number, http.Agent>();
function agentFor(port: number): http.Agent {
  let agent = agents.get(port);
  if (!agent) agents.set(port, (agent = new http.Agent({ keepAlive: true, maxSockets: 256 })));
  return agent;
}

/** One whole exchange; milliseconds. */
export function once(subject: Subject, body: Buffer, extra: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const request = http.request(
      {
        host: '127.0.0.1',
        port: subject.port,
        agent: agentFor(subject.port),
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json', 'content-length': body.length, ...subject.headers, ...extra },
      },
      (response) => {
        if (response.statusCode !== 200) reject(new Error(`${subject.name} answered ${response.statusCode}`));
        response.resume();
        response.on('end', () => resolve(performance.now() - begun));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

export interface StreamTimes {
  firstMs: number;
  /** Milliseconds from the upstream's write to our read, per chunk. */
  lags: number[];
  /** Chunk numbers in the order of arrival. */
  order: number[];
  done: boolean;
}

export function streamOnce(subject: Subject, body: Buffer, extra: Record<string, string> = {}): Promise<StreamTimes> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const times: StreamTimes = { firstMs: 0, lags: [], order: [], done: false };
    const request = http.request(
      {
        host: '127.0.0.1',
        port: subject.port,
        agent: agentFor(subject.port),
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json', 'content-length': body.length, ...subject.headers, ...extra },
      },
      (response) => {
        response.setEncoding('utf8');
        let rest = '';
        response.on('data', (text: string) => {
          const now = performance.now();
          rest += text;
          for (const [, n, at] of rest.matchAll(/(\d+)@(\d+\.\d+) /g)) {
            if (times.firstMs === 0) times.firstMs = now - begun;
            times.order.push(Number(n));
            times.lags.push(performance.timeOrigin + now - Number(at));
          }
          rest = rest.slice(Math.max(0, rest.lastIndexOf('\n') + 1));
          if (text.includes('[DONE]')) times.done = true;
        });
        response.on('end', () => resolve(times));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Client leaves after the first bytes; resolves when it did (milliseconds since the epoch). */
export function leave(subject: Subject, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: '127.0.0.1',
        port: subject.port,
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json', ...subject.headers },
      },
      (response) => {
        response.once('data', () => {
          const at = performance.timeOrigin + performance.now();
          request.destroy();
          resolve(at);
        });
        response.on('error', () => {});
      },
    );
    request.on('error', (error) => (request.destroyed ? undefined : reject(error)));
    request.end(body);
  });
}

/** CPU milliseconds all threads of a process have used; Linux only. */
export function cpuOf(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
  return nanoseconds / 1e6;
}

/** Resident memory in MB; Linux only. */
export function rssOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** An agent body as Cursor's: 40 messages with code and 20 tools, about `bytes` long. */
export function agentBody(bytes: number, more: object = {}): Buffer {
  const line =
    'const value = await read("file.ts");\n\tif (value === "x\\\\y") return { ok: true, text: `é ${value}` };\n';
  const share = Math.max(1, Math.floor(bytes / 40 / (JSON.stringify(line).length + 1)));
  const messages = Array.from({ length: 40 }, (_, n) => {
    const content = line.repeat(share);
    if (n === 0) return { role: 'system', content };
    if (n % 4 === 2)
      return {
        role: 'assistant',
        content: '',
        tool_calls: [
          {
            id: `call_${n}`,
            type: 'function',
            function: { name: 'read_file', arguments: JSON.stringify({ path: `src/file${n}.ts` }) },
          },
        ],
      };
    if (n % 4 === 3) return { role: 'tool', tool_call_id: `call_${n - 1}`, content };
    return { role: n % 4 === 1 ? 'user' : 'assistant', content };
  });
  const tools = Array.from({ length: 20 }, (_, n) => ({
    type: 'function',
    function: {
      name: n === 0 ? 'read_file' : `tool_${n}`,
      description: 'Does something useful with the workspace. '.repeat(8),
      parameters: {
        type: 'object',
        properties: { path: { type: 'string', description: 'A path.' }, limit: { type: 'integer' } },
        required: ['path'],
      },
    },
  }));
  return Buffer.from(JSON.stringify({ model: 'up/b', ...more, messages, tools, tool_choice: 'auto' }));
}
