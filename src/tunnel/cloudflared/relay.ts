import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { QuickCredentials } from '../stateFile';

/** Stands in for the quick service towards one cloudflared: answers one POST with known credentials, then nothing. */
export interface Relay {
  /** Base address for `quick-service`; its path is a secret until it was used. */
  readonly url: string;
  close(): void;
}

/** Loopback only, on a path nobody can guess, once: the answer carries the secret of the tunnel. */
export async function startRelay(credentials: QuickCredentials): Promise<Relay> {
  const path = `/${randomBytes(24).toString('hex')}`;
  let used = false;
  const server = http.createServer((request, response) => {
    request.resume();
    if (used || request.method !== 'POST' || request.url !== `${path}/tunnel`) {
      response.writeHead(404).end();
      return;
    }
    used = true;
    const { id, account_tag, secret, hostname } = credentials;
    const body = JSON.stringify({
      success: true,
      result: { id, name: `qt-${id.slice(0, 8)}`, hostname, account_tag, secret },
      errors: [],
    });
    response
      .writeHead(200, { 'content-type': 'application/json', connection: 'close' })
      .end(body, () => server.close());
  });
  server.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
