import assert from 'node:assert/strict';
import { loadConfigText } from '../../../src/config/load';

const entry = (name: string, more = '') =>
  `  - model_name: ${name}\n    litellm_params: {model: groq/${name}, api_key: k${more}}\n`;

/** Files by whole path, each found beside the one that names it. */
function load(main: string, files: Record<string, string>) {
  const asked: string[] = [];
  const { settings, problems } = loadConfigText(main, {
    includes: {
      root: '/main.yaml',
      read(name, from) {
        const path = from.slice(0, from.lastIndexOf('/') + 1) + name;
        asked.push(path);
        const text = files[path];
        return { path, ...(text !== undefined && { text }) };
      },
    },
  });
  return {
    asked,
    told: problems.map(({ line, column, message }) => `${line}:${column} ${message}`),
    names: settings?.backends.flatMap(({ models = [] }) => models.map(({ id }) => id)),
  };
}

describe('include in a LiteLLM file', () => {
  it('adds the lists of every file, and finds what an included one includes beside that one', () => {
    const { names, told, asked } = load(`include: [in/a.yaml]\nmodel_list:\n${entry('m')}`, {
      '/in/a.yaml': `include: [b.yaml]\nmodel_list:\n${entry('a')}`,
      '/in/b.yaml': `model_list:\n${entry('b')}`,
    });
    assert.deepEqual(names, ['m', 'a', 'b']);
    assert.deepEqual(told, []);
    assert.deepEqual(asked, ['/in/a.yaml', '/in/b.yaml']);
  });
  it('tells what is wrong in an included file at the line that includes it, with file and line there', () => {
    const { told } = load(`model_list:\n${entry('m')}include: [a.yaml]\n`, {
      '/a.yaml': `include: [b.yaml]\nmodel_list:\n${entry('a')}${entry('c', ', odd: 1')}`,
      '/b.yaml': `model_list:\n${entry('b', ', odd: 1')}litellm_settings: {strange: 1}\n`,
    });
    assert.equal(told.length, 3);
    for (const one of told) assert.match(one, /^4:11 /);
    assert.deepEqual(
      told.map((one) => /\/[ab]\.yaml:\d+/.exec(one)?.[0]),
      ['/b.yaml:4', '/a.yaml:6', '/b.yaml:3'],
    );
  });
  it('says which included file is broken, is no configuration or is not there', () => {
    const rows: [text: string | undefined, told: RegExp][] = [
      ['a:\n  [', /^1:11 \/a\.yaml:2: This is not valid YAML/],
      ['just words', /^1:11 The included file \/a\.yaml is no mapping of settings\.$/],
      [undefined, /^1:11 The included file \/a\.yaml cannot be read\.$/],
    ];
    for (const [text, expected] of rows) {
      const { told, names } = load('include: [a.yaml]\n', text === undefined ? {} : { '/a.yaml': text });
      assert.equal(names, undefined);
      assert.equal(told.length, 1);
      assert.match(told[0] ?? '', expected);
    }
  });
});
