/**
 * The proof in the answer of `GET /health?nonce=`: it is us, at this port, through this door. Without port and door a
 * stranger who took our port could hand the question on to us and pass our answer off as its own.
 */
import { createHmac, randomBytes } from 'node:crypto';

export interface HealthQuestion {
  /** As `newHealthNonce` makes it. */
  nonce: string;
  /** `loopback`, or the host name that was called. */
  door: string;
  /** Port of the listener. */
  port: number;
}
/** HMAC-SHA256, hex. */
export type HealthProof = (question: HealthQuestion) => string;

const NONCE = /^[0-9a-f]{32}$/;
const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

export function healthProofWith(secret: string): HealthProof {
  return ({ nonce, door, port }) =>
    createHmac('sha256', secret).update(`health:${nonce}:${door}:${port}`).digest('hex');
}

export function newHealthNonce(): string {
  return randomBytes(16).toString('hex');
}

/** One length and one alphabet: whoever asks otherwise gets no proof, so that it signs nothing of a stranger's choice. */
export function isHealthNonce(text: string): boolean {
  return NONCE.test(text);
}

/** The door of a host name without port: every spelling of this machine is the same one. */
export function doorOf(host: string): string {
  const name = host.toLowerCase();
  return LOOPBACK.test(name) ? 'loopback' : name;
}
