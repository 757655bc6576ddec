// Sixty made-up days, several pumps' worth: what stands in Nightscout is what the pump did, however the runs are cut.
// The simulator tells the truth from its own scenario, not from the records that the program reads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startClock } from './lib/clock.mjs';
import { personAt } from './lib/person.mjs';
import { folder, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';
import { assertAlmostSame, assertTruth, stripped } from './lib/truth.mjs';

const FEATURES = 'BASAL,BOLUS,PUMP_EVENTS,CGM,CGM_ALERTS';
// Over the end of summer time in New York, which is 2026-11-01.
const FIRST = '2026-09-22';
const LAST = '2026-11-20';

function dates(first, last) {
  const list = [];
  for (let at = Date.parse(`${first}T00:00:00Z`); at <= Date.parse(`${last}T00:00:00Z`); at += 86400000) {
    list.push(new Date(at).toISOString().slice(0, 10));
  }
  return list;
}

async function prepare(t, options) {
  const simulator = await start({ historyDays: 65, now: `${LAST}T23:30:00`, ...options });
  t.after(() => simulator.stop());
  const home = folder(t);
  const env = { ...simulator.env, CACHE_CREDENTIALS: 'true' };
  const sync = async (from, to) => {
    const { report, stderr } = await runJson(['sync', '--features', FEATURES, '--from', from, '--to', to], { env, home });
    assert.equal(report.result, 'ok', stderr.slice(-2000));
    return report;
  };
  return { simulator, sync };
}

// The C properties live such lives at every run; here one stands for the others but in bin/test --all.
for (const [name, options] of Object.entries({
  'a plain pump': { seed: 21 },
  'a pump that was switched off twice': { seed: 22, off: ['2026-10-03T04:00:00,2026-10-03T09:30:00', '2026-11-01T02:40:00,2026-11-01T04:10:00'] },
  'a pump whose numbers began anew': { seed: 23, newGroup: '2026-10-15' },
})) {
  test(`${name}: sixty days in one run, and day by day in any order, end in the same documents`, { timeout: 600000, skip: !process.env.TEST_ALL && !options.newGroup }, async (t) => {
    const { simulator, sync } = await prepare(t, options);
    await sync(FIRST, LAST);
    const once = await simulator.documents();
    assertTruth(once, await simulator.truth(FIRST, `${LAST}T23:30:00`));
    assert.equal((await sync(FIRST, LAST)).created, 0);

    await simulator.reset();
    const days = dates(FIRST, LAST);
    let random = options.seed;
    while (days.length > 0) {
      random = (random * 1103515245 + 12345) % 2147483648;
      const [day] = days.splice(random % days.length, 1);
      await sync(day, day);
      if (random % 7 === 0) await sync(day, day);
    }
    assert.deepEqual(stripped(await simulator.documents()), stripped(once));
  });
}

test('hour by hour, with records that arrive late, ends in what one run over everything leaves', { timeout: 600000 }, async (t) => {
  const { simulator, sync } = await prepare(t, {
    seed: 24,
    // Not an hour to the minute: an upload that brings what is an hour old looks like a clock that is an hour slow. And not
    // the record of the clock's own jump: what is read without it is an hour off until it comes.
    hold: ['2026-10-31T08:30:00,2026-10-31T10:00:00,2026-10-31T15:00:00', '2026-11-01T02:30:00,2026-11-01T05:00:00,2026-11-01T09:00:00'],
  });
  for (let at = Date.parse('2026-10-31T04:00:00Z') / 1000; at <= Date.parse('2026-11-02T05:00:00Z') / 1000; at += 3600) {
    await simulator.set({ uploadedUntil: at });
    await sync('2026-10-31', '2026-11-01');
  }
  await simulator.set({ uploadedUntil: Date.parse('2026-11-03T05:00:00Z') / 1000 });
  await sync('2026-10-31', '2026-11-01');
  const hourly = await simulator.documents();
  await simulator.reset();
  await sync('2026-10-31', '2026-11-01');
  assertAlmostSame(hourly, await simulator.documents());
});

const nightscout = (kind, method, path, rest = {}) => ({ kind, site: 'nightscout', method, path: `/api/v1/${path}`, count: 1, ...rest });
const TROUBLE = [
  nightscout('answer', 'POST', '*', { status: 500, contentType: 'application/json', body: '{"status":500}' }),
  nightscout('answer', 'PUT', '*', { status: 503, contentType: 'application/json', body: '{"status":503}' }),
  nightscout('lose-answer', 'POST', 'treatments'), nightscout('store-half', 'POST', '*'), nightscout('null', 'GET', 'treatments.json*'), nightscout('null', 'GET', 'activity*'),
  nightscout('lose-answer', undefined, 'activity'), { kind: 'truncate', site: 'tandem', path: '/api/reports/bff/pump-logs/*', bytes: 30000, count: 1 },
];
const HOUR = 3600;
const DAILY = 'BASAL,BOLUS,PUMP_EVENTS';
const LATE = [undefined, 11, 20, 21, 64, 229, 279]; // codes of records that come late; all of an hour

// Every sync is a process of its own. Each seed is a life; in bin/test the short one, which edits a part of an extended bolus too,
// stands for the others.
for (const [seed, steps] of process.env.TEST_ALL ? [[31, 12], [32, 12], [33, 16], [34, 16], [35, 16]] : [[32, 3]]) {
  test(`a person's hand, faults, late records, two writers and features that come and go, seed ${seed}: what nobody touched is right, the rest as it was left`, { timeout: 600000 }, async (t) => {
    const clock = startClock(t, '2035-05-14T16:00:00Z');
    const simulator = await start({ seed, historyDays: 3, rare: true }, { environment: clock.environment });
    t.after(() => simulator.stop());
    const now = () => Math.floor(clock.now() / 1000);
    const homes = [folder(t), folder(t)];
    let state = seed;
    const random = (limit) => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return Math.floor((state / 2147483648) * limit);
    };
    const sync = (features, writer = 0, words = []) => runJson(['sync', ...words], {
      env: { ...simulator.env, ...clock.environment, TCONNECTSYNC_HEROKU_FEATURES: features }, home: homes[writer], seconds: 200,
    });
    const good = async (...words) => {
      const { report, stderr } = await sync(DAILY, 0, words);
      assert.equal(report.error, null, stderr.slice(-2000));
      return report;
    };
    const from = Date.parse('2035-05-14T04:00:00Z');
    const person = personAt(simulator, random);
    await simulator.set({ uploadedUntil: now() - 1200 });
    await good();
    await person.edit(6, from + HOUR * 1000, true);
    for (let i = 0; i < steps; i += 1) {
      const before = now();
      clock.forward((2 + random(5)) * HOUR);
      const held = before + random(now() - before - HOUR);
      const code = LATE[random(LATE.length)];
      await simulator.control('POST', 'hold', { from: held, to: held + HOUR, until: now() + random(9) * HOUR, ...(code ? { code } : {}) });
      await simulator.set({ uploadedUntil: now() - 1200 });
      const calm = random(2) === 0;
      if (!calm) await simulator.fault({ ...TROUBLE[random(TROUBLE.length)], skip: random(3) }, TROUBLE[random(TROUBLE.length)]);
      const features = DAILY + ['', '', '', ',CGM', ',CGM_ALERTS'][random(5)];
      const runs = await Promise.all(random(3) ? [sync(features)] : [sync(features), sync(features, 1)]);
      await simulator.noFaults();
      // What was stored when nobody could write down that it was may come back.
      const wasGood = calm && runs.every(({ report }) => !report.error);
      await person.edit(1 + random(5), from + HOUR * 1000, wasGood);
    }
    await simulator.control('DELETE', 'hold');
    clock.forward(HOUR);
    const end = now() - 1200;
    await simulator.set({ uploadedUntil: end });
    await good();
    const { created, amended } = await good();
    assert.deepEqual([created, amended], [0, 0]);
    const within = (documents) => documents.treatments.filter(({ created_at, eventType }) => Date.parse(created_at) >= from && eventType !== 'CGM Alert');
    const lived = within(await simulator.documents());
    await simulator.reset();
    await good('--from', '2035-05-14');
    const once = within(await simulator.documents());
    assertTruth({ treatments: once }, await simulator.truth('2035-05-14', String(end + 1)));
    const [held, wanted] = person.settle(lived, once);
    assertAlmostSame({ treatments: held, entries: [] }, { treatments: wanted, entries: [] });
    assert.ok(person.count() > 2 * steps, `${person.count()} edits`);
  });
}
