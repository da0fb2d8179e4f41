/** How Cursor's servers reach the router: consent to cloudflared, other ways, a new URL. */
import { CancellationError, ProgressLocation, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { tunnelKeyName } from '../../settings/keyNames';
import { tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { sayInformation, sayWarning } from '../say';
import { writeSetting } from '../settings';
import { phaseOf } from '../view';

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

/** A file chosen by a person becomes the tunnel's program. */
export async function chooseBinary(): Promise<void> {
  const files = await window.showOpenDialog({ title: 'Choose the cloudflared program', openLabel: 'Use This Program' });
  const [file] = files ?? [];
  if (!file) return;
  await writeSetting('tunnel.binary', file.fsPath);
  await writeSetting('tunnel.provider', undefined);
}

/** Downloads cloudflared with visible progress; Cancel ends the download, leaves nothing behind and is told apart from a failure. */
export async function install(editor: Editor): Promise<'installed' | 'failed' | 'cancelled'> {
  const controller = new AbortController();
  try {
    await window.withProgress(
      { location: ProgressLocation.Notification, title: 'Installing cloudflared', cancellable: true },
      async (progress, token) => {
        token.onCancellationRequested(() => controller.abort());
        let done = 0;
        const stop = editor.router.onProgress(({ message, fraction }) => {
          const percent = fraction === undefined ? done : Math.floor(fraction * 100);
          progress.report({ message, increment: Math.max(0, percent - done) });
          done = Math.max(done, percent);
        });
        try {
          const { path } = await editor.router.installCloudflared(controller.signal);
          editor.log.info(`cloudflared is installed: ${path}`);
        } finally {
          stop();
        }
      },
    );
  } catch (error) {
    if (controller.signal.aborted || error instanceof CancellationError) {
      void sayInformation('The download was cancelled. The router works on this machine only.');
      return 'cancelled';
    }
    const text = `cloudflared was not installed: ${error instanceof Error ? error.message : String(error)}`;
    void tell(editor, { severity: 'error', text, actions: ['Set Up Tunnel…', 'Show Log'] });
    return 'failed';
  }
  if (phaseOf(editor.view) === 'running') await editor.router.start();
  return 'installed';
}
