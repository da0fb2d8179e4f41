import assert from 'node:assert/strict';
import type { CursorHolds } from '../../../src/cursorApp/readState';
import { cursorAppState } from '../../../src/troubles/cursor';

const holds: CursorHolds = { baseUrl: 'https://A.example/v1', switchedOn: true, models: ['fast'], key: 'ours' };
const facts = { hosts: new Set(['a.example']), serves: (name: string) => name === 'fast', seen: true };
const shorts = (change: Partial<CursorHolds>, more: Partial<typeof facts> = {}) =>
  cursorAppState({ ...holds, ...change }, { ...facts, ...more }).told.map(({ short, action }) => [short, action]);

describe('what Cursor holds, in words', () => {
  it('says nothing while Cursor can use the router; a key that cannot be read is no trouble', () => {
    assert.deepEqual(shorts({}), []);
    assert.deepEqual(shorts({ key: 'hidden' }), []);
  });

  it('tells override, URL, key and switch, each with what mends it', () => {
    assert.deepEqual(shorts({ baseUrl: undefined }), [["Cursor's override is off", 'copyBaseUrl']]);
    assert.deepEqual(shorts({ baseUrl: 'https://old.example/v1' }), [['Cursor uses another URL', 'copyBaseUrl']]);
    assert.deepEqual(shorts({ key: 'other', switchedOn: false }), [
      ['Cursor has a wrong key', 'copyApiKey'],
      ["Cursor's key is off", 'useLlmRouter'],
    ]);
    assert.deepEqual(shorts({ key: 'none', switchedOn: false }), [['Cursor has no key', 'copyApiKey']]);
  });

  it('says of an override that is off or leads elsewhere only that: key and switch are for when it is ours', () => {
    const nothing = { key: 'none', switchedOn: false } as const;
    assert.equal(shorts({ baseUrl: undefined, ...nothing }).length, 1);
    assert.equal(shorts({ baseUrl: 'https://old.example/v1', ...nothing }).length, 1);
  });

  it('knows our host at any port, and says of what is no URL that it is another one', () => {
    assert.deepEqual(shorts({ baseUrl: 'https://a.example:8443/v1' }), []);
    const { told } = cursorAppState({ ...holds, baseUrl: 'no URL' }, facts);
    assert.equal(told[0]?.text, 'Cursor still uses another URL, not this router.');
  });

  it('a Cursor that was never set up is no trouble for the status bar', () => {
    assert.deepEqual(shorts({ baseUrl: undefined }, { seen: false }), [[undefined, 'copyBaseUrl']]);
  });

  it('names what is served by nobody, only while our URL stands in Cursor', () => {
    const state = cursorAppState({ ...holds, models: ['fast', 'gone'] }, facts);
    assert.deepEqual(state.unserved, ['gone']);
    assert.match(state.told[0]!.text, /served by nobody: gone\./);
    assert.deepEqual(shorts({ models: ['gone'], baseUrl: 'https://b.example' }, { seen: false }), [
      [undefined, 'copyBaseUrl'],
    ]);
  });

  it('does not judge a URL while the router has none', () => {
    assert.deepEqual(shorts({ baseUrl: 'https://b.example' }, { hosts: new Set() }), []);
    assert.equal(cursorAppState(holds, { ...facts, hosts: new Set() }).override, 'unknown');
  });
});
