/** Every sentence about what comes from outside: what cannot be used as it is, and what an import takes and leaves. */
import { catalogue, textOf, type Words } from '../said';

const LEFT_OUT = 'This model is left out: ';

export const say = catalogue('config', {
  impossibleKey: (backend: string, variable: string | undefined) =>
    `The key of ${backend} cannot be sent: it has a line break or another character that no header can hold. Copy it again${variable ? ` (variable ${variable}, where it comes from there)` : ''}.`,

  // A file
  emptyFile: 'The configuration file is empty.',
  noConfiguration:
    'This is no configuration of the router: it is neither settings in JSON, nor an llm-router config.json, nor a LiteLLM config.yaml with a model_list.',
  writtenTwice: (name: string) => `${name} is written twice.`,
  noEffect: (key: string) => `${key} is not known here and has no effect.`,
  noCounterpart: (key: string) => `${key} has no counterpart here and is left out.`,
  unknownLevel: 'This log level is not known: debug, info, warn or error are.',
  /** llm-router gives the backend of that name OPENAI_API_KEY wherever it stands. */
  foreignOpenAiKey:
    'llm-router sends OPENAI_API_KEY to this host. Here it goes to api.openai.com only: if this host may have it, write "key_env_var": "OPENAI_API_KEY".',

  // Its form
  invalidJson: 'This is not valid JSON.',
  invalidWord: 'This word is not valid JSON; texts stand in double quotes.',
  invalidNumber: 'This number is not valid JSON.',
  nameExpected: 'A name in double quotes is expected here.',
  valueExpected: 'A value is expected here.',
  colonExpected: 'A colon is expected here.',
  commaExpected: 'A comma is expected before this.',
  braceExpected: 'A closing brace } is missing.',
  bracketExpected: 'A closing bracket ] is missing.',
  endExpected: 'Nothing may stand after the end of the configuration.',
  openComment: 'This comment is never closed.',
  openText: 'This text is never closed.',
  invalidEscape: 'This escape is not valid JSON; write a backslash as two.',
  invalidUnicode: 'This \\u escape is not valid JSON.',
  invalidCharacter: 'This character is not allowed here.',
  invalidYaml: (why: string) => `This is not valid YAML: ${why}${/[.!]$/.test(why) ? '' : '.'}`,
  noAnchor: (name: string) => `*${name} needs an anchor &${name} before it, and there is none.`,
  endlessYaml: 'This YAML refers to itself or unfolds too far.',

  // Files that it includes
  noIncludeList: 'include must be a list of files.',
  includeNotRead: (name: string) => `${name} is not read here. Import that file by itself.`,
  tooManyIncludes: (file: string, most: number) =>
    `The included file ${file} is not read: ${most} files are read already, and no more are.`,
  strangeInclude: (file: string) => `The included file ${file} is no mapping of settings.`,
  unreadInclude: (file: string) => `The included file ${file} cannot be read.`,
  inFile: (file: string, line: number, what: Words) => `${file}:${line}: ${textOf(what)}`,

  variableUnset: (name: string) => `The environment variable ${name} is not set.`,

  // LiteLLM's
  numberExpected: 'A number is expected here; this is left out.',
  switchExpected: 'true or false is expected here; this is left out.',
  listExpected: 'A list is expected here; this is left out.',
  mostHere: (most: number) => `${most} is the most here, and is what is used.`,
  halfPrice: 'A price needs both input and output; this half is left out.',
  noMapping: (name: string) => `${name} must be a mapping and is left out.`,
  noModelList: 'model_list must be a list.',
  entryIncomplete: 'An entry of model_list must have model_name and litellm_params.',
  noParams: 'litellm_params is missing or not a mapping.',
  noModel: 'litellm_params needs a model, as openai/gpt-4o.',
  noModelName: 'model_name is missing.',
  credentialForm: 'A credential has a credential_name and a mapping credential_values; this one is left out.',
  noCredential: (name: string) => `credential_list has no credential ${name}.`,
  sameWildcard: (name: string) => `${name} stands here again; only the first of equal wildcards is used.`,
  sameName: (name: string) =>
    `${name} stands here more than once. LiteLLM spreads requests over such entries; here the first is asked, and the others in their order when it fails.`,
  fallbacksOfNobody: (name: string) => `${name} is not in model_list, so its fallbacks are left out.`,
  fallbackOfNobody: (name: string) => `${name} is not in model_list, so its fallback is left out.`,
  onlyFirstFallback: 'Only the first model is used when the input is too long.',
  fallbackForm: 'A list of mappings is expected here, as - gpt-4o: [other-model].',
  fallbackNames: 'Only names of models can be fallbacks here.',
  aliasForm: 'An alias needs the name of a model.',

  // Its providers
  leftOut: (why: Words) => `${LEFT_OUT}${textOf(why)}. Give it an api_base that speaks the OpenAI API.`,
  noProvider: 'its provider is not written in front of it',
  needsAddress: (provider: string, form: string) => `${provider} needs an api_base, as ${form}`,
  unknownProvider: (provider: string) => `the provider ${provider} is not known here`,
  ownApi: (provider: string) => `the provider ${provider} has an API of its own`,
  signIn: (provider: string) => `the provider ${provider} is used with the sign-in of a person, not with a key`,
  awsKeys: (provider: string) => `the provider ${provider} wants each request signed with keys of AWS`,
  oracleKeys: (provider: string) =>
    `the provider ${provider} wants each request signed with a key pair of Oracle Cloud`,
  ibmToken: (provider: string) =>
    `the provider ${provider} has an API of its own, with a token of IBM Cloud that ends each hour`,
  shortToken: (provider: string) => `the provider ${provider} wants a token that ends after 30 minutes`,
  cohereChat: (provider: string) => `the provider ${provider} has its chat models under the name cohere_chat`,
  addressEachFamily: (provider: string) => `the provider ${provider} has an address for each family of models`,
  mantleClaude: `${LEFT_OUT}bedrock_mantle serves Claude over the Messages API with a bearer token. A backend with wire "messages" and auth "bearer" reaches it.`,
  azureAddress: `${LEFT_OUT}azure needs an api_base, as https://my-resource.openai.azure.com.`,
  bedrockRegion: `${LEFT_OUT}bedrock needs aws_region_name.`,
  vertexProject: `${LEFT_OUT}vertex_ai needs vertex_project.`,
  spokenToAsOpenAi: (provider: string) =>
    `The provider ${provider} is not known here, so its api_base is spoken to as an OpenAI-compatible server.`,
  namelessAsOpenAi:
    'The provider of this model is not known here, so its api_base is spoken to as an OpenAI-compatible server.',
  bedrockWay:
    'Bedrock is reached through its OpenAI-compatible endpoint with a Bedrock API key; models that it does not offer there do not answer.',
  vertexWay: 'Vertex AI is reached through its OpenAI-compatible endpoint with an access token in VERTEX_ACCESS_TOKEN.',

  // What an import takes
  backendItem: (where: Words, models: Words | undefined, standard: Words | undefined) =>
    [where, models, standard].flatMap((part) => (part === undefined ? [] : [textOf(part)])).join(', '),
  preset: (name: string) => `preset ${name}`,
  oneModel: '1 model',
  models: (count: number) => `${count} models`,
  standard: 'default',
  means: (model: string) => `means ${model}`,
  becomes: (value: string) => `becomes ${value}`,
  keyItem: (whose: Words, from: Words) => `${textOf(whose)}, from ${textOf(from)}, into the secret storage`,
  mainKey: 'the key that Cursor shows; every client has to use it from then on',
  providerKey: 'the key for the provider',
  clientKey: (name: string) => `the client key ${name}`,
  envFile: (variable: string) => `${variable} of the .env file`,
  theFile: 'the file',
  sendsStoredKey: (key: string, host: string) =>
    `It sends the stored key ${key} to ${host}, where no backend of yours sends it.`,
  sendsForeignKey: (variable: string, host: string, owners: readonly string[]) =>
    `It sends the key in ${variable} to ${host}, which is not ${owners.join(' or ')}.`,

  // What it leaves
  keyInVariable: (variable: string) =>
    `Its key is in the variable ${variable}, which has no value here. Store it with the command Set Backend Key…`,
  keyInVariables: (variables: readonly string[]) =>
    `Its key is in the variables ${variables.join(' or ')}, which have no value here. Store it with the command Set Backend Key…`,
  ownMachine: 'It says how one machine runs, so it is left as it is here.',
  atLine: (place: string, line: number) => `${place}, line ${line}`,
  line: (line: number) => `line ${line}`,

  // Its page
  importOf: (file: string) => `Import of ${file}`,
  importable: (format: Words) => `It is ${textOf(format)}. Nothing has been changed yet.`,
  notImportable: (format: Words) => `It looks like ${textOf(format)}, but it has errors, so nothing can be imported.`,
  ownFormat: 'LLM Router settings',
  llmRouterFormat: 'an llm-router config.json',
  liteLlmFormat: 'a LiteLLM config.yaml',
  whatBecomesWhat: 'What becomes what',
  what: 'What',
  name: 'Name',
  how: 'How',
  backend: 'Backend',
  alias: 'Alias',
  setting: 'Setting',
  key: 'Key',
  isNew: 'new',
  replacesYours: 'replaces yours',
  notTicked: 'not ticked',
  whatIsLeft: 'What is not carried, and what to know',
  whatIsWrong: 'What is wrong',
});
