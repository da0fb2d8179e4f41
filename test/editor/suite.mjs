// Suites in one editor version, named by the environment; sends { passes, failures, failed: [{ title, message }] } to run.mjs.
import path from 'node:path';
import Mocha from 'mocha';
import { leaveEditor } from './editor.mjs';
import { failedTests } from './failedTests.cjs';
import { runInHost } from './inHost.mjs';

const { EDITOR_SUITE: suite, EDITOR_GREP: grep } = process.env;
const result = suite === 'inHost' ? await runInHost() : await runMocha(suite.split('+'));
process.send?.(result);
process.exitCode = result.failures > 0 ? 1 : 0;
process.disconnect?.();

/** One after the other in the order of their names; those with windows share an editor. */
async function runMocha(names) {
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 120_000,
    slow: 20_000,
    reporter: 'spec',
    bail: process.env.EDITOR_BAIL === '1',
    ...(grep ? { grep } : {}),
  });
  for (const name of names) mocha.addFile(path.join(import.meta.dirname, `${name}.spec.mjs`));
  await mocha.loadFilesAsync();
  mocha.suite.afterAll('the editor closes', leaveEditor);
  return await new Promise((resolve) => {
    const runner = mocha.run(() => resolve({ passes: runner.stats.passes, failures: runner.stats.failures, failed }));
    const failed = failedTests(runner);
  });
}
