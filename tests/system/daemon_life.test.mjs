// The real server from its first line to its last: settings, log, descriptors, signals, and whom it tells.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { freePort, launch, sleep, until } from './lib/child.mjs';
import { SECRET, label, own, serve, startServer } from './lib/daemon.mjs';
import { ahead } from './lib/date.mjs';
import { suffixed } from './lib/family.mjs';
import { ask } from './lib/fetch.mjs';
import { begin, folder, program, run } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';
import { answers, dial } from './lib/wire.mjs';

const PLACEHOLDERS = {
  TCONNECT_EMAIL: 'email@email.com', TCONNECT_PASSWORD: 'password', NS_URL: 'https://yournightscouturl/', NS_SECRET: 'apisecret', TIMEZONE_NAME: 'Mars/Olympus',
  TCONNECTSYNC_HEROKU_FEATURES: 'BASAL,NOPE-31', TCONNECTSYNC_HEROKU_INTERVAL_MINS: 'soon-31',
};

test('unusable settings: the commands exit 2 with all of it at once, by name and never by value; the server runs and says so', async (t) => {
  const home = folder(t);
  const env = { ...PLACEHOLDERS, TCONNECT_REGION: 'MARS-31' };
  for (const words of [['sync'], ['check']]) {
    const { status, stdout, stderr } = await run(words, { env, home });
    assert.equal(status, 2);
    for (const name of Object.keys(env)) assert.match(stdout + stderr, new RegExp(name), name);
    assert.doesNotMatch(stdout + stderr, /NOPE-31|soon-31|MARS-31|Olympus|yournightscouturl/);
  }
  const daemon = await startServer({ env, home });
  t.after(() => daemon.server.stop());
  for (const name of Object.keys(env)) {
    assert.match((await daemon.get('/')).text, new RegExp(name));
    assert.match((await daemon.secretly('/check_login')).text, new RegExp(name));
    assert.match(daemon.server.stdout, new RegExp(`level=error module=settings problem="${name}`));
  }
  assert.equal((await daemon.secretly('/check_login')).status, 500);
  assert.deepEqual([(await daemon.get('/readyz')).status, (await daemon.get('/livez')).status], [503, 200]);
  assert.deepEqual([(await daemon.get('/healthz')).status, (await daemon.get('/healthz')).text.trim()], [503, 'unconfigured']);
  for (const where of ['/run', '/update']) assert.equal((await daemon.secretly(where)).status, 503);
});

test('secrets come from files and from systemd credentials as well', async (t) => {
  const simulator = await start({ seed: 31, historyDays: 3 });
  t.after(() => simulator.stop());
  const home = folder(t), credentials = folder(t);
  const { TCONNECT_PASSWORD, NS_SECRET, ...env } = simulator.env;
  fs.writeFileSync(path.join(home, 'password'), `${TCONNECT_PASSWORD}\n`);
  fs.writeFileSync(path.join(credentials, own('NS_SECRET').toLowerCase()), NS_SECRET);
  fs.writeFileSync(path.join(credentials, own('TCONNECTSYNC_HEROKU_SECRET')), `${SECRET}\n`);
  const daemon = await startServer({
    env: { ...env, TCONNECTSYNC_HEROKU_SECRET: undefined, TCONNECT_PASSWORD_FILE: path.join(home, 'password'), CREDENTIALS_DIRECTORY: credentials, CACHE_CREDENTIALS: 'false' }, home,
  });
  t.after(() => daemon.server.stop());
  const answer = await daemon.secretly('/check_login');
  assert.match(answer.text, /No API errors returned!/);
  fs.rmSync(path.join(home, 'password'));
  const { status, stderr } = await run(['check'], { env: { ...env, NS_SECRET, TCONNECT_PASSWORD_FILE: path.join(home, 'password') }, home });
  assert.equal(status, 2);
  assert.match(stderr, /TCONNECT_PASSWORD_FILE/);
});

test('PORT before LISTEN_PORT; a port in use is said with the way out', async (t) => {
  const { port, environment, home } = await serve(t);
  const { status, stdout } = await run([], { env: { ...environment, PORT: port, LISTEN_PORT: '1', LISTEN_HOST: '127.0.0.1' }, home });
  assert.equal(status, 1);
  assert.match(stdout, new RegExp(`Cannot listen on port ${port}: .*set PORT`));
});

