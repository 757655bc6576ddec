// A week of the server's life within a minute: the test drives the clock of server and simulators. Restarts, outages,
// tokens that run out and the end of summer time; then every document is there once, as if nothing had happened.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from './lib/child.mjs';
import { startClock } from './lib/clock.mjs';
import { startServer } from './lib/daemon.mjs';
import { folder, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';
import { assertAlmostSame, assertTruth } from './lib/truth.mjs';

const HOUR = 3600;
const FEATURES = 'BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS';
const BEGIN = '2035-11-01T09:00:00Z'; // in New York summer time ends on the 4th
const FROM = '2035-11-01', TO = '2035-11-07';

test('a week with restarts, outages and the end of summer time: every document is there once', { timeout: 900000 }, async (t) => {
  const clock = startClock(t, BEGIN);
  const simulator = await start({ seed: 61, historyDays: 4, uploadEvery: 60, expiresIn: 8 * HOUR }, { environment: clock.environment });
  t.after(() => simulator.stop());
  const home = folder(t);
  const env = {
    ...simulator.env, ...clock.environment, CACHE_CREDENTIALS: 'true',
    TCONNECTSYNC_HEROKU_INTERVAL_MINS: '15', TCONNECTSYNC_HEROKU_FEATURES: FEATURES,
  };
  let daemon = await startServer({ env, home });
  t.after(() => daemon.server.child.kill('SIGKILL'));
  assert.equal((await daemon.get('/healthz')).text.trim(), 'starting');
  let runs = 0, failed = 0;

  // What a run waits for by the clock (a repeat, a time-out) comes quickly.
  async function settle() {
    for (let i = 0; ; i += 1) {
      const status = await daemon.status();
      if (!status.running) return status;
      await sleep(5);
      if (i > 60) clock.forward(1);
    }
  }
  async function pass(hours, { step = 900 } = {}) {
    const end = clock.now() + hours * HOUR * 1000;
    while (clock.now() < end) {
      clock.forward(step);
      await daemon.get('/livez'); // wakes both from their sleep
      await settle();
    }
  }
  async function leave(signal) {
    const { runs: ended } = await daemon.status();
    runs += ended[0]?.number ?? 0;
    const metrics = (await daemon.secretly('/metrics')).text;
    failed += Number(/runs_total\{result="failed"\} (\d+)/.exec(metrics)[1]);
    daemon.server.child.kill(signal);
    return daemon.server.ended;
  }
  const come = async () => { daemon = await startServer({ env, home }); };

  await pass(20);
  await simulator.fault({ kind: 'answer', site: 'tandem', path: '*', status: 503, body: '<html>down</html>', count: -1 });
  await pass(3, { step: 120 });
  assert.equal((await daemon.get('/healthz')).text.trim(), 'failing');
  await simulator.noFaults();
  await pass(16);

  // Killed in the middle of its writes.
  await simulator.set({ latency: 40 });
  const killed = daemon.secretly('/update?days=2').catch(() => {});
  await daemon.server.says(/step=write/, { stream: 'stdout' });
  assert.equal((await leave('SIGKILL')).signal, 'SIGKILL');
  await killed;
  await simulator.set({ latency: 0 });
  await come();
  await pass(18);

  await simulator.fault({ kind: 'answer', site: 'nightscout', path: '*', status: 502, body: '<html>asleep</html>', count: -1 });
  await pass(6, { step: 120 });
  await simulator.noFaults();
  await pass(10); // over the night in which the hour repeats

  // Away for longer than a day; the look-back fills what was missed.
  assert.equal((await leave('SIGTERM')).status, 0);
  clock.forward(30 * HOUR);
  await come();
  await pass(12);

  await simulator.control('POST', 'revoke');
  await simulator.fault(
    { kind: 'stall', site: 'tandem', path: '*pump-logs*', skip: 8, count: 1 },
    { kind: 'lose-answer', site: 'nightscout', method: 'POST', path: '*treatments*', skip: 3, count: 2 },
    { kind: 'store-half', site: 'nightscout', method: 'POST', path: '*entries*', skip: 5, count: 2 });
  await pass(56);
  assert.equal((await daemon.get('/healthz')).text.trim(), 'ok');
  assert.equal((await leave('SIGTERM')).status, 0);
  const statistics = await simulator.statistics();

  const truth = await simulator.truth(FROM, `${TO}T23:59:59`);
  assert.ok(truth.newest > truth.to, 'the week has been uploaded in full');
  const within = ({ treatments, entries }) => ({
    treatments: treatments.filter((one) => Date.parse(one.created_at) / 1000 >= truth.from && Date.parse(one.created_at) / 1000 < truth.to),
    entries: entries.filter((one) => one.date / 1000 >= truth.from && one.date / 1000 < truth.to),
  });
  const held = within(await simulator.documents());
  assertTruth(held, truth, { slack: 1 });
  await simulator.reset();
  const { report } = await runJson(['sync', '--features', FEATURES, '--from', FROM, '--to', '2035-11-08'], { env, home });
  assert.equal(report.result, 'ok');
  assertAlmostSame(held, within(await simulator.documents()));

  console.log(`a week: ${runs} runs, ${failed} failed; ${statistics.logins} sign-ins, ${statistics.requestCount} requests`);
  assert.ok(statistics.logins <= 30, `${statistics.logins} sign-ins`);
});
