/** Reads cloudflared's log: JSON or text lines, cut anywhere, several in a chunk (tunnel facts §2). Pure. */
import { createLineLog } from '../lineLog';
import type { ProgramEvent, ProgramLog } from '../program';

/** @param transport what it was started with: a pre-check that UDP is dropped means nothing to HTTP/2 */
export function createCloudflaredLog(transport: 'quic' | 'http2'): ProgramLog {
  return createLineLog((line, keep) => {
    const { message, fields } = parseLine(line);
    if (message === '' && !fields.error) return [];
    // The options include the path of our relay; the box and the thanks say nothing.
    if (!/^(Settings: |Thank you|\+-|\|)/.test(message)) {
      const text = [message, fields.error].filter(Boolean).join(': ');
      keep(text.replace(/http:\/\/127\.0\.0\.1:\d+\/\S+/g, 'http://127.0.0.1/…'));
    }
    return eventsOf(message, fields, transport);
  });
}

function parseLine(line: string): { message: string; fields: Record<string, string> } {
  if (line.startsWith('{')) {
    try {
      const { message, ...others } = JSON.parse(line) as Record<string, unknown>;
      const fields = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)]));
      return { message: String(message ?? ''), fields };
    } catch {
      // Not JSON after all: read as text.
    }
  }
  const text = line.replace(/^\d{4}-\d\d-\d\dT\S+\s+/, '').replace(/^(DBG|INF|WRN|ERR|FTL|PNC)\s+/, '');
  const fields: Record<string, string> = {};
  const message = text.replace(/(?:^|\s)(\w+)=("(?:[^"\\]|\\.)*"|\S+)/g, (_, name: string, value: string) => {
    fields[name] = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
    return '';
  });
  return { message: message.trim(), fields };
}

function eventsOf(message: string, fields: Record<string, string>, transport: 'quic' | 'http2'): ProgramEvent[] {
  const metrics = /^Starting metrics server on 127\.0\.0\.1:(\d+)/.exec(message);
  if (metrics) return [{ type: 'api', port: Number(metrics[1]) }];
  if (message.startsWith('Registered tunnel connection'))
    return [{ type: 'registered', location: fields.location, transport: fields.protocol ?? transport }];
  if (/^Unauthorized: /.test(fields.error ?? '')) return [{ type: 'refused' }];
  if (fields.suggested_protocol === 'http2') return transport === 'quic' ? [{ type: 'blocked' }] : [];
  if (
    /^(Lost connection with the edge|Connection terminated|failed to serve tunnel connection|Serve tunnel error)/i.test(
      message,
    )
  )
    return [{ type: 'lost' }];
  if (/Unable to reach the origin service/.test(`${message} ${fields.error ?? ''}`)) return [{ type: 'originDown' }];
  return [];
}
