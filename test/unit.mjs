// Quick loop while working: `npm run unit -- PART …` runs the test files whose path contains one of the parts.
// Each run has a build folder of its own, so that several can run side by side.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { routerOptions } from '../esbuild.config.mjs';

const root = path.resolve(import.meta.dirname, '..');
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const files = readdirSync(import.meta.dirname, { recursive: true })
  .map((file) => `test/${file}`)
  .filter((file) => /^test\/(unit|integration)\/.*\.test\.ts$/.test(file))
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)));
if (files.length === 0) {
  console.error('no test file matches');
  process.exit(1);
}
const out = mkdtempSync(path.join(root, 'test/.build-'));
process.on('exit', () => rmSync(out, { recursive: true, force: true }));
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
  alias: { vscode: './test/support/vscode.ts' },
  outExtension: { '.js': '.mjs' },
  sourcemap: 'inline',
  define: { __VERSION__: '"0.0.0-test"' },
  logLevel: 'warning',
});
// The program itself, for tests that start it as a person would.
const program = path.join(out, 'router.cjs');
if (files.some((file) => file.startsWith('test/integration/'))) await build(routerOptions(program));
const result = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    'node_modules/mocha/bin/mocha.js',
    '--timeout',
    '60000',
    '--parallel',
    '--jobs',
    '3',
    ...flags,
    `${out}/**/*.test.mjs`,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, LLM_ROUTER_PROGRAM: program } },
);
process.exitCode = result.status ?? 1;
