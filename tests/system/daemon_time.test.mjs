// What the real server does in the course of time: the test drives its clock, so that minutes pass in milliseconds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, until } from './lib/child.mjs';
import { startClock } from './lib/clock.mjs';
import { SECRET, startServer } from './lib/daemon.mjs';
import { folder } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';
import { handOn, listen } from './lib/site.mjs';
import { dial } from './lib/wire.mjs';

const BEGIN = '2035-06-01T12:00:00Z';
// As serve in lib/daemon.mjs, with a clock: forward(seconds) lets time pass and wakes server and simulator.
async function serve(t, options = {}, env = {}, { clockOfServer } = {}) {
  const clock = startClock(t, BEGIN);
  const simulator = await start({ seed: 31, historyDays: 3, ...options }, { environment: clock.environment });
  let daemon;
  t.after(async () => {
    daemon?.server.child.kill('SIGKILL');
    await simulator.stop();
  });
  const home = folder(t);
  const environment = { ...simulator.env, ...(clockOfServer ?? clock).environment, CACHE_CREDENTIALS: 'true', ...env };
  daemon = await startServer({ env: environment, home });
  const forward = async (seconds) => {
    clock.forward(seconds);
    await simulator.statistics();
    await daemon.get('/livez');
  };
  const restart = async (more = {}) => {
    daemon.server.child.kill('SIGTERM');
    await daemon.server.ended;
    daemon = await startServer({ env: { ...environment, ...more }, home });
    return daemon;
  };
  return { simulator, clock, forward, restart, daemon };
}

// A raw request that stays open while the clock moves.
async function ask(t, daemon, path, method = 'GET') {
  const wire = await dial(t, daemon);
  await wire.send(`${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${SECRET}\r\nConnection: close\r\n\r\n`);
  return wire;
}

const runsOf = async (daemon) => (await daemon.status()).runs;
const isRunning = (daemon) => until(async () => (await daemon.status()).running, { what: 'a run' });

const underWay = (simulator, what) => until(async () => (await simulator.requests()).some(({ uri, answered }) => uri.includes(what) && !answered), { what: `a request for ${what}` });
const slow = (site, path, more = {}) => ({ kind: 'delay', site, path, milliseconds: 25000, count: 1, ...more });

