// What failed, in a line each, for the end of a long output. Also loaded inside the extension host, hence CommonJS.

/** The failed tests of a mocha runner, filled while it runs: [{ title, message }], the message cut to its first line. */
exports.failedTests = (runner) => {
  const failed = [];
  runner.on('fail', (test, error) => {
    failed.push({
      title: test.fullTitle(),
      message: String(error?.message ?? error)
        .split('\n')[0]
        .slice(0, 200),
    });
  });
  return failed;
};
