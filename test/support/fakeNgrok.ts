/** A made-up ngrok: its service, its public side, and an agent executable that works with them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { bundleScript } from './bundleProgram';
import { forward } from './cloud/forward';
import type { Internet } from './cloud/internet';
import { programFile } from './platform';

export const NGROK_TOKEN = '2abcDEFghiJKLmnoPQRstuVWXyz_1234567890';
export const ACCOUNT_DOMAIN = 'pleasant-otter.ngrok-free.dev';

export interface FakeNgrok {
  readonly binPath: string;
  readonly habits: {
    /** Answer to every start, as the service words it; undefined is normal. */
    refusal?: string;
    /** The public side answers with this page instead of the tunnel. */
    page?: { status: number; code: string };
  };
  /** Resolves when no agent is connected. */
  left(): Promise<void>;
  /** The service says that the session has expired. */
  expire(): void;
  /** The service closes the connections. */
  drop(): void;
  stop(): Promise<void>;
}

/** What ngrok's documentation gives for each code. */
export const NGROK_ERRORS = {
  wrongToken: `The authtoken you specified does not look like a proper ngrok authtoken.\nYour authtoken: ${NGROK_TOKEN}\n\nERR_NGROK_105`,
  resetToken: `The authtoken you specified is properly formed, but it is invalid.\nYour authtoken: ${NGROK_TOKEN}\n\nERR_NGROK_107`,
  noAccount: 'Usage of ngrok requires a verified account and authtoken.\n\nERR_NGROK_4018',
  agentLimit: 'Your account is limited to 1 simultaneous ngrok agent sessions.\n\nERR_NGROK_108',
  domainTaken: 'This domain is reserved for another account.\n\nERR_NGROK_320',
  domainOnline: `The endpoint 'https://${ACCOUNT_DOMAIN}' is already online.\n\nERR_NGROK_334`,
  tooOld: 'Your ngrok agent version is too old.\n\nERR_NGROK_121',
} as const;

export async function startFakeNgrok(internet: Internet): Promise<FakeNgrok> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-ngrok-'));
  const binPath = path.join(folder, programFile('ngrok'));
  const habits: FakeNgrok['habits'] = {};
  const endpoints = new Map<string, { address: string; socket: net.Socket }>();

  const service = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (chunk) => {
      const { token, url, address } = JSON.parse(chunk.toString()) as { token: string; url?: string; address: string };
      const answer = (value: object) => socket.write(`${JSON.stringify(value)}\n`);
      const host = url ? new URL(url).hostname : ACCOUNT_DOMAIN;
      if (habits.refusal) return answer({ error: habits.refusal });
      if (token !== NGROK_TOKEN) return answer({ error: NGROK_ERRORS.wrongToken });
      if (endpoints.has(host)) return answer({ error: NGROK_ERRORS.domainOnline });
      endpoints.set(host, { address, socket });
      socket.on('close', () => endpoints.delete(host));
      answer({ url: `https://${host}` });
    });
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  await bundleScript('test/support/cloud/ngrokProgram.ts', binPath);
  writeFileSync(
    path.join(folder, 'plan.json'),
    JSON.stringify({ servicePort: (service.address() as AddressInfo).port }),
  );

  for (const pattern of ['*.ngrok-free.dev', '*.ngrok.app']) {
    internet.site(pattern, (request, response) => {
      const endpoint = endpoints.get(request.headers.host ?? '');
      const fail = (status: number, code: string) => {
        request.resume();
        response.writeHead(status, { 'ngrok-error-code': code, 'content-type': 'text/plain' }).end(code);
      };
      if (habits.page) fail(habits.page.status, habits.page.code);
      else if (endpoint) forward(endpoint.address, request, response, () => fail(502, 'ERR_NGROK_8012'));
      else fail(404, 'ERR_NGROK_3200');
    });
  }

  return {
    binPath,
    habits,
    async left() {
      for (const { socket } of endpoints.values())
        if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
    },
    expire() {
      for (const { socket } of endpoints.values()) socket.write('{"expired":true}\n');
    },
    drop() {
      for (const { socket } of endpoints.values()) socket.destroy();
    },
    async stop() {
      for (const { socket } of endpoints.values()) socket.destroy();
      await new Promise((resolve) => service.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
