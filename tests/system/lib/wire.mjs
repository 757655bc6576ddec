// HTTP as bytes on a socket: what a client that keeps to no rule may send, and exactly what comes back.
import assert from 'node:assert/strict';
import net from 'node:net';
import { until } from './child.mjs';

// A raw connection. text gathers what came, ended becomes true with the server's end.
export async function dial(t, program, host = '127.0.0.1', localAddress = undefined) {
  const socket = net.connect({ port: program.port, host, localAddress, allowHalfOpen: true });
  const wire = { socket, text: '', ended: false, error: null };
  socket.setNoDelay().setEncoding('latin1');
  socket.on('data', (data) => { wire.text += data; });
  socket.on('end', () => { wire.ended = true; });
  socket.on('error', (error) => { wire.error = error; wire.ended = true; });
  t.after(() => socket.destroy());
  await new Promise((resolve, reject) => { socket.once('connect', resolve); socket.once('error', reject); });
  wire.send = (data) => new Promise((resolve) => { socket.write(Buffer.from(data, 'latin1'), resolve); });
  wire.gets = (pattern, options) => until(() => pattern.exec(wire.text), { every: 5, seconds: 5, what: `${pattern} in ${JSON.stringify(wire.text.slice(-300))}`, ...options });
  wire.ends = (options) => until(() => wire.ended, { every: 5, seconds: 5, what: 'the end of the connection', ...options });
  return wire;
}

// Sends everything at once and takes all that comes until the server closes.
export async function exchange(t, program, data, { seconds = 5 } = {}) {
  const wire = await dial(t, program);
  await wire.send(data);
  await wire.ends({ seconds });
  assert.equal(wire.error, null);
  wire.socket.destroy();
  return wire.text;
}

// The answers that text holds one after another: [{status, headers, body}].
export function answers(text, methods = []) {
  const list = [];
  while (text) {
    const end = text.indexOf('\r\n\r\n');
    assert.ok(end > 0, `no head in ${JSON.stringify(text.slice(0, 300))}`);
    const [line, ...lines] = text.slice(0, end).split('\r\n');
    const headers = {};
    for (const header of lines) {
      const [, name, value] = /^([^:\s]+): (.*)$/.exec(header);
      assert.ok(!(name.toLowerCase() in headers), `${name} twice`);
      headers[name.toLowerCase()] = value;
    }
    const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(line)[1]);
    text = text.slice(end + 4);
    let body = '';
    if (methods[list.length] === 'HEAD' || status === 304) {
      // nothing
    } else if (headers['transfer-encoding']) {
      for (;;) {
        const [head, size] = /^([0-9a-f]+)\r\n/.exec(text);
        body += text.slice(head.length, head.length + parseInt(size, 16));
        text = text.slice(head.length + parseInt(size, 16) + 2);
        if (size === '0') break;
      }
    } else {
      const length = headers['content-length'] === undefined ? text.length : Number(headers['content-length']);
      body = text.slice(0, length);
      assert.equal(body.length, length, 'the body is as long as its Content-Length');
      text = text.slice(length);
    }
    list.push({ status, headers, body, line });
  }
  return list;
}

export const one = (text, method) => {
  const list = answers(text, [method]);
  assert.equal(list.length, 1, text);
  return list[0];
};
export const get = (target, ...headers) => `GET ${target} HTTP/1.1\r\nHost: x\r\n${headers.map((h) => `${h}\r\n`).join('')}\r\n`;
export const closing = (target, ...headers) => get(target, 'Connection: close', ...headers);

// What stands on every answer of ours; a page's own Content-Security-Policy may allow it more.
export function assertSecure({ headers }) {
  assert.match(headers['content-security-policy'], /default-src 'none'/);
  assert.match(headers['content-security-policy'], /frame-ancestors 'none'/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['x-frame-options'], 'DENY');
  assert.equal(headers['referrer-policy'], 'same-origin');
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
  assert.ok(headers['permissions-policy'] && headers['cache-control'] && Date.parse(headers.date));
  assert.equal(headers.server, undefined);
}

export function assertHardened(answer) {
  assertSecure(answer);
  assert.equal(answer.headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
}
