// What is settled: holes heal, what a person deleted stays deleted, nothing is read twice in vain, also after restarts.
// Every sync here is a process of its own, unless it is the server's; a test drives the clock of all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from './lib/child.mjs';
import { startClock } from './lib/clock.mjs';
import { startServer } from './lib/daemon.mjs';
import { begin, folder, run, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';

const HOUR = 3600;
const dayOf = (instant) => new Date(instant * 1000).toLocaleDateString('en-CA', { timeZone: 'America/New_York' });
const midnightOf = (day) => [4, 5].map((hour) => Date.parse(`${day}T0${hour}:00:00Z`) / 1000).find((at) => dayOf(at) === day);

// The phone has uploaded everything up to 20 minutes ago: nothing is withheld for being new.
async function prepare(t, options = {}, features = 'BASAL,BOLUS,PUMP_EVENTS') {
  const clock = startClock(t, new Date(Date.now() + HOUR * 1000).toISOString());
  const simulator = await start({ seed: 19, historyDays: 12, ...options }, { environment: clock.environment });
  t.after(() => simulator.stop());
  const now = () => Math.floor(clock.now() / 1000);
  const home = folder(t);
  const env = { ...simulator.env, ...clock.environment, CACHE_CREDENTIALS: 'true', TCONNECTSYNC_HEROKU_FEATURES: features };
  const upload = () => simulator.set({ uploadedUntil: now() - 1200 });
  const pass = async (hours) => {
    clock.forward(hours * HOUR);
    await upload();
  };
  const sync = async (...words) => (await runJson(['sync', ...words], { env, home })).report;
  // How many days back a sync goes in the log.
  const reads = async () => {
    const before = (await simulator.requests()).length;
    assert.equal((await sync()).error, null);
    const days = (await simulator.requests()).slice(before).filter(({ uri }) => uri.includes('pump-logs'))
      .map(({ uri }) => new URL(uri, 'http://localhost').searchParams.get('startDate')).sort();
    return Math.round((clock.now() - Date.parse(days[0])) / 86400000);
  };
  const stored = async (kind = 'treatments') => (await simulator.documents())[kind];
  // What a person who asks for all these days would be given in addition.
  const missing = async (days) => {
    const report = await sync('--days', String(days), '--pretend');
    assert.equal(report.error, null);
    return report.created + report.amended;
  };
  await upload();
  return { clock, simulator, env, home, now, upload, pass, sync, reads, stored, missing };
}

test('records from before an outage that arrive after it are created', { timeout: 300000 }, async (t) => {
  const { simulator, now, upload, sync, missing } = await prepare(t);
  const begin = now();
  await simulator.control('POST', 'hold', { from: begin - 60 * HOUR, to: begin - 56 * HOUR, until: begin + 900 * HOUR });
  await simulator.set({ uploadedUntil: begin - 50 * HOUR });
  await sync('--days', '5');
  await upload();
  const behind = await sync();
  assert.equal(behind.error, null);
  assert.ok(behind.created > 300, `${behind.created} of the outage`);
  await simulator.control('DELETE', 'hold');
  const late = await sync();
  assert.equal(late.error, null);
  assert.ok(late.created > 20, `${late.created} that were late`);
  assert.equal(await missing(4), 0);
});

test('readings that were stored while treatments were refused hide nothing a day later', { timeout: 300000 }, async (t) => {
  const { simulator, pass, sync, stored, missing } = await prepare(t, { careportal: false }, 'BASAL,BOLUS,PUMP_EVENTS,CGM');
  const first = await sync();
  assert.match(first.error, /careportal/);
  assert.ok((await stored('entries')).length > 200);
  assert.equal((await stored()).length, 0);
  assert.equal((await stored('activity')).length, 0, 'nor is there a place for what is settled');
  await simulator.set({ careportal: true });
  await pass(24);
  const second = await sync();
  assert.equal(second.error, null);
  assert.ok(second.created > 600, `${second.created} documents`);
  assert.equal(await missing(2), 0);
});

test('one document that is refused keeps nobody from remembering the rest', { timeout: 300000 }, async (t) => {
  const { simulator, sync, stored } = await prepare(t);
  await sync();
  const sequence = (await stored()).filter(({ eventType }) => eventType === 'Temp Basal')[100].pump_event_id;
  await simulator.reset();
  await simulator.set({ refuseText: `"${sequence}"` });
  assert.match((await sync()).error, /refuses 1 of/);
  const gone = (await stored()).find(({ eventType }) => eventType === 'Combo Bolus');
  await simulator.nightscout('DELETE', `treatments/${gone._id}`);
  await simulator.set({ refuseText: '' });
  assert.equal((await sync()).created, 1, 'the refused one, and not what a person has deleted since');
});

test('days that a person has left out are filled by the next automatic run', { timeout: 300000 }, async (t) => {
  const { pass, sync, missing } = await prepare(t);
  await sync();
  await pass(74);
  await sync('--days', '1');
  assert.ok(await missing(4) > 300);
  const { error, created } = await sync();
  assert.equal(error, null);
  assert.ok(created > 300, `${created} documents`);
  assert.equal(await missing(4), 0);
});

test('a first run that fails leaves what is older to the next of the same server', { timeout: 300000 }, async (t) => {
  const { simulator, env, home, pass, sync, missing } = await prepare(t);
  await sync();
  for (const { _id } of (await simulator.documents()).activity) await simulator.nightscout('DELETE', `activity/${_id}`); // as 1.0.0 leaves a site
  await pass(74);
  await simulator.fault({ kind: 'answer', site: 'tandem', path: '/api/reports/bff/pump-logs/*', status: 403, count: -1 });
  const daemon = await startServer({ env: { ...env, TCONNECTSYNC_HEROKU_INTERVAL_MINS: '1440' }, home });
  t.after(() => daemon.server.child.kill('SIGKILL'));
  assert.notEqual((await daemon.idle(1)).runs[0].error, null);
  await simulator.noFaults();
  await daemon.secretly('/run');
  assert.equal((await daemon.idle(2)).runs[0].error, null);
  assert.equal((await daemon.server.stop()).status, 0);
  assert.equal(await missing(4), 0);
});

test('days that a person has left out hide behind no change of the pump or of its numbers', { timeout: 300000 }, async (t) => {
  for (const [change, isNamed] of [['newGroup'], ['replacePump'], ['replacePump', true]]) await t.test(change + (isNamed ? ', named' : ''), async (t) => {
    const day = dayOf(Date.now() / 1000 + 25 * HOUR);
    const { clock, simulator, env, now, pass, sync, missing } = await prepare(t, { [change]: day }, 'BASAL,BOLUS');
    clock.forward(midnightOf(day) + 2 * HOUR - now());
    await simulator.set({ uploadedUntil: midnightOf(day) + (change === 'newGroup' ? 1.5 * HOUR : 0) });
    assert.equal((await sync()).error, null);
    await pass(9 * 24);
    if (isNamed) env.PUMP_SERIAL_NUMBER = (await simulator.pumper(await simulator.signIn())).pumps.at(-1).serialNumber;
    assert.equal((await sync('--days', '1')).error, null);
    const { error, created } = await sync();
    assert.equal(error, null);
    assert.ok(created > 1000, `${created} documents`);
    assert.equal(await missing(8), 0);
  });
});

test('where another device brings the readings, weeks of log are read once', { timeout: 300000 }, async (t) => {
  const { simulator, now, pass, sync, reads } = await prepare(t, { historyDays: 30 }, 'BASAL,BOLUS,CGM');
  const begin = now();
  const { readings } = await simulator.truth(String(begin - 24 * 24 * HOUR), String(begin));
  const entry = ({ at, value }, device) => ({
    type: 'sgv', sgv: value ?? 120, date: at, dateString: new Date(at).toISOString(), device,
  });
  const old = readings.filter(({ at }) => at / 1000 < begin - 20 * 24 * HOUR).at(-1);
  const put = (entries) => simulator.control('POST', 'documents', { entries });
  await put([entry(old, 'Pump (tconnectsync)'), ...readings.filter(({ at }) => at > old.at).map((one) => entry({ ...one, at: one.at + 20000 }, 'share2'))]);
  assert.ok(await reads() >= 20, 'from the last reading of ours on, for nobody knows better');
  for (let i = 0; i < 2; i += 1) {
    const days = await reads();
    assert.ok(days <= 3, `${days} days again, by the next process`);
  }
  await pass(1);
  assert.ok(await reads() <= 3);
});

test('nothing new since the last run: one request', { timeout: 300000 }, async (t) => {
  const { clock, simulator, env, home, upload } = await prepare(t);
  const daemon = await startServer({ env: { ...env, TCONNECTSYNC_HEROKU_INTERVAL_MINS: '15' }, home });
  t.after(() => daemon.server.child.kill('SIGKILL'));
  // Until the timer has made so many runs. A run may begin just before a step, which no request may take for its time-out.
  const reach = async (number) => {
    for (let i = 0; i < 600; i += 1) {
      const { running, runs } = await daemon.status();
      if (!running && (runs[0]?.number ?? 0) >= number) return runs[0];
      if (!running) clock.forward(5);
      await sleep(20);
    }
    throw new Error(`no run ${number}`);
  };
  const first = await reach(1);
  assert.equal(first.error, null);
  let before = (await simulator.statistics()).requestCount;
  assert.equal((await reach(2)).error, null);
  let { requestCount } = await simulator.statistics();
  assert.equal(requestCount - before, 1);
  assert.match(daemon.server.stdout, /result=ok new=none/);
  await upload();
  before = requestCount;
  await reach(3);
  ({ requestCount } = await simulator.statistics());
  assert.ok(requestCount - before > 4, 'a new upload is read');
  assert.equal((await daemon.server.stop()).status, 0);
});

test('what a person deleted or removed stays so over restarts; who asks for the days gets back what was deleted', { timeout: 300000 }, async (t) => {
  const { simulator, pass, sync, stored } = await prepare(t);
  await sync();
  const boluses = (await stored()).filter(({ eventType, carbs, insulin }) => eventType === 'Combo Bolus' && carbs && insulin);
  assert.ok(boluses.length >= 2);
  const [deleted, { carbs, ...without }] = boluses;
  await simulator.nightscout('DELETE', `treatments/${deleted._id}`);
  await simulator.nightscout('PUT', 'treatments', without);
  const find = async (id) => (await stored()).filter(({ pump_event_id }) => pump_event_id === id);
  for (let i = 0; i < 4; i += 1) {
    await pass(i % 2 ? 5 : 0.25);
    assert.equal((await sync()).error, null);
    assert.deepEqual(await find(deleted.pump_event_id), []);
    assert.deepEqual((await find(without.pump_event_id)).map((one) => one.carbs), [undefined]);
  }
  assert.equal((await sync('--days', '2')).error, null);
  assert.equal((await find(deleted.pump_event_id)).length, 1);
  assert.deepEqual((await find(without.pump_event_id)).map((one) => one.carbs), [undefined], 'removed fields never');
});

test('who asks for some kinds alone gets what is new of them, and nothing back that was deleted', { timeout: 300000 }, async (t) => {
  const { simulator, pass, sync, stored } = await prepare(t);
  await sync();
  const deleted = (await stored()).filter(({ eventType }) => eventType === 'Combo Bolus').at(-1);
  await simulator.nightscout('DELETE', `treatments/${deleted._id}`);
  const kept = await stored();
  const report = await sync('--features', 'BOLUS');
  assert.deepEqual([report.error, report.created], [null, 0]);
  assert.equal((await stored()).length, kept.length);
  await pass(20);
  const later = await sync('--features', 'BOLUS');
  assert.equal(later.error, null);
  assert.ok(later.created > 0);
  const added = (await stored()).slice(kept.length);
  assert.ok(added.every(({ eventType }) => eventType === 'Combo Bolus'));
  assert.ok(!(await stored()).some(({ pump_event_id }) => pump_event_id === deleted.pump_event_id));
});

test('a device status that was refused waits for the next run', { timeout: 300000 }, async (t) => {
  const { simulator, sync, stored } = await prepare(t, {}, 'BASAL,DEVICE_STATUS');
  await simulator.fault({ kind: 'answer', site: 'nightscout', method: 'POST', path: '/api/v1/devicestatus*', status: 400, count: -1 });
  assert.match((await sync()).error, /refuses 1 of/);
  assert.equal((await stored('devicestatus')).length, 0);
  await simulator.noFaults();
  const next = await sync();
  assert.deepEqual([next.error, next.created], [null, 1]);
  assert.equal((await stored('devicestatus')).length, 1);
});

test('a pump that was put away before its log was read draws no run back once that is over 28 days ago', { timeout: 300000 }, async (t) => {
  const { pass, sync, reads } = await prepare(t, { replacePump: dayOf(Date.now() / 1000 + 4 * 24 * HOUR) });
  assert.equal((await sync()).error, null);
  await pass(35 * 24);
  assert.ok(await reads() >= 28, 'of the new one, as far back as runs go by themselves');
  for (let i = 0; i < 2; i += 1) {
    const days = await reads();
    assert.ok(days <= 3, `${days} days again`);
  }
});

test('a feature that is added counts from then on; who asks for the days before gets them', { timeout: 300000 }, async (t) => {
  const { env, home, now, pass, sync, stored, missing } = await prepare(t, {}, 'BASAL,BOLUS');
  const first = now();
  await sync();
  await pass(10);
  await sync();
  const added = now();
  env.TCONNECTSYNC_HEROKU_FEATURES = 'BASAL,BOLUS,CGM';
  await pass(0.25);
  assert.equal((await sync()).error, null);
  await pass(24);
  assert.equal((await sync()).error, null);
  const readings = await stored('entries');
  assert.ok(readings.length > 270, `${readings.length} readings`);
  // What was uploaded last before it was added ends 20 minutes earlier.
  assert.ok(readings.every(({ date }) => date / 1000 > added - 1800), 'none of before');
  // Check says how, until it is done: from the first sync's day on to that on which it was added.
  const check = async () => (await run(['check'], { env, home })).stdout;
  const [, from, to] = /Note: CGM was switched on later .* tconnectsync-heroku sync --from (\S+) --to (\S+), or on the page \d days back/.exec(await check());
  assert.ok([0, 600].some((late) => from === dayOf(first - 24 * HOUR + late)) && [0, 600].some((early) => to === dayOf(added - 1200 - early)), `${from} to ${to}`);
  assert.equal((await sync('--from', from, '--to', to)).error, null);
  assert.ok((await stored('entries')).length > 500);
  assert.doesNotMatch(await check(), /switched on later/);
  assert.equal(await missing(2), 0);
});

test('a program with fewer features that writes to the same site hides nothing from one with more', { timeout: 300000 }, async (t) => {
  const few = 'BASAL,BOLUS', many = 'BASAL,BOLUS,PUMP_EVENTS,CGM';
  const { env, pass, sync, stored, missing } = await prepare(t, {}, many);
  const syncWith = async (features) => {
    env.TCONNECTSYNC_HEROKU_FEATURES = features;
    assert.equal((await sync()).error, null);
  };
  await syncWith(many);
  const before = (await stored('entries')).length;
  for (const hours of [1, 30, 20]) {
    await pass(hours);
    await syncWith(few);
  }
  const [{ since }] = await stored('activity');
  assert.deepEqual(Object.keys(since).sort(), many.split(',').sort());
  assert.equal((await stored('entries')).length, before);
  await syncWith(many);
  assert.ok((await stored('entries')).length > before + 500);
  assert.equal(await missing(3), 0);
});

test('what another program writes during a long run stays in what is settled', { timeout: 300000 }, async (t) => {
  const { simulator, env, home, pass, sync, stored } = await prepare(t, {}, 'BASAL,BOLUS,CGM');
  await sync();
  await pass(2);
  await simulator.fault({ kind: 'delay', site: 'nightscout', method: 'POST', path: '/api/v1/treatments*', milliseconds: 9000, count: 1 });
  const slow = begin(['sync'], { env: { ...env, TCONNECTSYNC_HEROKU_FEATURES: 'BASAL,BOLUS' }, home });
  const count = (await stored()).length;
  while ((await stored()).length === count) await sleep(50);
  assert.equal((await sync()).error, null);
  const newestReading = async () => {
    const [{ days }] = await stored('activity');
    return Math.max(...days.filter(({ features }) => features.includes('CGM')).flatMap(({ runs }) => runs.map(([, , last]) => last)));
  };
  const written = await newestReading();
  assert.equal((await slow.ended).status, 0);
  assert.equal(await newestReading(), written);
  const puts = (await simulator.requests()).filter(({ method, uri }) => method === 'PUT' && uri.includes('activity'));
  assert.equal(puts.length, 2, 'both have written');
});

test('a server that runs on looks into a hole once a day', { timeout: 300000 }, async (t) => {
  const { simulator, env, home, now, pass, sync, missing } = await prepare(t);
  const first = now();
  await simulator.control('POST', 'hold', { from: first - 60 * HOUR, to: first - 56 * HOUR, until: first + 900 * HOUR });
  await sync('--days', '4');
  const daemon = await startServer({ env: { ...env, TCONNECTSYNC_HEROKU_INTERVAL_MINS: '1440' }, home });
  t.after(() => daemon.server.child.kill('SIGKILL'));
  await daemon.idle(1);
  await simulator.control('DELETE', 'hold');
  for (let runs = 2; runs <= 6; runs += 1) {
    await pass(5);
    await daemon.secretly('/run');
    assert.equal((await daemon.idle(runs)).runs[0].error, null);
  }
  assert.equal((await daemon.server.stop()).status, 0);
  assert.equal(await missing(4), 0);
});

test('what was logged last before the numbers began anew is created when it comes days later', { timeout: 300000 }, async (t) => {
  const day = dayOf(Date.now() / 1000 + HOUR - 4 * 24 * HOUR);
  const { simulator, now, upload, sync, missing } = await prepare(t, { newGroup: day });
  await simulator.control('POST', 'hold', { from: midnightOf(day) - 5 * HOUR, to: midnightOf(day) + HOUR, until: now() + 900 * HOUR });
  await simulator.set({ uploadedUntil: midnightOf(day) + 4 * HOUR });
  await sync('--days', '6');
  await upload();
  assert.equal((await sync()).error, null);
  assert.equal((await sync()).created, 0);
  await simulator.control('DELETE', 'hold');
  const late = await sync();
  assert.equal(late.error, null);
  assert.ok(late.created > 20, `${late.created} that were late`);
  assert.equal(await missing(5), 0);
});

// The log of one pump, as Tandem tells it; the simulator that serves it lends its sign-in alone.
async function tandemWith(t, clock, home, events, newest) {
  const { writeFileSync } = await import('node:fs');
  const wall = (instant) => new Date(instant * 1000).toISOString().slice(0, 19);
  const files = { pumper: `${home}/pumper.json`, pumpLogs: `${home}/pump-logs.json` };
  writeFileSync(files.pumper, JSON.stringify({ firstName: 'Robin', lastName: 'Example', pumps: [{
    assignmentId: 'a', serialNumber: '90412345', modelName: 't:slim X2', maxDateOfEvents: wall(newest), lastUploadDate: `${wall(newest)}Z`,
    availableDataRange: { start: wall(newest - 30 * 86400), end: wall(newest) }, settings: null,
  }] }));
  writeFileSync(files.pumpLogs, JSON.stringify({ clockChanges: [], events: events.filter(({ at }) => at <= newest)
    .map(({ at, ...event }) => ({ deviceAssignmentId: 'a', sequenceGroup: 0, pumpDateTime: wall(at), ...event })) }));
  return start(files, { environment: clock.environment });
}

test('what a pump with a fast clock dates a few minutes ahead is written without another upload', { timeout: 300000 }, async (t) => {
  const { clock, env, home, now, stored } = await prepare(t, { zone: 'Etc/UTC' }, 'PUMP_EVENTS');
  const begin = now();
  const filled = (at, sequenceNumber) => ({ at, eventCode: 33, sequenceNumber, eventProperties: { insulinVolume: 180 } });
  const tandem = await tandemWith(t, clock, home, [filled(begin - 3 * HOUR, 10), filled(begin + 400, 11)], begin + 400);
  t.after(() => tandem.stop());
  const daemon = await startServer({ home, env: {
    ...tandem.env, ...env, ...Object.fromEntries(Object.entries(tandem.env).filter(([name]) => name.startsWith('TCONNECT_'))), TIMEZONE_NAME: 'Etc/UTC', CACHE_CREDENTIALS: 'false',
    ALARM_SAFE_MINUTES: '0', TCONNECTSYNC_HEROKU_INTERVAL_MINS: '15',
  } });
  t.after(() => daemon.server.child.kill('SIGKILL'));
  for (let i = 0; i < 200; i += 1) {
    const { running, runs } = await daemon.status();
    if (!running && (runs[0]?.number ?? 0) >= 2) break;
    if (!running && now() < begin + 0.9 * HOUR) clock.forward(60);
    await sleep(20);
  }
  assert.equal((await stored()).length, 2);
  assert.equal((await daemon.server.stop()).status, 0);
});

// What a pump logs of a sleep, and something else every hour. Each sync is a process of its own and sees what there is by then.
function sleeper(t, { clock, env, home, now }, begin, hours) {
  const mode = (at, previousUserMode, currentUserMode, requestedAction) => (
    { at, eventCode: 229, eventProperties: { currentUserMode, previousUserMode, requestedAction } });
  const events = [mode(begin, 0, 1, 1), mode(begin + hours * HOUR, 1, 0, 2)];
  for (let i = 1; i < 80; i += 1) events.push({ at: begin + i * HOUR + 60, eventCode: 4, eventProperties: {} });
  events.sort((a, b) => a.at - b.at).forEach((event, i) => { event.sequenceNumber = 10 + i; });
  return async () => {
    const tandem = await tandemWith(t, clock, home, events, now() - 60);
    const { report, stderr } = await runJson(['sync'], { home, env: {
      ...tandem.env, ...env, ...Object.fromEntries(Object.entries(tandem.env).filter(([name]) => name.startsWith('TCONNECT_'))), TIMEZONE_NAME: 'Etc/UTC', CACHE_CREDENTIALS: 'false',
    } });
    await tandem.stop();
    assert.equal(report.error, null, stderr.slice(-2000));
  };
}

test('a sleep of three days ends at its end, whatever process sees it', { timeout: 300000 }, async (t) => {
  const prepared = await prepare(t, { zone: 'Etc/UTC' }, 'PUMP_EVENTS');
  const { clock, now, stored } = prepared;
  const sync = sleeper(t, prepared, now() - 1800, 72);
  for (let hour = 0; hour <= 78; hour += 6) {
    await sync();
    const [sleepNow] = await stored();
    assert.equal((await stored()).length, 1);
    assert.equal(/Not Ended/.test(sleepNow.reason), hour * HOUR + 1740 < 72 * HOUR, `after ${hour} hours: ${sleepNow.reason}, ${sleepNow.duration} min`);
    clock.forward(6 * HOUR);
  }
  assert.equal((await stored())[0].duration, 72 * 60);
});

test('a sleep that a person deletes while it lasts stays deleted', { timeout: 300000 }, async (t) => {
  const prepared = await prepare(t, { zone: 'Etc/UTC' }, 'PUMP_EVENTS');
  const { clock, simulator, now, stored } = prepared;
  const sync = sleeper(t, prepared, now() - 1800, 8);
  await sync();
  const [{ _id, reason }] = await stored();
  assert.match(reason, /Not Ended/);
  await simulator.nightscout('DELETE', `treatments/${_id}`);
  for (let hour = 0; hour <= 12; hour += 6) {
    await sync();
    assert.deepEqual(await stored(), [], `after ${hour} hours`);
    clock.forward(6 * HOUR);
  }
});
