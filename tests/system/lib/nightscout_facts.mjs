// What the program relies on in a Nightscout of the old kind (0.12.8), as tests: run against the genuine server, they
// prove the facts; run against the simulator's, that it keeps them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { US, query } from './nightscout.mjs';

// What both kinds of server take for now.
export const NOW = '2026-03-20T12:00:00Z';

// begin() starts a server whose clock shows NOW: {call, profile, profiles, closeCareportal, denyReading, stop}, the
// first three as in nightscout.mjs. Gives a function that returns the running server, for tests of the caller's own.
export function facts(begin) {
  let nightscout;
  before(async () => { nightscout = await begin(); });
  after(() => nightscout?.stop());

  const post = (where, body) => nightscout.call('POST', where, body);
  const find = (parameters) => nightscout.call('GET', `treatments.json?${query(parameters)}`);
  const between = (from, to) => ({ 'find[created_at][$gte]': from, 'find[created_at][$lte]': to, count: 1000 });
  const at = async (time) => (await find(between(time, time))).body;
  const note = (time, more = {}) => ({ eventType: 'Note', created_at: time, enteredBy: US, ...more });

  test('verifyauth answers 200 for a bad secret too and tells by its message', async () => {
    const good = await nightscout.call('GET', 'verifyauth');
    assert.deepEqual([good.status, good.body.message], [200, 'OK']);
    const bad = await nightscout.call('GET', 'verifyauth', undefined, { 'api-secret': '0'.repeat(40) });
    assert.deepEqual([bad.status, bad.body.message], [200, 'UNAUTHORIZED']);
  });

  test('a bad secret reads but does not write', async () => {
    const wrong = { 'api-secret': '0'.repeat(40) };
    assert.equal((await nightscout.call('GET', 'treatments.json', undefined, wrong)).status, 200);
    assert.equal((await nightscout.call('POST', 'treatments', [note('2026-03-01T00:00:00Z')], wrong)).status, 401);
    assert.deepEqual(await at('2026-03-01T00:00:00.000Z'), []);
  });

  test('a POST lists every document sent; one that replaced another comes without an _id', async () => {
    const first = await post('treatments', [note('2026-03-01T01:00:00-05:00', { pump_event_id: '1' })]);
    assert.equal(first.body.length, 1);
    assert.match(first.body[0]._id, /^[0-9a-f]{24}$/);
    const second = await post('treatments', [
      note('2026-03-01T06:00:00.000Z', { pump_event_id: '2' }),
      note('2026-03-01T06:00:01Z', { pump_event_id: '3' }),
    ]);
    assert.equal(second.status, 200);
    assert.equal(second.body.length, 2);
    assert.equal(second.body[0]._id, undefined);
    assert.match(second.body[1]._id, /^[0-9a-f]{24}$/);
  });

  test('created_at and eventType are the key: the later document replaces the earlier one whole', async () => {
    await post('treatments', [note('2026-03-01T02:00:00-05:00', { notes: 'first', pump_event_id: '1', kept: 'no' })]);
    await post('treatments', [{ eventType: 'Note', created_at: '2026-03-01T07:00:00Z', enteredBy: 'someone else' }]);
    await post('treatments', [{ ...note('2026-03-01T07:00:00Z'), eventType: 'Sleep' }]);
    const stored = await at('2026-03-01T07:00:00.000Z');
    assert.deepEqual(stored.map((one) => one.eventType).sort(), ['Note', 'Sleep']);
    const replaced = stored.find((one) => one.eventType === 'Note');
    assert.equal(replaced.enteredBy, 'someone else');
    assert.equal('kept' in replaced || 'notes' in replaced || 'pump_event_id' in replaced, false);
  });

  test('milliseconds keep two events of one second apart', async () => {
    const { body } = await post('treatments', [note('2026-03-01T03:00:00-05:00'), note('2026-03-01T03:00:00.001-05:00')]);
    assert.equal(body.length, 2);
    assert.equal((await find(between('2026-03-01T08:00:00.000Z', '2026-03-01T08:00:00.999Z'))).body.length, 2);
  });

  test('created_at becomes UTC and leaves its offset in utcOffset; garbage becomes now', async () => {
    await post('treatments', [note('2026-03-01T04:00:00-05:00', { pump_event_id: '7' })]);
    const [stored] = await at('2026-03-01T09:00:00.000Z');
    assert.equal(stored.created_at, '2026-03-01T09:00:00.000Z');
    assert.equal(stored.utcOffset, -300);
    assert.equal(stored.pump_event_id, '7');
    const garbage = await post('treatments', [note('some day')]);
    assert.match(garbage.body[0].created_at, /^2026-03-20T12:0/);
  });

  test('zero and empty values vanish, absolute and duration keep 0 and make 0 of null', async () => {
    await post('treatments', [{
      eventType: 'Temp Basal', created_at: '2026-03-01T10:00:00Z', enteredBy: US, absolute: 0, duration: 0, rate: 0,
      carbs: 0, insulin: 0, percent: 0, notes: '',
    }]);
    const [zeros] = await at('2026-03-01T10:00:00.000Z');
    assert.equal(zeros.absolute, 0);
    assert.equal(zeros.duration, 0);
    assert.equal(zeros.rate, 0);
    for (const name of ['percent', 'notes']) assert.equal(name in zeros, false, name);
    // Reading shows the two that are missing as null.
    assert.equal(zeros.carbs, null);
    assert.equal(zeros.insulin, null);
    await post('treatments', [note('2026-03-01T10:01:00Z', { absolute: null, duration: null })]);
    const [nulls] = await at('2026-03-01T10:01:00.000Z');
    assert.deepEqual([nulls.absolute, nulls.duration], [0, 0]);
  });

  test('glucose becomes a number', async () => {
    await post('treatments', [{ ...note('2026-03-01T10:02:00Z'), eventType: 'Combo Bolus', insulin: 1.25, glucose: '118' }]);
    const [stored] = await at('2026-03-01T10:02:00.000Z');
    assert.equal(stored.glucose, 118);
    assert.equal(stored.insulin, 1.25);
  });

  test('find: bounds are inclusive, enteredBy is matched whole, newest first, an offset must be percent-encoded', async () => {
    await post('treatments', [1, 2, 3].map((n) => note(`2026-03-02T00:00:0${n}Z`)));
    await post('treatments', [{ ...note('2026-03-02T00:00:02Z'), eventType: 'Sleep', enteredBy: 'Pump' }]);
    const range = between('2026-03-02T00:00:01.000Z', '2026-03-02T00:00:03.000Z');
    assert.equal((await find(range)).body.length, 4);
    const ours = (await find({ ...range, 'find[enteredBy]': US })).body;
    assert.deepEqual(ours.map((one) => one.created_at.slice(17, 19)), ['03', '02', '01']);
    assert.equal((await find({ ...range, count: 2 })).body.length, 2);
    const encoded = await find({ 'find[created_at][$gte]': '2026-03-02T01:00:02+01:00', 'find[created_at][$lte]': '2026-03-02T00:00:03.000Z' });
    assert.equal(encoded.body.length, 3);
    const rubbish = await find({ 'find[created_at][$gte]': 'rubbish' });
    assert.equal(rubbish.status, 500);
    assert.equal(Array.isArray(rubbish.body), false);
  });

  test('without a created_at in find only the last four days are told', async () => {
    await post('treatments', [note('2026-03-15T12:00:00Z', { pump_event_id: 'old' }), note('2026-03-17T12:00:00Z', { pump_event_id: 'new' })]);
    const ids = (await nightscout.call('GET', 'treatments.json')).body.map((one) => one.pump_event_id);
    assert.equal(ids.includes('new'), true);
    assert.equal(ids.includes('old'), false);
  });

  test('PUT with the stored _id replaces the document whole', async () => {
    await post('treatments', [note('2026-03-03T00:00:00-05:00', { notes: 'before', extra: 'stays' })]);
    const [stored] = await at('2026-03-03T05:00:00.000Z');
    const { carbs, insulin, ...kept } = stored;
    const answer = await nightscout.call('PUT', 'treatments', { ...kept, created_at: '2026-03-03T00:00:00-05:00', notes: 'after' });
    assert.equal(answer.status, 200);
    const [amended, ...more] = await at('2026-03-03T05:00:00.000Z');
    assert.deepEqual(more, []);
    assert.deepEqual(amended, { ...stored, notes: 'after' });
    // Sent in UTC, the offset is lost.
    await nightscout.call('PUT', 'treatments', kept);
    assert.equal((await at('2026-03-03T05:00:00.000Z'))[0].utcOffset, 0);
  });

  test('PUT takes no array', async () => {
    await post('treatments', [note('2026-03-03T01:00:00Z')]);
    const [stored] = await at('2026-03-03T01:00:00.000Z');
    assert.equal((await nightscout.call('PUT', 'treatments', [stored])).status, 500);
  });

  test('DELETE by _id takes one treatment away, and a second time none', async () => {
    await post('treatments', [note('2026-03-04T00:00:00Z'), note('2026-03-04T00:00:01Z')]);
    const [stored] = await at('2026-03-04T00:00:00.000Z');
    const first = await nightscout.call('DELETE', `treatments/${stored._id}`);
    assert.deepEqual([first.status, first.body.n], [200, 1]);
    const second = await nightscout.call('DELETE', `treatments/${stored._id}`);
    assert.deepEqual([second.status, second.body.n], [200, 0]);
    assert.deepEqual(await at('2026-03-04T00:00:00.000Z'), []);
    assert.equal((await at('2026-03-04T00:00:01.000Z')).length, 1);
  });

  test('a body that is no JSON is 400, a null in the array 500, an empty array stores nothing', async () => {
    assert.equal((await post('treatments', '[{"eventType":')).status, 400);
    assert.equal((await post('treatments', [null])).status, 500);
    assert.deepEqual((await post('treatments', [])).body, []);
  });

  test('another Content-Type makes a document of junk', async () => {
    const answer = await nightscout.call('POST', 'treatments', JSON.stringify([note('2026-03-04T01:00:00Z')]), { 'content-type': 'text/plain' });
    assert.equal(answer.status, 200);
    assert.equal(answer.body[0].eventType, undefined);
    await nightscout.call('DELETE', `treatments/${answer.body[0]._id}`);
  });

  test('entries: key is type and time; the answer lists all that was sent, without _id', async () => {
    const date = Date.parse('2026-03-19T12:00:00Z');
    const entry = (more) => ({ type: 'sgv', sgv: 120, date, dateString: '2026-03-19T08:00:00-04:00', device: US, ...more });
    const answer = await post('entries.json', [entry({ pump_event_id: '1' }), entry({ sgv: 121, date: date + 1000, dateString: '2026-03-19T08:00:01-04:00' })]);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body.map((one) => one.sgv).sort(), [120, 121]);
    await post('entries.json', [entry({ sgv: 130, device: 'another' })]);
    const where = `entries.json?${query({ 'find[date][$gte]': date, 'find[date][$lte]': date + 1000, count: 1000 })}`;
    const { body } = await nightscout.call('GET', where);
    assert.deepEqual(body.map((one) => [one.sgv, one.device]), [[121, US], [130, 'another']]);
    assert.equal(body[1].dateString, '2026-03-19T12:00:00.000Z');
    assert.equal(body[1].utcOffset, -240);
    assert.equal(body[1].date, date);
    const device = await nightscout.call('GET', `${where}&${query({ 'find[device]': US })}`);
    assert.deepEqual(device.body.map((one) => one.sgv), [121]);
  });

  test('entries: ten without a count, tab-separated text without .json, DELETE by _id', async () => {
    const date = Date.parse('2026-03-19T13:00:00Z');
    await post('entries.json', Array.from({ length: 12 }, (_, n) => ({
      type: 'sgv', sgv: 100 + n, date: date + n * 300000, dateString: new Date(date + n * 300000).toISOString(), device: US,
    })));
    assert.equal((await nightscout.call('GET', 'entries.json')).body.length, 10);
    assert.match((await nightscout.call('GET', 'entries', undefined, { accept: '*/*' })).type, /^text\/plain/);
    const where = `entries.json?${query({ 'find[date][$gte]': date, count: 1000 })}`;
    const { body } = await nightscout.call('GET', where);
    const gone = await nightscout.call('DELETE', `entries/${body[0]._id}`);
    assert.deepEqual([gone.status, gone.body.n], [200, 1]);
    assert.equal((await nightscout.call('GET', where)).body.length, body.length - 1);
  });

  test('device status: a resend duplicates, an array keeps created_at as it was sent', async () => {
    const status = { device: US, created_at: '2026-03-20T11:00:00.000Z', pump: { clock: '2026-03-20T11:00:00.000Z', battery: { percent: 55 } } };
    assert.equal((await post('devicestatus', [status])).body.length, 1);
    await post('devicestatus', [status]);
    await post('devicestatus', [{ ...status, created_at: '2026-03-20T07:30:00-04:00' }]);
    const where = `devicestatus.json?${query({ 'find[device]': US, 'find[created_at][$gte]': '2026-03-20T11:00:00.000Z', count: 10 })}`;
    const { body } = await nightscout.call('GET', where);
    // The third, half an hour later, is missed: its text sorts before the bound.
    assert.deepEqual(body.map((one) => one.created_at), ['2026-03-20T11:00:00.000Z', '2026-03-20T11:00:00.000Z']);
    assert.equal('utcOffset' in body[0], false);
  });

  test('profile: the highest startDate is current, POST inserts, PUT replaces by _id', async () => {
    const profile = (startDate, name) => ({ defaultProfile: name, startDate, units: 'mg/dl', enteredBy: US, store: { [name]: { dia: '5' } } });
    assert.equal(await nightscout.profile(), null);
    const created = await post('profile', profile('2026-03-10T00:00:00.000Z', 'A'));
    assert.equal(created.body.length, 1);
    await post('profile', profile('2026-03-09T00:00:00.000Z', 'B'));
    const current = await nightscout.profile();
    assert.equal(current.defaultProfile, 'A');
    const put = await nightscout.call('PUT', 'profile', { ...current, defaultProfile: 'C', pump_settings_hash: 'x' });
    assert.equal(put.status, 200);
    assert.deepEqual((await nightscout.profiles()).map((one) => one.defaultProfile), ['B', 'C']);
    await post('profile', profile('2030-01-01T00:00:00.000Z', 'future'));
    assert.equal((await nightscout.profile()).defaultProfile, 'future');
  });

  test('activity: POST inserts and keeps created_at, PUT replaces whole by _id and dates it now, DELETE takes one away', async () => {
    const coverage = (created_at, more) => ({ enteredBy: US, created_at, days: { '2026-01-02': [[0, 1, 250]] }, ...more });
    const read = async (more = {}) => (await nightscout.call('GET', `activity.json?${query({ 'find[enteredBy]': US, 'find[created_at][$gte]': '2000-01-01', count: 1000, ...more })}`)).body;
    const made = await post('activity', [coverage('2026-01-02T03:04:05.000Z', { extra: [1, { deep: null }] }), coverage('2026-01-02T03:04:05.000Z')]);
    assert.equal(made.status, 200);
    assert.equal(made.body.length, 2);
    assert.match(made.body[0]._id, /^[0-9a-f]{24}$/);
    await post('activity', [{ ...coverage('2026-03-19T00:00:00.000Z'), enteredBy: 'someone else' }]);
    const stored = await read();
    assert.deepEqual(stored.map((one) => one.created_at), ['2026-01-02T03:04:05.000Z', '2026-01-02T03:04:05.000Z']);
    const first = stored.find((one) => one._id === made.body[0]._id);
    assert.deepEqual(first, { _id: first._id, ...coverage('2026-01-02T03:04:05.000Z', { extra: [1, { deep: null }] }) });
    const { created_at, extra, ...kept } = first;
    assert.equal((await nightscout.call('PUT', 'activity', { ...kept, created_at, days: {} })).status, 200);
    const put = (await read()).find((one) => one._id === first._id);
    assert.deepEqual({ ...put, created_at }, { _id: first._id, enteredBy: US, created_at, days: {} });
    assert.match(put.created_at, /^2026-03-20T12:/);
    // Without a created_at in find, only the last four days are told.
    assert.equal((await nightscout.call('GET', 'activity.json')).body.length, 2);
    assert.deepEqual((await read({ 'find[created_at][$gte]': '2026-03-20' })).map((one) => one._id), [first._id]);
    const gone = await nightscout.call('DELETE', `activity/${first._id}`);
    assert.deepEqual([gone.status, gone.body], [200, {}]);
    assert.deepEqual((await read()).map((one) => one._id), [made.body[1]._id]);
    assert.equal((await nightscout.call('POST', 'activity', [coverage('2026-01-02T03:04:05.000Z')], { 'api-secret': '0'.repeat(40) })).status, 401);
  });

  test('a closed careportal answers 404 with HTML; the rest goes on', async () => {
    await nightscout.closeCareportal();
    const answer = await post('treatments', [note('2026-03-05T00:00:00Z')]);
    assert.equal(answer.status, 404);
    assert.match(answer.text, /Cannot POST/);
    assert.equal((await post('activity', [{ created_at: '2026-03-20T11:00:00.000Z' }])).status, 404);
    assert.equal((await post('devicestatus', [{ device: US, created_at: '2026-03-20T11:00:00.000Z' }])).status, 200);
  });

  test('role denied: nobody reads without the secret', async () => {
    await nightscout.denyReading();
    assert.equal((await nightscout.call('GET', 'treatments.json', undefined, { 'api-secret': '' })).status, 401);
    assert.equal((await nightscout.call('GET', 'status.json', undefined, { 'api-secret': '' })).status, 401);
    assert.equal((await nightscout.call('GET', 'treatments.json')).status, 200);
  });

  return () => nightscout;
}
