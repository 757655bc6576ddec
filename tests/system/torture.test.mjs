// No memory, once, at every place where the program or a library asks for some: the run ends well, or in one line and
// status 1, never by a signal; and the next run leaves the same documents as if nothing had happened. A sample of the
// places; TEST_ALL=yes: all of them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch, until } from './lib/child.mjs';
import { SECRET } from './lib/daemon.mjs';
import { ask } from './lib/fetch.mjs';
import { buildPlain, plainBuild } from './lib/plain_build.mjs';
import { folder } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';

const ALL = Boolean(process.env.TEST_ALL);
const FEATURES = 'BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS';
const OUT_OF_MEMORY = 'tconnectsync-heroku: out of memory\n';
const date = (daysAgo) => new Date(Date.now() - daysAgo * 86400000).toISOString().slice(0, 10);

let simulator;
before(async () => {
  buildPlain('tconnectsync-heroku', 'tests/torture.so');
  // A history that stands still: what two runs leave can be compared.
  simulator = await start({ seed: 41, historyDays: 3, now: Math.floor(Date.now() / 1000) - 3600, dateFollowsNow: false });
});
after(() => simulator.stop());

// Each of them, or so many at even distances.
const points = (all, sampled) => (ALL ? all : all.filter((_, i) => i === 0 || Math.floor((i * sampled) / all.length) > Math.floor(((i - 1) * sampled) / all.length)));

// What the preloaded library and the test share: see tests/torture/torture.c.
function control(home) {
  const file = path.join(home, 'control');
  const size = 8 * (3 + 16384);
  fs.writeFileSync(file, Buffer.alloc(size));
  const write = (at, ...values) => {
    const bytes = Buffer.alloc(8 * values.length);
    values.forEach((value, i) => bytes.writeBigInt64LE(BigInt(value), 8 * i));
    const descriptor = fs.openSync(file, 'r+');
    fs.writeSync(descriptor, bytes, 0, bytes.length, at);
    fs.closeSync(descriptor);
  };
  const count = () => Number(fs.readFileSync(file).readBigInt64LE(0));
  return {
    file,
    count,
    // The first allocation of each path since the count was that.
    points(since = 0) {
      const bytes = fs.readFileSync(file);
      const found = Math.min(Number(bytes.readBigInt64LE(16)), 16384);
      return Array.from({ length: found }, (_, i) => Number(bytes.readBigInt64LE(24 + 8 * i)) - since).filter((point) => point > 0);
    },
    // The point-th allocation from now on fails.
    arm: (point) => write(8, count() + point),
    // For a program that is about to start.
    reset: (point = 0) => write(0, 0, point, 0),
  };
}

function begin(home, words, env = {}) {
  return launch(path.join(plainBuild, 'tconnectsync-heroku'), words, {
    cwd: home,
    env: { PATH: '/usr/bin:/bin', HOME: home, ...simulator.env, TCONNECTSYNC_HEROKU_FEATURES: FEATURES, ...env },
  });
}

const preload = (shared) => ({ LD_PRELOAD: path.join(plainBuild, 'tests/torture.so'), TORTURE: shared.file });

function assertOrderly(ended, program, point) {
  const said = program.stdout + program.stderr;
  const where = `allocation ${point}: ${JSON.stringify(ended)}\n${said.slice(-2000)}`;
  assert.equal(ended.signal, null, where);
  assert.ok(ended.status === 0 || ended.status === 1, where);
  if (ended.status === 0) return;
  const lines = program.stderr.split(OUT_OF_MEMORY).length - 1;
  assert.ok(lines === 1 ? program.stderr.endsWith(OUT_OF_MEMORY) : lines === 0 && /level=error|^tconnectsync-heroku: /m.test(said), where);
}

async function stored() {
  const documents = await simulator.documents();
  const strip = ({ _id, srvModified, srvCreated, identifier, sysTime, ...rest }) => JSON.stringify(rest, Object.keys(rest).sort());
  return ['treatments', 'entries'].flatMap((name) => documents[name].map(strip).sort());
}

const SYNC = ['sync', '--quiet', '--from', date(2), '--to', date(0)];

