import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createCursorSightings } from '../../../src/process/cursorSighting';
import { assertPrivate } from '../../support/platform';
import { tempFolder } from '../../support/program';

describe('Cursor sightings', () => {
  let temp: ReturnType<typeof tempFolder>;
  const lines: string[] = [];
  const open = (now = 1_000) =>
    createCursorSightings({ dataDir: temp.folder, now: () => now, log: (_level, line) => lines.push(line) });
  beforeEach(() => {
    temp = tempFolder();
    lines.length = 0;
  });
  afterEach(() => temp.remove());

  it('tell the last host, and that it is ours', () => {
    const sightings = open();
    assert.equal(sightings.last(new Set(['a.example'])), undefined);
    sightings.saw('a.example');
    assert.deepEqual(sightings.last(new Set(['a.example'])), { host: 'a.example', lastSeen: 1_000, outdated: false });
    assert.deepEqual(lines, ['Cursor reached this router through a.example.']);
  });

  it('warn when Cursor has only used an older URL, also after a restart', async () => {
    const first = open();
    first.saw('old.example');
    await first.close();
    const next = open(2_000);
    assert.equal(next.last(new Set(['new.example']))?.outdated, true);
    assert.equal(next.last(new Set())?.outdated, false, 'without a public URL there is nothing to compare');
    next.saw('new.example');
    assert.equal(next.last(new Set(['new.example']))?.outdated, false);
    await next.close();
    assertPrivate(path.join(temp.folder, 'cursor-seen.json'), 0o600);
  });

  it('count refusals in one line until Cursor comes through', () => {
    const sightings = open();
    sightings.saw('a.example', 'wrong');
    sightings.saw('a.example', 'wrong');
    assert.deepEqual(sightings.last(new Set())?.refused, { count: 2, lastAt: 1_000 });
    sightings.saw('a.example');
    assert.equal(sightings.last(new Set())?.refused, undefined);
  });

  it('take nothing from who is refused: host, time and file stay as they were', async () => {
    const sightings = open();
    sightings.saw('evil.example', 'wrong');
    assert.deepEqual(
      [sightings.last(new Set(['a.example']))?.lastSeen, sightings.last(new Set(['a.example']))?.outdated],
      [0, false],
    );
    await sightings.close();
    assert.equal(existsSync(path.join(temp.folder, 'cursor-seen.json')), false);
    sightings.saw('a.example');
    sightings.saw('evil.example', 'wrong');
    const { host, outdated } = sightings.last(new Set(['a.example']))!;
    assert.deepEqual([host, outdated], ['a.example', false]);
    assert.deepEqual(lines, ['Cursor reached this router through a.example.']);
    await sightings.close();
  });

  it('do not call a local call outdated', () => {
    const sightings = open();
    sightings.saw('127.0.0.1');
    assert.equal(sightings.last(new Set(['a.example']))?.outdated, false);
  });
});
