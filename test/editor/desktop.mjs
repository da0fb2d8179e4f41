#!/usr/bin/env node
// The in-host tests in a desktop VS Code that @vscode/test-electron downloads, for machines where Microsoft's servers can be reached.
//   node test/editor/desktop.mjs [VERSION …]     default: 1.99.3 (the oldest supported) and stable. On Linux without a display: xvfb-run -a
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { bundleTests, freePort } from './inHost.mjs';
import { artefacts, root } from './pack.mjs';

mkdirSync(artefacts, { recursive: true });
execFileSync(process.execPath, ['esbuild.config.mjs'], { cwd: root, stdio: 'inherit' });
const tests = await bundleTests(artefacts, 'desktop');
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['1.99.3', 'stable'];
let failed = 0;
for (const version of versions) {
  // Sockets in the user data folder need a short path.
  const userData = mkdtempSync(path.join(os.tmpdir(), 'llmr-'));
  const port = await freePort();
  mkdirSync(path.join(userData, 'User'), { recursive: true });
  const settings = {
    'llmRouter.port': port,
    'llmRouter.tunnel.provider': 'none',
    'llmRouter.lingerSeconds': 0,
    // Whatever would leave the machine (the download of cloudflared) ends here.
    'http.proxy': 'http://127.0.0.1:9',
  };
  writeFileSync(path.join(userData, 'User/settings.json'), JSON.stringify(settings));
  console.log(`\n── in-host tests in VS Code ${version} ──`);
  try {
    await runTests({
      version,
      extensionDevelopmentPath: root,
      extensionTestsPath: path.join(root, 'test/editor/inHost/index.cjs'),
      extensionTestsEnv: { INHOST_TESTS: tests, INHOST_PORT: String(port) },
      launchArgs: [userData, '--disable-extensions', '--disable-workspace-trust', `--user-data-dir=${userData}`],
    });
  } catch (error) {
    failed += 1;
    console.error(error instanceof Error ? error.message : error);
  } finally {
    rmSync(userData, { recursive: true, force: true, maxRetries: 3 });
  }
}
console.log(failed ? `failed in ${failed} of ${versions.length} versions` : `passed in ${versions.join(' and ')}`);
process.exitCode = failed ? 1 : 0;
