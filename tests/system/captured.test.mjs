// A slice of one pump's real log, which lies beside the repository (never in it): what a sync of it leaves in an empty
// Nightscout is known field for field.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { prepare } from './lib/case.mjs';
import { differences, everything, listDifferences, pillDifferences } from './lib/documents.mjs';
import { root } from './lib/run.mjs';

const shared = path.resolve(root, process.env.SHARED || '../shared', 'data');
const read = (name) => JSON.parse(fs.readFileSync(path.join(shared, name), 'utf8'));
const args = ['--from', '2026-05-14', '--to', '2026-05-18', '--features', 'BASAL,BOLUS,CGM,PUMP_EVENTS,PROFILES'];
const env = { TIMEZONE_NAME: 'America/New_York' };

const absent = !fs.existsSync(path.join(shared, 'expected.json')) && `no ${shared} here`;

test('a real pump\'s log becomes the documents that are known to be right', { skip: absent }, async (t) => {
  const expected = read('expected.json');
  const { nightscout, sync } = await prepare(t, { clock: '2026-05-18T14:30:00Z' });
  const first = await sync(read('pumper.json'), read('pump-logs.json'), args, env);
  assert.equal(first.status, 0, first.explain);
  assert.equal(first.report.result, 'ok');
  assert.equal(first.report.created, expected.treatments.length + expected.entries.length + 1);
  const stored = await everything(nightscout);
  assert.deepEqual(listDifferences(expected.treatments, stored.treatments), []);
  assert.deepEqual(listDifferences(expected.entries, stored.entries), []);
  assert.deepEqual(stored.devicestatus, []);
  assert.equal(stored.profiles.length, 1);
  assert.deepEqual(differences(expected.profile, await nightscout.profile()), []);

  // The server's own reckoning at half past ten that morning: 58 h after the cannula, 58 h 39 min after the cartridge.
  assert.deepEqual(await pillDifferences(nightscout, {
    cage: { age: 58, notes: 'Cannula Filled (0.3u primed)' },
    iage: { age: 58, notes: 'Cartridge Filled (180u filled)' },
  }), []);

  const second = await sync(read('pumper.json'), read('pump-logs.json'), args, env);
  assert.equal(second.status, 0, second.explain);
  assert.deepEqual([second.report.created, second.report.amended], [0, 0]);
  assert.deepEqual(await everything(nightscout), stored);
});
