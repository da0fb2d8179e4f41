/** Ports that no other test takes by chance: below the range from which systems give away `port: 0` and outgoing connections. */
import { createServer } from 'node:net';

/** A port of this machine that is free now and will not be given to anybody who does not ask for it. */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
