/** Second line of defence: nothing that looks like a key gets into a log. The first is that no key is ever passed to one. */
const SECRETS: readonly RegExp[] = [
  // Authorization: Bearer …, x-api-key: …, "api_key":"…", token=…
  /\b(bearer|basic)\s+[^\s"',;]+/gi,
  /\b((?:x-)?(?:api[-_]?keys?|apikeys?|token|secrets?|passwords?|authorization|credentials?))(["']?\s*[:=]\s*["']?)[^\s"',;&}]+/gi,
  // sk-…, sk-ant-…, gsk_…, AIza…, ghp_…, xai-…, r8_…, hf_…
  /\b(?:sk|pk|rk|gsk|ghp|gho|xai|hf|r8|key|pplx|nvapi)[-_][\w-]{12,}/g,
  /\bAIza[\w-]{20,}/g,
  // JSON web tokens, and long runs of hex or base64.
  /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?/g,
  /\b[0-9a-f]{40,}\b/gi,
  /\b(?=[\w+]*\d)(?=[\w+]*[a-z])(?=[\w+]*[A-Z])[\w+]{40,}={0,2}/g,
];

/** The text with whatever looks like a key, token or password replaced by `[hidden]`. */
export function redact(text: string): string {
  let result = text;
  for (const pattern of SECRETS) {
    result = result.replace(pattern, (_match, name?: unknown, between?: unknown) => {
      if (typeof name !== 'string') return '[hidden]';
      return typeof between === 'string' ? `${name}${between}[hidden]` : `${name} [hidden]`;
    });
  }
  return result;
}
