#!/usr/bin/env node
// Tests in a real editor: the packed .vsix in code-server with headless Chromium, and mocha inside its extension host.
//   node test/editor/run.mjs [--version 1.139|1.99] [--suite inHost|walkthrough|person|windows|tunnel|views|doctor|package] [--vsix FILE] [--grep TEXT]
// Last line: "N passed, N failed". Screenshots and logs of a run: test/.artefacts/.
import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { artefacts, packVsix } from './pack.mjs';
import { EDITORS, ensureChromium, ensureEditor, MissingTool } from './setup.mjs';

/** Everything in the newest editor; in the oldest that we support what differs by version. */
const PLAN = [
  ['1.139', ['package', 'inHost', 'walkthrough', 'person', 'windows', 'tunnel', 'views', 'doctor']],
  ['1.99', ['inHost', 'walkthrough', 'person', 'views']],
];

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
const wanted = PLAN.filter(([version]) => !values.version || values.version === version).map(([version, suites]) => [
  version,
  suites.filter((suite) => !values.suite || values.suite === suite),
]);

try {
  ensureChromium();
  for (const [version, suites] of wanted) if (suites.length > 0) ensureEditor(version);
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
for (const [version, suites] of wanted) {
  for (const suite of suites) {
    console.log(`\n── ${suite} in VS Code ${version} ──`);
    const first = await runSuite(suite, version);
    const result = first.failures > 0 ? await again(first, suite, version) : first;
    passed += result.passes;
    failed += result.failures;
  }
}
// Whoever sees only the end of a long output reads here what failed.
console.log(`\n${said.join('\n')}\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/**
 * A suite that failed is run once more, whole, in a fresh editor: on a busy machine a window can be late by more than
 * a test waits. What fails twice has failed; what passes then is told with what the first run said.
 */
async function again(first, suite, version) {
  console.log(`\n── ${suite} in VS Code ${version}, once more ──`);
  const second = await runSuite(suite, version);
  const tell = (word, { failed: tests }) => {
    for (const { title, message } of tests) said.push(`${word} (${suite} in VS Code ${version}): ${title}: ${message}`);
  };
  tell(second.failures > 0 ? 'failed at first' : 'failed once, passed in a second run', first);
  tell('FAILED', second);
  return second;
}

/** One suite in a process of its own, so that one that hangs or crashes ends alone. */
function runSuite(suite, version) {
  const env = {
    ...process.env,
    EDITOR_VERSION: version,
    EDITOR_VSIX: vsix,
    EDITOR_SUITE: suite,
    EDITOR_GREP: values.grep ?? '',
  };
  const child = fork(path.join(import.meta.dirname, 'suite.mjs'), [], { env, stdio: 'inherit' });
  const limit = setTimeout(() => child.kill('SIGKILL'), 600_000);
  return new Promise((resolve) => {
    let result;
    child.on('message', (message) => {
      result = message;
    });
    child.on('exit', (code, signal) => {
      clearTimeout(limit);
      const message = `ended without a result (${signal ?? code})`;
      if (!result) console.error(`${suite} ${message}`);
      resolve(result ?? { passes: 0, failures: 1, failed: [{ title: 'the suite', message }] });
    });
  });
}
