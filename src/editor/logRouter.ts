/** What happens with the router, told in this window's log: connection, tunnel, each request. Never bodies, never keys. */
import type { Disposable } from 'vscode';
import type { RequestRecord } from '../ledger/record';
import type { Editor } from './controller';

export function logRouter(editor: Editor): Disposable {
  const { log, router } = editor;
  let tunnel = '';
  const removers = [
    router.onClientState((state) => {
      if (state.name === 'connected') log.info(`Connected to router ${state.version}, process ${state.pid}`);
      else if (state.name === 'failed') log.error(`${state.message} The router's own log: ${state.logFile}`);
      else if (state.name === 'waiting' || state.name === 'incompatible') log.warn(state.message);
      else log.debug(`Router: ${state.name}`);
    }),
    router.onState((state) => {
      if (!state) return;
      const now = `Router ${state.phase}, tunnel ${state.tunnel.state}${state.publicUrl ? ` at ${state.publicUrl}` : ''}${state.tunnel.message ? `: ${state.tunnel.message}` : ''}`;
      if (now !== tunnel) log.info(now);
      tunnel = now;
    }),
    router.onRequest((record) => (record.error ? log.warn(requestLine(record)) : log.info(requestLine(record)))),
  ];
  return { dispose: () => removers.forEach((remove) => void remove()) };
}

function requestLine(record: RequestRecord): string {
  const target = record.upstreamModel ? ` → ${record.backend}: ${record.upstreamModel}` : '';
  return `${record.id} ${record.route} ${record.askedModel}${target}, ${record.status} in ${Math.round(record.ms)} ms${record.error ? `: ${record.error}` : ''}`;
}
