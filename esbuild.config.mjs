// Builds what ships (dist/) and, with `--tests`, the test bundles (test/.build/).
import { readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { build, context } from 'esbuild';

const root = import.meta.dirname;
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const watch = process.argv.includes('--watch');
const shared = {
  absWorkingDir: root,
  bundle: true,
  target: 'node20',
  platform: 'node',
  logLevel: 'warning',
  sourcemap: false,
  // jsonc-parser's main file is UMD, which no bundler can follow.
  mainFields: ['module', 'main'],
  // zod probes `navigator`, which VS Code reports as a migration error.
  define: { navigator: 'undefined', __VERSION__: JSON.stringify(version) },
};

const targets = process.argv.includes('--tests')
  ? [
      {
        ...shared,
        entryPoints: await testEntries(),
        outdir: 'test/.build',
        outbase: '.',
        format: 'esm',
        packages: 'external',
        outExtension: { '.js': '.mjs' },
        sourcemap: 'inline',
      },
    ]
  : [
      { ...shared, entryPoints: ['src/router.ts'], outfile: 'dist/router.js', format: 'cjs', minify: true, metafile: true },
      { ...shared, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', format: 'cjs', minify: true, metafile: true, external: ['vscode'] },
    ];

async function testEntries() {
  rmSync(path.join(root, 'test/.build'), { recursive: true, force: true });
  const entries = [];
  const wanted = process.argv[process.argv.indexOf('--tests') + 1] ?? '';
  for await (const file of walk(path.join(root, 'test'))) {
    if (/\.(test|bench|tool)\.ts$/.test(file) && file.includes(wanted)) entries.push(path.relative(root, file));
  }
  return entries;
}

async function* walk(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory() && !entry.name.startsWith('.')) yield* walk(full);
    else if (entry.isFile()) yield full;
  }
}

for (const target of targets) {
  if (watch) await (await context(target)).watch();
  else await build(target);
}
