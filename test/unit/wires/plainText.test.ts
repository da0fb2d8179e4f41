import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { plain, plainWithoutLinks } from '../../../src/wires/plainText';

describe('text from outside', () => {
  it('steers no terminal: escape sequences, OSC 52 and line ends lose their power', () => {
    assert.equal(plain('a\u001b[2Jb\u001b]52;c;aGk=\u0007c\r\nd'), 'a [2Jb ]52;c;aGk= c d');
    assert.equal(plain('a\u009b31mb\u2028c'), 'a 31mb c');
  });
  it('does not turn what follows around', () => assert.equal(plain('model\u202egnp.exe'), 'model gnp.exe'));
  it('keeps every other letter', () => assert.equal(plain('日本語 – ümläut 👍'), '日本語 – ümläut 👍'));
  it('makes no command link in a notification', () => {
    const link = /\[[^\]]+\]\((?:https?:\/\/|command:|file:)/;
    for (const text of [
      '[x](command:workbench.action.quit)',
      '[a][x](command:y)',
      '[x]\r(command:y)',
      '[x](https://evil)',
    ])
      assert.doesNotMatch(plainWithoutLinks(text), link);
  });
  it('goes through one place to a notification', () => {
    const files = (readdirSync('src', { recursive: true }) as string[]).filter((file) => /\.tsx?$/.test(file));
    const direct = files.filter(
      (file) =>
        !file.endsWith(path.join('editor', 'say.ts')) &&
        /window\s*\.\s*show(?:Information|Warning|Error)Message/.test(readFileSync(path.join('src', file), 'utf8')),
    );
    assert.deepEqual(direct, []);
  });
});
