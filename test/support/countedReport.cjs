// mocha's usual report, and the same as JSON in the file TEST_REPORT: { passes: number by file, failed: [{ file, title, message }] }.
const { writeFileSync } = require('node:fs');
const { Spec } = require('mocha').reporters;
const { failedTests } = require('../editor/failedTests.cjs');

module.exports = class extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const failed = failedTests(runner);
    const passes = {};
    runner.on('pass', ({ file }) => {
      passes[file] = (passes[file] ?? 0) + 1;
    });
    runner.once('end', () => writeFileSync(process.env.TEST_REPORT, JSON.stringify({ passes, failed })));
  }
};
