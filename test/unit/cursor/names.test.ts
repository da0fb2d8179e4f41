import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { nameDoubt, undecorate } from '../../../src/cursor/names';

interface ParseCase {
  name: string;
  note: string;
  input: {
    op?: string;
    model?: string;
    body?: { model: string | null };
    servable_names?: string[];
    catalogue?: Record<string, string>;
  };
  expect: Record<string, unknown>;
}
const casesOf = (file: string) =>
  (JSON.parse(readFileSync(`test/fixtures/cursor/${file}.json`, 'utf8')) as { cases: ParseCase[] }).cases;

describe('cursor names', () => {
  for (const { name, input, expect } of casesOf('litellm_model_variants')) {
    if (input.op !== 'parse') continue;
    it(`litellm: ${name} (M8)`, () => {
      const model = input.model as string;
      const found = undecorate(model, (candidate) => candidate !== model);
      assert.equal(found?.name ?? model, expect.base_model);
      assert.equal(found?.effort ?? null, expect.reasoning_effort);
    });
  }

  for (const { name, input, expect } of casesOf('litellm_model_variants')) {
    if (input.op !== 'resolve' || typeof input.body?.model !== 'string') continue;
    it(`litellm: ${name} (M8)`, () => {
      const model = input.body?.model as string;
      const found = undecorate(model, (candidate) => input.servable_names?.includes(candidate) ?? false);
      assert.equal(found?.name ?? model, expect.model);
    });
  }

  for (const { name, input, expect, note } of casesOf('gpt_alias_variants')) {
    it(`aliases: ${name} (M9)`, () => {
      const model = input.model as string;
      const base = input.catalogue
        ? Object.keys(input.catalogue).find((key) => input.catalogue?.[key] === expect.base_model)
        : (expect.base_model as string);
      const found = undecorate(model, (candidate) => candidate === base);
      assert.equal(found?.name ?? model, base);
      assert.equal(found?.tier ?? null, expect.service_tier);
      // Upstream-specific: that project's provider tops out at high.
      const clamped =
        note.includes('UPSTREAM-SPECIFIC') && found?.effort === 'xhigh' ? 'high' : (found?.effort ?? null);
      assert.equal(clamped, expect.effort);
    });
  }

  it('M6: a servable name is never taken apart', () => {
    assert.equal(
      undecorate('x-thinking-high', () => true),
      undefined,
    );
  });
  it('M8: takes off least first', () => {
    const servable = (names: string[]) => (name: string) => names.includes(name);
    assert.deepEqual(undecorate('x-thinking-high-fast', servable(['x', 'x-thinking-high'])), {
      name: 'x-thinking-high',
      tier: 'priority',
    });
    assert.deepEqual(undecorate('x-thinking-high-fast', servable(['x'])), {
      name: 'x',
      tier: 'priority',
      effort: 'high',
    });
  });
  it('M8: unknown effort words, a bare -thinking and an empty base are no decorations', () => {
    for (const name of ['x-thinking', 'x-thinking-huge', '-thinking-high', 'x-high', '']) {
      assert.equal(
        undecorate(name, (candidate) => candidate === 'x' || candidate === ''),
        undefined,
        name,
      );
    }
  });
  it('M8: the ordinary suffix of a gpt name also behind a prefix', () => {
    assert.deepEqual(
      undecorate('mine/gpt-5.2-extra-high', (name) => name === 'mine/gpt-5.2'),
      { name: 'mine/gpt-5.2', effort: 'xhigh' },
    );
  });
  it('M9: brackets carry effort and tier, and may surround a suffix', () => {
    const one = (name: string) => undecorate(name, (candidate) => candidate === 'x');
    assert.deepEqual(one('x[effort=high, fast=true]'), { name: 'x', effort: 'high', tier: 'priority' });
    assert.deepEqual(one('x[reasoning=medium,fast=false]'), { name: 'x', effort: 'medium', tier: 'remove' });
    assert.deepEqual(one('x[]'), { name: 'x' });
    assert.deepEqual(one('x-thinking-low[fast=true]'), { name: 'x', effort: 'low', tier: 'priority' });
    assert.equal(one('y[effort=high]'), undefined);
  });

  it('M1, M2, M4: says why a name is one that Cursor sends elsewhere, or may be', () => {
    const why = (name: string) => {
      const doubt = nameDoubt(name);
      return doubt && [doubt.said.code, doubt.sure];
    };
    assert.deepEqual(why('claude-opus-5'), ['cursor.otherSlot', true]);
    assert.match(nameDoubt('claude-opus-5')?.said.text ?? '', /begin with "claude-" .* Anthropic/);
    assert.match(nameDoubt('Gemini-3-pro')?.said.text ?? '', /begin with "gemini-" .* Google/);
    assert.deepEqual(why('gpt-5.5'), ['cursor.builtIn', true]);
    for (const newer of ['gpt-7', 'claude9', 'o5', 'composer-9', 'grok-9'])
      assert.deepEqual(why(newer), ['cursor.likeBuiltIn', false]);
    for (const own of ['cus-claude-opus-5', 'mine/gpt-5.5', 'octopus', 'autopilot'])
      assert.equal(why(own), undefined, own);
  });
  it('M1: routekit start rule (case models-never-start-with-claude-or-gemini)', () => {
    const found = casesOf('routekit_cursor').find(({ name }) => name.startsWith('models-never-start'));
    const ids = found?.expect.ids as string[];
    assert.ok(ids.length > 0);
    for (const id of ids) assert.equal(nameDoubt(id), undefined);
  });
});
