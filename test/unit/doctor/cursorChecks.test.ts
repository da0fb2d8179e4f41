import assert from 'node:assert/strict';
import { cursorChecks } from '../../../src/doctor/cursorCheck';
import type { DoctorFacts } from '../../../src/doctor/facts';
import { cursorAppState } from '../../../src/troubles/cursor';

const holds = { baseUrl: 'https://a.example/v1', switchedOn: true, models: [], key: 'hidden' } as const;
const look = async (cursorApp: DoctorFacts['cursorApp']) => {
  const [first] = cursorChecks({ cursorApp } as DoctorFacts);
  assert.equal(first?.id, 'cursor-app');
  return await first!.look(new AbortController().signal);
};
const held = (change: Partial<Parameters<typeof cursorAppState>[0]>) => {
  const all = { ...holds, models: [], ...change };
  const facts = { hosts: new Set(['a.example']), serves: () => true, seen: true };
  return look({ reading: { kind: 'read', holds: all }, state: cursorAppState(all, facts) });
};

describe('doctor: what Cursor holds', () => {
  it('is looked at only where it was asked for', () => {
    assert.deepEqual(
      cursorChecks({} as DoctorFacts).map(({ id }) => id),
      ['cursor'],
    );
  });
  it('says all that is wrong, and what to do about the worst', async () => {
    assert.deepEqual((await held({})).state, 'ok');
    assert.match((await held({})).why, /encrypted and was not compared/);
    const finding = await held({ key: 'other', switchedOn: false });
    assert.equal(finding.state, 'warning');
    assert.match(finding.why, /another key than this router\..*switched off/);
    assert.match(finding.fix ?? '', /Paste the API key/);
    assert.equal(finding.action?.command, 'llmRouter.copyApiKey');
  });
  it('says why it knows less', async () => {
    const finding = await look({ reading: { kind: 'unreadable', why: 'database is locked.' }, state: undefined });
    assert.deepEqual([finding.state, finding.why], ['skipped', 'They were not read: database is locked.']);
    assert.equal((await look({ reading: { kind: 'absent' }, state: undefined })).state, 'skipped');
  });
});
