/** The dashboard page: draws each snapshot that the extension sends, keeps nothing of its own. */
import { render } from 'preact';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-tab-header/index.js';
import '@vscode-elements/elements/dist/vscode-tab-panel/index.js';
import '@vscode-elements/elements/dist/vscode-tabs/index.js';
import 'uplot/dist/uPlot.min.css';
import './dashboard.css';
import { Dashboard } from './dashboard';
import { type FromPage, readSnapshot, type Snapshot } from './pageMessages';
import { speak } from './words';

const editor = acquireVsCodeApi();
const root = document.getElementById('root') as HTMLElement;
const send = (message: FromPage): void => editor.postMessage(message);
let latest: Snapshot | undefined;
speak(JSON.parse(root.dataset.words ?? '{}') as Record<string, string>);

const draw = (): void => {
  if (latest) render(<Dashboard snapshot={latest} send={send} theme={document.body.className} />, root);
};

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const snapshot = readSnapshot(event.data);
  if (!snapshot) return;
  latest = snapshot;
  draw();
});
// Pictures are painted with the colours of the theme: another theme, another painting.
new MutationObserver(draw).observe(document.body, { attributes: true, attributeFilter: ['class'] });
send({ type: 'ready' });
