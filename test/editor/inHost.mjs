// Mocha inside the extension host: bundles the tests, opens a window in development mode on this repository, shows what mocha says.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { format } from 'node:util';
import { build } from 'esbuild';
import { artefacts, root } from './pack.mjs';
import { startServer } from './server.mjs';
import { launchBrowser, newContext, openWindow } from './workbench.mjs';

/** The bundled tests of the host, in a file of its own for each version; mocha itself stays outside. */
export async function bundleTests(folder, version) {
  const tests = path.join(folder, `inHost-${version}.cjs`);
  await build({
    absWorkingDir: root,
    entryPoints: ['test/editor/inHost/extension.inhost.ts'],
    outfile: tests,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
    logLevel: 'warning',
  });
  return tests;
}

/** A port that is free now. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function runInHost() {
  const version = process.env.EDITOR_VERSION;
  const folder = path.join(artefacts, `inHost-${version}`);
  rmSync(folder, { recursive: true, force: true });
  const out = path.join(artefacts, `inHost-${version}.log`);
  const resultFile = path.join(artefacts, `inHost-${version}.json`);
  rmSync(resultFile, { force: true });
  writeFileSync(out, '');
  const port = await freePort();
  const tests = await bundleTests(artefacts, version);
  const server = await startServer({
    dir: folder,
    version,
    settings: { 'llmRouter.port': port, 'llmRouter.tunnel.provider': 'none', 'llmRouter.lingerSeconds': 0 },
    env: { INHOST_OUT: out, INHOST_RESULT: resultFile, INHOST_TESTS: tests, INHOST_PORT: String(port) },
  });
  let shown = 0;
  const show = () => {
    const text = readFileSync(out);
    process.stdout.write(text.subarray(shown));
    shown = text.length;
  };
  const showing = setInterval(show, 300);
  const browser = await launchBrowser();
  try {
    const context = await newContext(browser);
    let end;
    const ended = new Promise((resolve) => {
      end = resolve;
    });
    // The workbench reports the outcome of run() through these two.
    await context.exposeFunction('codeAutomationExit', (code) => end(code));
    const said = [];
    await context.exposeFunction('codeAutomationLog', (_, args) => said.push(format(...args)));
    const testsPath = path.join(root, 'test/editor/inHost/index.cjs');
    const window = await openWindow(context, server, {
      folder: server.home,
      development: { extensions: [root], testsPath },
    });
    window.page.on('crash', () => end('renderer crashed'));
    const timer = setTimeout(() => end('time limit'), 240_000);
    const code = await ended;
    clearTimeout(timer);
    show();
    if (!existsSync(resultFile)) {
      await window.shot(path.join(artefacts, `inHost-${version}.png`));
      console.error(`the run inside the host ended with ${code}\n${said.slice(-15).join('\n')}`);
      return { passes: 0, failures: 1, failed: [{ title: 'the run inside the host', message: `ended with ${code}` }] };
    }
    const { passes, failures, failed } = JSON.parse(readFileSync(resultFile, 'utf8'));
    if (window.external.length === 0) return { passes, failures, failed };
    const left = { title: 'requests left the machine', message: window.external.join(', ') };
    console.error(`${left.title}: ${left.message}`);
    return { passes, failures: failures + 1, failed: [...failed, left] };
  } finally {
    clearInterval(showing);
    await Promise.all(
      browser.contexts().flatMap((context) => context.pages().map((page) => page.close().catch(() => {}))),
    );
    await browser.close();
    await server.stop();
  }
}
