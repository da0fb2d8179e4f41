/** What may stand in a report that a person pastes into a public issue: no key, no user name, no host name, no home folder. */
import { maskKeys } from '../wires/keyShapes';

export interface PrivateFacts {
  /** Every key, token and secret that is known here. */
  secrets: readonly string[];
  home: string;
  user: string;
  host: string;
}

/** Names that identify nobody and are ordinary words. */
const COMMON = new Set(['root', 'user', 'admin', 'node', 'ubuntu', 'debian', 'runner', 'localhost', 'docker']);

/** A function that takes out whatever must not leave this machine. */
export function createScrubber({ secrets, home, user, host }: PrivateFacts): (text: string) => string {
  const hidden = [...new Set(secrets)].filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  const names: [RegExp, string][] = [
    ...word(home.replace(/[/\\]+$/, ''), '~', false),
    ...word(user, 'USER', true),
    ...word(host, 'HOST', true),
    ...word(host.split('.')[0] ?? '', 'HOST', true),
  ];
  return (text) => {
    let clean = text;
    for (const secret of hidden) clean = clean.replaceAll(secret, '[hidden]');
    // Providers quote keys with their middle starred out, and accounts by address or organisation.
    clean = maskKeys(clean)
      .replaceAll(/[\w-]*\*{3,}[\w-]*/g, '[hidden]')
      .replaceAll(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '[address]')
      .replaceAll(/\b(org|proj|user|acct)-[\w-]{6,}/g, '[account]');
    for (const [pattern, name] of names) clean = clean.replaceAll(pattern, name);
    return clean;
  };
}

function word(text: string, name: string, whole: boolean): [RegExp, string][] {
  if (text.length < 2 || COMMON.has(text.toLowerCase())) return [];
  const escaped = text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return [[new RegExp(whole ? `(?<![\\w-])${escaped}(?![\\w-])` : escaped, 'gi'), name]];
}
