/** Every sentence about settings that do not make sense. None echoes a value that could be a key. */
import { catalogue, textOf, type Words } from '../said';
import { neededBy } from './tunnelKinds';

const WHERE_KEYS_GO =
  'Keys are never settings: store the key with the command Set Backend Key…, or name an environment variable in apiKeyEnv.';

export const say = catalogue('settings', {
  // One backend
  queryLooksLikeKey: (name: string) => `${name} looks like a key. ${WHERE_KEYS_GO}`,
  severalStars: 'id may hold one * only.',
  starWithoutId: 'upstream has a * that the id does not have.',
  memoryKeyName: (setting: string) => `${setting} must not begin with memory:, that key is never sent to a provider.`,
  clientKeyName: (setting: string) =>
    `${setting} must not begin with client: or tunnel:, those keys are never sent to a provider.`,
  keyForName: (setting: string) =>
    `${setting} holds what looks like a key instead of the name of one. ${WHERE_KEYS_GO}`,
  addressMissing: (backend: string) => `The backend ${backend} needs a preset or a baseUrl.`,
  addressIncomplete: (backend: string, example: string, fill: string) =>
    `The backend ${backend} needs a baseUrl such as ${example}. ${fill}`,
  placeholder: 'baseUrl has a placeholder in braces that has to be filled in.',
  placeholderOf: (fill: string) => fill,
  noUrl: 'baseUrl is not a URL.',
  urlWithPassword: `baseUrl has a user name or password in it. ${WHERE_KEYS_GO}`,
  urlWithKey: `baseUrl has what looks like a key in it. ${WHERE_KEYS_GO}`,
  urlWithRoute: (route: string) => `baseUrl ends in ${route}. The router adds that itself; leave it out.`,
  unencrypted:
    'baseUrl begins with http://, so keys and prompts travel unencrypted. Use https:// if the provider has it.',
  pointsAtRouter: (port: number) => `baseUrl points at port ${port}, which is the port of this router itself.`,
  noHeaderName: 'This is not the name of a header.',
  headerCharacters: (name: string) => `The header ${name} has characters that no header may have.`,
  ownHeader: (name: string) => `The router sets the header ${name} itself; this one is not sent.`,
  headerLooksLikeKey: (name: string) => `The header ${name} looks like a key. ${WHERE_KEYS_GO}`,
  noVariable: 'apiKeyEnv must be the name of an environment variable, such as OPENAI_API_KEY, not a key.',

  // Several entries
  sameBackend: (name: string) => `Two backends have the name ${name}.`,
  samePrefix: (prefix: string) => `Two backends have the prefix ${prefix}; a model name must lead to one of them.`,
  twoDefaults: 'Only one backend can be the default.',
  sameModel: (id: string) => `Two models have the id ${id}.`,
  mainKey: 'main is the name of the main key; choose another one.',
  sameClientKey: (name: string) => `Two client keys have the name ${name}.`,

  // Tunnel and metrics
  metricsPort: 'The metrics need a port of their own, but this is the port of the router.',
  tunnelUrl: 'tunnel.url must be a public URL that begins with https://, as https://llm.example.com.',
  tunnelHostname: 'tunnel.hostname must be a host name only, as llm.example.com.',
  tunnelNeeds: (kind: string) => neededBy(kind)?.message ?? '',

  // Names
  aliasLoop: (names: readonly string[]) => `This alias leads back to itself: ${names.join(' → ')}.`,
  aliasNowhere: (alias: string, ...where: Nowhere) => `The alias ${alias} means ${nowhere(...where)}`,
  routeNowhere: (kind: string, ...where: Nowhere) => `The route for ${kind} is ${nowhere(...where)}`,
  fallbackModelNowhere: (...where: Nowhere) => `fallbackModel is ${nowhere(...where)}`,
  fallbackNowhere: (...where: Nowhere) => `This fallback is ${nowhere(...where)}`,
  imagesByNowhere: (...where: Nowhere) => `imagesBy is ${nowhere(...where)}`,
  contextFallbackNowhere: (...where: Nowhere) => `contextFallback is ${nowhere(...where)}`,
  likeAKey: 'what looks like a key',
  aliasHidden: (name: string) => `The alias ${name} is never used, because a model has that id.`,
  aliasTwice: (name: string) => `The alias ${name} is never used, because it stands elsewhere too.`,

  // Shape
  badName: 'This name must not be empty or longer than 200 characters.',
  missing: (what: Words) => `${textOf(what)} is missing.`,
  wrongType: (what: Words, wanted: string, found: string) => `${textOf(what)} must be ${wanted}, but it is ${found}.`,
  notOneOf: (what: Words, words: readonly string[]) => `${textOf(what)} must be one of ${words.join(', ')}.`,
  numberOr: (what: Words, words: readonly string[]) => `${textOf(what)} must be a number or ${words.join(' or ')}.`,
  empty: (what: Words) => `${textOf(what)} must not be empty.`,
  moreThan: (what: Words, least: number) => `${textOf(what)} must be more than ${least}.`,
  orMore: (what: Words, least: number) => `${textOf(what)} must be ${least} or more.`,
  tooLong: (what: Words, most: number) => `${textOf(what)} must not be longer than ${most} characters.`,
  tooBig: (what: Words, most: number) => `${textOf(what)} must be ${most} or less.`,
  noDate: (what: Words) => `${textOf(what)} must be a date, as 2027-01-31.`,
  wrongForm: (what: Words, why: string) => `${textOf(what)} is wrong: it ${why}.`,
  notValid: (what: Words) => `${textOf(what)} is not valid.`,
  wholeConfiguration: 'The configuration',
  entryOf: (list: string) => `An entry of ${list}`,
  unknownKeySetting: (key: string, place: Words | undefined) =>
    `There is no setting ${key}${inside(place)}. ${WHERE_KEYS_GO}`,
  unknownSetting: (key: string, place: Words | undefined, near: string | undefined) =>
    `There is no setting ${key}${inside(place)}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
});

const inside = (place: Words | undefined): string =>
  place === undefined ? '' : ` in ${textOf(place).replace(/^An/, 'an')}`;

/** The name that nobody serves, a provider that is not there, and names like it. */
export type Nowhere = [name: Words, missing: string | undefined, near: readonly string[]];

function nowhere(name: Words, missing: string | undefined, near: readonly string[]): string {
  const why = missing === undefined ? '' : ` The provider ${missing} is not among the backends.`;
  const instead = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
  return `${textOf(name)}, but no backend serves that name.${why}${instead}`;
}
