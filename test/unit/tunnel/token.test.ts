import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createTunnelSlot } from '../../../src/router/tunnelSlot';
import { settingsSchema } from '../../../src/settings/schema';
import { createNgrokLog } from '../../../src/tunnel/kinds/ngrok';

type Given = Parameters<typeof createTunnelSlot>[0];

describe('the token of a tunnel', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-token-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));
  const tokenOf = (secrets: Record<string, string>, env: Record<string, string>) => {
    const settings = settingsSchema.parse({ tunnel: { provider: 'ngrok' } });
    const given = { options: { dataDir, env, log: () => {} }, setup: { configuration: { settings, secrets } } };
    return createTunnelSlot({ ...given, startedAt: 0, onChange: () => {} } as unknown as Given).token();
  };

  it('is what was meant, though a file or a paste left a line end behind it: one that is sent so is refused', () => {
    assert.equal(tokenOf({}, { NGROK_AUTHTOKEN: 'token-of-ngrok\n' }), 'token-of-ngrok');
    assert.equal(tokenOf({ 'tunnel:ngrok': ' stored-token\r\n' }, {}), 'stored-token');
    assert.equal(tokenOf({ 'tunnel:ngrok': ' ' }, { NGROK_AUTHTOKEN: 'token' }), 'token');
    assert.equal(tokenOf({}, {}), undefined);
  });

  it('is found in the lines of the program that repeat it, and they are not kept', () => {
    const token = tokenOf({}, { NGROK_AUTHTOKEN: 'token-of-ngrok\n' });
    const log = createNgrokLog(token, () => 0);
    log.push('ERROR: the credentials token-of-ngrok are wrong\n');
    assert.deepEqual(log.lastLines(), []);
  });
});
