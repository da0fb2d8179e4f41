import assert from 'node:assert/strict';
import { presetOf } from '../../../src/routing/presets';
import { cardOf } from '../../../src/tunnel/cards';
import { decoding } from '../../../src/upstream/decode';
import { lessonsOf } from '../../../src/upstream/lessons';
import { finishReasonOf } from '../../../src/wires/chatUsage';
import type { JsonObject } from '../../../src/wires/conversation';
import { budgetOfEffort } from '../../../src/wires/effort';
import { classify } from '../../../src/wires/failure';
import { readStop } from '../../../src/wires/messagesAnswer';
import { toolParameters } from '../../../src/wires/schema';
import { SCHEMA_DIALECTS, type SchemaDialectName } from '../../../src/wires/schemaDialects';

/** What every object of JavaScript answers to; as a word from outside it is unknown like any other. */
const INHERITED = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__'];

describe('names that every object has', () => {
  for (const name of INHERITED) {
    it(`${name} as a reason of an end is unknown (R10)`, () => {
      assert.equal(finishReasonOf(name), 'unknown');
      assert.equal(readStop({ stop_reason: name })?.reason, 'unknown');
    });
    it(`${name} as an effort counts as medium`, () => {
      assert.equal(budgetOfEffort(name), budgetOfEffort('medium'));
    });
    it(`${name} as a code of an error says nothing`, () => {
      assert.equal(classify(500, name, name, 'x'), 'server');
    });
    it(`${name} as an encoding of an answer leaves the bytes as they are`, () => {
      const got: Buffer[] = [];
      const handler = decoding(
        { onHead() {}, onData: (chunk) => void got.push(chunk), onEnd() {}, onError: assert.fail },
        { abort() {}, pause() {}, resume() {} },
      );
      handler.onHead(200, { 'content-encoding': name });
      handler.onData(Buffer.from('as it is'));
      assert.equal(Buffer.concat(got).toString(), 'as it is');
    });
    it(`${name} as a parameter that is refused, as a type or keyword of a schema: nothing breaks`, () => {
      const message = `Unsupported parameter: '${name}'`;
      const failure = { status: 400, type: null, code: 'unsupported_parameter', param: name, message };
      assert.deepEqual(
        lessonsOf(failure as never, () => ({ model: 'm' })),
        [],
      );
      const parameters = JSON.parse(
        `{"type":"object","properties":{"x":{"type":["${name}","number"],"${name}":{"a":1}}}}`,
      ) as JsonObject;
      for (const schemaDialect of Object.keys(SCHEMA_DIALECTS) as SchemaDialectName[]) {
        const sent = toolParameters(
          { kind: 'function', name: 't', parameters },
          { schemaDialect, refusedSchemaKeys: [] },
        );
        assert.ok(!JSON.stringify(sent).includes('function '), JSON.stringify(sent));
      }
    });
    it(`${name} is no provider and no kind of tunnel`, () => {
      assert.deepEqual([presetOf(name), cardOf(name)], [undefined, undefined]);
    });
  }
});
