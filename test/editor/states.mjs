#!/usr/bin/env node
// Puts the real editor into every state that the status bar knows, one after the other, and takes pictures of status bar, tooltip and
// view in each look: node test/editor/states.mjs [FILE.vsix] [--only NAME,…]. No part of npm test: whoever changes words, icons or
// colours of a state looks at test/.artefacts/states/sheets/. How each state is caused: stateCauses.mjs.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { artefacts, packVsix } from './pack.mjs';
import { CAUSES } from './stateCauses.mjs';
import { makeWorld } from './stateWorld.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } });
process.env.EDITOR_VERSION ??= '1.139';
process.env.EDITOR_VSIX = path.resolve(positionals[0] ?? packVsix());
const { startEditor } = await import('./editor.mjs');
const folder = path.join(artefacts, 'states');
const sheets = path.join(folder, 'sheets');
const only = values.only?.split(',');
if (!only) rmSync(folder, { recursive: true, force: true });
mkdirSync(sheets, { recursive: true });

const WIDE = { width: 800, height: 700 };
const NARROW = { width: 500, height: 900 };
const LOOKS = [
  { name: 'light', theme: 'Light 2026', kind: 'vs', size: WIDE },
  { name: 'contrast', theme: 'Default High Contrast', kind: 'hc-black', size: WIDE },
  { name: 'dark', theme: 'Dark 2026', kind: 'vs-dark', size: WIDE },
  { name: 'narrow', theme: 'Dark 2026', kind: 'vs-dark', size: NARROW },
];

/** In the narrow window twice: without the mouse, so that nothing hides the view, and with the tooltip open. */
async function look(window, state, { name, theme, kind, size }) {
  const { page } = window;
  await page.setViewportSize(size);
  // Over nothing that has a tooltip of its own.
  await page.mouse.move(5, 60);
  await window.exec(
    (vscode, to) =>
      vscode.workspace.getConfiguration('workbench').update('colorTheme', to, vscode.ConfigurationTarget.Global),
    theme,
  );
  await page.locator(`.monaco-workbench.${kind}`).waitFor({ timeout: 20_000 });
  const shot = (what) => window.shot(path.join(folder, `${state}-${what}.png`));
  // The mouse keeps the tooltip of the look before open while it is on it.
  await page.locator('.workbench-hover-container').waitFor({ state: 'hidden', timeout: 5_000 });
  if (name === 'narrow') {
    await page.waitForTimeout(400);
    await shot('view');
  }
  await window.status.hover();
  const hover = page.locator('.workbench-hover-container .hover-contents', { hasText: /router/i });
  const seen = await hover
    .first()
    .waitFor({ timeout: 10_000 })
    .then(
      () => true,
      () => false,
    );
  if (!seen) console.error(`   no tooltip in ${name}`);
  await page.waitForTimeout(200);
  await shot(name);
}

/** Messages come when they want; nothing that matters may live there alone, so the pictures are without them. */
const veil = (window, on) =>
  window.page.evaluate((hidden) => {
    for (const part of document.querySelectorAll('.notifications-toasts')) part.style.opacity = hidden ? '0' : '';
  }, on);

/** All pictures of a state on one sheet, made by the browser that is there anyway. */
async function sheet(context, state) {
  const page = await context.newPage();
  const names = [...LOOKS.map(({ name }) => name), 'view'].map((name) => `${state}-${name}.png`);
  const pictures = names
    .filter((name) => existsSync(path.join(folder, name)))
    .map((name) => `<figure><figcaption>${name}</figcaption><img src="file://${path.join(folder, name)}"></figure>`);
  const html = path.join(sheets, `${state}.html`);
  writeFileSync(
    html,
    `<style>body{margin:0;display:flex;flex-wrap:wrap;gap:8px;width:1620px;font:12px sans-serif}figure{margin:0}img{display:block}</style>${pictures.join('')}`,
  );
  await page.goto(`file://${html}`);
  await page.screenshot({ path: path.join(sheets, `${state}.png`), fullPage: true });
  await page.close();
}

const world = await makeWorld();
const editor = await startEditor('states', {
  settings: {
    'llmRouter.port': 0,
    'llmRouter.lingerSeconds': 0,
    'http.proxy': world.cloud.internet.proxyUrl,
    // The tooltip opens on the left, over nothing.
    'workbench.sideBar.location': 'right',
    'workbench.hover.delay': 100,
  },
  env: world.env,
});
// Ended by hand: no server stays behind.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const failed = [];
try {
  const window = await editor.open('project');
  await window.status.waitFor({ timeout: 60_000 });
  await window.page.locator('.composite-bar .action-item a[aria-label^="LLM Router"]').first().click();
  await window.exec((vscode) => vscode.commands.executeCommand('llmRouter.dashboard.focus'));
  const ready = { ...world, editor, window };
  for (const { name, shows, cause, undo } of CAUSES) {
    if (only && !only.includes(name) && name !== 'online') continue;
    console.log(`── ${name}`);
    try {
      await cause(ready);
      console.log(`   ${(await window.statusShows(shows, 90_000)).trim()}`);
      await veil(window, true);
      for (const one of LOOKS) {
        // Some states do not last.
        if (!shows.test((await window.status.textContent()) ?? '')) {
          await cause(ready);
          await window.statusShows(shows, 90_000);
        }
        await look(window, name, one);
      }
      console.log(`   ${(await window.status.textContent()).trim()} afterwards`);
    } catch (error) {
      failed.push(name);
      console.error(`   ${error.message}\n${editor.server.hostLogs().slice(-1_500)}`);
      await window.shot(path.join(folder, `${name}-failed.png`)).catch(() => {});
    }
    await veil(window, false).catch(() => {});
    await window.clearToasts().catch(() => {});
    await undo?.(ready)?.catch((error) => console.error(`   not undone: ${error.message}`));
    await sheet(editor.context, name);
  }
} finally {
  await editor.stop();
  await world.end();
}
console.log(`${readdirSync(folder).filter((name) => name.endsWith('.png')).length} pictures in ${folder}`);
if (failed.length > 0) console.log(`not reached: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
