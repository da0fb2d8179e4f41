import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { createTerminal } from '../../../src/process/terminal';
import { requestRecord } from '../../support/ledgerRecords';

describe('the terminal', () => {
  it('prints no escape sequence of a model name, a provider or a file', () => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const terminal = createTerminal({ out, err, json: false, color: false, level: 'debug', redact: (text) => text });
    const bad = 'x\u001b]52;c;aGk=\u0007\u001b[2J\r\nsecond';
    terminal.request(requestRecord({ askedModel: bad, backend: bad, upstreamModel: bad, error: bad, status: 400 }));
    terminal.listening('http://127.0.0.1:1/v1', [bad], {});
    terminal.problem('file', { path: 'p', message: bad, severity: 'error' });
    terminal.log('error', bad);
    const shown = `${out.read() ?? ''}${err.read() ?? ''}`;
    assert.match(shown, /second/);
    for (const code of ['\u0007', '\r', '\u001b']) assert.ok(!shown.includes(code));
  });

  for (const json of [false, true])
    it(`tells a change that a person waits for, unless the log level says less${json ? ', beside JSON lines' : ''}`, () => {
      const told = (level: 'info' | 'warn') => {
        const [out, err] = [new PassThrough(), new PassThrough()];
        const terminal = createTerminal({ out, err, json, color: false, level, redact: (text) => text });
        terminal.note('the new configuration is in force');
        return String(err.read() ?? '');
      };
      assert.match(told('info'), /in force/);
      assert.equal(told('warn'), '');
    });

  for (const json of [false, true])
    it(`follows another log level${json ? ', beside JSON lines' : ''}`, () => {
      const [out, err] = [new PassThrough(), new PassThrough()];
      const terminal = createTerminal({ out, err, json, color: false, level: 'info', redact: (text) => text });
      const told = () => {
        terminal.log('warn', 'a warning');
        terminal.log('debug', 'a detail');
        return String(err.read() ?? '');
      };
      terminal.setLevel('error');
      assert.equal(told(), '');
      terminal.setLevel('debug');
      assert.match(told(), /a warning[\s\S]*a detail/);
    });

  it('says what $KEY stands for in the command to try', () => {
    const out = new PassThrough();
    const options = {
      out,
      err: out,
      json: false,
      color: false,
      level: 'info',
      redact: (text: string) => text,
    } as const;
    createTerminal(options).listening('http://127.0.0.1:1/v1', [], {});
    assert.match(String(out.read()), /Try it, \$KEY being the key: curl .*Bearer \$KEY/);
  });

  it('shows a person the address of the metrics beside the local URL, and at once when they are switched on later', () => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const terminal = createTerminal({ out, err, json: false, color: false, level: 'info', redact: (text) => text });
    const tokenFile = '/data/metrics-token';
    const metrics = { url: 'http://127.0.0.1:2/metrics', tokenFile };
    terminal.log('info', `Metrics on ${metrics.url}, token in ${tokenFile}.`);
    assert.equal(out.read(), null);
    terminal.listening('http://127.0.0.1:1/v1', ['a'], { metrics });
    assert.match(
      String(out.read()),
      /Local URL +http:\/\/127\.0\.0\.1:1\/v1\n +Metrics +http:\/\/127\.0\.0\.1:2\/metrics, token in \/data\/metrics-token\n/,
    );
    terminal.metrics({ url: 'http://127.0.0.1:3/metrics', tokenFile });
    assert.match(String(out.read()), /^ +Metrics +http:\/\/127\.0\.0\.1:3\/metrics/);
    assert.equal(err.read(), null);
  });

  it('says that backends are asked for their models where the configuration names none, and what they told', () => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const terminal = createTerminal({ out, err, json: false, color: false, level: 'info', redact: (text) => text });
    terminal.listening('http://127.0.0.1:1/v1', [], {});
    assert.match(String(out.read()), /Models +the configuration names none; the backends are asked for theirs\n/);
    terminal.models(['a/x', 'a/y']);
    assert.match(String(out.read()), /Models +a\/x, a\/y\n/);
    terminal.models([]);
    assert.match(String(out.read()), /Models +no backend has told its models\n/);
  });
});
