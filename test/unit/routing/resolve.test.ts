import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Target } from '../../../src/routing/backend';
import { buildBackends } from '../../../src/routing/build';
import { clientNames, createRouteTable, type NotFound } from '../../../src/routing/resolve';
import type { SettingsInput } from '../../../src/settings/schema';
import { settingsOf } from '../../support/settings';

function tableOf(input: SettingsInput, lists: Record<string, string[]> = {}) {
  const settings = settingsOf(input);
  const backends = buildBackends(settings);
  return { backends, ...createRouteTable(settings, backends, { lists: new Map(Object.entries(lists)) }) };
}
/** `via backend upstream effort`, or the near names. */
function told(result: Target | NotFound): string {
  if ('notFound' in result) return `none${result.near.length > 0 ? `: ${result.near.join(' ')}` : ''}`;
  const { via, backend, upstreamModel, variantEffort, suffixEffort, tier } = result;
  return [
    via,
    backend.name,
    upstreamModel,
    variantEffort && `:${variantEffort}`,
    suffixEffort && `~${suffixEffort}`,
    tier,
  ]
    .filter(Boolean)
    .join(' ');
}

const baseUrl = 'https://x.example';
const house: SettingsInput = {
  aliases: { fast: 'groq/llama', faster: 'fast', named: 'own', deep: 'own:low', 'groq/gone': 'own' },
  backends: [
    { name: 'openai', preset: 'openai', default: true },
    { name: 'groq', preset: 'groq' },
    { name: 'deep', baseUrl, prefix: 'groq/deep/' },
    {
      name: 'mine',
      baseUrl,
      prefix: 'my-',
      apiKeyEnv: 'MINE',
      fallbacks: ['fast', 'openai/gpt-4o'],
      models: [
        { id: 'own', upstream: 'real-name', aliases: ['mine'], efforts: ['low', 'high'] },
        { id: 'my-model' },
        { id: 'literal:high', upstream: 'literal-one' },
        { id: 'thinker', reasoningEffort: 'high', apiKeyName: 'second', fallbacks: ['groq/a', 'fast'] },
        { id: 'keyed', apiKeyEnv: 'OTHER_KEY' },
        { id: 'real-thinking-high' },
        { id: 'lab-*-x', upstream: 'v2/*' },
      ],
    },
  ],
};