const hasIPv6 = Object.values(os.networkInterfaces()).flat().some(({ address }) => address === '::1');

test('healthcheck asks the server where it listens', { skip: !hasIPv6 && 'this machine has no IPv6' }, async (t) => {
  const { port, environment, home } = await serve(t, {}, { LISTEN_HOST: '::1' });
  const check = (env) => run(['healthcheck'], { env: { ...environment, PORT: port, ...env }, home });
  assert.equal((await check({ LISTEN_HOST: '::1' })).status, 0);
  assert.equal((await check({ LISTEN_HOST: '127.0.0.1' })).status, 1);
});

test('SIGTERM lets a running sync end its writes, answers who waits, exits 0; then nobody answers', async (t) => {
  const { secretly, get, server, environment, home, port, simulator } = await serve(t, { latency: 300 });
  const health = () => run(['healthcheck'], { env: { ...environment, LISTEN_HOST: '127.0.0.1', PORT: port }, home });
  assert.equal((await health()).status, 0);
  const update = secretly('/update?days=2');
  await server.says(/step=write/, { seconds: 20, stream: 'stdout' });
  server.child.kill('SIGTERM');
  await server.says(/signal=15/, { stream: 'stdout' });
  await assert.rejects(get('/livez'), 'accepts no more');
  const { status } = await server.ended;
  assert.equal(status, 0);
  assert.ok([200, 500].includes((await update).status));
  assert.equal((await health()).status, 1);
  // The batches that were under way are there in full, and what is there is there once.
  const { treatments } = await simulator.documents();
  assert.ok(treatments.length > 0);
  assert.equal(new Set(treatments.map(({ pump_event_id }) => pump_event_id)).size, treatments.length);
});

test('SIGTERM: an answer that is on its way arrives whole, however slowly it is read', async (t) => {
  const { server, port } = await serve(t);
  const socket = net.connect({ port, host: '127.0.0.1' });
  t.after(() => socket.destroy());
  // More answers than fit into the sockets' buffers: in one of them the server is stuck until the client reads.
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(4000));
  let count = 0;
  await until(() => {
    const before = count;
    count = server.stdout.split('path=/ ').length;
    return count > 1 && count === before;
  }, { every: 300 });
  server.child.kill('SIGTERM');
  await server.says(/signal=15/, { stream: 'stdout' });
  await sleep(300);
  let text = '';
  socket.setEncoding('latin1').on('data', (data) => { text += data; });
  assert.equal((await server.ended).status, 0);
  await until(() => socket.readableEnded || socket.destroyed);
  assert.ok(answers(text).length > 1, 'each as long as it says');
});

test('SIGUSR1 and SIGUSR2 are ignored, SIGHUP ends it as SIGTERM does, amid its writes', async (t) => {
  const { secretly, server, simulator } = await serve(t, { latency: 300 });
  const update = secretly('/update?days=2');
  await server.says(/step=write/, { seconds: 20, stream: 'stdout' });
  for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGHUP', 'SIGHUP']) server.child.kill(signal);
  await server.says(/signal=1 /, { stream: 'stdout' });
  assert.deepEqual(await server.ended, { status: 0, signal: null });
  assert.ok([200, 500].includes((await update).status));
  const { treatments } = await simulator.documents();
  assert.equal(new Set(treatments.map(({ pump_event_id }) => pump_event_id)).size, treatments.length);
});

// libfaketime takes a descriptor for itself.
test('descriptors 0 to 2 closed at the start: nothing is printed into a socket', { skip: ahead !== 0 }, async (t) => {
  const port = await freePort();
  const { environment, home } = await serve(t);
  const shell = launch('/bin/sh', ['-c', 'exec "$0" <&- >&- 2>&-', program], { cwd: home, env: { PATH: '/usr/bin:/bin', HOME: home, ...environment, PORT: String(port), LISTEN_HOST: '127.0.0.1' } });
  t.after(() => shell.stop());
  const whole = await until(() => ask(`http://127.0.0.1:${port}/livez`).then((answer) => answer.text()));
  assert.equal(whole, 'ok\n');
  for (const fd of [0, 1, 2]) assert.equal(fs.readlinkSync(`/proc/${shell.pid}/fd/${fd}`), '/dev/null');
});

