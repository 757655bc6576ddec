// The first run on a site that 1.0.0 or the Python version has filled: it knows their documents, changes only what the
// rules ask for, and writes down what is settled. On the simulated Nightscout, and on a genuine one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startClock } from './lib/clock.mjs';
import * as nightscouts from './lib/nightscout.mjs';
import { folder, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';

const NOW = '2035-05-16T20:00:00Z';
const numbers = ({ pump_event_id }) => String(pump_event_id).split(',');
const time = ({ created_at }) => Date.parse(created_at);
const milliunits = (list) => list.reduce((sum, { insulin }) => sum + Math.round((insulin ?? 0) * 1000), 0);

// An extended bolus was one document, at its end; where nothing was given at once it had the carbs as well.
function inOnePiece(parts, meals, boluses) {
  const [first] = parts.sort((a, b) => time(a) - time(b));
  const { at, requests } = boluses.find(({ sequence }) => sequence === Number(numbers(first)[0]));
  const meal = meals.find((one) => requests?.includes(Number(numbers(one)[0])));
  return {
    ...meal, ...first, notes: 'Extended Bolus', created_at: new Date(at * 1000).toISOString(), insulin: milliunits(parts) / 1000,
    pump_event_id: [numbers(first)[0], ...(meal ? numbers(meal) : [])].join(),
  };
}

// Documents of today as the versions before wrote them: no source; the words of a pump alone; basal that ran on until
// the pump wrote down its 0; the last Sleep left open.
function asBefore(documents, boluses) {
  const isMeal = (one) => one.eventType === 'Combo Bolus' && !one.insulin;
  const isPart = (one) => one.eventType === 'Combo Bolus' && /^Extended Bolus \(/.test(one.notes);
  const isStop = (one) => one.eventType === 'Temp Basal' && numbers(one)[1] === '0';
  const stops = new Map(documents.filter(isStop).map((one) => [time(one), one]));
  const meals = documents.filter(isMeal);
  const extended = new Map();
  for (const one of documents.filter(isPart)) extended.set(numbers(one)[0], [...(extended.get(numbers(one)[0]) ?? []), one]);
  const pieces = [...extended.values()].map((parts) => inOnePiece(parts, meals, boluses));
  const kept = documents.filter((one) => !isMeal(one) && !isPart(one) && !isStop(one)).map((one) => {
    const stop = one.eventType === 'Temp Basal' && stops.get(Math.round(time(one) + one.duration * 60000));
    return {
      ...one, ...(stop ? { duration: one.duration + stop.duration } : {}),
      ...(one.eventType === 'Combo Bolus' ? {} : { notes: one.notes && one.reason }),
    };
  });
  // Two in one second were kept apart by a millisecond.
  const taken = new Set(kept.map(({ eventType, created_at }) => eventType + created_at));
  for (const one of pieces) if (taken.has(one.eventType + one.created_at)) one.created_at = one.created_at.replace('.000Z', '.001Z');
  return [...kept, ...pieces].map(({ _id, pump_event_source, srvModified, ...one }) => one);
}

const versions = {
  '1.0.0': (one) => one,
  // It wrote no notes but a bolus's.
  'the Python version': ({ notes, ...one }) => (one.eventType === 'Combo Bolus' ? { notes, ...one } : one),
  'a Python version before there were ids': ({ notes, pump_event_id, ...one }) => (one.eventType === 'Combo Bolus' ? { notes, ...one } : one),
};

// Each: {env, fill({treatments, entries}) in place of all that it holds, documents()}.
const simulated = (simulator) => ({
  env: {},
  documents: () => simulator.documents(),
  async fill(documents) {
    await simulator.reset();
    await simulator.control('POST', 'documents', documents);
  },
});

async function genuine(t, clock) {
  // Node dies where its monotonic clock goes back by a hair, as libfaketime's may.
  const nightscout = await nightscouts.start({ env: { ...clock.environment, FAKETIME_DONT_FAKE_MONOTONIC: '1' } });
  t.after(() => nightscout.stop());
  const call = async (method, where, body) => {
    const answer = await nightscout.call(method, where, body);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };
  const documents = async () => ({
    treatments: await nightscout.treatments(), entries: await nightscout.entries(), activity: await call('GET', 'activity.json?count=10'),
  });
  // The server takes utcOffset from the text that it gets.
  const local = ({ created_at, utcOffset, ...one }) => ({
    ...one, created_at: new Date(Date.parse(created_at) + utcOffset * 60000).toISOString().replace('Z', `-${String(-utcOffset / 60).padStart(2, '0')}:00`),
  });
  return {
    env: { NS_URL: nightscout.url, NS_SECRET: nightscout.secret },
    documents,
    async fill({ treatments, entries }) {
      await call('DELETE', `treatments/*?${nightscouts.query({ 'find[created_at][$gte]': '2000', count: 1000000 })}`);
      await call('DELETE', `entries/sgv?${nightscouts.query({ 'find[date][$gte]': 1, count: 1000000 })}`);
      for (const { _id } of (await documents()).activity) await call('DELETE', `activity/${_id}`);
      assert.deepEqual(await documents(), { treatments: [], entries: [], activity: [] });
      await call('POST', 'treatments', treatments.map(local));
      await call('POST', 'entries.json', entries);
      const held = await documents();
      assert.deepEqual([held.treatments.length, held.entries.length], [treatments.length, entries.length]);
    },
  };
}

test('a site that an earlier version has filled', { timeout: 600000 }, async (t) => {
  const clock = startClock(t, NOW);
  const simulator = await start({ seed: 19, historyDays: 8, rare: true }, { environment: clock.environment });
  t.after(() => simulator.stop());
  await simulator.set({ uploadedUntil: Math.floor(clock.now() / 1000) - 1200 });
  const sync = async (env, home, ...words) => {
    const { report, stderr } = await runJson(['sync', ...words], {
      env: { ...simulator.env, ...env, ...clock.environment, TCONNECTSYNC_HEROKU_FEATURES: 'BASAL,BOLUS,PUMP_EVENTS,CGM' }, home,
    });
    assert.equal(report.error, null, stderr.slice(-3000));
    return report;
  };
  await sync({}, folder(t), '--days', '5');
  const today = await simulator.documents();
  const { boluses } = await simulator.truth(String(Math.floor(clock.now() / 1000) - 6 * 86400), String(Math.floor(clock.now() / 1000)));
  const old = asBefore(today.treatments, boluses);
  const entries = today.entries.map(({ _id, pump_event_id, pump_event_source, ...one }) => one);
  // The last basal, as it stood before the newest upload.
  const last = old.filter(({ eventType }) => eventType === 'Temp Basal').sort((a, b) => time(a) - time(b)).at(-1);
  last.duration -= 2;
  assert.ok(Math.max(...old.map(time)) > clock.now() - 3600000);

  for (const [kind, site] of [['simulated', simulated(simulator)], ['genuine', await genuine(t, clock)]]) {
    for (const [version, write] of Object.entries(versions)) {
      await t.test(`${kind}, by ${version}`, async (own) => {
        const home = folder(own);
        await site.fill({ treatments: old.map(write), entries });
        const held = new Map((await site.documents()).treatments.map((one) => [one._id, one]));

        // Of five days, as well as by itself: the whole site is looked at once.
        const report = await sync(site.env, home, '--days', '5');
        const after = await site.documents();
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
        assert.equal(milliunits(after.treatments), milliunits(old));
        assert.equal(after.entries.length, entries.length);
        assert.equal(after.activity.length, 1, 'what is settled');
        // The first run that nobody asked for notes from when on it carries what over; the next one not even that.
        let before = { ...after, activity: null };
        for (let run = 0; run < 2; run += 1) {
          const again = await sync(site.env, home);
          assert.deepEqual([again.created, again.amended, again.deleted], [0, 0, 0]);
          const stands = await site.documents();
          assert.deepEqual(stands, { ...before, activity: before.activity ?? stands.activity });
          before = stands;
        }
      });
    }
  }
});
