import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { clientSlotWarning, copyOrder, undecorate } from '../../../src/cursor/names';

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

  it('M1, M2, M4: warns at names that Cursor sends elsewhere', () => {
    assert.match(clientSlotWarning('claude-opus-5')?.text ?? '', /Anthropic/);
    assert.match(clientSlotWarning('Gemini-3-pro')?.text ?? '', /Google/);
    assert.match(clientSlotWarning('gpt-5.5')?.text ?? '', /built into Cursor/);
    assert.equal(clientSlotWarning('cus-claude-opus-5'), undefined);
    assert.equal(clientSlotWarning('mine/gpt-5.5'), undefined);
  });
  it('M1: copy order puts neutral names first and keeps the order within a group', () => {
    assert.deepEqual(copyOrder(['claude-x', 'b/gpt-1', 'z/one', 'gpt-5.5', 'a/two', 'my-claude']), [
      'z/one',
      'a/two',
      'b/gpt-1',
      'my-claude',
      'claude-x',
      'gpt-5.5',
    ]);
  });
  it('M1: routekit start rule (case models-never-start-with-claude-or-gemini)', () => {
    const found = casesOf('routekit_cursor').find(({ name }) => name.startsWith('models-never-start'));
    const ids = found?.expect.ids as string[];
    assert.ok(ids.length > 0);
    for (const id of ids) assert.equal(clientSlotWarning(id), undefined);
  });
});
