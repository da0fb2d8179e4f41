/** Every sentence of the Doctor. Values stand in them as they are, so that each can be said in another language. */
import { catalogue, type Said, textOf, type Words } from '../said';

export const say = catalogue('doctor', {
  // What is looked at
  settings: 'Settings',
  process: 'Router process',
  port: 'Port',
  local: 'Local request',
  backendsTitle: 'Backends',
  backend: (name: string) => `Backend ${name}`,
  paidAnswer: (name: string) => `Backend ${name}: a real answer`,
  paidStream: (name: string) => `Backend ${name}: streaming`,
  paidTool: (name: string) => `Backend ${name}: a tool call`,
  learned: 'Learned from refusals',
  tunnelProgram: 'Tunnel program',
  tunnelPorts: 'Tunnel ports',
  tunnelConnection: 'Tunnel connection',
  publicUrl: 'Public URL',
  publicStream: 'Streaming through the tunnel',
  publicName: 'Public name',
  cursorApp: "Cursor's own settings",
  cursor: 'Cursor',
  known: 'Known already',

  // Running the checks
  timedOut: (seconds: number) => `There was no result within ${seconds} s.`,
  timedOutFix: 'Check the network, then run the Doctor again.',
  notLooked: (why: string) => `This could not be looked at: ${why}`,
  notLookedFix: 'Show the log.',
  restart: 'Restart the router.',
  restartLog: 'Restart the router; its log says more.',

  // In one sentence
  allWorks: 'Everything works.',
  oneWarning: '1 warning',
  warnings: (count: number) => `${count} warnings`,
  onlyWarnings: (warnings: Said) => `Nothing failed, ${warnings.text}.`,
  someFailed: (bad: number, all: number, warnings: Said | undefined) =>
    `${bad} of ${all} failed${warnings === undefined ? '' : `, ${warnings.text}`}.`,
  endedEarly: 'Ended early.',
  endedEarlySaying: (all: Said) => `Ended early. ${all.text}`,

  // Settings
  settingsValid: (backends: Said, aliases: Said) => `Valid: ${backends.text}, ${aliases.text}.`,
  oneBackend: '1 backend',
  backends: (count: number) => `${count} backends`,
  oneAlias: '1 alias',
  aliases: (count: number) => `${count} aliases`,
  atPlace: (place: string, what: Words) => `${place}: ${textOf(what)}`,
  andMore: (count: number) => `And ${count} more.`,
  settingsFix: 'Correct it; until then the last good settings stay in force, if there were any.',
  settingsCare: 'Correct it when something does not work as expected.',
  settingsUnusable: 'The settings cannot be used.',

  // Router process and port
  otherVersion: (router: string, extension: string) =>
    `The router is version ${router}, the extension in this window is ${extension}.`,
  otherVersionFix: 'Reload the window, so that both are the same.',
  attached: (port: number) => `A router of this installation runs already and answers on port ${port}.`,
  olderRouter: (own: number, other: number, version: string) =>
    `Besides this one (process ${own}) an older router runs, process ${other}, version ${version}.`,
  olderRouterFix: 'It ends by itself when its last streams have ended, after 10 minutes at most.',
  oneRouter: (version: string, pid: number) => `One router, version ${version}, process ${pid}.`,
  starting: 'The router is just starting.',
  startingFix: 'Run the Doctor again in a moment.',
  stopped: 'The router is stopped, so nothing listens.',
  start: 'Start the router.',
  portTaken: (wanted: number, port: number) =>
    `Port ${wanted} is taken by another program, so the router listens on ${port}.`,
  portTakenFix: 'End the other program, or write another number into llmRouter.port, then restart the router.',
  listens: (host: string, port: number) => `Listens on ${host}, port ${port}.`,
  nothingListens: 'Nothing listens.',

  // A request of our own
  localBlocked: 'Restart the router. A firewall or virus scanner may block connections inside this machine.',
  strangerOnPort: (port: number) => `Another program answers on port ${port}.`,
  strangerOnPortFix: 'End it, or write another number into llmRouter.port, then restart the router.',
  ownKeyIsProviders:
    "The router refuses its own API key. It is a provider's key, too, and a provider's key never opens the router.",
  ownKeyIsProvidersFix: 'Give the router a key of its own: Copy API Key offers a new one.',
  ownKeyRefused: 'The router refuses its own API key.',
  ownKeyRefusedFix: 'Copy the API key anew and restart the router.',
  echoStatus: (status: number) => `The built-in model answered with HTTP ${status}.`,
  guestKeyIsProviders: (name: string) =>
    `The client key "${name}" opens nothing. It is a provider's key, too, and a provider's key never opens the router.`,
  guestKeyIsProvidersFix: 'Give it a secret of its own.',
  echoAnswered: (ms: number) => `The built-in model demo/echo answered in ${ms} ms.`,
  noBackend: 'There is no backend, so only the built-in model demo/echo answers.',
  noBackendFix: 'Add a backend.',

  // Way of the tunnel
  tunnelOff: 'The tunnel is switched off.',
  tunnelOffFix:
    'Cursor’s servers cannot reach this machine: choose a tunnel. In Cursor this shows as "Access to private networks is forbidden" or "ssrf_blocked".',
  noPublicUrl: 'There is no public URL yet.',
  streams: 'A streamed POST to demo/echo came through piece by piece.',
  buffered: 'A streamed answer arrives in one piece: something on the way holds it back.',
  bufferedFix:
    'Use another provider, or switch off buffering in the proxy in front (Caddy: flush_interval -1; nginx: proxy_buffering off).',
  streamFailed: (why: Words) => `A streamed POST failed: ${textOf(why)}`,
  streamFailedFix: 'Repair the hops above first; else restart the router.',
  noProgramNeeded: 'A public URL of your own needs no program here.',
  program: (name: string, version: string, path: string) => `${name} ${version} (${path}).`,
  installProgram: (name: string) => `Install ${name}.`,
  noPortNeeded: 'Only cloudflared needs a port of its own (7844).',
  portsOpen: 'UDP and TCP port 7844 are open.',
  udpOpen: 'UDP port 7844 is open; TCP 7844 did not answer and is not needed.',
  tcpOpen: 'TCP port 7844 is open; UDP 7844 did not answer, so HTTP/2 is used instead of QUIC.',
  portsSilent: (protocol: string) =>
    `The tunnel is connected over ${protocol}; the ports did not answer to a probe from here.`,
  portsClosed: 'Neither UDP nor TCP port 7844 gets out of this network, so cloudflared cannot connect.',
  portsClosedFix: 'Ask for the port, use another network, or choose ngrok or Tailscale.',
  connectedOver: (program: string) => `Connected over ${program}.`,
  connectedOverBy: (program: string, way: string) => `Connected over ${program} (${way}).`,
  connectedOwnUrl: 'Connected by way of your own URL.',
  connectedOwnUrlBy: (way: string) => `Connected by way of your own URL (${way}).`,
  tunnelDown: 'The tunnel does not run.',
  tunnelStopped: 'The router is stopped, so the tunnel is too.',
  rateLimited: 'Cloudflare gives no new tunnel right now.',
  rateLimitedFix: 'Wait, or set up another provider.',
  blocked: 'This network blocks the tunnel.',
  blockedFix: 'Use another network or another provider.',
  waitsForProgram: 'It waits for the tunnel program.',
  tokenFix: 'Store the token anew.',
  tunnelFailed: 'The tunnel failed.',
  tunnelFailedFix: 'Do what the message says, then restart the router.',
  notConnected: (state: string) => `Not connected yet (${state}).`,
  notConnectedSaid: (state: string, said: Said | string) => `Not connected yet (${state}). ${textOf(said)}`,
  notConnectedFix: 'Run the Doctor again in a minute; if it stays, restart the router.',

  // Public URL
  urlProven: (url: string) => `${url}/v1 answers with the proof of this router.`,
  urlUnreached: (url: string, why: Words) => `${url} was not reached from here: ${textOf(why)}`,
  urlUnreachedFix: 'Check the network and the proxy settings.',
  urlGone: (url: string) => `The tunnel service has no connection for ${url} (530).`,
  urlGoneRenew: 'Restart the router; if it stays, ask for a new URL and paste it into Cursor.',
  urlGoneFixed: 'Restart the router; if it stays, check the tunnel at its provider.',
  originUnreached: (port: number) => `The tunnel works, but does not reach the router on port ${port} (502).`,
  urlForeign: (url: string) => `Something else than this router answers at ${url}.`,
  busyFix: 'Wait until some requests have ended.',
  urlSilent: (url: string) => `${url} got no answer from the router in time (524).`,
  urlStatus: (url: string, status: number) => `${url} answered with HTTP ${status}.`,
  urlStatusCode: (url: string, status: number, code: string) => `${url} answered with HTTP ${status} (${code}).`,
  urlStatusFix: 'Restart the router; if it stays, set up the tunnel anew.',
  nameKnown: (host: string) => `${host} is known in DNS.`,
  nameUnasked:
    'No DNS service could be asked over HTTPS, so it is not known whether the rest of the world finds the name.',
  nameUnaskedFix: 'Open the public URL from another network, such as a phone.',
  nameUnknown: (host: string) =>
    `${host} does not exist in DNS. In Cursor this shows as "Rate limited by model provider, retrying", then "Network Error".`,
  nameRenew: 'Wait a minute; if it stays, ask for a new URL.',
  nameFixed: 'Check its DNS entry.',

  // Backends
  builtIn: 'Built in: it needs no network.',
  noKey: (backend: string) => `There is no key for ${backend}.`,
  noKeyFix: 'Store one with Set Backend Key….',
  noKeyVariable: (variable: string) => `Store one with Set Backend Key…, or set the variable ${variable}.`,
  thePort: (port: number) => `Port ${port}`,
  theRouter: 'The router',
  storeAgain: 'Store it again.',
  oneModel: '1 model',
  models: (count: number) => `${count} models`,
  lists: (host: string, models: Said, way: readonly Words[]) => `${host} lists ${models.text} (${listed(way)}).`,
  listsWithKey: (host: string, models: Said, way: readonly Words[]) =>
    `${host} lists ${models.text}, key accepted (${listed(way)}).`,
  listsAndCredit: (lists: Said, credit: Words) => `${lists.text} Credit: ${textOf(credit)}.`,
  creditLow: (host: string, credit: Words) => `${host} accepts the key, but little credit is there: ${textOf(credit)}.`,
  creditLowFix: 'Top it up at the provider.',
  tlsVerified: 'TLS verified',
  viaProxy: (proxy: string) => `through the proxy ${proxy}`,
  noList: (host: string, status: number, way: readonly Words[]) =>
    `${host} answers but lists no models (HTTP ${status}; ${listed(way)}), so its key was not tried.`,
  noListFix: (url: string) => `If requests fail too, check the path of the base URL ${url}.`,
  strangeList: (host: string) => `${host} answered with something that is no list of models.`,
  strangeListFix: (url: string) => `Check the base URL ${url}; a sign-in page of the network answers like this too.`,
  providerStatus: (host: string, status: number, said: Words) => `${host} answered with HTTP ${status}.${textOf(said)}`,
  providerStatusFix: 'The provider has trouble of its own: look at its status page, or let a fallback take over.',
  keyRefused: (backend: string, said: Words) => `${backend} does not accept the key (HTTP 401).${textOf(said)}`,
  keyFix: 'Store a valid key with Set Backend Key….',
  keyFixVariable: (variable: string) => `Store a valid key with Set Backend Key…, or correct ${variable}.`,
  keyMayNotList: (backend: string, said: Words) =>
    `${backend} accepts the key, but does not let it list models.${textOf(said)}`,
  keyMayNotListFix: 'Give the key that right at the provider, or write the models into the settings.',
  accessRefused: (backend: string, said: Words) => `${backend} refuses access (HTTP 403).${textOf(said)}`,
  wantsPayment: (backend: string, said: Words) => `${backend} wants payment first (HTTP 402).${textOf(said)}`,
  itSays: (said: string) => ` It says: ${said}`,
  wantsPaymentFix: 'Add credit at the provider.',
  slowDown: (backend: string, said: Words) => `${backend} asks to slow down (HTTP 429).${textOf(said)}`,
  slowDownFix: 'Wait a little; if it stays, raise the limit or add credit at the provider.',
  throughProxy: (why: Words, proxy: string) => `${textOf(why)} The request went through the proxy ${proxy}.`,
  certificateFix:
    'If you trust its authority, name its certificate in NODE_EXTRA_CA_CERTS (or add it to the system) and restart the editor; a company proxy that opens TLS needs the same.',
  addressFix: (url: string) => `Correct the base URL ${url}, or check the network.`,
  startServer: (backend: string) => `Start ${backend} on this machine, or correct its base URL.`,
  proxyFix: 'Check the proxy settings (http.proxy, http.noProxy, or HTTPS_PROXY and NO_PROXY).',
  networkFix: 'Check the base URL and the network; if the network needs a proxy, set http.proxy or HTTPS_PROXY.',

  // Requests that may cost
  noModel: (backend: string) => `No model of ${backend} is known.`,
  noModelFix: 'Write one into the settings of the backend, then run the Doctor again.',
  modelStatus: (model: string, status: number, said: Words) => `${model} answered with HTTP ${status}.${textOf(said)}`,
  modelStatusFix: 'See what the provider says, then test the backend in Manage Backends…',
  modelAnswered: (model: string) => `${model} answered.`,
  noCompletion: (model: string) => `${model} answered with something that is no completion.`,
  noCompletionFix: 'Check the base URL and the wire of the backend.',
  noStream: (model: string) => `${model} did not stream: no event came.`,
  noStreamFix: 'Check that the provider streams; Cursor always asks for it.',
  streamInOnePiece: (model: string) => `${model} sent its stream in one piece.`,
  streamInOnePieceFix: 'Cursor shows nothing until an answer is whole; a proxy in between may hold streams back.',
  modelStreamed: (model: string, events: number, ms: number) => `${model} streamed ${events} events over ${ms} ms.`,
  toolCalled: (model: string) => `${model} called the tool.`,
  toolNotCalled: (model: string) => `${model} answered without calling the tool.`,
  toolNotCalledFix: 'Cursor’s Agent needs tools: choose another model for it.',

  // Cursor
  cursorHoldsNothing: 'They are not on this machine, or hold nothing about models.',
  cursorUnread: (why: Words) => `They were not read: ${textOf(why)}`,
  cursorNoUrl: 'A base URL stands there, and this router has none to compare.',
  cursorRight: "The base URL is this router's, and the key is switched on.",
  cursorRightKeyHidden:
    "The base URL is this router's, and the key is switched on. Its key is encrypted and was not compared.",
  cursorRefused: (refusals: Said) => `Cursor has not come through yet. ${refusals.text}`,
  cursorRefusedFix: 'Paste the API key into Cursor again (Settings, Models, OpenAI API Key).',
  oneRefusal: (last: Words) => `One call that says it is Cursor's was refused: ${textOf(last)}`,
  refusals: (count: number, last: Words) => `${count} calls that say they are Cursor's were refused: ${textOf(last)}`,
  cursorNever: 'Cursor has not called this router yet.',
  cursorNeverFix:
    'Paste the Base URL and the API key into Cursor (Settings, Models), switch both on, and ask a model by a name of this router. Cursor switches the key off by itself every few hours.',
  lastSeen: (time: string, host: Said | string) => `Last seen ${time} UTC through ${textOf(host)}`,
  lastSeenSpeaking: (time: string, host: Said | string, dialects: string) =>
    `Last seen ${time} UTC through ${textOf(host)}; ${dialects}`,
  unknownHost: 'an unknown host',
  cursorOldUrl: (seen: Said, url: string) =>
    `${seen.text}, but the public URL is ${url}/v1: Cursor still has an old one.`,
  cursorReplaced: (seen: Said, old: string, url: string) =>
    `${seen.text}. Since then ${old}/v1 was replaced by ${url}/v1.`,
  pasteUrl: 'Paste the Base URL into Cursor again.',
  noModelName: '(no model)',
  share: (seen: Said, calls: number, of: number) => `${seen.text}, ${calls} of the newest ${of} requests.`,
  shareSpeaking: (seen: Said, calls: number, of: number, dialects: string) =>
    `${seen.text}, ${calls} of the newest ${of} requests; ${dialects}.`,
  both: (first: Words, second: Words) => `${textOf(first)} ${textOf(second)}`,
  cursorLastFailed: (seen: Said, model: Said | string, status: number) =>
    `${seen.text}. Its last request for ${textOf(model)} ended with HTTP ${status}.`,
  cursorLastFailedKind: (seen: Said, model: Said | string, status: number, kind: string) =>
    `${seen.text}. Its last request for ${textOf(model)} ended with HTTP ${status} (${kind}).`,
  cursorLastFailedFix: 'The log tells the story of that request; check the backend that it went to.',
});

const listed = (parts: readonly Words[]): string => parts.map(textOf).join(', ');
