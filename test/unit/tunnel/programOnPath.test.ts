import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { thisSystem } from '../../../src/system/processes';
import { programOnPath } from '../../../src/tunnel/commands';
import { programFile } from '../../support/platform';
import { tempFolder } from '../../support/program';

describe('programs on the PATH', () => {
  it('npm start finds the real cloudflared, not the script of the npm package of that name', () => {
    const { folder, remove } = tempFolder();
    try {
      const scripts = path.join(folder, 'node_modules', '.bin');
      const real = path.join(folder, 'bin');
      const program = programFile('cloudflared');
      for (const place of [scripts, real]) {
        mkdirSync(place, { recursive: true });
        writeFileSync(path.join(place, program), '#!/bin/sh\n');
        chmodSync(path.join(place, program), 0o755);
      }
      const find = (...folders: string[]) =>
        programOnPath('cloudflared', { env: { PATH: folders.join(path.delimiter) }, platform: thisSystem.platform });
      assert.equal(find(scripts, real), path.join(real, program));
      assert.equal(find(scripts, `${scripts}/`), undefined);
    } finally {
      remove();
    }
  });

  it('started from the Dock, with the PATH of launchd, finds what Homebrew installed', () => {
    const world = { env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' }, platform: 'darwin' as const };
    for (const folder of ['/opt/homebrew/bin', '/usr/local/bin'])
      assert.equal(
        programOnPath('cloudflared', world, (file) => file === `${folder}/cloudflared`),
        `${folder}/cloudflared`,
      );
    assert.equal(
      programOnPath('cloudflared', world, (file) => file.startsWith('/usr/bin/')),
      '/usr/bin/cloudflared',
    );
    assert.equal(
      programOnPath('cloudflared', { ...world, platform: 'linux' }, (file) => file.startsWith('/opt')),
      undefined,
    );
  });

  it('on Windows looks for .exe in folders that semicolons part, drive letters, blanks and shares included', () => {
    const env = { Path: 'C:\\Windows;C:\\Program Files\\cloudflared;\\\\server\\tools ü' };
    for (const folder of ['C:\\Program Files\\cloudflared', '\\\\server\\tools ü'])
      assert.equal(
        programOnPath('cloudflared', { env, platform: 'win32' }, (file) => file === `${folder}\\cloudflared.exe`),
        `${folder}\\cloudflared.exe`,
      );
  });
});
