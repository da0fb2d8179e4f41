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
    terminal.listening('http://127.0.0.1:1/v1', [bad], undefined);
    terminal.problem('file', { path: 'p', message: bad, severity: 'error' });
    terminal.log('error', bad);
    const shown = `${out.read() ?? ''}${err.read() ?? ''}`;
    assert.match(shown, /second/);
    for (const code of ['\u0007', '\r', '\u001b']) assert.ok(!shown.includes(code));
  });
});
