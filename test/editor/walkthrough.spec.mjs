// The first two minutes, from a fresh profile: the walkthrough gone through with the mouse, behind the fake Cloudflare, up to the first
// answer that Cursor's servers get. Tells at the end how many actions and seconds it took from the .vsix to that answer.
import assert from 'node:assert/strict';
import { visit } from './cloud.mjs';
import { itOnlyIn, joinEditor, pictureOfFailure } from './editor.mjs';
import { until } from './server.mjs';
import { KEY, startUpstream } from './upstream.mjs';

const HEADING = 'LLM Router: every model in Cursor';
const STEPS = ['start', 'backend', 'cursor', 'model', 'answer'];

describe('the walkthrough, from the .vsix to the first answer', () => {
  let cloud;
  let upstream;
  let editor;
  let window;
  let begun;
  let url;
  let key;
  let model;
  /** Actions are buttons that a person chooses, with all that they ask; `inputs` is each click and each answered field. */
  const counted = { actions: 0, inputs: 0 };

  before(async () => {
    upstream = await startUpstream({ key: KEY });
    begun = performance.now();
    editor = await joinEditor('walkthrough', {
      settings: { 'llmRouter.lingerSeconds': 1 },
      internet: true,
      machineSettings: { 'workbench.welcomePage.walkthroughs.openOnInstall': true },
    });
    cloud = editor.cloud;
    editor.pace.ms = 0;
    window = await editor.begin('project');
  });
  after(() => upstream?.close());
  afterEach(async function () {
    await pictureOfFailure(this.currentTest, editor, window);
  });

  const ticked = (step) => window.page.locator(`.complete[data-done-step-id$="#${step}"]`).first();
  const open = (step) => window.page.locator(`[data-done-step-id$="#${step}"]:not(.complete)`).first();
  const online = () => window.statusShows(/^\s*LLM Router\s*$/);
  const isShown = () => window.page.getByText(HEADING).count();

  async function assertTicks(done) {
    for (const step of STEPS) await (done.includes(step) ? ticked(step) : open(step)).waitFor({ timeout: 20_000 });
  }
  async function click(locator) {
    counted.inputs++;
    await locator.click({ timeout: 60_000 });
  }
  /** A button of a step, which is unfolded first when it is not yet. */
  async function press(title, button) {
    const step = window.page.locator('.getting-started-step', { hasText: title });
    if (!/\bexpanded\b/.test(await step.first().getAttribute('class'))) await click(step.getByText(title).first());
    counted.actions++;
    await click(step.locator('.monaco-button', { hasText: button }));
  }
  async function answer(title, text, options) {
    counted.inputs++;
    await window.answer(title, text, options);
  }
  /** A streamed request of Cursor's servers; `during` runs while the provider is still writing. */
  async function chat(during) {
    const before = upstream.streams.length;
    const body = { model, stream: true, messages: [{ role: 'user', content: 'hello' }] };
    const status = visit(cloud, url, { key, body });
    await until(() => upstream.streams.length > before, 'the stream at the provider');
    await during();
    upstream.streams.at(-1).end();
    return await status;
  }

  it('opens by itself; the router has been started', async () => {
    await window.page.getByText(HEADING).first().waitFor({ timeout: 60_000 });
    // Nothing that Cursor could use yet; the question of the message stands in the step, too.
    await window.toastButton('cloudflared', 'Download and Start').waitFor({ timeout: 60_000 });
    await window.page.locator('.monaco-button', { hasText: 'Download cloudflared' }).first().waitFor();
    await assertTicks([]);
    await editor.shot(window, 'tunnel-question');
  });

  it('asks for the tunnel, which comes online', async () => {
    counted.actions++;
    await click(window.toastButton('cloudflared', 'Download and Start'));
    await online();
    await assertTicks(['start']);
  });

  it('offers the echo model while there is no backend', async () => {
    const aside = performance.now();
    await window.exec((vscode) => void vscode.commands.executeCommand('llmRouter.copyModelName'));
    await window.quickTitle('Copy Model Name').waitFor();
    await window.pick('demo/echo').waitFor();
    await window.page.keyboard.press('Escape');
    await window.quickTitle('Copy Model Name').waitFor({ state: 'hidden' });
    // Not on a person's way to the first answer.
    begun += performance.now() - aside;
  });

  it('adds a backend, which ticks when it is there', async () => {
    await press('Add a backend', 'Add Backend…');
    await window.quickTitle('Add Backend').waitFor();
    await click(window.pick('Other…'));
    await answer('Add Backend: URL', upstream.url);
    await answer('Add Backend: name', 'loop');
    await open('backend').waitFor();
    await answer('key of loop', KEY, { password: true });
    await window.toast('loop is added and works').waitFor({ timeout: 30_000 });
    await assertTicks(['start', 'backend']);
    await editor.shot(window, 'backend');
    await window.clearToasts();
  });

  it('Connect Cursor… copies URL, key and model name one after the other; copying alone ticks nothing', async () => {
    const next = () => click(window.pick('Next'));
    await press('Paste URL and key into Cursor', 'Connect Cursor…');
    await window.pick('Paste it into Override OpenAI Base URL').waitFor({ timeout: 20_000 });
    url = await window.clipboard(/^https:\/\/[\w-]+\.trycloudflare\.com\/v1$/);
    await editor.shot(window, 'connect-url');
    await next();
    await window.pick('Paste it into OpenAI API Key').waitFor();
    key = await window.clipboard(/^sk-[\w-]{43}$/);
    await next();
    await window.quickTitle('Connect Cursor: a model').waitFor();
    await click(window.pick('loop/model-a'));
    await window.pick('Add it there as a model').waitFor();
    model = await window.clipboard(/^loop\/model-a$/);
    await next();
    await window.pick('Wait Anew').waitFor();
    await editor.shot(window, 'connect-waiting');
    await assertTicks(['start', 'backend']);
  });

  it('ticks the rest with the first request from outside, the last step when the answer has gone out', async () => {
    const status = await chat(() => open('answer').waitFor());
    const seconds = (performance.now() - begun) / 1_000;
    assert.equal(status, 200);
    await window.toast('Cursor is connected: loop/model-a was answered by loop').waitFor({ timeout: 20_000 });
    await assertTicks(STEPS);
    assert.equal(upstream.seen.at(-1).model, 'model-a');
    // Beside what Cursor itself asks for (three pastes): the goal of the first two minutes.
    assert.ok(counted.actions <= 4, `${counted.actions} actions`);
    console.log(
      `      walkthrough: ${counted.actions} actions, ${seconds.toFixed(1)} s (${counted.inputs} clicks and answers in all)`,
    );
    await window.clearToasts();
    await editor.shot(window, 'done');
  });

  const there = 'views asks for it in 1.99';
  itOnlyIn('1.139', 'does not come back after a reload, nor in another window', there, async () => {
    await window.closeEditors();
    await until(() => window.page.evaluate(tabIsForgotten), 'the editor to keep that its tab is closed', 90_000, 1_000);
    await window.page.reload();
    await online();
    await window.page.waitForTimeout(1_500);
    assert.equal(await isShown(), 0);
    await window.close();
    window = await editor.open('elsewhere');
    await online();
    await window.page.waitForTimeout(1_500);
    assert.equal(await isShown(), 0);
  });

  it('comes when it is called, and remembers every tick', async () => {
    await window.command('LLM Router: Open Walkthrough');
    await assertTicks(STEPS);
  });

  it('let no request leave the machine', () => {
    assert.deepEqual(window.external, []);
  });
});

/** In the page: an editor in the browser keeps its open tabs every few seconds, and brings them back itself after a reload. */
async function tabIsForgotten() {
  const result = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('vscode-web-state-db')) continue;
    const database = await result(indexedDB.open(name));
    const kept = await result(
      database.transaction('ItemTable').objectStore('ItemTable').get('memento/workbench.parts.editor'),
    );
    database.close();
    if (String(kept).includes('gettingStartedInput')) return false;
  }
  return true;
}
