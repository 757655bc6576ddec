// Sixty made-up days, several pumps' worth: what stands in Nightscout is what the pump did, however the runs are cut.
// The simulator tells the truth from its own scenario, not from the records that the program reads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';

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

// Without what the server adds: an amended document has its offset told anew.
function stripped(documents) {
  const strip = ({ _id, utcOffset, ...rest }) => JSON.stringify(rest, Object.keys(rest).sort());
  return { treatments: documents.treatments.map(strip).sort(), entries: documents.entries.map(strip).sort() };
}

// A basal whose end became known late keeps a duration that is right to the second.
function assertAlmostSame(held, wanted) {
  const rounded = (documents) => documents.treatments.map(({ _id, utcOffset, duration, ...rest }) => [JSON.stringify(rest, Object.keys(rest).sort()), duration])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const [left, right] = [rounded(held), rounded(wanted)];
  assert.deepEqual(left.map(([text]) => text), right.map(([text]) => text));
  left.forEach(([text, duration], i) => assert.ok(duration === right[i][1] || Math.abs(duration - right[i][1]) <= 1.001 / 60, text));
  assert.deepEqual(stripped({ treatments: [], entries: held.entries }), stripped({ treatments: [], entries: wanted.entries }));
}

const first = (document) => Number(String(document.pump_event_id).split(',')[0]);

function assertTruth(documents, { days, basal }) {
  // The last basal is not over yet: it is given five minutes at least.
  const truth = { days, basal: basal.map((one) => ({ ...one, end: one.open ? Math.max(one.end, one.at + 300) : one.end })) };
  const basals = documents.treatments.filter((document) => document.eventType === 'Temp Basal')
    .sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
  const held = basals.map((document) => ({
    sequence: first(document), at: Math.floor(Date.parse(document.created_at) / 1000), // two in one second differ by a millisecond
    end: Math.round(Date.parse(document.created_at) / 1000 + document.duration * 60), rate: Math.round(document.absolute * 1000),
  }));
  const told = new Map(held.map((one) => [one.sequence, one]));
  assert.equal(told.size, held.length, 'each basal once');
  const wrong = truth.basal.filter(({ sequence, at, end, rate }) => {
    const one = told.get(sequence);
    return !one || one.at !== at || one.end !== end || one.rate !== rate;
  }).map((one) => ({ pump: one, nightscout: told.get(one.sequence) }));
  assert.deepEqual(wrong.slice(0, 3), []);
  assert.equal(held.length, truth.basal.length);

  // No gap but where the pump was off, no overlap; insulin adds up to 0.001 U a day.
  for (let i = 1; i < held.length; i += 1) {
    if (!truth.basal[i - 1].off) assert.equal(held[i].at, held[i - 1].end, `basal ${held[i - 1].sequence}`);
  }
  const delivered = held.reduce((sum, one) => sum + one.rate * (one.end - one.at), 0) / 3600000;
  const wanted = truth.basal.reduce((sum, one) => sum + one.rate * (one.end - one.at), 0) / 3600000;
  assert.ok(Math.abs(delivered - wanted) < 0.001);
  const boluses = documents.treatments.filter((document) => document.eventType === 'Combo Bolus');
  const bolus = boluses.reduce((sum, document) => sum + Math.round((document.insulin ?? 0) * 1000), 0);
  assert.equal(bolus, Object.values(truth.days).reduce((sum, one) => sum + one.bolusMilliunits, 0));
}

for (const [name, options] of Object.entries({
  'a plain pump': { seed: 21 },
  'a pump that was switched off twice': { seed: 22, off: ['2026-10-03T04:00:00,2026-10-03T09:30:00', '2026-11-01T00:40:00,2026-11-01T02:10:00'] },
  'a pump whose numbers began anew': { seed: 23, newGroup: '2026-10-15' },
})) {
  test(`${name}: sixty days in one run, and day by day in any order, end in the same documents`, { timeout: 600000 }, async (t) => {
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
    hold: ['2026-10-31T08:00:00,2026-10-31T10:00:00,2026-10-31T15:00:00', '2026-11-01T00:30:00,2026-11-01T03:00:00,2026-11-01T07:00:00'],
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
