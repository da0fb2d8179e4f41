import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { TUNNEL_NAMES } from '../../../src/settings/tunnelKinds';
import { CARDS, cardOf } from '../../../src/tunnel/cards';
import { WAYS } from '../../../src/tunnel/ways';

describe('kinds of tunnel', () => {
  it('each is one file in tunnel/kinds, and no other file lies there', () => {
    const files = TUNNEL_NAMES.map((kind) => `${kind.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())}.ts`);
    assert.deepEqual(readdirSync('src/tunnel/kinds').sort(), files.sort());
  });

  it('a kind without a card, or without a word on what it does, does not compile', () => {
    const { ngrok: _card, ...cards } = CARDS;
    const { ngrok: _way, ...ways } = WAYS;
    // @ts-expect-error
    const withoutCard: typeof CARDS = cards;
    // @ts-expect-error
    const withoutWay: typeof WAYS = ways;
    assert.ok(withoutCard && withoutWay);
  });

  it('a card tells what the settings have to know: its secret, its program, its own address', () => {
    assert.equal(CARDS.ngrok.secret?.env, 'NGROK_AUTHTOKEN');
    assert.equal(CARDS['cloudflared-named'].secret?.env, 'TUNNEL_TOKEN');
    assert.equal(CARDS.cloudflared.secret, undefined);
    for (const kind of TUNNEL_NAMES) assert.equal(WAYS[kind]?.program !== undefined, CARDS[kind].program !== undefined);
    const address = { ...{ provider: 'custom' as const, binary: '', hostname: '' }, url: 'https://llm.example.com/v1' };
    assert.equal(WAYS.custom?.fixedUrl?.(address), 'https://llm.example.com');
    assert.equal(WAYS.custom?.fixedUrl?.({ ...address, url: 'http://127.0.0.1' }), undefined);
  });

  it('a kind that only another version knows has none', () => {
    for (const name of ['', 'carrier-pigeon', 'constructor']) assert.equal(cardOf(name), undefined);
  });
});
