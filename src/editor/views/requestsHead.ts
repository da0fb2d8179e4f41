/** What stands above the requests: the worst trouble and what to do in words, and a row for each way to mend it. Pure. */
import { type Mending, withAdvice } from '../../troubles/table';
import { downloadHelps } from '../../tunnel/tunnel';
import { troublesHere } from '../troubles';
import type { View } from '../view';

export interface RequestsHead {
  message: string;
  mendings: readonly Mending[];
}

/** `empty`: there is no request to show. */
export function requestsHead(view: View, empty: boolean): RequestsHead {
  const worst = troublesHere(view).find(({ short }) => short);
  // A view without rows and message asks about the download itself, with buttons: a message would hide them.
  const asks = empty && worst?.kind === 'noTunnelProgram' && asksForProgram(view);
  return worst && !asks
    ? { message: breakable(withAdvice(worst)), mendings: worst.actions }
    : { message: '', mendings: [] };
}

/** The question whether cloudflared may be downloaded is open, wherever it can be answered. */
export const asksForProgram = ({ state }: View): boolean => state !== undefined && downloadHelps(state.tunnel);

/** A message of a view is cut at its edge where a path has no place to break. */
function breakable(text: string): string {
  return text.replace(/\S{25,}/g, (word) => word.replace(/[\\/._-](?=.)/g, '$&\u200b'));
}
