// A pump's clock shows neither zone nor summer time: it runs on until somebody sets it. However it was set, or not, and
// however the runs are cut, what stands in Nightscout stands at its true time, the simulator's, and a second run writes
// nothing. What the program wrote when it read everything in the zone is moved.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { folder, run, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';
import { assertTruth } from './lib/truth.mjs';

const FEATURES = 'BASAL,BOLUS,PUMP_EVENTS,CGM';
const HOUR = 3600;
const WHOLE = 'Extended bolus in one piece';

// first and last: the days that are carried over; the history begins with them. now: when it ends. slack: seconds by
// which the pump's own minutes are wrong.
const NEW_YORK = { zone: 'America/New_York' };
const SPRING = { ...NEW_YORK, fixedClock: true, first: '2026-03-07', last: '2026-03-08', now: '2026-03-09T03:00:00' };
const AUTUMN = { ...NEW_YORK, fixedClock: true, first: '2025-11-01', last: '2025-11-02', now: '2025-11-03T03:00:00' };
const SYDNEY_AUTUMN = { zone: 'Australia/Sydney', fixedClock: true, first: '2026-04-04', last: '2026-04-05', now: '2026-04-06T03:00:00' };
const SYDNEY_SPRING = { zone: 'Australia/Sydney', fixedClock: true, first: '2025-10-04', last: '2025-10-05', now: '2025-10-06T03:00:00' };
const MAY = { ...NEW_YORK, first: '2026-05-10', last: '2026-05-11', now: '2026-05-12T03:00:00' };
// The simulator's clock is fixed at January's offset: what was ahead of it before the history began leaves no record.
const SUMMER_IN_NEW_YORK = '2025-10-30T00:00:00,3600';
const WINTER_IN_SYDNEY = '2025-10-02T00:00:00,-3600';

const stories = {
  'spring, never set': SPRING,
  'spring, set in time': { ...SPRING, clockShift: '2026-03-08T03:05:00,3600' },
  'spring, set late': { ...SPRING, clockShift: '2026-03-08T20:10:00,3600' },
  'spring, set twice, first by half an hour': { ...SPRING, clockShift: ['2026-03-08T09:00:00,1800', '2026-03-08T15:00:00,1800'] },
  'autumn, never set': { ...AUTUMN, clockJump: SUMMER_IN_NEW_YORK },
  'autumn, set in the repeated hour': { ...AUTUMN, clockJump: SUMMER_IN_NEW_YORK, clockShift: '2025-11-02T06:20:00Z,-3600' },
  'autumn, set late': { ...AUTUMN, clockJump: SUMMER_IN_NEW_YORK, clockShift: '2025-11-02T20:10:00,-3600' },
  'Sydney\'s autumn, never set': SYDNEY_AUTUMN,
  'Sydney\'s autumn, set in time': { ...SYDNEY_AUTUMN, clockShift: '2026-04-04T16:00:00Z,-3600' },
  'Sydney\'s spring, never set': { ...SYDNEY_SPRING, clockJump: WINTER_IN_SYDNEY },
  'Sydney\'s spring, set late': { ...SYDNEY_SPRING, clockJump: WINTER_IN_SYDNEY, clockShift: '2025-10-05T20:10:00,3600' },
  'travel there and back': { ...MAY, clockShift: ['2026-05-10T10:00:00,-10800', '2026-05-11T16:00:00,10800'] },
  'still abroad': { ...MAY, clockShift: '2026-05-10T10:00:00,-10800' },
  'a.m. for p.m.': { ...MAY, clockShift: ['2026-05-10T09:00:00,43200', '2026-05-11T09:00:00,-43200'] },
  'a date wrong by a day': { ...MAY, clockShift: ['2026-05-10T09:00:00,-86400', '2026-05-11T09:00:00,86400'] },
  'a date wrong by a month': { ...MAY, historyDays: 40, clockShift: ['2026-05-10T09:00:00,-2592000', '2026-05-11T09:00:00,2592000'] },
  'minutes put right': { ...MAY, clockJump: '2026-05-01T00:00:00,240', clockShift: '2026-05-11T09:00:00,-240', slack: 240 },
  'drift of 20 seconds a day': { ...MAY, drift: '2026-05-10T00:00:00,20', slack: 60 },
  'spring, never set, and a phone that uploads three hours late': { ...SPRING, uploadLag: 180 },
  'spring, set in time, and a phone that uploads three hours late': { ...SPRING, clockShift: '2026-03-08T03:05:00,3600', uploadLag: 180 },
  'a jump that the log contradicts': { ...SPRING, clockChanges: 'contradicted' },
  'no clockChanges at all': { ...SPRING, clockShift: '2026-03-08T20:10:00,3600', clockChanges: 'none' },
  'two pumps with different clocks': { ...MAY, replacePump: '2026-05-11', clockJump: '2026-05-11T01:00:01,3600', lastBasal: 300 },
};

