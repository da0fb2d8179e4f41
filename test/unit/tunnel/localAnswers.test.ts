import assert from 'node:assert/strict';
import net, { type AddressInfo, type Socket } from 'node:net';
import { localJson } from '../../../src/tunnel/program';

const HEAD = 'HTTP/1.1 200 OK\r\n\r\n';
const LONG = 'x'.repeat(300_000);

/** What somebody on the port of a tunnel program may answer. */
const ANSWERS: Record<string, (socket: Socket) => void> = {
  'switches to another protocol': (socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n'),
  'drips without an end': (socket) => {
    socket.write(HEAD);
    const drip = setInterval(() => socket.write(' '), 200);
    socket.on('close', () => clearInterval(drip));
  },
  'takes the connection and is silent': () => {},
  'sends more than anybody reads': (socket) => socket.write(HEAD + JSON.stringify(LONG)),
  'is no JSON': (socket) => socket.end(`${HEAD}ready`),
  'breaks off': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}'),
};

describe('whoever answers where a tunnel program listened', () => {
  let server: net.Server | undefined;
  const sockets: Socket[] = [];
  afterEach(() => {
    server?.close();
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  const answering = async (answer: (socket: Socket) => void): Promise<number> => {
    server = net.createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };

  for (const [how, answer] of Object.entries(ANSWERS)) {
    it(`and ${how} has said nothing, and nobody waits for it`, async () =>
      assert.equal(await localJson(await answering(answer), '/ready'), undefined));
  }
  it('and says JSON is believed, whatever its status', async () => {
    const port = await answering((socket) => socket.end('HTTP/1.1 503 Not Ready\r\n\r\n{"readyConnections":0}'));
    assert.deepEqual(await localJson(port, '/ready'), { readyConnections: 0 });
  });
});
