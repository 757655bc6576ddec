// What stands before a Nightscout: a server of the test's own.
import { once } from 'node:events';
import http from 'node:http';

// An HTTP server of the test's own: {port, seen}.
export async function listen(t, handler) {
  const seen = [];
  const server = http.createServer((request, response) => {
    seen.push(request.url);
    handler(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => { server.closeAllConnections(); server.close(); });
  return { port: server.address().port, seen };
}

// Hands a request on to the simulated Nightscout below this path.
export function handOn(simulator, prefix, request, response) {
  const target = new URL(request.url.slice(prefix.length), simulator.env.NS_URL);
  const onward = http.request(target, { method: request.method, headers: { ...request.headers, host: target.host } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  request.pipe(onward);
}
