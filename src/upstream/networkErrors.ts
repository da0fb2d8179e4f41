/** Errors of sockets and certificates in words for a person. */
import { errorWords, type Said, type Words } from '../said';
import type { UpstreamHeaders } from './send';
import { say } from './sentences';

const REASONS: Readonly<Record<string, (who: Words) => Said>> = {
  ECONNREFUSED: say.refused,
  ECONNRESET: say.closed,
  EPIPE: say.closed,
  UND_ERR_SOCKET: say.closed,
  ENOTFOUND: say.notFound,
  EAI_AGAIN: say.lookupFailed,
  ETIMEDOUT: say.tooSlow,
  UND_ERR_CONNECT_TIMEOUT: say.tooSlow,
  EHOSTUNREACH: say.fromHere,
  ENETUNREACH: say.noNetwork,
  CERT_HAS_EXPIRED: say.expired,
  DEPTH_ZERO_SELF_SIGNED_CERT: say.selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: say.unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: say.unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: say.unknownAuthority,
  ERR_TLS_CERT_ALTNAME_INVALID: say.otherHost,
  EPROTO: say.noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: say.noTls,
  HPE_INVALID_CONSTANT: say.noHttp,
  HPE_INVALID_HEADER_TOKEN: (who) => say.brokenHttp(who, undefined),
};

type NetworkFailure = Error & { code?: string; proxy?: string };

/** @param answered the provider had begun to answer. */
export function networkSaid(error: NetworkFailure, provider: Words, answered: boolean): Said {
  const code = error.code ?? (error.cause as { code?: string } | undefined)?.code ?? '';
  if (code === 'BAD_ENCODING') return say.badEncoding(provider);
  // Its message names the setting or the variable.
  if (code === 'BAD_PROXY') return say.because(provider, errorWords(error));
  if (answered) return say.brokeOff(provider);
  if (error.proxy && !isAboutCertificate(code)) return proxySaid(error, code, provider, error.proxy);
  const reason = REASONS[code];
  if (reason) return reason(provider);
  return code.startsWith('HPE_') ? say.brokenHttp(provider, code) : say.unreached(provider, code || undefined);
}

/** A redirect is no answer of an API, whatever stands in it. Of where it leads only the origin is told. */
export function redirectSaid(status: number, headers: UpstreamHeaders, provider: Words): Said | undefined {
  if (status < 300 || status > 399) return undefined;
  const { location = '' } = headers;
  const to = URL.canParse(location) ? new URL(location).origin : undefined;
  return say.redirects(provider, status, to === 'null' ? undefined : to?.slice(0, LONGEST_ORIGIN));
}

const LONGEST_ORIGIN = 100;

/** Behind a proxy the certificate is the provider's (or one the proxy made for it); all else is the proxy's doing. */
function isAboutCertificate(code: string): boolean {
  return /CERT|SELF_SIGNED|VERIFY_LEAF/.test(code);
}

function proxySaid(error: Error, code: string, provider: Words, address: string): Said {
  const refused = /Proxy response \((\d+)\)/.exec(error.message)?.[1];
  const proxy = say.theProxy(address);
  if (refused === '407') return say.proxyPassword(provider, proxy);
  if (refused) return say.proxyRefused(provider, proxy, refused);
  return say.throughProxy(provider, REASONS[code]?.(proxy) ?? say.proxyFailed(proxy, code || undefined));
}
