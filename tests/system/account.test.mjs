// Which pumps of an account count, and whose settings become Nightscout's profile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startClock } from './lib/clock.mjs';
import { folder, run, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';

const RETIRED = {
  assignmentId: '99999999-0000-4000-8000-000000000009', serialNumber: '90000009', modelName: 'retired',
  maxDateOfEvents: '2037-12-31T00:00:00', lastUploadDate: '2022-03-01T15:00:00Z', availableDataRange: { start: '2019-01-01T00:00:00', end: '2037-12-31T00:00:00' },
};

// change(the account's answer, its pump in use) -> a simulator whose account was changed so, and its commands.
async function prepare(t, change = () => {}, env = {}, clock = {}) {
  const simulator = await start({ seed: 17, historyDays: 3 }, { environment: clock });
  t.after(() => simulator.stop());
  const home = folder(t);
  const environment = { ...simulator.env, CACHE_CREDENTIALS: 'false', ...env, ...clock };
  const session = await simulator.signIn();
  const account = await simulator.pumper(session);
  const [pump] = account.pumps;
  change(account, pump);
  await simulator.fault({ kind: 'answer', path: '/api/reports/bff/pumper/*', status: 200, type: 'application/json', body: JSON.stringify(account), count: -1 });
  return {
    simulator, pump,
    sync: (features) => runJson(['sync', '--days', '1', '--features', features], { env: environment, home }),
    check: () => run(['check'], { env: environment, home }),
  };
}

const activeOf = ({ profiles: { activeIdp, profile } }) => profile.find(({ idp }) => idp === activeIdp);

test('neither a retired pump that claims 2037 nor a wrong year in the pump in use hides the pump in use', async (t) => {
  const { simulator, pump, sync, check } = await prepare(t, (account, inUse) => {
    const settings = structuredClone(inUse.settings);
    activeOf(settings.details).name = 'Of old';
    inUse.maxDateOfEvents = inUse.maxDateOfEvents.replace(/^\d+/, '2056');
    account.pumps.push({ ...RETIRED, settings });
  });
  const { report } = await sync('BASAL,PROFILES');
  assert.equal(report.result, 'ok');
  assert.deepEqual(report.warnings ?? [], []);
  const { treatments, profile } = await simulator.documents();
  assert.ok(treatments.length > 10, `${treatments.length} treatments`);
  assert.deepEqual(profile.map(({ defaultProfile }) => defaultProfile), [activeOf(pump.settings.details).name.replaceAll('.', '_')]);
  const { stdout } = await check();
  assert.doesNotMatch(stdout, /minutes (before|after) its upload|2037|2056/);
  assert.match(stdout, /No API errors returned/);
});

test('a wrong zone is told of a pump in use, one hour included; a retired pump, whose last upload came months after its newest event, is passed over', async (t) => {
  const retired = { ...RETIRED, maxDateOfEvents: '2021-07-29T08:00:00', availableDataRange: { start: '2019-01-01T00:00:00', end: '2021-07-29T08:00:00' }, settings: null };
  for (const [zone, told] of [['America/New_York', /^(?![\s\S]*clock)/], ['America/Chicago', /The pump's clock is 60 minutes ahead of Chicago time/]]) {
    for (const alone of [false, true]) {
      const { simulator, sync, check } = await prepare(t, (account) => { account.pumps = alone ? [retired] : [...account.pumps, retired]; }, { TIMEZONE_NAME: zone });
      const { stdout } = await check();
      assert.match(stdout, alone ? /Pump 1: retired/ : /Pump 2: retired/);
      assert.doesNotMatch(stdout, /before its upload|after its upload/);
      assert.match(stdout, alone ? /^(?![\s\S]*clock)/ : told);
      if (alone) continue;
      const { report, stderr } = await sync('BASAL');
      assert.equal(report.result, 'ok');
      assert.ok((await simulator.documents()).treatments.length > 10);
      assert.match(stderr.split('\n').filter((line) => line.includes('note=')).join('\n'), told);
    }
  }
});

test('a clock that is ahead and shows the next day already is found out, though its day is not the zone\'s', async (t) => {
  for (const begin of ['2035-11-28T05:46:00Z', '2035-11-28T05:10:00Z', '2035-11-28T04:50:00Z']) {
    const { environment } = startClock(t, begin);
    const { simulator, sync } = await prepare(t, undefined, { TIMEZONE_NAME: 'America/Chicago' }, environment);
    const { report, stderr } = await sync('BASAL');
    assert.equal(report.result, 'ok');
    assert.match(stderr, /module=clock pump=1 offset_minutes=-300 .*ahead_minutes=60/, begin);
    const truth = await simulator.truth(Date.parse(begin) / 1000 - 6 * 3600, Date.parse(begin) / 1000);
    const stored = new Set((await simulator.documents()).treatments.map(({ created_at }) => Date.parse(created_at)));
    assert.ok(truth.basal.length > 10);
    for (const { at } of truth.basal.filter(({ at }) => at > Date.parse(begin) - 5 * 3600000 && at < Date.parse(begin) - 1800000)) assert.ok(stored.has(at), `${begin} ${new Date(at).toISOString()}`);
  }
});

test('a pump that PUMP_SERIAL_NUMBER names and that is silent gives no profile while another is in use', async (t) => {
  const { simulator, sync } = await prepare(t, (account, inUse) => account.pumps.push({ ...RETIRED, settings: inUse.settings }), { PUMP_SERIAL_NUMBER: RETIRED.serialNumber });
  const { report } = await sync('BASAL,PROFILES');
  assert.equal(report.result, 'ok');
  assert.match(report.warnings.join('\n'), /sent nothing for over 3 days, but another one is in use.*no profile is taken/);
  assert.deepEqual((await simulator.documents()).profile, []);
});

test('one serial number under two assignments is one pump; the one that ended long ago is not asked', async (t) => {
  const { simulator, pump, sync, check } = await prepare(t, (account, inUse) => account.pumps.unshift({ ...RETIRED, serialNumber: inUse.serialNumber, settings: null }));
  assert.match((await check()).stdout, /signed in; 1 pump\n/);
  const { report } = await sync('BASAL,PROFILES');
  assert.equal(report.result, 'ok');
  const logs = (await simulator.requests()).map(({ uri }) => uri).filter((uri) => uri.includes('/pump-logs/'));
  assert.ok(logs.length > 0 && logs.every((uri) => uri.includes(pump.assignmentId)), logs.join());
  assert.equal((await simulator.documents()).profile.length, 1);
});

test('a spare profile that makes no sense is left out and named, an active one stops the profile', async (t) => {
  for (const active of [false, true]) {
    const { simulator, sync } = await prepare(t, (account, { settings: { details } }) => {
      const broken = active ? activeOf(details) : details.profiles.profile.find(({ idp }) => idp !== details.profiles.activeIdp);
      broken.name = 'Broken';
      broken.timeDependentSegments[0].carbRatio = 0;
    });
    const { report } = await sync('PROFILES');
    assert.equal(report.result, 'ok');
    assert.match(report.warnings.join('\n'), active ? /No profile is written: the pump's active profile "Broken"/ : /"Broken" has a segment whose carbRatio/);
    const { profile } = await simulator.documents();
    assert.deepEqual(profile.map(({ store }) => 'Broken' in store), active ? [] : [false]);
  }
});

test('null for the list of profiles is a failure: a person\'s profile stays on top until the next sync', async (t) => {
  const { simulator, sync } = await prepare(t);
  const startDate = new Date(Date.now() - 86400000).toISOString();
  await simulator.nightscout('POST', 'profile', { defaultProfile: 'Mine', startDate, units: 'mmol', store: { Mine: { dia: 4 } } });
  for (const path of ['/api/v1/profile.json*', '/api/v1/profile?*']) { // the newest one, and the list behind it
    await simulator.fault({ kind: 'null', path, count: 1 });
    const { report } = await sync('PROFILES');
    assert.equal(report.result, 'failed');
    assert.match(report.error, /profile/);
    assert.equal((await simulator.documents()).profile.length, 1);
  }
  const { report } = await sync('PROFILES');
  assert.deepEqual(report.warnings ?? [], []);
  const { profile } = await simulator.documents();
  assert.deepEqual(profile.map(({ store }) => 'Mine' in store), [true, true]);
});

test('without a setting basal and boluses are carried over, and check names the rest', async (t) => {
  const { check } = await prepare(t);
  assert.match((await check()).stdout, /features BASAL,BOLUS\nNot carried over: PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS \(/);
});
