// Quick loop while working: `npm run unit -- PART …` runs the test files whose path contains one of the parts.
// Each run has a build folder of its own, so that several can run side by side. `--again`: files that failed run once
// more, alone, and both runs are told; on a busy machine a program can be late by more than a test waits.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { bundleRouter, bundleStarted, bundleTests, root, testFiles } from './support/bundles.mjs';

const AGAIN = '--again';
/** Where more files fail than this, it was not the machine. */
const MOST_AGAIN = 4;

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

// More than there are cores: of two, four files at a time used three fifths, since many tests wait for timers and programs.
let result = run([`${out}/**/*.test.mjs`], availableParallelism() * 3);
const late = new Set(result.failed.map(({ file }) => file));
if (flags.includes(AGAIN) && late.size > 0 && late.size <= MOST_AGAIN && !late.has(undefined)) {
  console.log(`\n── once more, alone: ${[...late].map((file) => path.relative(out, file)).join(', ')} ──`);
  const second = run([...late], 1);
  const word = second.failed.length > 0 ? 'failed at first' : 'failed once, passed in a second run';
  for (const { title, message } of result.failed) console.log(`${word}: ${title}: ${message}`);
  for (const file of late) delete result.passes[file];
  result = { passes: { ...result.passes, ...second.passes }, failed: second.failed };
}
for (const { title, message } of result.failed) console.log(`FAILED: ${title}: ${message}`);
const passed = Object.values(result.passes).reduce((sum, count) => sum + count, 0);
console.log(`${passed} passed, ${result.failed.length} failed`);
process.exitCode = result.failed.length > 0 || passed === 0 ? 1 : 0;

/** Runs built test files, `jobs` side by side. @returns how many passed by file, and what failed. */
function run(specs, jobs) {
  const report = path.join(out, 'report.json');
  rmSync(report, { force: true });
  const { status, signal } = spawnSync(
    process.execPath,
    [
      '--enable-source-maps',
      'node_modules/mocha/bin/mocha.js',
      '--timeout',
      '60000',
      ...(jobs > 1 ? ['--parallel', '--jobs', String(jobs)] : []),
      '--reporter',
      'test/support/countedReport.cjs',
      ...flags.filter((flag) => flag !== AGAIN),
      ...specs,
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...env, LLM_ROUTER_PROGRAM: program, LLM_ROUTER_BUNDLES: programs, TEST_REPORT: report },
    },
  );
  const said = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { passes: {}, failed: [] };
  // A runner that dies is a failure although it counted none.
  if (status !== 0 && said.failed.length === 0)
    said.failed.push({ title: 'mocha', message: `ended with ${signal ?? status}` });
  return said;
}
