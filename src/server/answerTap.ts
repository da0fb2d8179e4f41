/** Body logging for debugging: what goes out to the client, seen on its way. */
import type { ServerResponse } from 'node:http';

interface Gathering {
  take(piece: string | Buffer): void;
  end(): void;
}

/** From now on every piece written to the response is gathered, until it closes. Nothing is touched while logging is off. */
export function tapAnswer(response: ServerResponse, gathering: Gathering | undefined): void {
  if (!gathering) return;
  for (const name of ['write', 'end'] as const) {
    const original = response[name].bind(response) as (...args: unknown[]) => never;
    response[name] = (...args: unknown[]) => {
      if (typeof args[0] === 'string' || Buffer.isBuffer(args[0])) gathering.take(args[0]);
      return original(...args);
    };
  }
  response.once('close', () => gathering.end());
}
