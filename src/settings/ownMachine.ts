/** Settings, or groups of them, that say how one machine runs: neither synchronised nor taken from a file of another one. */
const OWN_MACHINE = new Set(['port', 'tunnel.binary', 'autoStart', 'lingerSeconds', 'metrics', 'ledger']);

/** `key`: dotted, as in settings.json. */
export function isOwnMachine(key: string): boolean {
  return OWN_MACHINE.has(key) || OWN_MACHINE.has(key.split('.')[0] ?? '');
}
