import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { notPrivate, othersIn } from '../../../src/system/privacy';
import type { SystemWorld } from '../../../src/system/processes';

const ME = 'S-1-5-21-1111111111-222222222-333333333-1001';
const PRIVATE = `D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;${ME})`;
/** What a folder below C:\ inherits. */
const BELOW_C = `D:AI(A;OICIID;FA;;;BA)(A;OICIID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)(A;OICIIOID;SDGXGWGR;;;AU)`;

/** What lies in a private folder inherits. */
const INHERITED = `D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;${ME})`;

/** A Windows whose icacls writes this list, and those of what lies in the folder, as the real one does; undefined: it fails. */
const windows = (sddl: string | undefined, inside: Record<string, string> = {}, fails = false): SystemWorld => ({
  platform: 'win32',
  env: {},
  run: async (file, args) => {
    assert.equal(file, 'C:\\Windows\\System32\\icacls.exe');
    if (sddl === undefined) throw new Error('access denied');
    const lists = Object.entries({ data: sddl, ...(args.includes('/t') && inside) });
    writeFileSync(args[2]!, `\ufeff${lists.map(([name, list]) => `${name}\r\n${list}\r\n`).join('')}`, 'utf16le');
    if (fails) throw new Error('exit code 2');
    return '';
  },
});

describe('who may read the data folder on Windows', () => {
  it('is read from its access list, whatever the language of Windows', () => {
    assert.deepEqual(othersIn(PRIVATE), []);
    assert.deepEqual(othersIn(`${PRIVATE}(A;OICIIO;FA;;;CO)`), []);
    assert.deepEqual(othersIn(BELOW_C), ['Users', 'Authenticated Users']);
    assert.deepEqual(othersIn(`${PRIVATE}(A;;FR;;;S-1-1-0)`), ['Everyone']);
    assert.deepEqual(othersIn(`${PRIVATE}(A;;FR;;;S-1-5-21-1-2-3-1002)`), ['2 accounts']);
    assert.deepEqual(othersIn(`${PRIVATE}(D;;FA;;;WD)`), [], 'a refusal lets nobody in');
  });

  it('is said with the remedy when it is not us alone, and when it cannot be found out', async () => {
    assert.equal(await notPrivate('C:\\data', windows(PRIVATE)), undefined);
    assert.match(
      (await notPrivate('C:\\data', windows(BELOW_C)))!,
      /C:\\data .* is not private: .* Users, Authenticated Users\. .*icacls "C:\\data"/,
    );
    assert.match((await notPrivate('C:\\data', windows(undefined)))!, /could not be found out\. .*icacls/);
  });

  it('is said of a single file with a list of its own, too, for who knows its path needs no folder', async () => {
    const files = { 'data\\client-key': INHERITED, 'data\\run': INHERITED, 'data\\run\\secret': INHERITED };
    assert.equal(await notPrivate('C:\\data', windows(PRIVATE, files)), undefined);
    const open = { ...files, 'data\\client-key': `D:(A;;FR;;;WD)(A;;FA;;;${ME})` };
    assert.match(
      (await notPrivate('C:\\data', windows(PRIVATE, open)))!,
      /C:\\data is private, .* read data\\client-key \(Everyone\)\. .*: icacls "C:\\data\\\*" \/reset /,
    );
    const anothers = { ...files, 'data\\run\\secret': 'D:(A;;FA;;;S-1-5-21-1-2-3-1002)' };
    assert.match((await notPrivate('C:\\data', windows(PRIVATE, anothers)))!, /run\\secret \(2 accounts\)/);
    const many = Object.fromEntries([...'abcde'].map((name) => [`data\\${name}`, 'D:(A;;FR;;;AU)']));
    assert.match((await notPrivate('C:\\data', windows(PRIVATE, many)))!, /data\\c \([^)]*\) and 2 more\./);
  });

  it('what goes while it is listed hinders nothing of the rest', async () => {
    assert.equal(await notPrivate('C:\\data', windows(PRIVATE, { 'data\\run': INHERITED }, true)), undefined);
    assert.match((await notPrivate('C:\\data', windows(BELOW_C, {}, true)))!, /is not private/);
  });

  it('the remedy names the account itself, so that it works in PowerShell as in cmd', async () => {
    const told = (env: NodeJS.ProcessEnv) => notPrivate('C:\\data', { ...windows(BELOW_C), env });
    assert.match((await told({ USERDOMAIN: 'BÜRO', USERNAME: 'Jörg M' }))!, /"BÜRO\\Jörg M:\(OI\)\(CI\)F"$/);
    assert.match((await told({ USERNAME: 'joerg' }))!, /"joerg:\(OI\)\(CI\)F"$/);
    assert.doesNotMatch((await told({}))!, /%|undefined/);
  });

  it('is a matter of modes elsewhere: nothing is run', async () => {
    const run = () => assert.fail();
    assert.equal(await notPrivate('/data', { platform: 'linux', env: {}, run }), undefined);
  });
});
