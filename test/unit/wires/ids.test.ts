import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { legalId } from '../../../src/wires/ids';

describe('ids', () => {
  it('keeps legal ids', () => {
    assert.equal(legalId('call_abc-123', 40), 'call_abc-123');
    assert.equal(legalId('a'.repeat(40), 40), 'a'.repeat(40));
    assert.equal(legalId('abcDEF123', 9), 'abcDEF123');
  });

  it('makes any id legal, short enough, always the same, and different for different ids', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.constantFrom(9, 40, 64), (a, b, limit) => {
        const id = legalId(a, limit);
        assert.match(id, limit === 9 ? /^[A-Za-z0-9]{9}$/ : /^[A-Za-z0-9_-]{1,64}$/);
        assert.ok(id.length <= limit);
        assert.equal(legalId(a, limit), id);
        assert.equal(legalId(id, limit), id);
        if (a !== b) assert.notEqual(legalId(b, limit), id);
      }),
    );
  });

  it('tells ids apart that only differ in illegal characters or far behind', () => {
    assert.notEqual(legalId('functions.Ask:1', 64), legalId('functions_Ask:1', 64));
    assert.notEqual(legalId(`${'x'.repeat(80)}1`, 40), legalId(`${'x'.repeat(80)}2`, 40));
    assert.match(legalId('functions.AskUserQuestion:1', 64), /^functions_AskUserQuestion_1_[0-9a-f]{16}$/);
  });
});
