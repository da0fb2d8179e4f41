import assert from 'node:assert/strict';
import { putIn, takeOut, UnknownForm } from '../../../src/cursorApp/editState';

const WANTED = { baseUrl: 'https://a.example/v1', models: ['fast', 'smart'] };
const put = (text: string, wanted = WANTED) => {
  const { row, replaced } = putIn(Buffer.from(text), wanted);
  return {
    text: row.toString(),
    replaced,
    back: (now = row.toString()) => takeOut(Buffer.from(now), replaced).toString(),
  };
};

describe("editing Cursor's settings as text", () => {
  it('changes only its fields and keeps every other byte: numbers, order, spaces, escapes', () => {
    const before =
      '{ "big":12345678901234567890, "useOpenAIKey" : false ,"openAIBaseUrl":null,"aiSettings":{"x":"\\u00e9","userAddedModels":["mine"],"modelOverrideEnabled":[],"z":1e400} ,"é":[ 1 ]}';
    const { text, back } = put(before);
    assert.equal(
      text,
      '{ "big":12345678901234567890, "useOpenAIKey" : true ,"openAIBaseUrl":"https://a.example/v1","aiSettings":{"x":"\\u00e9","userAddedModels":["mine","fast","smart"],"modelOverrideEnabled":["fast","smart"],"z":1e400} ,"é":[ 1 ]}',
    );
    assert.equal(back(), before);
  });

  it('makes fields and lists that are not there, and takes them away again', () => {
    for (const before of ['{"aiSettings":{}}', '{"a":1,"aiSettings":{"b":2},"c":3}']) {
      const { text, back } = put(before);
      const now = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual(
        [now.openAIBaseUrl, now.useOpenAIKey, (now.aiSettings as Record<string, unknown>).userAddedModels],
        ['https://a.example/v1', true, ['fast', 'smart']],
      );
      assert.equal(back(), before);
    }
    const none = put('{"aiSettings":{}}', { ...WANTED, models: [] });
    assert.deepEqual((JSON.parse(none.text) as Record<string, unknown>).aiSettings, {});
  });

  it('adds no name twice', () => {
    const { text } = put('{"aiSettings":{"userAddedModels":["fast"],"modelOverrideEnabled":["x","fast"]}}', {
      ...WANTED,
      models: ['fast', 'fast', 'b'],
    });
    assert.deepEqual((JSON.parse(text) as Record<string, unknown>).aiSettings, {
      userAddedModels: ['fast', 'b'],
      modelOverrideEnabled: ['x', 'fast', 'b'],
    });
  });

  it('puts a field back only where it still holds what was written; what Cursor wrote since stays', () => {
    const { back } = put(
      '{"useOpenAIKey":false,"openAIBaseUrl":"https://old/v1","aiSettings":{"userAddedModels":["mine"],"modelOverrideEnabled":["mine"]}}',
    );
    const since =
      '{"new":true,"useOpenAIKey":true,"openAIBaseUrl":"https://person/v1","aiSettings":{"userAddedModels":["mine","later","smart"],"modelOverrideEnabled":["later","fast"]}}';
    assert.equal(
      back(since),
      '{"new":true,"useOpenAIKey":false,"openAIBaseUrl":"https://person/v1","aiSettings":{"userAddedModels":["mine","later"],"modelOverrideEnabled":["later"]}}',
    );
  });

  it('refuses every form that is not the known one', () => {
    for (const text of [
      '',
      '[]',
      '{"a":',
      '{}',
      '{"aiSettings":[]}',
      '{"aiSettings":{},"useOpenAIKey":1}',
      '{"aiSettings":{},"openAIBaseUrl":{}}',
      '{"aiSettings":{"userAddedModels":"x"}}',
      '{"aiSettings":{"userAddedModels":[1]}}',
      '{"aiSettings":{},"aiSettings":{}}',
      '{"aiSettings":{"modelOverrideEnabled":{}}}',
    ])
      assert.throws(() => put(text), UnknownForm, text);
  });
});
