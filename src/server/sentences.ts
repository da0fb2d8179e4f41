/** Every sentence about requests that is told to the person who runs the router. */
import { catalogue, textOf, type Words } from '../said';

const IS_PROVIDERS =
  "is a provider's key, too, and a provider's key never opens the router. Give the router a key of its own.";

export const say = catalogue('server', {
  promptCut: (read: string, sent: string) =>
    `Ollama read ${read} of about ${sent} input tokens: the prompt was cut to its window.`,
  promptCutFix: 'Start Ollama with OLLAMA_CONTEXT_LENGTH=32768 or more, or set num_ctx in the model.',

  // What is wrong with a request
  noModel: 'The request names no model. Send "model", or set llmRouter.fallbackModel.',
  longName: (most: number, length: number) => `A model name has at most ${most} characters; this one has ${length}.`,
  longestName: (most: number) => `A model name has at most ${most} characters.`,
  notServed: (name: string, provider: string | undefined) =>
    `No backend serves the model ${name}${notAmong(provider)}. GET /v1/models lists what is served.`,
  notServedNear: (name: string, provider: string | undefined, near: readonly string[]) =>
    `No backend serves the model ${name}${notAmong(provider)}. Did you mean ${near.join(', ')}?`,
  tooManyFields: (most: number, fields: number) => `A request has at most ${most} fields; this one has ${fields}.`,
  namedTwice: (key: string) => `The request names "${key}" twice. Send it once.`,
  modelNoString: '"model" must be a string.',
  streamNoBoolean: '"stream" must be true or false.',
  notJson: (why: Words) => `The request body is not valid JSON: ${textOf(why)}.`,
  wrongEscape: 'The request body is not valid JSON: a string holds a wrong escape or a raw line break.',
  smallLetters: (key: string) => `Write "${key}" in small letters: this client key has limits that rest on it.`,
  fastTier: 'This client key has limits: the dearer fast tier is not available with it.',
  background: 'This client key has limits: "background" is not available with it.',
  dearer: (key: string) => `This client key has limits: a dearer "${key}" is not available with it.`,
  routerFailed: 'The router failed to handle this request.',

  // Why a backend cannot be asked
  notThere: (backend: string, route: string) => `${backend} does not serve ${route}.`,
  noKey: (backend: string, variable: string | undefined) =>
    `No key is known for ${backend}. Use the command "LLM Router: Set Backend Key…"${variable ? `, or set ${variable}` : ''}.`,
  cooling: 'cooling after repeated failures',
  allCooling: (backend: string) =>
    `${backend} is cooling after repeated failures and no fallback may be used. Try again in a few seconds.`,
  severalBackends: (example: string) =>
    `Several backends take this path: write the name of one before it, as ${example}.`,
  noPassThrough: (backend: string) => `${backend} does not take this path: passThrough is not set for it.`,

  // What was seen of an attempt
  clientLeft: 'The client closed the connection.',
  notReached: (backend: string, seconds: number) => `${backend} could not be reached within ${seconds} s.`,
  didNotAnswer: (backend: string, seconds: number) => `${backend} did not answer within ${seconds} s.`,
  didNotFinish: (backend: string, seconds: number) => `${backend} did not finish within ${seconds} s.`,
  noContent: (backend: string, seconds: number) => `${backend} sent no content within ${seconds} s.`,
  nothingMore: (backend: string, seconds: number) => `${backend} sent nothing more within ${seconds} s.`,
  brokeOffUnreadable: (backend: string) => `The answer of ${backend} broke off (part of it was unreadable).`,
  unreadable: (backend: string, error: string) => `${backend} sent something that could not be read (${error}).`,
  tooManyUnreadable: (backend: string, most: string) =>
    `${backend} sent more than ${most} events that could not be read.`,
  emptyAnswer: (backend: string) => `${backend} sent an empty answer.`,
  noAnswerInIt: (backend: string) => `${backend} sent too much without an answer in it.`,
  longLine: (backend: string) => `${backend} sent a line that is too long to be an event.`,
  tooLarge: (backend: string) => `${backend} sent an answer that is too large.`,
  emptyBody: (backend: string) => `${backend} answered with an empty body. Check the base URL.`,
  notAnAnswer: (backend: string, type: Words) =>
    `${backend} answered with something that is not an answer (${textOf(type)}). Check the base URL.`,
  noContentType: 'no content type',
  aStream: 'a stream',
  notOneAnswer: (backend: string) => `${backend} answered with something that is not an answer.`,
  noWords: 'The answer has no words.',

  // The key
  noKeySent: 'No API key was sent.',
  wrongKey: 'This API key is wrong.',
  wrongKeySince: (why: Words) => `This API key is wrong: ${textOf(why)}`,
  mainKeyIsProviders: `The key of this router ${IS_PROVIDERS}`,
  clientKeyIsProviders: (name: string) => `The client key "${name}" ${IS_PROVIDERS}`,

  // The port
  portDenied: (port: number) => `Port ${port} may not be used by this user.`,
  portDeniedFix: 'Choose a port above 1023.',
  portInUse: (port: number) => `Port ${port} is already in use.`,
  portInUseFix: 'Choose another one with --port or the setting llmRouter.port.',
  withFix: (what: Words, fix: Words) => `${textOf(what)} ${textOf(fix)}`,

  // What was changed of a request, or left out
  dropped: (name: string) => `dropped ${name}`,
  thinkingOff: 'thinking was switched off',
  schemaRepaired: 'the schema of a tool was put in a form this provider takes',
  thinkingRewritten: 'thinking was asked for in the form this model takes',
  thinkingLeftOut: 'this model does not think here: thinking was left out',
  oneSystem: 'system messages were joined, later ones became user messages',
  letContinue: 'the user asks to continue: the last message was an answer',
  historyDropped: 'thinking in the history was left out, this provider refuses it there',
  rolesRewritten: 'rewrote roles',
  effort: (effort: string) => `effort ${effort}`,
  limitSet: 'set an output limit',
  systemWithin: 'system messages within went on as text of the user, this model takes none there',
  alwaysThinks: 'no thinking was asked for, which this model cannot do without',
  marksAdded: 'cache marks were added, so that Claude reads from its cache what was sent before',
  fewerMarks: 'the last four cache marks went on, the provider takes no more',
  putBack: 'what the client drops was put back from memory',
  notKnown: 'what the client drops was no longer known: old calls went on in another form',

  // Pictures in the words of another model
  pictureTold: (model: string) => `a picture told in the words of ${model}`,
  picturesTold: (pictures: number, model: string) => `${pictures} pictures told in the words of ${model}`,
  describesFor: (request: string) => `describes a picture for ${request}`,
  describedIn: (request: string, cost: string | undefined) =>
    `described in ${request}${cost === undefined ? '' : ` for ${cost}`}`,
  notDescribed: (why: Words) => `a picture was not described: ${textOf(why)}`,
  keptElsewhere: 'the provider that keeps it is another one',
  mostDescribed: (most: number) => `one request describes ${most} at most`,
  timeIsOver: 'the time for the whole request is over',
  unknownForm: 'its form is not known',
  nobodyServes: (model: string) => `no backend serves ${model}`,
  mayNotUse: (model: string) => `this client key may not use ${model}`,
});

function notAmong(provider: string | undefined): string {
  return provider === undefined ? '' : `: the provider ${provider} is not among the backends`;
}
