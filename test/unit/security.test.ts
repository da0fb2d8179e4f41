/** SECURITY.md names the test that keeps each promise: that test is there, by that title. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

describe('SECURITY.md', () => {
  it('names tests that exist', () => {
    const named = [...readFileSync('SECURITY.md', 'utf8').matchAll(/`(test\/[\w/]+\.test\.ts)`: “([^”]+)”/g)];
    assert.ok(named.length > 30);
    for (const [, file, title] of named) {
      const titles = [...readFileSync(file!, 'utf8').matchAll(/\bit\(\s*(['"])(.*?)\1,/g)].map((match) => match[2]);
      assert.ok(titles.includes(title!), `${file}: ${title}`);
    }
  });
});
