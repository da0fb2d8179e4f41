// What is in the .vsix: files by a stored list, sizes, nothing native.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { zipEntries } from './pack.mjs';

const { EDITOR_VSIX: vsix } = process.env;
const manifestOf = (entries) =>
  JSON.parse(
    entries
      .find((entry) => entry.name === 'extension/package.json')
      .read()
      .toString(),
  );

describe('the packed .vsix', () => {
  const entries = zipEntries(vsix);

  it('holds exactly the files of the stored list', () => {
    const wanted = readFileSync(path.join(import.meta.dirname, 'vsix.txt'), 'utf8')
      .trim()
      .split('\n');
    assert.deepEqual(entries.map((entry) => entry.name).sort(), wanted);
  });
  it('is smaller than 1 MB, its extension bundle smaller than 150 KB', () => {
    const bundle = entries.find((entry) => entry.name === 'extension/dist/extension.js');
    console.log(
      `      .vsix ${Math.round(statSync(vsix).size / 1024)} KB, dist/extension.js ${Math.round(bundle.size / 1024)} KB`,
    );
    assert.ok(statSync(vsix).size < 1_000_000);
    assert.ok(bundle.size < 150_000);
  });
  it('has no native module', () => {
    for (const entry of entries) assert.ok(!/\.node$|\.so$|\.dll$|\.dylib$/.test(entry.name), entry.name);
  });
  it('has an extension bundle without validation, YAML or an HTTP client', () => {
    const code = entries
      .find((entry) => entry.name === 'extension/dist/extension.js')
      .read()
      .toString();
    for (const trace of ['ZodError', 'YAMLParseError', 'undici', 'UND_ERR']) assert.ok(!code.includes(trace), trace);
  });
  it('says who made it and where to turn', () => {
    const manifest = manifestOf(entries);
    for (const field of ['publisher', 'repository', 'homepage', 'bugs', 'license', 'icon'])
      assert.ok(manifest[field], field);
    assert.deepEqual(manifest.extensionKind, ['ui', 'workspace']);
    // code.visualstudio.com/api/references/extension-manifest: "currently limited to 30 keywords".
    assert.ok(manifest.keywords.length <= 30);
  });
});
