// Moves the texts that people read out of the manifest, as VS Code wants it: `%key%` there, English in package.nls.json, and the
// translations made from the one dictionary a language has (l10n/bundle.l10n.LANGUAGE.json: English text → translation).

const TEXT = /^(title|name|contents|description|markdownDescription|altText|label|(markdown)?[eE]numDescriptions)$/;
/** What names an entry of a list, so that a key does not change with its place. */
const NAMES = ['command', 'id', 'view'];
/** Names of products stay as they are. */
const isName = (path, text) => text === 'LLM Router' || path.at(-2) === 'preset';

/**
 * `manifest` with `%key%` for each text; `texts`: the English ones by key. What is `%key%` already keeps its text in `known`.
 */
export function withoutTexts(manifest, known) {
  const texts = {};
  const take = (path, text) => {
    const written = /^%(.+)%$/.exec(text)?.[1];
    const key = written ?? keyOf(path, texts);
    if (written && known[key] === undefined) throw new Error(`package.nls.json has no text for %${key}%.`);
    texts[key] = written ? known[key] : text;
    return `%${key}%`;
  };
  const walk = (value, path) => {
    if (typeof value === 'string') {
      const name = path.findLast((part) => typeof part === 'string');
      return TEXT.test(name) &&
        !isName(
          path.filter((part) => typeof part === 'string'),
          value,
        )
        ? take(path, value)
        : value;
    }
    if (Array.isArray(value)) return value.map((item, at) => walk(item, [...path, nameOf(item) ?? at]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        key === 'default' || key === 'enum' ? item : walk(item, [...path, key]),
      ]),
    );
  };
  const { description, capabilities, contributes } = manifest;
  return {
    manifest: {
      ...manifest,
      description: walk(description, ['description']),
      capabilities: walk(capabilities, ['capabilities']),
      contributes: walk(contributes, []),
    },
    texts,
  };
}

/** The texts of the manifest in another language, as far as its dictionary goes; the editor shows English for the rest. */
export function translated(texts, dictionary) {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, english]) => (dictionary[english] ? [[key, dictionary[english]]] : [])),
  );
}

function nameOf(item) {
  const name = NAMES.find((key) => typeof item?.[key] === 'string');
  return name && item[name];
}

function keyOf(path, taken) {
  const parts = path
    .filter((part) => part !== 'properties' && part !== 'items')
    .map((part) => String(part).replace(/^llmRouter\./, ''));
  const key = parts.join('.');
  if (taken[key] === undefined) return key;
  for (let count = 2; ; count++) if (taken[`${key}.${count}`] === undefined) return `${key}.${count}`;
}
