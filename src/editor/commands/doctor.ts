/** Run Doctor: progress that can be cancelled, then every hop with the button that repairs it. */
import { commands, env, ProgressLocation, type QuickPickItem, QuickPickItemKind, ThemeIcon, window } from 'vscode';
import { markdownReport, summaryOf } from '../../doctor/report';
import type { DoctorAction, DoctorHop, DoctorReport } from '../../process/contract';
import { VERSION } from '../../version';
import type { Editor } from '../controller';
import { COMMANDS, type Handlers } from '../ids';
import { backendName, openSetting, writtenBackends } from '../settings';
import { phaseOf } from '../view';
import { setKey } from './keys';
import type { ShowPage } from './pages';

const ICONS: Record<DoctorHop['state'], string> = {
  ok: 'pass',
  warning: 'warning',
  failed: 'error',
  skipped: 'circle-slash',
};

export function doctorCommands(editor: Editor, showPage: ShowPage): Pick<Handlers, 'runDoctor'> {
  return {
    async runDoctor() {
      for (let paid = false; ; ) {
        const report = await examine(editor, paid);
        const choice = report && (await choose(report, paid));
        if (choice === 'paid') paid = true;
        else if (choice !== 'again') return await follow(editor, showPage, report, choice);
      }
    },
  };
}

/** Undefined when the person cancelled before anything was known. */
async function examine(editor: Editor, paid: boolean): Promise<DoctorReport | undefined> {
  if (phaseOf(editor.view) === 'failed') return unreachable(editor.view.message ?? 'The router could not be started.');
  const title = paid ? 'Doctor, with real requests' : 'Doctor';
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  const report = await window.withProgress(options, async (progress, token) => {
    const cancel = new AbortController();
    token.onCancellationRequested(() => cancel.abort());
    progress.report({ message: 'looking at every hop' });
    const told = (hop: DoctorHop): void => progress.report({ message: `${hop.title}: ${hop.state}` });
    return await editor.router
      .doctor({ paid, windowVersion: VERSION }, told, cancel.signal)
      .catch((error: Error) => unreachable(error.message));
  });
  return report.cancelled && report.hops.length === 0 ? undefined : report;
}

/** What can be said without a router: why there is none. */
function unreachable(why: string): DoctorReport {
  const action: DoctorAction = { title: 'Restart Router', command: COMMANDS.restartRouter };
  const fix = 'Restart the router; if that fails too, show the log.';
  return {
    version: VERSION,
    platform: `${process.platform} ${process.arch}`,
    at: new Date().toISOString(),
    ms: 0,
    hops: [{ id: 'process', title: 'Router process', state: 'failed', why, fix, action, ms: 0 }],
  };
}

type Choice = 'copy' | 'open' | 'again' | 'paid' | DoctorHop;
interface Item extends QuickPickItem {
  choice?: Choice;
}

async function choose(report: DoctorReport, paid: boolean): Promise<Choice | undefined> {
  const hops = report.hops.map(
    (hop): Item => ({
      label: hop.title,
      ...(hop.action && hop.state !== 'ok' && { description: hop.action.title }),
      detail: [hop.why, ...(hop.fix ? [`→ ${hop.fix}`] : [])].join(' '),
      iconPath: new ThemeIcon(ICONS[hop.state]),
      choice: hop,
    }),
  );
  const items: Item[] = [
    ...hops,
    { label: '', kind: QuickPickItemKind.Separator },
    { label: 'Copy Report', description: 'without keys and names', iconPath: new ThemeIcon('copy'), choice: 'copy' },
    { label: 'Open Report', iconPath: new ThemeIcon('open-preview'), choice: 'open' },
    { label: 'Run Again', iconPath: new ThemeIcon('refresh'), choice: 'again' },
    ...(paid
      ? []
      : [
          {
            label: 'Also Try Answers, Streaming and Tools',
            description: 'three small real requests to each backend, which may cost a little',
            iconPath: new ThemeIcon('beaker'),
            choice: 'paid',
          } satisfies Item,
        ]),
  ];
  const picked = await window.showQuickPick(items, {
    title: `Doctor: ${summaryOf(report)}`,
    placeHolder: 'Choose a line to repair it',
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  return picked?.choice;
}

async function follow(
  editor: Editor,
  showPage: ShowPage,
  report: DoctorReport | undefined,
  choice: Choice | undefined,
): Promise<void> {
  if (!report || choice === undefined) return;
  if (choice === 'open') return await showPage('Doctor', markdownReport(report));
  if (choice === 'copy') {
    await env.clipboard.writeText(markdownReport(report));
    return void window.showInformationMessage(
      'Copied the report. It holds no key, prompt, user name or computer name.',
    );
  }
  if (typeof choice === 'string') return;
  if (choice.action) return await repair(editor, choice.action);
  void window.showInformationMessage(`${choice.title}: ${choice.why}${choice.fix ? ` ${choice.fix}` : ''}`);
}

/** Only what the extension itself offers is run, whatever the router says. */
async function repair(editor: Editor, { command, argument = '' }: DoctorAction): Promise<void> {
  if (command === 'workbench.action.openSettings') return await openSetting(argument);
  if (command === 'workbench.action.reloadWindow') return void (await commands.executeCommand(command));
  if (command === COMMANDS.setBackendKey && writtenBackends().map(backendName).includes(argument))
    return await setKey(editor, argument);
  const known = Object.values(COMMANDS).find((id) => id === command);
  if (known) await commands.executeCommand(known);
}
