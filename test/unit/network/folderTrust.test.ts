/** Who else may write where the router looks; the refusals themselves: integration/hostile/neighbours. */
import assert from 'node:assert/strict';
import fs, { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { mock } from 'node:test';
import { trustOf, trustOfFile } from '../../../src/network/folderTrust';
import { textOf } from '../../../src/said';
import { describeOnPosix, removeFolder } from '../../support/platform';

describeOnPosix('trust in a folder', 'rights that a mode tells', () => {
  const system = process as { getuid(): number | undefined };
  let temp: string;
  beforeEach(() => {
    temp = mkdtempSync(path.join(os.tmpdir(), 'trust-'));
  });
  afterEach(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
    removeFolder(temp);
  });
  const folder = (name: string, mode: number): string => {
    const made = path.join(temp, name);
    mkdirSync(made);
    chmodSync(made, mode);
    return made;
  };
  const file = (name: string, mode: number): string => {
    const made = path.join(temp, name);
    writeFileSync(made, '{}');
    chmodSync(made, mode);
    return made;
  };
  /** Root owns what it likes; for anybody else, who we are is another one. */
  const anotherUsers = (place: string): number => {
    if (process.getuid?.() === 0) chownSync(place, 4711, -1);
    else mock.method(system, 'getuid', () => 4712);
    return process.getuid!();
  };
  const told = (trust: ReturnType<typeof trustOf>) =>
    trust.kind === 'own' ? 'own' : `${trust.kind}: ${textOf(trust.why)}: ${trust.mend}`;

  it('names the folder, who writes there, and the command that mends it', () => {
    const all = folder('all', 0o777);
    assert.equal(told(trustOf(all)), `open: every user of this machine may write in ${all}: chmod o-w ${all}`);
    const below = path.join(all, 'below', 'deep', 'down');
    assert.equal(told(trustOf(below)), `open: every user of this machine may write in ${all}: chmod o-w ${all}`);
    const group = folder('group', 0o770);
    assert.equal(told(trustOf(group)), `shared: its group may write in ${group}: chmod g-w ${group}`);
    const open = file('open.json', 0o606);
    assert.equal(told(trustOfFile(open)), `open: every user of this machine may write ${open}: chmod o-w ${open}`);
  });
  it('writes a path with blanks or quotes as a shell reads it', () => {
    const odd = folder("it's all", 0o777);
    assert.ok(told(trustOf(odd)).endsWith(`chmod o-w '${path.join(temp, "it'\\''s all")}'`));
  });
  it('is shared where the folder belongs to another user', () => {
    const theirs = folder('theirs', 0o755);
    const me = anotherUsers(theirs);
    assert.equal(told(trustOf(theirs)), `shared: ${theirs} belongs to another user: chown ${me} ${theirs}`);
  });
  it('has none in a file of another user where everybody may put one', () => {
    const planted = path.join(folder('sticky', 0o1777), 'c.json');
    writeFileSync(planted, '{}', { mode: 0o644 });
    assert.equal(trustOfFile(planted).kind, 'own');
    anotherUsers(planted);
    assert.equal(trustOfFile(planted).kind, 'open');
  });
  it('has none in a file that is not there yet where everybody may put one', () => {
    assert.equal(trustOfFile(path.join(folder('sticky', 0o1777), 'c.json')).kind, 'open');
    assert.equal(told(trustOfFile(path.join(folder('own', 0o755), 'c.json'))), 'own');
  });
  it('has none in a link of another user, nor in one of ours to a file of another user, where everybody may put one', function () {
    if (process.getuid?.() !== 0) return this.skip();
    const ours = path.join(folder('own', 0o755), 'c.json');
    writeFileSync(ours, '{}', { mode: 0o644 });
    const link = path.join(folder('sticky', 0o1777), 'c.json');
    symlinkSync(ours, link);
    assert.equal(told(trustOfFile(link)), 'own');
    chownSync(ours, 4711, -1);
    assert.equal(trustOfFile(link).kind, 'open');
    chownSync(ours, 0, -1);
    lchownSync(link, 4711, -1);
    assert.equal(trustOfFile(link).kind, 'open');
  });
  it('has none in a file of ours where everybody may replace it', () => {
    const replaced = path.join(folder('all', 0o777), 'c.json');
    writeFileSync(replaced, '{}', { mode: 0o600 });
    assert.equal(trustOfFile(replaced).kind, 'open');
  });
  it('takes a folder or file on a read-only file system for its own, whatever the mode says (a volume mounted so)', () => {
    const all = folder('all', 0o777);
    const open = file('open.json', 0o666);
    mock.method(fs, 'accessSync', () => {
      throw Object.assign(new Error('read-only'), { code: 'EROFS' });
    });
    syncBuiltinESMExports();
    for (const place of [all, path.join(all, 'below')]) assert.equal(told(trustOf(place)), 'own');
    assert.equal(told(trustOfFile(open)), 'own');
  });
  it('does not take a folder that this user may not write for a read-only one', () => {
    const all = folder('all', 0o777);
    mock.method(fs, 'accessSync', () => {
      throw Object.assign(new Error('denied'), { code: 'EACCES' });
    });
    syncBuiltinESMExports();
    assert.equal(trustOf(all).kind, 'open');
  });
  it('asks for no rights where the system has none (Windows)', () => {
    const all = folder('all', 0o777);
    mock.method(system, 'getuid', () => undefined);
    assert.equal(told(trustOf(all)), 'own');
    assert.equal(told(trustOfFile(path.join(all, 'c.json'))), 'own');
  });
});