describe('resolve', () => {
  const rows: [string, string, string][] = [
    ['an exact id', 'own', 'exact mine real-name'],
    ['an exact id without the prefix of its backend', 'my-model', 'exact mine model'],
    ['an alias of a model', 'mine', 'alias mine real-name'],
    ['an alias', 'named', 'alias mine real-name'],
    ['an alias of an alias of a prefixed name', 'faster', 'alias groq llama'],
    ['an alias of an effort variant', 'deep', 'alias mine real-name :low'],
    ['an alias before a prefix', 'groq/gone', 'alias mine real-name'],
    ['a prefix', 'groq/llama', 'prefix groq llama'],
    ['a prefix with slashes behind it', 'groq/openai/gpt-oss-120b', 'prefix groq openai/gpt-oss-120b'],
    ['the longest prefix', 'groq/deep/llama', 'prefix deep llama'],
    ['a bare prefix is no model of that backend', 'groq/', 'default openai groq/'],
    ['a pattern', 'lab-7-x', 'prefix mine v2/7'],
    ['a pattern needs something in place of the star', 'lab--x', 'default openai lab--x'],
    ['the default backend', 'gpt-4o', 'default openai gpt-4o'],
    ['a listed variant', 'own:low', 'exact mine real-name :low'],
    ['a literal id that looks like a variant', 'literal:high', 'exact mine literal-one'],
    ['an unknown variant is no variant', 'own:huge', 'default openai own:huge'],
    ['an entry with an effort of its own', 'thinker', 'exact mine thinker :high'],
    ['a variant of a model family under a prefix', 'openai/gpt-5.2:high', 'prefix openai gpt-5.2 :high'],
    ['no variant where the family has none', 'openai/gpt-4o:high', 'prefix openai gpt-4o:high'],
    ['a decoration on a configured id', 'own-thinking-high', 'exact mine real-name ~high'],
    ['a decoration on an alias', 'fast[effort=low,fast=true]', 'alias groq llama ~low priority'],
    ['a configured id that looks decorated', 'real-thinking-high', 'exact mine real-thinking-high'],
    ['an effort on a name the default takes', 'gpt-5.2-high', 'default openai gpt-5.2 ~high'],
    ['effort and tier on a name the default takes', 'gpt-5.2-high-fast', 'default openai gpt-5.2 ~high priority'],
    ['thinking and tier under a prefix', 'groq/x-thinking-low-fast', 'prefix groq x ~low priority'],
    ['-fast alone may be part of a real name', 'groq/grok-4-fast', 'prefix groq grok-4-fast'],
    ['brackets are never part of a name', 'gpt-5.2[fast=false]', 'default openai gpt-5.2 remove'],
    ['the built-in demo', 'demo/echo', 'exact demo echo'],
    ['a name that objects have anyway', '__proto__', 'default openai __proto__'],
    ['another one', 'constructor', 'default openai constructor'],
  ];
  const table = tableOf(house);
  for (const [what, name, expected] of rows) {
    it(`${what}: ${name} → ${expected}`, () => assert.equal(told(table.resolve(name)), expected));
  }

  it('trusts the list of a backend over a decoration', () => {
    const listed = tableOf(house, { groq: ['grok-4', 'x-thinking-low'] });
    assert.equal(told(listed.resolve('groq/grok-4-fast')), 'prefix groq grok-4 priority');
    assert.equal(told(listed.resolve('groq/x-thinking-low')), 'prefix groq x-thinking-low');
    assert.equal(
      told(tableOf(house, { groq: ['grok-4-fast'] }).resolve('groq/grok-4-fast')),
      'prefix groq grok-4-fast',
    );
  });
  it('looks a name up once, and again when the list of a backend is another one', () => {
    const settings = settingsOf({ backends: [{ name: 'a', preset: 'openai', default: true }] });
    const lists = new Map<string, string[]>();
    const table = createRouteTable(settings, buildBackends(settings), { lists });
    const first = table.resolve('gpt-x');
    assert.equal(table.resolve('gpt-x'), first);
    lists.set('a', ['a/gpt-x']);
    assert.notEqual(table.resolve('gpt-x'), first);
    lists.clear();
    assert.deepEqual(table.resolve('gpt-x'), first);
  });
  it('keeps a thousand names that clients made up, and none that leads nowhere', () => {
    const many = tableOf({ backends: [{ name: 'a', baseUrl, default: false }] });
    const first = many.resolve('a/0');
    for (let n = 1; n < 1_000; n += 1) many.resolve(`a/${n}`);
    assert.equal(many.resolve('a/0'), first);
    many.resolve('a/1000');
    assert.notEqual(many.resolve('a/0'), first);
    assert.notEqual(many.resolve('nowhere'), many.resolve('nowhere'));
  });
  it('takes a model whose id is the name of an alias for the model', () => {
    const both = tableOf({ aliases: { m: 'a/other' }, backends: [{ name: 'a', baseUrl, models: [{ id: 'm' }] }] });
    assert.equal(told(both.resolve('m')), 'exact a m');
  });
  it('takes a configured id that ends like an effort of another one for the id (M6)', () => {
    const models = [
      { id: 'm', efforts: ['low'] },
      { id: 'm:low', upstream: 'own' },
    ];
    assert.equal(told(tableOf({ backends: [{ name: 'a', baseUrl, models }] }).resolve('m:low')), 'exact a own');
  });
  it('puts any text in the place of the *', () => {
    assert.equal(told(table.resolve('lab-$&$1-x')), 'prefix mine v2/$&$1');
  });
  it('takes a model whose id begins as the names for Claude Code do for itself', () => {
    const models = [{ id: 'anthropic-router/m', upstream: 'own' }, { id: 'm' }];
    const own = tableOf({ backends: [{ name: 'a', baseUrl, default: false, models }] });
    assert.equal(told(own.resolve('anthropic-router/m')), 'exact a own');
    assert.equal(told(own.resolve('anthropic-router/a/x')), 'prefix a x');
  });
  it('takes the first of two models with one alias', () => {
    const models = [
      { id: 'm', aliases: ['both'] },
      { id: 'n', aliases: ['both'] },
    ];
    assert.equal(told(tableOf({ backends: [{ name: 'a', baseUrl, models }] }).resolve('both')), 'alias a m');
  });
  it('takes an effort that is asked for before the one of the settings, which alone makes no variants', () => {
    const effort = { efforts: ['low'], reasoningEffort: 'high' };
    const models = [
      { id: 'lab-*', ...effort },
      { id: 'm', ...effort },
    ];
    const own = tableOf({ backends: [{ name: 'a', baseUrl, default: false, models }] });
    assert.equal(told(own.resolve('lab-x')), 'prefix a lab-x :high');
    assert.equal(told(own.resolve('lab-x:low')), 'prefix a lab-x :low');
    assert.deepEqual(own.listed(), ['m']);
  });
  it('asks no default backend for a model without a name', () => {
    assert.equal(told(table.resolve('')), 'none');
  });
  it('takes a listed name that ends like an effort for a model of its own', () => {
    const input: SettingsInput = { backends: [{ name: 'a', baseUrl, efforts: ['low'] }] };
    assert.equal(told(tableOf(input, { a: ['m', 'm:low'] }).resolve('a/m:low')), 'prefix a m:low');
    assert.equal(told(tableOf(input, { a: ['m'] }).resolve('a/m:low')), 'prefix a m :low');
  });

  it('reads lists that arrive later', () => {
    const settings = settingsOf(house);
    const lists = new Map<string, string[]>();
    const late = createRouteTable(settings, buildBackends(settings), { lists });
    assert.equal(told(late.resolve('groq/grok-4-fast')), 'prefix groq grok-4-fast');
    lists.set('groq', ['grok-4']);
    assert.equal(told(late.resolve('groq/grok-4-fast')), 'prefix groq grok-4 priority');
  });
  it('names the configured id, not the decorated or aliased one, for budgets (N29)', () => {
    for (const name of ['own', 'named', 'own:low', 'own-thinking-high', 'own[effort=low]', 'deep']) {
      const target = table.resolve(name);
      assert.ok(!('notFound' in target));
      assert.equal(target.clientModel, 'own', name);
    }
  });
  it('chooses the key: model before backend, never the stored key of the backend for a variable of the model', () => {
    const keys = (name: string) => {
      const target = table.resolve(name);
      assert.ok(!('notFound' in target));
      return [target.keyName, target.keyEnv];
    };
    assert.deepEqual(keys('own'), ['mine', 'MINE']);
    assert.deepEqual(keys('thinker'), ['second', undefined]);
    assert.deepEqual(keys('keyed'), ['OTHER_KEY', 'OTHER_KEY']);
    assert.deepEqual(keys('groq/a'), ['groq', 'GROQ_API_KEY']);
  });
  it('a key by another name is never the variable of its backend', () => {
    const models = [{ id: 'm', apiKeyName: 'stored', apiKeyEnv: 'M_KEY' }];
    const { resolve } = tableOf({
      backends: [{ name: 'a', baseUrl, default: false, apiKeyEnv: 'A_KEY', apiKeyNames: ['a', 'SECOND'], models }],
    });
    const [plain, own] = [resolve('a/x'), resolve('m')];
    assert.ok(!('notFound' in plain) && !('notFound' in own));
    assert.deepEqual(plain.keys, [
      { keyName: 'a', keyEnv: 'A_KEY' },
      { keyName: 'SECOND', keyEnv: 'SECOND' },
    ]);
    assert.deepEqual([own.keyName, own.keyEnv, own.keys], ['stored', 'M_KEY', undefined]);
  });

  describe('without a default', () => {
    const bare: SettingsInput = {
      aliases: { broken: 'nowhere' },
      backends: [
        { name: 'openai', preset: 'openai' },
        { name: 'groq', preset: 'groq', models: [{ id: 'llama-big' }] },
      ],
    };
    it('tells near names, by the last part too', () => {
      const none = tableOf(bare, { openai: ['gpt-4o', 'gpt-4o-mini', 'o3'] });
      assert.equal(told(none.resolve('gpt-4o')), 'none: openai/gpt-4o openai/gpt-4o-mini');
      assert.equal(told(none.resolve('lama-big')), 'none: llama-big');
      assert.equal(told(none.resolve('zzzzzzzzzzzz')), 'none');
      assert.equal(told(none.resolve('dmeo/echo')), 'none: demo/echo');
    });
    it('bounds its work on a monstrous name', () => {
      assert.equal(told(tableOf(bare).resolve('x'.repeat(5_000_000))), 'none');
    });
    it('falls to fallbackModel, also for an alias that leads nowhere and for an empty name', () => {
      const last = tableOf({ ...bare, fallbackModel: 'groq/last' });
      assert.equal(told(last.resolve('unknown')), 'fallbackModel groq last');
      assert.equal(told(last.resolve('broken')), 'fallbackModel groq last');
      assert.equal(told(last.resolve('')), 'fallbackModel groq last');
      assert.equal(told(tableOf(bare).resolve('')), 'none');
      assert.equal(told(tableOf({ ...bare, fallbackModel: 'nowhere' }).resolve('unknown')), 'none');
    });
  });

  it('survives an alias loop', () => {
    const loop = tableOf({ aliases: { a: 'b', b: 'c', c: 'a' }, backends: [{ name: 'x', baseUrl, default: false }] });
    assert.equal('notFound' in loop.resolve('a'), true);
    assert.deepEqual(loop.listed(), []);
  });

  it('finds the longest prefix whatever the order of the backends', () => {
    const prefixes = fc.uniqueArray(fc.stringMatching(/^[ab/]{1,5}$/), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(prefixes, fc.stringMatching(/^[ab/]{1,7}$/), fc.infiniteStream(fc.nat()), (all, name, order) => {
        const shuffled = all
          .map((prefix) => ({ prefix, rank: order.next().value as number }))
          .sort((one, other) => one.rank - other.rank)
          .map(({ prefix }) => prefix);
        const result = tableOf({
          backends: [
            { name: 'd', baseUrl, prefix: '', default: true },
            ...shuffled.map((prefix) => ({ name: `n${all.indexOf(prefix)}`, baseUrl, prefix })),
          ],
        }).resolve(name);
        const longest = all
          .filter((prefix) => name.startsWith(prefix) && name.length > prefix.length)
          .sort((one, other) => other.length - one.length)[0];
        assert.ok(!('notFound' in result));
        assert.equal(result.backend.name, longest === undefined ? 'd' : `n${all.indexOf(longest)}`);
        assert.equal(result.upstreamModel, longest === undefined ? name : name.slice(longest.length));
      }),
      { numRuns: 200 },
    );
  });
  it('follows alias chains of any length to one end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), (length) => {
        const aliases = Object.fromEntries(
          Array.from({ length }, (_, index) => [`a${index}`, index + 1 < length ? `a${index + 1}` : 'x/end']),
        );
        const result = tableOf({ aliases, backends: [{ name: 'x', baseUrl }] }).resolve('a0');
        assert.equal(told(result), 'alias x end');
      }),
      { numRuns: 20 },
    );
  });
  it('takes any text for a name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl()), (name) => {
        const result = table.resolve(name);
        if ('notFound' in result) return assert.equal(name, '');
        assert.ok(result.backend.name === 'demo' || table.backends.includes(result.backend), 'a configured backend');
      }),
      { numRuns: 300 },
    );
  });
});

