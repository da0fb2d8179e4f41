import http from 'node:http';

/** Passes a request on to a local server, as a public side that has found its tunnel does. */
export function forward(
  target: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  onDown: () => void,
): void {
  const { hostname, port } = new URL(target);
  const outgoing = http.request(
    { host: hostname, port, path: request.url, method: request.method, headers: request.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on('error', () => (response.headersSent ? response.destroy() : onDown()));
  response.on('close', () => outgoing.destroy());
  request.pipe(outgoing);
}
