// npm run test:clients: Codex, Claude Code and opencode through the router against a strict provider of each wire, set
// up with the lines of Use in Another Tool…, without network or account. Ends with `N passed, N failed, N skipped`.
// `-- PART …` runs only tests whose title contains one of the parts. The programs come once from npm, without install
// scripts, into ~/.cache/llm-router-client-tests (LLM_ROUTER_CLIENTS_CACHE moves it).
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundleTests, root } from './support/bundles.mjs';

const VERSIONS = {
  '@openai/codex': '0.171.0',
  '@anthropic-ai/claude-code': '2.1.332',
  'opencode-ai': '1.18.33',
};
const cacheHome = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
const cache = process.env.LLM_ROUTER_CLIENTS_CACHE || path.join(cacheHome, 'llm-router-client-tests');

/** One that npm does not have for this system leaves its tests skipped, by name. */
function install() {
  mkdirSync(cache, { recursive: true });
  const manifest = path.join(cache, 'package.json');
  for (const [name, version] of Object.entries(VERSIONS)) {
    const there = path.join(cache, 'node_modules', name, 'package.json');
    if (existsSync(there) && JSON.parse(readFileSync(there, 'utf8')).version === version) continue;
    if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
    const quiet = ['--ignore-scripts', '--no-fund', '--no-audit', '--save-exact', '--loglevel=error'];
    try {
      execFileSync('npm', ['install', ...quiet, `${name}@${version}`], { cwd: cache, stdio: 'inherit' });
    } catch {
      console.log(`${name} ${version} could not be installed.`);
    }
  }
}

function run(out, parts) {
  const flags = parts.filter((part) => part.startsWith('-'));
  const escaped = parts
    .filter((part) => !part.startsWith('-'))
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|');
  const args = ['--enable-source-maps', 'node_modules/mocha/bin/mocha.js', '--timeout', '300000', '--exit', ...flags];
  if (escaped) args.push('--grep', escaped);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args, `${out}/**/*.test.mjs`], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, LLM_ROUTER_CLIENTS: cache },
    });
    let text = '';
    child.stdout.on('data', (data) => {
      process.stdout.write(data);
      text += data;
    });
    child.on('close', (code) => resolve({ code, text }));
  });
}

if (process.platform === 'win32') {
  console.log('The programs are run on Linux and macOS only, so nothing was run.\n0 passed, 0 failed, 1 skipped');
} else {
  install();
  console.log(
    Object.entries(VERSIONS)
      .map((one) => one.join(' '))
      .join(', '),
  );
  const out = mkdtempSync(path.join(root, 'test/.build-'));
  process.on('exit', () => rmSync(out, { recursive: true, force: true }));
  await bundleTests(['test/clients/programs.test.ts'], out);
  const { code, text } = await run(out, process.argv.slice(2));
  const count = (word) => Number([...text.matchAll(new RegExp(`^ {2}(\\d+) ${word}`, 'gm'))].at(-1)?.[1] ?? 0);
  // A runner that died counted nothing, and is a failure all the same.
  const failed = Math.max(count('failing'), code === 0 ? 0 : 1);
  console.log(`${count('passing')} passed, ${failed} failed, ${count('pending')} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}
