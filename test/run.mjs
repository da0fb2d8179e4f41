// npm test: everything a change has to pass, in the order in which it fails fastest. Ends with `N passed, N failed`.
import { spawn } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
let passed = 0;
let failed = 0;
/** What failed, for the end: whoever sees only the last lines of a long output reads it there. */
const said = [];

/** Runs a program; resolves to its exit code and what it printed. `show` gets what it prints as it comes. */
function run(args, show = () => {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    let text = '';
    child.stdout.on('data', (data) => {
      show(data);
      text += data;
    });
    child.on('error', (error) => resolve({ code: 1, text: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, text }));
  });
}

/** A step that is one check: passes or fails as a whole, and is told in one piece. */
async function check(name, ...args) {
  const begun = Date.now();
  const { code, text } = await run(args);
  process.stdout.write(text);
  if (code === 0) passed += 1;
  else {
    failed += 1;
    said.push(`FAILED: ${name}`, ...lastLines(text, 10));
  }
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  return code === 0;
}

/** A step that counts its own tests and ends with `N passed, N failed`. */
async function suite(name, ...args) {
  const begun = Date.now();
  const { code, text } = await run(args, (data) => process.stdout.write(data));
  const [, good = 0, bad = 0] = text.match(/^(\d+) passed, (\d+) failed$/m)?.map(Number) ?? [];
  passed += good;
  // A runner that dies, or that ran nothing, is a failure although it counted none.
  const well = code === 0 && good > 0;
  failed += bad > 0 || well ? bad : 1;
  said.push(...text.split('\n').filter((line) => /^(FAILED|failed at first|failed once)\b/.test(line)));
  if (!well && bad === 0) said.push(`FAILED: ${name}`, ...lastLines(text, 10));
  console.log(
    `${well ? 'ok  ' : 'FAIL'} ${name}: ${good} passed, ${bad} failed (${((Date.now() - begun) / 1000).toFixed(1)} s)`,
  );
}

const bin = (name) => `node_modules/${name}`;
// The native compiler: a tenth of the time.
await Promise.all([check('types', bin('typescript/bin/tsc'), '-p', '.'), otherChecks()]);
const built = await check('build', 'esbuild.config.mjs');
if (built) {
  await suite('unit and integration', 'test/unit.mjs', '--again');
  await suite('editor', 'test/editor/run.mjs');
}
for (const line of said) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count);
}

async function otherChecks() {
  await check('formatter and linter', bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.');
  await check('types of the dashboard page', bin('typescript/bin/tsc'), '-p', 'src/webview');
  await check('dead code', bin('knip/bin/knip.js'));
  await check('generated settings', 'test/support/writeManifest.mjs', '--check');
  await check('third-party notices', 'test/tools/makeNotices.mjs', '--check');
}