describe('listed names', () => {
  it('are aliases, configured ids with their aliases and variants, and no patterns', () => {
    assert.deepEqual(tableOf(house).listed(), [
      'fast',
      'faster',
      'named',
      'deep',
      'groq/gone',
      'own',
      'mine',
      'own:low',
      'own:high',
      'my-model',
      'literal:high',
      'thinker',
      'keyed',
      'real-thinking-high',
    ]);
  });
  it('hold the demo only where it is configured', () => {
    const demo = tableOf({ backends: [{ name: 'demo', preset: 'demo', models: [{ id: 'demo/echo' }] }] });
    assert.deepEqual(demo.listed(), ['demo/echo']);
    assert.equal(told(demo.resolve('demo/echo')), 'exact demo echo');
    assert.equal(told(demo.resolve('other')), 'none', 'the demo is never the default');
  });
  it('are all servable', () => {
    const table = tableOf(house);
    for (const name of table.listed()) assert.ok(!('notFound' in table.resolve(name)), name);
  });
});

describe('names of what a backend lists', () => {
  it('carry its prefix', () => {
    const { backends } = tableOf({ backends: [{ name: 'g', preset: 'gemini' }] });
    assert.deepEqual(clientNames(backends[0]!, ['models/gemini-2.5-pro', 'other']), ['g/gemini-2.5-pro', 'g/other']);
  });
  it('are bare for a default backend without prefix, and none for another without prefix', () => {
    const { backends } = tableOf({
      backends: [
        { name: 'a', baseUrl, prefix: '', default: true, efforts: ['low'] },
        { name: 'b', baseUrl, prefix: '', models: [{ id: 'b-*', upstream: 'team/*' }] },
        { name: 'c', baseUrl, prefix: '' },
      ],
    });
    assert.deepEqual(clientNames(backends[0]!, ['m']), ['m', 'm:low']);
    assert.deepEqual(clientNames(backends[1]!, ['team/m', 'other/m']), ['b-m']);
    assert.deepEqual(clientNames(backends[2]!, ['m']), []);
  });
});

