/** The rules of the house (design §3): who may import whom, what no file may do. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript-api';

interface Import {
  file: string;
  zone: string;
  from: string;
  /** Zone of a relative import, `node:…`, or a package name. */
  to: string;
  /** The file it leads to, for a relative import. */
  target?: string;
}
type Sources = ReadonlyMap<string, string>;

/** Zone of a file below src: its folder, or its own name at the root. */
function zoneOf(file: string): string {
  const parts = path.relative('src', file).split(path.sep);
  return parts.length > 1 ? parts[0]! : path.basename(parts[0]!, '.ts');
}

/** Every import as TypeScript reads it: of types, for effect alone and `import()` too. */
function importsOf(sources: Sources): Import[] {
  return [...sources].flatMap(([file, text]) =>
    ts.preProcessFile(text, true, true).importedFiles.map(({ fileName: from }): Import => {
      const zone = zoneOf(file);
      if (!from.startsWith('.')) return { file, zone, from, to: from };
      const base = path.join(path.dirname(file), from);
      const target = [`${base}.ts`, `${base}.tsx`, base].find((one) => sources.has(one));
      return { file, zone, from, to: zoneOf(base), ...(target !== undefined && { target }) };
    }),
  );
}

const files = (readdirSync('src', { recursive: true }) as string[])
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
  .map((file) => path.join('src', file));
const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
const imports = importsOf(sources);
const list = (found: Import[]) => found.map(({ file, from }) => `${file} imports ${from}`);

function byFile(found: readonly Import[]): Map<string, Import[]> {
  const groups = new Map<string, Import[]>();
  for (const one of found) groups.set(one.file, [...(groups.get(one.file) ?? []), one]);
  return groups;
}

interface Row {
  kind: 'pure' | 'Node' | 'browser' | 'everything';
  rooms: Set<string>;
}

/** The table of CONTRIBUTING.md, room by room. */
function readTable(text: string): Map<string, Row> {
  const rows = text.matchAll(/^\| `src\/(\w+)\/` \| [^|]* \| (pure|Node|browser|everything)(?:: ([^|]*))? \|$/gm);
  return new Map(
    [...rows].map(([, room, kind, rooms = '']) => [
      room!,
      { kind: kind as Row['kind'], rooms: new Set([...rooms.matchAll(/`(\w+)`/g)].map(([, name]) => name!)) },
    ]),
  );
}
const table = readTable(readFileSync('CONTRIBUTING.md', 'utf8'));

/** Packages and parts of Node that compute and nothing else. */
const HARMLESS = new Set(['node:buffer', 'node:crypto', 'zod', 'yaml', 'jsonc-parser', 'tokenx']);

/** Files beside the rooms, for every room. */
const OPEN = new Set(['version', 'never', 'said', 'arguments']);

/** What an outside import means for a room; undefined where it may. */
function refusedOutside({ kind }: Row, to: string): boolean {
  if (kind === 'pure') return !HARMLESS.has(to);
  return kind === 'browser' && to.startsWith('node:');
}

/** Every import that the table does not allow. */
function violations(of: Sources): string[] {
  const all = importsOf(of);
  const below = byFile(all);
  /** The way from a file to something that is not pure, however far. */
  const impure = (file: string, seen: Set<string>): string | undefined => {
    if (seen.has(file)) return undefined;
    seen.add(file);
    for (const { from, to, target } of below.get(file) ?? []) {
      if (!from.startsWith('.') && !HARMLESS.has(to)) return `${file} imports ${from}`;
      const further = target && impure(target, seen);
      if (further) return further;
    }
    return undefined;
  };
  const direct = all.flatMap(({ file, zone, from, to }) => {
    const row = table.get(zone);
    if (!row || row.kind === 'everything' || to === zone || OPEN.has(to)) return [];
    const refused = from.startsWith('.') ? !row.rooms.has(to) : refusedOutside(row, to);
    return refused ? [`${file} imports ${from}`] : [];
  });
  const far = [...of.keys()].flatMap((file) => {
    const way = table.get(zoneOf(file))?.kind === 'pure' ? impure(file, new Set()) : undefined;
    return way === undefined ? [] : [`${file} reaches: ${way}`];
  });
  return [...direct, ...far];
}

/** Modules that own a difference between systems; everybody else asks them. */
const OWN_PLATFORM = [['system', 'processes.ts']].map((parts) => path.join('src', ...parts));

