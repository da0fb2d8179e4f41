/** Checks and proposals for what a person types while adding a backend. Pure. */
import type { KnownProvider } from '../routing/providerTable';
import { t } from './words';

/** A provider without a preset, ready for the list that is searched: found by its name and by its host. */
export interface ProviderItem {
  label: string;
  description: string;
  filled: { name: string; baseUrl: string; keyEnv?: string };
}

/** One entry an address; a server on this machine is not given a key by itself. */
export function providerItems(providers: readonly KnownProvider[]): ProviderItem[] {
  const once = new Map([...providers].reverse().map((provider) => [provider.baseUrl, provider]));
  return [...once.values()]
    .sort((one, other) => one.name.localeCompare(other.name))
    .map(({ name, baseUrl, keyEnv }) => {
      const { protocol, host } = new URL(baseUrl);
      const local = protocol === 'http:';
      const filled = { name, baseUrl, ...(!local && keyEnv[0] !== undefined && { keyEnv: keyEnv[0] }) };
      return { label: name, description: local ? t`on this machine` : host, filled };
    });
}

/** Why this text is no base URL, else undefined. */
export function urlProblem(text: string): string | undefined {
  if (/[{}]/.test(text)) return t`Replace the part in braces.`;
  if (!/^https?:\/\//i.test(text.trim())) return t`A base URL starts with http:// or https://.`;
  if (!URL.canParse(text.trim())) return t`This is not a complete URL.`;
  const url = new URL(text.trim());
  if (url.username || url.password) return t`No user name or password in the URL; the key is asked for next.`;
  return /\/(chat\/completions|responses|messages|models)\/?$/.test(url.pathname)
    ? t`Only the base, without /chat/completions and the like.`
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
