/**
 * A cloudflared that behaves as the real one does where it matters (tunnel facts §2-§5, §12.6, §13), bundled into one
 * executable file by fakeCloudflared.ts. How it should misbehave, and its edge unless --edge and --cacert name one, stand in
 * plan.json beside itself.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import type { Plan } from '../fakeCloudflared';
import * as rpc from './capnp';

const planFile = path.join(__dirname, 'plan.json');
const plan: Partial<Plan> = existsSync(planFile) ? JSON.parse(readFileSync(planFile, 'utf8')) : {};
const VERSION = plan.version ?? '2026.8.2';
const KNOWN = new Set(
  (
    'config url quick-service protocol edge-ip-version edge cacert metrics no-autoupdate retries grace-period management-diagnostics ' +
    'no-prechecks loglevel logfile pidfile token token-file output http-host-header'
  ).split(' '),
);

const { commands, flags } = readArguments(process.argv.slice(2));
const config = flags.config ? readYaml(flags.config) : {};
const option = (name: string) =>
  flags[name] ?? process.env[`TUNNEL_${name.toUpperCase().replace(/-/g, '_')}`] ?? config[name];
const json = (flags.output ?? process.env.TUNNEL_LOG_OUTPUT) === 'json' && !plan.text;
const connector = randomUUID();
let connections = 0;
let stopping = false;
let hostname = '';
let tunnelId = '';

if (flags.version !== undefined || commands[0] === 'version') {
  process.stdout.write(`cloudflared version ${VERSION} (built 2026-08-20T10:00:00Z)\n`);
  process.exit(0);
}
if (commands[0] !== 'tunnel') help();
void main();

function help(): never {
  process.stdout.write(
    'NAME:\n   cloudflared - Cloudflare command-line tool and agent\n\nUSAGE:\n   cloudflared [global options] [command]\n',
  );
  process.exit(0);
}

function readArguments(args: string[]): { commands: string[]; flags: Record<string, string> } {
  const commands: string[] = [];
  const flags: Record<string, string> = {};
  for (let at = 0; at < args.length; at += 1) {
    const [, name, , value] = /^--?([\w-]+)(=(.*))?$/.exec(args[at]!) ?? [];
    if (name === undefined) commands.push(args[at]!);
    else if (name === 'version') flags.version = '';
    else if (!KNOWN.has(name)) help();
    else if (value !== undefined) flags[name] = value;
    else if (/^no-/.test(name)) flags[name] = 'true';
    else flags[name] = args[(at += 1)] ?? '';
  }
  return { commands, flags };
}

/** One `key: value` a line, values plain or in double quotes; unknown keys are ignored without a word. */
function readYaml(file: string): Record<string, string> {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    process.stderr.write(`error reading configuration file: ${(error as Error).message}\n`);
    process.exit(1);
  }
  const pairs = source.split('\n').map((line) => /^([\w-]+):\s*(.*)$/.exec(line));
  return Object.fromEntries(
    pairs
      .filter((pair) => pair !== null)
      .map(([, key, value]) => [key!, value!.startsWith('"') ? JSON.parse(value!) : value!]),
  );
}

/** Writes as the real one does: several lines a chunk, JSON cut at odd places. */
let pendingOutput = '';
function log(level: 'INF' | 'ERR' | 'WRN', message: string, fields: Record<string, string | number> = {}): void {
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const names = { INF: 'info', ERR: 'error', WRN: 'warn' };
  const words = Object.entries(fields).map(
    ([key, value]) => ` ${key}=${/[\s"]/.test(String(value)) ? JSON.stringify(value) : value}`,
  );
  const line = json
    ? JSON.stringify({ level: names[level], ...fields, time, message })
    : `${time} ${level} ${message}${words.join('')}`;
  if (!plan.oddChunks) {
    process.stderr.write(`${line}\n`);
    return;
  }
  if (pendingOutput === '') setTimeout(flush, 40);
  pendingOutput += `${line}\n`;
}
function flush(): void {
  const cut = Math.floor(pendingOutput.length * 0.6);
  process.stderr.write(pendingOutput.slice(0, cut));
  const rest = pendingOutput.slice(cut);
  pendingOutput = '';
  setTimeout(() => process.stderr.write(rest), 40);
}

