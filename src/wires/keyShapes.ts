/** What looks like a key: the one list for logs, errors, Doctor, the settings check and the export. */

/** How keys of known providers begin, before `-` or `_`. Lower case only: HF_TOKEN_2 is a variable, hf_… is a key. */
const PREFIXES = [
  ...['sk', 'pk', 'rk', 'gsk', 'csk', 'xai', 'key', 'nvapi', 'pplx', 'hf', 'fw', 'tgp'],
  ...['ghp', 'gho', 'github_pat', 'r8', 'glpat', 'ls'],
].join('|');

/**
 * Where a first group is, it stays: what a key is called. Every repetition that something has to follow is bounded, since
 * bodies of megabytes go through these.
 */
const SHAPES: readonly RegExp[] = [
  // A key has a digit (or stars, as providers quote it) or a long run of letters; a word with a hyphen has neither.
  new RegExp(String.raw`\b(?:${PREFIXES})[-_](?=[\w*-]{0,60}[\d*]|(?:[a-z]{1,12}-)?[A-Za-z]{16})[\w*-]{6,}`, 'g'),
  /\bAIza[\w-]{10,}/g,
  /\bAKIA[A-Z0-9]{12,}/g,
  /\bya29\.[\w-]{10,}/g,
  // JSON web tokens.
  /(?<![\w-])eyJ[\w-]{4,400}\.[\w-]+(?:\.[\w-]+)?/g,
  /\b(bearer\s{1,8})[^\s"',;}]{6,}/gi,
  // Base64 of user:password; "basic plan" is neither.
  /\b([Bb]asic\s{1,8})(?=[A-Za-z0-9+/]{0,200}[A-Z0-9=])[A-Za-z0-9+/]{6,}={0,2}/g,
  // Authorization: …, x-api-key: …, "api_key":"…", password=…
  /\b((?:x-)?(?:api[-_ ]?keys?|authorization|(?:client[-_ ]?)?secrets?|passwords?|credentials?)(?: provided)?["']?\s{0,8}[:=]\s{0,8}["']?)(?!(?:bearer|basic)\b)(?:[^\s"',;&}.]|\.(?![\s"',;&}]|$))+/gi,
  // token=… holds a token, token: 4096 a number.
  /\b((?:access[-_ ]?)?token["']?\s{0,8}[:=]\s{0,8}["']?)(?!\d{1,8}(?![\w-]))(?:[^\s"',;&}.]|\.(?![\s"',;&}]|$))+/gi,
  // Long runs of hex or base64.
  /\b[0-9a-f]{40,}\b/gi,
  /(?<![\w+])(?=[\w+]*\d)(?=[\w+]*[a-z])(?=[\w+]*[A-Z])[\w+]{40,}={0,2}/g,
];

/** The text with whatever looks like a key, token or password replaced by `[hidden]`: some providers repeat the key they were sent. */
export function maskKeys(text: string): string {
  return SHAPES.reduce(
    (masked, shape) =>
      masked.replace(shape, (_all, name: unknown) => `${typeof name === 'string' ? name : ''}[hidden]`),
    text,
  );
}

const WHOLE = new RegExp(String.raw`^(?:(?:${PREFIXES})[-_]\w|AIza|AKIA|ya29\.|eyJ|[Bb]earer\s|[Bb]asic\s)`);

/** Whether a whole value has the shape of a key. */
export function looksLikeKey(value: string): boolean {
  return value.length >= 16 && WHOLE.test(value);
}

/** Whether a header or a parameter of this name holds a key. */
export function namesKey(name: string): boolean {
  return /(?:^|[-_])(?:auth|authorization|cookie|key|session)(?:[-_]|$)|api[-_]?key|token|secret|password/i.test(name);
}
