// The real server against the simulators: who may what, what is answered, how it ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECRET, serve } from './lib/daemon.mjs';
import { run } from './lib/run.mjs';

test('public pages, secret ones, and what is said to a wrong secret', async (t) => {
  const { get, secretly } = await serve(t);
  for (const path of ['/', '/livez', '/readyz', '/healthz']) assert.equal((await get(path)).status, 200, path);
  assert.equal((await get('/healthz')).text.trim(), 'idle');
  assert.deepEqual([(await get('/run')).status, (await get('/run')).text.trim()], [403, 'secret not provided as a GET or POST argument']);
  assert.deepEqual([(await get('/run?secret=wrong')).status, (await get('/run?secret=wrong')).text.trim()], [403, 'secret is invalid']);
  assert.equal((await get('/nothing')).status, 404);
  const wrongMethod = await get('/livez', { method: 'POST' });
  assert.deepEqual([wrongMethod.status, wrongMethod.headers.get('allow')], [405, 'GET, HEAD']);
  const challenge = await get('/scheduler');
  assert.equal(challenge.status, 401);
  assert.match(challenge.headers.get('www-authenticate'), /^Basic /);
  assert.equal((await secretly('/scheduler')).status, 200);
  for (const path of ['/run?days=0', '/run?days=x', '/update?features=NOPE', '/check_login?days=367']) {
    assert.equal((await secretly(path)).status, 400, path);
  }
  assert.equal((await get('/')).headers.get('referrer-policy'), 'same-origin');
});

test('/run starts one sync, /update tells its log, /check_login ends well, HEAD does the same', async (t) => {
  const { get, secretly, idle, simulator } = await serve(t);
  const head = await secretly('/run', { method: 'HEAD' });
  assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [200, '', '13']);
  const status = await idle();
  assert.equal(status.runs[0].result, 'ok');
  assert.equal((await get('/healthz')).text.trim(), 'ok');
  const before = (await simulator.statistics()).requestCount;
  assert.equal((await secretly('/run')).text, 'Triggered job'); // an equal one ended just now
  assert.equal((await simulator.statistics()).requestCount, before);
  const update = await get(`/update?secret=${encodeURIComponent(SECRET)}&days=1`);
  assert.equal(update.status, 200);
  assert.match(update.text, /step=write/);
  const check = await secretly('/check_login', { method: 'POST' });
  assert.match(check.text, /No API errors returned!\s*$/);
  assert.match((await secretly('/metrics')).text, /tconnectsync_runs_total\{result="ok"\} 2/);
});

test('callers that ask for the same share a run, another waits, a third is told to come later', async (t) => {
  const { secretly, idle } = await serve(t, { latency: 150 });
  const answers = await Promise.all([secretly('/run?days=1'), secretly('/run?days=1'), secretly('/run?days=2'), secretly('/run?days=2'), secretly('/run?days=3')]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 429]);
  await new Promise((resolve) => { setTimeout(resolve, 200); });
  for (let i = 0; i < 100; i += 1) {
    const { runs } = await idle();
    if (runs.length === 2) return;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  assert.fail('two runs were to end');
});

test('the timer runs 2 to 12 s after the start; pause and resume', async (t) => {
  const { secretly, idle } = await serve(t, {}, { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '5' });
  const job = JSON.parse((await secretly('/scheduler/jobs/update')).text);
  assert.deepEqual([job.id, job.trigger, job.minutes], ['update', 'interval', 5]);
  const wait = Date.parse(job.next_run_time) - Date.now();
  assert.ok(wait > 0 && wait < 13000, `${wait} ms`);
  assert.equal((await secretly('/scheduler/jobs/update/pause', { method: 'POST' })).status, 200);
  assert.equal(JSON.parse((await secretly('/scheduler/jobs/update')).text).next_run_time, null);
  await secretly('/scheduler/jobs/update/resume', { method: 'POST' });
  for (let i = 0; i < 15; i += 1) {
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
    if (JSON.parse((await secretly('/status.json')).text).runs.length > 0) break;
  }
  assert.equal((await idle()).runs[0].trigger, 'timer');
});

test('a failure is told by status and word; no secret in any answer or log', async (t) => {
  const { get, secretly, server, simulator } = await serve(t, {}, { NS_SECRET: 'the-wrong-secret' });
  const update = await secretly('/update');
  assert.equal(update.status, 500);
  assert.match(update.text, /NS_SECRET/);
  assert.equal((await get('/healthz')).text.trim(), 'refused');
  assert.equal((await get('/healthz')).status, 503);
  const texts = [update.text, (await secretly('/status.json')).text, (await secretly('/check_login')).text, server.stdout].join('\n');
  for (const secret of [SECRET, 'the-wrong-secret', simulator.env.TCONNECT_PASSWORD, simulator.env.TCONNECT_EMAIL]) {
    assert.ok(!texts.includes(secret));
  }
});

test('with unusable settings the server runs and says what to mend', async (t) => {
  const { get } = await serve(t, {}, { NS_URL: '', TIMEZONE_NAME: 'Mars/Olympus' });
  const home = await get('/');
  assert.match(home.text, /NS_URL/);
  assert.match(home.text, /TIMEZONE_NAME/);
  assert.equal((await get('/readyz')).status, 503);
  assert.equal((await get('/healthz')).text.trim(), 'unconfigured');
});

test('SIGTERM lets a running sync end its writes, answers who waits, exits 0; healthcheck asks the server', async (t) => {
  const { secretly, server, environment, home, port } = await serve(t, { latency: 300 });
  assert.equal((await run(['healthcheck'], { env: { ...environment, PORT: port }, home })).status, 0);
  const update = secretly('/update?days=2');
  await server.says(/step=write/, { seconds: 20, stream: 'stdout' });
  server.child.kill('SIGTERM');
  const { status } = await server.ended;
  assert.equal(status, 0);
  assert.ok([200, 500].includes((await update).status));
  assert.equal((await run(['healthcheck'], { env: { ...environment, PORT: port }, home })).status, 1);
});
