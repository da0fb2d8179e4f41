import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cloudflaredVersion, findCloudflared } from '../../../src/tunnel/cloudflared/cloudflaredBinary';
import type { TunnelProblem } from '../../../src/tunnel/driver';
import { realWorld, type TunnelWorld } from '../../../src/tunnel/world';
import { endingAt } from '../../support/cloud/endingProgram';
import { controlledClock } from '../../support/controlledClock';
import { removeFolder } from '../../support/platform';
import { tunnelRig } from '../../support/tunnelRig';

/** A world in which every program ends like this. */
function world(platform: NodeJS.Platform, code: number | null, signal: NodeJS.Signals | null): TunnelWorld {
  return { ...realWorld(), clock: controlledClock(), env: {}, platform, spawn: endingAt(code, signal) };
}

describe('a cloudflared that macOS does not let run', () => {
  const file = '/Users/me/Library/Application Support/llm-router/bin/2026.8.2/cloudflared';

  it('is told apart from one that is broken: where to allow it, and the command that lifts the quarantine', async () => {
    await assert.rejects(cloudflaredVersion(file, world('darwin', null, 'SIGKILL')), (error: Error) => {
      assert.match(error.message, /Privacy & Security.*Allow Anyway/);
      assert.ok(error.message.endsWith(`xattr -d com.apple.quarantine "${file}"`));
      return true;
    });
    await assert.rejects(cloudflaredVersion(file, world('darwin', 1, null)), /^Error: exit code 1$/);
    await assert.rejects(cloudflaredVersion(file, world('linux', null, 'SIGKILL')), /^Error: no answer$/);
  });

  it('is looked at now and then, and online once a person has allowed it', async () => {
    const ended = world('darwin', null, 'SIGKILL');
    let allowed = false;
    let looks = 0;
    const find = async () => {
      looks += 1;
      if (allowed) return { path: process.execPath, version: '2026.8.2' };
      return findCloudflared({ chosen: process.execPath, dataDir: '/nowhere', world: ended });
    };
    const rig = tunnelRig({ find });
    // In small steps: starting a program settles over several turns.
    const pass = async (seconds: number) => {
      for (let at = 0; at < seconds; at += 1) await rig.clock.pass(1_000);
    };
    try {
      await rig.tunnel.start();
      await pass(600);
      assert.match(rig.tunnel.status.message ?? '', /does not start \(macOS ended it at its start: .*Allow Anyway/);
      assert.ok(looks >= 5 && looks <= 10, `${looks} looks in ten minutes`);
      assert.equal(rig.posts.length, 0, 'no tunnel is asked for that nobody can use');
      allowed = true;
      await pass(310);
      assert.equal(rig.tunnel.status.state, 'online');
    } finally {
      await rig.dispose();
    }
  });

  it('is told also of our own copy, with its place; a download that heals it stays on offer', async () => {
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-held-'));
    const copy = path.join(dataDir, 'bin/2026.8.2/cloudflared');
    mkdirSync(path.dirname(copy), { recursive: true, mode: 0o700 });
    chmodSync(dataDir, 0o700);
    writeFileSync(copy, 'signed by nobody', { mode: 0o700 });
    const programSha256 = createHash('sha256').update('signed by nobody').digest('hex');
    writeFileSync(path.join(copy, '../stamp.json'), JSON.stringify({ version: '2026.8.2', programSha256 }));
    try {
      const found = findCloudflared({ chosen: undefined, dataDir, world: world('darwin', null, 'SIGKILL') });
      await assert.rejects(found, ({ said, details }: TunnelProblem) => {
        assert.ok(said.text.includes(`xattr -d com.apple.quarantine "${copy}"`), said.text);
        assert.equal(details.missingBinary, true);
        return true;
      });
    } finally {
      removeFolder(dataDir);
    }
  });

  it('is told to the person in the state of the tunnel', async () => {
    const chosen = process.execPath;
    await assert.rejects(
      findCloudflared({ chosen, dataDir: '/nowhere', world: world('darwin', null, 'SIGKILL') }),
      /does not start \(macOS ended it at its start: .*Allow Anyway/,
    );
  });
});
