// What people do to documents, with what the genuine Nightscout's own report editor and chart send (lib/report_plugins/
// treatments.js, lib/client/renderer.js), and what syncs by other processes make of it afterwards: nothing.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import * as nightscouts from './lib/nightscout.mjs';
import { folder, runJson } from './lib/run.mjs';
import * as simulators from './lib/simulator.mjs';

const connect = createRequire(import.meta.url)('socket.io-client');
const HOUR = 3600;
const FEATURES = 'BASAL,BOLUS,PUMP_EVENTS';
const wall = (instant) => new Date(instant * 1000).toISOString().slice(0, 19);

// The chart's connection: send('dbUpdateUnset', {...}) -> what the server says.
async function openChart(t, nightscout) {
  const socket = connect(nightscout.url, { transports: ['websocket'] });
  t.after(() => socket.close());
  const send = (name, message) => new Promise((resolve) => socket.emit(name, message, resolve));
  await new Promise((resolve) => socket.once('connect', resolve));
  const rights = await send('authorize', { client: 'web', secret: createHash('sha1').update(nightscout.secret).digest('hex'), history: 48 });
  assert.ok(rights.write_treatment, JSON.stringify(rights));
  const one = (_id, data) => ({ collection: 'treatments', _id, data });
  const instant = (time) => new Date(time).toISOString();
  const move = async (treatment, removed, other, time) => {
    const { _id, [other]: gone, ...clone } = treatment;
    await send('dbUpdateUnset', one(_id, { [removed]: 1 }));
    await send('dbAdd', { collection: 'treatments', data: { ...clone, created_at: instant(time) } });
  };
  return {
    drag: ({ _id }, time) => send('dbUpdate', one(_id, { created_at: instant(time) })),
    unset: ({ _id }, field) => send('dbUpdateUnset', one(_id, { [field]: 1 })),
    remove: ({ _id }) => send('dbRemove', { collection: 'treatments', _id }),
    moveInsulin: (treatment, time) => move(treatment, 'insulin', 'carbs', time),
    moveCarbs: (treatment, time) => move(treatment, 'carbs', 'insulin', time),
  };
}

