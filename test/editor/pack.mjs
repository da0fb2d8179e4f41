// Builds and packs the one .vsix, and tells what is in it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';

export const root = path.resolve(import.meta.dirname, '../..');
export const artefacts = path.join(root, 'test/.artefacts');

/** Path of a fresh .vsix of the present sources. */
export function packVsix() {
  mkdirSync(artefacts, { recursive: true });
  const file = path.join(artefacts, 'llm-router.vsix');
  execFileSync(process.execPath, ['esbuild.config.mjs'], { cwd: root, stdio: 'inherit' });
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  execFileSync(
    process.execPath,
    [vsce, 'package', '--no-dependencies', '--readme-path', 'EXTENSION.md', '--out', file],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  return file;
}

/** Entries of a zip file by its central directory: name, size, and the content on demand. */
export function zipEntries(file) {
  const zip = readFileSync(file);
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const entries = [];
  for (let at = zip.readUInt32LE(end + 16), n = zip.readUInt16LE(end + 10); n > 0; n--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const [packed, size, start] = [20, 24, 42].map((offset) => zip.readUInt32LE(at + offset));
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    const method = zip.readUInt16LE(at + 10);
    const read = () => {
      const data = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
      const bytes = zip.subarray(data, data + packed);
      return method === 0 ? bytes : inflateRawSync(bytes);
    };
    entries.push({ name, size, read });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}
