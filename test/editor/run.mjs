#!/usr/bin/env node
// Tests in a real editor: the packed .vsix in code-server with headless Chromium, and mocha inside its extension host.
//   node test/editor/run.mjs [--version 1.139|1.99] [--suite inHost|walkthrough|person|windows|tunnel|views|doctor|package] [--vsix FILE] [--grep TEXT]
// Last line: "N passed, N failed". Screenshots and logs of a run: test/.artefacts/.
import { fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { artefacts, packVsix } from './pack.mjs';
import { EDITORS, ensureChromium, ensureEditor, MissingTool } from './setup.mjs';

/**
 * Everything in the newest editor; in the oldest that we support what differs by version. Suites joined by + share an
 * editor and go on in each other's windows, in an order in which none meets what another left. The longest come first,
 * so that none ends alone.
 */
const PLAN = [
  ['walkthrough+windows', '1.139'],
  ['person+doctor', '1.139'],
  ['views+person', '1.99'],
  ['views+tunnel', '1.139'],
  ['walkthrough', '1.99'],
  ['inHost', '1.139'],
  ['inHost', '1.99'],
  ['package', '1.139'],
];
/** Suites side by side: one wants a core and a third of the next, and each has folders, ports and a browser of its own. */
const LANES = Math.min(4, Math.max(2, availableParallelism()));

const { values } = parseArgs({
  options: {
    version: { type: 'string' },
    suite: { type: 'string' },
    vsix: { type: 'string' },
    grep: { type: 'string' },
  },
});
if (values.version && !EDITORS[values.version]) {
  console.error(`There is no editor ${values.version} here; known: ${Object.keys(EDITORS).join(', ')}.`);
  process.exit(2);
}
/** A suite asked for by name has an editor of its own. */
const asked = ([suites, version]) =>
  (values.version ?? version) === version &&
  (!values.suite || values.suite === suites || suites.split('+').includes(values.suite));
const wanted = PLAN.filter(asked).map(([suites, version]) => ({ suite: values.suite ?? suites, version }));

try {
  ensureChromium();
  for (const { version } of wanted) ensureEditor(version);
} catch (error) {
  if (!(error instanceof MissingTool)) throw error;
  console.error(error.message);
  console.log(process.env.CI ? '0 passed, 1 failed' : 'skipped\n0 passed, 0 failed');
  process.exit(process.env.CI ? 1 : 0);
}

mkdirSync(artefacts, { recursive: true });
const vsix = path.resolve(values.vsix ?? packVsix());
let passed = 0;
let failed = 0;
const said = [];
const waiting = [...wanted];
const unsettled = [];
await Promise.all(Array.from({ length: LANES }, lane));
for (const first of unsettled) count(await again(first));
// Whoever sees only the end of a long output reads here what failed.
console.log(`\n${said.join('\n')}\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** Takes suites from the row until it is empty. */
async function lane() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const result = await runSuite(next);
    if (result.failures > 0) unsettled.push(result);
    else count(result);
  }
}

function count({ passes, failures }) {
  passed += passes;
  failed += failures;
}

/**
 * A suite that failed is run once more, alone and whole, in a fresh editor: on a busy machine a window can be late by
 * more than a test waits. What fails twice has failed; what passes then is told with what the first run said.
 */
async function again(first) {
  const second = await runSuite(first, 'once more');
  const tell = (word, { suite, version, failed: tests }) => {
    for (const { title, message } of tests) said.push(`${word} (${suite} in VS Code ${version}): ${title}: ${message}`);
  };
  tell(second.failures > 0 ? 'failed at first' : 'failed once, passed in a second run', first);
  tell('FAILED', second);
  return second;
}

/**
 * One suite in a process of its own, so that one that hangs or crashes ends alone. What it says goes to a file and is
 * shown in one piece: two at a time do not mix.
 */
async function runSuite({ suite, version }, note = '') {
  const env = {
    ...process.env,
    EDITOR_VERSION: version,
    EDITOR_VSIX: vsix,
    EDITOR_SUITE: suite,
    EDITOR_GREP: values.grep ?? '',
  };
  const begun = Date.now();
  const file = path.join(artefacts, `${suite}-${version}.out`);
  const out = openSync(file, 'w');
  const child = fork(path.join(import.meta.dirname, 'suite.mjs'), [], { env, stdio: ['ignore', out, out, 'ipc'] });
  closeSync(out);
  const result = await resultOf(child);
  const seconds = Math.round((Date.now() - begun) / 1_000);
  const heading = [`${suite} in VS Code ${version}`, note, `${seconds} s`].filter(Boolean).join(', ');
  console.log(`\n── ${heading} ──\n${readFileSync(file, 'utf8')}`);
  return { ...result, suite, version };
}

function resultOf(child) {
  const limit = setTimeout(() => child.kill('SIGKILL'), 900_000);
  return new Promise((resolve) => {
    let result;
    child.on('message', (message) => {
      result = message;
    });
    child.on('exit', (code, signal) => {
      clearTimeout(limit);
      const without = { title: 'the suite', message: `ended without a result (${signal ?? code})` };
      resolve(result ?? { passes: 0, failures: 1, failed: [without] });
    });
  });
}
