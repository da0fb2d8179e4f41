// Bundles of the tests: what `npm run unit` and `npm run test:windows` have in common.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { routerOptions } from '../../esbuild.config.mjs';

export const root = path.resolve(import.meta.dirname, '../..');

/** Test files whose path contains one of the parts; all of them without parts. */
export function testFiles(parts) {
  return readdirSync(path.join(root, 'test'), { recursive: true })
    .map((file) => `test/${file.split(path.sep).join('/')}`)
    .filter((file) => /^test\/(unit|integration)\/.*\.test\.ts$/.test(file))
    .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)));
}

/** Bundles them below `out`. What several need stands in one chunk: bundles of their own take eight times as long to make, and twice to load. */
export async function bundleTests(files, out) {
  await build({
    absWorkingDir: root,
    entryPoints: files,
    outdir: out,
    outbase: '.',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    alias: { vscode: './test/support/vscode.ts' },
    outExtension: { '.js': '.mjs' },
    sourcemap: 'inline',
    define: { __VERSION__: '"0.0.0-test"' },
    logLevel: 'warning',
  });
}

/** The program itself, for tests that start it as a person would; `banner` is code that runs before it. */
export async function bundleRouter(file, { banner = '', version } = {}) {
  const options = routerOptions(file);
  const define = version ? { ...options.define, __VERSION__: JSON.stringify(version) } : options.define;
  await build({ ...options, define, banner: { js: banner } });
}

/**
 * Every program that tests start, in `out`, as support/bundleProgram.ts takes them from there. `runtime` stands in the first
 * line of the scripts.
 */
export async function bundleStarted(out, { runtime, banner = '' }) {
  const support = (file) => `test/support/${file}`;
  const modules = ['process/testRouter.ts', 'process/testClient.ts', 'memoryWriter.ts', 'ledgerWriter.ts'];
  const scripts = ['cloudflaredProgram.ts', 'ngrokProgram.ts', 'tailscaleProgram.ts'].map((file) => `cloud/${file}`);
  await Promise.all([
    bundleRouter(path.join(out, 'router-99.0.0.cjs'), { banner, version: '99.0.0' }),
    bundlePrograms(modules.map(support), out, banner),
    bundleScripts(scripts.map(support), out, runtime),
  ]);
}

/** ES modules that a test starts; `banner` as above. */
export async function bundlePrograms(sources, out, banner = '') {
  const require = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    absWorkingDir: root,
    entryPoints: sources,
    outdir: out,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    banner: { js: `${require}${banner}` },
    define: { __VERSION__: '"0.0.0-test"' },
    logLevel: 'warning',
  });
}

/** Executable scripts: the made-up programs of the cloud. */
export async function bundleScripts(sources, out, runtime) {
  await build({
    absWorkingDir: root,
    entryPoints: sources,
    outdir: out,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    banner: { js: `#!${runtime}` },
    logLevel: 'warning',
  });
}
