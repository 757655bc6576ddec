// A full life of the server under valgrind: start, syncs, streams, failures, stop. Nothing is lost, no descriptor stays
// open, no byte is used before it was set.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { launch, until } from './lib/child.mjs';
import { SECRET } from './lib/daemon.mjs';
import { buildPlain, plainBuild } from './lib/plain_build.mjs';
import { folder } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';

const ALL = 'BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS';

test('a full life under valgrind: nothing lost, no descriptor left', { timeout: 600000 }, async (t) => {
  buildPlain('tconnectsync-heroku');
  const simulator = await start({ seed: 31, historyDays: 9 });
  t.after(() => simulator.stop());
  const home = folder(t);
  const server = launch('valgrind', ['--leak-check=full', '--show-leak-kinds=definite,indirect,possible', '--errors-for-leak-kinds=definite,indirect,possible',
    '--track-fds=yes', '--error-exitcode=99', path.join(plainBuild, 'tconnectsync-heroku')], {
    cwd: home,
    env: {
      PATH: '/usr/bin:/bin', HOME: home, ...simulator.env, PORT: '0', LISTEN_HOST: '127.0.0.1', TCONNECTSYNC_HEROKU_SECRET: SECRET,
      TCONNECTSYNC_HEROKU_FEATURES: ALL, TCONNECTSYNC_HEROKU_INTERVAL_MINS: '1',
    },
  });
  t.after(() => server.stop('SIGKILL'));
  const [, port] = await server.says(/module=serve version=.* port=(\d+)/, { seconds: 60 });
  const ask = async (where, options = {}) => {
    const answer = await fetch(`http://127.0.0.1:${port}${where}`, { headers: { authorization: `Bearer ${SECRET}`, ...options.headers }, ...options });
    return { status: answer.status, text: await answer.text() };
  };
  for (const where of ['/', '/livez', '/healthz', '/metrics', '/status.json', '/scheduler/jobs', '/nothing', '/run?days=x']) await ask(where);
  assert.equal((await ask('/update?days=8')).status, 200);
  assert.equal((await ask('/check_login')).status, 200);
  // Whole batches in doubt, a listener that leaves in the middle, a run that fails, one that is cut off by the end.
  await simulator.fault({ kind: 'lose-answer', site: 'nightscout', method: 'POST', path: '*treatments*', count: 1 });
  await simulator.reset();
  assert.equal((await ask('/update?days=2')).status, 200);
  const gone = new AbortController();
  const leaving = ask('/update?days=3', { signal: gone.signal }).catch(() => 'gone');
  await until(async () => JSON.parse((await ask('/status.json')).text).running);
  gone.abort();
  assert.equal(await leaving, 'gone');
  await until(async () => !JSON.parse((await ask('/status.json')).text).running, { seconds: 60 });
  await simulator.fault({ kind: 'answer', site: 'tandem', path: '*pump-logs*', status: 403, body: '<html>blocked</html>', count: -1 });
  assert.equal((await ask('/update?days=4')).status, 500);
  await simulator.noFaults();
  await simulator.fault({ kind: 'stall', site: 'tandem', path: '*pump-logs*', count: 1 });
  const last = ask('/update?days=5');
  await until(async () => JSON.parse((await ask('/status.json')).text).running);
  server.child.kill('SIGTERM');
  assert.equal((await last).status, 500);
  assert.deepEqual(await server.ended, { status: 0, signal: null }, server.stderr.slice(-6000));
  assert.match(server.stderr, /ERROR SUMMARY: 0 errors/);
  // Inherited ones aside, and those of the library that sets the date: the three of every process.
  const open = /FILE DESCRIPTORS: (\d+) open \((\d+) std\)|FILE DESCRIPTORS: (\d+) open/.exec(server.stderr);
  const inherited = server.stderr.split('<inherited from parent>').length - 1;
  const ofTheDate = server.stderr.split(': /dev/shm/faketime_').length - 1;
  assert.ok(Number(open[1] ?? open[3]) <= inherited + ofTheDate + 3, server.stderr.slice(-3000));
});
