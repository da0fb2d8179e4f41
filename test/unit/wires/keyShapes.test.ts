import assert from 'node:assert/strict';
import { looksLikeKey, maskKeys, namesKey } from '../../../src/wires/keyShapes';

/** The forms that providers give their keys, made up. */
const KEYS = [
  'sk-abc123def456ghi789',
  'sk-ant-api03-AbC_123-xyz-000',
  'sk-or-v1-0123456789abcdef',
  'gsk_abcdefghijklmnopqrst',
  'csk-8h4k2m9x5c3v7b1n',
  'fw_3ZkT8xQpL2vW9sYb4N',
  'xai-1234567890abcdef',
  'tgp_v1_0123456789abcdef',
  'nvapi-0123456789abcdef',
  'pplx-0123456789abcdef',
  'hf_a1B2c3D4e5F6g7H8',
  'r8_a1B2c3D4e5F6g7H8',
  'AIzaSyA1234567890abcdefg',
  'AKIAIOSFODNN7EXAMPLE',
  'ya29.a0AfH6SMBx0123456789',
  'eyJhbGciOi.eyJzdWIiOi.sig',
];

describe('what looks like a key', () => {
  for (const key of KEYS)
    it(`${key.slice(0, 4)}… is one, in a text and by itself`, () => {
      assert.equal(maskKeys(`key ${key}, refused`), 'key [hidden], refused');
      assert.equal(looksLikeKey(key), true);
    });

  it('whatever a name says it is', () => {
    for (const [text, safe] of [
      ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic [hidden]'],
      ['authorization: bearer abc.def', 'authorization: bearer [hidden]'],
      ['password=hunter2&x=1', 'password=[hidden]&x=1'],
      ['{"token":"abc"}', '{"token":"[hidden]"}'],
      ['client secret: zzz', 'client secret: [hidden]'],
    ] as const)
      assert.equal(maskKeys(text), safe);
  });

  it('words, numbers and names of variables are none', () => {
    for (const plain of [
      'the key-rotation-policy of a basic plan',
      'max_tokens: 5000, tokens: 4096',
      'Set XAI_API_KEY_PERSONAL or HF_TOKEN_SECONDARY.',
      'gpt-5.1-codex-max at https://four-small-words-here.trycloudflare.com',
    ])
      assert.equal(maskKeys(plain), plain);
    for (const plain of ['XAI_API_KEY_PERSONAL', 'HF_TOKEN_SECONDARY', 'my-company-gateway'])
      assert.equal(looksLikeKey(plain), false);
  });

  it('names of headers and parameters that hold one', () => {
    for (const name of [
      'Authorization',
      'x-api-key',
      'Cookie',
      'set-cookie',
      'key',
      'apikey',
      'X-Auth',
      'access_token',
    ])
      assert.equal(namesKey(name), true, name);
    for (const name of ['x-team', 'x-author', 'x-portkey-provider', 'accept'])
      assert.equal(namesKey(name), false, name);
  });

  it('megabytes of anything take no time to speak of', () => {
    for (const piece of ['sk-', 'a+', 'eyJ-', 'bearer ', 'Basic a', 'token:', 'api key ', 'key_a-', 'f', '-'])
      maskKeys(piece.repeat(300_000));
  }).timeout(20_000);
});
