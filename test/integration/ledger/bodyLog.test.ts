import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BodyLog, createBodyLog, redactBody } from '../../../src/ledger/bodyLog';
import { assertPrivate } from '../../support/platform';

describe('body log', () => {
  let dataDir = '';
  let told: [boolean, string | undefined][] = [];
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'bodies-'));
    told = [];
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const logOf = (folder = dataDir): BodyLog =>
    createBodyLog({
      dataDir: folder,
      now: () => 0,
      secrets: () => ['own-key-1', 'own-key-1-longer'],
      onChange: (on, reason) => told.push([on, reason]),
    });
  const lines = (log: BodyLog): { id: string; part: string; text: string }[] =>
    readFileSync(log.file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('writes nothing unless it was switched on, and is off in a new process', async () => {
    const log = logOf();
    log.write('req_1', 'request', 'secret plan');
    assert.equal(log.on, false);
    assert.equal(existsSync(log.file), false);
    log.switch(true);
    log.switch(true);
    log.write('req_2', 'request', Buffer.from('{"a":1}'));
    log.switch(false);
    log.write('req_3', 'answer', 'more');
    await log.close();
    assert.deepEqual(told, [
      [true, undefined],
      [false, undefined],
    ]);
    assert.equal(logOf().on, false);
  });

  it('keeps what it was given for the owner only, without keys and images, and begins anew each time', async () => {
    const log = logOf();
    for (const id of ['req_1', 'req_2']) {
      log.switch(true);
      log.write(
        id,
        'upstreamRequest',
        `own-key-1-longer own-key-1 sk-proj-abcdef1234567890 ${'A'.repeat(5_000)}== text`,
      );
      await log.close();
    }
    assert.deepEqual(
      lines(log).map(({ id, part, text }) => [id, part, text]),
      [['req_2', 'upstreamRequest', '[hidden] [hidden] [hidden] [5002 characters of base64] text']],
    );
    assertPrivate(log.file, 0o600);
  });

  it('keeps beginning and end of a long body, and no part of a key at the cut', () => {
    const text = redactBody(`begin ${'word '.repeat(100_000)}end`, []);
    assert.ok(text.length < 70_000);
    assert.match(text, /^begin .* characters left out …\] .*end$/s);
    const secret = 'own-key-with-sixty-letters-and-nothing-else-that-looks-like-one-x';
    for (let shift = 0; shift < 80; shift++) {
      const cut = redactBody(`${'ab, '.repeat(13 * 1_024).slice(shift)}${secret}${'ab, '.repeat(25_000)}`, [secret]);
      assert.ok(!cut.includes('own-key'), `shift ${shift}`);
    }
    // From the end a tail of 16 KB is kept, and a margin before it is looked at: no end of a key may be left where that begins.
    for (let shift = 0; shift < 80; shift++)
      for (const kilobytes of [16, 20]) {
        const behind = 'ab, '.repeat(kilobytes * 256).slice(shift);
        const cut = redactBody(`${'ab, '.repeat(25_000)}${secret}${behind}`, [secret]);
        assert.ok(!/looks-like-one|letters|own-key/.test(cut), `${kilobytes} KB, shift ${shift}`);
      }
    assert.equal(redactBody(`a${' '.repeat(300_000)}b`, []), 'a [300000 blanks] b');
  });

  it('switches itself off when its file is full', async () => {
    const log = createBodyLog({
      dataDir,
      now: () => 0,
      secrets: () => [],
      onChange: (on, reason) => told.push([on, reason]),
      maxFileBytes: 1_000_000,
    });
    log.switch(true);
    for (let i = 0; i < 100 && log.on; i++) log.write('req_1', 'answer', 'word '.repeat(6_000));
    assert.equal(log.on, false);
    await log.close();
    assert.match(told.at(-1)?.[1] ?? '', /has reached 1 MB/);
    assert.ok(existsSync(log.file));
  });

  it('switches itself off when its file cannot be written', async () => {
    const off = new Promise<string | undefined>((resolve) => {
      const log = createBodyLog({
        dataDir: path.join(dataDir, 'none'),
        now: () => 0,
        secrets: () => [],
        onChange: (on, reason) => !on && resolve(reason),
      });
      log.switch(true);
    });
    assert.match((await off) ?? '', /cannot be written/);
  });
});
