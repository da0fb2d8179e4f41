/** What docs/ tells people to run is what the program understands. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfigText } from '../../../src/config/load';
import { providerItems } from '../../../src/editor/backendInput';
import { GROUPS } from '../../../src/ledger/usage';
import { USAGE_HELP } from '../../../src/ledger/usageCommand';
import { HELP, parseCommandLine } from '../../../src/process/commandLine';
import { PRESET_NAMES } from '../../../src/routing/presets';
import { knownProviders } from '../../../src/routing/providerTable';

const doc = (name: string): string => readFileSync(`docs/${name}`, 'utf8');
/** Words of a simple command, quotes taken off. */
const words = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

describe('docs', () => {
  it('the ExecStart line parses and keeps keys out of the arguments', () => {
    const line = /^ExecStart=(.*)$/m.exec(doc('llm-router.service'))?.[1] ?? assert.fail('no ExecStart');
    const [node, program, ...args] = words(line);
    assert.match(`${node} ${program}`, /node .*router\.js$/);
    const parsed = parseCommandLine(args);
    assert.ok(parsed.mode === 'headless');
    assert.deepEqual([parsed.tunnel, parsed.port, parsed.json], ['custom', 11_411, true]);
    assert.equal(parsed.apiKey, undefined);
  });

  it('every directive of the unit has a value and stands in a section', () => {
    let section = '';
    for (const line of doc('llm-router.service').split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const found = /^\[(Unit|Service|Install)\]$/.exec(line)?.[1];
      if (found) section = found;
      else assert.match(line, /^[A-Z][A-Za-z]+=/, `${section}: ${line}`);
    }
    assert.equal(section, 'Install');
  });

  it('ENTRYPOINT with CMD parses, runs not as root, exposes the port it listens on', () => {
    const text = doc('Dockerfile');
    const json = (name: string): string[] =>
      JSON.parse(new RegExp(`^${name} (\\[.*\\])$`, 'm').exec(text)?.[1] ?? '[]');
    const [, , ...fixed] = json('ENTRYPOINT');
    const parsed = parseCommandLine([...fixed, ...json('CMD')]);
    assert.ok(parsed.mode === 'headless');
    assert.equal(parsed.host, '0.0.0.0');
    assert.match(text, new RegExp(`^EXPOSE ${parsed.port}$`, 'm'));
    assert.match(text, /^FROM node:20-slim$/m);
    const [user, entry] = [text.indexOf('\nUSER node'), text.indexOf('\nENTRYPOINT')];
    assert.ok(user > 0 && user < entry);
  });

  it('every router command in the texts parses', () => {
    const pages = readdirSync('docs').filter((name) => name.endsWith('.md'));
    const commands = pages.flatMap((name) =>
      [...doc(name).matchAll(/node (?:\S*\/)?router\.js((?: [^\n`#]*)?)/g)].map(([, args]) => args?.trim() ?? ''),
    );
    assert.ok(commands.length >= 6, `${commands.length} commands found`);
    for (const command of commands) assert.doesNotThrow(() => parseCommandLine(words(command)), command);
    for (const option of commands.join(' ').match(/--[\w-]+/g) ?? []) assert.ok(HELP.includes(option), option);
  });

  it('both helps name every way to group the usage', () => {
    for (const help of [HELP, USAGE_HELP]) assert.ok(help.includes(`--by ${GROUPS.join('|')}`));
    assert.ok(GROUPS.includes('conversation'));
  });

  it('server.json and the examples in the texts are valid settings', () => {
    const loaded = loadConfigText(doc('server.json'));
    assert.deepEqual(loaded.problems, []);
    assert.equal(loaded.settings?.tunnel.provider, 'custom');
    const team = /```json\n([\s\S]*?)```/.exec(doc('team.md'))?.[1] ?? assert.fail('no example');
    assert.equal(loadConfigText(`{${team}}`).settings?.backends[0]?.preset, 'litellm');
    const headless = /```jsonc\n([\s\S]*?)```/.exec(doc('headless.md'))?.[1] ?? assert.fail('no example');
    assert.deepEqual(loadConfigText(headless).problems, []);
    for (const [example] of doc('server.md').matchAll(/\{ "name"[^}]*\}/g))
      assert.ok(loadConfigText(`{"backends": [${example}]}`).settings, example);
  });

  it('docs/files.md: its example is valid, and it names every key that is read', () => {
    const page = doc('files.md');
    const [, example] = /```jsonc\n([\s\S]*?)```/.exec(page) ?? assert.fail('no example');
    const { settings, problems } = loadConfigText(example!);
    assert.deepEqual(problems, []);
    assert.equal(settings?.tunnel.provider, 'none');
    const source = (name: string): string => readFileSync(`src/config/formats/${name}.ts`, 'utf8');
    const ours = [
      ...source('llmRouterFile').matchAll(/^ {2}([a-z]+(?:_[a-z]+)*): '\w+',$/gm),
      ...source('llmRouterFile').matchAll(/case '(\w+)':/g),
    ];
    const sections = [
      ...source('liteLlmFile').matchAll(/^const (?:TOP|GENERAL|FALLBACKS|LITELLM|ROUTER) = ([^;]*);$/gm),
    ].flatMap(([, text]) => [...text!.matchAll(/'(\w+)'/g)]);
    assert.ok(ours.length > 15 && sections.length > 15, `${ours.length} and ${sections.length} keys found`);
    for (const [, key] of [...ours, ...sections]) assert.ok(page.includes(key!), key);
  });

  it('docs/files.md names every file of the data directory', () => {
    const page = doc('files.md');
    const sources = readdirSync('src', { recursive: true })
      .map((file) => `src/${file}`)
      .filter((file) => file.endsWith('.ts') && !file.startsWith('src/config/'))
      .map((file) => readFileSync(file, 'utf8'));
    const place = "[^'`,]*(?:dataDir|\\.run|folder)|(?:tunnel|copy)Folder\\([^)]*\\)";
    const made = new RegExp(`join\\((?:${place}), (['\`])([^'\`]+)\\1|(?:const FILE =|logName:) (')([^']+)\\3`, 'gi');
    const names = sources.flatMap((source) =>
      [...source.matchAll(made)].map(([, , joined, , named]) => joined ?? named!),
    );
    assert.ok(names.length > 30, names.join());
    for (const name of names) for (const part of name.split(/\$\{\w+\}/)) assert.ok(page.includes(part), name);
  });

  it('every page names the Node that package.json asks for', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
    const pages = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)];
    const named = pages.flatMap((page) => [...readFileSync(page, 'utf8').matchAll(/Node (20[.\d]*) or newer/g)]);
    assert.ok(named.length >= 2);
    for (const [text, version] of named) assert.equal(`>=${version}.0`, engines.node, text);
  });

  it('links and pictures of every page lead to files', () => {
    const pages = ['README.md', 'EXTENSION.md', 'CONTRIBUTING.md', 'SECURITY.md'];
    pages.push(
      ...readdirSync('docs')
        .map((name) => `docs/${name}`)
        .filter((name) => name.endsWith('.md')),
    );
    for (const page of pages)
      for (const [, target] of readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g))
        assert.ok(existsSync(path.join(path.dirname(page), target!)), `${page}: ${target}`);
  });

  it('anchors of every page lead to a heading', () => {
    const pages = ['README.md', 'EXTENSION.md', 'CONTRIBUTING.md', 'SECURITY.md'];
    pages.push(...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])));
    const anchorsOf = (page: string) =>
      [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
        title!
          .toLowerCase()
          .replace(/[^\w\- ]/g, '')
          .replaceAll(' ', '-'),
      );
    for (const page of pages)
      for (const [, file, anchor] of readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)) {
        const target = file === '' ? page : path.join(path.dirname(page), file!);
        assert.ok(anchorsOf(target).includes(anchor!), `${page}: ${file}#${anchor}`);
      }
  });

  it('the numbers of providers are those of the tables', () => {
    const presets = PRESET_NAMES.filter((name) => name !== 'demo').length;
    assert.ok(doc('comparison.md').includes(`| ${presets} presets and any `), String(presets));
    const more = providerItems(knownProviders()).length;
    assert.ok(readFileSync('README.md', 'utf8').includes(`(typing finds ${more} more by name)`), String(more));
  });

  it('every page of docs/ is reached from the README or a page that is', () => {
    const readme = readFileSync('README.md', 'utf8') + readFileSync('CONTRIBUTING.md', 'utf8');
    for (const name of readdirSync('docs').filter((file) => file.endsWith('.md')))
      assert.ok(readme.includes(`docs/${name}`), name);
  });

  it('the page of the extension starts with a person, not with a build', () => {
    const page = readFileSync('EXTENSION.md', 'utf8');
    assert.doesNotMatch(page, /npm |npx /);
    assert.ok(page.split(/\s+/).length < 1_000);
    for (const word of ['Three steps', 'Troubleshooting', 'Privacy', 'No telemetry'])
      assert.ok(page.includes(word), word);
  });

  it('the README starts with its two commands', () => {
    const [first, second] = [...readFileSync('README.md', 'utf8').matchAll(/```sh\n([^\n]+)/g)].map(([, line]) => line);
    assert.deepEqual([first, second], ['npm ci && npm start', 'npm ci && npm test']);
  });
});
