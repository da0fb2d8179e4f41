#!/usr/bin/env node
// Puts a real VS Code (code-server) and Chromium on this machine with nothing but the npm registry and Debian packages.
// Idempotent; the cache lies outside the clone and survives it.   node test/editor/setup.mjs [1.139] [1.99]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** code-server 4.X.y carries VS Code 1.X.y; `node` is the major that this VS Code runs its extension host with. */
export const EDITORS = {
  1.139: { codeServer: '4.139.1', node: '24.21.0', rebuild: ['@vscode/spdlog', '@vscode/native-watchdog'] },
  1.99: { codeServer: '4.99.4', node: '20.20.2', rebuild: ['@vscode/spdlog', 'native-watchdog'], required: ['argon2'] },
};

const cacheHome = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
export const cacheDir = process.env.LLM_ROUTER_EDITOR_CACHE || path.join(cacheHome, 'llm-router-editor-tests');

/** Why the editor tests cannot run here; a sentence for a person. */
export class MissingTool extends Error {}

function paths(version) {
  const dir = path.join(cacheDir, version);
  const node = path.join(dir, 'node_modules', `node-linux-${process.arch}`);
  return {
    dir,
    node: path.join(node, 'bin/node'),
    headers: node,
    entry: path.join(dir, 'node_modules/code-server/out/node/entry.js'),
    vscode: path.join(dir, 'node_modules/code-server/lib/vscode'),
  };
}

function run(command, args, options = {}) {
  return execFileSync(command, args, {
    stdio: process.env.VERBOSE ? 'inherit' : ['ignore', 'ignore', 'pipe'],
    ...options,
  });
}

/** Path of a Chromium; as root on Debian it is installed when missing, elsewhere the error says what to install. */
export function ensureChromium() {
  // The one without windows first: it computes a tenth less.
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
  const known = [process.env.CHROMIUM, ...names.map((name) => `/usr/bin/${name}`)];
  const found = known.find((file) => file && existsSync(file));
  if (found) return found;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new MissingTool(
      'The editor tests need Chromium and none was found. Install it (Debian: sudo apt-get install chromium-headless-shell fonts-dejavu-core; elsewhere any Chromium or Chrome) or set CHROMIUM to its path.',
    );
  }
  const packages = ['chromium-headless-shell', 'fonts-dejavu-core'];
  console.log(`installing ${packages.join(' and ')} with apt-get`);
  run('apt-get', ['update']);
  run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return '/usr/bin/chromium-headless-shell';
}

/** Installs that version into the cache if it is not there yet, and tells where its parts are. */
export function ensureEditor(version) {
  const editor = EDITORS[version];
  if (!editor) throw new MissingTool(`There is no editor ${version} here; known: ${Object.keys(EDITORS).join(', ')}.`);
  if (process.platform !== 'linux') {
    throw new MissingTool('The editor tests run on Linux. Elsewhere use: npm run test:desktop');
  }
  const p = paths(version);
  const stamp = path.join(p.dir, '.ok');
  const wanted = JSON.stringify(editor);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return p;
  console.log(`installing VS Code ${version} (code-server ${editor.codeServer}) into ${p.dir}`);
  rmSync(p.dir, { recursive: true, force: true });
  mkdirSync(p.dir, { recursive: true });
  writeFileSync(path.join(p.dir, 'package.json'), '{"private":true}\n');
  const npm = (args, cwd, env = {}) => run('npm', args, { cwd, env: { ...process.env, ...env } });
  // Without --ignore-scripts code-server insists on its own Node major and compiles kerberos, sqlite3 and others that no test needs.
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts'];
  const nodePackage = `node-linux-${process.arch}@${editor.node}`;
  npm(['install', '--no-save', ...quiet, nodePackage, `code-server@${editor.codeServer}`], p.dir);
  npm(['install', '--omit=dev', ...quiet], p.vscode);
  npm(['install', '--omit=dev', ...quiet], path.join(p.vscode, 'extensions'));
  const native = { PATH: path.dirname(p.node) + path.delimiter + process.env.PATH, npm_config_nodedir: p.headers };
  const rebuild = ['rebuild', '--ignore-scripts=false'];
  if (editor.required) npm([...rebuild, ...editor.required], p.dir, native);
  try {
    // spdlog writes the host's log files, the watchdog ends the host with its parent: nice to have.
    npm([...rebuild, ...editor.rebuild], p.vscode, native);
  } catch (error) {
    console.warn(`native rebuild skipped: ${String(error.stderr ?? error).slice(-300)}`);
  }
  writeFileSync(stamp, wanted);
  return p;
}

if (process.argv[1] && path.resolve(process.argv[1]) === import.meta.filename) {
  const versions = process.argv.slice(2);
  console.log(`chromium: ${ensureChromium()}`);
  for (const version of versions.length ? versions : Object.keys(EDITORS))
    console.log(`${version}: ${ensureEditor(version).entry}`);
}
