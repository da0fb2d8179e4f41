/** Checks and proposals for what a person types while adding a backend. Pure. */

/** Why this text is no base URL, else undefined. */
export function urlProblem(text: string): string | undefined {
  if (/[{}]/.test(text)) return 'Replace the part in braces.';
  if (!/^https?:\/\//i.test(text.trim())) return 'A base URL starts with http:// or https://.';
  if (!URL.canParse(text.trim())) return 'This is not a complete URL.';
  const url = new URL(text.trim());
  if (url.username || url.password) return 'No user name or password in the URL; the key is asked for next.';
  return /\/(chat\/completions|responses|messages|models)\/?$/.test(url.pathname)
    ? 'Only the base, without /chat/completions and the like.'
    : undefined;
}

/** Where the part in braces stands that a template leaves to the person, so that typing replaces it. */
export function blankOf(text: string): [number, number] | undefined {
  const found = /\{[^{}]*\}/.exec(text);
  return found ? [found.index, found.index + found[0].length] : undefined;
}

/** A name for a server that has none: `api.example.com` → `example`. */
export function hostName(baseUrl = ''): string {
  const { hostname } = new URL(baseUrl);
  if (/^[\d.]+$|^\[|^localhost$/.test(hostname)) return 'local';
  const parts = hostname.split('.').filter((part) => !/^(www|api|llm|gateway)$/.test(part));
  return (parts.length > 1 ? parts.at(-2) : parts[0]) ?? 'backend';
}
