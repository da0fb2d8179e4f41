#!/usr/bin/env node
// Takes the pictures of the README (media/readme/) in a real editor: node test/editor/pictures.mjs FILE.vsix
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { publishRelease, startCloud, visit } from './cloud.mjs';
import { root } from './pack.mjs';
import { startUpstream } from './upstream.mjs';

process.env.EDITOR_VERSION ??= '1.139';
process.env.EDITOR_VSIX = path.resolve(process.argv[2]);
const { startEditor } = await import('./editor.mjs');
const folder = path.join(root, 'media/readme');
mkdirSync(folder, { recursive: true });
const KEY = 'sk-upstream-0123456789';

const upstream = await startUpstream({ key: KEY, models: ['llama-3.3-70b', 'qwen3-coder'] });
const cloud = await startCloud();
const pace = publishRelease(cloud);
pace.ms = 0;
const price = { input: 0.6, output: 1.8 };
const backend = (name, model) => ({
  name,
  baseUrl: upstream.url,
  apiKeyEnv: 'UPSTREAM',
  default: name === 'openrouter',
  models: [{ id: `${name}/${model}`, price }],
});
const editor = await startEditor('pictures', {
  settings: {
    'llmRouter.lingerSeconds': 0,
    'llmRouter.backends': [backend('openrouter', 'qwen3-coder'), backend('groq', 'llama-3.3-70b')],
    'llmRouter.aliases': { fast: 'groq/llama-3.3-70b', smart: 'openrouter/qwen3-coder' },
    'http.proxy': cloud.internet.proxyUrl,
  },
  env: { NODE_EXTRA_CA_CERTS: cloud.caFile, UPSTREAM: KEY },
});
async function picture(window, name, clip, mouse = true) {
  // Nothing under the mouse lights up.
  if (mouse) await window.page.mouse.move(700, 500);
  await window.page.waitForTimeout(800);
  await window.shot(path.join(folder, `${name}.png`), clip);
}
/** Part of the window around what is looked at, with some air, never beyond the window. */
async function around(locator, air = { left: 24, top: 24, right: 24, bottom: 24 }) {
  const box = await locator.boundingBox();
  const x = Math.max(0, box.x - air.left);
  const y = Math.max(0, box.y - air.top);
  return {
    x,
    y,
    width: Math.min(1280, box.x + box.width + air.right) - x,
    height: Math.min(800, box.y + box.height + air.bottom) - y,
  };
}
const toEdges = { left: 24, top: 24, right: 1280, bottom: 800 };

const window = await editor.open('project');
try {
  const consent = window.toast('cloudflared');
  await consent.waitFor({ timeout: 60_000 });
  await picture(window, 'consent', await around(consent, toEdges));
  await window.toastButton('cloudflared', 'Download and Start').click();
  const online = window.toast('The router is online at');
  await online.waitFor({ timeout: 60_000 });
  await window.statusShows(/^\s*LLM Router\s*$/);
  await picture(window, 'online', await around(online, toEdges));
  await window.clearToasts();

  await window.command('LLM Router: Add Backend…');
  await window.quickTitle('Add Backend').waitFor();
  await picture(window, 'add-backend', await around(window.page.locator('.quick-input-widget')));
  await window.page.keyboard.press('Escape');

  const url = await window.copied('llmRouter.copyBaseUrl', /^https:/);
  const key = await window.copied('llmRouter.copyApiKey', /^sk-/);
  await window.clearToasts();
  const messages = [{ role: 'user', content: 'hello' }];
  const models = ['fast', 'smart', 'fast', 'smart', 'smart', 'fast', 'smart', 'fast', 'fast', 'smart'];
  for (const model of models) await visit(cloud, url, { key, body: { model, messages } });
  await window.command('LLM Router: Copy Model Name…');
  await window.pick('smart').waitFor({ timeout: 20_000 });
  await picture(window, 'models', await around(window.page.locator('.quick-input-widget')));
  await window.page.keyboard.press('Escape');

  await window.status.hover();
  const hover = window.page.locator('.workbench-hover-container', { hasText: 'Cursor last reached' });
  await hover.waitFor({ timeout: 20_000 });
  await picture(window, 'status', await around(hover, { left: 1280, top: 24, right: 24, bottom: 800 }), false);

  await window.command('LLM Router: Open Dashboard');
  await window.frameWith('Newest requests');
  await picture(window, 'dashboard');
  await window.closeEditors();
  await window.command('LLM Router: Open Request…');
  await window.pick('smart').click();
  await window.frameWith('Where it went');
  await picture(window, 'story');
} finally {
  await editor.stop();
  await cloud.stop();
  upstream.close();
}
