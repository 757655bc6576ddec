// The real server against the simulators: runs that are asked for, alone and together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECRET, label, serve } from './lib/daemon.mjs';

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
  assert.match((await secretly('/metrics')).text, new RegExp(`tconnectsync_runs_total\\{${label}result="ok"\\} 2`));
});

test('callers that ask for the same share a run, another waits, a third is told to come later', async (t) => {
  const { secretly, idle } = await serve(t, { latency: 150 });
  const answers = await Promise.all([secretly('/run?days=1'), secretly('/run?days=1'), secretly('/run?days=2'), secretly('/run?days=2'), secretly('/run?days=3')]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 429]);
  assert.equal((await idle(2)).runs.length, 2);
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
