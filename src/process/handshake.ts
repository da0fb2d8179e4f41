/**
 * Who is at the other end of the pipe (design §2.3): both sides prove that they know the install secret, the router first,
 * and agree on a protocol. Nothing but the calls `hello` and `prove` is heard before.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { OLDEST_PROTOCOL, PROTOCOL } from './contract';

/** What each proof is for. The name is part of what is signed, so that no proof can be used in another place. */
export type ProofRole = 'router' | 'window';

/** The newest and the oldest protocol that one side speaks. */
export interface ProtocolRange {
  newest: number;
  oldest: number;
}

export const OWN_PROTOCOLS: ProtocolRange = { newest: PROTOCOL, oldest: OLDEST_PROTOCOL };

/** HMAC-SHA256 over `role:nonce` with the install secret, hex. */
export function proofOf(secret: string, role: ProofRole, nonce: string): string {
  return createHmac('sha256', secret).update(`${role}:${nonce}`).digest('hex');
}

/** Compares in constant time; anything that is no proof at all is simply wrong. */
export function proofHolds(secret: string, role: ProofRole, nonce: string, proof: unknown): boolean {
  if (typeof proof !== 'string') return false;
  const expected = Buffer.from(proofOf(secret, role, nonce));
  const given = Buffer.from(proof);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

export function newNonce(): string {
  return randomBytes(32).toString('hex');
}

/** A nonce from the other side: hex, long enough that it is never used twice. */
export function isNonce(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32,128}$/.test(value);
}

/** The highest protocol both sides speak; undefined when there is none ("Reload window"). */
export function commonProtocol(a: ProtocolRange, b: ProtocolRange): number | undefined {
  const newest = Math.min(a.newest, b.newest);
  return newest >= Math.max(a.oldest, b.oldest) ? newest : undefined;
}

/** Reads the range out of a hello or its answer; undefined when it is none. */
export function rangeOf(message: { protocol?: unknown; oldest?: unknown }): ProtocolRange | undefined {
  const newest = message.protocol;
  const oldest = message.oldest ?? newest;
  if (!Number.isSafeInteger(newest) || !Number.isSafeInteger(oldest)) return undefined;
  return { newest: newest as number, oldest: oldest as number };
}
