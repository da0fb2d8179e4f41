/** What is wrong with a file that comes from outside, and what an import takes and leaves, are codes and values too. */
import assert from 'node:assert/strict';
import { previewImport } from '../../../src/config/formats/importPreview';
import { previewText } from '../../../src/config/formats/importText';
import { loadConfigText } from '../../../src/config/load';
import { here, inWords } from '../../../src/editor/words';
import { settingsSchema } from '../../../src/settings/schema';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';

const importOf = (text: string, own: Record<string, string> = {}) =>
  overThePipe(
    previewImport(loadConfigText(text, { env: own }), {
      file: '/home/a/config.yaml',
      present: settingsSchema.parse({}),
      storedKeys: new Set(['openai']),
      env: own,
      ownEnv: {},
    }),
  );

const LITELLM = `model_list:
  - model_name: fast
    litellm_params: {model: groq/llama, api_key: os.environ/GROQ_API_KEY, rpm: 5}
  - model_name: far
    litellm_params: {model: replicate/llama}
`;

describe('files from outside, in sentences with codes', () => {
  it('every problem of every format has one', () => {
    const broken = [
      ...[
        '',
        'x',
        '{"a": 1',
        '{"port": 1, "port": 2}',
        '{"port": 1, "llmRouter.port": 2}',
        '{"listening_port": 1, "odd": 2}',
      ],
      ...['model_list: 1', 'model_list: [1]', 'model_list: [{model_name: a}]', 'model_list: [{litellm_params: {}}]'],
      ...[
        'model_list: &a [*a]',
        'model_list: [\n',
        'model_list: []\ninclude: [other.yaml]',
        'model_list: []\ninclude: 5',
      ],
      ...['model_list: []\nrouter_settings: 5', 'model_list: []\nrouter_settings: {fallbacks: 1, num_retries: x}'],
      ...['model_list: []\nlitellm_settings: {fallbacks: [{gone: [x]}], default_fallbacks: [[]]}'],
      ...[
        'azure/x',
        'bedrock/x',
        'vertex_ai/x',
        'bedrock_mantle/anthropic.claude-1',
        'llama',
        'cohere/x',
        'databricks/x',
      ].map((model) => `model_list: [{model_name: a, litellm_params: {model: ${model}}}]`),
    ];
    for (const text of broken) {
      const { problems } = loadConfigText(text);
      assert.ok(problems.length > 0, text);
      for (const { message, says } of problems) {
        assert.equal(says?.text, message, text);
        assert.match(says?.code ?? '', /^(config|settings)\./, text);
      }
    }
  });

  it('a problem in an included file is told with its place and its own sentence', () => {
    const includes = { root: '/a', read: () => ({ path: '/b.yaml', text: 'general_settings: 5' }) };
    const [first] = loadConfigText('model_list: []\ninclude: [b.yaml]', { includes }).problems;
    assert.equal(first?.message, '/b.yaml:1: general_settings must be a mapping and is left out.');
    assert.deepEqual([first?.says?.code, first?.says?.values.slice(0, 2)], ['config.inFile', ['/b.yaml', 1]]);
  });

  it('the page of an import is made in the language of the editor, in English by the router', async () => {
    const preview = importOf(LITELLM, { GROQ_API_KEY: 'gsk-1' });
    assert.equal(previewText(preview, '/home/a/config.yaml'), preview.page);
    assert.match(preview.page, /\| Backend \| groq \| preset groq, 1 model \| new \|/);
    await inLanguage(JAPANESE, () => {
      const page = previewText(preview, '/home/a/config.yaml', inWords);
      assert.match(page, /^# \/home\/a\/config\.yaml のインポート/);
      assert.match(page, /\| バックエンド \| groq \| プリセット groq、モデル 1 個 \| 新規 \|/);
      assert.match(page, /- `model_list\[0\]\.litellm_params\.rpm、3 行目`: rpm に当たるものがここにはない/);
      assert.match(page, /このモデルは取り込みません: プロバイダー replicate には独自の API があります。/);
      assert.doesNotMatch(page, /[a-z]{3,} (?:is|are|the|of|in|no) /, 'nothing is left in English');
    });
  });

  it('what it becomes, why to be careful and what is missing are told in the language of the editor', async () => {
    const preview = importOf(
      '{"backends": [{"name": "x", "baseUrl": "https://x.example/v1", "apiKeyNames": ["openai"]}, {"name": "y", "baseUrl": "https://y.example/v1", "apiKeyEnv": "Y_KEY", "requireApiKey": true}], "port": 5000}',
    );
    const [item] = preview.items;
    assert.match(item?.careful ?? '', /^It sends the stored key openai to x\.example/);
    await inLanguage(JAPANESE, () => {
      const { careful, what } = here(item!);
      assert.match(careful ?? '', /^保存されているキー openai を x\.example へ送ります。/);
      assert.equal(what, 'https://x.example/v1');
      const left = preview.left.map((one) => here(one).why);
      assert.deepEqual(
        left.map((why) => why.slice(0, 4)),
        ['キーは変', '1 台の'],
      );
    });
  });

  it('names that Cursor does not send here are told in the language of the editor', async () => {
    const { problems } = loadConfigText(
      '{"aliases": {"claude-x": "y/m", "gpt-5.5": "y/m"}, "backends": [{"name": "y", "preset": "groq", "models": [{"id": "m", "aliases": []}]}]}',
    );
    const warned = problems.filter(({ says }) => says?.code.startsWith('cursor.'));
    assert.deepEqual(
      warned.map(({ says }) => says?.code),
      ['cursor.otherSlot', 'cursor.builtIn'],
    );
    await inLanguage(JAPANESE, () => {
      for (const { says } of warned)
        assert.match(inWords(overThePipe(says!)), /^(Cursor は「claude-」|「gpt-5\.5」は Cursor)/);
    });
  });
});
