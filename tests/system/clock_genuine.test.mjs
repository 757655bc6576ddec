// What the pump's clock put in a wrong place is moved in a genuine Nightscout too: treatments, readings, and the pills
// and insulin on board that come of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepare } from './lib/case.mjs';
import { everything, pillDifferences } from './lib/documents.mjs';

const record = (eventCode, sequenceNumber, time, eventProperties) => (
  { deviceAssignmentId: 'a', eventCode, sequenceGroup: 0, sequenceNumber, pumpDateTime: `2026-03-08T${time}`, eventProperties });
const egv = (time) => (Date.parse(`2026-03-08T${time}Z`) - Date.parse('2008-01-01T00:00:00Z')) / 1000;
const reading = (sequenceNumber, time, currentGlucoseDisplayValue) => (
  record(399, sequenceNumber, time, { currentGlucoseDisplayValue, egvTimeStamp: egv(time) }));

// New York changed at 02:00 that day; nobody set the pump: at its noon it is 13:00, 17:00 UTC.
const pumper = {
  firstName: 'Robin',
  lastName: 'Example',
  pumps: [{
    assignmentId: 'a', serialNumber: '90412345', modelName: 't:slim X2', maxDateOfEvents: '2026-03-08T15:10:00', lastUploadDate: '2026-03-08T20:11:00Z',
    availableDataRange: { start: '2026-03-01T00:00:00', end: '2026-03-08T15:10:00' }, settings: null,
  }],
};
const events = [
  record(279, 1, '11:55:00', { commandedRate: 800, commandedRateSource: 3 }),
  record(33, 5, '12:00:00', { insulinVolume: 180 }),
  record(61, 10, '12:05:00', { primeSize: 0.3, completionStatus: 3 }),
  reading(20, '12:10:00', 120), reading(21, '12:15:00', 125), reading(22, '13:10:00', 130), reading(23, '13:15:00', 135), // an hour parts them
  record(64, 30, '14:00:00', { bolusId: 7, carbAmount: 60, bg: 0, iob: 0 }),
  record(20, 31, '14:02:00', { bolusId: 7, completionStatus: 3, insulinDelivered: 2 }),
  record(279, 40, '14:05:00', { commandedRate: 900, commandedRateSource: 3 }),
  record(4, 50, '15:10:00', {}),
];
const args = ['--from', '2026-03-08', '--to', '2026-03-08', '--features', 'BASAL,BOLUS,PUMP_EVENTS,CGM'];
const env = { TIMEZONE_NAME: 'America/New_York' };
const trueTime = (wall) => Date.parse(`2026-03-08T${wall}-05:00`);
const seconds = (time) => Math.floor(new Date(time).getTime() / 1000) * 1000;

test('treatments, readings and pills go to their right time in a genuine Nightscout, and a second run writes nothing', { timeout: 300000 }, async (t) => {
  const { nightscout, sync } = await prepare(t, { clock: '2026-03-08T20:15:00Z' });
  const pumpLogs = { events, clockChanges: [] };
  const before = await sync(pumper, pumpLogs, args, { ...env, PUMP_CLOCK: 'zone' });
  assert.equal(before.report.result, 'ok', before.explain);
  const wrong = await everything(nightscout);
  assert.ok(wrong.treatments.some(({ eventType, created_at: at }) => eventType === 'Site Change' && Date.parse(at) === trueTime('11:05:00')), 'an hour early');
  assert.deepEqual(await pillDifferences(nightscout, { cage: { age: 4 }, iage: { age: 4 } }), []);
  // One as version 1.0.0 wrote it, with a person's words.
  const { pump_event_source, ...old } = { ...wrong.treatments.find(({ eventType }) => eventType === 'Site Change'), notes: 'left side' };
  assert.equal((await nightscout.call('PUT', 'treatments', old)).status, 200);

  const moved = await sync(pumper, pumpLogs, args, env);
  assert.equal(moved.report.result, 'ok', moved.explain);
  const stored = await everything(nightscout);
  assert.equal(stored.treatments.length, wrong.treatments.length);
  const times = Object.fromEntries(stored.treatments.map((one) => [String(one.pump_event_id).split(',')[0], seconds(one.created_at)]));
  assert.deepEqual(times, {
    1: trueTime('11:55:00'), 5: trueTime('12:00:00'), 10: trueTime('12:05:00'), 31: trueTime('14:02:00'), 40: trueTime('14:05:00'),
  });
  const site = stored.treatments.find(({ eventType }) => eventType === 'Site Change');
  assert.deepEqual([site._id, site.notes, site.utcOffset], [old._id, 'left side', -240]);
  assert.deepEqual(stored.entries.map(({ date, sgv }) => [seconds(date), sgv]), [
    [trueTime('12:10:00'), 120], [trueTime('12:15:00'), 125], [trueTime('13:10:00'), 130], [trueTime('13:15:00'), 135],
  ]);
  assert.deepEqual(await pillDifferences(nightscout, { cage: { age: 3 }, iage: { age: 3 } }), []);

  const again = await sync(pumper, pumpLogs, args, env);
  assert.deepEqual([again.report.created, again.report.amended, again.report.deleted], [0, 0, 0], again.explain);
  assert.deepEqual(await everything(nightscout), stored);
});