test('SIGINT ends it too, while it idles with open connections; a second signal ends it at once', async (t) => {
  const idle = await serve(t);
  const wire = await dial(t, idle);
  idle.server.child.kill('SIGINT');
  assert.equal((await idle.server.ended).status, 0);
  await wire.ends();
  const busy = await serve(t);
  await busy.simulator.fault({ kind: 'stall', site: 'nightscout', method: 'POST', path: '*treatments*', count: -1 });
  const update = busy.secretly('/update').catch(() => 'cut');
  await busy.server.says(/step=write/, { seconds: 20, stream: 'stdout' });
  busy.server.child.kill('SIGTERM');
  await busy.server.says(/signal=15/, { stream: 'stdout' });
  await sleep(300);
  assert.equal(busy.server.hasEnded, false, 'it waits for its writes');
  busy.server.child.kill('SIGTERM');
  assert.deepEqual(await busy.server.ended, { status: 128 + 15, signal: null });
  assert.equal(await update, 'cut');
});

// User and system time so far.
function processorTicks(pid) {
  const [user, system] = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
  return Number(user) + Number(system);
}

test('few file descriptors: connections make room, nothing spins, and it goes on', async (t) => {
  const { simulator, environment, home } = await serve(t);
  const server = launch('prlimit', ['--nofile=24:24', program], {
    cwd: home, env: { PATH: '/usr/bin:/bin', HOME: home, ASAN_OPTIONS: 'exitcode=99', ...environment, PORT: '0', LISTEN_HOST: '127.0.0.1', TCONNECTSYNC_HEROKU_SECRET: SECRET },
  });
  t.after(() => server.stop('SIGKILL'));
  const [, port] = await server.says(/module=serve version=.* port=(\d+)/);
  const clients = await Promise.all(Array.from({ length: 40 }, () => dial(t, { port })));
  await sleep(1500);
  assert.ok(server.stdout.split('accept_failed').length < 8, 'it spins');
  const used = processorTicks(server.pid);
  await sleep(1000);
  const ticks = processorTicks(server.pid) - used;
  assert.ok(ticks < 30, `${ticks} ticks in a second`);
  clients.forEach(({ socket }) => socket.destroy());
  await until(async () => (await fetch(`http://127.0.0.1:${port}/livez`)).status === 200);
  const update = await fetch(`http://127.0.0.1:${port}/update`, { headers: { authorization: `Bearer ${SECRET}` } });
  assert.equal(update.status, 200);
  assert.ok((await simulator.documents()).treatments.length > 0);
});

