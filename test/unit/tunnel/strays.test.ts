import assert from 'node:assert/strict';
import { pidOf } from '../../../src/tunnel/cloudflared/strays';

describe('a cloudflared in the list of processes', () => {
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
