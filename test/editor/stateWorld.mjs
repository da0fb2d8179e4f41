// The made-up world of states.mjs: internet, provider, what Cursor holds, and what each cause of a state is made of.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { publishRelease, startCloud, visit } from './cloud.mjs';
import { processesWith, routersOf } from './processes.mjs';
import { until } from './server.mjs';
import { ensureEditor } from './setup.mjs';

const KEY = 'sk-upstream-0123456789';
/** What comes after the name in the status bar. */
export const after = (words) => new RegExp(`LLM Router: ${words}`);
export const ONLINE = /^\s*LLM Router\s*$/;

/** The made-up internet, and a provider whose every answer can be chosen. */
export async function makeWorld() {
  const cloud = await startCloud();
  const pace = publishRelease(cloud);
  const provider = { status: 200, headers: {}, body: undefined, read: 5, credits: undefined };
  const server = http.createServer(async (request, response) => {
    for await (const _ of request);
    const send = (status, body) =>
      response.writeHead(status, { 'content-type': 'application/json', ...provider.headers }).end(JSON.stringify(body));
    if (request.url.endsWith('/credits')) return send(provider.credits ? 200 : 404, { data: provider.credits });
    if (request.url.endsWith('/models')) return send(200, { object: 'list', data: [{ id: 'm', object: 'model' }] });
    send(
      provider.status,
      provider.status === 200 ? answer(provider.read) : { error: { message: provider.body, type: 'error' } },
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    cloud,
    pace,
    provider,
    providerUrl: `http://127.0.0.1:${server.address().port}/v1`,
    env: { NODE_EXTRA_CA_CERTS: cloud.caFile, LOOP_TOKEN: KEY },
    /** What one state leaves for the next: URL and key as copied. */
    kept: {},
    async end() {
      await cloud.stop();
      server.close();
      server.closeAllConnections();
    },
  };
}

const answer = (read) => ({
  ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm' },
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: read, completion_tokens: 4, total_tokens: read + 4 },
});

export const online = ({ window }) => window.statusShows(ONLINE, 90_000);
/** A request of Cursor's servers. */
export const ask = ({ cloud, kept }, model, { key = kept.key, content = 'hello' } = {}) =>
  visit(cloud, kept.url, { key, body: { model, messages: [{ role: 'user', content }] } });
export const copyUrl = async ({ window, kept }) => {
  // The one before may stand there still.
  await window.setClipboard('');
  kept.url = await window.copied('llmRouter.copyBaseUrl', /^https:/);
};
export const run = ({ window }, command) =>
  window.exec((vscode, id) => void vscode.commands.executeCommand(id), `llmRouter.${command}`);
export async function newUrl(world) {
  await world.window.command('LLM Router: New Tunnel URL');
  await world.window.modalButton('Get New URL').click();
}
export async function backends(world, ...list) {
  await world.window.setting('backends', list.length > 0 ? list : undefined);
  // In force when the tooltip could name it.
  await world.window.page.waitForTimeout(1_000);
}
export const loop = ({ providerUrl }, more) => ({
  name: 'loop',
  baseUrl: providerUrl,
  apiKeyEnv: 'LOOP_TOKEN',
  ...more,
});

/** What Cursor holds, in a file of its form, beside the extension's storage as in Cursor. */
export async function cursorHolds(world, { url, on = true, models = ['fast'], key = world.kept.key }) {
  const file = path.join(world.editor.server.data, 'User/globalStorage/state.vscdb');
  rmSync(file, { force: true });
  const row = 'src.vs.platform.reactivestorage.browser.reactiveStorageServiceImpl.persistentStorage.applicationUser';
  const state = {
    useOpenAIKey: on,
    openAIBaseUrl: url === undefined ? world.kept.url : url,
    aiSettings: { userAddedModels: models },
  };
  const rows = [[row, JSON.stringify(state)], ...(key ? [['cursorAuth/openAIKey', key]] : [])];
  const write = `const { DatabaseSync } = require('node:sqlite');
    const db = new DatabaseSync(${JSON.stringify(file)});
    db.exec('CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)');
    for (const [key, value] of ${JSON.stringify(rows)}) db.prepare('INSERT INTO ItemTable VALUES (?, ?)').run(key, value);
    db.close();`;
  // The Node that runs this may have no databases yet.
  execFileSync(ensureEditor(world.editor.version).node, ['-e', write], { stdio: ['ignore', 'ignore', 'pipe'] });
  await readAgain(world);
}
export async function cursorGone(world) {
  rmSync(path.join(world.editor.server.data, 'User/globalStorage/state.vscdb'), { force: true });
  await readAgain(world);
}
/** With each news of the settings the file is read, else every 15 s. */
async function readAgain({ window }) {
  for (const shows of ['cost', undefined]) {
    await window.setting('statusBar.shows', shows);
    await window.page.waitForTimeout(500);
  }
}
/** The files of the installed extension. */
export const program = ({ editor }) => path.join(editor.server.dir, 'ext', installedIn(editor), 'dist/router.js');
const installedIn = (editor) =>
  JSON.parse(readFileSync(path.join(editor.server.dir, 'ext/extensions.json'), 'utf8')).find(
    ({ identifier }) => identifier.id === 'llm-router.llm-router',
  ).relativeLocation;

export async function killRouter(world) {
  const old = routersOf(world.editor.server);
  for (const pid of old) process.kill(pid, 'SIGKILL');
  await until(() => routersOf(world.editor.server).every((pid) => !old.includes(pid)), 'the end of the router');
}
export const cloudflared = ({ cloud }) => processesWith(cloud.binPath, 'tunnel');
