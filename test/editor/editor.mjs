// What every suite with windows starts from: one editor with the packed .vsix, one browser, pictures in test/.artefacts/.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { artefacts } from './pack.mjs';
import { routersOf } from './processes.mjs';
import { startServer, until } from './server.mjs';
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
    shot: (window, title, clip) => window.shot(path.join(shots, `${name}-${title}.png`), clip),
    /** Closes everything; the router process has to end by itself. */
    async stop() {
      await Promise.all(context.pages().map((page) => page.close().catch(() => {})));
      await browser.close();
      await server.stop();
      await until(() => routersOf(server).length === 0, 'the end of the router process after the last window', 60_000);
    },
  };
}

/** Adds a picture to a failed test, so that what went wrong can be seen. */
export async function pictureOfFailure(test, editor, window) {
  if (test?.state !== 'failed' || !window) return;
  await editor.shot(window, `failed-${test.title.replace(/\W+/g, '-').slice(0, 60)}`).catch(() => {});
  console.error(editor.server.hostLogs());
}
