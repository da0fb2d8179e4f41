// A made-up internet for the editor tests: the fake Cloudflare of the tunnel's own tests, a release page, and a visitor from outside.
import { createHash } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { artefacts, root } from './pack.mjs';

export async function startCloud() {
  // Two suites may run side by side.
  const { EDITOR_SUITE: suite = 'pictures', EDITOR_VERSION: version = '' } = process.env;
  const outfile = path.join(artefacts, `fakeCloud-${suite}-${version}.mjs`);
  const bundle = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  };
  await build({ ...bundle, absWorkingDir: root, entryPoints: ['test/support/fakeCloudflared.ts'], outfile });
  const { startFakeCloud } = await import(pathToFileURL(outfile));
  return await startFakeCloud();
}

/** The release page of cloudflared with a program that starts the fake; sent slowly enough to be seen and cancelled. */
export function publishRelease(cloud) {
  const program = Buffer.concat([
    Buffer.from(`#!/bin/sh\nexec '${cloud.binPath}' "$@"\n`),
    Buffer.alloc(2_000_000, '#'),
  ]);
  const name = `cloudflared-linux-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const pace = { ms: 100 };
  cloud.internet.site('api.github.com', (request, response) => {
    const version = request.url.split('/').at(-1);
    const asset = {
      name,
      size: program.length,
      digest: `sha256:${createHash('sha256').update(program).digest('hex')}`,
      browser_download_url: `https://github.com/cloudflare/cloudflared/releases/download/${version}/${name}`,
    };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ tag_name: version, assets: [asset] }));
  });
  cloud.internet.site('github.com', async (_, response) => {
    response.writeHead(200, { 'content-length': program.length });
    for (let at = 0; at < program.length && !response.destroyed; at += 50_000) {
      response.write(program.subarray(at, at + 50_000));
      await sleep(pace.ms);
    }
    response.end();
  });
  return pace;
}

/** A request as Cursor's servers send it: from outside, by name. */
export async function visit(cloud, url, { key, body }) {
  const { hostname, pathname } = new URL(url);
  const connect = http
    .request({ ...urlParts(cloud.internet.proxyUrl), method: 'CONNECT', path: `${hostname}:443` })
    .end();
  const socket = await new Promise((resolve, reject) => {
    connect.once('connect', (_, connected) => resolve(connected));
    connect.once('error', reject);
  });
  const secure = tls.connect({ socket, servername: hostname, ca: cloud.internet.certificates.ca });
  const headers = {
    host: hostname,
    authorization: `Bearer ${key}`,
    'user-agent': 'Cursor/1.0',
    'content-type': 'application/json',
  };
  const request = http.request({
    createConnection: () => secure,
    method: 'POST',
    path: `${pathname}/chat/completions`,
    headers,
  });
  request.end(JSON.stringify(body));
  const response = await new Promise((resolve, reject) => request.once('response', resolve).once('error', reject));
  response.resume();
  await new Promise((resolve) => response.once('end', resolve));
  secure.destroy();
  return response.statusCode;
}
const urlParts = (url) => ({ host: new URL(url).hostname, port: new URL(url).port });
