import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { cloudflaredVersion, findCloudflared } from '../../../src/tunnel/cloudflared/cloudflaredBinary';
import { realWorld, type TunnelWorld } from '../../../src/tunnel/world';
import { controlledClock } from '../../support/controlledClock';

/** A world in which every program ends like this. */
function world(platform: NodeJS.Platform, code: number | null, signal: NodeJS.Signals | null): TunnelWorld {
  const spawn = () => {
    const child = Object.assign(new EventEmitter(), {
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      kill: () => true,
    });
    setImmediate(() => child.emit('close', code, signal));
    return child as unknown as ReturnType<TunnelWorld['spawn']>;
  };
  return { ...realWorld(), clock: controlledClock(), env: {}, platform, spawn };
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

  it('is told to the person in the state of the tunnel', async () => {
    const chosen = process.execPath;
    await assert.rejects(
      findCloudflared({ chosen, dataDir: '/nowhere', world: world('darwin', null, 'SIGKILL') }),
      /does not start \(macOS ended it at its start: .*Allow Anyway/,
    );
  });
});
