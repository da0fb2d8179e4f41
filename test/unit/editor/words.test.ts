import assert from 'node:assert/strict';
import { l10n, window } from 'vscode';
import { sayWarning } from '../../../src/editor/say';
import { t } from '../../../src/editor/words';

/** An editor in another language, for one test. */
async function inGerman(words: Record<string, string>, run: () => Promise<void>): Promise<void> {
  const english = l10n.t;
  l10n.t = ((template: string, ...values: string[]) =>
    english(words[template] ?? template, ...values)) as typeof l10n.t;
  try {
    await run();
  } finally {
    l10n.t = english;
  }
}

describe('words in the language of the editor', () => {
  it('are looked up with their values in place, in the order of the other language', async () => {
    assert.equal(t`The key ${'phone'} of ${2}.`, 'The key phone of 2.');
    await inGerman({ 'The key {0} of {1}.': '{1}: der Schlüssel {0}.' }, async () => {
      assert.equal(t`The key ${'phone'} of ${2}.`, '2: der Schlüssel phone.');
    });
  });

  it('a button is shown translated and comes back by its English label', async () => {
    const before = window.showWarningMessage;
    const asked: unknown[][] = [];
    window.showWarningMessage = (async (...all: unknown[]) => {
      asked.push(all);
      return 'Widerrufen';
    }) as never;
    try {
      await inGerman({ Revoke: 'Widerrufen' }, async () => {
        assert.equal(await sayWarning('Sure?', { modal: true }, 'Revoke'), 'Revoke');
      });
    } finally {
      window.showWarningMessage = before;
    }
    assert.deepEqual(asked, [['Sure?', { modal: true }, 'Widerrufen']]);
  });
});
