/** Run Doctor: progress that can be cancelled, then every hop with the button that repairs it. */

import { commands, env, ProgressLocation, type QuickInputButton, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { markdownReport, summarySaid } from '../../doctor/report';
import type { DoctorAction, DoctorHop, DoctorReport } from '../../process/contract';
import { say as processSay } from '../../process/sentences';
import { errorWords, spoken, type Words } from '../../said';
import { MACHINE } from '../../system/processes';
import { say as trouble } from '../../troubles/sentences';
import { VERSION } from '../../version';
import { isRunning } from '../actions';
import type { Editor } from '../controller';
import { COMMANDS, type Handlers } from '../ids';
import { sayError, sayInformation } from '../say';
import { openSetting } from '../settings';
import { inWords, shown, t } from '../words';
import type { ShowPage } from './pages';

const ICONS: Record<DoctorHop['state'], string> = {
  ok: 'pass',
  warning: 'warning',
  failed: 'error',
  skipped: 'circle-slash',
};

export function doctorCommands(editor: Editor, showPage: ShowPage): Pick<Handlers, 'runDoctor' | 'forgetLearned'> {
  return {
    async runDoctor() {
      for (let paid = false; ; ) {
        const report = await examine(editor, paid);
        const choice = report && (await choose(report));
        if (!choice) return;
        if (choice.what === 'open') return await showPage('Doctor', markdownReport(report));
        if (choice.what === 'copy') return await copy(report);
        if (choice.what === 'hop') {
          const { action } = choice.hop;
          if (choice.repair && action) await repair(action);
          else void read(choice.hop);
          return;
        }
        paid ||= choice.what === 'paid';
      }
    },
    async forgetLearned() {
      if (!isRunning(editor, t`The router is not running; what it learned from refusals is kept on disk.`)) return;
      const { models } = await editor.router.forgetLearned();
      void sayInformation(
        models === 0
          ? t`Nothing was learned from refusals.`
          : t`What was learned from refusals is forgotten: each parameter is sent again until a provider refuses it.`,
      );
    },
  };
}

/** Undefined when the person cancelled before anything was known. */
async function examine(editor: Editor, paid: boolean): Promise<DoctorReport | undefined> {
  if (editor.view.link === 'failed') return unreachable(editor.view.message ?? processSay.couldNotStart);
  const title = paid ? t`Doctor, with real requests` : t`Doctor`;
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  const report = await window.withProgress(options, async (progress, token) => {
    const cancel = new AbortController();
    token.onCancellationRequested(() => cancel.abort());
    progress.report({ message: t`looking at every hop` });
    const told = (hop: DoctorHop): void => progress.report({ message: `${hopWords(hop).title}: ${shown(hop.state)}` });
    return await editor.router
      .doctor({ paid, windowVersion: VERSION }, told, cancel.signal)
      .catch((error: unknown) => (cancel.signal.aborted ? undefined : unreachable(errorWords(error))));
  });
  return report?.cancelled && report.hops.length === 0 ? undefined : report;
}

/** What can be said without a router: why there is none. */
function unreachable(why: Words): DoctorReport {
  const action: DoctorAction = { title: t`Restart Router`, command: COMMANDS.restartRouter };
  const told = spoken({ why, fix: trouble.notRunningFix });
  return {
    version: VERSION,
    platform: MACHINE,
    at: new Date().toISOString(),
    ms: 0,
    hops: [{ id: 'process', title: t`Router process`, state: 'failed', ...told, action, ms: 0 }],
  };
}

interface Item extends QuickPickItem {
  hop: DoctorHop;
}
/** `repair`: its button was pressed; without it the line itself was chosen, to be read whole. */
type Choice = { what: 'copy' | 'open' | 'again' | 'paid' } | { what: 'hop'; hop: DoctorHop; repair: boolean };

const button = (icon: string, tooltip: string): QuickInputButton => ({ iconPath: new ThemeIcon(icon), tooltip });
const COPY = button('copy', t`Copy Report (without keys and names)`);
const OPEN = button('open-preview', t`Open Report`);
const AGAIN = button('refresh', t`Run Again`);
const PAID = button(
  'beaker',
  t`Also try answers, streaming and tools: three small real requests to each backend, which may cost a little`,
);
const MEANING = new Map<QuickInputButton, 'copy' | 'open' | 'again' | 'paid'>([
  [COPY, 'copy'],
  [OPEN, 'open'],
  [AGAIN, 'again'],
  [PAID, 'paid'],
]);

function choose(report: DoctorReport): Promise<Choice | undefined> {
  const pick = window.createQuickPick<Item>();
  pick.title = t`Doctor: ${inWords(summarySaid(report))}`;
  pick.placeholder = t`Choose a line to read it whole and to repair it`;
  pick.matchOnDetail = true;
  pick.ignoreFocusOut = true;
  pick.buttons = [COPY, OPEN, PAID, AGAIN];
  pick.items = report.hops.map(itemOf);
  pick.activeItems = pick.items.filter(({ hop }) => hop.state === 'failed').slice(0, 1);
  return new Promise((resolve) => {
    const end = (choice: Choice | undefined): void => {
      resolve(choice);
      pick.dispose();
    };
    pick.onDidTriggerButton((pressed) => end({ what: MEANING.get(pressed) ?? 'open' }));
    pick.onDidTriggerItemButton(({ item }) => end({ what: 'hop', hop: item.hop, repair: true }));
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (item) end({ what: 'hop', hop: item.hop, repair: false });
    });
    pick.onDidHide(() => end(undefined));
    pick.show();
  });
}

function itemOf(hop: DoctorHop): Item {
  const { title, why, fix } = hopWords(hop);
  const repairs = hop.action && shown(hop.action.title);
  return {
    hop,
    label: title,
    detail: [why, ...(fix ? [`→ ${fix}`] : [])].join(' '),
    iconPath: new ThemeIcon(ICONS[hop.state]),
    ...(repairs && { description: repairs, buttons: [button('wrench', repairs)] }),
  };
}

/** In the language of the editor; the report that is copied into an issue stays English. */
export function hopWords({ title, why, fix, says = {} }: DoctorHop): Pick<DoctorHop, 'title' | 'why' | 'fix'> {
  return {
    title: says.title ? inWords(says.title) : title,
    why: says.why ? inWords(says.why) : why,
    ...(fix && { fix: says.fix ? inWords(says.fix) : fix }),
  };
}

async function copy(report: DoctorReport): Promise<void> {
  await env.clipboard.writeText(markdownReport(report));
  void sayInformation(t`Copied the report. It holds no key, prompt, user name or computer name.`);
}

/** The whole sentence, with the button that repairs it. */
async function read(hop: DoctorHop): Promise<void> {
  const { title, why, fix } = hopWords(hop);
  const { state, action } = hop;
  const text = `${title}: ${why}${fix ? ` ${fix}` : ''}`;
  const show = state === 'failed' ? sayError : sayInformation;
  const chosen = await show(text, ...(action ? [action.title] : []));
  if (action && chosen === action.title) await repair(action);
}

/** Only what the extension itself offers is run, whatever the router says. */
async function repair({ command, argument = '' }: DoctorAction): Promise<void> {
  if (command === 'workbench.action.openSettings') return await openSetting(argument);
  if (command === 'workbench.action.reloadWindow') return void (await commands.executeCommand(command));
  const known = Object.values(COMMANDS).find((id) => id === command);
  if (known) await commands.executeCommand(known, argument || undefined);
}