// The report editor's Save: every field of its form as text, the time to the minute.
async function saveInReport(nightscout, treatment, change = {}) {
  const text = (name) => String(treatment[name] ?? '');
  const data = {
    ...treatment, eventType: change.eventType ?? '', glucose: text('glucose'), carbs: text('carbs'), protein: '', fat: '', insulin: text('insulin'),
    duration: text('duration'), percent: '', absolute: text('absolute'), profile: '', notes: change.notes ?? text('notes'), enteredBy: text('enteredBy'),
    eventTime: `${treatment.created_at.slice(0, 16)}:00.000Z`, units: 'mg/dl',
  };
  delete data.created_at;
  if (data.absolute === '') delete data.absolute;
  const form = new URLSearchParams(Object.entries(data).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]));
  const answer = await nightscout.call('PUT', 'treatments/', form.toString(), { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' });
  assert.equal(answer.status, 200, answer.text);
}

async function prepare(t, begin, records) {
  const home = folder(t);
  const nightscout = await nightscouts.start();
  t.after(() => nightscout.stop());
  const file = (name, value) => {
    fs.writeFileSync(path.join(home, name), JSON.stringify(value));
    return path.join(home, name);
  };
  // until: what the phone has uploaded.
  const sync = async (words = [], until = Infinity) => {
    const events = records.filter(({ at }) => at <= until).map(({ at, ...event }) => ({ deviceAssignmentId: 'a', sequenceGroup: 0, pumpDateTime: wall(at), ...event }));
    const newest = events.at(-1).pumpDateTime;
    const simulator = await simulators.start({
      zone: 'Etc/UTC', pumpLogs: file('pump-logs.json', { events, clockChanges: [] }), pumper: file('pumper.json', { firstName: 'Robin', lastName: 'Example', pumps: [{
        assignmentId: 'a', serialNumber: '90412345', modelName: 't:slim X2', maxDateOfEvents: newest, lastUploadDate: `${newest}Z`,
        availableDataRange: { start: wall(begin - 30 * 86400), end: newest }, settings: null,
      }] }),
    });
    try {
      const { report, stderr } = await runJson(['sync', ...words], { home, env: {
        ...simulator.env, NS_URL: nightscout.url, NS_SECRET: nightscout.secret, TIMEZONE_NAME: 'Etc/UTC', TCONNECTSYNC_HEROKU_FEATURES: FEATURES,
      } });
      assert.equal(report.error, null, stderr.slice(-3000));
      return report;
    } finally {
      await simulator.stop();
    }
  };
  return { nightscout, sync };
}

const byId = (documents) => new Map(documents.map(({ _id, ...rest }) => [String(_id), rest]));

test('what a person does with the genuine editor and chart stands, whichever process syncs afterwards', { timeout: 300000 }, async (t) => {
  const begin = Math.floor(Date.now() / 1000 / 60) * 60 - 6 * HOUR;
  const bolus = (minute, id, number) => [
    { at: begin + minute * 60 - 23, eventCode: 64, sequenceNumber: number, eventProperties: { bolusId: id, carbAmount: 60, bg: 0, iob: 0 } },
    { at: begin + minute * 60 + 7, eventCode: 20, sequenceNumber: number + 1, eventProperties: { bolusId: id, completionStatus: 3, insulinDelivered: 6 } }];
  const records = [
    { at: begin, eventCode: 279, sequenceNumber: 1, eventProperties: { commandedRate: 800, commandedRateSource: 1 } },
    ...[10, 20, 30, 40, 50, 60, 70, 80].flatMap((minute, i) => bolus(minute, 7 + i, 10 + 10 * i)),
    { at: begin + 90 * 60 + 11, eventCode: 11, sequenceNumber: 100, eventProperties: { suspendReason: 0 } },
    { at: begin + 100 * 60 + 11, eventCode: 12, sequenceNumber: 101, eventProperties: {} },
    { at: begin + 100 * 60 + 11, eventCode: 279, sequenceNumber: 102, eventProperties: { commandedRate: 800, commandedRateSource: 1 } },
    { at: begin + 110 * 60 + 13, eventCode: 5, sequenceNumber: 110, eventProperties: { alarmId: 2 } },
    { at: begin + 120 * 60 + 17, eventCode: 229, sequenceNumber: 120, eventProperties: { currentUserMode: 1, previousUserMode: 0, requestedAction: 1 } },
    { at: begin + 130 * 60, eventCode: 279, sequenceNumber: 130, eventProperties: { commandedRate: 600, commandedRateSource: 1 } },
    { at: begin + 140 * 60, eventCode: 4, sequenceNumber: 140, eventProperties: {} },
    { at: begin + 200 * 60, eventCode: 229, sequenceNumber: 200, eventProperties: { currentUserMode: 0, previousUserMode: 1, requestedAction: 2 } },
    { at: begin + 210 * 60, eventCode: 4, sequenceNumber: 210, eventProperties: {} },
  ];
  const { nightscout, sync } = await prepare(t, begin, records);
  await sync([], begin + 140 * 60);
  const stored = await nightscout.treatments();
  const of = (id) => stored.find(({ pump_event_id }) => pump_event_id === id);
  const chart = await openChart(t, nightscout);
  const boluses = stored.filter(({ eventType }) => eventType === 'Combo Bolus');
  assert.equal(boluses.length, 8);

  await saveInReport(nightscout, boluses[0], { eventType: 'Meal Bolus' });
  for (const id of ['100', '101', '110', '1']) await saveInReport(nightscout, of(id));
  await chart.moveInsulin(boluses[1], (begin + 25 * 60) * 1000);
  await chart.moveCarbs(boluses[2], (begin + 26 * 60) * 1000);
  await chart.unset(boluses[3], 'carbs');
  await chart.unset(boluses[4], 'insulin');
  await chart.remove(boluses[5]);
  await chart.drag(boluses[6], (begin + 95 * 60) * 1000);
  assert.equal((await nightscout.call('PUT', 'treatments', { ...boluses[7], notes: 'with pizza', utcOffset: -300 })).status, 200);
  const sleep = of('120');
  assert.match(sleep.reason, /Not Ended/);
  assert.equal((await nightscout.call('PUT', 'treatments', { ...sleep, notes: 'in her own bed' })).status, 200);

  const left = byId(await nightscout.treatments());
  for (const [id, typed] of [['100', ''], ['110', ''], [boluses[0].pump_event_id, 'Meal Bolus']]) {
    const saved = [...left.values()].find(({ pump_event_id, eventType }) => pump_event_id === id && eventType === typed);
    assert.ok(saved, `${id} was saved by the editor`);
    assert.match(saved.created_at, /:00\.000Z$/);
  }
  assert.equal(left.size, stored.length + 1, 'two clones more, one deleted');
  // The open documents are completed, and nothing else.
  const amended = (id) => id === String(sleep._id) || left.get(id).pump_event_id === '130';
  for (let run = 0; run < 2; run += 1) {
    const report = await sync();
    assert.equal(report.created, 0);
    const now = byId(await nightscout.treatments());
    assert.deepEqual([...now.keys()].sort(), [...left.keys()].sort());
    for (const [id, document] of now) {
      if (!amended(id)) assert.deepEqual(document, left.get(id));
    }
    const ended = now.get(String(sleep._id));
    assert.equal(ended.notes, 'in her own bed');
    assert.ok(!ended.reason.includes('Not Ended'));
    assert.ok(Math.abs(ended.duration - (80 * 60 - 17) / 60) < 0.001, `${ended.duration} minutes`);
  }
  // Who asks for the time gets the deleted bolus back, and nothing that was removed.
  const report = await sync(['--days', '1']);
  assert.equal(report.created, 1);
  const after = byId(await nightscout.treatments());
  const [back] = [...after].filter(([id]) => !left.has(id)).map(([, document]) => document);
  assert.deepEqual([back.pump_event_id, back.insulin, back.carbs], [boluses[5].pump_event_id, 6, 60]);
  for (const [id, document] of left) if (!amended(id)) assert.deepEqual(after.get(id), document);
});
