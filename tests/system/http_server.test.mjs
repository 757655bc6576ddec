// The HTTP server alone (tests/http/http_echo.c), spoken to over raw sockets.
import assert from 'node:assert/strict';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import { launch, sleep, until } from './lib/child.mjs';
import { build } from './lib/run.mjs';
import { answers, assertHardened, closing, dial, exchange, get, one } from './lib/wire.mjs';

const sanitizers = { ASAN_OPTIONS: 'exitcode=99:detect_leaks=1', UBSAN_OPTIONS: 'halt_on_error=1:exitcode=99' };

// A running server; when the test is over it has to end well, with nothing leaked.
async function serve(t, ...options) {
  const program = launch(path.join(build, 'tests/http_echo'), options, { env: { ...process.env, ...sanitizers } });
  t.after(async () => {
    program.child.stdin.end();
    const { status } = await program.ended;
    assert.equal(status, 0, program.stderr);
  });
  program.port = Number((await program.says(/port=(\d+)/))[1]);
  return program;
}

const fields = (body) => Object.fromEntries(body.trim().split('\n').map((line) => line.split(/=(.*)/s)));

test('http server: a GET, its headers, and a HEAD that equals it but for the body', async (t) => {
  const server = await serve(t);
  const got = one(await exchange(t, server, closing('/small')));
  assert.equal(got.status, 200);
  assert.equal(got.body, 'small');
  assert.equal(got.headers.connection, 'close');
  assertHardened(got);
  const head = one(await exchange(t, server, closing('/small').replace('GET', 'HEAD')), 'HEAD');
  assert.deepEqual({ ...head.headers, date: 0 }, { ...got.headers, date: 0 });
  assert.equal(head.headers['content-length'], '5');
});

test('http server: headers of the handler replace the default ones, split ones are dropped', async (t) => {
  const { status, headers } = one(await exchange(t, await serve(t), closing('/own-headers')));
  assert.equal(status, 304);
  assert.equal(headers['cache-control'], 'max-age=60');
  assert.equal(headers['x-split'], undefined);
  assert.equal(headers['content-length'], undefined);
});

test('http server: one connection for many requests, also sent all at once', async (t) => {
  const server = await serve(t);
  const wire = await dial(t, server);
  for (let i = 1; i <= 3; i++) {
    await wire.send(get('/small'));
    await until(() => wire.text.split('small').length === i + 1);
  }
  const count = 200;
  const text = await exchange(t, server, get('/echo?a=%31').repeat(count) + closing('/held') + get('/never'));
  const list = answers(text);
  assert.equal(list.length, count + 1);
  list.slice(0, count).forEach(({ body }, i) => assert.equal(fields(body).handled, String(i + 4), 'in order'));
  assert.equal(list.at(-1).body, 'late');
  const { body } = one(await exchange(t, server, closing('/counts')));
  assert.match(body, /^exchanges=1 .*handled=205$/m, 'nothing was read after Connection: close');
});

// Legally framed, and more than any buffer holds: what is left out of a body or a row of requests would shift all
// that follows.
test('http server: 10,000 pipelined requests are 10,000 answers, and no body among them becomes a request', async (t) => {
  const server = await serve(t);
  const rows = answers(await exchange(t, server, get('/counts').repeat(9999) + closing('/counts'), { seconds: 120 }));
  assert.equal(rows.length, 10000);
  rows.forEach(({ body }, i) => assert.match(body, new RegExp(`handled=${i + 1}\\n`)));

  const orders = get('/order').repeat(1500).slice(0, 60000);
  const post = `POST /post?b=2 HTTP/1.1\r\nHost: x\r\nContent-Length: ${orders.length}\r\n\r\n${orders}`;
  const mixed = answers(await exchange(t, server, get('/small').repeat(20000) + post + closing('/counts'), { seconds: 120 }));
  assert.equal(mixed.length, 20002);
  assert.ok(mixed.slice(0, 20000).every(({ body }) => body === 'small'));
  assert.equal(fields(mixed[20000].body).path, '/post');
  assert.match(mixed[20001].body, /handled=30002\n/, 'nothing but what was asked');
});

