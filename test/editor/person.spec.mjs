// The packed .vsix driven as a person would: palette, quick picks, toasts, status bar, clipboard; against a real upstream on loopback.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { itOnlyIn, joinEditor, pictureOfFailure } from './editor.mjs';
import { routersOf } from './processes.mjs';
import { until } from './server.mjs';
import { KEY, startUpstream } from './upstream.mjs';

describe('a person with the extension', () => {
  let editor;
  let window;
  let upstream;
  let baseUrl;
  let clientKey;
  // In the oldest editor, views asked before, in the name of Cursor.
  const cursorNeverCalled = process.env.EDITOR_VERSION === '1.139';

  before(async () => {
    upstream = await startUpstream({ key: KEY });
    editor = await joinEditor('person', { settings: { 'llmRouter.lingerSeconds': 2 } });
    window = await editor.begin('project');
    await window.status.waitFor({ timeout: 60_000 });
  });
  after(() => upstream?.close());
  afterEach(async function () {
    await pictureOfFailure(this.currentTest, editor, window);
  });

  async function ask(model, key = clientKey, url = baseUrl) {
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/chat/completions`, { method: 'POST', headers, body });
    return { status: response.status, body: await response.json() };
  }

  it('is asked once about cloudflared and can stay local', async () => {
    await window.statusShows(/local only/);
    await window.toastButton('cloudflared', 'Download and Start').waitFor({ timeout: 30_000 });
    await editor.shot(window, 'consent');
    await window.toastButton('cloudflared', 'Local Only').click();
    await until(
      async () =>
        (await window.exec((vscode) => vscode.workspace.getConfiguration('llmRouter').get('tunnel.provider'))) ===
        'none',
      'the setting',
    );
    await window.statusShows(/local only/);
  });

  it('sees how long the activation took', async () => {
    const [load, call, finish] = await window.exec(activationTimes);
    console.log(`      activation in the extension host: ${load} ms to load, ${call + finish} ms to activate`);
    assert.ok(Number.isFinite(load + call + finish));
    await window.closeEditors();
  });

  it('clicks the status bar without a tunnel: is told why and gets the local URL on request', async () => {
    await window.setClipboard('untouched');
    const told = 'The tunnel is switched off';
    await window.clickStatusFor(told);
    assert.equal(await window.clipboard(/./), 'untouched');
    await editor.shot(window, 'no-tunnel');
    await window.toastButton(told, 'Copy Local URL').click();
    baseUrl = await window.clipboard(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    await window.clearToasts();
  });

  it('copies the API key', async () => {
    await window.command('LLM Router: Copy API Key');
    clientKey = await window.clipboard(/^sk-[\w-]{43}$/);
    const echo = await ask('demo/echo');
    assert.equal(echo.status, 200, JSON.stringify(echo.body));
    assert.equal((await ask('demo/echo', 'sk-wrong')).status, 401);
    await window.clearToasts();
  });

  it('adds a backend through the quick picks; it is tested with a real request and served', async () => {
    await window.command('LLM Router: Add Backend…');
    await window.quickTitle('Add Backend').waitFor();
    await window.pick('OpenRouter').waitFor();
    await editor.shot(window, 'add-backend');
    await window.choose('Add Backend', 'Other…');
    await window.answer('Add Backend: URL', upstream.url);
    await window.answer('Add Backend: name', 'loop');
    await window.quickTitle('key of loop').waitFor();
    await window.input({ password: true }).fill('sk-typo');
    await editor.shot(window, 'add-backend-key');
    await window.page.keyboard.press('Enter');
    await window.modalButton('Change Key').waitFor({ timeout: 30_000 });
    await editor.shot(window, 'add-backend-wrong-key');
    await window.modalButton('Change Key').click();
    await window.answer('key of loop', KEY, { password: true });
    await window.toast('loop is added and works').waitFor({ timeout: 30_000 });
    await editor.shot(window, 'add-backend-done');
    assert.ok(upstream.seen.some((request) => request.key === `Bearer ${KEY}`));
    const written = await window.exec(
      (vscode) => vscode.workspace.getConfiguration('llmRouter').inspect('backends').globalValue,
    );
    assert.deepEqual(written, [{ name: 'loop', baseUrl: upstream.url }]);
    const answer = await ask('loop/model-a');
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.equal(answer.body.choices[0].message.content, 'This is model-a.');
    assert.equal(upstream.seen.at(-1).model, 'model-a');
    await window.clearToasts();
  });

  it('changes an alias; the next request follows', async () => {
    await window.setting('aliases', { fast: 'loop/model-a' });
    await until(async () => (await ask('fast')).body.choices?.[0]?.message.content === 'This is model-a.', 'the alias');
    await window.setting('aliases', { fast: 'loop/model-b' });
    await until(
      async () => (await ask('fast')).body.choices?.[0]?.message.content === 'This is model-b.',
      'the changed alias',
    );
  });

  it('is told about a wrong setting, which is opened and stops nothing', async () => {
    const good = await window.exec((vscode) => vscode.workspace.getConfiguration('llmRouter').get('backends'));
    await window.setting('backends', [...good, { name: 'broken', baseUrl: 'nonsense' }]);
    const told = 'Setting llmRouter.backends[1].baseUrl';
    await window.toast(told).waitFor({ timeout: 20_000 });
    await editor.shot(window, 'wrong-setting');
    assert.equal((await ask('fast')).status, 200);
    await window.toastButton(told, 'Open Setting').click();
    await window.page.locator('.editor-instance .view-lines', { hasText: 'nonsense' }).waitFor({ timeout: 20_000 });
    await window.setting('backends', good);
    await window.closeEditors();
    await window.statusShows(/local only/);
    await window.clearToasts();
  });

  it('picks a model name, safe ones first', async () => {
    await window.command('LLM Router: Copy Model Name…');
    await window.quickTitle('Copy Model Name').waitFor();
    await window.pick('loop/model-b').waitFor({ timeout: 20_000 });
    await editor.shot(window, 'models');
    await window.pick('fast').click();
    await window.clipboard(/^fast$/);
    await window.clearToasts();
  });

  it('manages the backend: state, test, key', async () => {
    await window.command('LLM Router: Manage Backends…');
    await window.quickTitle('Manage Backends').waitFor();
    await window.pick('loop').waitFor();
    await editor.shot(window, 'manage');
    await window.pick('loop').click();
    await window.choose('Manage loop', 'Test It');
    await window.toast('loop works').waitFor({ timeout: 20_000 });
    await window.clearToasts();
    await window.command('LLM Router: Manage Backends…');
    await window.choose('Manage Backends', 'loop');
    await window.choose('Manage loop', 'Remove Key');
    await window.modalButton('Remove Key').click();
    await window.toast('is removed').waitFor();
    assert.ok((await ask('fast')).status >= 400);
    await window.command('LLM Router: Set Backend Key…');
    await window.choose('Set Backend Key', 'loop');
    await window.answer('Key of loop', KEY, { password: true });
    await window.toast('stored and in force').waitFor();
    assert.equal((await ask('fast')).status, 200);
    await window.clearToasts();
  });

  it('adds an alias without JSON, which answers, and shows the cost in the status bar by choice', async () => {
    await window.command('LLM Router: Manage Backends…');
    await window.choose('Manage Backends', 'loop');
    await window.choose('Manage loop', 'Its Models');
    await window.choose('Models of loop', 'loop/model-a');
    await window.quickTitle('loop/model-a').waitFor();
    await editor.shot(window, 'manage-model');
    await window.choose('loop/model-a', 'Add Alias');
    await window.answer('Add Alias', 'sol');
    await window.toast('sol means loop/model-a').waitFor();
    assert.equal((await ask('sol')).body.choices[0].message.content, 'This is model-a.');
    await window.clearToasts();
    const choose = (shows) =>
      window.exec(
        (vscode, value) => vscode.workspace.getConfiguration('llmRouter').update('statusBar.shows', value, 1),
        shows,
      );
    await choose('requests');
    await window.statusShows(/local only/);
    await window.exec((vscode) =>
      vscode.workspace.getConfiguration('llmRouter').update('statusBar.shows', undefined, 1),
    );
    await window.command('LLM Router: Manage Backends…');
    await window.choose('Manage Backends', 'Aliases');
    await window.choose('Aliases', 'sol');
    await window.choose('sol', 'Remove Alias');
    await window.toast('The alias sol is removed').waitFor();
    await window.clearToasts();
  });

  it('makes a new API key; the old one stops working at once', async () => {
    const old = clientKey;
    await window.command('LLM Router: New API Key');
    await window.modalButton('Make New Key').click();
    await window.toast('in force and copied').waitFor();
    clientKey = await window.clipboard(/^sk-[\w-]{43}$/);
    assert.notEqual(clientKey, old);
    assert.equal((await ask('fast')).status, 200);
    assert.equal((await ask('fast', old)).status, 401);
    await window.clearToasts();
  });

  it('reads everything in the tooltip', async () => {
    await window.status.hover();
    const hover = window.page.locator('.workbench-hover-container', { hasText: 'Last request' });
    await hover.waitFor({ timeout: 10_000 });
    const text = await hover.textContent();
    for (const part of [
      baseUrl,
      `…${clientKey.slice(-4)}`,
      'loop',
      'fast',
      ...(cursorNeverCalled ? ['Cursor has not called yet'] : []),
      'Today',
      'Stop',
    ])
      assert.ok(text.includes(part), `${part} in ${text}`);
    await editor.shot(window, 'tooltip');
    await window.page.mouse.move(600, 300);
  });

  const byItself = 'inHost calls every command in both';
  itOnlyIn('1.139', 'gets an answer from every command in every state', byItself, async () => {
    const commands = await window.exec((vscode) =>
      vscode.extensions
        .getExtension('llm-router.llm-router')
        .packageJSON.contributes.commands.map((entry) => entry.command),
    );
    const silent = commands.filter((id) => !/(start|stop|restart)Router$/.test(id));
    for (const id of silent) await seeAnswer(window, id);
    await window.exec((vscode) => vscode.commands.executeCommand('llmRouter.stopRouter'));
    await window.statusShows(/stopped/);
    for (const id of [...silent, 'llmRouter.stopRouter']) await seeAnswer(window, id);
    await window.statusShows(/stopped/);
  });

  const kept = 'what is kept over a reload does not depend on the version; views opens a second window in 1.99';
  itOnlyIn(
    '1.139',
    'stays stopped after a reload, until Start; then same URL, same key, same settings',
    kept,
    async () => {
      await window.exec((vscode) => vscode.commands.executeCommand('llmRouter.stopRouter'));
      await window.statusShows(/stopped/);
      await assert.rejects(ask('fast'));
      await window.page.reload();
      await window.statusShows(/stopped/);
      await editor.shot(window, 'stopped');
      await sleep(1_000);
      await assert.rejects(ask('fast'));
      await window.command('LLM Router: Start Router');
      await window.statusShows(/local only/);
      assert.equal((await ask('fast')).status, 200);
      assert.equal(routersOf(editor.server).length, 1);
    },
  );

  it('removes the backend', async () => {
    await window.clearToasts();
    await window.command('LLM Router: Manage Backends…');
    await window.choose('Manage Backends', 'loop');
    await window.choose('Manage loop', 'Remove Backend');
    await window.modalButton('Remove Backend').click();
    await window.toast('The backend loop is removed').waitFor();
    assert.equal(
      await window.exec((vscode) => vscode.workspace.getConfiguration('llmRouter').inspect('backends').globalValue),
      undefined,
    );
    assert.ok((await ask('loop/model-a')).status >= 400);
  });

  itOnlyIn('1.139', 'works in an empty window', 'views opens one in 1.99', async () => {
    await window.close();
    window = await editor.openEmpty();
    await window.statusShows(/local only/);
    assert.equal((await ask('demo/echo')).status, 200);
  });

  it('saw no request leave the machine', () => {
    assert.deepEqual(window.external, []);
  });
});

/** Milliseconds to load the code, to call activate and to finish it, from the editor's own page Startup Performance. */
async function activationTimes(vscode) {
  await vscode.commands.executeCommand('perfview.show');
  for (let i = 0; i < 200; i++) {
    const page = vscode.workspace.textDocuments.find((document) => document.uri.scheme === 'perf')?.getText() ?? '';
    const row = page.split('\n').find((line) => line.startsWith('| llm-router.llm-router '));
    if (row) return row.split('|').slice(3, 6).map(Number);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the page Startup Performance does not name the extension');
}

/** Something a person can see came up: a message, a list, a question, a page or the log. Closes it again. */
async function seeAnswer(window, id) {
  await window.exec((vscode) => vscode.commands.executeCommand('workbench.action.closePanel'));
  await window.exec((vscode, command) => void vscode.commands.executeCommand(command), id);
  const visible = [
    '.notifications-toasts .notification-list-item',
    '.quick-input-widget:visible .quick-input-title',
    '.monaco-dialog-box',
    '.settings-editor',
    '.part.editor .tabs-container .tab',
    'iframe.webview',
    '.part.panel .output-view',
  ];
  await window.page
    .locator(visible.join(', '))
    .filter({ visible: true })
    .first()
    .waitFor({ timeout: 20_000 })
    .catch((error) => {
      throw new Error(`${id} did not answer`, { cause: error });
    });
  const message = await window.page.locator('.notifications-toasts .notification-list-item').first().isVisible();
  await window.page.keyboard.press('Escape');
  if (await window.page.locator('.monaco-dialog-box').isVisible()) await window.page.keyboard.press('Escape');
  await window.closeEditors();
  await window.clearToasts();
  // The editor shows no third message within 800 ms; it only lights the bell.
  if (message) await window.page.waitForTimeout(500);
}
