// What failed, in a line each, for the end of a long output. Also loaded inside the extension host, hence CommonJS.

/** The failed tests of a mocha runner, filled while it runs: [{ file, title, message }], the message as one line. */
exports.failedTests = (runner) => {
  const failed = [];
  runner.on('fail', (test, error) => {
    failed.push({
      file: test.file,
      title: test.fullTitle(),
      message: String(error?.message ?? error)
        .replace(/\s+/g, ' ')
        .slice(0, 200),
    });
  });
  return failed;
};