test('the log: logfmt, a start line with versions, no query, no line over 4 kB, nothing secret', async (t) => {
  const { get, secretly, server, simulator } = await serve(t);
  await get(`/update?secret=${SECRET}&days=1`);
  await get(`/nothing/${'n'.repeat(6000)}?secret=${SECRET}`);
  await get('/a%0Ab%22c');
  await simulator.fault({ kind: 'answer', site: 'nightscout', path: '*', status: 500, body: `<html>${simulator.env.NS_SECRET} ${'x'.repeat(9000)}`, count: -1 });
  await secretly('/update?days=2');
  const lines = server.stdout.trimEnd().split('\n');
  assert.match(lines[0], /module=serve version=1\.\d+\.\d+ .*libevent.*curl.*[Oo]pen[Ss][Ss][Ll].*yajl/);
  for (const line of lines) {
    assert.match(line, /^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ level=(debug|info|warn|error) module=[a-z]+ [a-z_]+=/);
    assert.ok(Buffer.byteLength(line) < 4096);
    assert.doesNotMatch(line, /\?|secret=a-|days=1&/);
  }
  assert.equal(lines.filter((line) => /path="?\/nothing\//.test(line)).length, 1);
  for (const hidden of [SECRET, simulator.env.NS_SECRET, simulator.env.TCONNECT_PASSWORD, simulator.env.TCONNECT_EMAIL, new URL(simulator.env.NS_URL).host]) {
    assert.ok(!server.stdout.includes(hidden), 'something secret in the log');
  }
});

test('a hundred runs are remembered, and no more', async (t) => {
  const { secretly, idle, simulator } = await serve(t, {}, { TCONNECTSYNC_HEROKU_FEATURES: 'DEVICE_STATUS' });
  await simulator.fault({ kind: 'answer', site: 'tandem', path: '*', status: 403, body: '<html>The request is blocked</html>', count: -1 });
  for (let i = 0; i < 103; i += 1) await secretly(`/update?days=${1 + (i % 2)}`);
  const { runs } = await idle(100);
  assert.equal(runs.length, 100);
  assert.deepEqual([runs[0].number, runs[99].number], [103, 4]);
  assert.match(runs[0].error, /Tandem/);
  assert.match((await secretly('/metrics')).text, new RegExp(`^tconnectsync_runs_total\\{${label}result="failed"\\} 103$`, 'm'));
});

test('/metrics is what Prometheus reads', async (t) => {
  const { secretly } = await serve(t);
  await secretly('/update');
  const answer = await secretly('/metrics');
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const typed = new Map();
  for (const line of answer.text.trimEnd().split('\n')) {
    const [, kind, name, rest] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? [];
    if (kind === 'TYPE') typed.set(name, rest);
    if (kind) continue;
    const [, metric, value] = /^(tconnectsync_[a-z_]+)(?:\{[a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*\})? (\S+)$/.exec(line) ?? [];
    assert.ok(typed.has(metric), line);
    assert.ok(Number.isFinite(Number(value)), line);
    assert.equal(metric.endsWith('_total'), typed.get(metric) === 'counter', line);
  }
});

// What PING_URL is asked, as a service of that kind would see it.
async function pings(t, where, outcomes) {
  const asked = [];
  const listener = http.createServer((request, response) => { asked.push(`${request.method} ${request.url}`); response.end('OK'); }).listen(0, '127.0.0.1');
  await new Promise((resolve) => { listener.once('listening', resolve); });
  t.after(() => { listener.closeAllConnections(); listener.close(); });
  const { secretly, simulator, server } = await serve(t, {}, { PING_URL: `http://127.0.0.1:${listener.address().port}${where}` });
  for (const [i, outcome] of outcomes.entries()) {
    await simulator.noFaults();
    if (outcome === 'failed') await simulator.fault({ kind: 'answer', site: 'tandem', path: '*', status: 403, body: '<html>The request is blocked</html>', count: -1 });
    await secretly(`/update?days=${i + 1}${outcome === 'pretend' ? '&pretend=1' : ''}`);
    await sleep(100);
  }
  assert.ok(!server.stdout.includes(where), 'the address is a secret');
  return asked;
}

test('PING_URL: healthchecks.io, Uptime Kuma and Better Stack hear of each run in their own way', async (t) => {
  const outcomes = ['ok', 'failed', 'pretend', 'ok'];
  assert.deepEqual(await pings(t, '/hc-ping.com/5d1c0a5e-1', outcomes), ['GET /hc-ping.com/5d1c0a5e-1', 'GET /hc-ping.com/5d1c0a5e-1/fail', 'GET /hc-ping.com/5d1c0a5e-1']);
  assert.deepEqual(await pings(t, '/hc-ping.com/5d1c?create=1', ['failed', 'ok']), ['GET /hc-ping.com/5d1c/fail?create=1', 'GET /hc-ping.com/5d1c?create=1']);
  assert.deepEqual(await pings(t, '/api/push/Xy12?status=up&msg=OK&ping=', outcomes),
    ['GET /api/push/Xy12?status=up&msg=OK&ping=', 'GET /api/push/Xy12?status=down&msg=OK&ping=', 'GET /api/push/Xy12?status=up&msg=OK&ping=']);
  assert.deepEqual(await pings(t, '/api/v1/heartbeat/abc', outcomes), ['GET /api/v1/heartbeat/abc', 'GET /api/v1/heartbeat/abc/fail', 'GET /api/v1/heartbeat/abc']);
  assert.deepEqual(await pings(t, '/unknown/service', outcomes), ['GET /unknown/service', 'GET /unknown/service']);
});

// Every place of it in what the process can write to.
function copies(pid, secret) {
  const memory = fs.openSync(`/proc/${pid}/mem`, 'r');
  const maps = fs.readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm);
  let found = 0;
  for (const [, from, to] of maps) {
    const size = parseInt(to, 16) - parseInt(from, 16), bytes = Buffer.alloc(Math.min(size, 64 << 20));
    if (size > bytes.length) continue; // an address sanitizer's own
    for (let at = 0; at < size; at += 4096) {
      try { fs.readSync(memory, bytes, at, 4096, BigInt(`0x${from}`) + BigInt(at)); } catch { /* not there any more */ }
    }
    for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at + 1)) found += 1;
  }
  fs.closeSync(memory);
  return found;
}