describe('the built-in model demo/echo', () => {
  const asked = (input: SettingsInput) => told(tableOf(input).resolve('demo/echo'));
  it('is there under any settings, but in nobody’s way', () => {
    const backend = { name: 'a', baseUrl };
    assert.equal(asked({ backends: [backend] }), 'exact demo echo');
    assert.equal(asked({ backends: [{ ...backend, prefix: 'demo/' }] }), 'prefix a echo');
    assert.equal(asked({ backends: [backend], aliases: { 'demo/echo': 'a/m' } }), 'alias a m');
  });
});

describe('targets for kinds of requests', () => {
  const table = tableOf({
    backends: [
      {
        name: 'a',
        baseUrl,
        default: false,
        models: [
          { id: 'm', routes: { images: 'eyes', background: 'm', longInput: 'nowhere' } },
          { id: 'eyes', routes: { images: 'm' } },
        ],
      },
    ],
  });
  const target = table.resolve('m');
  assert.ok(!('notFound' in target));
  it('are one level deep', () => {
    const next = table.kindTarget(target, 'images');
    assert.equal(next && told(next), 'exact a eyes');
    assert.equal(next && table.kindTarget(next, 'images'), undefined);
  });
  it('are those of the model before those of its backend', () => {
    const models = [{ id: 'm', routes: { images: 'a/own' } }];
    const routes = { images: 'a/all', subagent: 'a/all' };
    const both = tableOf({ backends: [{ name: 'a', baseUrl, default: false, routes, models }] });
    const asked = both.resolve('m');
    assert.ok(!('notFound' in asked));
    const next = (['images', 'subagent'] as const).map((kind) => both.kindTarget(asked, kind)?.upstreamModel);
    assert.deepEqual(next, ['own', 'all']);
  });
  it('are none where the name is its own, leads nowhere or is not there', () => {
    for (const kind of ['background', 'longInput', 'subagent'] as const)
      assert.equal(table.kindTarget(target, kind), undefined);
  });
});

