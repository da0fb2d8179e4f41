/** A provider's account without credit: said in plain words, with the page where it is topped up. */

import type { Backend, Target } from '../routing/backend';
import { presetOf } from '../routing/presets';
import type { ApiFailure, Conversation } from '../wires/conversation';

/**
 * Output tokens the account could still pay for, where the provider says so ("… can only afford 1234"): the request may be tried once
 * more with that limit.
 */
export function affordableTokens(failure: ApiFailure): number | undefined {
  const said = failure.kind === 'quota' ? /can only afford ([\d,]{1,12})/i.exec(failure.message)?.[1] : undefined;
  const tokens = said === undefined ? 0 : Number(said.replaceAll(',', ''));
  return tokens > 0 ? tokens : undefined;
}

/**
 * The failure with one more sentence that says what to do, when the provider's account is exhausted (kind `quota`); any other failure, and
 * a budget of our own, unchanged. Status, type and code stay the provider's.
 */
export function explainQuota(failure: ApiFailure, { backend }: Pick<Target, 'backend'>, credit?: string): ApiFailure {
  if (failure.kind !== 'quota' || failure.own) return failure;
  const preset = presetOf(backend.preset);
  const said = failure.message.trim().replace(/[^.!?]$/, '$&.');
  const page = preset?.billingUrl;
  const topUp =
    page === undefined ? 'Top it up at the provider' : said.includes(page) ? 'Top it up there' : `Top it up at ${page}`;
  const reserve =
    affordableTokens(failure) === undefined
      ? ''
      : ' This provider sets credit aside for the whole output limit: a lower max_tokens costs less up front.';
  return {
    ...failure,
    message: `${said} The account at ${preset?.title ?? backend.name} has no credit left for this request${credit ? ` (${credit})` : ''}. ${topUp}, or choose another model.${reserve}`,
  };
}

/** The request with an output limit, where the provider sets credit aside for the largest answer unless one is given. */
export function withReserveLimit(conversation: Conversation, backend: Pick<Backend, 'quirks'>): Conversation {
  const limit = backend.quirks.reserveTokens;
  return limit === undefined || conversation.maxOutputTokens !== undefined
    ? conversation
    : { ...conversation, maxOutputTokens: limit };
}
