/** SHA-256 of a text, in one call where the runtime has it (Node 20.12 and newer). */
import * as crypto from 'node:crypto';

export function sha256(text: string): Buffer {
  if (typeof crypto.hash === 'function') return crypto.hash('sha256', text, 'buffer');
  return crypto.createHash('sha256').update(text, 'utf8').digest();
}
