// A person before the genuine Nightscout, and syncs of a pump log of the test's own beside them.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as nightscouts from './nightscout.mjs';
import { folder, runJson } from './run.mjs';
import * as simulators from './simulator.mjs';

const connect = createRequire(import.meta.url)('socket.io-client');
const FEATURES = 'BASAL,BOLUS,PUMP_EVENTS';
const wall = (instant) => new Date(instant * 1000).toISOString().slice(0, 19);

// The chart's connection: send('dbUpdateUnset', {...}) -> what the server says.
export async function openChart(t, nightscout) {
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

// The report editor's Save: every field of its form as text, the time to the minute. change: what was typed in.
export async function saveInReport(nightscout, treatment, change = {}) {
  const text = (name) => String(change[name] ?? treatment[name] ?? '');
  const data = {
    ...treatment, eventType: change.eventType ?? '', glucose: text('glucose'), carbs: text('carbs'), protein: '', fat: '', insulin: text('insulin'),
    duration: text('duration'), percent: '', absolute: text('absolute'), profile: '', notes: text('notes'), enteredBy: text('enteredBy'),
    eventTime: `${treatment.created_at.slice(0, 16)}:00.000Z`, units: 'mg/dl',
  };
  delete data.created_at;
  if (data.absolute === '') delete data.absolute;
  const form = new URLSearchParams(Object.entries(data).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]));
  const answer = await nightscout.call('PUT', 'treatments/', form.toString(), { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' });
  assert.equal(answer.status, 200, answer.text);
}

const SERIALS = { a: '90412345', b: '90498765' };

// The log of the pump with that assignment as the phone has uploaded it until then, as Tandem tells it.
function pumpOf(assignmentId, begin, events) {
  const newest = events.at(-1).pumpDateTime;
  return {
    assignmentId, serialNumber: SERIALS[assignmentId], modelName: 't:slim X2', maxDateOfEvents: newest, lastUploadDate: `${newest}Z`,
    availableDataRange: { start: wall(begin - 30 * 86400), end: newest }, settings: null,
  };
}

// records: of pump 'a', but where deviceAssignmentId says 'b'; at is their time. sync(words, {until, late, pump, tandem,
// url}): until: what has been uploaded, but for the numbers in late; pump: whose serial number is set; tandem(simulator):
// before the run; url: of what stands before Nightscout.
export async function prepare(t, begin, records) {
  const home = folder(t);
  const nightscout = await nightscouts.start();
  t.after(() => nightscout.stop());
  const file = (name, value) => {
    fs.writeFileSync(path.join(home, name), JSON.stringify(value));
    return path.join(home, name);
  };
  const sync = async (words = [], { until = Infinity, late = [], pump, tandem = () => {}, url = nightscout.url } = {}) => {
    const events = records.filter(({ at, sequenceNumber }) => at <= until && !late.includes(sequenceNumber)).map(({ at, ...event }) => ({ deviceAssignmentId: 'a', sequenceGroup: 0, pumpDateTime: wall(at), ...event }));
    const pumps = Object.keys(SERIALS).map((id) => [id, events.filter(({ deviceAssignmentId }) => deviceAssignmentId === id)])
      .filter(([, its]) => its.length > 0).map(([id, its]) => pumpOf(id, begin, its));
    const simulator = await simulators.start({
      zone: 'Etc/UTC', pumpLogs: file('pump-logs.json', { events, clockChanges: [] }), pumper: file('pumper.json', { firstName: 'Robin', lastName: 'Example', pumps }),
    });
    try {
      await tandem(simulator);
      const { report, stderr } = await runJson(['sync', ...words], { home, env: {
        ...simulator.env, NS_URL: url, NS_SECRET: nightscout.secret, TIMEZONE_NAME: 'Etc/UTC', TCONNECTSYNC_HEROKU_FEATURES: FEATURES, PUMP_SERIAL_NUMBER: SERIALS[pump],
      } });
      assert.equal(report.error, null, stderr.slice(-3000));
      return report;
    } finally {
      await simulator.stop();
    }
  };
  return { nightscout, sync };
}
