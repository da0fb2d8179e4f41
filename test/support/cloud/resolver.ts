import type { Internet } from './internet';

/** DNS over HTTPS at the names that the product asks; `by` instead where those are not reached. The addresses are from the documentation range. */
export function resolverSite(
  internet: Internet,
  exists: (host: string) => 'yes' | 'no' | 'broken',
  by: readonly string[] = ['cloudflare-dns.com', 'dns.google'],
): void {
  for (const resolver of by) {
    internet.site(resolver, (request, response) => {
      const host = new URL(request.url ?? '/', 'https://resolver').searchParams.get('name') ?? '';
      const answer = exists(host);
      if (answer === 'broken') {
        response.writeHead(503).end();
        return;
      }
      const body =
        answer === 'yes'
          ? { Status: 0, Answer: [{ name: host, type: 1, TTL: 300, data: '203.0.113.9' }] }
          : { Status: 3 };
      response.writeHead(200, { 'content-type': 'application/dns-json' }).end(JSON.stringify(body));
    });
  }
}
