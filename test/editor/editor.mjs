// What every suite with windows starts from: one editor with the packed .vsix, one browser, pictures in test/.artefacts/.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { publishRelease, startCloud } from './cloud.mjs';
import { artefacts } from './pack.mjs';
import { routersOf } from './processes.mjs';
import { QUIET_SETTINGS, startServer, until } from './server.mjs';
import { KEY } from './upstream.mjs';
import { launchBrowser, newContext, openWindow } from './workbench.mjs';

const version = process.env.EDITOR_VERSION;

/**
 * For a test that another suite makes in the other editor as well, or whose subject is not the editor: `why` names what stands
 * for it there.
 */
export const itOnlyIn = (editor, title, why, work) =>
  version === editor ? it(title, work) : it.skip(`${title} (${why})`);

/** Starts the editor; `name` is the suite's. Options as for startServer. */
export async function startEditor(name, options = {}) {
  const dir = path.join(artefacts, `${name}-${version}`);
  const shots = path.join(artefacts, 'shots', version);
  mkdirSync(shots, { recursive: true });
  const server = await startServer({ dir, version, vsix: [process.env.EDITOR_VSIX], ...options });
  const browser = await launchBrowser();
  const context = await newContext(browser);
  return {
    server,
    context,
    version,
    /** A window on a folder of its own, in the browser context that all windows share. */
    async open(folderName) {
      const folder = path.join(dir, folderName);
      mkdirSync(folder, { recursive: true });
      return await openWindow(context, server, { folder });
    },
    openEmpty: () => openWindow(context, server),
    shot: (window, title, clip, suite = name) => window.shot(path.join(shots, `${suite}-${title}.png`), clip),
    /** Closes everything; the router process has to end by itself. */
    async stop() {
      await Promise.all(context.pages().map((page) => page.close().catch(() => {})));
      await browser.close();
      await server.stop();
      await until(() => routersOf(server).length === 0, 'the end of the router process after the last window', 60_000);
    },
  };
}

/** The one editor of this process, the made-up internet around it, and the window that was opened last. */
let shared;

/**
 * The editor for a suite with windows. The first suite of a process starts it; the next one goes on in the window that it
 * finds, with its own settings and nothing open, since to load a window costs 13 seconds of computing. Keys and what was
 * answered to messages stay. `internet`: the proxy setting leads into the made-up internet; `machineSettings` count for
 * the suite that starts.
 */
export async function joinEditor(name, { settings: own = {}, internet = false, machineSettings } = {}) {
  const joins = shared?.window !== undefined;
  shared ??= await surroundings();
  const { cloud, pace, env } = shared;
  const proxy = internet ? { 'http.proxy': cloud.internet.proxyUrl } : {};
  const settings = { 'llmRouter.port': 0, ...proxy, ...own };
  if (joins) await startAfresh(shared.window, settings);
  else shared.editor ??= await startEditor(name, { settings, machineSettings, env });
  const { server, shot } = shared.editor;
  const keep = async (opening) => {
    shared.window = await opening;
    return shared.window;
  };
  return {
    server,
    cloud,
    pace,
    open: (folderName) => keep(shared.editor.open(folderName)),
    openEmpty: () => keep(shared.editor.openEmpty()),
    /** The window to begin with: what the suite before left, else a new one. */
    begin: (folderName) => (joins ? shared.window : keep(shared.editor.open(folderName))),
    shot: (window, title, clip) => shot(window, title, clip, name),
  };
}

/** After the last suite of a process. */
export async function leaveEditor() {
  await shared?.editor?.stop();
  await shared?.cloud.stop();
}

async function surroundings() {
  const cloud = await startCloud();
  return { cloud, pace: publishRelease(cloud), env: { NODE_EXTRA_CA_CERTS: cloud.caFile, LOOP_TOKEN: KEY } };
}

/** Nothing open, no message, and these settings instead of the last suite's. */
async function startAfresh(window, settings) {
  for (const command of ['closeAllEditors', 'closeSidebar', 'closePanel'])
    await window.exec((vscode, id) => vscode.commands.executeCommand(id), `workbench.action.${command}`);
  await window.clearToasts();
  window.external.length = 0;
  // Last: they may bring a message that the suite waits for.
  const fresh = { ...QUIET_SETTINGS, ...settings };
  const gone = Object.keys(window.server.settings()).filter((key) => !(key in fresh));
  await window.exec(takeSettings, fresh, gone);
}

/** In the extension host. */
async function takeSettings(vscode, settings, gone) {
  const configuration = vscode.workspace.getConfiguration();
  for (const key of gone) await configuration.update(key, undefined, vscode.ConfigurationTarget.Global);
  for (const [key, value] of Object.entries(settings)) {
    const now = configuration.inspect(key)?.globalValue;
    if (JSON.stringify(now) !== JSON.stringify(value))
      await configuration.update(key, value, vscode.ConfigurationTarget.Global);
  }
}

/** Adds a picture to a failed test, so that what went wrong can be seen. */
export async function pictureOfFailure(test, editor, window) {
  if (test?.state !== 'failed' || !window) return;
  await editor.shot(window, `failed-${test.title.replace(/\W+/g, '-').slice(0, 60)}`).catch(() => {});
  console.error(editor.server.hostLogs());
}
