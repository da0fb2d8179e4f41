// Runs inside the extension host of a real editor: what the manifest promises is there and answers in every state.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS, EXTENSION_ID } from '../../../src/editor/ids';
import { settingsSchema } from '../../../src/settings/schema';
import { chatSuite } from './chatSuite';

/** Set by the runner: a free port that stands in the user settings. */
const port = Number(process.env.INHOST_PORT);
const url = `http://127.0.0.1:${port}`;

async function until(look: () => Promise<boolean>, what: string, ms = 20_000): Promise<void> {
  for (const end = Date.now() + ms; !(await look()); await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s for ${what}`);
  }
}
const serves = async (): Promise<boolean> => (await fetch(`${url}/health`).catch(() => undefined))?.ok === true;
const command = (id: string): Thenable<unknown> => vscode.commands.executeCommand(id);

async function copied(id: string): Promise<string> {
  await vscode.env.clipboard.writeText('');
  await command(id);
  return await vscode.env.clipboard.readText();
}
async function ask(model: string, key: string): Promise<Response> {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] });
  return await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body,
  });
}

/** Runs a command that may wait for input, closes what it opened, and waits for its end. */
async function answers(id: string): Promise<void> {
  let over = false;
  const run = Promise.resolve(command(id)).finally(() => {
    over = true;
  });
  await until(async () => {
    if (!over) await command('workbench.action.closeQuickOpen');
    return over;
  }, `the end of ${id}`);
  await run;
}

describe('the extension in its host', function () {
  this.timeout(60_000);
  const extension = vscode.extensions.getExtension(EXTENSION_ID);
  assert.ok(extension, `${EXTENSION_ID} is not installed`);
  const manifest = extension.packageJSON.contributes as {
    commands: { command: string; category: string }[];
    configuration: { properties: Record<string, { scope?: string; default?: unknown }> }[];
  };

  before(async () => {
    await extension.activate();
    await until(serves, 'the router after activation');
  });

  it('registers exactly the commands that the manifest declares', async () => {
    const declared = manifest.commands.map((entry) => entry.command).sort();
    assert.deepEqual(declared, Object.values(COMMANDS).sort());
    // A view brings commands of the editor's own, such as llmRouter.requests.focus.
    const registered = (await vscode.commands.getCommands(true)).filter((id) => /^llmRouter\.[^.]+$/.test(id)).sort();
    assert.deepEqual(registered, declared);
    assert.ok(manifest.commands.every((entry) => entry.category === 'LLM Router'));
  });

  it('has the defaults of the schema, and no setting that a workspace could change', () => {
    const defaults = settingsSchema.parse({}) as Record<string, unknown>;
    for (const [key, property] of manifest.configuration.flatMap(({ properties }) => Object.entries(properties))) {
      const name = key.replace(/^llmRouter\./, '');
      const wanted = name
        .split('.')
        .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], defaults);
      const shown = vscode.workspace.getConfiguration().inspect(key)?.defaultValue;
      if (wanted === undefined)
        assert.ok(property.default === undefined, `${key} has a default that the schema does not know`);
      else assert.deepEqual(shown, wanted, key);
      assert.equal(property.scope, 'application', key);
    }
  });

  it('gives out a key that the router accepts, and no other', async () => {
    const key = await copied(COMMANDS.copyApiKey);
    assert.match(key, /^sk-[\w-]{43}$/);
    assert.equal((await ask('demo/echo', key)).status, 200);
    assert.equal((await ask('demo/echo', 'sk-wrong')).status, 401);
  });

  it('puts a changed setting in force for the next request', async () => {
    const key = await copied(COMMANDS.copyApiKey);
    const settings = vscode.workspace.getConfiguration('llmRouter');
    assert.equal((await ask('my-alias', key)).status, 404);
    await settings.update('aliases', { 'my-alias': 'demo/echo' }, vscode.ConfigurationTarget.Global);
    await until(async () => (await ask('my-alias', key)).status === 200, 'the alias');
    await settings.update('aliases', undefined, vscode.ConfigurationTarget.Global);
    await until(async () => (await ask('my-alias', key)).status === 404, 'the end of the alias');
  });

  it('keeps serving when a setting is wrong', async () => {
    const key = await copied(COMMANDS.copyApiKey);
    const settings = vscode.workspace.getConfiguration('llmRouter');
    await settings.update('backends', [{ name: 'has space', baseUrl: 'nonsense' }], vscode.ConfigurationTarget.Global);
    await command(COMMANDS.showLog);
    assert.equal((await ask('demo/echo', key)).status, 200);
    await settings.update('backends', undefined, vscode.ConfigurationTarget.Global);
  });

  it('copies no URL while no tunnel works', async () => {
    assert.equal(await copied(COMMANDS.copyBaseUrl), '');
  });

  const answering = Object.values(COMMANDS).filter((id) => !/(start|stop|restart)Router$/.test(id));
  it('answers to every command while running', async () => {
    for (const id of answering) await answers(id);
    assert.ok(await serves());
  });

  it('stops, answers to every command while stopped, and starts again', async () => {
    await command(COMMANDS.stopRouter);
    await until(async () => !(await serves()), 'the end of the listener');
    await command(COMMANDS.stopRouter);
    for (const id of answering) await answers(id);
    assert.ok(!(await serves()), 'something started the router');
    await command(COMMANDS.startRouter);
    await until(serves, 'the router');
    await command(COMMANDS.startRouter);
  });

  it('restarts on the same port with the same key', async () => {
    const key = await copied(COMMANDS.copyApiKey);
    await command(COMMANDS.restartRouter);
    await until(serves, 'the router');
    assert.equal((await ask('demo/echo', key)).status, 200);
  });
});

chatSuite();
