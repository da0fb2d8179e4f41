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
export function describeNetworkError(error: Error & { code?: string }, provider: string, answered: boolean): string {
  if (answered) return `The answer of ${provider} broke off.`;
  const code = error.code ?? (error.cause as { code?: string } | undefined)?.code ?? '';
  const reason = REASONS[code] ?? (code.startsWith('HPE_') ? 'sent broken HTTP.' : 'could not be reached.');
  const proxied = /proxy/i.test(error.message) ? ' A proxy is in use: check its settings.' : '';
  return `${provider} ${reason}${code && !REASONS[code] ? ` (${code})` : ''}${proxied}`;
}
