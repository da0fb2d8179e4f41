import assert from 'node:assert/strict';
import { catalogue } from '../../../src/said';
import { say } from '../../../src/tunnel/sentences';

describe('sentences as codes', () => {
  it('a sentence is a code, its values and the English of it', () => {
    const room = catalogue('room', {
      plain: 'As it is.',
      with: (name: string, count: number) => `${count} × ${name}.`,
    });
    assert.deepEqual(room.plain, { code: 'room.plain', values: [], text: 'As it is.' });
    assert.deepEqual(room.with('tea', 2), { code: 'room.with', values: ['tea', 2], text: '2 × tea.' });
  });

  it('a sentence in a sentence travels whole', () => {
    const said = say.andNextTry(say.noConnection('ngrok'), 0);
    assert.equal(said.code, 'tunnel.andNextTry');
    assert.deepEqual(JSON.parse(JSON.stringify(said.values)), [
      { code: 'tunnel.noConnection', values: ['ngrok'], text: say.noConnection('ngrok').text },
      0,
    ]);
    assert.ok(said.text.startsWith(say.noConnection('ngrok').text));
  });
});
