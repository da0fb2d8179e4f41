import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createMetrics } from '../../../src/ledger/metrics';
import { createMetricsHost, type MetricsServer, metricsToken, serveMetrics } from '../../../src/ledger/metricsServer';
import { breakDisk } from '../../support/brokenDisk';
import { assertPrivate } from '../../support/platform';

const metrics = createMetrics({ presetOf: () => undefined, running: () => 0, now: Date.now, version: '1' });

describe('metrics port', () => {
  let server: MetricsServer;
  before(async () => {
    server = await serveMetrics({ port: 0, token: 'secret', metrics });
  });
  after(() => server.close());

  function get(
    where: string,
    headers: Record<string, string>,
    method = 'GET',
  ): Promise<{ status: number; body: string; type: string }> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: server.port, path: where, headers, method }, (response) => {
        let body = '';
        response.on('data', (chunk) => (body += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode!, body, type: String(response.headers['content-type']) }),
        );
      });
      sent.on('error', reject);
      sent.end();
    });
  }
  const bearer = { authorization: 'Bearer secret' };

  it('serves Prometheus text and OTLP JSON to the token', async () => {
    const text = await get('/metrics', bearer);
    assert.equal(text.status, 200);
    assert.match(text.type, /version=0\.0\.4/);
    assert.match(text.body, /llm_router_running_requests 0/);
    const json = await get('/v1/metrics?x=1', bearer);
    assert.ok(JSON.parse(json.body).resourceMetrics);
  });

  it('refuses without the token, with a wrong one, and tells nothing', async () => {
    for (const headers of [
      {},
      { authorization: 'secret' },
      { authorization: 'Bearer ' },
      { authorization: 'Bearer secret2' },
    ]) {
      assert.deepEqual(await get('/metrics', headers as Record<string, string>), {
        status: 401,
        body: 'unauthorized\n',
        type: 'text/plain',
      });
    }
  });

  it('refuses a foreign Host, other methods and other paths', async () => {
    for (const host of ['evil.test', 'evil.test:80', '127.0.0.1.evil.test', 'localhost.evil.test'])
      assert.equal((await get('/metrics', { ...bearer, host })).status, 403, host);
    for (const host of ['localhost', '127.0.0.1:9', '[::1]:80'])
      assert.equal((await get('/metrics', { ...bearer, host })).status, 200, host);
    assert.equal((await get('/metrics', bearer, 'POST')).status, 405);
    assert.equal((await get('/', bearer)).status, 404);
  });

  it('says when its port is taken', async () => {
    await assert.rejects(
      serveMetrics({ port: server.port, token: 'x', metrics }),
      /Metrics cannot be served on port \d+: the port is taken/,
    );
  });

  it('keeps its token over restarts, for the owner only', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'metrics-'));
    try {
      const token = await metricsToken(dataDir);
      assert.match(token, /^[\w-]{43}$/);
      assert.equal(await metricsToken(dataDir), token);
      assertPrivate(path.join(dataDir, 'metrics-token'), 0o600);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });

  it('serves nobody with a token that a full disk left empty or cut: that is told, with what mends it', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'metrics-'));
    try {
      for (const left of ['', '\n', 'x'.repeat(31)]) {
        writeFileSync(path.join(dataDir, 'metrics-token'), left);
        await assert.rejects(metricsToken(dataDir), /metrics-token is empty or damaged\. Delete it/);
      }
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });

  it('what was in the way at the start is told once and tried again: a full disk, then a taken port', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'metrics-'));
    const lines: string[] = [];
    let free = () => {};
    const served = new Promise<void>((resolve) => {
      free = resolve;
    });
    const log = (_level: string, line: string) => lines.push(line.replace(/\d{4,5}/, 'PORT'));
    const host = createMetricsHost({ dataDir, metrics, log, onChange: () => free(), retryMs: 1 });
    try {
      const disk = await breakDisk(dataDir, 'ENOSPC');
      await host.apply({ enabled: true, port: server.port });
      while (disk.refusals < 3) await setImmediate();
      disk.mend();
      while (lines.length < 2) await setImmediate();
      await server.close();
      await served;
      assert.equal(host.served?.tokenFile, path.join(dataDir, 'metrics-token'));
      assert.match(
        lines.join('\n'),
        /^ENOSPC.*\nMetrics cannot be served on port PORT: .*taken.*\nMetrics on \S+, token/,
      );
    } finally {
      await host.close();
      rmSync(dataDir, { recursive: true });
    }
  });
});
