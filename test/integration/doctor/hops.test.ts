/** One hop after the other broken on purpose, over real sockets: the Doctor says what is wrong and what to do. */

import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import { probeEdge } from '../../../src/doctor/edgePorts';
import { jsonHop, markdownReport } from '../../../src/doctor/report';
import type { NetworkSettings } from '../../../src/network/settings';
import type { DoctorHop, DoctorReport } from '../../../src/process/contract';
import type { RouterCore } from '../../../src/process/core';
import { validateSettings } from '../../../src/settings/check';
import type { SettingsInput } from '../../../src/settings/schema';
import { makeCertificates } from '../../support/cloud/certificates';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, sse, startUpstream, type Upstream, wordStream } from '../../support/upstream';

type Examined = DoctorReport & { hop(id: string): DoctorHop };

async function examine(
  core: RouterCore,
  request: Parameters<RouterCore['doctor']>[0] = {},
  signal = new AbortController().signal,
  attach?: Parameters<RouterCore['doctor']>[3],
): Promise<Examined> {
  const told: DoctorHop[] = [];
  const report = await core.doctor(request, (hop) => told.push(hop), signal, attach);
  assert.deepEqual(told, report.hops, 'what was told is what the report holds');
  for (const hop of report.hops)
    if (hop.state === 'failed' || hop.state === 'warning') assert.ok(hop.fix, `${hop.id} says what to do`);
  return { ...report, hop: (id) => report.hops.find((hop) => hop.id === id) ?? assert.fail(`no hop ${id}`) };
}
function says(hop: DoctorHop, state: DoctorHop['state'], why: RegExp, fix?: RegExp): void {
  assert.equal(hop.state, state, `${hop.id}: ${hop.why}`);
  assert.match(hop.why, why);
  if (fix) assert.match(hop.fix ?? '', fix);
}
const closedPort = async (): Promise<number> => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

