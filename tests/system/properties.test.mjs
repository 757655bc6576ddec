// Sixty made-up days, several pumps' worth: what stands in Nightscout is what the pump did, however the runs are cut.
// The simulator tells the truth from its own scenario, not from the records that the program reads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
