/** No code of a rule is shown to people: each one that a record can name has words. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ruleWords } from '../../../src/cursor/ruleWords';

const sources = (readdirSync('src', { recursive: true }) as string[])
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => path.join('src', file));

describe('words of rules', () => {
  it('every rule that a record may name has words', () => {
    const codes = sources
      .filter((file) => !file.endsWith('ruleWords.ts'))
      .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/'([A-Z]\d{1,2})'/g)].map(([, code]) => code!));
    assert.ok(codes.length > 20);
    assert.deepEqual(
      [...new Set(codes)].filter((code) => ruleWords(code) === code),
      [],
    );
  });

  it('every rule that a comment cites stands in docs/rules.md, every section in docs/design.md', () => {
    const rules = readFileSync('docs/rules.md', 'utf8');
    const design = readFileSync('docs/design.md', 'utf8');
    const missing = new Set<string>();
    for (const file of sources) {
      const comments = [...readFileSync(file, 'utf8').matchAll(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/[^\n]*/g)].join('\n');
      for (const [, code] of comments.replaceAll(/T00\b/g, '').matchAll(/(?<![\w.`'-])([DEMNRST]\d{1,2})(?![\w.])/g))
        if (!rules.includes(`**${code}**`)) missing.add(`${file}: ${code}`);
      for (const [, section] of comments.matchAll(/design (§\d+(?:\.\d+)?)/g))
        if (!design.includes(section!)) missing.add(`${file}: design ${section}`);
    }
    assert.deepEqual([...missing], []);
  });

  it('comments cite no document that a clone does not have', () => {
    const strangers = sources.filter((file) =>
      /tunnel\.md|peers(\.md)? §|dependencies §|cursor-wire/.test(readFileSync(file, 'utf8')),
    );
    assert.deepEqual(strangers, []);
  });
});
