/** The dashboard: the same page as a view of the side bar and as a panel. It shows what the router knows and keeps nothing; hidden, nothing runs. */
import { randomBytes } from 'node:crypto';
import { commands, type Disposable, env, l10n, Uri, ViewColumn, type Webview, type WebviewPanel, window } from 'vscode';
import { readFromPage } from '../../webview/pageMessages';
import type { Editor } from '../controller';
import { COMMANDS, DASHBOARD_VIEW } from '../ids';
import { mend } from '../mend';
import { createLive } from './live';
import { dayBefore } from './periods';
import { DAYS, dashboardSnapshot, type Facts, mendingOf } from './snapshot';

const REQUESTS = 60;
const MONTH_DAYS = 30;

export interface Dashboard extends Disposable {
  /** Shows the panel; there is one a window. */
  open(): void;
}

export function createDashboard(editor: Editor): Dashboard {
  let panel: WebviewPanel | undefined;
  const pages = new Set<Disposable>();
  const serve = (webview: Webview, host: VisibleHost): void => {
    const page = servePage(editor, webview, host);
    pages.add(page);
    host.onDidDispose(() => {
      page.dispose();
      pages.delete(page);
    });
  };
  const registration = window.registerWebviewViewProvider(DASHBOARD_VIEW, {
    resolveWebviewView: (view) =>
      serve(view.webview, {
        place: 'side',
        isVisible: () => view.visible,
        onDidChange: (listener) => view.onDidChangeVisibility(listener),
        onDidDispose: (listener) => view.onDidDispose(listener),
      }),
  });
  return {
    open() {
      if (panel) return panel.reveal();
      const opened = window.createWebviewPanel(DASHBOARD_VIEW, 'LLM Router', ViewColumn.Active);
      opened.iconPath = Uri.joinPath(editor.context.extensionUri, 'media/icon.png');
      panel = opened;
      serve(opened.webview, {
        place: 'panel',
        isVisible: () => opened.visible,
        onDidChange: (listener) => opened.onDidChangeViewState(listener),
        onDidDispose: (listener) => opened.onDidDispose(listener),
      });
      opened.onDidDispose(() => (panel = undefined));
    },
    dispose: () => {
      registration.dispose();
      panel?.dispose();
      for (const page of pages) page.dispose();
    },
  };
}

interface VisibleHost {
  place: 'side' | 'panel';
  isVisible(): boolean;
  onDidChange(listener: () => void): Disposable;
  onDidDispose(listener: () => void): Disposable;
}

function servePage(editor: Editor, webview: Webview, host: VisibleHost): Disposable {
  const live = createLive(editor, async () => {
    const facts = await gather(editor);
    await webview.postMessage(dashboardSnapshot(editor.view, facts, Date.now()));
  });
  const subscriptions = [
    live,
    host.onDidChange(() => {
      if (!host.isVisible()) live.watch(false);
    }),
    webview.onDidReceiveMessage((value: unknown) => {
      const message = readFromPage(value);
      if (!message) return editor.log.warn('The dashboard asked for something that is not known; nothing was done.');
      // The editor throws a hidden page away; each new one says that it is there.
      if (message.type === 'ready') {
        live.watch(false);
        live.watch(true);
      } else if (message.type === 'open') void commands.executeCommand(COMMANDS.openRequest, message.id);
      else if (message.type === 'mend') void mend(mendingOf(editor.view, message.text));
      else void commands.executeCommand(COMMANDS[message.command]);
    }),
  ];
  const dist = Uri.joinPath(editor.context.extensionUri, 'dist');
  webview.options = { enableScripts: true, localResourceRoots: [dist] };
  webview.html = pageHtml(webview, dist, host.place);
  return { dispose: () => subscriptions.forEach((subscription) => void subscription.dispose()) };
}

/** Sums and lists; empty where there is no router to ask. */
async function gather({ router, view }: Editor): Promise<Facts> {
  if (view.link !== 'connected') return { requests: [], days: [], models: [], backends: [], tunnel: [] };
  const now = Date.now();
  const to = dayBefore(now, 0);
  const [requests, days, models, backends, tunnel] = await Promise.all([
    router.recentRequests({ limit: REQUESTS }),
    router.usage({ by: 'day', from: dayBefore(now, DAYS - 1), to }),
    router.usage({ by: 'model', speed: 'recent', from: dayBefore(now, MONTH_DAYS - 1), to }),
    router.usage({ by: 'backend', from: dayBefore(now, MONTH_DAYS - 1), to }),
    router.tunnelHistory(),
  ]);
  return { requests, days, models, backends, tunnel };
}

function pageHtml(webview: Webview, dist: Uri, place: VisibleHost['place']): string {
  const nonce = randomBytes(16).toString('base64url');
  const uri = (name: string): string => webview.asWebviewUri(Uri.joinPath(dist, name)).toString();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}`;
  return `<!DOCTYPE html>
<html lang="${env.language}" data-place="${place}">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>LLM Router</title>
<link rel="stylesheet" href="${uri('webview.css')}">
</head>
<body>
<main id="root" data-words="${attribute(JSON.stringify(l10n.bundle ?? {}))}"></main>
<script nonce="${nonce}" src="${uri('webview.js')}"></script>
</body>
</html>`;
}

const attribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
