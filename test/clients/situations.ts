/** What real clients are put through, each against each of the three backend wires. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Wire } from '../../src/wires/wire';
import type { Call, Model, Say } from './model';

/** How a client names what it can do; `server` is a tool of an MCP server, where it knows such. */
export interface Tools {
  write(file: string, content: string): Call;
  server?(file: string, content: string): Call;
  /** What has to be called first to get at that tool. */
  find?(): Call;
}
/** What the client told its person. */
export interface Told {
  ok: boolean;
  text: string;
  /** Everything it printed, for words of errors. */
  all: string;
  /** As the client counted, cached input included. */
  usage?: { input: number; output: number };
}
export interface Played {
  wire: Wire;
  told: Told;
  model: Model;
  folder: string;
}
export interface Situation {
  title: string;
  /** How the model is asked for; `prefixed` where nothing is said. */
  name?: 'alias';
  key?: 'wrong' | 'spent';
  /** Not for clients without MCP servers. */
  server?: true;
  script(tools: Tools, folder: string): Say[];
  /** What must hold beside the answer; without it the client tells the whole answer. */
  check?(played: Played): void;
}

const PROMPT_ANSWER = 'All of it is done, and this is the whole answer.';
const done = { text: PROMPT_ANSWER };
const holds = (folder: string, file: string, content: string): void => {
  const whole = path.join(folder, file);
  assert.ok(existsSync(whole), `${file} was not written`);
  assert.equal(readFileSync(whole, 'utf8').trimEnd(), content);
};
const whole = ({ told }: Played): void => {
  assert.ok(told.ok, told.all);
  assert.ok(told.text.includes(PROMPT_ANSWER), told.all);
};
/** It failed, and says why in these words. */
const failed =
  (words: RegExp, asked?: 0) =>
  ({ told, model }: Played): void => {
    assert.ok(!told.ok || !told.text.includes(PROMPT_ANSWER), told.all);
    assert.match(told.all, words);
    if (asked === 0) assert.equal(model.upstream.seen.filter(({ method }) => method === 'POST').length, 0);
  };

export const SITUATIONS: readonly Situation[] = [
  { title: 'a prefixed name', script: () => [done] },
  { title: 'an alias', name: 'alias', script: () => [done] },
  {
    title: 'a tool that writes a file',
    script: (tools, folder) => [
      { text: 'I write it. ', calls: [tools.write(path.join(folder, 'one.txt'), 'first line')] },
      done,
    ],
    check: (played) => {
      whole(played);
      holds(played.folder, 'one.txt', 'first line');
    },
  },
  {
    title: 'parallel tools',
    script: (tools, folder) => [
      {
        calls: ['a', 'b', 'c'].map((name) => tools.write(path.join(folder, `${name}.txt`), `this is ${name}`)),
      },
      done,
    ],
    check: (played) => {
      whole(played);
      for (const name of ['a', 'b', 'c']) holds(played.folder, `${name}.txt`, `this is ${name}`);
    },
  },
  {
    title: 'an MCP server',
    server: true,
    script: (tools, folder) => [
      ...(tools.find ? [{ calls: [tools.find()] }] : []),
      { calls: [tools.server!(path.join(folder, 'stamp.txt'), 'stamped')] },
      done,
    ],
    check: (played) => {
      whole(played);
      holds(played.folder, 'stamp.txt', 'stamped');
    },
  },
  {
    title: 'thinking before tools, twice, with an alias',
    name: 'alias',
    script: (tools, folder) => [
      { think: 'First the one file.', calls: [tools.write(path.join(folder, 'one.txt'), 'one')] },
      { think: 'Then the other.', calls: [tools.write(path.join(folder, 'two.txt'), 'two')] },
      done,
    ],
    check: (played) => {
      whole(played);
      holds(played.folder, 'one.txt', 'one');
      holds(played.folder, 'two.txt', 'two');
      // OpenAI's chat knows no thinking in its history.
      if (played.wire === 'chat') return;
      // What was thought is there again in the turn that goes on from it, whatever the client kept.
      const last = played.model.turns.at(-1)!.turns.flatMap(({ parts }) => parts);
      const thought = last.flatMap((part) => (part.type === 'reasoning' ? [part.text] : []));
      assert.deepEqual(thought, ['First the one file.', 'Then the other.']);
    },
  },
  { title: 'a connection closed 300 ms late', script: () => [{ ...done, end: 'late' }] },
  {
    title: 'a stream cut once',
    script: () => [{ ...done, end: 'cut' }],
    // Tried again, or told: never half an answer as a whole one.
    check: (played) => {
      if (played.told.ok && played.model.turns.length > 1) whole(played);
      else assert.ok(!played.told.ok, played.told.all);
    },
  },
  {
    title: 'an input too long',
    script: () => [{ ...done, end: 'overflow' }],
    // Told in words that a client knows: it sums up what was said and asks again (opencode), or tells its person.
    check: (played) => {
      const { told, model } = played;
      if (model.turns.length > 1) assert.ok(told.text.includes(PROMPT_ANSWER), told.all);
      else failed(/context|too long|exceeds/i)(played);
    },
  },
  { title: 'a wrong key', key: 'wrong', script: () => [done], check: failed(/key/i, 0) },
  { title: 'a spent budget', key: 'spent', script: () => [done], check: failed(/budget/i, 0) },
];

export const checkOf = (situation: Situation): ((played: Played) => void) => situation.check ?? whole;