test('http server: a client that closes its side still gets the answers it asked for', async (t) => {
  const server = await serve(t);
  for (const requests of [get('/small'), get('/small') + get('/echo') + get('/big?size=300000')]) {
    const wire = await dial(t, server);
    wire.socket.end(requests);
    await wire.ends();
    assert.equal(answers(wire.text).length, requests.split('GET').length - 1);
  }
});

test('http server: byte by byte, and with an empty line before the request', async (t) => {
  const server = await serve(t);
  const wire = await dial(t, server);
  for (const byte of `\r\n\r\n${closing('/echo?a=slow')}`) {
    await wire.send(byte);
    await sleep(1);
  }
  await wire.ends();
  assert.equal(fields(one(wire.text).body).a, 'slow');
});

test('http server: HTTP/1.0', async (t) => {
  const server = await serve(t);
  const closed = one(await exchange(t, server, 'GET /small HTTP/1.0\r\n\r\n'));
  assert.match(closed.line, /^HTTP\/1\.0 200/);
  assert.equal(closed.headers.connection, 'close');
  assertHardened(closed);
  const wire = await dial(t, server);
  for (let i = 1; i <= 2; i++) {
    await wire.send('GET /small HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n');
    await until(() => wire.text.split('small').length === i + 1);
  }
  assert.deepEqual(answers(wire.text).map(({ headers }) => headers.connection), ['keep-alive', 'keep-alive']);
  const stream = one(await exchange(t, server, 'GET /stream?pieces=5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'));
  assert.equal(stream.headers['transfer-encoding'], undefined);
  assert.equal(stream.headers['content-length'], undefined);
  assert.equal(stream.headers.connection, 'close');
  assert.equal(stream.body, 'x'.repeat(20));
});

test('http server: absolute targets and doubled slashes', async (t) => {
  const server = await serve(t);
  for (const [target, wanted] of [['http://x/a%20b?a=1', '/a b'], ['HTTPS://X?a=1', '/'], ['http://x', '/'], ['//y/z', '/y/z'], ['/%2F%2f?a=1', '///']]) {
    const wire = await dial(t, server);
    await wire.send(get(target));
    await wire.gets(/https=no\n$/);
    const { status, body } = one(wire.text);
    assert.equal(status, 200);
    assert.equal(fields(body).path, wanted);
    assert.equal(fields(body).a, target.includes('?') ? '1' : '(none)');
    await wire.send(get('/small'));
    await wire.gets(/small$/, { what: 'keep-alive' });
  }
  assert.equal(one(await exchange(t, server, get('http://other/'))).status, 400);
});