describe('structure', () => {
  it('only the modules that own a difference between systems ask which one this is', () => {
    const asks =
      /process\.platform|os\.(platform|type|release)\(|\{[^{}]*\bplatform\b[^{}]*\} (?:from|=) (?:'node:(?:process|os)'|process\b)/;
    const asking = files.filter((file) => asks.test(sources.get(file)!));
    assert.deepEqual(asking, OWN_PLATFORM);
    const tests = (readdirSync('test', { recursive: true }) as string[])
      .filter(
        (file) => /^(unit|integration|support)\b.*\.ts$/.test(file) && file !== path.join('unit', 'structure.test.ts'),
      )
      .filter((file) => asks.test(readFileSync(path.join('test', file), 'utf8')));
    assert.deepEqual(tests, [path.join('support', 'platform.ts')]);
  });

  it('finds the sources', () => assert.ok(files.length > 50 && imports.length > 100));

  it('only src/editor, src/chat and extension.ts import vscode', () => {
    assert.deepEqual(
      list(imports.filter(({ to, zone }) => to === 'vscode' && !['editor', 'chat', 'extension'].includes(zone))),
      [],
    );
  });

  it('the table of CONTRIBUTING names every room, and no other', () => {
    const rooms = new Set(files.filter((file) => file.split(path.sep).length > 2).map(zoneOf));
    assert.deepEqual([...table.keys()].sort(), [...rooms].sort());
    for (const { rooms: named } of table.values()) for (const room of named) assert.ok(rooms.has(room), room);
  });

  it('every row of it holds, however far one follows the imports', () => assert.deepEqual(violations(sources), []));

  it('every file that CONTRIBUTING and design name is there', () => {
    for (const document of ['CONTRIBUTING.md', 'docs/design.md']) {
      const named = readFileSync(document, 'utf8').matchAll(/(?<![\w./])(?:src\/)?([a-z]\w+\/[\w/]*\w+\.ts)\b/g);
      const missing = [...named]
        .map(([, file]) => file!)
        .filter((file) => !existsSync(`src/${file}`) && !existsSync(file));
      assert.deepEqual(missing, [], document);
    }
  });

  it('names no room that is not needed: a row says what is, not what could be', () => {
    for (const [room, { rooms }] of table)
      for (const one of rooms)
        assert.ok(
          imports.some(({ zone, to }) => zone === room && to === one),
          `${room} does not import ${one}`,
        );
  });

  for (const [what, file, text] of [
    ['a side-effect import of undici', 'src/wires/chat.ts', "import 'undici';"],
    ['Node in a pure room', 'src/cursor/detect.ts', "import { readFile } from 'node:fs/promises';"],
    ['a pure room importing the network', 'src/config/load.ts', "import '../network/httpsClient';"],
    ['the network as a type', 'src/models/families.ts', "import type { Network } from '../network/httpsClient';"],
    ['a lazy import', 'src/settings/check.ts', "export const load = () => import('node:fs');"],
    ['a room the row does not name', 'src/server/server.ts', "export * from '../tunnel/tunnel';"],
    ['Node on the page', 'src/webview/words.ts', "import 'node:path';"],
  ] as const) {
    it(`would tell of ${what}`, () => {
      const broken = violations(new Map([...sources, [file, `${sources.get(file)}\n${text}`]]));
      assert.ok(
        broken.some((line) => line.startsWith(file)),
        broken.join('\n'),
      );
    });
  }

  it('purity is followed through rooms that are allowed', () => {
    const file = path.join('src', 'routing', 'backend.ts');
    const broken = violations(new Map([...sources, [file, `${sources.get(file)}\nimport 'node:net';`]]));
    const room = path.join('src', 'config', '/');
    assert.ok(broken.some((line) => line.startsWith(room) && line.endsWith(`${file} imports node:net`)));
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
    const below = byFile(imports.filter(({ target }) => target !== undefined));
    const circles: string[] = [];
    const done = new Set<string>();
    const walk = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      if (way.includes(file) || done.has(file)) return;
      for (const { target } of below.get(file) ?? []) walk(target!, [...way, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    assert.deepEqual(circles, []);
  });

  it('an import for its effect alone counts: undici never, and nobody below process knows its contract', () => {
    assert.deepEqual(list(imports.filter(({ from }) => from === 'undici')), []);
    const above = new Set(['process', 'doctor', 'editor', 'router', 'extension']);
    assert.deepEqual(
      list(imports.filter(({ zone, from }) => from.endsWith('process/contract') && !above.has(zone))),
      [],
    );
  });

  it('no file grows beyond what can be read in one sitting', () => {
    const long = [...sources].filter(([, text]) => text.split('\n').length > 400).map(([file]) => file);
    assert.ok(long.length <= 3, `files over 400 lines: ${long.join(', ')}`);
  });
});
