// Which router processes live for a data folder, and who is listening: told by /proc, not by what the product says.
import { readdirSync, readFileSync } from 'node:fs';

/** Process ids whose command line contains every one of the parts. */
export function processesWith(...parts) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return (
          parts.every((part) => line.includes(part)) &&
          !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
        );
      } catch {
        return false;
      }
    });
}

/** The router processes of one editor; they should never be more than one. */
export const routersOf = (server) => processesWith('dist/router.js', '--editor', server.storage);