test('/update streams from 20 s on, a line every 15 s, the result last; HEAD ends after its headers', async (t) => {
  const { simulator, daemon, forward } = await serve(t);
  for (const result of ['ok', 'failed']) {
    await simulator.fault(slow('tandem', '*pump-logs*'), result === 'ok' ? slow('nightscout', '*treatments*', { method: 'POST' })
      : { kind: 'answer', site: 'nightscout', method: 'POST', path: '*treatments*', status: 401, count: -1 });
    const days = result === 'ok' ? 1 : 3;
    const asked = Date.now();
    const wire = await ask(t, daemon, `/update?days=${days}`);
    const head = await ask(t, daemon, `/update?days=${days}`, 'HEAD');
    await underWay(simulator, 'pump-logs');
    await forward(Math.max(1, 17 - Math.ceil((Date.now() - asked) / 1000))); // a busy machine has taken some of them
    await sleep(50);
    assert.equal(wire.text + head.text, '', 'nothing before 20 s');
    await forward(5);
    await wire.gets(/^HTTP\/1\.1 200 OK\r\n.*step=read/s);
    await head.ends();
    assert.match(head.text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
    await forward(5);
    if (result === 'ok') {
      await wire.gets(/step=write/);
      await underWay(simulator, 'treatments');
      const before = wire.text.length;
      await forward(14);
      await until(() => wire.text.slice(before).includes('still running'), { what: 'a line within 15 s' });
      await forward(12);
    }
    await wire.ends();
    assert.match(wire.text, new RegExp(`Result: ${result}\\n\\r\\n0\\r\\n\\r\\n$`));
    await simulator.noFaults();
  }
});

test('a log that comes faster than it can be read blocks nobody, and its end arrives', async (t) => {
  const { simulator, daemon, forward } = await serve(t, { historyDays: 30 });
  const words = 'days=28&pretend=1&features=BASAL,BOLUS,PUMP_EVENTS,CGM';
  const whole = (await daemon.secretly(`/update?${words}`)).text;
  assert.match(whole, /\n\d+ more lines are in the server's log\.\n(Result: ok\n)?$/, 'on a busy machine it takes over 20 s');
  await simulator.fault(slow('tandem', '*pump-logs*'));
  const wire = await ask(t, daemon, `/update?${words}`);
  await underWay(simulator, 'pump-logs');
  await forward(21);
  await wire.gets(/step=read/);
  wire.socket.pause();
  await forward(5);
  await daemon.server.says(/step=compare[^]*step=compare[^]*pretend=create/, { stream: 'stdout' });
  await daemon.get('/livez');
  assert.doesNotMatch(daemon.server.stdout.slice(-20000), /result=ok[^]*path=\/livez[^\n]*\n$/, '/livez was answered before the list ended');
  wire.socket.resume();
  await wire.ends({ seconds: 30 });
  assert.match(wire.text, /Result: ok\n\r\n0\r\n\r\n$/);
});

test('/check_login streams as well; a client that goes mid-stream costs nothing, and the sync goes on', async (t) => {
  const { simulator, daemon, forward } = await serve(t);
  await simulator.fault(slow('tandem', '*pumper*'));
  const check = await ask(t, daemon, '/check_login');
  await underWay(simulator, 'pumper');
  await forward(21);
  await check.gets(/^HTTP\/1\.1 200 OK\r\n/);
  await forward(5);
  await check.ends();
  assert.match(check.text, /No API errors returned!\nResult: ok\n\r\n0\r\n\r\n$/);

  await simulator.fault(slow('tandem', '*pump-logs*'));
  const update = await ask(t, daemon, '/update?days=1');
  await underWay(simulator, 'pump-logs');
  await forward(21);
  await update.gets(/step=read/);
  update.socket.destroy();
  await daemon.server.says(/path=\/update .*end=gone/, { stream: 'stdout' });
  await forward(5);
  assert.equal((await daemon.idle(1)).runs[0].result, 'ok');
  assert.ok((await simulator.documents()).treatments.length > 100);
});

test('a /run within a minute of an equal one that went well starts none; a minute later it does', async (t) => {
  const { daemon, forward } = await serve(t);
  await daemon.secretly('/run');
  await daemon.idle(1);
  for (let i = 0; i < 3; i += 1) assert.equal((await daemon.secretly('/run')).text, 'Triggered job');
  assert.equal((await daemon.idle(1)).runs.length, 1);
  await daemon.secretly('/run?days=2');
  assert.equal((await daemon.idle(2)).runs.length, 2, 'another wish is not the same');
  await forward(61);
  await daemon.secretly('/run?days=2');
  assert.equal((await daemon.idle(3)).runs.length, 3);
});

test('timer: the first run 2 to 12 s after the start, then by interval; one that is still going leaves the next out', async (t) => {
  const { simulator, daemon, forward } = await serve(t, {}, { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '1' });
  await forward(1);
  assert.equal((await runsOf(daemon)).length, 0);
  await forward(12);
  assert.equal((await daemon.idle(1)).runs[0].trigger, 'timer');
  for (let i = 2; i < 5; i += 1) {
    await forward(60);
    assert.equal((await daemon.idle(i)).runs.length, i);
  }
  // Each time-out takes half a minute, so that this run takes over a minute.
  await simulator.fault({ kind: 'stall', site: 'tandem', path: '*pump-logs*', count: 3 });
  await forward(60);
  for (let i = 0; i < 25 && (await daemon.status()).runs.length < 5; i += 1) {
    await forward(5);
    await sleep(20);
  }
  assert.equal((await daemon.idle(5)).runs[0].result, 'ok');
  assert.match(daemon.server.stdout, /module=timer note="a run is still going: this one is left out"/);
});

test('after failures: back-off with jitter from 30 s, doubling, up to the interval; the rhythm is back after a success', async (t) => {
  const { simulator, daemon, forward, clock } = await serve(t, {}, { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '10' });
  const next = async () => (Date.parse(JSON.parse((await daemon.secretly('/scheduler/jobs/update')).text).next_run_time) - clock.now()) / 1000;
  await forward(13);
  await daemon.idle(1);
  const rhythm = await next();
  assert.ok(rhythm > 580 && rhythm < 600, `${rhythm}`);
  await simulator.fault({ kind: 'answer', site: 'tandem', path: '*', status: 403, body: '<html>The request is blocked</html>', count: -1 });
  await forward(rhythm + 1);
  let count = 2;
  for (const most of [30, 60, 120, 240, 480, 600, 600]) {
    await daemon.idle(count);
    const wait = await next();
    assert.ok(wait <= most + 1 && wait >= most * 0.75 - 2, `${wait} s after ${count - 1} failures, wanted up to ${most}`);
    if (count === 4) assert.equal((await daemon.get('/healthz')).text.trim(), 'failing');
    count += 1;
    await forward(wait + 1);
  }
  await simulator.noFaults();
  await daemon.idle(count);
  await forward((await next()) + 1);
  const good = await daemon.idle(count + 1);
  assert.equal(good.runs[0].result, 'ok');
  assert.equal((await daemon.get('/healthz')).text.trim(), 'ok');
  assert.ok(await next() <= 601);
});

test('a refused password is not tried again by itself nor by the next process; asking does, once in 30 minutes, and so does a new one', async (t) => {
  const { simulator, daemon, forward, restart } = await serve(t, { login: 'refused' }, { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '5' });
  const attempts = async () => (await simulator.statistics()).logins;
  await forward(13);
  const first = await daemon.idle(1);
  assert.match(first.runs[0].error, /refused the email or password/);
  assert.equal((await daemon.get('/healthz')).text.trim(), 'refused');
  assert.equal(await attempts(), 1);
  for (let i = 0; i < 12; i += 1) await forward(300);
  assert.equal(await attempts(), 1);
  let now = await restart();
  for (let i = 0; i < 4; i += 1) await forward(300);
  assert.equal(await attempts(), 1, 'the next process does not either');
  const asked = await now.secretly('/check_login');
  assert.deepEqual([asked.status, await attempts()], [500, 2]);
  await now.secretly('/check_login');
  assert.equal(await attempts(), 2, 'not again within 30 minutes');
  now = await restart({ TCONNECT_PASSWORD: 'another-wrong-one' });
  await forward(13);
  await now.idle(1);
  assert.equal(await attempts(), 3, 'another password may be right');
  await simulator.set({ login: 'ok', password: 'another-wrong-one' });
  await forward(31 * 60);
  assert.equal((await now.secretly('/update')).status, 200);
  assert.equal(await attempts(), 4);
  assert.equal((await now.get('/healthz')).text.trim(), 'ok');
});

test('pump data that stops: stale after the set time, ok again with the first newer event', async (t) => {
  const { simulator, daemon, forward, clock } = await serve(t, {}, { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '30', AUTOUPDATE_NO_DATA_FAILURE_MINUTES: '90' });
  const health = async () => { const { status, text } = await daemon.get('/healthz'); return `${status} ${text.trim()}`; };
  assert.equal(await health(), '200 starting');
  await simulator.set({ uploadedUntil: Math.floor(clock.now() / 1000) });
  await forward(13);
  await daemon.idle(1);
  assert.equal(await health(), '200 ok');
  for (const [minutes, wanted] of [[60, '200 ok'], [40, '503 stale']]) {
    await forward(minutes * 60);
    await daemon.idle(1);
    assert.equal(await health(), wanted);
  }
  // Who fills a day of last week has seen nothing newer.
  const { newest_event: newest, runs: [{ number }] } = await daemon.status();
  const day = new Date(clock.now() - 4 * 86400000).toISOString().slice(0, 10);
  assert.equal((await daemon.secretly(`/run?from=${day}&to=${day}`)).text.trim(), 'Triggered job');
  await daemon.idle(number + 1);
  assert.equal((await daemon.status()).newest_event, newest);
  assert.equal(await health(), '503 stale');
  await simulator.set({ uploadedUntil: Math.floor(clock.now() / 1000) });
  await forward(30 * 60);
  await daemon.idle(1);
  assert.equal(await health(), '200 ok');
});

test('one upload bears witness once, however many runs see it: two that came an hour late move nothing', async (t) => {
  const { simulator, daemon, forward, clock } = await serve(t, { uploadLag: 60 }, { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '720' });
  const times = async () => new Map((await simulator.documents()).treatments.map(({ pump_event_id, created_at }) => [pump_event_id, Date.parse(created_at)]));
  let stood;
  for (let upload = 0; upload < 2; upload += 1) {
    await simulator.set({ uploadedUntil: Math.floor(clock.now() / 1000) });
    for (let run = 0; run < 3; run += 1) {
      const { status, text } = await daemon.secretly('/update');
      assert.equal(status, 200, text);
      const now = await times();
      stood ??= now;
      for (const [id, time] of stood) assert.equal(now.get(id), time, `${id} after run ${run} of upload ${upload}`);
    }
    await forward(900);
  }
  assert.ok(stood.size > 20);
});

test('a site that a redirect led to is there for the runs that do not ask again', async (t) => {
  let site;
  const before = await listen(t, (request, response) => {
    if (request.url.startsWith('/moved/')) handOn(site.simulator, '/moved', request, response);
    else response.writeHead(301, { location: `/moved${request.url}` }).end();
  });
  site = await serve(t, {}, { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '30', NS_URL: `http://127.0.0.1:${before.port}/` });
  const upload = () => site.simulator.set({ uploadedUntil: Math.floor(site.clock.now() / 1000) });
  const run = async (seconds) => {
    before.seen.length = 0;
    await site.forward(seconds);
    await site.daemon.idle(1);
    assert.equal((await site.daemon.get('/healthz')).text.trim(), 'ok');
    return before.seen;
  };
  await upload();
  assert.deepEqual((await run(13)).slice(0, 2), ['/api/v1/verifyauth', '/moved/api/v1/verifyauth']);
  await run(1800);
  await upload();
  const seen = await run(1800);
  assert.ok(seen.length > 1 && seen.every((path) => path.startsWith('/moved/') && !path.endsWith('/verifyauth')), seen.join(' '));
});

test('a run has ten minutes; the next one starts after it', async (t) => {
  const { simulator, daemon, forward } = await serve(t, { historyDays: 29 }, { TCONNECTSYNC_HEROKU_FEATURES: 'BASAL,BOLUS,CGM,DEVICE_STATUS' });
  await simulator.fault({ kind: 'delay', site: 'tandem', milliseconds: 22000, count: -1 }, { kind: 'delay', site: 'nightscout', method: 'POST', milliseconds: 22000, count: -1 });
  const slowly = daemon.secretly('/update?days=28');
  await isRunning(daemon);
  let seconds = 0;
  for (; seconds < 1200 && (await daemon.status()).running; seconds += 2) await forward(2);
  const { text } = await slowly;
  assert.match(text, /took over 10 minutes/);
  assert.ok(seconds > 500 && seconds < 720, `${seconds} s`);
  await simulator.noFaults();
  assert.equal((await daemon.secretly('/update?days=3')).status, 200);
});

test('a wall clock that is set forward or back moves no run, and nothing is written by a wrong one', async (t) => {
  // The server's clock has its own file; of it only the wall clock is moved.
  const own = startClock(t, BEGIN);
  own.environment.FAKETIME_DONT_FAKE_MONOTONIC = '1';
  own.environment.DONT_FAKE_MONOTONIC = '1';
  const { simulator, daemon } = await serve(t, {}, { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '60' }, { clockOfServer: own });
  const wait = async () => (Date.parse(JSON.parse((await daemon.secretly('/scheduler/jobs/update')).text).next_run_time) - own.now()) / 1000;
  assert.equal((await daemon.secretly('/update')).status, 200);
  await daemon.secretly('/scheduler/jobs/update/pause', { method: 'POST' });
  await daemon.secretly('/scheduler/jobs/update/resume', { method: 'POST' });
  for (const [jump, status] of [[3 * 86400, 500], [-5 * 86400, 500], [2 * 86400, 200]]) {
    const before = await wait(), { treatments } = await simulator.documents();
    own.forward(jump);
    assert.ok(Math.abs(await wait() - before) < 5, `next in ${await wait()} s, was ${before}`);
    const answer = await daemon.secretly('/update?days=2');
    assert.equal(answer.status, status);
    if (status === 200) continue;
    assert.match(answer.text, /clock is \d+ minutes (ahead of|behind)/);
    assert.equal((await simulator.documents()).treatments.length, treatments.length);
  }
});
