/**
 * An ngrok agent that behaves as documented: command line, JSON log, local API, error codes, exit codes. It dials a made-up
 * service (fakeNgrok.ts) whose port stands in plan.json beside it.
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';

const { servicePort } = JSON.parse(readFileSync(path.join(__dirname, 'plan.json'), 'utf8')) as { servicePort: number };
const [command, address, ...rest] = process.argv.slice(2);
const flags: Record<string, string> = {};
for (let at = 0; at < rest.length; at += 2) flags[rest[at]!.replace(/^--/, '')] = rest[at + 1] ?? '';

function exitWith(message: string): never {
  for (const line of message.split('\n')) process.stderr.write(`ERROR:  ${line}\n`);
  process.exit(1);
}

if (command === 'version' || command === '--version') {
  process.stdout.write('ngrok version 3.39.8\n');
  process.exit(0);
}
if (command !== 'http' || !address) exitWith(`unknown command "${command}" for "ngrok"`);
const unknown = Object.keys(flags).find((flag) => !['config', 'log', 'log-format', 'url'].includes(flag));
if (unknown) exitWith(`unknown flag: --${unknown}`);
const allowed = /^(version: "2"|(console_ui|update_check): false|inspect_db_size: -1)?$/;
for (const line of readFileSync(flags.config!, 'utf8').split('\n')) {
  if (!allowed.test(line))
    exitWith(`Error reading configuration file '${flags.config}': yaml: field not found: ${line}`);
}

const log = (record: Record<string, unknown>) =>
  process.stdout.write(`${JSON.stringify({ ...record, t: new Date().toISOString() })}\n`);
let publicUrl = '';
let connected = false;

log({ err: '<nil>', lvl: 'info', msg: 'open config file', path: flags.config });
const api = http.createServer((request, response) => {
  if (request.url !== '/api/tunnels') return response.writeHead(404).end();
  // As the real one, it goes on listing the tunnel while its session is gone.
  const tunnels = publicUrl
    ? [{ name: 'command_line', public_url: publicUrl, proto: 'https', config: { addr: address, inspect: false } }]
    : [];
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ tunnels, uri: '/api/tunnels' }));
});
api.listen(0, '127.0.0.1', () => {
  log({
    addr: `127.0.0.1:${(api.address() as AddressInfo).port}`,
    allow_hosts: [],
    lvl: 'info',
    msg: 'starting web service',
    obj: 'web',
  });
  dial();
});

function dial(): void {
  const socket = net.connect(servicePort, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('connect', () =>
    socket.write(`${JSON.stringify({ token: process.env.NGROK_AUTHTOKEN ?? '', url: flags.url, address })}\n`),
  );
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      onAnswer(JSON.parse(text.slice(0, end)));
      text = text.slice(end + 1);
    }
  });
  socket.on('close', () => {
    if (connected)
      log({ err: 'session closed by remote: EOF', lvl: 'eror', msg: 'session closing', obj: 'tunnels.session' });
    connected = false;
    setTimeout(dial, 20_000);
  });
}

function onAnswer(answer: { url?: string; error?: string; expired?: boolean }): void {
  if (answer.expired) {
    log({ err: 'session expired', lvl: 'eror', msg: 'session closing', obj: 'tunnels.session' });
    exitWith('session expired');
  }
  if (answer.error) {
    const err = `${answer.error.startsWith('The endpoint') ? 'failed to start tunnel' : 'authentication failed'}: ${answer.error}`;
    log({ err: err.replaceAll('\n', '\r\n'), lvl: 'eror', msg: 'session closing', obj: 'tunnels.session' });
    log({ err, lvl: 'crit', msg: 'command failed' });
    exitWith(err);
  }
  publicUrl = answer.url!;
  connected = true;
  log({ lvl: 'info', msg: 'client session established', obj: 'tunnels.session' });
  log({ lvl: 'info', msg: 'tunnel session started', obj: 'tunnels.session' });
  log({ addr: address, lvl: 'info', msg: 'started tunnel', name: 'command_line', obj: 'tunnels', url: publicUrl });
}

process.on('SIGINT', () => {
  log({ lvl: 'info', msg: 'received stop request', obj: 'app', stopReq: {} });
  process.exit(0);
});