test('after a run each secret of each person stands in memory twice: for whom it is meant, and in the redactor', async (t) => {
  const people = [['kims tandem words', 'kims-api-secret'], ['bos other tandem words', 'bos-other-api-secret']];
  for (const count of [1, 2]) {
    const home = folder(t), kept = ['kept.json', 'kept_2.json'].map((name) => path.join(home, name));
    const env = { CACHE_CREDENTIALS: 'true', CACHE_CREDENTIALS_PATH: kept[0] }, file = [];
    for (let person = 1; person <= count; person += 1) {
      const [password, secret] = people[person - 1];
      const simulator = await start({ seed: 30 + person, historyDays: 3, password, secret });
      t.after(() => simulator.stop());
      for (const [name, value] of Object.entries(suffixed(simulator.env, person))) {
        // Not in the environment: an address sanitizer keeps a copy of that.
        if (/^(TCONNECT_PASSWORD|NS_SECRET)/.test(name)) file.push(`${name}=${value}\n`);
        else env[name] = value;
      }
    }
    fs.writeFileSync(path.join(home, '.env'), file.join(''), { mode: 0o600 });
    const { server, secretly } = await startServer({ env, home });
    t.after(() => server.stop());
    for (let person = 1; person <= count; person += 1) {
      const [password, secret] = people[person - 1];
      assert.equal((await secretly(`/update?days=1&person=${person}`)).status, 200);
      const { token } = JSON.parse(fs.readFileSync(kept[person - 1], 'utf8'));
      const digest = createHash('sha1').update(secret).digest('hex');
      for (const [name, value] of Object.entries({ password, secret, digest, token })) {
        const found = copies(server.pid, value);
        assert.ok(found >= 1 && found <= 2, `${name} of person ${person} of ${count}: ${found}`);
      }
    }
  }
});

test('no command leaves a core file', async (t) => {
  const silent = net.createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const url = `http://127.0.0.1:${silent.address().port}`;
  const env = {
    TCONNECT_EMAIL: 'kim@example.net', TCONNECT_PASSWORD: 'correct horse', TCONNECT_ACCOUNTS_URL: url, TCONNECT_SSO_URL: `${url}/`, TCONNECT_SOURCE_URL: `${url}/`,
    NS_URL: `${url}/`, NS_SECRET: 'a-secret-of-enough-length', TIMEZONE_NAME: 'Europe/Berlin', CACHE_CREDENTIALS: 'false', PORT: String(silent.address().port), LISTEN_HOST: '127.0.0.1',
  };
  for (const command of ['sync', 'check', 'healthcheck']) {
    const running = begin([command], { env, home: folder(t) });
    await once(silent, 'connection');
    assert.match(fs.readFileSync(`/proc/${running.pid}/limits`, 'utf8'), /Max core file size +0 +0/, command);
    await running.stop('SIGKILL');
  }
});

test('a core file is never written, and a monitor that resets its connection does no harm', async (t) => {
  const { server, port, get } = await serve(t);
  assert.match(fs.readFileSync(`/proc/${server.pid}/limits`, 'utf8'), /Max core file size +0 +0/);
  for (let i = 0; i < 20; i += 1) {
    const socket = net.connect(port, '127.0.0.1', () => { socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'); socket.resetAndDestroy(); });
    socket.on('error', () => {});
    await sleep(5);
  }
  assert.equal((await get('/livez')).status, 200);
});
