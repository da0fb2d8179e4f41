/** The one place of a window that holds the router client: pushes settings and keys, and makes the view that everything shows. */
import { type Disposable, EventEmitter, type ExtensionContext, type LogOutputChannel, window, workspace } from 'vscode';
import { connectRouter, type RouterClient } from '../process/client';
import type { ConfigResult } from '../process/contract';
import { nodeSpawner } from '../process/spawnRouter';
import { errorWords, SaidError, wordsOf } from '../said';
import { CLIENT_KEY, FIXED_KEYS } from '../settings/keyNames';
import { VERSION } from '../version';
import { createSwitchStore, keptHere, type SwitchStore } from './connect/switchMemory';
import { SECTION } from './ids';
import { createKeyStore, type KeyStore } from './keyStore';
import { networkSettings } from './network';
import { createMadeKeys, ensureOwnKeys, LostKeyError, type MadeKeys } from './ownKeys';
import { say } from './sentences';
import { autoStart, configuredModels, namedKeys, writtenSettings } from './settings';
import { createStamper } from './stamp';
import { createStopFlag } from './stopFlag';
import { keyHint, type View } from './view';

/** What commands and views work with. */
export interface Editor extends Disposable {
  readonly context: ExtensionContext;
  readonly log: LogOutputChannel;
  readonly keys: KeyStore;
  /** Which keys this installation has made, whatever the storage says. */
  readonly made: MadeKeys;
  readonly router: RouterClient;
  readonly view: View;
  /** What was done about the switch of Cursor's OpenAI key. */
  readonly cursorSwitch: SwitchStore;
  onDidChangeView(listener: (view: View) => void): Disposable;
  onDidPush(listener: (result: ConfigResult) => void): Disposable;
  /** Sends the present settings and keys now; resolves to whether the settings are in force. Never rejects. */
  push(): Promise<boolean>;
  /** A person's Start, Stop and Restart: remembered for windows that open later. */
  start(): Promise<void>;
  stop(): Promise<void>;
  restart(): Promise<void>;
}

/** Changes come in bursts (a settings file is saved, several keys change); one push is enough. */
const GATHER_MS = 30;

