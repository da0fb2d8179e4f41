/**
 * A made-up internet on loopback: an HTTP proxy that answers CONNECT for the names in its table with one TLS server, which
 * routes by Host. With HTTPS_PROXY and NODE_EXTRA_CA_CERTS set, the product asks the real names and meets this.
 */
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { type Certificates, makeCertificates } from './certificates';

export type Site = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export interface Internet {
  readonly certificates: Certificates;
  /** http://127.0.0.1:PORT */
  readonly proxyUrl: string;
  /** The server behind the proxy, for who dials an address. */
  readonly webPort: number;
  /** Hosts that were asked for with CONNECT, in order. */
  readonly connects: string[];
  /** Who answers for a host, or (as *.name) for everything below it. */
  site(host: string, site: Site): void;
  /** No network: the proxy refuses everything. */
  offline: boolean;
  /** This host takes connections and ends them at once. */
  cuts?: string;
  close(): Promise<void>;
}

const NAMES = [
  'h2.cftunnel.com',
  'quic.cftunnel.com',
  'trycloudflare.com',
  '*.trycloudflare.com',
  'cloudflare-dns.com',
  'dns.google',
  '1.1.1.1',
  '8.8.8.8',
  '127.0.0.1',
  'api.github.com',
  'github.com',
  'objects.githubusercontent.com',
  '*.example.com',
  '*.ngrok-free.dev',
  '*.ngrok.app',
  '*.tail1234.ts.net',
];

export async function startInternet(): Promise<Internet> {
  const certificates = makeCertificates(NAMES);
  const sites = new Map<string, Site>();
  const connects: string[] = [];
  const sockets = new Set<net.Socket>();
  const siteFor = (host: string) => sites.get(host) ?? sites.get(host.replace(/^[^.]+/, '*'));

  const web = https.createServer({ key: certificates.key, cert: certificates.cert }, (request, response) => {
    const site = siteFor((request.headers.host ?? '').replace(/:\d+$/, ''));
    if (site) site(request, response);
    else response.writeHead(421).end();
  });
  web.on('tlsClientError', () => {});
  web.listen(0, '127.0.0.1');
  const proxy = http.createServer((_, response) => response.writeHead(501).end());
  proxy.listen(0, '127.0.0.1');
  await Promise.all(
    [web, proxy].map((server) => server.listening || new Promise((resolve) => server.once('listening', resolve))),
  );
  for (const server of [web, proxy]) {
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    });
  }

  const internet: Internet = {
    certificates,
    proxyUrl: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    webPort: (web.address() as AddressInfo).port,
    connects,
    site: (host, site) => void sites.set(host, site),
    offline: false,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([web, proxy].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
  proxy.on('connect', (request, client) => {
    const host = (request.url ?? '').replace(/:\d+$/, '');
    connects.push(host);
    if (internet.offline || !siteFor(host)) {
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return;
    }
    if (host === internet.cuts) return void client.end('HTTP/1.1 200 OK\r\n\r\n');
    const upstream = net.connect((web.address() as AddressInfo).port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  return internet;
}
