/** Reads cloudflared's log: JSON or text lines, cut anywhere, several in a chunk (tunnel facts §2). Pure. */

export type CloudflaredEvent =
  | { type: 'url'; host: string }
  | { type: 'metrics'; port: number }
  | { type: 'registered'; location?: string; transport?: string }
  | { type: 'refused' }
  | { type: 'blocked' }
  | { type: 'lost' }
  | { type: 'originDown' };

export interface CloudflaredLog {
  /** Events of the lines that are complete now. */
  push(chunk: string): CloudflaredEvent[];
  /** The last lines that mean something to a person, without options and secrets; at most 10. */
  lastLines(): string[];
}

const MAX_LINE = 65_536;
const KEPT = 10;

export function createCloudflaredLog(): CloudflaredLog {
  let rest = '';
  let inBox = false;
  const kept: string[] = [];

  function read(line: string): CloudflaredEvent[] {
    const { message, fields } = parseLine(line);
    if (message === '') return [];
    keep(message, fields);
    const events = eventsOf(message, fields);
    // The address is announced inside a box drawn with + and |; the same host pattern elsewhere is the API in an error text.
    if (/^\+-+\+$/.test(message)) inBox = !inBox;
    const host = inBox && /^\|.*https:\/\/([a-z0-9-]+\.trycloudflare\.com)/.exec(message)?.[1];
    if (host && host !== 'api.trycloudflare.com') events.push({ type: 'url', host });
    return events;
  }

  function keep(message: string, fields: Record<string, string>): void {
    // The options include the path of our relay; the box and the thanks say nothing.
    if (/^(Settings: |Thank you|\+-|\|)/.test(message)) return;
    const text = fields.error ? `${message}: ${fields.error}` : message;
    kept.push(text.replace(/http:\/\/127\.0\.0\.1:\d+\/\S+/g, 'http://127.0.0.1/…').slice(0, 300));
    if (kept.length > KEPT) kept.shift();
  }

  return {
    push(chunk) {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(-MAX_LINE);
      return lines.flatMap((line) => read(line.trim()));
    },
    lastLines: () => [...kept],
  };
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
  const message = text.replace(/\s(\w+)=("(?:[^"\\]|\\.)*"|\S+)/g, (_, name: string, value: string) => {
    fields[name] = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
    return '';
  });
  return { message: message.trim(), fields };
}

function eventsOf(message: string, fields: Record<string, string>): CloudflaredEvent[] {
  const metrics = /^Starting metrics server on 127\.0\.0\.1:(\d+)/.exec(message);
  if (metrics) return [{ type: 'metrics', port: Number(metrics[1]) }];
  if (message.startsWith('Registered tunnel connection'))
    return [{ type: 'registered', location: fields.location, transport: fields.protocol }];
  if (/^Unauthorized: /.test(fields.error ?? '')) return [{ type: 'refused' }];
  if (fields.suggested_protocol === 'http2') return [{ type: 'blocked' }];
  if (
    /^(Lost connection with the edge|Connection terminated|failed to serve tunnel connection|Serve tunnel error)/i.test(
      message,
    )
  )
    return [{ type: 'lost' }];
  if (/Unable to reach the origin service/.test(`${message} ${fields.error ?? ''}`)) return [{ type: 'originDown' }];
  return [];
}
