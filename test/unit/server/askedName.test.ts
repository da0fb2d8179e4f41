/** On the messages wire every client is told the model name it asked for; every other byte stays. */
import assert from 'node:assert/strict';
import { toldName } from '../../../src/server/askedName';
import { createRawReply, readSameWireAnswer } from '../../../src/server/reply';
import { codecFor } from '../../../src/wires/codecs';
import { createSseSplitter } from '../../../src/wires/sse';

const codec = codecFor('messages');
const asked = 'work/"opus"';

function passed(stream: string, name: string | undefined): string {
  const reply = createRawReply(codec, false, name);
  return createSseSplitter()
    .push(Buffer.from(stream))
    .map((event) => reply.push(event)?.toString() ?? '')
    .join('');
}
const message = '{ "model" : "claude-opus-5", "id":"msg_1","big":12345678901234567890,"usage":{"input_tokens":3}}';
const start = `event: message_start\r\ndata:  {"type":"message_start", "message":${message}}\r\n\r\n`;
const text =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{\\"message_start\\" \\"model\\":\\"claude-opus-5\\"}"}}\n\n';

describe('the model name of a same-wire Messages answer', () => {
  it('is the asked one in message_start; all other bytes of the stream stay', () => {
    const told = start.replace('"claude-opus-5"', JSON.stringify(asked)) + text;
    assert.equal(passed(start + text, asked), told);
    assert.equal(passed(start + text, undefined), start + text);
    const nameless = start.replace('event: message_start\r\n', '');
    assert.equal(passed(nameless + text, asked), told.replace('event: message_start\r\n', ''));
  });

  it('is the asked one also where the object goes over several lines', () => {
    const spread =
      'event: message_start\ndata: {"type":"message_start",\ndata: "message":{"model":"m","id":"msg_1"}}\n\n';
    assert.deepEqual(JSON.parse(passed(spread, asked).split('data: ')[1] ?? ''), {
      type: 'message_start',
      message: { model: asked, id: 'msg_1' },
    });
  });

  it('is the asked one in a whole answer; all other bytes stay', () => {
    const body = `\ufeff{"content":[{"type":"text","text":"\\"model\\":\\"m\\""}],"n":1.10,"model" :"m","stop_reason":"end_turn"}`;
    const told = readSameWireAnswer(codec, Buffer.from(body), asked).body.toString();
    assert.equal(told, body.replace('"model" :"m"', `"model" :${JSON.stringify(asked)}`));
  });

  it('stays the upstream’s on the other wires, and where none was asked for', () => {
    assert.deepEqual(
      [toldName('messages', 'a'), toldName('messages', ''), toldName('chat', 'a'), toldName('responses', 'a')],
      ['a', undefined, undefined, undefined],
    );
  });
});
