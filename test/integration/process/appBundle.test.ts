/** The runtime as it lies in an application of macOS: blanks, brackets, a link into the bundle. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { nodeSpawner } from '../../../src/process/spawnRouter';
import { itOnPosix } from '../../support/platform';
import { buildPrograms, openHome, push, routerState, serving } from '../../support/process/harness';

describe('an editor of macOS', function () {
  this.timeout(60_000);

  itOnPosix('starts the router with Cursor Helper (Plugin), in a data folder with blanks', 'links', async () => {
    const programs = await buildPrograms();
    const home = openHome(programs);
    try {
      const helper = 'Cursor Helper (Plugin)';
      const folder = path.join(
        home.dataDir,
        'Applications/Cursor.app/Contents/Frameworks',
        `${helper}.app/Contents/MacOS`,
      );
      mkdirSync(folder, { recursive: true });
      symlinkSync(process.execPath, path.join(folder, helper));
      const dataDir = path.join(
        home.dataDir,
        'Library/Application Support/Cursor/User/globalStorage/llm-router.llm-router',
      );
      mkdirSync(dataDir, { recursive: true });
      const window = home.window({ dataDir, spawn: nodeSpawner(path.join(folder, helper), programs.router) });
      await window.pushConfig(push());
      assert.ok((await routerState(window, serving)).port);
    } finally {
      await home.close();
      programs.remove();
    }
  });
});
