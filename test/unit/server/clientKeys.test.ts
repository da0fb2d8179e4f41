import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createKeyring } from '../../../src/server/clientKeys';
import { generateClientKey } from '../../../src/settings/keyNames';

describe('client keys', () => {
  const keyring = createKeyring([
    { name: 'main', secret: 'sk-main' },
    { name: 'phone', secret: 'sk-phone' },
    { name: 'empty', secret: '' },
    { name: 'double', secret: 'sk-main' },
  ]);

  it('finds a key by its secret and nothing by anything else', () => {
    assert.equal(keyring.find('sk-main'), 'main');
    assert.equal(keyring.find('sk-phone'), 'phone');
    for (const wrong of ['', 'sk-', 'sk-mai', 'sk-main ', 'SK-MAIN', 'main', 'sk-main\0', '\ud800'])
      assert.equal(keyring.find(wrong), undefined, JSON.stringify(wrong));
  });

  it('opens to nobody without keys', () => {
    assert.equal(createKeyring([]).find(''), undefined);
    assert.equal(createKeyring([{ name: 'main', secret: '' }]).find(''), undefined);
  });

  it('never accepts the key of a provider, and names the entries it refused', () => {
    const refused = createKeyring(
      [
        { name: 'main', secret: 'sk-provider' },
        { name: 'phone', secret: 'sk-own' },
      ],
      ['sk-provider', ''],
    );
    assert.equal(refused.find('sk-provider'), undefined);
    assert.equal(refused.find('sk-own'), 'phone');
    assert.deepEqual(refused.refused, ['main']);
  });

  it('makes keys of 256 bits', () => {
    const key = generateClientKey(randomBytes);
    assert.match(key, /^sk-[\w-]{43}$/);
    assert.equal(
      generateClientKey(() => Buffer.alloc(32, 255)),
      `sk-${Buffer.alloc(32, 255).toString('base64url')}`,
    );
    assert.notEqual(generateClientKey(randomBytes), key);
  });
});
