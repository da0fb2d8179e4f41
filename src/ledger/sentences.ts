/** Every notice of the ledger to a person: budgets of client keys, prices that are not known, a log that cannot be written. */
import { catalogue, prose, type Said, textOf, type Words } from '../said';

export const SPEED_TITLES = ['First token', 'Tokens/s', 'Cached', 'Saved'] as const;

export const say = catalogue('ledger', {
  budgetSpent: (key: string, spent: string, budget: Said) =>
    `The key "${key}" has spent ${spent} of its budget of ${budget.text}.`,
  budgetSpentResets: (key: string, spent: string, budget: Said, when: Said) =>
    `The key "${key}" has spent ${spent} of its budget of ${budget.text}. It resets ${when.text}.`,
  aDay: (sum: string) => `${sum} a day`,
  aWeek: (sum: string) => `${sum} a week`,
  aMonth: (sum: string) => `${sum} a month`,
  inTotal: (sum: string) => `${sum} in total`,
  today: (time: string) => `today at ${time}`,
  tomorrow: (time: string) => `tomorrow at ${time}`,
  onDay: (day: string, time: string) => `on ${day} at ${time}`,
  unpriced: (model: string, key: string) =>
    `No price is known for ${model}: its requests do not count towards the budget of the key "${key}". Give the model a price in the settings, with zeros if it is free.`,
  notWritten: (folder: string, why: Words) =>
    `The usage log in ${folder} cannot be written (${textOf(why)}). Records wait in memory; free some space or check the permissions of the folder.`,
  diskFull: 'the disk is full',
  fileNotWritten: (file: string, why: string) => `The file ${file} cannot be written: ${why}`,
  notKept: (folder: string, why: string) =>
    `The usage log cannot be kept in ${folder}: ${why}. Choose another data directory or correct its permissions.`,
  // What a client key may not
  keyUnknown: (key: string) => `The key "${key}" no longer exists. Use another client key of this router.`,
  keyOff: (key: string) =>
    `The key "${key}" is switched off. Switch it on in the router's settings, or use another key.`,
  keyExpired: (key: string, day: string) =>
    `The key "${key}" expired after ${day}. Give it a later day in the router's settings, or use another key.`,
  modelNotAllowed: (key: string, model: string, allowed: readonly string[]) =>
    `The key "${key}" may not use the model ${model}. Allowed: ${allowed.join(', ')}.`,
  noModelAllowed: (key: string, model: string) => `The key "${key}" may not use the model ${model}. Allowed: none.`,
  atTheSameTime: (key: string, most: number) =>
    `The key "${key}" is limited to ${most} requests at the same time. Try again in 1 s.`,
  requestsAMinute: (key: string, most: number, wait: number) =>
    `The key "${key}" is limited to ${most} requests a minute. Try again in ${wait} s.`,
  tokensAMinute: (key: string, most: number, wait: number) =>
    `The key "${key}" is limited to ${most} tokens a minute. Try again in ${wait} s.`,
  requestTooLarge: (key: string, most: number, wanted: number) =>
    `The key "${key}" is limited to ${most} tokens a minute, and this request alone needs about ${wanted}. Send less, or raise the limit of this key.`,
  budgetFull: (key: string, budget: Said, spent: string, held: string | undefined, cost: Said, resets: Said) =>
    `The key "${key}" has a budget of ${budget.text}: ${spent} spent${held === undefined ? '' : `, ${held} held for running requests`}, ${cost.text}. ${resets.text} Raise the budget of this key, ask for fewer output tokens, or use a cheaper model.`,
  mayCost: (cost: string) => `and this request may cost up to ${cost}`,
  noPrice: 'and this model has no known price',
  resets: (when: Said) => `It resets ${when.text}.`,
  neverResets: 'It does not reset.',
  notRead: (folder: string, why: string) => `The usage log in ${folder} cannot be read: ${why}.`,

  // The story of a request: Markdown, whose code spans and numbers are made where it is told
  story: (id: string) => `# Request ${id}`,
  failed: (status: number, upstream: number | undefined, finish: string | undefined) =>
    `Failed with status ${status}${beside(upstream, finish)}.`,
  succeeded: (status: number, upstream: number | undefined, finish: string | undefined) =>
    `Answered with status ${status}${beside(upstream, finish)}.`,
  why: (why: Words) => prose(textOf(why)),
  whoAsked: '## Who asked',
  asked: (client: Words, route: string) => `- ${textOf(client)}, on ${route}`,
  askedForStream: (client: Words, route: string) => `- ${textOf(client)}, on ${route}, as a stream`,
  cursorIn: (form: Said) => `Cursor, ${form.text}`,
  chatForm: "in OpenAI's chat form",
  responsesForm: "in OpenAI's Responses form",
  messagesForm: "in Anthropic's form",
  apiClient: 'An API client',
  byKey: (key: string, host: string, time: string) => `- Key ${key}, through ${host}, at ${time}`,
  conversation: (hash: string) => `- Conversation ${hash}`,
  whereItWent: '## Where it went',
  askedFor: (model: string) => `- Asked for ${model}`,
  sentTo: (model: string, backend: string) => `- Sent to ${model} at ${backend}`,
  sentToBecause: (model: string, backend: string, why: Words) =>
    `- Sent to ${model} at ${backend}, because ${prose(textOf(why))}`,
  sentNowhere: '- Sent nowhere',
  configuredModel: 'it is a configured model',
  alias: 'it is an alias',
  prefix: 'its prefix names the backend',
  default: 'nothing else matched, and this is the default backend',
  fallbackModel: 'nothing else matched, and this is the fallback model',
  byKind: (kind: Said) => `- The model was chosen by the kind of the request: ${kind.text}`,
  images: 'it has pictures',
  longInput: 'its input is long',
  subagent: 'a subagent sent it',
  background: 'it is a small one without tools',
  changed: (rules: readonly Words[]) => `- What was changed on the way: ${prose(rules.map(textOf).join('; '))}`,
  unchanged: '- What was changed on the way: nothing, the request went on as it came',
  attempts: '## Attempts',
  attempt: (
    number: number,
    after: string,
    target: string,
    key: string | undefined,
    outcome: Said,
    time: string,
    status: number | undefined,
    why: Words | undefined,
  ) =>
    `${number}. after ${after}: ${target}${key === undefined ? '' : ` with the key ${key}`} ${outcome.text} in ${time}${status === undefined ? '' : `, HTTP ${status}`}${why ? `: ${prose(textOf(why))}` : ''}`,
  noAttempts: 'None.',
  answered: 'answered',
  retried: 'failed, tried again',
  fellBack: 'failed, went to the next model',
  nextKey: 'failed, went to the next key',
  attemptFailed: 'failed',
  cancelled: 'cancelled by the client',
  whatTheProviderSaid: '## What the provider said',
  saidWith: (status: number, backend: string) =>
    `Status ${status} from ${backend}. What stood in the request is taken out (…), and so are keys.`,
  saidWithout: (backend: string) =>
    `Status none from ${backend}. What stood in the request is taken out (…), and so are keys.`,
  toolCalls: '## Tool calls as they were sent to Cursor',
  toolCall: (name: string, length: string, form: Said) => `- ${name}: ${length} characters of arguments, ${form.text}`,
  rawText: 'raw text',
  wholeJson: 'whole JSON',
  noWholeJson: 'no whole JSON',
  timeAndSize: '## Time and size',
  firstContent: (after: string) => `- First content after ${after}`,
  inAll: (time: string, speed: string | undefined) =>
    `- ${time} in all${speed === undefined ? '' : `, ${speed} tokens a second`}`,
  bytes: (received: string, sent: string) => `- ${received} bytes in, ${sent} bytes out`,
  usage: '## Usage',
  noTokens: 'No tokens were used.',
  input: (tokens: string, cached: readonly Said[]) =>
    `- Input: ${tokens} tokens${cached.length > 0 ? ` (${cached.map(textOf).join(', ')})` : ''}`,
  fromCache: (tokens: string) => `${tokens} read from the cache`,
  intoCache: (tokens: string) => `${tokens} written to the cache`,
  output: (tokens: string, thinking: string | undefined) =>
    `- Output: ${tokens} tokens${thinking === undefined ? '' : ` (${thinking} for thinking)`}`,
  cost: (sum: string) => `- Cost: ${sum}`,
  costUnknown: '- Cost: no price is known for this model',
  cachingSaved: (sum: string) => `- Caching saved ${sum}`,
  cachingCost: (sum: string) => `- Writing the cache cost ${sum} more than it saved`,
  estimated: '- These numbers are estimates: the provider sent none.',

  // The page of usage
  usageByDay: '# Usage by day',
  usageByModel: '# Usage by model',
  usageByBackend: '# Usage by backend',
  usageByKey: '# Usage by key',
  usageByConversation: '# Usage by conversation',
  fromTo: (from: string, to: string) => `From ${from} to ${to}.`,
  everything: 'Everything in the usage log.',
  noRequests: 'No requests in this time.',
  day: 'Day',
  model: 'Model',
  backend: 'Backend',
  key: 'Key',
  conversationTitle: 'Conversation',
  usageHead: (title: Said, more: Words) =>
    `| ${title.text} | Requests | Failed | Input tokens | of these cached | Output tokens | Cost |${textOf(more)}`,
  speedHead: ` ${SPEED_TITLES.join(' | ')} |`,
  noneRow: (cells: string) => `| (none) ${cells}`,
  totalRow: (cells: string) => `| **Total** ${cells}`,
  oneRequest: '1 request',
  requests: (count: string) => `${count} requests`,
  unpricedNote: (count: Said) => `\\* Without ${count.text} whose model has no known price.`,
  estimatedNote: (count: Said) => `Tokens of ${count.text} are estimates: their provider sent none.`,
  speedNote:
    'First token and tokens a second are medians of streamed answers; what caching saved is counted after what writing the cache cost.',
});

function beside(upstream: number | undefined, finish: string | undefined): string {
  return `${upstream === undefined ? '' : ` (the provider said ${upstream})`}${finish === undefined ? '' : `, finish reason ${finish}`}`;
}
