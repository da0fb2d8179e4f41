/** What was used and what it cost: a summary as a page, every request as a table for spreadsheets. */

import { homedir } from 'node:os';
import path from 'node:path';
import { Uri, window } from 'vscode';
import type { Period } from '../../ledger/store';
import { offerFile } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import type { Documents } from '../views/documents';
import { GROUPS, type Group, periods } from '../views/periods';
import { t } from '../words';

const BY: Record<Group, string> = {
  day: t`By day`,
  model: t`By model`,
  backend: t`By backend`,
  key: t`By key`,
  conversation: t`By conversation`,
};

export function usageCommands(editor: Editor, documents: Documents): Pick<Handlers, 'showUsage' | 'exportUsage'> {
  return {
    async showUsage() {
      const period = await pickPeriod(t`Show Usage`);
      if (!period) return;
      const by = await window.showQuickPick(
        GROUPS.map((group) => ({ label: BY[group], group })),
        { title: t`Show Usage`, placeHolder: t`How to group it` },
      );
      if (by) await documents.openUsage(by.group, period);
    },
    async exportUsage() {
      const period = await pickPeriod(t`Export Usage as CSV`);
      if (!period) return;
      const name = period.from ? `llm-router-${period.from}-${period.to}.csv` : 'llm-router.csv';
      const uri = await window.showSaveDialog({
        title: t`Export Usage as CSV`,
        defaultUri: Uri.file(path.join(homedir(), name)),
        filters: { CSV: ['csv'] },
      });
      if (!uri) return;
      const { requests: count } = await editor.router.exportUsage({ ...period, file: uri.fsPath });
      const text =
        count === 1
          ? t`1 request written to ${uri.fsPath}.`
          : t`${count.toLocaleString('en-US')} requests written to ${uri.fsPath}.`;
      void offerFile(text, uri.fsPath);
    },
  };
}

async function pickPeriod(title: string): Promise<Period | undefined> {
  const items = periods(Date.now()).map(({ label, period }) => ({
    label,
    description: period.from === period.to ? period.from : t`${period.from} to ${period.to}`,
    period,
  }));
  return (await window.showQuickPick(items, { title, placeHolder: t`Which time?` }))?.period;
}
