// npm run bench [-- ROW …]: builds the product and the bench, then runs it. Figures are ratios within one run. `-- faults` breaks
// the tunnel in turn and measures in seconds.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');
const node = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
if (node('esbuild.config.mjs') !== 0) process.exit(1);

const [what, ...words] = process.argv.slice(2);
const names = what === 'faults' ? ['faults'] : ['main', 'bareProxy', 'owedProxy', 'upstream'];
process.env.LLM_ROUTER_PROGRAM = path.join(root, 'dist/router.js');
const out = mkdtempSync(path.join(root, 'test/.build-'));
process.on('exit', () => rmSync(out, { recursive: true, force: true }));
await build({
  absWorkingDir: root,
  entryPoints: names.map((name) => `test/bench/${name}.ts`),
  outdir: out,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  outExtension: { '.js': '.mjs' },
  define: { __VERSION__: '"bench"' },
  logLevel: 'warning',
});
process.exitCode =
  what === 'faults'
    ? node(path.join(out, 'faults.mjs'), out, ...words)
    : node('--expose-gc', path.join(out, 'main.mjs'), out, ...process.argv.slice(2));
