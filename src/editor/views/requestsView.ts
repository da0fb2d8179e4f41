/** The view Requests: the newest requests, live. What the router knows, nothing kept here. */

import {
  type Disposable,
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  window,
} from 'vscode';
import type { RequestRecord } from '../../ledger/record';
import { clock } from '../../said';
import type { Mending } from '../../troubles/table';
import type { Editor } from '../controller';
import { COMMANDS, REQUESTS_VIEW } from '../ids';
import { editorCommand } from '../mending';
import { escapeMarkdown } from '../statusText';
import { phaseOf } from '../view';
import { shown, t } from '../words';
import { createLive } from './live';
import { type Outcome, requestLook } from './requestLook';
import { requestsHead } from './requestsHead';

const SHOWN = 100;

const ICONS: Record<Outcome, ThemeIcon> = {
  ok: new ThemeIcon('pass', new ThemeColor('testing.iconPassed')),
  cancelled: new ThemeIcon('circle-slash'),
  failed: new ThemeIcon('error', new ThemeColor('testing.iconFailed')),
};

/** A line of the view: a finished request, the number of running ones, or what mends the trouble above. */
type Line = { record: RequestRecord } | { running: number } | { mending: Mending };

export function createRequestsView(editor: Editor): Disposable {
  const changed = new EventEmitter<void>();
  let lines: Line[] = [];
  const view = window.createTreeView<Line>(REQUESTS_VIEW, {
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getChildren: (line) => (line ? [] : lines),
      getTreeItem: toItem,
    },
  });
  const refresh = async (): Promise<void> => {
    const running = phaseOf(editor.view) === 'running' ? (editor.view.state?.running ?? 0) : 0;
    const records = editor.view.link === 'connected' ? await editor.router.recentRequests({ limit: SHOWN }) : [];
    const requests = [...(running > 0 ? [{ running }] : []), ...records.map((record) => ({ record }))];
    const { message, mendings } = requestsHead(editor.view, requests.length === 0);
    lines = [...mendings.map((mending) => ({ mending })), ...requests];
    view.message = message;
    changed.fire();
  };
  const live = createLive(editor, refresh);
  live.watch(view.visible);
  const visibility = view.onDidChangeVisibility((event) => live.watch(event.visible));
  return {
    dispose: () => {
      for (const part of [visibility, live, view, changed]) part.dispose();
    },
  };
}

function toItem(line: Line): TreeItem {
  if ('mending' in line) {
    const { title, ...command } = editorCommand(line.mending);
    const item = new TreeItem(shown(title));
    item.id = title;
    item.iconPath = new ThemeIcon('tools');
    item.command = { title, ...command };
    return item;
  }
  if ('running' in line) {
    const item = new TreeItem(line.running === 1 ? t`1 request is running` : t`${line.running} requests are running`);
    item.id = 'running';
    item.iconPath = new ThemeIcon('loading~spin');
    return item;
  }
  const { record } = line;
  const look = requestLook(record);
  const item = new TreeItem(look.model, TreeItemCollapsibleState.None);
  item.id = record.id;
  item.description = `${clock(Date.parse(record.time))} · ${look.facts}`;
  item.iconPath = ICONS[look.outcome];
  item.contextValue = 'request';
  item.tooltip = new MarkdownString(
    [`**${escapeMarkdown(look.model)}**`, ...look.lines.map(escapeMarkdown)].join('\n\n'),
  );
  item.accessibilityInformation = { label: `${look.model}, ${look.outcome}, ${look.facts}` };
  item.command = { command: COMMANDS.openRequest, title: t`Open Request`, arguments: [record.id] };
  return item;
}
