/**
 * The 16 fault scenarios (after failoverbench, methodology v0.1), run as a plain client with a fallback: never a hang,
 * never a truncated answer that looks whole. `npm run test:faults` runs the full timings. S08, S09 and S14 show content
 * live, so an honest error ("safe") is the best there is; everything else has to pass.
 */
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';
import { PROFILES, startWall, type Wall, WHOLE_TEXT } from '../../support/wall';

const profile = PROFILES[process.env.FAULTS === 'full' ? 'full' : 'fast'];
const full = profile.name === 'full';

interface Outcome {
  text: string;
  /** The stream ended as a success. */
  success: boolean;
  error?: string;
  model?: string;
  usage: boolean;
  seconds: number;
}
type Verdict = 'pass' | 'partial' | 'safe' | 'fail';

describe('fault scenarios', function () {
  this.timeout(full ? 200_000 : 60_000);
  let wall: Wall;
  let router: TestRouter;
  let client: OpenAI;
  const table: string[] = [];

  before(async () => {
    wall = await startWall(profile);
    const fault = (n: number, fallback = 'wall/fb-ok') => ({
      id: `wall/fb-s${String(n).padStart(2, '0')}`,
      fallbacks: [fallback],
    });
    router = await startRouter({
      backends: [
        {
          name: 'wall',
          baseUrl: wall.url,
          models: [
            ...Array.from({ length: 16 }, (_, n) => fault(n + 1)).filter(({ id }) => !id.endsWith('14')),
            fault(14, 'wall/fb-ok-noprefill'),
            ...['s08', 's09', 's14'].map((id) => ({
              id: `wall/held-${id}`,
              upstream: `fb-${id}`,
              buffered: true,
              fallbacks: [id === 's14' ? 'wall/fb-ok-noprefill' : 'wall/fb-ok'],
            })),
          ],
        },
      ],
      timeouts: { fallbackAfter: full ? 10 : 1 },
    });
    client = new OpenAI({ baseURL: `${router.url}/v1`, apiKey: CLIENT_KEY, maxRetries: 0, timeout: 130_000 });
  });
  after(async () => {
    await router?.stop();
    await wall?.stop();
    console.log(`\n    ${profile.name} profile\n    ${table.join('\n    ')}`);
  });

  async function ask(model: string): Promise<Outcome> {
    const begun = performance.now();
    const outcome: Outcome = { text: '', success: false, usage: false, seconds: 0 };
    try {
      const stream = await client.chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'Tell me.' }],
        stream: true,
        stream_options: { include_usage: true },
      });
      let finish = false;
      for await (const chunk of stream) {
        outcome.model = chunk.model;
        outcome.text += chunk.choices[0]?.delta?.content ?? '';
        if (chunk.choices[0]?.finish_reason) finish = true;
        if (chunk.usage) outcome.usage = true;
      }
      outcome.success = finish;
    } catch (error) {
      outcome.error = (error as Error).message;
    }
    outcome.seconds = (performance.now() - begun) / 1000;
    return outcome;
  }

  const attempts = (model: string) => wall.log.filter((entry) => entry.model === model);

  interface Scenario {
    id: string;
    title: string;
    hangSeconds: number;
    best: Verdict;
    required(outcome: Outcome): boolean;
    advisory?(outcome: Outcome): boolean;
    /** What a pass is, when not the whole answer. */
    good?(outcome: Outcome): boolean;
  }
  const scenarios: Scenario[] = [
    {
      id: 's01',
      title: 'one 429 with Retry-After',
      hangSeconds: 20,
      best: 'pass',
      required: () => attempts('fb-s01').filter(({ at }) => at < 1_500).length <= 2,
      advisory: () => attempts('fb-s01').length >= 2 && attempts('fb-s01')[1]!.at - attempts('fb-s01')[0]!.at >= 1_800,
    },
    {
      id: 's02',
      title: '429 always',
      hangSeconds: 40,
      best: 'pass',
      required: () => attempts('fb-s02').filter(({ at }) => at < 3_000).length <= 4 && attempts('fb-s02').length <= 6,
    },
    {
      id: 's03',
      title: '500 once',
      hangSeconds: 20,
      best: 'pass',
      required: () => true,
      advisory: () => attempts('fb-s03').length >= 2,
    },
    { id: 's04', title: '503 always', hangSeconds: 40, best: 'pass', required: () => attempts('fb-s04').length <= 6 },
    { id: 's05', title: 'reset before headers', hangSeconds: 20, best: 'pass', required: () => true },
    {
      id: 's06',
      title: 'accepts, never answers',
      hangSeconds: 130,
      best: 'pass',
      required: ({ seconds }) => seconds <= 100,
      advisory: () => attempts('fb-s06').length === 1,
    },
    {
      id: 's07',
      title: 'headers, late first token',
      hangSeconds: 60,
      best: 'pass',
      required: () => true,
      advisory: ({ seconds }) => seconds <= 15,
    },
    { id: 's08', title: 'cut after 40 words', hangSeconds: 40, best: 'safe', required: () => true },
    {
      id: 's09',
      title: 'stall after 20 words, then cut',
      hangSeconds: 70,
      best: 'safe',
      required: ({ seconds }) => seconds <= 45,
    },
    {
      id: 's10',
      title: 'half a JSON object in between',
      hangSeconds: 30,
      best: 'pass',
      required: () => true,
      advisory: ({ text }) => text === WHOLE_TEXT,
    },
    {
      id: 's11',
      title: 'ends without [DONE]',
      hangSeconds: 30,
      best: 'pass',
      required: ({ seconds }) => seconds <= 8,
      advisory: ({ usage }) => usage,
    },
    {
      id: 's12',
      title: 'context length exceeded',
      hangSeconds: 20,
      best: 'pass',
      required: () => attempts('fb-s12').length === 1,
    },
    {
      id: 's13',
      title: 'content policy violation',
      hangSeconds: 20,
      best: 'pass',
      required: () => attempts('fb-s13').length === 1,
      advisory: () => attempts('fb-ok').length === 0,
      good: ({ success, error }) => !success && /safety system/.test(error ?? ''),
    },
    {
      id: 's14',
      title: 'cut; the fallback refuses a prefill',
      hangSeconds: 40,
      best: 'safe',
      required: ({ error }) => !/[Pp]refill/.test(error ?? ''),
    },
    {
      id: 's16',
      title: '503 always, who answered',
      hangSeconds: 40,
      best: 'pass',
      required: ({ model }) => attempts('fb-s16').length <= 6 && model === 'fb-ok',
      advisory: ({ usage }) => usage,
    },
  ];

  function judge(scenario: Scenario, outcome: Outcome): Verdict {
    const truncated = outcome.success && outcome.text !== WHOLE_TEXT;
    if (outcome.seconds > scenario.hangSeconds || truncated || !scenario.required(outcome)) return 'fail';
    if (scenario.good ? scenario.good(outcome) : outcome.success)
      return (scenario.advisory?.(outcome) ?? true) ? 'pass' : 'partial';
    return 'safe';
  }

  for (const scenario of scenarios) {
    it(`${scenario.id.toUpperCase()} ${scenario.title}: ${scenario.best}`, async () => {
      wall.reset();
      const outcome = await ask(`wall/fb-${scenario.id}`);
      const verdict = judge(scenario, outcome);
      table.push(
        `${scenario.id.toUpperCase()} ${verdict.padEnd(8)} ${outcome.seconds.toFixed(1)} s, ${wall.log.length} upstream requests`,
      );
      assert.equal(verdict, scenario.best, JSON.stringify({ ...outcome, text: outcome.text.length }));
      // Alive: a plain call afterwards works.
      assert.equal((await ask('wall/fb-ok')).text, WHOLE_TEXT);
      if (scenario.id === 's16') {
        const record = router.records.find((one) => one.askedModel === 'wall/fb-s16');
        assert.equal(record?.upstreamModel, 'fb-ok', 'ledger and answer agree on who answered');
      }
    });
  }

  for (const scenario of scenarios.filter(({ best }) => best === 'safe')) {
    it(`${scenario.id.toUpperCase()} buffered: pass`, async () => {
      wall.reset();
      const outcome = await ask(`wall/held-${scenario.id}`);
      table.push(`${scenario.id.toUpperCase()} buffered: ${judge(scenario, outcome)} ${outcome.seconds.toFixed(1)} s`);
      assert.equal(outcome.text, WHOLE_TEXT);
      assert.equal(judge(scenario, outcome), 'pass');
    });
  }

  it('S15 outage and recovery: every request served, the primary used again, not hammered', async () => {
    wall.reset();
    const [count, gap] = full ? [20, 4_000] : [10, 1_200];
    const outcomes: Outcome[] = [];
    for (let n = 0; n < count; n++) {
      const next = performance.now() + gap;
      outcomes.push(await ask('wall/fb-s15'));
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    }
    const late = full ? 30_000 : 20_000;
    const deadline = performance.now() + late;
    const recovered = () =>
      attempts('fb-s15').some(({ at, action }) => at >= profile.outage * 1000 && action === 'stream');
    while (!recovered() && performance.now() < deadline) {
      outcomes.push(await ask('wall/fb-s15'));
      await new Promise((resolve) => setTimeout(resolve, gap / 4));
    }
    const during = attempts('fb-s15').filter(({ at }) => at < profile.outage * 1000).length;
    table.push(
      `S15 ${recovered() ? 'pass' : 'fail'}     ${outcomes.length} requests, ${during} primary attempts in the outage`,
    );
    assert.ok(outcomes.every(({ success, text }) => success && text === WHOLE_TEXT));
    assert.ok(recovered(), 'the primary is used again after its recovery');
    assert.ok(during <= 8, `${during} primary attempts in the outage`);
  });
});
