import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { COMMANDS, CONTEXT_RUNNING, EXTENSION_ID } from '../../../src/editor/ids';

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
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

describe('manifest and code', () => {
  it('declare the same commands, each a verb under one category', () => {
    const { commands } = manifest.contributes;
    assert.deepEqual(commands.map((entry) => entry.command).sort(), Object.values(COMMANDS).sort());
    for (const { title, category } of commands) {
      assert.equal(category, 'LLM Router');
      assert.match(title, /^[A-Z][a-z]+ \S/);
    }
    assert.equal(new Set(commands.map((entry) => entry.title)).size, commands.length);
  });
  it('agree on the names', () => {
    assert.equal(`${manifest.publisher}.${manifest.name}`, EXTENSION_ID);
    for (const { command, when } of manifest.contributes.menus.commandPalette) {
      assert.ok(
        Object.values(COMMANDS).some((known) => known === command),
        command,
      );
      assert.ok(when.includes(CONTEXT_RUNNING));
    }
  });
  it('keep to the rules of the galleries and of Cursor', () => {
    assert.equal(manifest.engines.vscode, '^1.99.0');
    assert.ok(manifest.keywords.length <= 5);
    assert.deepEqual(manifest.activationEvents, ['onStartupFinished']);
    // The pictures of the README are shown from the repository and stay out of the .vsix.
    assert.ok(!manifest.files.some((file) => /^media\/(readme|\*|$)/.test(file)));
  });
});
