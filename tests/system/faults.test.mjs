// Random faults, restarts, two writers and features that come and go: once all is calm again, every event is there once
// and right.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startClock } from './lib/clock.mjs';
import { folder, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';
import { assertAlmostSame } from './lib/truth.mjs';

const HOUR = 3600;
// One that is switched off and on again is not carried over in between; the first three always are.
const FEATURES = ['BASAL,BOLUS,PUMP_EVENTS', 'BASAL,BOLUS,PUMP_EVENTS,CGM', 'BASAL,BOLUS,PUMP_EVENTS,CGM_ALERTS,PROFILES'];
const BODY = { contentType: 'application/json', body: '{"status":500}' };
const trouble = [
  { kind: 'answer', site: 'nightscout', method: 'POST', path: '/api/v1/*', status: 500, count: 7, ...BODY },
  { kind: 'answer', site: 'nightscout', method: 'PUT', path: '/api/v1/*', status: 503, count: 2, ...BODY },
  { kind: 'lose-answer', site: 'nightscout', method: 'POST', path: '/api/v1/treatments', count: 2 },
  { kind: 'store-half', site: 'nightscout', method: 'POST', path: '/api/v1/*', count: 1 },
  { kind: 'null', site: 'nightscout', path: '/api/v1/treatments.json*', count: 2 },
  { kind: 'null', site: 'nightscout', path: '/api/v1/activity*', count: 1 },
  { kind: 'lose-answer', site: 'nightscout', path: '/api/v1/activity', count: 1 },
  { kind: 'truncate', site: 'tandem', path: '/api/reports/bff/pump-logs/*', bytes: 30000, count: 1 },
  { kind: 'answer', site: 'tandem', path: '/api/reports/bff/*', status: 503, count: 5, ...BODY },
];

// A minute each: in bin/test --all.
for (const seed of [3, 4, 5]) {
  test(`two days of trouble, seed ${seed}`, { timeout: 300000, skip: !process.env.TEST_ALL }, async (t) => {
    const clock = startClock(t, '2035-05-14T09:00:00Z');
    const simulator = await start({ seed, historyDays: 5, rare: true }, { environment: clock.environment });
    t.after(() => simulator.stop());
    const now = () => Math.floor(clock.now() / 1000);
    const homes = [folder(t), folder(t)];
    let random = seed;
    const below = (limit) => {
      random = (random * 1103515245 + 12345) % 2147483648;
      return Math.floor((random / 2147483648) * limit);
    };
    const sync = (features, writer = 0, words = []) => runJson(['sync', ...words], {
      env: { ...simulator.env, ...clock.environment, TCONNECTSYNC_HEROKU_FEATURES: features }, home: homes[writer], seconds: 200,
    });
    const begin = now();
    await simulator.set({ uploadedUntil: begin - 1200 });
    assert.equal((await sync(FEATURES[0])).report.error, null);
    let failed = 0;
    for (let i = 0; i < 12; i += 1) {
      clock.forward((2 + below(5)) * HOUR);
      await simulator.set({ uploadedUntil: now() - 1200 - below(4) * HOUR });
      await simulator.noFaults();
      await simulator.fault({ ...trouble[below(trouble.length)], skip: below(3) }, trouble[below(trouble.length)]);
      const features = FEATURES[below(10) < 8 ? 0 : 1 + below(2)];
      const runs = await Promise.all(below(3) ? [sync(features)] : [sync(features), sync(features, 1)]);
      failed += runs.filter(({ report }) => report.error).length;
    }
    assert.ok(failed > 0, 'some of it made runs fail');
    await simulator.noFaults();
    clock.forward(HOUR);
    const end = now() - 1200;
    await simulator.set({ uploadedUntil: end });
    for (let i = 0; i < 2; i += 1) assert.equal((await sync(FEATURES[0], i)).report.error, null);
    const days = Math.floor((now() - begin) / 86400);
    const within = ({ treatments }) => ({ entries: [], treatments: treatments.filter((one) => {
      const at = Date.parse(one.created_at) / 1000;
      return one.eventType !== 'CGM Alert' && at > now() - days * 86400 + 600 && at < end - 600;
    }) });
    const lived = await simulator.documents();
    await simulator.reset();
    const { report } = await sync(FEATURES[0], 0, ['--days', String(days)]);
    assert.equal(report.error, null);
    assert.ok(report.created > 200);
    assertAlmostSame(within(lived), within(await simulator.documents()));
  });
}
