/** How Cursor's servers reach the router: consent to cloudflared, other ways, a new URL. */

import { type QuickPickItem, ThemeIcon, window } from 'vscode';
import { tunnelKeyName } from '../../settings/keyNames';
import { TUNNEL_NAMES, type TunnelKind } from '../../settings/tunnelKinds';
import { CARDS, cardOf } from '../../tunnel/cards';
import { downloadHelps } from '../../tunnel/tunnel';
import { isRunning, tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { sayInformation, sayWarning } from '../say';
import { writeSetting } from '../settings';
import { shown, t } from '../words';
import { chooseBinary, install } from './install';

export function tunnelCommands(
  editor: Editor,
): Pick<Handlers, 'newTunnelUrl' | 'setUpTunnel' | 'installCloudflared' | 'setTunnelSecret'> {
  return {
    async newTunnelUrl() {
      if (!isRunning(editor, t`The router is not running, so there is no tunnel.`)) return;
      const { tunnel } = editor.view.state ?? {};
      if (!tunnel || !cardOf(tunnel.provider)?.renewable) {
        return void tell(editor, {
          severity: 'info',
          text: t`Only a Cloudflare quick tunnel can get a new URL; the URL of this tunnel is fixed.`,
          actions: ['Set Up Tunnel…'],
        });
      }
      const confirm = 'Get New URL';
      const detail = t`The present one${tunnel.publicUrl ? ` (${tunnel.publicUrl})` : ''} stops working for good. The new one has to be pasted into Cursor.`;
      if ((await sayWarning(t`Get a new public URL?`, { modal: true, detail }, confirm)) === confirm)
        await editor.router.renewUrl();
    },
    setUpTunnel: () => setUpTunnel(editor),
    installCloudflared: async () => void (await install(editor)),
    setTunnelSecret: () => setTunnelSecret(editor),
  };
}

async function setUpTunnel(editor: Editor): Promise<void> {
  const kinds = TUNNEL_NAMES.map((kind) => {
    const { title, description, detail, icon } = CARDS[kind];
    return {
      label: shown(title),
      description: shown(description),
      ...(detail && { detail: shown(detail) }),
      iconPath: new ThemeIcon(icon),
      run: () => useKind(editor, kind),
    };
  });
  const ways: (QuickPickItem & { run: () => Promise<void> })[] = [
    ...kinds.slice(0, 1),
    {
      label: t`Choose the cloudflared program…`,
      description: t`a file on this machine`,
      iconPath: new ThemeIcon('file-binary'),
      run: async () => void (await chooseBinary()),
    },
    ...kinds.slice(1),
  ];
  const picked = await window.showQuickPick(ways, {
    title: t`Set Up Tunnel`,
    placeHolder: t`How should Cursor reach the router?`,
  });
  await picked?.run();
}

/** Asks for what the kind needs and writes the choice; starting again is the router's own answer to changed settings. */
async function useKind(editor: Editor, kind: TunnelKind): Promise<void> {
  const { asks, secret, program } = CARDS[kind];
  if (asks) {
    const text = await askText(shown(asks.title), asks.example, asks.form);
    if (!text) return;
    if (secret?.asked) await setTunnelSecret(editor, kind);
    await writeSetting(`tunnel.${asks.setting}`, text);
  }
  await writeSetting('tunnel.provider', kind);
  await editor.push();
  const tunnel = editor.view.state?.tunnel;
  if (program?.installable && tunnel && downloadHelps(tunnel)) await install(editor);
}

async function askText(title: string, placeHolder: string, wanted: RegExp): Promise<string | undefined> {
  const validateInput = (text: string): string | undefined =>
    wanted.test(text.trim()) ? undefined : t`Write it as ${placeHolder}.`;
  return (await window.showInputBox({ title, placeHolder, ignoreFocusOut: true, validateInput }))?.trim();
}

async function setTunnelSecret(editor: Editor, kind?: TunnelKind): Promise<void> {
  const chosen = kind ?? (await pickSecretOwner());
  const title = chosen && CARDS[chosen].secret?.title;
  if (!title) return;
  const text = await window.showInputBox({
    title: shown(title),
    prompt: t`Stored in the secret storage of the editor`,
    password: true,
    ignoreFocusOut: true,
  });
  // The provider's page shows a whole command line; the token is its last word.
  const secret = text?.trim().split(/\s+/).at(-1);
  if (!secret) return;
  await editor.keys.set(tunnelKeyName(chosen), secret);
  await editor.push();
  void sayInformation(t`The tunnel secret is stored.`);
}

async function pickSecretOwner(): Promise<TunnelKind | undefined> {
  const items = TUNNEL_NAMES.filter((kind) => CARDS[kind].secret).map((kind) => ({
    label: shown(CARDS[kind].title),
    owner: kind,
  }));
  return (await window.showQuickPick(items, { title: t`Set Tunnel Secret` }))?.owner;
}
