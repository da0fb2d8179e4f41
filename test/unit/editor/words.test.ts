import assert from 'node:assert/strict';
import { window } from 'vscode';
import { sayWarning } from '../../../src/editor/say';
import { inWords, t } from '../../../src/editor/words';
import { catalogue, clock, type Words } from '../../../src/said';
import { inLanguage, overThePipe } from '../../support/otherLanguage';

describe('words in the language of the editor', () => {
  it('are looked up with their values in place, in the order of the other language', async () => {
    assert.equal(t`The key ${'phone'} of ${2}.`, 'The key phone of 2.');
    await inLanguage({ 'The key {0} of {1}.': '{1}: der Schlüssel {0}.' }, async () => {
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
      await inLanguage({ Revoke: 'Widerrufen' }, async () => {
        assert.equal(await sayWarning('Sure?', { modal: true }, 'Revoke'), 'Revoke');
      });
    } finally {
      window.showWarningMessage = before;
    }
    assert.deepEqual(asked, [['Sure?', { modal: true }, 'Widerrufen']]);
  });

  describe('a sentence of the router', () => {
    const say = catalogue('room', {
      waits: (at: number, why: string | undefined, names: readonly string[]) =>
        `Waits until ${clock(at)}${why === undefined ? '' : ` (${why})`}: ${names.join(' or ')}.`,
      within: (what: Words) => `So: ${String(what)}`,
      kind: (noun: string) => `It is ${noun}.`,
    });
    const german = {
      'room.waits': 'Wartet[ wegen {1}] bis {0:time}[, {2}].',
      'room.within': 'Also: {0}',
      'room.kind': 'Es ist {0:word}.',
      'a number': 'eine Zahl',
    };
    const noon = new Date(2026, 0, 1, 12, 5).getTime();

    it('tells times, lists and sentences within; what has no value is left out, after the pipe too', async () => {
      await inLanguage(german, () => {
        assert.equal(inWords(overThePipe(say.waits(noon, 'Regen', ['a', 'b']))), 'Wartet wegen Regen bis 12:05, a, b.');
        assert.equal(inWords(overThePipe(say.waits(noon, undefined, []))), 'Wartet bis 12:05.');
        assert.equal(inWords(say.within(say.waits(noon, '', []))), 'Also: Wartet bis 12:05.');
      });
    });

    it('takes no value for a text of the dictionary, except where the dictionary says so', async () => {
      await inLanguage(german, () => {
        assert.equal(inWords(say.kind('a number')), 'Es ist eine Zahl.');
        assert.equal(inWords(say.within('a number')), 'Also: a number');
        assert.equal(inWords(say.within('{0} [{9}]')), 'Also: {0} [{9}]', 'a value is no template');
      });
    });

    it('of a router of another version stays English where its code is not known', async () => {
      await inLanguage(german, () => {
        assert.equal(inWords({ code: 'room.news', values: [1], text: 'Something new: 1.' }), 'Something new: 1.');
        assert.equal(inWords('In English only.'), 'In English only.');
      });
    });
  });
});
