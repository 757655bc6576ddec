// What people do to documents, with what the genuine Nightscout's own report editor and chart send (lib/report_plugins/
// treatments.js, lib/client/renderer.js), and what syncs by other processes make of it afterwards: nothing.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { openChart, prepare, saveInReport } from './lib/hands.mjs';

const HOUR = 3600;

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
  await sync([], { until: begin + 140 * 60 });
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

const aBasal = (at, sequenceNumber, commandedRate = 800) => ({ at, eventCode: 279, sequenceNumber, eventProperties: { commandedRate, commandedRateSource: 1 } });
const aBolus = (at, sequenceNumber, insulinDelivered) => ({ at, eventCode: 20, sequenceNumber, eventProperties: { bolusId: sequenceNumber, completionStatus: 3, insulinDelivered } });
const aMode = (at, sequenceNumber, currentUserMode, previousUserMode, requestedAction) => (
  { at, eventCode: 229, sequenceNumber, eventProperties: { currentUserMode, previousUserMode, requestedAction } });

// This server tells carbs and insulin that are not there as null, whether a person took them away or the pump had none.
test('what the server answers null for is not there: gone if its record was known, open if not', { timeout: 300000 }, async (t) => {
  const begin = Math.floor(Date.now() / 1000 / 60) * 60 - 5 * HOUR;
  const meal = (at, number) => ({ at, eventCode: 64, sequenceNumber: number, eventProperties: { bolusId: number + 1, carbAmount: 60, bg: 120, iob: 0 } });
  const option = (at, number, bolusId) => ({ at, eventCode: 65, sequenceNumber: number, eventProperties: { bolusId, options: 0 } });
  const minute = (count) => begin + count * 60;
  const records = [
    aBasal(begin, 1), meal(minute(10), 10), option(minute(10), 9, 11), aBolus(minute(11) + 7, 11, 6),
    meal(minute(20), 20), aBolus(minute(21) + 7, 21, 5), meal(minute(30), 30), aBolus(minute(31) + 7, 31, 4), meal(minute(40), 40), aBolus(minute(41) + 7, 41, 3),
    aBasal(minute(60), 60), { at: minute(120), eventCode: 4, sequenceNumber: 70, eventProperties: {} },
  ].sort((a, b) => a.sequenceNumber - b.sequenceNumber);
  const late = [9, 20]; // the option of the first bolus, the meal of the second
  const { nightscout, sync } = await prepare(t, begin, records);
  const boluses = async () => {
    const all = (await nightscout.treatments()).filter(({ eventType }) => eventType === 'Combo Bolus');
    return new Map(all.map((one) => [Number(one.pump_event_id.split(',')[0]), one]));
  };
  await sync([], { late });
  const before = await boluses();
  assert.deepEqual([...before.values()].map(({ insulin, carbs }) => [insulin, carbs]), [[6, 60], [5, null], [4, 60], [3, 60]]);
  const save = (number, change) => saveInReport(nightscout, before.get(number), { eventType: 'Combo Bolus', ...change });
  await save(11, { carbs: '', glucose: '' });
  await save(21, { notes: 'with pizza' });
  await save(31, { insulin: '' });
  // As an older version wrote it: only what it carries tells which one it is.
  const { pump_event_source, insulin, ...old } = before.get(41);
  assert.equal((await nightscout.call('PUT', 'treatments', { ...old, created_at: new Date(minute(70) * 1000).toISOString() })).status, 200);
  const left = await boluses();
  assert.deepEqual([...left.values()].map((one) => [one.insulin, one.carbs]), [[6, null], [5, null], [null, 60], [null, 60]]);

  for (let run = 0; run < 2; run += 1) {
    const report = await sync();
    assert.deepEqual([report.created, report.amended], [0, run ? 0 : 2]);
    const now = await boluses();
    assert.equal(now.size, 4);
    for (const number of [31, 41]) assert.deepEqual(now.get(number), left.get(number));
    const [first, second] = [now.get(11), now.get(21)];
    assert.deepEqual([first.insulin, first.carbs, first.glucose, first.pump_event_id], [6, null, left.get(11).glucose, '11,10,9']);
    assert.deepEqual([second.insulin, second.carbs, second.glucose, second.notes, second.pump_event_id], [5, 60, 120, 'with pizza', '21,20']);
    assert.deepEqual([first, second].map(({ _id, created_at }) => [_id, created_at]), [11, 21].map((number) => [left.get(number)._id, left.get(number).created_at]));
  }
  assert.equal((await nightscout.treatments()).length, 6);
});

