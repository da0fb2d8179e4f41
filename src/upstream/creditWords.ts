/** What is left at a provider, and how it is told. Pure. */
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

/** `$4.20`. */
export const creditSum = ({ left, currency }: Credit): string =>
  `${left < 0 ? '-' : ''}${currency === 'CNY' ? '¥' : '$'}${Math.abs(left).toFixed(2)}`;

/** `$4.20 left`, `$4.20 left of the limit of the key`. */
export const creditWords = (credit: Credit): string =>
  `${creditSum(credit)} left${credit.of === 'key' ? ' of the limit of the key' : ''}`;
