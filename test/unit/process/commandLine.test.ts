import assert from 'node:assert/strict';
import { parseCommandLine } from '../../../src/process/commandLine';

describe('command line', () => {
  it('an option without a value is refused: it would mean all addresses, this folder or no file', () => {
    for (const option of ['config', 'env-file', 'host', 'data-dir', 'llmrouter-api-key-env']) {
      const told = new RegExp(`^Error: --${option} has no value`);
      assert.throws(() => parseCommandLine([`--${option}`, '']), told);
      assert.throws(() => parseCommandLine(['doctor', `--${option}=`]), told);
    }
    for (const option of ['out', 'config', 'env-file'])
      assert.throws(
        () => parseCommandLine(['export', '--to', 'litellm', '--out', 'team', `--${option}=`]),
        new RegExp(`--${option} has no value`),
      );
  });
  it('export without its options says what each one names', () => {
    assert.throws(() => parseCommandLine(['export']), /^Error: --to takes litellm, and is missing\.$/);
    assert.throws(() => parseCommandLine(['export', '--to', 'litellm']), /--out names the folder/);
    assert.throws(() => parseCommandLine(['export', '--to', 'x', '--out', 'y']), /--to takes litellm; not "x"/);
  });
  it('an empty key is none', () => {
    const parsed = parseCommandLine(['--llmrouter-api-key=']);
    assert.equal(parsed.mode === 'headless' && parsed.apiKey, '');
  });

  it('what no command takes is one sentence, without hints for programmers', () => {
    const said = (...argv: string[]) => {
      try {
        parseCommandLine(argv);
      } catch (error) {
        return (error as Error).message;
      }
    };
    assert.equal(said('--typo'), "Unknown option '--typo'. See --help.");
    assert.equal(
      said('--port', '--json'),
      "Option '--port' argument is ambiguous. Did you forget to specify the option argument for '--port'? To specify an option argument starting with a dash use '--port=-XYZ'. See --help.",
    );
  });
});
