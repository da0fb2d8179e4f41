/** How Cursor's servers reach the router: consent to cloudflared, other ways, a new URL. */
import { type QuickPickItem, ThemeIcon, window } from 'vscode';
import { tunnelKeyName } from '../../settings/keyNames';
import { tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { sayInformation, sayWarning } from '../say';
import { writeSetting } from '../settings';
import { phaseOf } from '../view';
import { chooseBinary, install } from './install';

export function tunnelCommands(
  editor: Editor,
): Pick<Handlers, 'newTunnelUrl' | 'setUpTunnel' | 'installCloudflared' | 'setTunnelSecret'> {
  return {
    async newTunnelUrl() {
      if (phaseOf(editor.view) !== 'running')
        return void tell(editor, {
          severity: 'info',
          text: 'The router is not running, so there is no tunnel.',
          actions: ['Start Router'],
        });
      const { tunnel } = editor.view.state ?? {};
      if (tunnel?.provider !== 'cloudflared') {
        return void tell(editor, {
          severity: 'info',
          text: 'Only a Cloudflare quick tunnel can get a new URL; the URL of this tunnel is fixed.',
          actions: ['Set Up Tunnel…'],
        });
      }
      const confirm = 'Get New URL';
      const detail = `The present one${tunnel.publicUrl ? ` (${tunnel.publicUrl})` : ''} stops working for good. The new one has to be pasted into Cursor.`;
      if ((await sayWarning('Get a new public URL?', { modal: true, detail }, confirm)) === confirm)
        await editor.router.renewUrl();
    },
    setUpTunnel: () => setUpTunnel(editor),
    installCloudflared: async () => void (await install(editor)),
    setTunnelSecret: () => setTunnelSecret(editor),
  };
}

async function setUpTunnel(editor: Editor): Promise<void> {
  const ways: (QuickPickItem & { run: () => Promise<void> })[] = [
    {
      label: 'Cloudflare quick tunnel',
      description: 'no account',
      detail:
        'Downloads cloudflared once if it is missing. No uptime guarantee; the URL stays as long as Cloudflare keeps it.',
      iconPath: new ThemeIcon('cloud'),
      run: () => useQuickTunnel(editor),
    },
    {
      label: 'Choose the cloudflared program…',
      description: 'a file on this machine',
      iconPath: new ThemeIcon('file-binary'),
      run: () => chooseBinary(),
    },
    {
      label: 'Your own Cloudflare tunnel',
      description: 'account and domain, fixed URL',
      iconPath: new ThemeIcon('verified'),
      run: async () => {
        const hostname = await askText(
          'Public hostname of your tunnel',
          'llm.example.com',
          /^[a-z\d-]+(\.[a-z\d-]+)+$/i,
        );
        if (!hostname) return;
        await setTunnelSecret(editor, 'cloudflared-named');
        await writeSetting('tunnel.hostname', hostname);
        await useProvider(editor, 'cloudflared-named');
      },
    },
    {
      label: 'ngrok',
      description: 'account, one free stable URL',
      iconPath: new ThemeIcon('globe'),
      run: () => useProvider(editor, 'ngrok'),
    },
    {
      label: 'Tailscale Funnel',
      description: 'needs Tailscale',
      iconPath: new ThemeIcon('globe'),
      run: () => useProvider(editor, 'tailscale'),
    },
    {
      label: 'A public URL of your own',
      description: 'reverse proxy, VPS',
      iconPath: new ThemeIcon('link'),
      run: async () => {
        const url = await askText(
          'Public URL that leads to this router',
          'https://llm.example.com',
          /^https:\/\/[^\s/]+\.[^\s]+$/i,
        );
        if (!url) return;
        await writeSetting('tunnel.url', url);
        await useProvider(editor, 'custom');
      },
    },
    {
      label: 'Local only',
      description: 'no tunnel; Cursor cannot reach the router',
      iconPath: new ThemeIcon('home'),
      run: () => useProvider(editor, 'none'),
    },
  ];
  const picked = await window.showQuickPick(ways, {
    title: 'Set Up Tunnel',
    placeHolder: 'How should Cursor reach the router?',
  });
  await picked?.run();
}

/** Writes the choice; starting again is the router's own answer to changed settings. */
async function useProvider(editor: Editor, provider: string): Promise<void> {
  await writeSetting('tunnel.provider', provider);
  await editor.push();
}

async function useQuickTunnel(editor: Editor): Promise<void> {
  await useProvider(editor, 'cloudflared');
  if (editor.view.state?.tunnel.needsBinary) await install(editor);
}

async function askText(title: string, placeHolder: string, wanted: RegExp): Promise<string | undefined> {
  const validateInput = (text: string): string | undefined =>
    wanted.test(text.trim()) ? undefined : `Write it as ${placeHolder}.`;
  return (await window.showInputBox({ title, placeHolder, ignoreFocusOut: true, validateInput }))?.trim();
}

async function setTunnelSecret(editor: Editor, provider?: string): Promise<void> {
  const chosen = provider ?? (await pickSecretOwner());
  if (!chosen) return;
  const title = chosen === 'ngrok' ? 'Authtoken of ngrok' : 'Token of your Cloudflare tunnel';
  const text = await window.showInputBox({
    title,
    prompt: 'Stored in the secret storage of the editor',
    password: true,
    ignoreFocusOut: true,
  });
  // The provider's page shows a whole command line; the token is its last word.
  const secret = text?.trim().split(/\s+/).at(-1);
  if (!secret) return;
  await editor.keys.set(tunnelKeyName(chosen), secret);
  await editor.push();
  void sayInformation('The tunnel secret is stored.');
}

async function pickSecretOwner(): Promise<string | undefined> {
  const items = [
    { label: 'Your own Cloudflare tunnel', provider: 'cloudflared-named' },
    { label: 'ngrok', provider: 'ngrok' },
  ];
  return (await window.showQuickPick(items, { title: 'Set Tunnel Secret' }))?.provider;
}
