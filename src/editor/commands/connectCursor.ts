/** Connect Cursor…: URL → key → model name, each copied with Next, until Cursor has come or it is known what keeps it away. */

import { commands, env } from 'vscode';
import type { RequestRecord } from '../../ledger/record';
import { CLIENT_KEY } from '../../settings/keyNames';
import { isRunning, tell } from '../actions';
import { type CardLook, showCard } from '../connect/card';
import { isPasted, PASTES, type Paste, verdictOf } from '../connect/flow';
import type { Editor } from '../controller';
import { COMMANDS, type Handlers } from '../ids';
import { mend } from '../mend';
import { baseUrlAnswer, noKeyMessage } from '../stateMessages';
import { phaseOf, workingUrl } from '../view';
import { t } from '../words';
import { openCursorModels } from './cursor';
import { pickModelName } from './pickModel';
import { restartCursor } from './restartCursor';

const TITLE = t`Connect Cursor`;
/** The pastes, and the wait for Cursor. */
const ALL = PASTES.length + 1;

export function connectCommands(editor: Editor): Pick<Handlers, 'connectCursor'> {
  return {
    async connectCursor(argument) {
      if (argument === 'restart') return await restartCursor(editor, false);
      // Stop holds until a person starts it again.
      if (!mayCome(editor) || !(await urlWorks(editor))) return;
      const flow: Flow = { editor, began: Date.now(), calls: [], inCursor: await openCursorModels() };
      const stop = editor.router.onRequest((record) => {
        if (record.client === 'cursor') flow.calls.push(record);
      });
      try {
        if (await paste(flow)) await waitForCursor(flow);
      } finally {
        stop();
      }
    },
  };
}

interface Flow {
  editor: Editor;
  began: number;
  calls: RequestRecord[];
  model?: string;
  /** Its page can be opened here. */
  inCursor: boolean;
}

/** What is starting is waited for; else a person is told. */
function mayCome(editor: Editor): boolean {
  return (
    phaseOf(editor.view) === 'starting' ||
    isRunning(editor, t`The router is not running, so there is nothing to connect to.`)
  );
}

/** Without a URL that works there is nothing to paste: what is going on, until it works, the router ends or the person leaves. */
async function urlWorks(editor: Editor): Promise<boolean> {
  if (workingUrl(editor.view)) return true;
  const chosen = await showCard<'on' | 'off' | 'tunnel' | 'log' | 'undo'>({
    editor,
    title: t`${TITLE}: waiting for the public URL`,
    step: 1,
    steps: ALL,
    look() {
      if (workingUrl(editor.view)) return { placeholder: '', items: [], goOn: 'on' };
      const phase = phaseOf(editor.view);
      if (phase === 'stopped' || phase === 'failed') return { placeholder: '', items: [], goOn: 'off' };
      return {
        placeholder: t`Cursor's servers need a public URL; this goes on as soon as it works`,
        busy: true,
        items: [
          {
            choice: 'tunnel',
            label: t`Set Up Tunnel…`,
            detail: baseUrlAnswer(editor.view).message.text,
            icon: 'globe',
          },
          { choice: 'log', label: t`Show Log`, icon: 'output' },
          ...undoItems(editor),
        ],
      };
    },
  });
  if (chosen === 'on') return true;
  if (chosen === 'off') mayCome(editor);
  if (chosen === 'log') await commands.executeCommand(COMMANDS.showLog);
  if (chosen === 'undo') await restartCursor(editor, true);
  if (chosen !== 'tunnel') return false;
  await commands.executeCommand(COMMANDS.setUpTunnel);
  return await urlWorks(editor);
}

/** False: left by the person. */
async function paste(flow: Flow): Promise<boolean> {
  for (let at = 0; at < PASTES.length; ) {
    const step = PASTES[at] as Paste;
    const { view } = flow.editor;
    // What is read there already is passed over, on the way back as well.
    const before = PASTES.findLastIndex((paste, index) => index < at && !isPasted(paste, view));
    const chosen = isPasted(step, view) ? 'next' : await pasteOne(flow, step, before >= 0);
    if (chosen === undefined || (chosen === 'back' && before < 0)) return false;
    if (chosen === 'next') at++;
    if (chosen === 'back') at = before;
    if (chosen === 'settings') await openCursorModels();
    if (chosen === 'restart' || chosen === 'undo') {
      await restartCursor(flow.editor, chosen === 'undo');
      return false;
    }
  }
  return true;
}

