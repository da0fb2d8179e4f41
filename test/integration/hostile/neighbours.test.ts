/** Other users of the machine, who may write where the router looks (issue 18). POSIX alone: Windows has no such rights to read. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { trustOf, trustOfFile } from '../../../src/network/folderTrust';
import { readEnvironment } from '../../../src/process/headless';
import { describeOnPosix } from '../../support/platform';
import { startProgram, tempFolder } from '../../support/program';

describeOnPosix('neighbours on the machine', 'rights that a mode tells', function () {
  this.timeout(120_000);
  let temp: ReturnType<typeof tempFolder>;
  beforeEach(() => {
    temp = tempFolder();
  });
  afterEach(() => temp.remove());

  const folder = (name: string, mode: number): string => {
    const made = path.join(temp.folder, name);
    mkdirSync(made);
    chmodSync(made, mode);
    return made;
  };

  it('a folder is believed when only its owner and root write there, and in those above', () => {
    assert.equal(trustOf(folder('own', 0o755)).kind, 'own');
    assert.equal(trustOf(folder('group', 0o775)).kind, 'shared');
    assert.equal(trustOf(folder('all', 0o777)).kind, 'open');
    assert.equal(trustOf(path.join(temp.folder, 'own', 'not', 'there')).kind, 'own');
    mkdirSync(path.join(temp.folder, 'all', 'below'), { mode: 0o700 });
    assert.equal(trustOf(path.join(temp.folder, 'all', 'below')).kind, 'open');
  });

  it('a file of ours in a folder like /tmp is ours; one that everybody may write is nobody’s', () => {
    const file = path.join(folder('sticky', 0o1777), 'c.json');
    writeFileSync(file, '{}', { mode: 0o644 });
    chmodSync(file, 0o644);
    assert.equal(trustOfFile(file).kind, 'own');
    chmodSync(file, 0o666);
    assert.equal(trustOfFile(file).kind, 'open');
  });

  it('a data folder or a configuration that everybody may write ends the start with 2 and the command that mends it', async () => {
    const open = folder('data', 0o777);
    const common = ['--json', '--port', '0', '--tunnel', 'none', '--data-dir'];
    const refused = startProgram([...common, open], { cwd: temp.folder });
    assert.equal(await refused.exited, 2);
    assert.match(refused.stderr(), /chmod o-w .*data/);
    writeFileSync(path.join(temp.folder, 'llm-router.json'), '{"backends":[]}');
    chmodSync(path.join(temp.folder, 'llm-router.json'), 0o666);
    const planted = startProgram([...common, path.join(temp.folder, 'good')], { cwd: temp.folder });
    assert.equal(await planted.exited, 2);
    assert.match(planted.stderr(), /No configuration may be taken.*chmod o-w .*llm-router\.json/);
  });

  it('a link is believed no more than where it leads', () => {
    const target = path.join(folder('everybodys', 0o777), 'mine');
    mkdirSync(target, { mode: 0o700 });
    writeFileSync(path.join(target, 'c.json'), '{}', { mode: 0o600 });
    const link = path.join(folder('links', 0o700), 'link');
    symlinkSync(target, link);
    symlinkSync(path.join(target, 'c.json'), `${link}.json`);
    for (const place of [link, path.join(link, 'not', 'there')]) assert.equal(trustOf(place).kind, 'open', place);
    for (const file of [path.join(link, 'c.json'), `${link}.json`]) assert.equal(trustOfFile(file).kind, 'open', file);
  });

  it('a .env that everybody may write ends the start with 2; a device is no such file', async () => {
    const planted = folder('planted', 0o777);
    writeFileSync(path.join(planted, '.env'), 'LLMROUTER_API_KEY=sk-planted-0123456789abcdef', { mode: 0o644 });
    const refused = startProgram(['--port', '0', '--tunnel', 'none', '--data-dir', path.join(temp.folder, 'fine')], {
      cwd: planted,
    });
    assert.equal(await refused.exited, 2);
    assert.match(refused.stderr(), /No keys may be taken.*chmod o-w .*planted/);
    assert.doesNotThrow(() => readEnvironment({ envFile: '/dev/null' }, { cwd: planted, env: {} }));
  });

  it('a data folder that its group may write is a warning', async () => {
    const shared = folder('volume', 0o770);
    const program = startProgram(
      [
        '--json',
        '--port',
        '0',
        '--tunnel',
        'none',
        '--data-dir',
        shared,
        '--llmrouter-api-key',
        'sk-0123456789abcdef0123',
      ],
      {
        cwd: temp.folder,
      },
    );
    await program.event(({ event }) => event === 'listening');
    program.child.kill('SIGTERM');
    await program.exited;
    assert.match(program.stderr(), /No program is run from the data folder.*chmod g-w/);
    assert.match(program.stderr(), /stands in the arguments, where other users of this machine can read it/);
  });
});
