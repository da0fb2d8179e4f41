/** Every sentence about Cursor's requests that is told to the person who runs the router. */
import { catalogue } from '../said';

export const say = catalogue('cursor', {
  noObject: 'The request body is not a JSON object. Send an object with "messages".',
  noMessages: 'The request has no messages, so there is nothing to answer. Send at least one message in "messages".',
  noText: 'The request has no text, so there is nothing to answer. Send at least one message.',
  noMessage: (path: string) => `\`${path}\` is not a message. Send an object with a role.`,
  role: (path: string, role: string) =>
    `\`${path}\` is ${role}. Known roles are system, developer, user, assistant and tool.`,

  // What was changed of a request
  messagesUsed: 'messages and input stood side by side: the messages were used',
  tierOfName: 'the service tier follows the model name',
  emptyUser: 'an empty user message was given a placeholder',
  thinkingTakenOut: 'shown thinking was taken out of the history',
  oldFunctions: 'old functions became tools',
  blocksBecameCalls: 'Anthropic blocks became calls and results',
  extraFields: 'extra fields of old tool calls were dropped',
  noTools: 'an empty list of tools was dropped',
  effortForm: 'the effort was written in the form of the model',
  effortOfName: 'the effort of the model name took effect',
  contentJoined: 'content beside tool calls was joined',
  limitRaised: 'the output limit was raised to what the model takes',
  referenceDropped: 'the reference to an earlier answer was dropped',
  noCalls: 'an empty list of tool calls was dropped',
  namelessCall: 'a tool call without a name was kept as text',
  keptAsText: 'a tool message without an id was kept as text',
  developerBecameSystem: 'the developer role became system',
  systemFirst: 'the system text was put first',
  itemsBecameMessages: 'input items became messages',
  customCalls: 'calls of custom tools were restored',
  putBack: 'what Cursor drops was put back from memory',
  notKnown: 'what Cursor drops was no longer known: old calls went on as text',

  // Names of models
  otherSlot: (beginning: string, owner: string, name: string) =>
    `Cursor does not send names that begin with "${beginning}" here but to its ${owner} key or its own service. Give the model another name, for example my-${name}.`,
  likeBuiltIn: (name: string) =>
    `"${name}" may be one of Cursor's own names. Give the model another name, for example my-${name}.`,
  builtIn: (name: string) =>
    `"${name}" is the name of a model built into Cursor, so Cursor refuses it or serves it itself. Give the model another name, for example my-${name}.`,
});