const WHERE: Record<Paste, { what(text: string): string; where: string }> = {
  url: {
    what: () => t`The Base URL is copied`,
    where: t`Paste it into Override OpenAI Base URL in Cursor (Settings, Models) and switch that on.`,
  },
  key: {
    what: () => t`The API key is copied`,
    where: t`Paste it into OpenAI API Key, on the same page, and switch that on.`,
  },
  model: {
    what: (text) => t`${text} is copied`,
    where: t`Add it there as a model (+ Add Model), switch it on, and ask something with it.`,
  },
};

type Choice = 'next' | 'again' | 'settings' | 'restart' | 'undo';

async function pasteOne(flow: Flow, step: Paste, back: boolean): Promise<Choice | 'back' | undefined> {
  const { editor } = flow;
  const text = await textOf(editor, step);
  if (text === undefined) return step === 'model' ? 'back' : undefined;
  await env.clipboard.writeText(text);
  if (step === 'model') flow.model = text;
  const { what, where } = WHERE[step];
  return await showCard<Choice>({
    editor,
    title: TITLE,
    step: PASTES.indexOf(step) + 1,
    steps: ALL,
    back,
    look: () => ({
      placeholder: t`This list stays open while you paste`,
      items: [
        {
          choice: 'next',
          label: t`Next`,
          detail: `${what(text)}. ${where}`,
          icon: 'arrow-right',
        },
        { choice: 'again', label: step === 'model' ? t`Another Model…` : t`Copy Again`, icon: 'copy' },
        ...(flow.inCursor
          ? [{ choice: 'settings' as const, label: t`Open Cursor's Settings`, icon: 'settings-gear' }]
          : []),
        ...(step === 'url' ? restartItems(editor) : []),
        ...undoItems(editor),
      ],
      ...(isPasted(step, editor.view) && { goOn: 'next' }),
    }),
  });
}

/** Where this router can outlive the Cursor it runs on. */
function restartItems({ view }: Editor): CardLook<'restart'>['items'] {
  if (!view.state?.cursorWrite?.able) return [];
  return [
    {
      choice: 'restart',
      label: t`Do It for Me: Restart Cursor`,
      detail: t`Experimental: writes URL, switch and model names while Cursor is closed; the key is still pasted once.`,
      icon: 'debug-restart',
    },
  ];
}

/** At every step: once it is written the first ones are passed over. */
function undoItems({ view }: Editor): CardLook<'undo'>['items'] {
  const { able, undoable } = view.state?.cursorWrite ?? {};
  if (!able || !undoable) return [];
  return [
    {
      choice: 'undo',
      label: t`Put It Back: Restart Cursor`,
      detail: t`Undoes what was written.`,
      icon: 'discard',
    },
  ];
}

async function textOf(editor: Editor, step: Paste): Promise<string | undefined> {
  switch (step) {
    case 'url':
      // It may be gone since, for a moment or with the router: waited for again, or said.
      return mayCome(editor) && (await urlWorks(editor)) ? workingUrl(editor.view) : undefined;
    case 'key': {
      const key = await editor.keys.get(CLIENT_KEY);
      if (!key) void tell(editor, noKeyMessage(editor.view));
      return key || undefined;
    }
    case 'model':
      return await pickModelName(editor, t`${TITLE}: a model`);
  }
}

async function waitForCursor(flow: Flow): Promise<void> {
  const { editor } = flow;
  flow.began = Date.now();
  for (;;) {
    const verdict = (): ReturnType<typeof verdictOf> =>
      verdictOf({ view: editor.view, began: flow.began, now: Date.now(), calls: flow.calls, model: flow.model });
    const chosen = await showCard<'done' | 'mend' | 'wait' | 'doctor' | 'undo'>({
      editor,
      title: TITLE,
      step: ALL,
      steps: ALL,
      look() {
        const { kind, text, mends } = verdict();
        if (kind === 'connected') return { placeholder: '', items: [], goOn: 'done' };
        return {
          placeholder: kind === 'waiting' ? text : t`Choose what to do; this goes on when Cursor comes`,
          busy: true,
          items: [
            ...(mends ? [{ choice: 'mend' as const, label: mends.title, detail: text, icon: 'warning' }] : []),
            { choice: 'wait', label: t`Wait Anew`, icon: 'sync' },
            { choice: 'doctor', label: t`Run Doctor`, detail: t`Looks at every hop`, icon: 'pulse' },
            ...undoItems(editor),
          ],
        };
      },
    });
    const { text, mends } = verdict();
    if (chosen === 'done') return void tell(editor, { severity: 'info', text, actions: ['Open Dashboard'] });
    if (chosen === undefined || chosen === 'back') return;
    if (chosen === 'undo') return await restartCursor(editor, true);
    if (chosen === 'doctor') return void (await commands.executeCommand(COMMANDS.runDoctor));
    if (chosen === 'mend') await mend(mends);
    flow.began = Date.now();
    flow.calls = [];
  }
}