// Before a Nightscout: hands everything on, and calls seen(request) once the answer has gone out.
async function standBefore(t, nightscout, seen) {
  const server = http.createServer((request, response) => {
    const onward = http.request(new URL(request.url, nightscout.url), { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
      response.on('finish', () => seen(request));
    });
    request.pipe(onward);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => { server.once('listening', resolve); });
  t.after(() => { server.closeAllConnections(); server.close(); });
  return `http://127.0.0.1:${server.address().port}`;
}

test('what a person does while a sync reads a slow log stands', { timeout: 300000 }, async (t) => {
  const begin = Math.floor(Date.now() / 1000 / 60) * 60 - 5 * HOUR;
  const { nightscout, sync } = await prepare(t, begin, [
    aBasal(begin, 1), aMode(begin + 10 * 60 + 17, 10, 1, 0, 1), aBasal(begin + 30 * 60, 30, 600), { at: begin + 40 * 60, eventCode: 4, sequenceNumber: 40, eventProperties: {} },
    aBasal(begin + 90 * 60, 90), aMode(begin + 100 * 60, 100, 0, 1, 2), { at: begin + 110 * 60, eventCode: 4, sequenceNumber: 110, eventProperties: {} },
  ]);
  await sync([], { until: begin + 40 * 60 });
  const find = async (id) => (await nightscout.treatments()).find(({ pump_event_id }) => pump_event_id.split(',')[0] === id);
  const [sleep, basal] = [await find('10'), await find('30')];
  assert.match(sleep.reason, /Not Ended/);
  let edits;
  const url = await standBefore(t, nightscout, ({ method, url: where }) => {
    if (edits || method !== 'GET' || !where.includes('treatments.json') || !where.includes('count=50000')) return;
    edits = Promise.all([
      nightscout.call('PUT', 'treatments', { ...sleep, notes: 'in her own bed' }), nightscout.call('PUT', 'treatments', { ...basal, notes: 'asleep', utcOffset: -300 })]);
  });
  const report = await sync([], { url, tandem: (simulator) => simulator.fault(
    { site: 'tandem', path: '/api/reports/bff/pump-logs/*', kind: 'delay', milliseconds: 9000, count: 1 }) });
  assert.deepEqual((await edits).map(({ status }) => status), [200, 200]);
  assert.equal(report.amended, 2);
  const [ended, over] = [await find('10'), await find('30')];
  assert.deepEqual([ended.notes, ended.duration, /Not Ended/.test(ended.reason)], ['in her own bed', (90 * 60 - 17) / 60, false]);
  assert.deepEqual([over.notes, over.duration], ['asleep', 60]);
});

test('a new pump whose numbers begin low, within a day of the old one: every event of both once', { timeout: 300000 }, async (t) => {
  const begin = Math.floor(Date.now() / 1000 / 60) * 60 - 8 * HOUR;
  // The same numbers, kinds and amounts; times apart.
  const life = (from, deviceAssignmentId) => [
    aBasal(from, 1), ...[2, 3, 4, 5].map((number) => aBolus(from + number * 900, number, number)), aBasal(from + 2 * HOUR, 6), { at: from + 3 * HOUR, eventCode: 4, sequenceNumber: 7, eventProperties: {} },
  ].map((record) => ({ ...record, deviceAssignmentId }));
  const { nightscout, sync } = await prepare(t, begin, [...life(begin, 'a'), ...life(begin + 4 * HOUR, 'b')]);
  const boluses = async () => (await nightscout.treatments()).filter(({ insulin }) => insulin).map(({ created_at, insulin }) => [Date.parse(created_at) / 1000 - begin, insulin]);
  const wanted = [0, 4 * HOUR].flatMap((from) => [2, 3, 4, 5].map((number) => [from + number * 900, number]));
  await sync([], { until: begin + 3 * HOUR, pump: 'a' });
  assert.deepEqual(await boluses(), wanted.slice(0, 4));
  await sync([], { pump: 'b' });
  assert.deepEqual(await boluses(), wanted);
  const stored = byId(await nightscout.treatments());
  for (const pump of ['a', 'b', undefined]) {
    assert.equal((await sync(['--days', '1'], { pump })).created, 0);
    assert.deepEqual(byId(await nightscout.treatments()), stored);
  }
});

test('of documents that are alike one stays, the one with a person\'s words', { timeout: 300000 }, async (t) => {
  const begin = Math.floor(Date.now() / 1000 / 60) * 60 - 5 * HOUR;
  const minutes = [10, 20, 30, 40];
  const { nightscout, sync } = await prepare(t, begin, [
    aBasal(begin, 1), ...minutes.map((minute) => aBolus(begin + minute * 60, minute, 5)), aBasal(begin + HOUR, 60), { at: begin + 2 * HOUR, eventCode: 4, sequenceNumber: 70, eventProperties: {} }]);
  await sync();
  const boluses = (await nightscout.treatments()).filter(({ insulin }) => insulin);
  assert.equal(boluses.length, 4);
  const twins = await nightscout.double('treatments', { insulin: 5 });
  const say = async (one, notes) => assert.equal((await nightscout.call('PUT', 'treatments', { ...one, notes })).status, 200);
  await say(boluses[0], 'with pizza');
  await say(twins[1], 'a second helping');
  await say(boluses[2], 'hers');
  await say(twins[2], 'his');
  assert.equal((await nightscout.treatments()).filter(({ insulin }) => insulin).length, 8);
  for (let run = 0; run < 2; run += 1) {
    await sync(['--days', '1']);
    const left = (await nightscout.treatments()).filter(({ insulin }) => insulin);
    const standard = boluses[3].notes;
    assert.deepEqual(left.map(({ notes }) => notes).sort(), ['a second helping', 'hers', 'his', 'with pizza', standard].sort());
    assert.deepEqual(minutes.map((minute) => left.filter(({ pump_event_id }) => pump_event_id === String(minute)).length), [1, 1, 2, 1]);
  }
});
