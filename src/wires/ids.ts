/** Tool-call ids that the receiving provider takes (N25, S9). */
import { sha256 } from './sha256';

/**
 * A legal id for `id`, never longer than `limit`: only letters, digits, `_` and `-`. Deterministic and, by its hash,
 * free of collisions, so both sides of a pair map alike; a legal id stays as it is. Providers with a very short
 * limit (Mistral: 9) want letters and digits of exactly that length; without a limit every id stays as it is (Kimi).
 */
export function legalId(id: string, limit: number): string {
  if (limit === Number.POSITIVE_INFINITY && id !== '') return id;
  if (limit < HASH_LENGTH + 2) {
    return id.length === limit && /^[A-Za-z0-9]+$/.test(id) ? id : hash(id).slice(0, limit);
  }
  if (id !== '' && id.length <= limit && /^[A-Za-z0-9_-]+$/.test(id)) return id;
  const clean = id.replace(/[^A-Za-z0-9_-]/g, '_');
  return `${clean.slice(0, limit - HASH_LENGTH - 1)}_${hash(id).slice(0, HASH_LENGTH)}`;
}

const HASH_LENGTH = 16;

function hash(text: string): string {
  return sha256(text).toString('hex');
}
