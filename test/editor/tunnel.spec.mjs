// The tunnel as a person meets it: consent, download, URL, a lost connection, a lost URL, a rate limit. A made-up internet stands
// behind the editor's own proxy setting; cloudflared is the fake of the tunnel's own tests.
import assert from 'node:assert/strict';
import { visit } from './cloud.mjs';
import { joinEditor, pictureOfFailure } from './editor.mjs';
import { processesWith } from './processes.mjs';
import { until } from './server.mjs';

describe('the tunnel in the editor', () => {
  let cloud;
  let editor;
  let window;
  let pace;
  let url;

  before(async () => {
    editor = await joinEditor('tunnel', { settings: { 'llmRouter.lingerSeconds': 1 }, internet: true });
    ({ cloud, pace } = editor);
    window = await editor.begin('project');
    await window.status.waitFor({ timeout: 60_000 });
  });
  afterEach(async function () {
    await pictureOfFailure(this.currentTest, editor, window);
  });

  const cloudflared = () => processesWith(cloud.binPath, 'tunnel');
  const online = () => window.statusShows(/^\s*LLM Router\s*$/);

  it('is downloaded only with consent, and the download can be cancelled', async () => {
    await window.toastButton('cloudflared', 'Download and Start').click({ timeout: 60_000 });
    await window.toast('Installing cloudflared').filter({ hasText: '%' }).waitFor({ timeout: 30_000 });
    await editor.shot(window, 'download');
    await window.toastButton('Installing cloudflared', 'Cancel').click();
    await window.toast('The download was cancelled').waitFor({ timeout: 20_000 });
    await window.statusShows(/local only/);
    assert.deepEqual(cloudflared(), []);
    await window.clearToasts();
  });

  it('is set up from the status bar, comes online and gives its URL', async () => {
    pace.ms = 0;
    await window.clickStatusFor('cloudflared is missing');
    await window.toastButton('cloudflared is missing', 'Set Up Tunnel…').click();
    await window.quickTitle('Set Up Tunnel').waitFor();
    await editor.shot(window, 'set-up');
    await window.choose('Set Up Tunnel', 'Cloudflare quick tunnel');
    await window.toast('The router is online at').waitFor({ timeout: 40_000 });
    await online();
    await editor.shot(window, 'online');
    await window.clearToasts();
    await window.clickStatusFor('Copied https:');
    url = await window.clipboard(/^https:\/\/[\w-]+\.trycloudflare\.com\/v1$/);
    await editor.shot(window, 'copied');
    await window.clearToasts();
  });

  it('lets Cursor in, and tells when it came', async () => {
    const key = await window.copied('llmRouter.copyApiKey', /^sk-/);
    const body = { model: 'demo/echo', messages: [{ role: 'user', content: 'hello' }] };
    assert.equal(await visit(cloud, url, { key, body }), 200);
    assert.equal(await visit(cloud, url, { key: 'sk-wrong', body }), 401);
    await window.clearToasts();
    await window.page.mouse.move(600, 300);
    await window.status.hover();
    const hover = window.page.locator('.workbench-hover-container', { hasText: 'Cursor last reached' });
    await hover.waitFor({ timeout: 20_000 });
    const text = await hover.textContent();
    assert.ok(text.includes(`through ${new URL(url).hostname}`), text);
    assert.ok(text.includes('Somebody who says to be Cursor was refused'), text);
    await editor.shot(window, 'tooltip');
    await window.page.mouse.move(600, 300);
    await window.statusShows(/wrong key refused/);
    assert.equal(await visit(cloud, url, { key, body }), 200);
    await online();
  });

  it('comes back with the same URL after cloudflared was killed', async () => {
    cloud.behave({ slowStartMs: 3_000 });
    const [pid, ...more] = cloudflared();
    assert.deepEqual(more, []);
    process.kill(pid, 'SIGKILL');
    await window.statusShows(/reconnecting/);
    await window.clickStatusFor(`its URL stays ${url}`);
    await editor.shot(window, 'reconnecting');
    await online();
    await window.clearToasts();
    await window.clickStatusFor(`Copied ${url}`);
    assert.equal(await window.clipboard(/^https:/), url);
    await window.clearToasts();
  });

  it('draws in the dashboard what the tunnel went through', async () => {
    await window.command('LLM Router: Open Dashboard');
    const page = await window.frameWith('For Cursor');
    await page.getByRole('img', { name: /^States of the tunnel: .*online, .*reconnecting.*online/ }).waitFor();
    assert.ok((await page.locator('.address').textContent()).includes(url));
    await editor.shot(window, 'dashboard');
    await window.closeEditors();
    await window.page.mouse.click(800, 650);
  });

  it('says unmistakably that the URL changed when Cloudflare refuses the old one', async () => {
    cloud.behave({});
    cloud.edge.forget(new URL(url).hostname);
    cloud.edge.drop();
    await window.toast('The public URL CHANGED').waitFor({ timeout: 90_000 });
    await editor.shot(window, 'changed');
    await window.toastButton('The public URL CHANGED', 'Copy New URL').click();
    const changed = await until(async () => {
      const text = await window.clipboard(/^https:/);
      return text !== url && text;
    }, 'the new URL');
    await window.statusShows(/Cursor uses an old URL/);
    await window.toast(`Copied ${changed}`).waitFor();
    const key = await window.copied('llmRouter.copyApiKey', /^sk-/);
    assert.equal(
      await visit(cloud, changed, { key, body: { model: 'demo/echo', messages: [{ role: 'user', content: 'hi' }] } }),
      200,
    );
    await online();
    await window.clearToasts();
  });

  it('says until when Cloudflare gives no new tunnel', async () => {
    cloud.edge.habits.quickService = { status: 429, body: 'error code: 1015' };
    await window.command('LLM Router: New Tunnel URL');
    await window.modalButton('Get New URL').click();
    await window.statusShows(/tunnel waits/);
    await window.toast('Next try at').waitFor({ timeout: 20_000 });
    await editor.shot(window, 'rate-limited');
    await window.toastButton('Next try at', 'Show Log').waitFor();
    await window.clearToasts();
    await window.clickStatusFor('Next try at');
    await window.toastButton('Next try at', 'Copy Local URL').click();
    await window.clipboard(/^http:\/\/127\.0\.0\.1/);
  });

  it('goes with the router when the last window has gone', async () => {
    await window.close();
    await until(() => cloudflared().length === 0, 'the end of cloudflared', 30_000);
  });
});
