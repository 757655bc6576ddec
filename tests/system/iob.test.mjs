// Insulin on board as Nightscout's own code works it out of what stands in Nightscout, against what was in the body.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { prepare } from './lib/case.mjs';

const require = createRequire(import.meta.url);
const iob = require('nightscout/lib/plugins/iob')({ settings: {}, language: { translate: (text) => text } });

const MINUTE = 60000;
const at = (time) => Date.parse(`2026-05-14T${time}-04:00`);
const record = (eventCode, sequenceNumber, time, eventProperties) => (
  { deviceAssignmentId: 'a', eventCode, sequenceGroup: 0, sequenceNumber, pumpDateTime: `2026-05-14T${time}`, eventProperties });
const pumper = {
  firstName: 'Robin',
  lastName: 'Example',
  pumps: [{
    assignmentId: 'a', serialNumber: '90412345', modelName: 't:slim X2', maxDateOfEvents: '2026-05-14T16:10:00', lastUploadDate: '2026-05-14T20:11:00Z',
    availableDataRange: { start: '2026-05-01T00:00:00', end: '2026-05-14T16:10:00' }, settings: null,
  }],
};

// 2 U at once, then 4 U evenly over two hours.
const events = [
  record(64, 10, '12:00:00', { bolusId: 7, carbAmount: 60, bg: 0, iob: 0 }),
  record(65, 11, '12:00:00', { bolusId: 7, options: 1, duration: 120 }),
  record(66, 12, '12:00:00', { bolusId: 7 }),
  record(20, 20, '12:02:00', { bolusId: 7, completionStatus: 3, insulinDelivered: 2 }),
  record(59, 21, '12:02:00', { bolusId: 7, bolexSize: 4 }),
  record(21, 90, '14:02:00', { bolusId: 7, completionStatus: 3, insulinDelivered: 4 }),
  record(4, 120, '16:10:00', {}),
];

const insulinOnBoard = (boluses, time) => boluses.filter(({ mills }) => mills <= time)
  .reduce((sum, bolus) => sum + iob.calcTreatment(bolus, undefined, time).iobContrib, 0);

test('an extended bolus: insulin on board is within 0.6 U of the truth at every minute', { timeout: 300000 }, async (t) => {
  const { nightscout, sync } = await prepare(t, { clock: '2026-05-14T20:15:00Z' });
  const { report, explain } = await sync(pumper, { events, clockChanges: [] },
    ['--from', '2026-05-14', '--to', '2026-05-14', '--features', 'BOLUS'], { TIMEZONE_NAME: 'America/New_York' });
  assert.equal(report.result, 'ok', explain);
  const stored = (await nightscout.treatments()).map((treatment) => ({ ...treatment, mills: Date.parse(treatment.created_at) }));
  assert.equal(stored.length, 5, explain);
  assert.equal(stored.reduce((sum, { insulin }) => sum + insulin, 0), 6);
  assert.deepEqual(stored.map(({ notes }) => notes).sort(), ['Extended Bolus', ...[1, 2, 3, 4].map((part) => `Extended Bolus (${part} of 4)`)]);

  const truth = [{ insulin: 2, mills: at('12:02:00') }];
  for (let second = 5; second < 7200; second += 10) truth.push({ insulin: 4 / 720, mills: at('12:02:00') + second * 1000 });
  const lump = [truth[0], { insulin: 4, mills: at('14:02:00') }];
  let worst = 0;
  let worstLump = 0;
  for (let time = at('12:02:00'); time <= at('18:02:00'); time += MINUTE) {
    worst = Math.max(worst, Math.abs(insulinOnBoard(stored, time) - insulinOnBoard(truth, time)));
    worstLump = Math.max(worstLump, Math.abs(insulinOnBoard(lump, time) - insulinOnBoard(truth, time)));
  }
  assert.ok(worst <= 0.6, `${worst} U off`);
  assert.ok(worstLump > 2, `what the parts are for: one lump at the end is ${worstLump} U off`);
  t.diagnostic(`parts ${worst.toFixed(2)} U off, one lump ${worstLump.toFixed(2)} U`);
});
