import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { COMMANDS, CONTEXT_RUNNING, EXTENSION_ID } from '../../../src/editor/ids';
import {
  cardTexts,
  editorTexts,
  roomNames,
  roomSentences,
  roomsOfTheHouse,
  wordsOutside,
} from '../../support/editorTexts';

interface Manifest {
  name: string;
  publisher: string;
  engines: { vscode: string };
  keywords: string[];
  files: string[];
  activationEvents: string[];
  contributes: {
    commands: { command: string; title: string; category: string }[];
    menus: { commandPalette: { command: string; when: string }[] };
  };
}
const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const manifest = json('package.json') as Manifest;
const texts = json('package.nls.json') as Record<string, string>;

describe('manifest and code', () => {
  it('declare the same commands, each a verb under one category', () => {
    const { commands } = manifest.contributes;
    assert.deepEqual(commands.map((entry) => entry.command).sort(), Object.values(COMMANDS).sort());
    const titles = commands.map(({ title }) => texts[title.slice(1, -1)]!);
    for (const title of titles) assert.match(title, /^[A-Z][a-z]+ \S/);
    for (const { category } of commands) assert.equal(category, 'LLM Router');
    assert.equal(new Set(titles).size, commands.length);
  });
  it('agree on the names', () => {
    assert.equal(`${manifest.publisher}.${manifest.name}`, EXTENSION_ID);
    for (const { command, when } of manifest.contributes.menus.commandPalette) {
      assert.ok(
        Object.values(COMMANDS).some((known) => known === command),
        command,
      );
      assert.ok(when === 'false' || when.includes(CONTEXT_RUNNING));
    }
  });
  it('a command that a text or a page names is one of the palette', () => {
    const titles = Object.entries(texts)
      .filter(([key]) => key.startsWith('commands.'))
      .map(([, title]) => title.replace(/…$/, ''));
    const files = ['src', 'docs'].flatMap((folder) =>
      readdirSync(folder, { recursive: true }).map((file) => `${folder}/${file}`),
    );
    const readable = ['README.md', 'EXTENSION.md', ...files].filter((file) => /\.(md|tsx?)$/.test(file));
    const named = readable.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\b(?:command "?|LLM Router: )(?:LLM Router: )?([A-Z][\w' ]+)/g)].map(
        ([, command]) => ({ file, command: command! }),
      ),
    );
    assert.ok(named.length > 15);
    for (const { file, command } of named)
      assert.ok(
        titles.some((title) => command.startsWith(title)) || command.startsWith('Doctor'),
        `${file}: ${command}`,
      );
  });
  it('keep to the rules of the galleries and of Cursor', () => {
    assert.equal(manifest.engines.vscode, '^1.99.0');
    assert.ok(manifest.keywords.length <= 30);
    assert.deepEqual(manifest.activationEvents, ['onStartupFinished']);
    // The pictures of the README are shown from the repository and stay out of the .vsix.
    assert.ok(!manifest.files.some((file) => /^media\/(readme|\*|$)/.test(file)));
  });
});

describe('translations of what the editor shows', () => {
  it('every text of the code has words to translate', () => {
    const found = editorTexts();
    assert.ok(found.length > 50);
    for (const text of found) assert.match(text.replace(/\{\d+\}/g, ''), /[a-z]{2}/);
  });
  const dictionaries = readdirSync('l10n').map((file): [string, Record<string, string>] => [
    file,
    json(`l10n/${file}`) as Record<string, string>,
  ]);
  /** What must stay as it is in every language: places for values, links, commands, names of settings. */
  const fixed = (text: string) =>
    [...text.matchAll(/\{\d+(?::time)?\}|\]\([^)]*\)|`[^`]*`|\$\([a-z-]+\)|\n/g)].map(([part]) => part).sort();
  const sentences = roomSentences();
  const isCode = (text: string) => /^[a-z]+\.[a-zA-Z0-9]+$/i.test(text) && roomNames().includes(text.split('.')[0]!);
  it('knows the catalogue of every room', () => assert.deepEqual(roomNames(), roomsOfTheHouse()));
  for (const [file, dictionary] of dictionaries) {
    it(`${file}: has every text of the manifest, the extension and its page`, () => {
      const lacking = [...Object.values(texts), ...editorTexts(), ...cardTexts()].filter((text) => !dictionary[text]);
      assert.deepEqual(lacking, []);
    });
    it(`${file}: no words of the extension and its page go round it`, () => {
      assert.deepEqual(wordsOutside(dictionary), []);
      assert.ok(wordsOutside({}).some((text) => text.endsWith(': Open File')));
    });
    it(`${file}: keeps values, links, settings and lines`, () => {
      for (const [text, other] of Object.entries(dictionary)) {
        const english = sentences.get(text) ?? text;
        assert.deepEqual(fixed(other.replace(/:(word|prose)\}/g, '}')), fixed(english), english);
      }
    });
    it(`${file}: has every sentence of the Doctor and of every other room, and none that is no more`, () => {
      const there = Object.keys(dictionary).filter(isCode);
      assert.deepEqual(there.sort(), [...sentences.keys()].sort());
    });
  }
});