const dayAfter = (date) => new Date(Date.parse(`${date}T00:00:00Z`) + 86400000).toISOString().slice(0, 10);
const first = (document) => Number(String(document.pump_event_id).split(',')[0]);
const second = (document) => Math.floor((document.date ?? Date.parse(document.created_at)) / 1000);

// Everything besides basal, by the number of its record (which two pumps may share), at the second of its event. None
// is missing, none is too much, each reading stands once.
function assertInstants({ treatments, entries }, truth, slack) {
  const readings = truth.readings.map(({ sequence, at, sgv }) => ({ sequence, at: Math.floor(at / 1000), sgv }));
  const events = ['suspends', 'resumes', 'alarms', 'malfunctions', 'cartridges', 'cannulas', 'tubings', 'sleeps', 'exercises'].flatMap((kind) => truth[kind])
    .concat(truth.boluses.filter((bolus) => !bolus.extended));
  const bySequence = (list) => list.reduce((map, one) => map.set(one.sequence, [...(map.get(one.sequence) ?? []), one]), new Map());
  const stands = (document, event) => Math.abs(event.at - second(document)) <= slack && (event.sgv === undefined || event.sgv === document.sgv);
  const check = (wanted, documents) => {
    const [known, stored] = [bySequence(wanted), bySequence(documents.map((document) => Object.assign(document, { sequence: first(document) })))];
    const wrong = documents.filter((document) => known.has(document.sequence) && !known.get(document.sequence).some((event) => stands(document, event)));
    assert.deepEqual(wrong.slice(0, 3), []);
    assert.deepEqual(wanted.filter((event) => !stored.get(event.sequence)?.some((document) => stands(document, event))).slice(0, 3), []);
  };
  check(events, treatments.filter(({ eventType }) => eventType !== 'Temp Basal'));
  check(truth.boluses.filter((bolus) => bolus.extended && treatments.some((document) => document.notes === WHOLE && first(document) === bolus.sequence)),
    treatments.filter(({ notes }) => notes === WHOLE));
  check(readings, entries);
  assert.equal(new Set(entries.map((entry) => `${entry.pump_event_source} ${first(entry)}`)).size, entries.length, 'each reading once');
  if (slack === 0) assert.equal(entries.length, readings.length);
}

// The end as the zone read it: the parts tell it to about a second, the truth to whole minutes.
function inOnePiece(number, parts, boluses) {
  const times = parts.map(({ created_at: at }) => Date.parse(at) / 1000).sort((a, b) => a - b);
  const about = times.at(-1) + (times.at(-1) - times[0]) / (times.length - 1) / 2;
  const { at, milliunits } = boluses.find(({ sequence, extended }) => extended && sequence === number);
  const read = at + Math.round((about - at) / 60) * 60;
  return { ...parts[0], created_at: new Date(read * 1000).toISOString(), pump_event_id: String(number), insulin: milliunits / 1000, notes: WHOLE };
}

