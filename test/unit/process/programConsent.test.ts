import assert from 'node:assert/strict';
import { createProgramConsent } from '../../../src/process/programConsent';
import { settingsSchema } from '../../../src/settings/schema';

describe('a program that the current folder names', () => {
  const settings = settingsSchema.parse({ tunnel: { binary: '/planted/cloudflared' } });
  const said: string[] = [];
  const asked: string[] = [];
  const consent = (more: object = {}) =>
    createProgramConsent({
      fromEnvFile: () => '/planted/by-env',
      foundConfig: true,
      say: (sentence) => said.push(sentence),
      ...more,
    });
  const ask = (answer: boolean) => (question: string) => {
    asked.push(question);
    return Promise.resolve(answer);
  };
  beforeEach(() => {
    said.length = asked.length = 0;
  });

  it('is said once where nobody can be asked', async () => {
    const one = consent();
    for (let n = 0; n < 3; n++) {
      assert.equal((await one.settings(settings)).tunnel.binary, '/planted/cloudflared');
      assert.equal(await one.environment(), true);
    }
    assert.equal(said.length, 2);
    assert.match(said[0]!, /\/planted\/cloudflared is run for the tunnel/);
  });

  it('is asked for once on a terminal, and not run after a no', async () => {
    const no = consent({ ask: ask(false) });
    for (let n = 0; n < 2; n++) {
      assert.equal((await no.settings(settings)).tunnel.binary, '');
      assert.equal(await no.environment(), false);
    }
    assert.equal(asked.length, 2);
    assert.equal((await consent({ ask: ask(true) }).settings(settings)).tunnel.binary, '/planted/cloudflared');
    assert.deepEqual(said, []);
  });

  it('is neither where the person named it, or no program is needed', async () => {
    const own = consent({ foundConfig: false, fromEnvFile: () => undefined, ask: ask(false) });
    assert.equal((await own.settings(settings)).tunnel.binary, '/planted/cloudflared');
    assert.equal(await own.environment(), true);
    const off = settingsSchema.parse({ tunnel: { provider: 'none', binary: '/planted/cloudflared' } });
    await consent({ ask: ask(false) }).settings(off);
    assert.deepEqual([said, asked], [[], []]);
  });
});
