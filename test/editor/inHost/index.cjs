// The module at extensionTestsPath (same contract as @vscode/test-electron): run() resolves = passed, rejects = failed.
// The console of a workbench is noisy, so results go to files when the runner names them.
const { appendFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { format } = require('node:util');
const mochaModule = require('mocha');
const { failedTests } = require('../failedTests.cjs');

// An ES module comes as a namespace where the host's own require loads it.
const Mocha = mochaModule.default ?? mochaModule;

exports.run = async () => {
  const { INHOST_OUT, INHOST_RESULT, INHOST_TESTS } = process.env;
  if (INHOST_OUT) Mocha.reporters.Base.consoleLog = (...args) => appendFileSync(INHOST_OUT, `${format(...args)}\n`);
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, color: false, reporter: 'spec' });
  mocha.addFile(INHOST_TESTS || path.join(__dirname, 'extension.cjs'));
  const failures = await new Promise((resolve) => {
    const runner = mocha.run(resolve);
    const failed = failedTests(runner);
    runner.once('end', () => {
      const { passes, failures, pending } = runner.stats;
      if (INHOST_RESULT) writeFileSync(INHOST_RESULT, JSON.stringify({ passes, failures, failed, pending }));
    });
  });
  if (failures > 0) throw new Error(`${failures} failed`);
};