export function createEditor(context: ExtensionContext, log: LogOutputChannel): Editor {
  const dataDir = context.globalStorageUri.fsPath;
  const keys = createKeyStore(context.secrets);
  const made = createMadeKeys(context.globalState);
  const stopped = createStopFlag(dataDir);
  const cursorSwitch = keptHere(
    createSwitchStore(dataDir, () => changed()),
    ({ message }) => {
      log.warn(`What was done about the switch of Cursor's key is known in this window only: ${message}`);
      changed();
    },
  );
  const stamper = createStamper(context.globalState, Date.now);
  const views = new EventEmitter<View>();
  const pushes = new EventEmitter<ConfigResult>();
  const router = connectRouter({
    dataDir,
    version: VERSION,
    spawn: nodeSpawner(process.execPath, context.asAbsolutePath('dist/router.js')),
    window: `${process.pid}`,
    autoStart: () => autoStart() && !stopped.isSet(),
  });
  let hint: string | undefined;
  let keyTrouble: Error | undefined;
  /** A person's Start that waits for the keys. */
  let startWaits: (() => Promise<unknown>) | undefined;
  let crashed = false;
  let cameBackAt: number | undefined;

  const currentView = (): View => {
    const view: View = { ...linkOf(router), models: configuredModels() };
    if (hint) view.keyHint = hint;
    if (keyTrouble) view.keyTrouble = errorWords(keyTrouble);
    if (keyTrouble instanceof LostKeyError) view.keyLost = true;
    if (cameBackAt) view.cameBackAt = cameBackAt;
    if (view.state?.cursorApp?.switchedOn === false && cursorSwitch.read().ownModels) view.ownModels = true;
    return view;
  };
  let view = currentView();
  const changed = (): void => {
    view = currentView();
    views.fire(view);
  };

  /** Undefined when the secret storage does not work: better no news for the router than news without keys. */
  async function readKeys(): Promise<Record<string, string> | undefined> {
    try {
      await ensureOwnKeys(keys, made);
      const secrets = await keys.all([...FIXED_KEYS, ...namedKeys()]);
      hint = secrets[CLIENT_KEY] && keyHint(secrets[CLIENT_KEY]);
      keyTrouble = undefined;
      return secrets;
    } catch (error) {
      keyTrouble = error instanceof Error ? error : new Error(String(error));
      log.error(keyTrouble.message);
      return undefined;
    }
  }

  async function pushNow(): Promise<boolean> {
    const secrets = await readKeys();
    if (!secrets) {
      changed();
      return false;
    }
    const push = await stamper.stamp({ settings: writtenSettings(), secrets, network: await networkSettings() });
    changed();
    const result = await router.pushConfig(push);
    log.debug(`Settings sent: ${result.applied ? 'in force' : `not in force (${result.reason})`}`);
    pushes.fire(result);
    const start = startWaits;
    startWaits = undefined;
    await start?.();
    return result.applied;
  }
  /** Without keys the router could only refuse everybody: a start waits for them, and says so. */
  async function startWithKeys(start: () => Promise<unknown>): Promise<void> {
    // A note that stays is for windows that open later; this start is wanted now.
    await stopped.set(false).catch((error: Error) => log.warn(`The note of the last Stop stays: ${error.message}`));
    await push();
    if (!keyTrouble) return void (await start());
    startWaits = start;
    throw keyTrouble;
  }
  let queue: Promise<unknown> = Promise.resolve();
  const push = (): Promise<boolean> => {
    const sent = queue.then(pushNow).catch((error: Error) => {
      log.error(`Settings were not sent: ${error.message}`);
      return false;
    });
    queue = sent;
    return sent;
  };
  let gathering: NodeJS.Timeout | undefined;
  const pushSoon = (): void => {
    clearTimeout(gathering);
    gathering = setTimeout(() => void push(), GATHER_MS);
  };

  const subscriptions: Disposable[] = [
    views,
    pushes,
    { dispose: router.onState(changed) },
    {
      dispose: router.onClientState(({ name }) => {
        if (name === 'waiting') crashed = true;
        if (name === 'connected' && crashed) {
          crashed = false;
          cameBackAt = Date.now();
        }
        changed();
      }),
    },
    { dispose: router.onConfigResult((result) => pushes.fire(result)) },
    keys.onDidChange(pushSoon),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SECTION) || event.affectsConfiguration('http')) pushSoon();
    }),
    window.onDidChangeWindowState((state) => {
      if (!state.focused) return;
      router.focus();
      if (keyTrouble) pushSoon();
    }),
    { dispose: () => clearTimeout(gathering) },
    { dispose: () => router.dispose() },
  ];

  return {
    context,
    log,
    keys,
    made,
    router,
    cursorSwitch,
    get view() {
      return view;
    },
    onDidChangeView: views.event,
    onDidPush: pushes.event,
    push,
    dispose: () => subscriptions.forEach((subscription) => void subscription.dispose()),
    start: () => startWithKeys(router.start),
    async stop() {
      startWaits = undefined;
      const refused = await stopped.set(true).then(() => undefined, errorWords);
      await router.stop();
      if (refused !== undefined) throw new SaidError(say.stopNotKept(refused));
    },
    restart: () => startWithKeys(router.restart),
  };
}

function linkOf(router: RouterClient): Pick<View, 'link' | 'message' | 'state'> {
  const client = router.clientState;
  switch (client.name) {
    case 'connecting':
    case 'starting':
      return { link: 'connecting' };
    case 'waiting':
      return { link: 'connecting', message: wordsOf(client) };
    case 'connected':
      return router.state ? { link: 'connected', state: router.state } : { link: 'connecting' };
    case 'failed':
    case 'incompatible':
      return { link: 'failed', message: wordsOf(client) };
    case 'closed':
      return { link: 'off' };
  }
}
