import assert from 'node:assert/strict';
import { parseEnv } from 'node:util';
import { decodeText, envVariables, fitsHeader, keyText } from '../../../src/config/intake';

describe('intake of text from outside', () => {
  it('decodes UTF-8 and UTF-16 with and without byte order mark', () => {
    const utf16 = Buffer.from('\ufeffA=ü\r\n', 'utf16le');
    for (const bytes of [Buffer.from('A=ü\r\n'), Buffer.from('\ufeffA=ü\r\n'), utf16, Buffer.from(utf16).swap16()])
      assert.equal(decodeText(bytes), 'A=ü\r\n');
  });
  it('reads a text that was cut within a character up to there', () => {
    const cut = Buffer.from('\ufeffA=', 'utf16le');
    for (const bytes of [cut, Buffer.from(cut).swap16()])
      assert.equal(decodeText(Buffer.concat([bytes, Buffer.of(0)])), 'A=');
  });
  it('.env: a variable of the environment wins in ${NAME}, too', () => {
    const read = envVariables(Buffer.from('A=own\nB=${A}\n'), { A: 'outer' }, parseEnv);
    assert.deepEqual(read, { A: 'own', B: 'outer' });
  });
  it('.env: no variable is lost, ${NAME} is expanded, single quotes are literal', () => {
    const text = '\ufeffFIRST=one\r\nSECOND="${FIRST}-${OUTER}"\r\nTHIRD=\'${FIRST}\'\r\n';
    const expected = { FIRST: 'one', SECOND: 'one-two', THIRD: '${FIRST}' };
    assert.deepEqual(envVariables(Buffer.from(text), { OUTER: 'two' }, parseEnv), expected);
    assert.deepEqual(envVariables(Buffer.from(text, 'utf16le'), { OUTER: 'two' }, parseEnv), expected);
  });
  it('.env: a line without = takes no variable with it', () => {
    for (const line of ['My keys', 'My keys\r\n', '---\n\nexport'])
      assert.deepEqual(envVariables(Buffer.from(`${line}\nexport A='\${B}'\nB=2\n`), {}, parseEnv), {
        A: '${B}',
        B: '2',
      });
  });
  it('a key is trimmed, and one that no header can hold is known', () => {
    assert.equal(keyText('\ufeff sk-x\r\n'), 'sk-x');
    assert.equal(keyText(' \n'), undefined);
    assert.ok(fitsHeader('sk-x') && !fitsHeader('sk\nx') && !fitsHeader('sk-…') && !fitsHeader('sk-ü'));
  });
});