async function main(): Promise<void> {
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  if (plan.garbage)
    process.stderr.write(
      Buffer.concat([
        Buffer.from([0xff, 0xfe, 0x00, 0x7b]),
        Buffer.from('{"level":"in\n}{\n"\n'),
        Buffer.alloc(100_000, 0x41),
        Buffer.from('\n'),
      ]),
    );
  if (plan.exitAtStart !== undefined) {
    log('ERR', "Couldn't start tunnel", { error: 'something is wrong' });
    process.stderr.write('something is wrong\n');
    process.exit(plan.exitAtStart);
  }
  if (plan.hang) {
    setInterval(() => {}, 1_000);
    return;
  }
  const protocol = option('protocol') ?? 'quic';
  if (protocol !== 'quic' && protocol !== 'http2' && protocol !== 'auto') fail('unknown protocol');
  const credentials = commands.includes('run') ? namedCredentials() : await quickCredentials();
  tunnelId = credentials.id;
  log('INF', `Version ${VERSION} (Checksum fake)`);
  log(
    'INF',
    `Settings: map[config:${flags.config} quick-service:${option('quick-service') ?? ''} url:${option('url') ?? ''}]`,
  );
  log('INF', `Generated Connector ID: ${connector}`);
  log('INF', `Initial protocol ${protocol}`);
  await startMetrics();
  if (plan.slowStartMs) await new Promise((resolve) => setTimeout(resolve, plan.slowStartMs));
  if (option('no-prechecks') !== 'true' && plan.precheckHttp2) {
    log('INF', 'precheck complete', { hard_fail: 'false', suggested_protocol: 'http2' });
  }
  if (protocol === 'quic' && plan.quicBlocked) {
    setInterval(() => {
      log('ERR', 'Failed to dial a quic connection', {
        connIndex: 0,
        event: 0,
        error: 'failed to dial to edge with quic: timeout: no recent network activity',
      });
      log('INF', 'Retrying connection in up to 16s', { connIndex: 0 });
    }, 5_000);
    return;
  }
  if (plan.crashAfterMs) setTimeout(() => process.exit(2), plan.crashAfterMs);
  if (plan.flapMs) setInterval(() => edgeSocket?.destroy(), plan.flapMs);
  connect(protocol, credentials);
}

function fail(message: string, code = 1): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

interface Credentials {
  id: string;
  account_tag: string;
  secret: string;
  hostname: string;
}

function namedCredentials(): Credentials {
  const token =
    flags.token ??
    process.env.TUNNEL_TOKEN ??
    (option('token-file') ? readFileSync(option('token-file')!, 'utf8').trim() : '');
  try {
    const { a, t, s } = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
    if (!a || !t || !s) throw new Error('incomplete');
    return { id: t, account_tag: a, secret: s, hostname: '' };
  } catch {
    return fail('Provided Tunnel token is not valid.', 255);
  }
}

async function quickCredentials(): Promise<Credentials> {
  if (!option('url')) fail('You did not specify any valid additional argument to the cloudflared tunnel command.');
  log(
    'INF',
    'Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, is a quick way to experiment and try it out. However, be aware that these account-less Tunnels have no uptime guarantee.',
  );
  log('INF', `Requesting new quick Tunnel on trycloudflare.com...`);
  const service = new URL(`${option('quick-service') ?? 'https://api.trycloudflare.com'}/tunnel`);
  const { status, body } = await post(service).catch((error: Error) =>
    fail(`failed to request quick Tunnel: Post "${service}": ${error.message}`),
  );
  let answer: { success: boolean; result?: Credentials };
  try {
    answer = JSON.parse(body);
  } catch {
    log('ERR', `Error unmarshaling QuickTunnel response: ${body}`, {
      error: "invalid character 'e' looking for beginning of value",
      status_code: `${status}`,
    });
    return fail("failed to unmarshal quick Tunnel: invalid character 'e' looking for beginning of value");
  }
  if (!answer.result?.id) return fail('failed to parse quick Tunnel ID: invalid UUID length: 0');
  hostname = answer.result.hostname;
  const box = '+--------------------------------------------------------------------------------------------+';
  log('INF', box);
  log('INF', '|  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |');
  log('INF', `|  https://${hostname}  |`);
  log('INF', box);
  return answer.result;
}

