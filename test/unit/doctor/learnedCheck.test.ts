/** The Doctor tells what is left out because a provider refused it (issue 15 §4). */
import assert from 'node:assert/strict';
import type { DoctorFacts } from '../../../src/doctor/facts';
import { learnedChecks } from '../../../src/doctor/learnedCheck';

const at = Date.parse('2026-11-29T08:00:00Z');
const learned: DoctorFacts['learned'] = () => [
  {
    model: 'gpt-x',
    lessons: [
      { field: 'temperature', do: 'drop', at },
      { field: 'top_p', do: 'set', to: 1, at },
      { field: 'max_tokens', do: 'rename', to: 'max_completion_tokens', at },
    ],
  },
];
const relay = { name: 'relay', baseUrl: 'http://relay.test/v1' };
const checks = (facts: object) => learnedChecks(facts as DoctorFacts);

describe('what was learned, told by the Doctor', () => {
  it('model, backend, parameter and date in a sentence', async () => {
    const [check] = checks({ backends: [relay], learned });
    const { state, why } = await check!.look(new AbortController().signal);
    assert.equal(state, 'ok');
    assert.equal(
      why,
      'gpt-x at relay refuses temperature: left out since 2026-11-29. gpt-x at relay takes top_p as 1 only: set since 2026-11-29. gpt-x at relay takes max_completion_tokens in place of max_tokens: renamed since 2026-11-29.',
    );
  });

  it('offers to forget it', async () => {
    const [check] = checks({ backends: [relay], learned });
    const { action } = await check!.look(new AbortController().signal);
    assert.deepEqual(action, { title: 'Forget What Was Learned', command: 'llmRouter.forgetLearned' });
  });

  it('what goes beyond twenty lines is counted in good English', async () => {
    const many = (count: number): DoctorFacts['learned'] => {
      const lessons = Array.from({ length: count }, (_, n) => ({ field: `f${n}`, do: 'drop' as const, at }));
      return () => [{ model: 'm', lessons }];
    };
    const told = async (count: number) =>
      (await checks({ backends: [relay], learned: many(count) })[0]!.look(new AbortController().signal)).why;
    assert.match(await told(21), /There is 1 more\.$/);
    assert.match(await told(22), /There are 2 more\.$/);
  });

  it('nothing where nothing was learned, or learning is off', () => {
    assert.deepEqual(checks({ backends: [relay], learned: () => [] }), []);
    assert.deepEqual(checks({ backends: [{ ...relay, learns: false }], learned }), []);
  });
});
