import assert from 'node:assert/strict';
import { findByConfig, pidOf } from '../../../src/tunnel/cloudflared/strays';
import { realWorld, type TunnelWorld } from '../../../src/tunnel/world';

describe('a cloudflared in the list of processes', () => {
  it('on Windows is asked for at PowerShell by its full path, in UTF-8', async () => {
    const ran: string[] = [];
    const spawn = ((program: string, args: readonly string[]) => {
      ran.push([program, ...args].join(' '));
      throw new Error('not here');
    }) as unknown as TunnelWorld['spawn'];
    const world: TunnelWorld = { ...realWorld(), platform: 'win32', env: { SystemRoot: 'D:\\Windows' }, spawn };
    assert.deepEqual(await findByConfig('C:\\Users\\Jürgen\\cloudflared.yml', world), []);
    assert.match(ran[0]!, /^D:\\Windows\\System32\\WindowsPowerShell\\v1\.0\\powershell\.exe .*UTF8Encoding/);
  });

  it('is known by the path of its configuration, with blanks in it and in quotes, and by nothing less', () => {
    const file = '/Users/ann/Library/Application Support/Cursor/tunnel/cloudflared.yml';
    assert.deepEqual(pidOf(`  4711 /opt/bin/cloudflared tunnel --config ${file}`, file), [4711]);
    assert.deepEqual(pidOf(`4711 cloudflared tunnel --config ${file} run`, file), [4711]);
    const windows = 'C:\\Users\\Ann B\\tunnel\\cloudflared.yml';
    assert.deepEqual(pidOf(`88 "C:\\bin\\cloudflared.exe" tunnel --config "${windows}"\r`, windows), [88]);
    for (const line of [
      '',
      `12 vim ${file}`,
      `13 cloudflared tunnel --config ${file}.old`,
      '14 cloudflared tunnel run',
    ])
      assert.deepEqual(pidOf(line, file), [], line);
  });
});