function post(url: URL): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'user-agent': `cloudflared/${VERSION}` };
    const request = http.request(url, { method: 'POST', headers, timeout: 15_000 }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on('timeout', () => request.destroy(new Error('context deadline exceeded')));
    request.on('error', reject);
    request.end();
  });
}

async function startMetrics(): Promise<void> {
  const server = http.createServer((request, response) => {
    const send = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    const ready = plan.readyZero ? 0 : connections;
    if (request.url === '/ready')
      send(ready > 0 ? 200 : 503, { status: ready > 0 ? 200 : 503, readyConnections: ready, connectorId: connector });
    else if (request.url === '/quicktunnel') send(200, { hostname });
    else if (request.url === '/diag/tunnel') send(200, { tunnelID: tunnelId, connectorID: connector, connections: [] });
    else if (request.url === '/metrics')
      response.end(
        `# TYPE cloudflared_tunnel_ha_connections gauge\ncloudflared_tunnel_ha_connections 1\nbuild_info{version="${VERSION}"} 1\n`,
      );
    else if (request.url === '/healthcheck') response.end('OK');
    else response.writeHead(404).end();
  });
  const [, port] = /:(\d+)$/.exec(option('metrics') ?? '127.0.0.1:0') ?? [];
  await new Promise<void>((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
  log('INF', `Starting metrics server on 127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
}

let edgeSocket: tls.TLSSocket | undefined;
let unregister = () => {};

function connect(protocol: string, credentials: Credentials): void {
  if (stopping) return;
  const retry = (wait: number) => setTimeout(() => connect(protocol, credentials), wait);
  const socket = tls.connect({
    host: '127.0.0.1',
    port: Number(option('edge')?.split(':').at(-1) ?? plan.edgePort),
    servername: 'h2.cftunnel.com',
    ca: option('cacert') ? readFileSync(option('cacert')!) : plan.ca,
  });
  edgeSocket = socket;
  let registered = false;
  let refused = false;
  socket.on('secureConnect', () => serve(socket));
  socket.on('error', () => {});
  socket.on('close', () => {
    if (stopping) return;
    if (registered) {
      connections = 0;
      log('INF', 'Lost connection with the edge', { connIndex: 0 });
      log('ERR', 'Connection terminated', { connIndex: 0, error: 'connection with edge closed' });
      // QUIC comes back at once; a lost HTTP/2 connection waits a random part of its backoff, which may be long.
      retry(protocol === 'quic' ? 1_000 : 20_000);
    } else {
      if (refused)
        log('ERR', 'Register tunnel error from server side', { connIndex: 0, error: 'Unauthorized: Tunnel not found' });
      else
        log('ERR', 'Unable to establish connection with Cloudflare edge', { connIndex: 0, error: 'DialContext error' });
      retry(2_000);
    }
  });

  function serve(socket: tls.TLSSocket): void {
    const session = http2.performServerHandshake(socket, {});
    session.on('error', () => {});
    session.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      if (headers['cf-cloudflared-proxy-connection-upgrade'] === 'control-stream') control(stream);
      else forward(stream, headers);
    });
  }

  function control(stream: http2.ServerHttp2Stream): void {
    stream.respond({ ':status': 200 });
    unregister = () => stream.write(rpc.unregisterCall);
    stream.on(
      'data',
      rpc.createFrameReader((message) => {
        const root = rpc.structAt(message, 0);
        const answer = rpc.child(root, 0);
        if (rpc.u16(root, 0) !== rpc.KIND.return || rpc.u32(answer, 0) !== 1) return;
        const response = rpc.child(rpc.child(rpc.child(answer, 0), 0), 0);
        if (rpc.u16(response, 0) === 0) {
          refused = true;
          log('ERR', 'failed to serve incoming request', { connIndex: 0, error: rpc.text(rpc.child(response, 0), 0) });
          return;
        }
        registered = true;
        connections = 1;
        const details = rpc.child(response, 0);
        const fields = {
          connIndex: 0,
          connection: randomUUID(),
          event: 0,
          ip: '198.41.200.13',
          location: rpc.text(details, 1),
          protocol,
        };
        log('INF', 'Registered tunnel connection', fields);
        if (plan.twoRegistered)
          log('INF', 'Registered tunnel connection', { ...fields, connIndex: 1, ip: '2606:4700:a0::1' });
      }),
    );
    const secret = Buffer.from(credentials.secret, 'base64');
    stream.write(rpc.bootstrapCall);
    stream.write(rpc.registerCall({ tag: credentials.account_tag, secret, id: credentials.id }));
  }
}

function forward(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): void {
  const plain = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));
  const origin = new URL(option('url')!);
  const [, socketPath] = /"unix:([^"]+)"/.exec(config.ingress ?? '') ?? [];
  const outgoing = http.request(
    {
      ...(socketPath ? { socketPath } : { host: origin.hostname, port: origin.port }),
      method: headers[':method'],
      path: headers[':path'],
      headers: { 'accept-encoding': 'gzip', ...plain, host: headers[':authority'], 'cf-warp-tag-id': connector },
    },
    (answer) => {
      const pairs: string[] = [];
      for (let at = 0; at < answer.rawHeaders.length; at += 2)
        pairs.push(`${base64(answer.rawHeaders[at]!)}:${base64(answer.rawHeaders[at + 1]!)}`);
      stream.respond({
        ':status': answer.statusCode,
        'cf-cloudflared-response-headers': pairs.join(';'),
        'cf-cloudflared-response-meta': '{"src":"origin"}',
      });
      answer.pipe(stream);
      answer.on('error', () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
    },
  );
  outgoing.on('error', (error) => {
    if (stream.destroyed) return;
    if (stream.headersSent) return stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    log('ERR', '', {
      error: `Unable to reach the origin service. The service may be down or it may not be responding to traffic from cloudflared: ${error.message}`,
    });
    stream.respond({ ':status': 502, 'cf-cloudflared-response-meta': '{"src":"cloudflared"}' });
    stream.end();
  });
  stream.on('close', () => outgoing.destroy());
  passBody(stream, outgoing).catch(() => outgoing.destroy());
}

/** Node ends a body of which something is still pending with an empty write, an error where the answer closed the connection; Go writes nothing. */
async function passBody(stream: http2.ServerHttp2Stream, outgoing: http.ClientRequest): Promise<void> {
  for await (const piece of stream) await new Promise((written) => outgoing.write(piece, written));
  outgoing.end();
}

const base64 = (value: string) => Buffer.from(value).toString('base64').replace(/=+$/, '');

/** Unregisters at once, lets running streams finish, and waits the whole grace period. */
function onSignal(): void {
  if (plan.ignoreSigint || stopping) return;
  stopping = true;
  log('INF', 'Initiating graceful shutdown due to signal interrupt ...');
  unregister();
  const [, amount, unit] = /^(\d+)(ms|s)$/.exec(option('grace-period') ?? '30s') ?? [];
  const grace = connections === 0 ? 0 : Number(amount) * (unit === 's' ? 1_000 : 1);
  setTimeout(() => {
    log('INF', 'Tunnel server stopped');
    process.exit(0);
  }, grace);
}
