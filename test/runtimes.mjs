// npm run test:runtimes: the suites that start the built program, with each Node that editors bring along: 20 (VS Code 1.99), 22
// (Cursor) and 24 (VS Code 1.140). Each comes once from npm into ~/.cache/llm-router-runtimes. `-- PART …` runs other files.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './support/bundles.mjs';

const VERSIONS = (process.env.NODES ?? '20.20.2 22.23.3 24.22.3').split(' ');
const SUITES = [
  'integration/commandLine',
  'integration/process',
  'integration/network',
  'integration/ledger/routerCrash',
  'integration/tunnel/routerProgram',
];
const cacheHome = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
const cache = process.env.LLM_ROUTER_RUNTIMES_CACHE || path.join(cacheHome, 'llm-router-runtimes');

function runtime(version) {
  const node = path.join(cache, `node-${version}`);
  if (existsSync(node)) return node;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'download-'));
  const options = { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  const archive = execFileSync('npm', ['pack', '--silent', `node-linux-${process.arch}@${version}`], options).trim();
  execFileSync('tar', ['xzf', archive, 'package/bin/node'], options);
  renameSync(path.join(folder, 'package/bin/node'), node);
  rmSync(folder, { recursive: true, force: true });
  return node;
}

function run(node, parts) {
  return new Promise((resolve) => {
    const child = spawn(node, ['test/unit.mjs', ...parts], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (data) => {
      process.stdout.write(data);
      text += data;
    });
    child.on('close', (code) => resolve({ code, text }));
  });
}

if (process.platform !== 'linux') {
  console.log('Other versions of Node are fetched for Linux only, so nothing was run.\n0 passed, 0 failed');
} else {
  const parts = process.argv.slice(2);
  let passed = 0;
  let failed = 0;
  for (const version of VERSIONS) {
    console.log(`== Node ${version}`);
    const { code, text } = await run(runtime(version), parts.length > 0 ? parts : SUITES);
    const count = (word) => Number([...text.matchAll(new RegExp(`^ {2}(\\d+) ${word}`, 'gm'))].at(-1)?.[1] ?? 0);
    const bad = count('failing');
    console.log(`Node ${version}: ${count('passing')} passed, ${bad} failed, ${count('pending')} skipped`);
    passed += count('passing');
    // A runner that died counted nothing, and is a failure all the same.
    failed += bad > 0 || (code === 0 && count('passing') > 0) ? bad : 1;
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
