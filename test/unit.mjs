// Quick loop while working: `npm run unit -- PART …` runs the test files whose path contains one of the parts.
// Each run has a build folder of its own, so that several can run side by side.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { bundleRouter, bundleStarted, bundleTests, root, testFiles } from './support/bundles.mjs';

const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const files = testFiles(parts);
if (files.length === 0) {
  console.error('no test file matches');
  process.exit(1);
}
const out = mkdtempSync(path.join(root, 'test/.build-'));
process.on('exit', () => rmSync(out, { recursive: true, force: true }));
const program = path.join(out, 'router.cjs');
const programs = path.join(out, 'programs');
const starting = files.some((file) => file.startsWith('test/integration/'));
await Promise.all([
  bundleTests(files, out),
  ...(starting ? [bundleRouter(program), bundleStarted(programs, { runtime: process.execPath })] : []),
]);
// The person's own certificates are no part of any test, and each Node that is started would read all of them: 60 ms of CPU.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
// More than there are cores: many tests wait for timers and programs.
const result = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    'node_modules/mocha/bin/mocha.js',
    '--timeout',
    '60000',
    '--parallel',
    '--jobs',
    String(availableParallelism() + 2),
    ...flags,
    `${out}/**/*.test.mjs`,
  ],
  { cwd: root, stdio: 'inherit', env: { ...env, LLM_ROUTER_PROGRAM: program, LLM_ROUTER_BUNDLES: programs } },
);
process.exitCode = result.status ?? 1;
