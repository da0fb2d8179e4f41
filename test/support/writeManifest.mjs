// Writes what is generated from the settings schema: `contributes.configuration` in package.json and the table in docs/settings.md.
// With `--check` nothing is written; exit code 1 says that something is stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');
const check = process.argv.includes('--check');
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['src/settings/manifest.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  write: false,
  logLevel: 'warning',
});
const { configurationBlock, settingsTable } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`
);

const START = '<!-- settings:start -->';
const END = '<!-- settings:end -->';
const stale = [
  update('package.json', (text) => {
    const manifest = JSON.parse(text);
    manifest.contributes = { ...manifest.contributes, configuration: configurationBlock() };
    return `${JSON.stringify(manifest, null, 2)}\n`;
  }),
  update('docs/settings.md', (text) => {
    const start = text.indexOf(START);
    const end = text.indexOf(END, start);
    if (start < 0 || end < 0) return text;
    return `${text.slice(0, start + START.length)}\n${settingsTable()}\n${text.slice(end)}`;
  }),
].filter(Boolean);
if (check && stale.length > 0) {
  console.error(`${stale.join(' and ')} no longer match the settings schema. Run: npm run manifest`);
  process.exitCode = 1;
}

/** Rewrites a file when its content changes; returns its name then. */
function update(name, change) {
  const file = path.join(root, name);
  if (!existsSync(file)) return undefined;
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  // Only what is generated counts in a check, not how the rest of the file is laid out.
  const same = name.endsWith('.json')
    ? JSON.stringify(JSON.parse(before)) === JSON.stringify(JSON.parse(after))
    : before === after;
  if (same) return undefined;
  if (!check) writeFileSync(file, after);
  return name;
}
