import assert from 'node:assert/strict';
import { connectRouter } from '../../../src/process/client';
import { tempFolder } from '../../support/program';

it('a call that is cancelled while the router is still starting ends at once', async () => {
  const temp = tempFolder();
  const router = connectRouter({
    dataDir: temp.folder,
    version: '1.0.0',
    // Started, and never heard of.
    spawn: () => ({ pid: undefined, ended: new Promise(() => undefined), kill: () => undefined }),
    window: 'test',
    autoStart: () => true,
  });
  const cancel = new AbortController();
  const asked = router.doctor({ paid: false }, () => undefined, cancel.signal);
  setImmediate(() => cancel.abort());
  await assert.rejects(asked, { name: 'AbortError' });
  router.dispose();
  temp.remove();
});
