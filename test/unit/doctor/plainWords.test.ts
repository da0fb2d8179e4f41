import assert from 'node:assert/strict';
import { diagnoseProblems } from '../../../src/doctor/runDoctor';

describe('doctor: words from outside', () => {
  it('steer no terminal and stay on one line, in the text and in its values', async () => {
    const message = 'before\u001b[2J\u001b]0;title\u0007\nafter';
    const problem = { severity: 'error', path: 'backends', message } as const;
    const { hops } = await diagnoseProblems([problem], {
      version: '1',
      onHop: () => undefined,
      signal: new AbortController().signal,
    });
    const told = JSON.stringify(hops, (_, value) => (typeof value === 'string' ? [...value].join('|') : value));
    assert.match(told, /b\|e\|f\|o\|r\|e/);
    assert.doesNotMatch(told, /\\u001b|\\u0007|\\n/);
  });
});
