// Every rule of what a sync writes, on pump logs of our own, into a genuine Nightscout. The documents that each must
// leave stand in fixtures/, written by hand from the rules.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { prepare } from './lib/case.mjs';
import { differences, everything, listDifferences, pillDifferences } from './lib/documents.mjs';
import { root } from './lib/run.mjs';

const fixtures = path.join(root, 'tests/system/fixtures');

async function hold(nightscout, { entries, treatments, profiles } = {}) {
  if (entries) assert.equal((await nightscout.call('POST', 'entries.json', entries)).status, 200);
  if (treatments) assert.equal((await nightscout.call('POST', 'treatments', treatments)).status, 200);
  for (const profile of profiles ?? []) assert.equal((await nightscout.call('POST', 'profile', profile)).status, 200);
}

for (const file of fs.readdirSync(fixtures).sort()) {
  const scene = JSON.parse(fs.readFileSync(path.join(fixtures, file), 'utf8'));
  const { expected, held = {} } = scene;
  const args = ['--from', scene.from, '--to', scene.to, '--features', scene.features];

  test(`${path.basename(file, '.json')}: ${scene.about}`, async (t) => {
    const { nightscout, sync } = await prepare(t, { clock: scene.nightscout_clock });
    await hold(nightscout, held);
    const withHeld = (kind) => [...expected[kind], ...(held[kind] ?? [])];
    const run = async (pumpLogs) => {
      const result = await sync(scene.pumper, pumpLogs, args, scene.environment);
      assert.equal(result.status, 0, result.explain);
      return result.report;
    };
    const created = expected.treatments.length + expected.entries.length + expected.devicestatus.length + (expected.profile ? 1 : 0);

    if (scene.late) {
      const early = scene.pump_logs.events.filter((event) => !scene.late.includes(event.sequenceNumber));
      const report = await run({ ...scene.pump_logs, events: early });
      assert.deepEqual(listDifferences(scene.expected_at_first, await nightscout.treatments()), []);
      assert.equal(report.created, scene.expected_at_first.length + (expected.profile ? 1 : 0));
    }
    const report = await run(scene.pump_logs);
    const stored = await everything(nightscout);
    assert.deepEqual(listDifferences(withHeld('treatments'), stored.treatments), []);
    assert.deepEqual(listDifferences(withHeld('entries'), stored.entries), []);
    assert.deepEqual(listDifferences(expected.devicestatus, stored.devicestatus), []);
    // This server stores it as sent and compares it as text.
    for (const status of stored.devicestatus) assert.match(status.created_at, /Z$/);
    assert.equal(stored.profiles.length, (held.profiles?.length ?? 0) + (expected.profile ? 1 : 0));
    if (expected.profile) assert.deepEqual(differences(expected.profile, await nightscout.profile()), []);

    const { created: madeNow, amended } = expected.second_run ?? { created, amended: 0 };
    assert.deepEqual([report.created, report.amended], [madeNow, amended]);
    assert.equal(report.events_read, scene.pump_logs.events.length);
    const skipped = Object.values(report.skipped).reduce((sum, count) => sum + count, 0);
    assert.ok(skipped >= expected.skipped, `${skipped} skipped, at least ${expected.skipped} are out of bounds`);
    if (expected.pills) assert.deepEqual(await pillDifferences(nightscout, expected.pills), []);

    const again = await run(scene.pump_logs);
    assert.deepEqual([again.created, again.amended], [0, 0]);
    assert.deepEqual(await everything(nightscout), stored);
  });
}
