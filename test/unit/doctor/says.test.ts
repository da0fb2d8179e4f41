/** What the Doctor finds travels as codes and values too, and the editor says it in its own language. */
import assert from 'node:assert/strict';
import { l10n } from 'vscode';
import { refused, unreachable } from '../../../src/doctor/backendChecks';
import { failed, runChecks } from '../../../src/doctor/check';
import { createScrubber } from '../../../src/doctor/privacy';
import { say } from '../../../src/doctor/sentences';
import { hopWords } from '../../../src/editor/commands/doctor';
import type { DoctorHop } from '../../../src/process/contract';
import { buildBackends } from '../../../src/routing/build';
import { scrubSaid } from '../../../src/said';
import { settingsSchema } from '../../../src/settings/schema';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';

async function hopOf(look: () => ReturnType<typeof failed>): Promise<DoctorHop> {
  const hops: DoctorHop[] = [];
  const check = { id: 'x', title: say.backend('loop'), limitMs: 5_000, look: async () => look() };
  await runChecks(
    [check],
    (hop) => hops.push(hop),
    new AbortController().signal,
    () => 0,
  );
  return hops[0]!;
}

describe('doctor: what is said', () => {
  it('is English with code and values beside it', async () => {
    const { title, why, fix, says } = await hopOf(() => failed(say.portTaken(8_080, 8_081), say.portTakenFix));
    assert.equal(title, 'Backend loop');
    assert.equal(why, 'Port 8080 is taken by another program, so the router listens on 8081.');
    assert.match(fix ?? '', /^End the other program/);
    const codes = [says?.title, says?.why, says?.fix].map((said) => [said?.code, said?.values]);
    assert.deepEqual(codes, [
      ['doctor.backend', ['loop']],
      ['doctor.portTaken', [8_080, 8_081]],
      ['doctor.portTakenFix', []],
    ]);
  });

  it('why a provider is not reached, and what it says, are sentences within it', async () => {
    const backend = buildBackends(settingsSchema.parse({ backends: [{ name: 'a', preset: 'groq' }] }))[0]!;
    const refusal = { status: 401, headers: {}, text: '{"error":{"message":"Bad key."}}', arrivals: [], ms: 1 };
    const error = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    const findings = [refused(refusal, backend)!, unreachable(error, backend, 'api.test', 'http://p:1')];
    const hops = await Promise.all(findings.map((finding) => hopOf(() => finding)));
    assert.match(hops[0]!.why ?? '', /\(HTTP 401\)\. It says: Bad key\.$/);
    await inLanguage(JAPANESE, () => {
      const [said, lost] = hops.map((hop) => hopWords(overThePipe(hop)).why ?? '');
      assert.match(said!, /^a がキーを受け入れません \(HTTP 401\)。 プロバイダーの言葉: Bad key\.$/);
      assert.match(lost!, /^api\.test が接続を拒否しました。.*プロキシ http:\/\/p:1 を通りました。$/);
    });
  });

  it("somebody else's words have no code", async () => {
    const { says } = await hopOf(() => failed('api.test closed the connection.', say.networkFix));
    assert.deepEqual(Object.keys(says ?? {}).sort(), ['fix', 'title']);
  });

  it('loses keys and names in its values, and in the sentences within it', () => {
    const scrub = createScrubber({ secrets: ['very-secret'], home: '/home/ada', user: 'ada', host: 'lovelace' });
    const said = scrubSaid(say.cursorRefused(say.oneRefusal('very-secret is wrong')), scrub);
    assert.ok(!JSON.stringify(said).includes('very-secret'));
    assert.match(said.text, /refused: \[hidden\] is wrong$/);
  });

  it('is said in the language of the editor, sentences within it too; what its dictionary lacks stays English', async () => {
    const english = l10n.t;
    const words: Record<string, string> = {
      'doctor.backend': 'Dienst {0}',
      'doctor.settingsValid': 'Gut: {0} und {1}.',
      'doctor.oneBackend': 'ein Dienst',
    };
    const hop = await hopOf(() => failed(say.settingsValid(say.oneBackend, say.aliases(2)), say.restart));
    l10n.t = ((text: string, ...values: string[]) => english(words[text] ?? text, ...values)) as typeof l10n.t;
    try {
      assert.deepEqual(hopWords(hop), {
        title: 'Dienst loop',
        why: 'Gut: ein Dienst und 2 aliases.',
        fix: 'Restart the router.',
      });
    } finally {
      l10n.t = english;
    }
  });
});
