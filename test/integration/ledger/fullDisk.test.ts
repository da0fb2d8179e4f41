import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startRouter, type TestRouter } from '../../support/router';

describe('a usage log that cannot be written', () => {
  let router: TestRouter;
  afterEach(() => router.stop());

  it('is told in the log, once, and again when it is over; requests are served all the while', async () => {
    router = await startRouter({});
    const ask = async (): Promise<void> => {
      const kept = router.nextRecord();
      const answer = await router.post('/v1/chat/completions', {
        model: 'demo/echo',
        messages: [{ role: 'user', content: 'x' }],
      });
      assert.equal(answer.status, 200);
      await answer.text();
      await kept;
    };
    const folder = path.join(router.dataDir, 'ledger');
    rmSync(folder, { recursive: true, force: true });
    writeFileSync(folder, 'in the way');
    await ask();
    await ask();
    const told = () => router.log.filter((line) => /usage log/.test(line)).map((line) => line.replace(/ in .*/, ''));
    assert.deepEqual(told(), ['error The usage log']);
    rmSync(folder);
    mkdirSync(folder);
    await ask();
    assert.deepEqual(told(), ['error The usage log', 'info The usage log is written again, nothing is missing.']);
  });
});