// A clean run; gives what is stored behind it.
async function cleanSync(home) {
  const program = begin(home, SYNC);
  assert.deepEqual(await program.ended, { status: 0, signal: null }, program.stderr);
  return stored();
}

test('a sync without memory at one place ends in order, and the next one finishes its work', { timeout: 7200000 }, async (t) => {
  const home = folder(t);
  const shared = control(home);
  const wanted = await cleanSync(home);
  assert.ok(wanted.length > 100);
  await simulator.reset();
  fs.rmSync(path.join(home, '.cache'), { recursive: true, force: true });
  assert.equal((await begin(home, SYNC, preload(shared)).ended).status, 0);
  const all = shared.points();
  let failed = 0;
  for (const [i, point] of points(all, 30).entries()) {
    await simulator.reset();
    fs.rmSync(path.join(home, '.cache'), { recursive: true, force: true });
    shared.reset(point);
    const program = begin(home, SYNC, preload(shared));
    const ended = await program.ended;
    assertOrderly(ended, program, point);
    failed += ended.status;
    if (ended.status === 0) assert.deepEqual(await stored(), wanted, `allocation ${point}`);
    if (i % 3 === 0) assert.deepEqual(await cleanSync(home), wanted, `allocation ${point}`);
  }
  assert.ok(failed > 0, 'no failed allocation was felt');
  t.diagnostic(`${shared.count()} allocations on ${all.length} paths, ${failed} runs failed`);
});

test('a server without memory at one place of its start ends in order or starts', { timeout: 7200000 }, async (t) => {
  const home = folder(t);
  const shared = control(home);
  const env = { PORT: '0', LISTEN_HOST: '127.0.0.1', TCONNECTSYNC_HEROKU_SECRET: SECRET, TCONNECTSYNC_HEROKU_INTERVAL_MINS: '0', ...preload(shared) };
  const startAt = async (point) => {
    shared.reset(point);
    const server = begin(home, [], env);
    const starts = server.says(/module=serve version=/).catch(() => false);
    await Promise.race([starts, server.ended]);
    const all = shared.points();
    if (!server.hasEnded) server.child.kill('SIGTERM');
    assertOrderly(await server.ended, server, point);
    return all;
  };
  const all = await startAt(0);
  for (const point of points(all, 15)) await startAt(point);
  t.diagnostic(`${all.length} paths`);
});

test('a request without memory at one place is answered, or the server ends in order', { timeout: 7200000 }, async (t) => {
  const home = folder(t);
  const shared = control(home);
  const env = { PORT: '0', LISTEN_HOST: '127.0.0.1', TCONNECTSYNC_HEROKU_SECRET: SECRET, TCONNECTSYNC_HEROKU_INTERVAL_MINS: '0', ...preload(shared) };
  let server;
  let port;
  // A fresh one where there is none, or where the paths of the last one's requests are known already.
  const ready = async ({ fresh = false } = {}) => {
    if (server && !server.hasEnded && !fresh) return;
    await server?.stop('SIGKILL');
    shared.reset();
    server = begin(home, [], env);
    [, port] = await server.says(/module=serve version=.* port=(\d+)/);
  };
  const request = (where) => ask(`http://127.0.0.1:${port}${where}`, { headers: { authorization: `Bearer ${SECRET}` } })
    .then(async (answer) => ({ status: answer.status, text: await answer.text() }), () => null);
  for (const [where, sampled] of [['/', 8], ['/status.json', 4], ['/metrics', 4], [`/update?from=${date(2)}`, 10]]) {
    await ready({ fresh: true });
    await simulator.reset();
    const from = shared.count();
    await request(where);
    const all = shared.points(from);
    for (const point of points(all, sampled)) {
      await ready();
      await simulator.reset();
      shared.arm(point);
      const answer = await request(where);
      if (answer) assert.ok(answer.status > 0, `${where}, allocation ${point}`);
      else assertOrderly(await server.ended, server, `${point} of ${where}`);
    }
    t.diagnostic(`${where}: ${all.length} paths`);
  }
  await ready();
  server.child.kill('SIGTERM');
  assertOrderly(await server.ended, server, 'the end');
});
