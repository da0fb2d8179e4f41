/** Errors of sockets and certificates in words for a person. Never holds a URL with query, a key or a path. */

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection. Is the server running, and is the port right?',
  ECONNRESET: 'closed the connection.',
  EPIPE: 'closed the connection.',
  UND_ERR_SOCKET: 'closed the connection.',
  ENOTFOUND: 'could not be found: its host name does not resolve. Check the base URL and the network.',
  EAI_AGAIN: 'could not be found: the name lookup failed. Check the network.',
  ETIMEDOUT: 'could not be reached in time.',
  UND_ERR_CONNECT_TIMEOUT: 'could not be reached in time.',
  EHOSTUNREACH: 'cannot be reached from this network.',
  ENETUNREACH: 'cannot be reached: there is no network.',
  CERT_HAS_EXPIRED: 'has an expired TLS certificate.',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'has a self-signed TLS certificate. Add its authority with NODE_EXTRA_CA_CERTS if you trust it.',
  SELF_SIGNED_CERT_IN_CHAIN:
    'has a TLS certificate from an unknown authority. Add it with NODE_EXTRA_CA_CERTS if you trust it.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'has a TLS certificate from an unknown authority. Add it with NODE_EXTRA_CA_CERTS if you trust it.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'has a TLS certificate from an unknown authority. Add it with NODE_EXTRA_CA_CERTS if you trust it.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a TLS certificate for another host name.',
  EPROTO: 'does not speak TLS on this port. Check http:// or https:// in the base URL.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS on this port. Check http:// or https:// in the base URL.',
  HPE_INVALID_CONSTANT: 'does not speak HTTP on this port.',
  HPE_INVALID_HEADER_TOKEN: 'sent broken HTTP.',
};

/** @param answered the provider had begun to answer. */
export function describeNetworkError(
  error: Error & { code?: string; proxy?: string },
  provider: string,
  answered: boolean,
): string {
  const code = error.code ?? (error.cause as { code?: string } | undefined)?.code ?? '';
  if (code === 'BAD_ENCODING') return `${provider} sent a compressed answer that cannot be decoded.`;
  // Its message names the setting or the variable.
  if (code === 'BAD_PROXY') return `${provider} could not be reached: ${error.message}`;
  if (answered) return `The answer of ${provider} broke off.`;
  if (error.proxy && !isAboutCertificate(code)) return describeProxyError(error, code, provider, error.proxy);
  const reason = REASONS[code] ?? (code.startsWith('HPE_') ? 'sent broken HTTP.' : 'could not be reached.');
  return `${provider} ${reason}${code && !REASONS[code] ? ` (${code})` : ''}`;
}

/** Behind a proxy the certificate is the provider's (or one the proxy made for it); all else is the proxy's doing. */
function isAboutCertificate(code: string): boolean {
  return /CERT|SELF_SIGNED|VERIFY_LEAF/.test(code);
}

function describeProxyError(error: Error, code: string, provider: string, proxy: string): string {
  const refused = /Proxy response \((\d+)\)/.exec(error.message)?.[1];
  const told = `${provider} could not be reached: the proxy ${proxy}`;
  if (refused === '407') return `${told} wants a user name and a password (HTTP 407). Put them into the proxy address.`;
  if (refused)
    return `${told} refused to connect to it (HTTP ${refused}). Check the proxy, or add the host to noProxy.`;
  return `${told} ${REASONS[code] ?? `failed${code ? ` (${code})` : ''}.`} Check http.proxy and HTTPS_PROXY.`;
}
