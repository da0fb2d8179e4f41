import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { programOnPath } from '../../../src/tunnel/commands';
import { tempFolder } from '../../support/program';

describe('programs on the PATH', () => {
  it('npm start finds the real cloudflared, not the script of the npm package of that name', () => {
    const { folder, remove } = tempFolder();
    try {
      const scripts = path.join(folder, 'node_modules', '.bin');
      const real = path.join(folder, 'bin');
      for (const place of [scripts, real]) {
        mkdirSync(place, { recursive: true });
        writeFileSync(path.join(place, 'cloudflared'), '#!/bin/sh\n');
        chmodSync(path.join(place, 'cloudflared'), 0o755);
      }
      const find = (...folders: string[]) =>
        programOnPath('cloudflared', { env: { PATH: folders.join(path.delimiter) }, platform: 'linux' });
      assert.equal(find(scripts, real), path.join(real, 'cloudflared'));
      assert.equal(find(scripts, `${scripts}/`), undefined);
    } finally {
      remove();
    }
  });
});
