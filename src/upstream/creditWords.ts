/** What is left at a provider, and how it is told. Pure. */
import type { Said } from '../said';
import { say } from './sentences';

export interface Credit {
  left: number;
  currency: 'USD' | 'CNY';
  /** Little is left, or the provider serves nothing any more. */
  low: boolean;
  /** Of the whole account, or of the limit of this key. */
  of: 'account' | 'key';
  /** Milliseconds since the epoch when it was asked. */
  at: number;
}

/** `$4.20 left`, `$4.20 left of the limit of the key`. */
export function creditSaid({ left, currency, of }: Credit): Said {
  const sum = `${left < 0 ? '-' : ''}${currency === 'CNY' ? '¥' : '$'}${Math.abs(left).toFixed(2)}`;
  return of === 'key' ? say.creditOfKey(sum) : say.credit(sum);
}

export const creditWords = (credit: Credit): string => creditSaid(credit).text;