describe('fallback targets', () => {
  const fallbacksOf = (input: SettingsInput, name: string) => {
    const table = tableOf(input);
    const target = table.resolve(name);
    assert.ok(!('notFound' in target));
    return table.fallbackTargets(target).map((next) => ({ told: told(next), fallbacks: next.fallbacks }));
  };
  it("try the model's before the backend's, each target once", () => {
    assert.deepEqual(fallbacksOf(house, 'thinker'), [
      { told: 'prefix groq a :high', fallbacks: [] },
      { told: 'alias groq llama :high', fallbacks: [] },
      { told: 'prefix openai gpt-4o :high', fallbacks: [] },
    ]);
  });
  it('carry what a decoration asked for', () => {
    assert.deepEqual(
      fallbacksOf(house, 'own[effort=low,fast=true]').map((next) => next.told),
      ['alias groq llama ~low priority', 'prefix openai gpt-4o ~low priority'],
    );
  });
  it('do not try the same request twice under another name', () => {
    const input: SettingsInput = {
      backends: [
        {
          name: 'a',
          baseUrl,
          default: false,
          models: [{ id: 'm', efforts: ['low'], fallbacks: ['m', 'm:low', 'a/n'] }],
        },
      ],
    };
    assert.deepEqual(
      fallbacksOf(input, 'm:low').map((next) => next.told),
      ['prefix a n :low'],
    );
  });
  it('may be the same model with another key', () => {
    const models = [
      { id: 'm', upstream: 'x', fallbacks: ['m2'] },
      { id: 'm2', upstream: 'x', apiKeyName: 'second' },
    ];
    assert.equal(fallbacksOf({ backends: [{ name: 'a', baseUrl, default: false, models }] }, 'm').length, 1);
  });
  it('keep the effort and the tier that they name themselves', () => {
    const model = { id: 'm', efforts: ['low', 'high'], fallbacks: ['m:high', 'a/n[fast=true]'] };
    const backends = [{ name: 'a', baseUrl, default: false, models: [model] }];
    assert.deepEqual(
      fallbacksOf({ backends }, 'm:low').map((next) => next.told),
      ['exact a m :high', 'prefix a n :low priority'],
    );
    assert.deepEqual(
      fallbacksOf({ backends }, 'm[fast=false]').map((next) => next.told),
      ['exact a m :high remove', 'prefix a n priority'],
    );
  });
  it('have none of their own', () => {
    const model = (id: string, fallbacks: string[]) => ({ id, fallbacks });
    const models = [model('m', ['n']), model('n', ['o']), model('o', [])];
    assert.deepEqual(fallbacksOf({ backends: [{ name: 'a', baseUrl, default: false, models }] }, 'm'), [
      { told: 'exact a n', fallbacks: [] },
    ]);
  });
  it('leave out the target itself and what leads nowhere', () => {
    const input: SettingsInput = {
      aliases: { same: 'a/m' },
      backends: [{ name: 'a', baseUrl, default: false, fallbacks: ['same', 'nowhere', 'a/other'] }],
    };
    assert.deepEqual(
      fallbacksOf(input, 'a/m').map((next) => next.told),
      ['prefix a other'],
    );
  });
});