test('http server: bodies by length and in chunks, Expect', async (t) => {
  const server = await serve(t);
  const form = 'Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n';
  const byLength = await exchange(t, server, `POST /f HTTP/1.1\r\nHost: x\r\n${form}Content-Length: 9\r\n\r\na=1&b=%32`);
  assert.equal(fields(one(byLength).body).method, 'POST');
  assert.equal(fields(one(byLength).body).b, '2');
  const inChunks = await exchange(t, server, `POST /f HTTP/1.1\r\nHost: x\r\n${form}Transfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n06\r\n&b=%32\r\n0\r\n\r\n`);
  assert.equal(fields(one(inChunks).body).b, '2');

  for (const length of ['Content-Length: 3', 'Transfer-Encoding: chunked']) {
    const wire = await dial(t, server);
    for (let i = 0; i < 2; i++) { // the second on the same connection
      wire.text = '';
      await wire.send(`POST /f HTTP/1.1\r\nHost: x\r\n${form.split('\r\n')[0]}\r\nExpect: 100-continue\r\n${length}\r\n\r\n`);
      await wire.gets(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
      await wire.send(length.startsWith('C') ? 'a=9' : '3\r\na=9\r\n0\r\n\r\n');
      await wire.gets(/a=9\n[^]*https=/);
      assert.equal(answers(wire.text.slice(25)).length, 1);
    }
  }
  const refused = one(await exchange(t, server, get('/', 'Expect: magic')));
  assert.equal(refused.status, 417);
  const tooLarge = await exchange(t, server, 'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n');
  assert.equal(one(tooLarge).status, 413, 'no 100 for what is refused anyhow');
});

test('http server: parameters, first one wins, query before form; cookies', async (t) => {
  const server = await serve(t);
  const post = (target, type, body) => exchange(t, server, `POST ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const form = 'application/x-www-form-urlencoded';
  assert.equal(fields(one(await post('/?a=q&a=r', form, 'a=f&b=1+%2B')).body).a, 'q');
  assert.equal(fields(one(await post('/', `${form}; charset=UTF-8`, 'a=f&a=g&b=1+%2B')).body).a, 'f');
  assert.equal(fields(one(await post('/', form, 'b=1+%2B')).body).b, '1 +');
  assert.equal(fields(one(await post('/', 'text/plain', 'a=f')).body).a, '(none)');
  assert.equal(fields(one(await post('/', `${form}x`, 'a=f')).body).a, '(none)');
  assert.equal(one(await post('/', form, 'a=%00')).status, 400);
  assert.equal(one(await post('/', form, 'a=%x')).status, 400);
  assert.equal(one(await exchange(t, server, closing(`/?${'a=1&'.repeat(80)}`))).status, 400);
  const cookies = fields(one(await exchange(t, server, closing('/', 'Cookie: a=b; session=s1; session=s2', 'X-Test:\t tab'))).body);
  assert.equal(cookies.cookie, 's1');
  assert.equal(cookies.header, 'tab');
});

test('http server: the client is the peer, or what a trusted proxy says last', async (t) => {
  const headers = ['X-Forwarded-For: 192.0.2.1, 192.0.2.2', 'X-Forwarded-For: 192.0.2.3,192.0.2.4', 'X-Forwarded-Proto: https'];
  const direct = fields(one(await exchange(t, await serve(t), closing('/', ...headers))).body);
  assert.equal(direct.client, '127.0.0.1');
  assert.equal(direct.https, 'no');
  const proxied = await serve(t, 'proxy=1');
  const behind = fields(one(await exchange(t, proxied, closing('/', ...headers))).body);
  assert.equal(behind.client, '192.0.2.4');
  assert.equal(behind.https, 'yes');
  const forged = fields(one(await exchange(t, proxied, closing('/', 'X-Forwarded-For: 192.0.2.1, nonsense', 'X-Forwarded-Proto: https, http'))).body);
  assert.equal(forged.client, '127.0.0.1');
  assert.equal(forged.https, 'no');
});

test('http server: IPv4 and IPv6 on one port; a given address alone', async (t) => {
  const server = await serve(t);
  for (const [host, client] of [['127.0.0.1', '127.0.0.1'], ['::1', '::1']]) {
    const wire = await dial(t, server, host);
    await wire.send(closing('/'));
    await wire.ends();
    assert.equal(fields(one(wire.text).body).client, client);
  }
  const loopback = await serve(t, 'host=127.0.0.1');
  await assert.rejects(dial(t, loopback, '::1'), /ECONNREFUSED/);
  const second = launch(path.join(build, 'tests/http_echo'), [`port=${server.port}`], { env: { ...process.env, ...sanitizers } });
  assert.equal((await second.ended).status, 1);
  assert.match(second.stderr, /Cannot listen on port \d+: Address already in use\. Stop the program that uses it, or set PORT/);
});

// What two readers might take for different things. The units (http_guard_test.c) hold many more; here: the answer
// is ours, the connection closes, and nothing behind is served.
const smuggled = get('/smuggled');
const bad = {
  'two lengths': `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  'a length with a sign': 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello',
  'length and chunks': `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  'another coding': 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
  'a blank before the colon': `GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n${smuggled}`,
  'a folded line': get('/', 'A: b\r\n  Content-Length: 5'),
  'no host': 'GET / HTTP/1.1\r\n\r\n',
  'two hosts': get('/', 'Host: y'),
  'a body on GET': `GET / HTTP/1.1\r\nHost: x\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  'a body on HEAD': `HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  'a NUL in a header': get('/', 'A: b\0c'),
  'a bare line feed': `GET / HTTP/1.1\nHost: x\n\n${smuggled}`,
  'a bare carriage return': get('/', 'A: b\rContent-Length: 5'),
  'a NUL in the path': get('/a%00b'),
  'a bad encoding': get('/a%2'),
  'a line without colon': get('/', 'nonsense'),
  'two blanks in the line': 'GET  / HTTP/1.1\r\nHost: x\r\n\r\n',
  'HTTP/0.9': 'GET /\r\n',
  'a trailer': 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: y\r\n\r\n',
  'a signed chunk size': `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n+0\r\n\r\n${smuggled}`,
  'a chunk extension': 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n0\r\n\r\n',
};
test('http server: what is ambiguous is refused and ends the connection', async (t) => {
  const server = await serve(t);
  for (const [name, request] of Object.entries(bad)) {
    for (const before of ['', get('/small')]) {
      const list = answers(await exchange(t, server, before + request + smuggled), [before ? 'GET' : request.split(' ')[0], request.split(' ')[0]]);
      assert.equal(list.length, before ? 2 : 1, name);
      assert.equal(list.at(-1).status, 400, name);
      assert.equal(list.at(-1).headers.connection, 'close', name);
      assertHardened(list.at(-1));
    }
  }
  assert.equal(one(await exchange(t, server, 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n')).status, 501);
  assert.equal(one(await exchange(t, server, 'GET / HTTP/3.0\r\nHost: x\r\n\r\n')).status, 505);
  assert.doesNotMatch(server.stderr, /smuggled/);
  const { body } = one(await exchange(t, server, closing('/counts')));
  assert.match(body, new RegExp(`handled=${Object.keys(bad).length + 1}$`, 'm'));
});

test('http server: limits are answered although the client sends on', async (t) => {
  const server = await serve(t);
  const head = one(await exchange(t, server, get('/', `A: ${'a'.repeat(40000)}`)));
  assert.equal(head.status, 431);
  assert.match(head.line, /431 Request Header Fields Too Large$/);
  assertHardened(head);
  assert.equal(one(await exchange(t, server, get('/', ...Array(101).fill('A: b')))).status, 431);
  for (const [framing, body] of [['Content-Length: 3000000', 'b'.repeat(3000000)], ['Transfer-Encoding: chunked', `2dc6c0\r\n${'b'.repeat(3000000)}\r\n0\r\n\r\n`]]) {
    const wire = await dial(t, server);
    await Promise.race([wire.send(`POST / HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n${body}`), wire.ends()]);
    await wire.gets(/too large\.\n$/);
    const answer = one(wire.text);
    assert.equal(answer.status, 413);
    assertHardened(answer);
  }
  const most = 'b'.repeat(65536);
  assert.equal(one(await exchange(t, server, `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 65536\r\n\r\n${most}`)).status, 200);
});

test('http server: slow senders and idlers are dropped in bounded time', async (t) => {
  const server = await serve(t, 'request_milliseconds=400', 'idle_milliseconds=700');
  const drip = async (wire, first) => {
    await wire.send(first);
    const timer = setInterval(() => wire.socket.write('a'), 50);
    const from = Date.now();
    await wire.ends().finally(() => clearInterval(timer));
    return Date.now() - from;
  };
  for (const first of ['GET / HTTP/1.1\r\nA: ', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n']) {
    const wire = await dial(t, server);
    const took = await drip(wire, first);
    assert.ok(took >= 300 && took < 1500, `${took} ms`);
    assert.equal(one(wire.text).status, 408);
  }
  const silent = await dial(t, server);
  const from = Date.now();
  await silent.ends();
  assert.equal(silent.text, '');
  assert.ok(Date.now() - from < 1500);

  const idle = await dial(t, server);
  await idle.send(get('/small'));
  await idle.gets(/small$/);
  await sleep(500); // over the request's time, within the idle time
  await idle.send(get('/small'));
  await idle.gets(/small.*small$/s);
  const since = Date.now();
  await idle.ends();
  assert.ok(Date.now() - since > 400 && Date.now() - since < 1800);

  const lines = await dial(t, server);
  const endless = setInterval(() => lines.socket.write('\r\n'), 50);
  await lines.ends().finally(() => clearInterval(endless));
  const held = await dial(t, server);
  await held.send(get('/held?ms=1500'));
  await held.gets(/late$/, { what: 'a slow answer: the deadline is for requests' });
});

test('http server: a client that does not read is dropped, others are served meanwhile', async (t) => {
  const server = await serve(t, 'write_milliseconds=400');
  const wire = await dial(t, server);
  wire.socket.pause();
  await wire.send(get('/big?size=50000000'));
  const stream = await dial(t, server);
  stream.socket.pause();
  await stream.send(get('/stream?pieces=100000&size=100000&ms=1'));
  await server.says(/^gone$/m, { seconds: 15 });
  assert.equal(one(await exchange(t, server, closing('/small'))).body, 'small');
  await until(async () => /connections=1 /.test(await exchange(t, server, closing('/counts'))), { what: 'all others gone' });
});

test('http server: streams, whole and pipelined; HEAD ends after its headers', async (t) => {
  const server = await serve(t);
  const list = answers(await exchange(t, server, get('/stream?pieces=4&size=9') + get('/stream').replace('GET', 'HEAD') + closing('/small')), ['GET', 'HEAD']);
  assert.equal(list[0].body, 'x'.repeat(36));
  assert.equal(list[0].headers['transfer-encoding'], 'chunked');
  assertHardened(list[0]);
  assert.equal(list[2].body, 'small');
});

test('http server: a vanished client is noticed while held and mid-stream, by close, by reset and with bytes pending', async (t) => {
  const server = await serve(t);
  const gone = () => server.stdout.split('gone').length - 1;
  let expected = 0;
  for (const target of ['/held?ms=20000', '/stream?pieces=100000&ms=30', '/stream?pieces=2&ms=20000']) {
    for (const leave of ['destroy', 'resetAndDestroy']) {
      for (const pending of ['', get('/small')]) {
        const wire = await dial(t, server);
        await wire.send(get(target) + pending);
        await until(async () => /exchanges=2 /.test(await exchange(t, server, closing('/counts'))));
        wire.socket[leave]();
        expected++;
        await until(() => gone() === expected, { seconds: 5, what: `${target} ${leave} noticed` });
      }
    }
  }
  // Nobody asked to be told: the late answer goes nowhere, and does no harm.
  const wire = await dial(t, server);
  await wire.send(get('/unasked'));
  await sleep(50);
  wire.socket.resetAndDestroy();
  await until(async () => /exchanges=1 /.test(await exchange(t, server, closing('/counts'))));
  assert.equal(gone(), expected);
});

test('http server: freed while exchanges are held and streams run', async (t) => {
  const server = await serve(t);
  const wires = [];
  for (const target of ['/held?ms=20000', '/stream?pieces=100000&ms=1', '/stream?pieces=9&ms=20000', '/small', '/quit']) {
    wires.push(await dial(t, server));
    if (target !== '/quit') wires.push(await dial(t, server)); // one that never says a word
    await wires.at(-1).send(get(target));
    await sleep(30);
  }
  assert.equal((await server.ended).status, 0, server.stderr);
  assert.equal(server.stdout.split('gone').length - 1, 3);
});

test('http server: draining', async (t) => {
  const server = await serve(t);
  const idle = await dial(t, server);
  await idle.send(get('/small'));
  await idle.gets(/small$/);
  const held = await dial(t, server);
  await held.send(get('/held?ms=300'));
  const last = await dial(t, server);
  await last.send(get('/drain'));
  await Promise.all([idle.ends(), last.ends()]);
  assert.equal(one(last.text).body, 'draining');
  await assert.rejects(dial(t, server), /ECONNREFUSED/);
  await held.ends();
  assert.equal(one(held.text).body, 'late');
  assert.equal(one(held.text).headers.connection, 'close');
});

// From a client of its own, so that only the sum counts.
const client = (i) => `X-Forwarded-For: 192.0.2.${i}`;
test('http server: no more connections than allowed: the one without progress for longest makes room, held ones do not', async (t) => {
  const server = await serve(t, 'maximum_connections=8', 'proxy=1');
  const patient = [];
  for (let i = 0; i < 8; i++) {
    patient.push(await dial(t, server));
    await patient[i].send(i % 2 ? get('/small', client(i)) : 'GET /small HT');
    if (i % 2) await patient[i].gets(/small$/);
    else await sleep(30);
  }
  for (let i = 0; i < 8; i++) {
    const held = await dial(t, server);
    await held.send(get('/held?ms=20000', client(10 + i)));
    await patient[i].ends();
    assert.equal(patient.filter(({ ended }) => ended).length, i + 1, 'the oldest first');
  }
  assert.match(one(await exchange(t, server, closing('/counts', client(30)))).body, /^exchanges=9 connections=9 /, 'who asks at once is answered');
});

test('http server: one network holds no more than half; which one is known behind a proxy as well', async (t) => {
  for (const proxy of [0, 1]) {
    const server = await serve(t, 'maximum_connections=8', `proxy=${proxy}`);
    const connect = async (network) => {
      const wire = await dial(t, server, '127.0.0.1', proxy ? undefined : `127.0.0.${network}`);
      await wire.send(get('/small', `X-Forwarded-For: 127.0.0.${network}`));
      await wire.gets(/small$/);
      return wire;
    };
    const [quiet, crowd] = [[], []];
    for (let i = 0; i < 3; i++) quiet.push(await connect(2));
    for (let i = 0; i < 9; i++) crowd.push(await connect(3));
    await until(() => crowd.slice(0, 5).every(({ ended }) => ended), { what: 'its own oldest gone' });
    assert.ok([...quiet, ...crowd.slice(5)].every(({ ended }) => !ended));
  }
});

test('http server: however many ask slowly, idle or do not read, who asks is answered', async (t) => {
  const server = await serve(t, 'maximum_connections=200');
  const kinds = ['GET / HTTP/1.1\r\nA: ', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nb', '', get('/small'), get('/big?size=3000000'), '\r\n'];
  const crowd = [];
  for (let i = 0; i < 600; i++) {
    const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
    socket.pause();
    socket.write(kinds[i % kinds.length]);
    crowd.push(socket);
    if (i % 50 === 49) assert.equal(one(await exchange(t, server, closing('/small'))).body, 'small');
  }
  const { body } = one(await exchange(t, server, closing('/counts')));
  assert.ok(Number(/connections=(\d+)/.exec(body)[1]) <= 201, body);
  crowd.forEach((socket) => socket.destroy());
});

const cpuTicks = async (pid) => {
  const { readFile } = await import('node:fs/promises');
  const parts = (await readFile(`/proc/${pid}/stat`, 'latin1')).split(') ')[1].split(' ');
  return Number(parts[11]) + Number(parts[12]);
};

test('http server: out of descriptors those without progress make room; without any accepting pauses; nothing spins', async (t) => {
  const served = async (server) => {
    const wire = await dial(t, server);
    await wire.send(closing('/small'));
    await wire.ends({ seconds: 15 });
    return one(wire.text).body === 'small';
  };
  const server = await serve(t, 'descriptors=24', 'maximum_connections=100');
  const wires = [];
  for (let i = 0; i < 40; i++) wires.push(await dial(t, server));
  assert.ok(await served(server), 'at once, although all 40 are still there');
  await server.says(/event=accept_failed/);

  const busy = await serve(t, 'descriptors=24', 'maximum_connections=100');
  const held = [];
  for (let i = 0; i < 40; i++) {
    held.push(await dial(t, busy));
    await held[i].send(get('/held?ms=60000'));
  }
  await busy.says(/event=accept_failed/);
  const before = await cpuTicks(busy.pid);
  await sleep(1500);
  assert.ok(await cpuTicks(busy.pid) - before < 30, 'under 0.3 s of CPU in 1.5 s');
  held.forEach(({ socket }) => socket.destroy());
  assert.ok(await served(busy));
  assert.ok(busy.stderr.split('accept_failed').length < 4, 'not a line for each try');
});

test('http server: a storm of clients that stop, leave and misbehave at any point', async (t) => {
  const server = await serve(t, 'request_milliseconds=300', 'idle_milliseconds=300', 'write_milliseconds=300', 'maximum_connections=60');
  let seed = 1;
  const random = (limit) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % limit;
  };
  const requests = [
    get('/small'), get('/held?ms=30'), get('/stream?pieces=20&ms=2&size=20000'), 'GET /stream?ms=3 HTTP/1.0\r\n\r\n',
    'POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n', get('/big?size=3000000'),
    'BAD\r\n\r\n', closing('/stream').replace('GET', 'HEAD'), get('/unasked'), '\r\n\r\n',
    'POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\na=1',
  ];
  async function misbehave() {
    const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
    const closed = new Promise((resolve) => { socket.on('close', resolve); });
    if (random(4)) socket.resume(); // else it reads nothing
    for (let i = random(5); i >= 0 && !socket.destroyed; i--) {
      const bytes = requests[random(requests.length)].repeat(1 + random(3));
      socket.write(random(4) ? bytes : bytes.slice(0, random(bytes.length)));
      if (!random(3)) await sleep(random(60));
    }
    const leave = ['resetAndDestroy', 'end', 'destroy', 'resume'][random(4)];
    if (!socket.destroyed) socket[leave]();
    const late = setTimeout(() => socket.destroy(), 400);
    await closed;
    clearTimeout(late);
  }
  let left = 1000;
  await Promise.all(Array.from({ length: 80 }, async () => { while (left-- > 0) await misbehave(); }));
  await until(async () => /^exchanges=1 connections=1 /.test(one(await exchange(t, server, closing('/counts'))).body), { what: 'nothing left of them' });
});

test('http server: the log has a line per request, no query, no more of a path than 200 bytes', async (t) => {
  const server = await serve(t);
  await exchange(t, server, closing('/small?secret=hunter2'));
  await exchange(t, server, closing('/a%20b%0a%22?secret=hunter2'));
  await exchange(t, server, closing(`/${'p'.repeat(3000)}`));
  await exchange(t, server, get('/x%', 'A: hunter2'));
  await until(() => server.stderr.split('\n').length >= 5);
  const lines = server.stderr.trim().split('\n');
  assert.equal(lines.length, 4);
  assert.match(lines[0], /level=info module=http method=GET path=\/small status=200 ms=\d+ bytes=5$/);
  assert.match(lines[1], /path="\/a b\\n\\"" status=200/);
  assert.match(lines[2], /path=\/p{199} status=200/);
  assert.match(lines[3], /status=400 ms=\d+ bytes=\d+ end=refused$/);
  assert.doesNotMatch(server.stderr, /hunter2|secret/);
});
