/** Every sentence about requests that cannot be read and answers that are none. What they quote of a request is a value. */
import { catalogue, type Said, textOf, type Words } from '../said';

export const say = catalogue('wires', {
  // JSON as bytes
  atByte: (what: Words, byte: number) => `${textOf(what)} at byte ${byte}`,
  notUtf8: 'The text is not valid UTF-8',
  stringHasNoEnd: 'A string has no end',
  tooDeep: 'The JSON is nested too deep',
  wrongEscape: 'A string holds a wrong escape or a control character',
  endsWhere: (wanted: string) => `The JSON ends where ${wanted} should be`,
  expected: (wanted: string) => `Expected ${wanted}`,

  // What a request lacks
  noMessages: 'The request has no messages. Send at least one in "messages".',
  noMessageList: 'The request has no `messages`. Send them as a list.',
  nothingToAnswer: '`messages` holds nothing to answer.',
  noInput: 'The request has no input. Send `input` as a text or a list of items.',
  inputForm: '`input` must be a text or a list of items.',
  messageNoObject: (at: number) => `Message ${at} is not an object.`,
  noObject: (path: string) => `\`${path}\` must be an object.`,
  chatRole: (at: number, role: string) =>
    `Message ${at} has the role ${role}. Use system, developer, user, assistant or tool.`,
  messagesRole: (path: string, role: string) => `\`${path}\` is ${role}; known roles are user, assistant and system.`,
  responsesRole: (path: string, role: string) =>
    `\`${path}\` is ${role}; known roles are user, assistant, system and developer.`,
  noSchema: '`text.format` of type json_schema has no schema.',
  sameTool: (name: string, first: number, second: number) =>
    `Two different tools have the name ${name}: number ${first} and number ${second} of the list. Give each a name of its own.`,

  // What another wire has no form for
  unknownField: (key: string) =>
    `This model is served by a provider that does not know \`${key}\`. Send the request without it, with everything the model needs.`,
  refusedContent: (kind: string) =>
    `This model is served by a provider that takes no \`${kind}\` in this form. Leave it out, or choose a model of the provider it belongs to.`,
  cannotRun: (tools: Words) =>
    `This model is served by a provider that cannot run ${textOf(tools)}. Choose a model of the provider that has it.`,
  noItemReference:
    'This model is served by a provider that cannot look up an `item_reference`. Send the item itself in `input` instead.',
  cannotLookUp: (key: string) =>
    `This model is served by a provider that cannot look up \`${key}\`. Send the whole history in \`input\` instead.`,
  andMore: (names: readonly string[], more: number) => `${names.join(', ')} and ${more} more`,
  names: (names: readonly string[]) => names.join(', '),

  // What a provider answers
  silent: (status: number) => `The provider answered ${status} without a reason.`,
  brokeOffSilently: 'The provider broke off the answer without a reason.',
  webPage: (status: number, title: string | undefined) =>
    `The provider answered ${status} with a web page instead of an API answer${title ? `: ${title}` : ''}. Check the base URL.`,
  chatForResponses:
    'The provider answered in the form of Chat Completions where Responses was asked for. Set "wire": "chat" for this backend.',
  tooManyCalls: (most: string) => `The provider sent more than ${most} tool calls in one answer. It was stopped there.`,
  namelessCall: 'The provider sent a tool call that names no tool, so that it cannot be run.',

  // What was changed of a request, or left out
  becameText: (kinds: Said) => `became text, since this provider has no form for it: ${kinds.text}`,
  toolsLeftOut: (tools: Said) => `tools that only their own provider runs were left out: ${tools.text}`,
  toolsSettled:
    'tools that come or go within the conversation became its list of tools, the only one that is known here',
  fieldsLeftOut: (fields: Said) => `left out, since this provider has no field for it: ${fields.text}`,
  notTaken: (fields: readonly string[]) =>
    `left out, since this model or provider does not take it: ${fields.join(', ')}`,
  oneAnswer: 'one answer was asked for, not several',
  toolForced: 'a tool is forced: thinking was switched off for this request',
  temperature: (asked: number, sent: number) =>
    `the temperature ${asked} went on as ${sent}, the nearest that is taken`,
  schemaInWords: 'the schema of the answer went on in words, this model or provider knows no other form',
  effortBecame: (asked: string, effort: string) => `the effort ${asked} became ${effort}, the nearest this model knows`,
});
