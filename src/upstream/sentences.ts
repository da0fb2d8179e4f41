/** Every sentence about reaching a provider, and about the test of a backend. Never a URL with a query, a key or a path. */
import { catalogue, textOf, type Words } from '../said';

export const say = catalogue('upstream', {
  // Sockets and certificates
  refused: (who: Words) => `${textOf(who)} refused the connection. Is the server running, and is the port right?`,
  closed: (who: Words) => `${textOf(who)} closed the connection.`,
  notFound: (who: Words) =>
    `${textOf(who)} could not be found: its host name does not resolve. Check the base URL and the network.`,
  lookupFailed: (who: Words) => `${textOf(who)} could not be found: the name lookup failed. Check the network.`,
  tooSlow: (who: Words) => `${textOf(who)} could not be reached in time.`,
  fromHere: (who: Words) => `${textOf(who)} cannot be reached from this network.`,
  noNetwork: (who: Words) => `${textOf(who)} cannot be reached: there is no network.`,
  expired: (who: Words) => `${textOf(who)} has an expired TLS certificate.`,
  selfSigned: (who: Words) =>
    `${textOf(who)} has a self-signed TLS certificate. Add its authority with NODE_EXTRA_CA_CERTS if you trust it.`,
  unknownAuthority: (who: Words) =>
    `${textOf(who)} has a TLS certificate from an unknown authority. Add it with NODE_EXTRA_CA_CERTS if you trust it.`,
  otherHost: (who: Words) => `${textOf(who)} has a TLS certificate for another host name.`,
  noTls: (who: Words) => `${textOf(who)} does not speak TLS on this port. Check http:// or https:// in the base URL.`,
  noHttp: (who: Words) => `${textOf(who)} does not speak HTTP on this port.`,
  brokenHttp: (who: Words, code: string | undefined) =>
    `${textOf(who)} sent broken HTTP.${code === undefined ? '' : ` (${code})`}`,
  unreached: (who: Words, code: string | undefined) =>
    `${textOf(who)} could not be reached.${code === undefined ? '' : ` (${code})`}`,
  badEncoding: (who: Words) => `${textOf(who)} sent a compressed answer that cannot be decoded.`,
  because: (who: Words, why: Words) => `${textOf(who)} could not be reached: ${textOf(why)}`,
  brokeOff: (who: Words) => `The answer of ${textOf(who)} broke off.`,
  redirects: (who: Words, status: number, to: string | undefined) =>
    `${textOf(who)} sends on to another address (HTTP ${status}${to === undefined ? '' : `, ${to}`}), which is not followed. Check the base URL.`,

  // Proxies
  theProxy: (address: string) => `the proxy ${address}`,
  proxyFailed: (proxy: Words, code: string | undefined) =>
    `${textOf(proxy)} failed${code === undefined ? '' : ` (${code})`}.`,
  throughProxy: (who: Words, why: Words) =>
    `${textOf(who)} could not be reached: ${textOf(why)} Check http.proxy and HTTPS_PROXY.`,
  proxyPassword: (who: Words, proxy: Words) =>
    `${textOf(who)} could not be reached: ${textOf(proxy)} wants a user name and a password (HTTP 407). Put them into the proxy address.`,
  proxyRefused: (who: Words, proxy: Words, status: string) =>
    `${textOf(who)} could not be reached: ${textOf(proxy)} refused to connect to it (HTTP ${status}). Check the proxy, or add the host to noProxy.`,

  // What is left there
  credit: (sum: string) => `${sum} left`,
  creditOfKey: (sum: string) => `${sum} left of the limit of the key`,

  // The test of a backend
  answered: (model: string) => `${model} answered.`,
  noAnswer: (backend: string) =>
    `${backend} answered with something that is not a model's answer. Check the base URL and the wire.`,
  ollamaSignedOut: (model: string) =>
    `${model} runs in Ollama's cloud, and this Ollama is not signed in there. Run where it runs: ollama signin`,
  keyRefused: (backend: string, said: string) => `${backend} refused the key: ${said}`,
  noModels: (backend: string, url: string) =>
    `${backend} lists no models at ${url}. Check the base URL, or name a model to test.`,

  // What refusals taught
  schemasWithout: (keyword: string) => `wrote schemas without ${keyword}, which the provider refuses`,
  picturesLeftOut: 'pictures left out, which the model cannot see',
  filesLeftOut: 'files left out, which the model or provider cannot read',
  thinkingLeftOut: 'earlier thinking left out, which the provider no longer takes here',
  dropped: (field: string) => `dropped ${field}, which the provider refuses`,
  set: (field: string, value: string) => `set ${field} to ${value}, the only value the provider takes`,
  renamed: (field: string, name: string) => `wrote ${field} as ${name}, as the provider asks`,
});
