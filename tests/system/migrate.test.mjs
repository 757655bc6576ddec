// The first run on a site that 1.0.0 or the Python version has filled: it knows their documents, changes only what the
// rules ask for, and writes down what is settled.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startClock } from './lib/clock.mjs';
import { folder, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';

const NOW = '2035-05-16T20:00:00Z';
const numbers = ({ pump_event_id }) => String(pump_event_id).split(',');
const time = ({ created_at }) => Date.parse(created_at);
const milliunits = (list) => list.reduce((sum, { insulin }) => sum + Math.round((insulin ?? 0) * 1000), 0);

// An extended bolus was one document, at its end; where nothing was given at once it had the carbs as well.
function inOnePiece(parts, meals) {
  const [first, second] = parts.sort((a, b) => time(a) - time(b));
  const half = second ? (time(second) - time(first)) / 2 : 0;
  const end = time(parts.at(-1)) + half;
  const begin = time(first) - half;
  const meal = meals.find((one) => Math.abs(time(one) - begin) < 300000);
  return {
    ...meal, ...first, notes: 'Extended Bolus', created_at: new Date(end).toISOString(), insulin: milliunits(parts) / 1000,
    pump_event_id: [numbers(first)[0], ...(meal ? numbers(meal) : [])].join(),
  };
}

// Documents of today as the versions before wrote them: no source; the words of a pump alone; basal that ran on until
// the pump wrote down its 0; the last Sleep left open.
function asBefore(documents) {
  const isMeal = (one) => one.eventType === 'Combo Bolus' && !one.insulin;
  const isPart = (one) => one.eventType === 'Combo Bolus' && /^Extended Bolus/.test(one.notes) && numbers(one).length === 3;
  const isStop = (one) => one.eventType === 'Temp Basal' && numbers(one)[1] === '0';
  const stops = new Map(documents.filter(isStop).map((one) => [time(one), one]));
  const meals = documents.filter(isMeal);
  const extended = Map.groupBy?.(documents.filter(isPart), (one) => numbers(one)[0])
    ?? documents.filter(isPart).reduce((map, one) => map.set(numbers(one)[0], [...(map.get(numbers(one)[0]) ?? []), one]), new Map());
  const pieces = [...extended.values()].map((parts) => inOnePiece(parts, meals));
  const kept = documents.filter((one) => !isMeal(one) && !isPart(one) && !isStop(one)).map((one) => {
    const stop = one.eventType === 'Temp Basal' && stops.get(Math.round(time(one) + one.duration * 60000));
    return {
      ...one, ...(stop ? { duration: one.duration + stop.duration } : {}),
      ...(one.eventType === 'Combo Bolus' ? {} : { notes: one.notes && one.reason }),
    };
  });
  return [...kept, ...pieces].map(({ _id, pump_event_source, srvModified, ...one }) => one);
}

const versions = {
  '1.0.0': (one) => one,
  // It wrote no notes but a bolus's.
  'the Python version': ({ notes, ...one }) => (one.eventType === 'Combo Bolus' ? { notes, ...one } : one),
  'a Python version before there were ids': ({ notes, pump_event_id, ...one }) => (one.eventType === 'Combo Bolus' ? { notes, ...one } : one),
};

for (const [version, write] of Object.entries(versions)) {
  test(`a site that ${version} has filled`, { timeout: 300000 }, async (t) => {
    const clock = startClock(t, NOW);
    const simulator = await start({ seed: 19, historyDays: 8, rare: true }, { environment: clock.environment });
    t.after(() => simulator.stop());
    await simulator.set({ uploadedUntil: Math.floor(clock.now() / 1000) - 1200 });
    const env = { ...simulator.env, ...clock.environment, TCONNECTSYNC_HEROKU_FEATURES: 'BASAL,BOLUS,PUMP_EVENTS,CGM' };
    const home = folder(t);
    const sync = async (...words) => {
      const { report, stderr } = await runJson(['sync', ...words], { env, home });
      assert.equal(report.error, null, stderr.slice(-3000));
      return report;
    };
    await sync('--days', '5');
    const today = await simulator.documents();
    const before = asBefore(today.treatments).map(write);
    await simulator.reset();
    const end = Math.max(...before.map(time));
    // The last basal, as it stood before the newest upload.
    const last = before.filter(({ eventType }) => eventType === 'Temp Basal').find((one) => time(one) === Math.max(...before.filter(({ eventType }) => eventType === 'Temp Basal').map(time)));
    last.duration -= 2;
    await simulator.control('POST', 'documents', {
      treatments: before, entries: today.entries.map(({ _id, pump_event_id, pump_event_source, ...one }) => one),
    });
    const held = new Map((await simulator.documents()).treatments.map((one) => [one._id, one]));
    assert.ok(end > clock.now() - 3600000);

    // Of five days, as well as by itself: the whole site is looked at once.
    const report = await sync('--days', '5');
    const after = (await simulator.documents());
    const created = after.treatments.filter(({ _id }) => !held.has(_id));
    const changed = after.treatments.filter((one) => held.has(one._id) && JSON.stringify(one) !== JSON.stringify(held.get(one._id)));
    assert.ok(created.length >= 2, 'suspensions whose 0 came late');
    for (const one of created) {
      assert.deepEqual([one.eventType, numbers(one)[1], one.absolute], ['Temp Basal', '0', 0], JSON.stringify(one));
    }
    // Each basal that ran on over a suspension, and the last one.
    const stops = new Set(created.map(time));
    for (const one of changed) {
      const { duration, ...rest } = one;
      const { duration: ran, ...stood } = held.get(one._id);
      assert.deepEqual(rest, stood, 'nothing but its duration');
      assert.ok(stops.has(Math.round(time(one) + duration * 60000)) || time(one) === time(last), JSON.stringify(one));
      assert.ok(time(one) === time(last) || duration < ran);
    }
    assert.equal(changed.length, report.amended);
    assert.equal(milliunits(after.treatments), milliunits(before));
    assert.equal(after.entries.length, today.entries.length);
    assert.equal(after.activity.length, 1, 'what is settled');
    const again = await sync();
    assert.deepEqual([again.created, again.amended], [0, 0]);
  });
}
