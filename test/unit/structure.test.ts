/** The rules of the house (design §3): who may import whom, what no file may do. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

interface Import {
  file: string;
  zone: string;
  from: string;
  /** Zone of a relative import, `node:…`, or a package name. */
  to: string;
}

/** Zone of a file below src: its folder, or its own name at the root. */
function zoneOf(file: string): string {
  const parts = path.relative('src', file).split(path.sep);
  return parts.length > 1 ? parts[0]! : path.basename(parts[0]!, '.ts');
}

const files = (readdirSync('src', { recursive: true }) as string[])
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
  .map((file) => path.join('src', file));
const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
const imports: Import[] = [...sources].flatMap(([file, text]) =>
  [...text.matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from\s+'([^']+)'/gm)].map(([, type, from]) => ({
    file,
    zone: zoneOf(file),
    from: `${type ?? ''}${from}`,
    to: from!.startsWith('.') ? zoneOf(path.join(path.dirname(file), from!)) : from!,
  })),
);
const runtime = imports.filter(({ from }) => !from.startsWith('type '));
const list = (found: Import[]) => found.map(({ file, from }) => `${file} imports ${from}`);

describe('structure', () => {
  it('finds the sources', () => assert.ok(files.length > 50 && imports.length > 100));

  it('only src/editor and extension.ts import vscode', () => {
    assert.deepEqual(
      list(imports.filter(({ to, zone }) => to === 'vscode' && zone !== 'editor' && zone !== 'extension')),
      [],
    );
  });

  it('wires, cursor, settings and config do no I/O', () => {
    const pure = new Set(['wires', 'cursor', 'settings', 'config']);
    const harmless = new Set(['node:buffer', 'node:crypto']);
    assert.deepEqual(
      list(runtime.filter(({ zone, to }) => pure.has(zone) && to.startsWith('node:') && !harmless.has(to))),
      [],
    );
    const upwards = new Set(['server', 'tunnel', 'ledger', 'process', 'editor', 'router', 'extension']);
    assert.deepEqual(list(runtime.filter(({ zone, to }) => pure.has(zone) && upwards.has(to))), []);
  });

  it('server and tunnel do not know each other, and nobody imports the editor', () => {
    assert.deepEqual(
      list(
        imports.filter(
          ({ zone, to }) => (zone === 'server' && to === 'tunnel') || (zone === 'tunnel' && to === 'server'),
        ),
      ),
      [],
    );
    assert.deepEqual(
      list(imports.filter(({ zone, to }) => to === 'editor' && zone !== 'editor' && zone !== 'extension')),
      [],
    );
  });

  it('only the roots wire rooms together', () => {
    assert.deepEqual(
      list(
        imports.filter(
          ({ zone, to }) => ['router', 'extension'].includes(to) && !['router', 'extension'].includes(zone),
        ),
      ),
      [],
    );
  });

  it('undici comes by sub-path only, zod as a namespace', () => {
    assert.deepEqual(list(imports.filter(({ to }) => to === 'undici')), []);
    for (const [file, text] of sources) assert.ok(!/import\s+\{[^}]*\}\s+from\s+'zod'/.test(text), file);
  });

  it('no circle of files, types included', () => {
    const below = new Map(
      [...sources].map(([file, text]) => {
        const { importedFiles } = ts.preProcessFile(text, true, true);
        const known = importedFiles.flatMap(({ fileName }) => {
          const base = path.join(path.dirname(file), fileName);
          return fileName.startsWith('.') ? [`${base}.ts`, `${base}.tsx`].filter((one) => sources.has(one)) : [];
        });
        return [file, known] as const;
      }),
    );
    const circles: string[] = [];
    const done = new Set<string>();
    const walk = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      if (way.includes(file) || done.has(file)) return;
      for (const next of below.get(file)!) walk(next, [...way, file]);
      done.add(file);
    };
    for (const file of below.keys()) walk(file, []);
    assert.deepEqual(circles, []);
  });

  it('an import for its effect alone counts: undici never, and nobody below process knows its contract', () => {
    const found = [...sources].flatMap(([file, text]) =>
      ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => ({ file, from: fileName })),
    );
    assert.deepEqual(
      found.filter(({ from }) => from === 'undici'),
      [],
    );
    const above = new Set(['process', 'doctor', 'editor', 'router', 'extension']);
    assert.deepEqual(
      found.filter(({ file, from }) => from.endsWith('process/contract') && !above.has(zoneOf(file))),
      [],
    );
  });

  it('no file grows beyond what can be read in one sitting', () => {
    const long = [...sources].filter(([, text]) => text.split('\n').length > 400).map(([file]) => file);
    assert.ok(long.length <= 3, `files over 400 lines: ${long.join(', ')}`);
  });
});
