import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identityOf, isSameProcess } from '../../../src/process/processIdentity';
import { beginOf, isSameBegin, killProcess, type SystemWorld, thisSystem } from '../../../src/system/processes';
import { processStart } from '../../../src/tunnel/processes';
import { itOnPosix } from '../../support/platform';

/** A Windows whose programs answer with `told`; undefined: they are not there. */
function windows(told: string | undefined): SystemWorld & { ran: string[] } {
  const ran: string[] = [];
  return {
    platform: 'win32',
    env: { SystemRoot: 'D:\\Windows' },
    ran,
    run: async (file, args) => {
      ran.push([file, ...args].join(' '));
      if (told === undefined) throw new Error('ENOENT');
      return told;
    },
  };
}

/** Alive, and not this process. */
const OTHER = process.ppid;
const BEGAN = 1_795_945_600_123;

describe('processes known by their number', () => {
  it('began, as this system tells it, at one moment; a number that nobody has began never', async () => {
    assert.equal(await beginOf(process.pid), await beginOf(process.pid));
    assert.equal(await beginOf(999_999_999), undefined);
    if (thisSystem.platform === 'linux') assert.match((await processStart(process.pid)) ?? '', /^[0-9a-f-]{36}\/\d+$/);
  });

  it('on Windows are asked for at PowerShell by its full path, and our own number is not', async () => {
    const system = windows(`${BEGAN}\r\n`);
    assert.equal(await beginOf(OTHER, system), String(BEGAN));
    assert.match(system.ran[0]!, /^D:\\Windows\\System32\\WindowsPowerShell\\v1\.0\\powershell\.exe -NoProfile /);
    assert.match(system.ran[0]!, new RegExp(`Get-Process -Id ${OTHER}\\)`));
    assert.ok(
      isSameBegin((await beginOf(process.pid, system))!, String(Date.now() - process.uptime() * 1_000), system),
    );
    assert.equal(system.ran.length, 1);
  });

  it('on Windows are not told by a PowerShell that is missing, forbidden or says something else', async () => {
    for (const told of [undefined, '', 'Get-Process : Zugriff verweigert'])
      assert.equal(await beginOf(OTHER, windows(told)), undefined);
  });

  it('on Windows a number used again is told apart, and where nobody tells it stays open', async () => {
    const system = windows(`${BEGAN}`);
    const written = await identityOf(OTHER, system);
    assert.deepEqual(written, { pid: OTHER, began: String(BEGAN) });
    assert.equal(await isSameProcess(written, system), true);
    assert.equal(await isSameProcess({ ...written, began: String(BEGAN + 900) }, system), true, 'two clocks');
    assert.equal(await isSameProcess({ ...written, began: String(BEGAN - 60_000) }, system), false);
    assert.equal(await isSameProcess(written, windows(undefined)), undefined);
    assert.equal(await isSameProcess({ ...written, pid: 999_999_999 }, windows(undefined)), false);
  });

  it('on Windows are told in UTF-8, whatever the code page of the machine', async () => {
    const system = windows(`${BEGAN}`);
    await beginOf(OTHER, system);
    assert.match(system.ran[0]!, /\[Console\]::OutputEncoding = New-Object Text\.UTF8Encoding \$false/);
  });

  itOnPosix('are told in no language and no zone of the person who asks', 'there is no shell', async () => {
    assert.equal(await thisSystem.run('/bin/sh', ['-c', 'echo $LC_ALL $TZ']), 'C UTC\n');
  });

  it('on Windows are ended with everything they started', async () => {
    const system = windows('');
    await killProcess(999_999_999, system);
    assert.deepEqual(system.ran, ['D:\\Windows\\System32\\taskkill.exe /PID 999999999 /T /F']);
  });

  it('on Windows are ended also without taskkill', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    await killProcess(child.pid!, windows(undefined));
    await once(child, 'exit');
  });
});