describe('doctor: inside this machine', () => {
  let upstream: Upstream;
  let router: TestRouter;
  const backend = (more: object = {}) => ({ name: 'prov', baseUrl: `${upstream.url}/v1`, ...more });
  const use = async (settings: SettingsInput, secrets: Record<string, string> = { prov: 'sk-good' }) =>
    await router.configure(settings, secrets);
  const models = json({ data: [{ id: 'gpt-a' }, { id: 'text-embedding-b' }] });

  before(async () => {
    upstream = await startUpstream(models);
    router = await startRouter({});
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  beforeEach(() => {
    upstream.answers.splice(0, upstream.answers.length, models);
    upstream.seen.length = 0;
  });

  it('all well: hops in the order of the way, none failed, nothing paid was sent', async () => {
    await use({ backends: [backend()] });
    const report = await examine(router.core, { windowVersion: router.core.state.version });
    assert.deepEqual(
      report.hops.map((hop) => hop.id),
      [
        ...['settings', 'process', 'port', 'local', 'backend:prov', 'tunnel-program', 'tunnel-ports'],
        ...['tunnel-registered', 'public-url', 'public-stream', 'public-name', 'cursor'],
      ],
    );
    assert.deepEqual(
      report.hops.filter((hop) => hop.state === 'failed'),
      [],
    );
    says(report.hop('local'), 'ok', /demo\/echo answered/);
    says(report.hop('backend:prov'), 'ok', /lists 2 models, key accepted/);
    says(report.hop('tunnel-program'), 'skipped', /switched off/, /choose a tunnel/);
    says(report.hop('cursor'), 'warning', /not called/, /Paste the Base URL/);
    assert.deepEqual(
      upstream.seen.map(({ method, path }) => `${method} ${path}`),
      ['GET /v1/models'],
    );
    assert.equal(upstream.seen[0]?.headers.authorization, 'Bearer sk-good');
  });

  it('no backend', async () => {
    await use({});
    const { hop } = await examine(router.core);
    says(hop('backends'), 'warning', /only the built-in model/, /Add a backend/);
    assert.equal(hop('backends').action?.command, 'llmRouter.addBackend');
  });

  it('wrong key: the provider’s words without the key, and a button to store another', async () => {
    upstream.answers[0] = json({ error: { message: 'Incorrect API key provided: sk-good-MARKED0123.' } }, 401);
    await use({ backends: [backend({ apiKeyEnv: 'PROV_KEY' })] }, { prov: 'sk-good-MARKED0123' });
    const { hop } = await examine(router.core);
    says(
      hop('backend:prov'),
      'failed',
      /does not accept the key \(HTTP 401\).*It says: Incorrect API key/,
      /Set Backend Key…, or correct PROV_KEY/,
    );
    assert.ok(!hop('backend:prov').why.includes('MARKED'));
    assert.deepEqual(hop('backend:prov').action, {
      title: 'Set Backend Key…',
      command: 'llmRouter.setBackendKey',
      argument: 'prov',
    });
  });

  it('no key where one is needed: nothing is sent', async () => {
    await use({ backends: [backend({ requireApiKey: true })] }, {});
    says((await examine(router.core)).hop('backend:prov'), 'failed', /no key for prov/, /Store one/);
    assert.equal(upstream.seen.length, 0);
  });

  it('a key that may not list models is accepted all the same; no credit and too many requests are told apart', async () => {
    await use({ backends: [backend()] });
    const finding = async (status: number, message: string) => {
      upstream.answers[0] = json({ error: { message } }, status);
      return (await examine(router.core)).hop('backend:prov');
    };
    says(await finding(403, 'Missing scopes: api.model.read'), 'warning', /does not let it list/, /write the models/);
    says(await finding(403, 'Country not supported'), 'failed', /refuses access/);
    says(await finding(402, 'Insufficient credits'), 'failed', /wants payment/, /Add credit/);
    says(await finding(429, 'Rate limit'), 'warning', /slow down/, /Wait/);
    says(await finding(503, 'overloaded'), 'failed', /HTTP 503/, /status page/);
    says(await finding(404, 'nothing here'), 'warning', /lists no models \(HTTP 404/, /path of the base URL/);
  });

  it('OpenRouter lists its models to anybody, so its key is asked about', async () => {
    upstream.answers.splice(0, 1, models, json({ error: { message: 'User not found.' } }, 401));
    await use({ backends: [backend({ preset: 'openrouter' })] });
    says((await examine(router.core)).hop('backend:prov'), 'failed', /does not accept the key/);
    assert.equal(upstream.seen[1]?.path, '/v1/key');
  });

  it('a page instead of a list', async () => {
    upstream.answers[0] = (_request, response) => void response.writeHead(200).end('<html>Sign in to the Wi-Fi</html>');
    await use({ backends: [backend()] });
    says((await examine(router.core)).hop('backend:prov'), 'failed', /no list of models/, /sign-in page/);
  });

  it('dead upstream: nothing listens there', async () => {
    await use({ backends: [backend({ baseUrl: `http://127.0.0.1:${await closedPort()}/v1` })] });
    says(
      (await examine(router.core)).hop('backend:prov'),
      'failed',
      /refused the connection/,
      /Start prov on this machine/,
    );
  });

  it('silent upstream: told within its time, the whole well under 15 s', async () => {
    upstream.answers[0] = () => undefined;
    await use({ backends: [backend()] });
    const report = await examine(router.core);
    says(report.hop('backend:prov'), 'failed', /not be reached in time/, /Check the base URL and the network/);
    assert.ok(report.ms < 15_000, `${report.ms} ms`);
  });

  it('bad TLS: an unknown authority; with the authority trusted it is fine', async () => {
    const certificates = makeCertificates(['localhost']);
    const server = https.createServer({ key: certificates.key, cert: certificates.cert }, (_, response) =>
      response.end('{"data":[{"id":"m"}]}'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { settings } = validateSettings({
      port: 0,
      tunnel: { provider: 'none' },
      backends: [backend({ baseUrl: `https://localhost:${port}/v1` })],
    });
    const apply = (network: NetworkSettings) =>
      router.core.configure({ settings: settings!, secrets: { 'client:main': CLIENT_KEY }, network, problems: [] });
    try {
      await apply({});
      says((await examine(router.core)).hop('backend:prov'), 'failed', /TLS certificate/, /NODE_EXTRA_CA_CERTS/);
      await apply({ ca: [certificates.ca] });
      says((await examine(router.core)).hop('backend:prov'), 'ok', /TLS verified/);
    } finally {
      await apply({});
      server.closeAllConnections();
      server.close();
    }
  });

  it('refused port, and a stranger on the port', async () => {
    await use({});
    const nothing = await examine(router.core, {}, undefined, { port: await closedPort() });
    says(nothing.hop('local'), 'failed', /refused the connection/, /Restart the router/);
    const stranger = await examine(router.core, {}, undefined, { port: upstream.port });
    says(stranger.hop('local'), 'failed', /Another program answers/, /another number into llmRouter\.port/);
  });

  it('a taken port, another version in the window, wrong settings, a stopped router', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const other = await startRouter({ port });
    try {
      says((await examine(other.core)).hop('port'), 'warning', new RegExp(`Port ${port} is taken`), /End the other/);
      says((await examine(other.core, { windowVersion: '9.9.9' })).hop('process'), 'failed', /9\.9\.9/, /Reload/);
      await other.core.push({
        settings: { backends: [{ name: 'x y', baseUrl: 'http://h' }] },
        secrets: {},
        network: {},
        changedAt: 1,
      });
      const { hop } = await examine(other.core);
      says(hop('settings'), 'failed', /backends\[0\]\.name: .*no spaces/, /last good settings stay/);
      await other.core.stop({ drainMs: 0 });
      says((await examine(other.core)).hop('port'), 'failed', /stopped/, /Start the router/);
    } finally {
      await other.stop();
      taken.close();
    }
  });

  it('Cursor with a wrong key, then well, with its dialect', async () => {
    await use({});
    const ask = (key: string) =>
      router.post(
        '/v1/chat/completions',
        { model: 'demo/echo', messages: [{ role: 'user', content: 'MARKED prompt' }] },
        { 'user-agent': 'Cursor/1.0', authorization: `Bearer ${key}` },
      );
    assert.equal((await ask('sk-wrong')).status, 401);
    says((await examine(router.core)).hop('cursor'), 'failed', /refused: This API key is wrong/, /Paste the API key/);
    assert.equal((await ask(CLIENT_KEY)).status, 200);
    says((await examine(router.core)).hop('cursor'), 'ok', /through 127\.0\.0\.1.*in OpenAI's chat form/);
  });

  it('the key that Cursor has is tried itself, not only the one of our own checks', async () => {
    // A provider's key never opens the router.
    await use({ backends: [backend()] }, { prov: CLIENT_KEY });
    says((await examine(router.core)).hop('local'), 'failed', /refuses its own API key.*provider's key, too/);
    await use({});
    says((await examine(router.core)).hop('local'), 'ok', /demo\/echo answered/);
  });

  it('paid: an answer, a stream and a tool call through the router, only when asked for', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'report', arguments: '{"word":"hi"}' } };
    const called = {
      index: 0,
      message: { role: 'assistant', content: null, tool_calls: [call] },
      finish_reason: 'tool_calls',
    };
    upstream.answers[0] = (request, response) => {
      if (request.method === 'GET') return models(request, response);
      const body = request.json();
      if (body.stream) return sse(...wordStream('one', 'two', 'three'))(request, response);
      return json(chatCompletion('hi', body.tools ? { choices: [called] } : {}))(request, response);
    };
    await use({ backends: [backend()] });
    const requested = await router.core.recentRequests({ limit: 10 });
    const { hop } = await examine(router.core, { paid: true });
    says(hop('paid-answer:prov'), 'ok', /prov\/gpt-a answered/);
    says(hop('paid-stream:prov'), 'ok', /streamed/);
    says(hop('paid-tool:prov'), 'ok', /called the tool/);
    // Our own checks are nobody's requests; what they cost is told apart.
    assert.deepEqual(await router.core.recentRequests({ limit: 10 }), requested);
    assert.equal(router.core.state.today?.requests, requested.length);
    assert.deepEqual(router.core.state.lastRequest, requested[0]);
    const usage = await router.core.usage({ from: '', to: '', by: 'backend' });
    assert.equal(usage.find((row) => row.group === 'own checks')?.requests, 3);
    assert.ok(!usage.some((row) => row.group === 'prov'));
    assert.ok((await router.core.keyStates()).every(({ name }) => name !== 'own checks'));
    const sent = upstream.seen.filter(({ method }) => method === 'POST').map((request) => request.json());
    assert.equal(sent.length, 3);
    assert.ok(sent.every((body) => body.max_tokens === 400));
    upstream.answers[0] = (request, response) =>
      request.method === 'GET' ? models(request, response) : json({ error: { message: 'no' } }, 400)(request, response);
    const bad = await examine(router.core, { paid: true });
    says(bad.hop('paid-answer:prov'), 'failed', /HTTP 400/);
  });

  it('cancelling ends it at once', async () => {
    upstream.answers[0] = () => undefined;
    await use({ backends: [backend()] });
    const cancel = new AbortController();
    void upstream.next().then(() => cancel.abort());
    const report = await examine(router.core, {}, cancel.signal);
    assert.equal(report.cancelled, true);
    assert.ok(!report.hops.some((hop) => hop.id === 'backend:prov'));
  });

  it('no secret, prompt, user or host name is in any form of the report', async () => {
    const MARK = 'MARKED';
    upstream.answers[0] = (request, response) =>
      json({ error: { message: `key ${request.headers.authorization} of ${os.hostname()}, ${os.homedir()}/x` } }, 401)(
        request,
        response,
      );
    await use(
      {
        backends: [backend({ headers: { 'x-key': `${MARK}-header` } })],
        tunnel: { provider: 'cloudflared', binary: `${os.homedir()}/bin/cloudflared` },
        clientKeys: [{ name: 'phone' }],
      },
      { prov: `sk-${MARK}-provider-key`, 'client:phone': `${MARK}-phone`, 'tunnel:ngrok': `${MARK}-token` },
    );
    await router.post('/v1/chat/completions', {
      model: 'demo/echo',
      messages: [{ role: 'user', content: `${MARK} prompt` }],
    });
    const report = await examine(router.core);
    const text = markdownReport(report) + report.hops.map(jsonHop).join('') + JSON.stringify(report);
    for (const secret of [MARK, CLIENT_KEY, 'test-secret', os.homedir()]) assert.ok(!text.includes(secret), secret);
    if (os.hostname() !== 'localhost') assert.ok(!text.includes(os.hostname()));
    says(report.hop('tunnel-program'), 'failed', /no program at ~\/bin\/cloudflared/, /tunnel\.binary/);
    says(report.hop('tunnel-registered'), 'skipped', /waits for the tunnel program/);
    await use({});
  });
});

describe('doctor: tunnel', function () {
  this.timeout(40_000);
  let cloud: FakeCloud;
  let router: TestRouter;
  const online = (state: string) =>
    new Promise<void>((resolve) => {
      if (router.core.state.tunnel.state === state) return resolve();
      const stop = router.core.onDidChange(({ tunnel }) => {
        if (tunnel.state !== state) return;
        stop();
        resolve();
      });
    });

  before(async () => {
    cloud = await startFakeCloud();
    router = await startRouter({}, {}, { CLOUDFLARED_BIN: cloud.binPath });
    const { settings } = validateSettings({ port: 0, tunnel: { provider: 'cloudflared' } });
    const network = { proxy: cloud.internet.proxyUrl, ca: [cloud.internet.certificates.ca] };
    await router.core.configure({ settings: settings!, secrets: { 'client:main': CLIENT_KEY }, network, problems: [] });
    await online('online');
  });
  after(async () => {
    await router?.stop();
    await cloud?.stop();
  });
  afterEach(() => {
    cloud.edge.habits.bufferPosts = false;
    cloud.dns(undefined);
  });

  it('all well: program, connection, proof, streaming, name', async () => {
    const { hop, ms } = await examine(router.core);
    says(hop('tunnel-program'), 'ok', /cloudflared 2026\.\d+\.\d+/);
    says(hop('tunnel-ports'), 'ok', /./);
    says(hop('tunnel-registered'), 'ok', /Connected over cloudflared/);
    says(hop('public-url'), 'ok', /trycloudflare\.com\/v1 answers with the proof/);
    says(hop('public-stream'), 'ok', /piece by piece/);
    says(hop('public-name'), 'ok', /known in DNS/);
    assert.ok(ms < 15_000);
  });

  it('no streaming: a proxy in between holds answers back', async () => {
    cloud.edge.habits.bufferPosts = true;
    const { hop } = await examine(router.core);
    says(hop('public-url'), 'ok', /proof/);
    says(hop('public-stream'), 'failed', /arrives in one piece/, /buffering/);
    assert.equal(hop('public-stream').action?.command, 'llmRouter.setUpTunnel');
  });

  it('a name that the world does not know', async () => {
    cloud.dns(() => 'no');
    says(
      (await examine(router.core)).hop('public-name'),
      'failed',
      /does not exist in DNS.*Rate limited by model provider/,
      /Wait a minute/,
    );
  });

  it('stale URL in Cursor: it came through another host than the public one', async () => {
    await router.post(
      '/v1/chat/completions',
      { model: 'demo/echo', messages: [{ role: 'user', content: 'hi' }] },
      { 'user-agent': 'Cursor/1.0' },
    );
    const { hop } = await examine(router.core);
    says(
      hop('cursor'),
      'failed',
      /through 127\.0\.0\.1, but the public URL is https.*still has an old one/,
      /Paste the Base URL/,
    );
    assert.equal(hop('cursor').action?.command, 'llmRouter.copyBaseUrl');
  });

  it('530: the service has no connection for the name', async () => {
    const host = new URL(router.core.state.publicUrl!).hostname;
    cloud.edge.mute(host, true);
    try {
      const { hop } = await examine(router.core);
      says(hop('public-url'), 'failed', /no connection for https.*\(530\)/, /Restart the router/);
      assert.equal(hop('public-url').action?.command, 'llmRouter.newTunnelUrl');
      says(hop('public-stream'), 'failed', /530/);
    } finally {
      cloud.edge.mute(host, false);
    }
  });
});

describe('doctor: ports of the edge', () => {
  const world = { dial: (host: string, port: number) => net.connect({ host, port }) };
  const probe = (port: number) =>
    probeEdge([`127.0.0.1:${port}`], { world, ms: 1_500, signal: new AbortController().signal });

  it('UDP answers a QUIC packet of an unknown version, TCP accepts; a closed port does neither', async () => {
    const udp = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
    const { port } = udp.address();
    const sizes: number[] = [];
    udp.on('message', (packet, from) => {
      sizes.push(packet.length);
      const id = packet.subarray(6, 6 + packet[5]!);
      // Version Negotiation: version 0, our id back as the destination, one version on offer.
      const answer = [Buffer.from([0x80, 0, 0, 0, 0, id.length]), id, Buffer.from([0]), Buffer.from([0, 0, 0, 1])];
      udp.send(Buffer.concat(answer), from.port, from.address);
    });
    assert.deepEqual(await probe(port), { udp: true, tcp: false });
    assert.ok(sizes[0]! >= 1_200, 'a server answers only packets of full length');
    udp.close();
    const tcp = net.createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => tcp.once('listening', resolve));
    assert.deepEqual(await probe((tcp.address() as AddressInfo).port), { udp: false, tcp: true });
    tcp.close();
  });
});
