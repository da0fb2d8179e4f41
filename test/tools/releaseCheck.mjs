// npm run release:check [-- vX.Y.Z]: is this tree fit to be released? Prints what is not, one line each; exit code 1 then.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json'));
const problems = [];
const wrong = (condition, message) => condition && problems.push(message);

const tag = process.argv[2];
wrong(tag && tag !== `v${manifest.version}`, `The tag is ${tag}, package.json says ${manifest.version}.`);

const changelog = read('CHANGELOG.md');
const heading = new RegExp(`^## \\[${manifest.version.replaceAll('.', '\\.')}\\] - (.*)$`, 'm').exec(changelog)?.[1];
wrong(heading === undefined, `CHANGELOG.md has no section for ${manifest.version}.`);
wrong(tag && !/^\d{4}-\d\d-\d\d$/.test(heading ?? ''), `CHANGELOG.md gives ${manifest.version} no date: "${heading}".`);

const lock = JSON.parse(read('package-lock.json'));
wrong(lock.version !== manifest.version, `package-lock.json says ${lock.version}.`);
for (const [name, entry] of Object.entries(lock.packages))
  wrong(name !== '' && !entry.link && !entry.integrity, `package-lock.json: ${name} has no integrity.`);
for (const kind of ['dependencies', 'devDependencies'])
  for (const [name, version] of Object.entries(manifest[kind]))
    wrong(!/^(npm:[\w@/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version), `${name} is not an exact version: ${version}.`);

for (const page of ['README.md', 'EXTENSION.md'])
  for (const [, target] of read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g))
    wrong(!existsSync(path.join(root, target)), `${page} leads to ${target}, which is not there.`);

for (const [name, args] of [
  ['The settings', ['test/support/writeManifest.mjs', '--check']],
  ['The third-party notices', ['test/tools/makeNotices.mjs', '--check']],
])
  try {
    execFileSync(process.execPath, args, { cwd: root, stdio: 'ignore' });
  } catch {
    problems.push(`${name} are stale.`);
  }

const folder = mkdtempSync(path.join(os.tmpdir(), 'llm-router-release-'));
try {
  const vsix = path.join(folder, 'llm-router.vsix');
  execFileSync('npm', ['run', 'package', '--', '--out', vsix], { cwd: root, stdio: 'ignore' });
  wrong(statSync(vsix).size >= 1_000_000, `The .vsix has ${statSync(vsix).size} bytes; a megabyte is the bound.`);
  wrong(statSync(path.join(root, 'dist/extension.js')).size >= 150_000, 'dist/extension.js is over 150 KB.');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? `${manifest.version} is fit to be released.` : `${problems.length} to mend.`);
process.exitCode = problems.length === 0 ? 0 : 1;
