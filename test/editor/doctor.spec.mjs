// Run Doctor, Import Configuration… and Export for a Team… as a person meets them.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { joinEditor, pictureOfFailure } from './editor.mjs';
import { until } from './server.mjs';
import { KEY, startUpstream } from './upstream.mjs';

describe('Doctor, import and export', () => {
  let editor;
  let window;
  let upstream;
  let folder;

  before(async () => {
    upstream = await startUpstream({ key: KEY });
    editor = await joinEditor('doctor', {
      settings: { 'llmRouter.lingerSeconds': 2, 'llmRouter.tunnel.provider': 'none' },
    });
    window = await editor.begin('project');
    folder = path.join(editor.server.home, 'doctor');
    mkdirSync(folder);
    await window.status.waitFor({ timeout: 60_000 });
    await window.statusShows(/local only/);
    await window.clearToasts();
  });
  after(() => upstream?.close());
  afterEach(async function () {
    await pictureOfFailure(this.currentTest, editor, window);
  });

  const setting = (key) =>
    window.exec((vscode, name) => vscode.workspace.getConfiguration('llmRouter').inspect(name).globalValue, key);
  const importFile = (file) =>
    window.exec(
      (vscode, name) => void vscode.commands.executeCommand('llmRouter.importConfiguration', vscode.Uri.file(name)),
      file,
    );

  it('imports an llm-router file: a preview first, keys out of sight, nothing written before a yes', async () => {
    const file = path.join(folder, 'config.json');
    writeFileSync(
      file,
      JSON.stringify({
        aliases: { quick: 'loop/model-a' },
        nonsense: true,
        backends: [{ name: 'loop', base_url: upstream.url, prefix: 'loop/', key_env_var: 'LOOP_KEY' }],
      }),
    );
    writeFileSync(path.join(folder, '.env'), `LOOP_KEY=${KEY}\n`);
    await importFile(file);
    await window.quickTitle('Import Configuration').waitFor({ timeout: 30_000 });
    await window.pick('loop').waitFor();
    await editor.shot(window, 'import');
    assert.equal(await setting('backends'), undefined);
    await window.page.keyboard.press('Enter');
    await window.toast('Imported: 1 backend, 1 alias, 1 key.').waitFor({ timeout: 20_000 });
    const [backend] = await setting('backends');
    assert.equal(backend.name, 'loop');
    assert.deepEqual(await setting('aliases'), { quick: 'loop/model-a' });
    assert.ok(!JSON.stringify([backend, await setting('aliases')]).includes(KEY));
    await window.clearToasts();
    await window.closeEditors();
  });

  it('asks before it replaces anything', async () => {
    const file = path.join(folder, 'config.json');
    const text = readFileSync(file, 'utf8').replace('model-a', 'model-b');
    writeFileSync(file, text);
    await importFile(file);
    await window.quickTitle('Import Configuration').waitFor({ timeout: 30_000 });
    // What would replace something is not ticked.
    await window.pick('quick').click();
    await window.page.locator('.quick-input-widget:visible .monaco-button', { hasText: 'OK' }).click();
    await window.modalButton('Replace').waitFor({ timeout: 20_000 });
    await editor.shot(window, 'import-replace');
    assert.deepEqual(await setting('aliases'), { quick: 'loop/model-a' });
    await window.modalButton('Replace').click();
    await window.toast('Imported: 1 alias.').waitFor({ timeout: 20_000 });
    assert.deepEqual(await setting('aliases'), { quick: 'loop/model-b' });
    await window.clearToasts();
    await window.closeEditors();
  });

  it('runs the Doctor, shows every hop and copies a report without keys', async () => {
    await window.command('LLM Router: Run Doctor');
    await window.quickTitle('Doctor: Nothing failed').waitFor({ timeout: 30_000 });
    await window.pick('Backend loop').waitFor();
    await editor.shot(window, 'doctor');
    await window.page.locator('.quick-input-widget:visible .quick-input-titlebar a[aria-label^="Copy Report"]').click();
    const report = await window.clipboard(/# LLM Router: Doctor/);
    assert.match(report, /\*\*Backend loop\*\* \(ok\): .* lists 2 models, key accepted/);
    assert.ok(!report.includes(KEY));
    await window.clearToasts();
  });

  it('a dead backend: the line is read whole, and its button opens the place to repair it', async () => {
    upstream.close();
    await window.command('LLM Router: Run Doctor');
    await window.quickTitle('Doctor: 1 of').waitFor({ timeout: 30_000 });
    await editor.shot(window, 'doctor-failed');
    await window.pick('Backend loop').click();
    await window.toastButton('refused the connection', 'Open Setting').click();
    await window.page.locator('.editor-instance .view-lines', { hasText: 'loop' }).waitFor({ timeout: 20_000 });
    await window.clearToasts();
    await window.closeEditors();
  });

  it('exports a folder for a LiteLLM proxy', async () => {
    const target = path.join(folder, 'team');
    mkdirSync(target);
    await window.command('LLM Router: Export for a Team…');
    await window.quickTitle('Export for a Team').waitFor({ timeout: 30_000 });
    // The dialog writes its first folder over what is typed before its list is there.
    await window.pick('..').first().waitFor({ timeout: 20_000 });
    await window.input().fill(`${target}/`);
    await window.page.locator('.quick-input-widget:visible .monaco-button', { hasText: 'Write Here' }).click();
    await window.toast('Written to').waitFor({ timeout: 20_000 });
    await until(() => existsSync(path.join(target, 'README.md')), 'the README');
    assert.match(readFileSync(path.join(target, 'config.yaml'), 'utf8'), /model_name: loop\/\*/);
    await window.clearToasts();
  });
});