async function prepare(t, { first: firstDay, last, slack = 0, lastBasal = 1, now, ...options }) {
  const days = (Date.parse(dayAfter(last)) - Date.parse(firstDay)) / 86400000;
  const simulator = await start({ seed: 41, historyDays: days, now, ...options });
  t.after(() => simulator.stop());
  const home = folder(t);
  const env = { ...simulator.env, CACHE_CREDENTIALS: 'true' };
  const sync = async (from = firstDay, to = last, more = {}) => {
    const { report, stderr } = await runJson(['sync', '--features', FEATURES, '--from', from, '--to', to], { env: { ...env, ...more }, home });
    assert.equal(report.result, 'ok', stderr.slice(-2000));
    return report;
  };
  return {
    simulator,
    sync,
    async isTrue() {
      const [documents, truth] = await Promise.all([simulator.documents(), simulator.truth(firstDay, dayAfter(last))]);
      if (slack === 0) assertTruth(documents, truth, { slack: lastBasal });
      assertInstants(documents, truth, slack);
    },
    async isDone() {
      const { created, amended, deleted } = await sync();
      assert.deepEqual({ created, amended, deleted }, { created: 0, amended: 0, deleted: 0 });
    },
    // As version 1.0.0 wrote: every time read in the zone, no source, extended boluses in one piece.
    async writeAsBefore() {
      await sync(firstDay, last, { PUMP_CLOCK: 'zone' });
      const [{ treatments, entries }, { boluses }] = await Promise.all([simulator.documents(), simulator.truth(Date.parse(firstDay) / 1000 - 2 * 86400, now)]);
      const old = ({ pump_event_source, ...document }) => document;
      const parts = new Map();
      for (const part of treatments.filter((document) => /^\d+,\d+,\d+$/.test(document.pump_event_id) && document.notes?.startsWith('Extended'))) {
        parts.set(first(part), [...(parts.get(first(part)) ?? []), part]);
      }
      const isTold = ([number]) => boluses.some(({ sequence, extended }) => extended && sequence === number); // else version 1.0.0 had not read it
      const wholes = [...parts].filter(isTold).map(([number, all]) => inOnePiece(number, all, boluses));
      await simulator.reset();
      await simulator.control('POST', 'documents', {
        treatments: [...treatments.filter((document) => !parts.get(first(document))?.includes(document)), ...wholes].map(old), entries: entries.map(old),
      });
    },
  };
}

// Hour by hour takes as long as all the rest: these stand for the others but in bin/test --all.
const HOURLY = ['spring, set late', 'autumn, never set', 'travel there and back', 'drift of 20 seconds a day', 'two pumps with different clocks'];

describe('the pump\'s clock', { concurrency: 2 }, () => {
  for (const [name, story] of Object.entries(stories)) {
    test(`${name}: at once, day by day, and hour by hour over what version 1.0.0 wrote`, async (t) => {
      const { simulator, sync, isTrue, isDone, writeAsBefore } = await prepare(t, story);
      await sync();
      await isTrue();
      await isDone();

      await simulator.reset();
      for (let day = story.first; day <= story.last; day = dayAfter(day)) await sync(day, day);
      await isTrue();
      if (!process.env.TEST_ALL && !HOURLY.includes(name)) return;

      await simulator.reset();
      const end = (await simulator.truth(story.first, story.now)).newest;
      const lag = story.uploadLag ? story.uploadLag * 60 : 0;
      await simulator.control('POST', 'hold', { from: end - 12 * HOUR, to: end - 10 * HOUR, until: end - 3 * HOUR });
      for (let at = end - 21 * HOUR; at < end; at += 6 * HOUR) {
        await simulator.set({ uploadedUntil: at + lag });
        await (at === end - 21 * HOUR ? writeAsBefore() : sync());
      }
      await simulator.set({ uploadedUntil: end + lag });
      await sync();
      await isTrue();
      await isDone();
    });
  }
});

// By the real clock, whatever day it is: the simulator's clock follows the zone, but for what is set.
test('check tells what the pump\'s clock is worth, by the newest upload alone', async (t) => {
  for (const [options, env, wanted] of [
    [{}, {}, /^(?![\s\S]*clock is)/],
    [{ clockJump: '2020-01-01T00:00:00,7200' }, { TIMEZONE_NAME: 'Asia/Dubai' }, /Note: The pump's clock is 120 minutes ahead of Dubai time, and was so all the time\. Most likely TIMEZONE_NAME/],
    [{ clockJump: '2020-01-01T00:00:00,7200' }, { TIMEZONE_NAME: 'Asia/Dubai', PUMP_CLOCK: 'zone' }, /newest event lies \d+ minutes after its upload/],
  ]) {
    const simulator = await start({ seed: 41, historyDays: 1, zone: 'Asia/Dubai', ...options });
    t.after(() => simulator.stop());
    const { stdout } = await run(['check'], { home: folder(t), env: { ...simulator.env, CACHE_CREDENTIALS: 'false', ...env } });
    assert.match(stdout, wanted);
  }
});
