// The simulator itself: what other tests rely on when they trust it to be Tandem Source and Nightscout.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { launch, sleep } from './lib/child.mjs';
import { folder } from './lib/run.mjs';
import { program, start } from './lib/simulator.mjs';

const NOW = '2026-05-20T12:00:00';

async function begin(t, options = {}) {
  const simulator = await start({ now: NOW, historyDays: 40, ...options });
  t.after(() => simulator.stop());
  return simulator;
}

async function signedIn(t, options) {
  const simulator = await begin(t, options);
  const session = await simulator.signIn();
  const { pumps } = await simulator.pumper(session);
  const pump = pumps[0].assignmentId;
  return { simulator, session, pumps, log: (first, last = first, which = pump) => simulator.log(session, which, first, last) };
}

const statusOf = async (promise) => (await promise.then((answer) => answer, (error) => error)).status;
const pkce = () => {
  const verifier = randomBytes(64).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
};
const seconds = (wall) => Date.parse(`${wall}Z`) / 1000;

// ---- Tandem Source: doors ----

test('the id token is signed by the published key and names the right things', async (t) => {
  const { simulator, session } = await signedIn(t);
  const [header, payload, signature] = session.token.id_token.split('.');
  const { kid, alg } = JSON.parse(Buffer.from(header, 'base64url'));
  const answer = await fetch(`${simulator.env.TCONNECT_ACCOUNTS_URL}/.well-known/openid-configuration/jwks`, { headers: session.headers });
  const jwk = (await answer.json()).keys.find((key) => key.kid === kid);
  assert.equal(alg, 'RS256');
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  assert.equal(verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')), true);
  assert.equal(session.claims.iss, simulator.env.TCONNECT_ACCOUNTS_URL);
  assert.equal(session.claims.aud, simulator.env.TCONNECT_CLIENT_ID);
  assert.equal(session.claims.exp - session.claims.iat, 28800);
  assert.match(session.claims.pumperId, /^[0-9a-f-]{36}$/);
});

for (const [wrong, good] of [['bad-signature', false], ['other-key', false], ['alg-hs256', false], ['good', true]]) {
  test(`id token ${wrong}: ${good ? 'verifies' : 'does not verify'}`, async (t) => {
    const simulator = await begin(t, { idToken: wrong });
    const { token } = await simulator.signIn();
    const [header, payload, signature] = token.id_token.split('.');
    const answer = await fetch(`${simulator.env.TCONNECT_ACCOUNTS_URL}/.well-known/openid-configuration/jwks`, { headers: { 'user-agent': 'Mozilla/5.0' } });
    const jwk = (await answer.json()).keys.find((key) => key.kid === JSON.parse(Buffer.from(header, 'base64url')).kid);
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    assert.equal(verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')), good);
  });
}

test('a wrong password, a lock and a strange status are refusals, and logins are counted', async (t) => {
  const simulator = await begin(t);
  const refused = await simulator.login({ password: 'wrong' });
  assert.equal(refused.status, 401);
  assert.equal((await refused.json()).error, 'account/invalid_credentials');
  await simulator.set({ login: 'locked' });
  assert.match(await (await simulator.login()).text(), /Max attempted logins exceeded\./);
  await simulator.set({ login: 'status' });
  const strange = await simulator.login();
  assert.equal(strange.status, 200);
  assert.notEqual((await strange.json()).status, 'SUCCESS');
  const { logins, refusedLogins } = await simulator.statistics();
  assert.deepEqual([logins, refusedLogins], [3, 3]);
});

test('without a session authorize leads back to the login page', async (t) => {
  const simulator = await begin(t);
  const where = await simulator.authorize('idsrv.session=made-up', pkce().challenge);
  assert.equal(where.href.startsWith(simulator.env.TCONNECT_SSO_URL), true);
});

test('a code is good for one try, with its own verifier, client and redirect', async (t) => {
  const simulator = await begin(t);
  const cookie = (await simulator.login()).headers.get('set-cookie').split(';')[0];
  const code = async (challenge) => (await simulator.authorize(cookie, challenge)).searchParams.get('code');
  const { verifier, challenge } = pkce();
  for (const fields of [{ code_verifier: pkce().verifier }, { client_id: 'other' }, { redirect_uri: 'http://elsewhere/' }, { grant_type: 'password' }]) {
    assert.equal((await simulator.exchange(await code(challenge), verifier, fields)).status, 400);
  }
  const good = await code(challenge);
  assert.equal((await simulator.exchange(good, verifier)).status, 200);
  assert.equal((await simulator.exchange(good, verifier)).status, 400);
  assert.equal(await statusOf(simulator.authorize(cookie, challenge, { code_challenge_method: 'plain' })), 400);
  assert.equal(await statusOf(simulator.authorize(cookie, challenge, { client_id: 'other' })), 400);
});

test('the firewall wants Origin, Referer and a browser; a token is refused when it is wrong, old or revoked', async (t) => {
  const { simulator, session } = await signedIn(t);
  const pumper = `pumper/${session.claims.pumperId}`;
  for (const headers of [{ origin: 'https://elsewhere.example' }, { referer: 'x' }, { 'user-agent': 'curl/8' }]) {
    const blocked = await simulator.data(session, pumper, headers);
    assert.equal(blocked.status, 403);
    assert.match(await blocked.text(), /The request is blocked/);
  }
  assert.equal((await simulator.data(session, pumper, { authorization: 'Bearer x' })).status, 401);
  assert.equal((await simulator.data(session, pumper)).status, 200);
  await simulator.set({ clockSkew: 28801 });
  assert.equal((await simulator.data(session, pumper)).status, 401);
  await simulator.set({ clockSkew: 0 });
  await simulator.control('POST', 'revoke');
  assert.equal((await simulator.data(session, pumper)).status, 401);
  const retired = await fetch(`${simulator.tandemUrl}api/reports/reportsfacade/x`, { headers: session.headers });
  assert.deepEqual([retired.status, retired.headers.get('content-type')], [404, 'text/html']);
});

// ---- the log ----

test('windows: 28 whole days at most, whole days only, known pumps only', async (t) => {
  const { simulator, session, pumps, log } = await signedIn(t);
  assert.equal(await statusOf(log('2026-04-22', '2026-05-20')), 400);
  assert.equal(await statusOf(log('2026-05-20', '2026-05-19')), 400);
  const where = (start_, end) => `pump-logs/${pumps[0].assignmentId}?pumperId=${session.claims.pumperId}&startDate=${start_}&endDate=${end}`;
  const bad = await simulator.data(session, where('2026-05-01T00:00:00Z', '2026-05-01T12:00:00Z'));
  assert.deepEqual([bad.status, await bad.json()], [400, { message: 'Check input parameters.' }]);
  assert.equal(await statusOf(log('2026-05-01', '2026-05-01', 'other')), 404);
  const { events } = await log('2026-04-23', '2026-05-20');
  assert.ok(events.length > 48_000 && events.length < 51_000, String(events.length));
});

test('a day is the same in every window, for every now, and another for another seed', async (t) => {
  const { log } = await signedIn(t);
  const later = await signedIn(t, { now: '2026-05-28T00:00:00', historyDays: 90 });
  const other = await signedIn(t, { seed: 2 });
  const alone = (await log('2026-05-10')).events;
  const within = (await log('2026-05-01', '2026-05-20')).events.filter((event) => event.pumpDateTime.startsWith('2026-05-10'));
  assert.ok(alone.length > 1700);
  assert.deepEqual(within, alone);
  assert.deepEqual((await later.log('2026-05-10')).events, alone);
  assert.notDeepEqual((await other.log('2026-05-10')).events.map((event) => event.eventProperties), alone.map((event) => event.eventProperties));
});

test('sequence numbers are dense and times never far apart; a day weighs 0.5 to 1 MB', async (t) => {
  const { log } = await signedIn(t);
  const answer = await log('2026-05-01', '2026-05-14');
  const { events } = answer;
  for (let i = 1; i < events.length; i += 1) {
    assert.equal(events[i].sequenceNumber, events[i - 1].sequenceNumber + 1);
    const step = seconds(events[i].pumpDateTime) - seconds(events[i - 1].pumpDateTime);
    assert.ok(step >= 0 && step < 900, `${step} s at ${events[i].pumpDateTime}`);
  }
  const size = JSON.stringify(answer).length / 14;
  assert.ok(size > 500_000 && size < 1_000_000, String(size));
});

test('everything that a pump does occurs within a month', async (t) => {
  const { log } = await signedIn(t);
  const { events } = await log('2026-04-23', '2026-05-20');
  const codes = new Set(events.map((event) => event.eventCode));
  for (const code of [279, 64, 65, 66, 55, 280, 20, 59, 21, 11, 12, 33, 61, 63, 5, 229, 399, 394, 447, 171, 369, 81, 9]) {
    assert.ok(codes.has(code), `no ${code}`);
  }
  const seen = (code, property) => new Set(events.filter((event) => event.eventCode === code).map((event) => event.eventProperties[property]));
  assert.deepEqual([...seen(279, 'commandedRateSource')].sort(), [0, 1, 2, 3, 4]);
  for (const option of [0, 1, 2, 3, 4, 5, 6]) assert.ok(seen(65, 'options').has(option), `no option ${option}`);
  for (const status of [0, 1, 2, 6]) assert.ok(seen(399, 'glucoseValueStatus').has(status), `no status ${status}`);
  for (const action of [0, 1, 2, 3, 4, 5, 6, 7]) assert.ok(seen(229, 'requestedAction').has(action), `no action ${action}`);
  assert.ok(seen(20, 'completionStatus').has(0) && seen(20, 'insulinDelivered').has(0));
  assert.ok(events.some((event) => event.eventCode === 65 && event.eventProperties.userOverride === 1));
  assert.ok(events.some((event) => event.eventCode === 65 && event.eventProperties.declinedCorrection === 1));
  const now = new Set(events.filter((event) => event.eventCode === 20).map((event) => event.eventProperties.bolusId));
  const late = events.filter((event) => event.eventCode === 21);
  assert.ok(late.some((event) => now.has(event.eventProperties.bolusId)) && late.some((event) => !now.has(event.eventProperties.bolusId)));
  assert.ok(events.some((event) => event.eventCode === 399 && seconds(event.pumpDateTime) - event.eventProperties.egvTimeStamp - 1199145600 > 1800));
});

// A suspension whose rate of 0 is logged in the same second has no time of its own.
const lasts = (events, suspension) => !events.some((other) => other.eventCode === 279 && other.pumpDateTime === suspension.pumpDateTime
  && other.sequenceNumber > suspension.sequenceNumber);

test('--rare: what is seldom and easily missed', async (t) => {
  const { simulator, log } = await signedIn(t, { rare: true, off: '2026-05-10T22:00:00,2026-05-11T06:00:00' });
  const { events } = await log('2026-04-23', '2026-05-20');
  const of = (...codes) => events.filter((event) => codes.includes(event.eventCode));
  const properties = (code) => of(code).map((event) => event.eventProperties);
  const requests = new Map(of(64).map((event) => [event.pumpDateTime, event.eventProperties.bg]));
  assert.deepEqual([...new Set(properties(16).map((one) => one.bgEntryType))].sort(), [0, 1]);
  for (const { pumpDateTime, eventProperties } of of(16)) {
    const later = new Date((seconds(pumpDateTime) + 2) * 1000).toISOString().slice(0, 19);
    assert.equal(requests.get(later), eventProperties.bg);
  }
  assert.deepEqual([...new Set(properties(3).flatMap((one) => one.changeType).filter((bit) => bit >= 4))].sort(), [4, 5, 6]);
  assert.ok(properties(9).every((one) => one.abc >= 0 && one.insulin > 0));
  assert.ok(properties(61).some((one) => one.completionStatus === 0 && one.primeSize === 0));
  const toBed = of(229).find(({ eventProperties: one }) => one.requestedAction === 4 && one.currentUserMode === 1 && one.previousUserMode === 2);
  const truth = await simulator.truth('2026-04-23', NOW);
  assert.ok(truth.sleeps.some((one) => one.sequence === toBed.sequenceNumber && one.stop && one.end - one.at > 6 * 3600));
  assert.ok(truth.exercises.some((one) => one.stop === toBed.sequenceNumber));
  // How long after a suspension its rate of 0 is logged: at once, after 136 s, or never.
  const delays = new Set(of(11).map((event) => {
    const next = events.find((other) => other.eventCode === 279 && other.sequenceNumber > event.sequenceNumber);
    return next.eventProperties.commandedRateSource === 0 ? seconds(next.pumpDateTime) - seconds(event.pumpDateTime) : 'never';
  }));
  assert.deepEqual([...delays].map(String).sort(), ['0', '136', 'never']);
  const suspended = new Map(truth.basal.map((one) => [one.sequence, one]));
  assert.ok(of(11).every((event) => suspended.get(event.sequenceNumber)?.rate === (lasts(events, event) ? 0 : undefined)));
  const off = events.findIndex((event) => event.pumpDateTime >= '2026-05-11T06');
  assert.ok(events.slice(off - 6, off).some((event) => event.eventCode === 5 && event.eventProperties.alarmId === 12));
  assert.ok(truth.cannulas.length > 0 && truth.cannulas.length < of(61).length);
});

test('the truth is what the log says: basal by 279, boluses by 20 and 21', async (t) => {
  const { simulator, log } = await signedIn(t, { now: '2026-05-20T12:00:00', historyDays: 25 });
  const { events } = await log('2026-04-25', '2026-05-20');
  const truth = await simulator.truth('2026-04-25T00:00:00', NOW);
  // A suspension is a rate of 0, at once.
  const basal = events.filter((event) => event.eventCode === 279 || (event.eventCode === 11 && lasts(events, event)));
  const rate = ({ eventProperties }) => eventProperties.commandedRate ?? 0;
  assert.deepEqual(truth.basal.map((one) => [one.sequence, one.rate]), basal.map((one) => [one.sequenceNumber, rate(one)]));
  let delivered = 0;
  basal.forEach((one, index) => {
    const end = basal[index + 1] ?? events.at(-1);
    delivered += (rate(one) * (seconds(end.pumpDateTime) - seconds(one.pumpDateTime)));
  });
  const sum = (member) => Object.values(truth.days).reduce((total, day) => total + day[member], 0);
  assert.equal(sum('basalMilliunitSecondsPerHour'), delivered);
  const boluses = events.filter((event) => [20, 21].includes(event.eventCode))
    .reduce((total, event) => total + Math.round(event.eventProperties.insulinDelivered * 1000), 0);
  assert.equal(sum('bolusMilliunits'), boluses);
  assert.ok(sum('basalUnits') / 25 > 15 && boluses / 25e3 > 10);
});

test('the pump follows summer time: a repeated hour twice, a skipped hour never', async (t) => {
  const autumn = await signedIn(t, { now: '2026-11-03T00:00:00', historyDays: 5 });
  const { events, clockChanges } = await autumn.log('2026-11-01');
  const repeated = events.filter((event) => event.eventCode === 279 && event.pumpDateTime.slice(11, 13) === '01');
  assert.ok(repeated.length > 20 && repeated.length < 27, String(repeated.length));
  assert.deepEqual(clockChanges.map((event) => [event.eventCode, event.eventProperties.timePrior, event.eventProperties.timeAfter]), [[13, 7200000, 3600000]]);
  const truth = await autumn.simulator.truth('2026-11-01', '2026-11-02');
  assert.equal(truth.to - truth.from, 25 * 3600);
  const spring = await signedIn(t, { now: '2026-03-10T00:00:00', historyDays: 5 });
  const skipped = await spring.log('2026-03-08');
  assert.equal(skipped.events.filter((event) => event.pumpDateTime.slice(11, 13) === '02').length, 0);
  assert.ok(skipped.events.some((event) => event.pumpDateTime.slice(11, 13) === '03'));
  const still = await signedIn(t, { now: '2026-11-03T00:00:00', historyDays: 5, fixedClock: true });
  assert.deepEqual((await still.log('2026-11-01')).clockChanges, []);
});

test('a clock set by hand shifts what follows, in the log and in clockChanges', async (t) => {
  const { log } = await signedIn(t, { clockShift: ['2026-05-10T14:07:00,-5400', '2026-05-12T14:07:00,5400'] });
  const { events, clockChanges } = await log('2026-05-10');
  const at = events.findIndex((event) => event.eventCode === 13);
  assert.equal(events[at].pumpDateTime, '2026-05-10T12:37:00');
  assert.ok(events[at - 1].pumpDateTime > '2026-05-10T14:05:00');
  assert.equal(events[at].sequenceNumber, events[at - 1].sequenceNumber + 1);
  assert.equal(clockChanges.length, 2);
  const plain = await signedIn(t);
  assert.deepEqual((await log('2026-05-14')).events, (await plain.log('2026-05-14')).events);
});

const clockRecords = (list) => list.map(({ eventCode, pumpDateTime, eventProperties: { rawRTCTime, ...rest } }) => [eventCode, pumpDateTime, Object.values(rest)]);

test('a dead battery sends the clock back to 2008, days as the clock showed them still find the records, the truth stays', async (t) => {
  const { simulator, log } = await signedIn(t, {
    off: '2026-05-10T10:00:00,2026-05-10T12:00:00', clockSet: ['2026-05-10T12:00:00,2008-01-01T00:00:00Z', '2026-05-10T12:30:00,2026-05-10T12:31:00Z'],
  });
  const lost = await log('2008-01-01');
  assert.ok(lost.events.length > 20 && lost.events.every((event) => event.pumpDateTime < '2008-01-01T00:31'));
  assert.deepEqual(clockRecords(lost.clockChanges), [
    [13, '2008-01-01T00:00:00', [43200000, 0]], [14, '2008-01-01T00:00:00', [6704, 0]],
    [13, '2026-05-10T12:31:00', [1800000, 45060000]], [14, '2026-05-10T12:31:00', [0, 6704]],
  ]);
  const { events } = await log('2026-05-10');
  const numbers = [...events, ...lost.events].map((event) => event.sequenceNumber).sort((a, b) => a - b);
  assert.ok(numbers.every((number, index) => index === 0 || number === numbers[index - 1] + 1), 'none is lost, none twice');
  const plain = await signedIn(t, { off: '2026-05-10T10:00:00,2026-05-10T12:00:00' });
  const [set, unset] = await Promise.all([simulator, plain.simulator].map((one) => one.truth('2026-05-01', '2026-05-10T09:00:00')));
  assert.deepEqual(set.basal.map((one) => one.at), unset.basal.map((one) => one.at));
  const after_ = await simulator.truth('2026-05-10T12:05:00', '2026-05-10T12:25:00');
  assert.ok(after_.basal.length > 1 && after_.basal.every((one) => one.at >= after_.from && one.at < after_.to));
});

test('wrong halves of the day, wrong years, drift, and what the pump keeps silent about', async (t) => {
  const { log } = await signedIn(t, {
    clockShift: ['2026-05-10T09:00:00,43200', '2026-05-12T09:00:00,-43200', '2026-05-13T09:00:00,-31536000'],
  });
  assert.deepEqual(clockRecords((await log('2026-05-10')).clockChanges), [
    [13, '2026-05-10T21:00:00', [32400000, 75600000]], [13, '2026-05-12T09:00:00', [75600000, 32400000]], [14, '2025-05-13T09:00:00', [6707, 6342]],
  ]);
  assert.ok((await log('2025-05-13')).events.length > 1000);
  assert.deepEqual((await log('2026-05-14')).events, []);
  const drifting = await signedIn(t, { drift: '2026-05-10T00:00:00,8', clockJump: '2026-05-15T00:00:00,3600' });
  const plain = await signedIn(t);
  const before = (await drifting.log('2026-05-12')).events.find((event) => event.eventCode === 279);
  const same = (await plain.log('2026-05-12')).events.find((event) => event.sequenceNumber === before.sequenceNumber);
  assert.equal(seconds(before.pumpDateTime) - seconds(same.pumpDateTime), 16);
  const jumped = await drifting.log('2026-05-15');
  assert.equal(jumped.events[0].pumpDateTime.slice(0, 13), '2026-05-15T01');
  assert.deepEqual(jumped.clockChanges, []);
  assert.equal(jumped.events.some((event) => [13, 14].includes(event.eventCode)), false);
});

test('clockChanges may be missing, or tell what the log contradicts', async (t) => {
  const { simulator, log } = await signedIn(t, { clockShift: '2026-05-10T14:00:00,3600', clockChanges: 'none' });
  const { events, clockChanges } = await log('2026-05-10');
  assert.deepEqual(clockChanges, []);
  assert.equal(events.filter((event) => event.eventCode === 13).length, 1);
  await simulator.set({ clockChanges: 'contradicted' });
  const told = (await log('2026-05-19')).clockChanges;
  assert.equal(told.length, 2);
  const other = (await log('2026-05-18', '2026-05-20')).events.find((event) => event.sequenceNumber === told[1].sequenceNumber);
  assert.notEqual(other.eventCode, 13);
});

test('an upload that lags, a claimed date, a ghost with settings, one pump under two assignments', async (t) => {
  const { simulator, session, log } = await signedIn(t, { ghostPump: true, ghostDate: '2037-01-01T00:00:00', ghostSettings: true, twinAssignment: true });
  const [pump, twin, ghost] = (await simulator.pumper(session)).pumps;
  assert.equal(pump.serialNumber, twin.serialNumber);
  assert.notEqual(pump.assignmentId, twin.assignmentId);
  assert.equal(ghost.maxDateOfEvents, '2037-01-01T00:00:00');
  assert.equal(ghost.settings.details.profiles.profile[0].name, 'Years ago');
  const [first, second] = await Promise.all([pump, twin].map((one) => log('2026-05-19', '2026-05-19', one.assignmentId)));
  assert.ok(second.events.every((event) => event.deviceAssignmentId === twin.assignmentId));
  assert.deepEqual(second.events.map(({ deviceAssignmentId, ...event }) => event), first.events.map(({ deviceAssignmentId, ...event }) => event));
  await simulator.set({ uploadLag: 180, claimedDate: '2056-05-20T00:00:00' });
  const [late] = (await simulator.pumper(session)).pumps;
  assert.deepEqual([late.maxDateOfEvents, late.lastUploadDate], ['2056-05-20T00:00:00', '2026-05-20T16:00:00Z']);
  assert.match((await log('2026-05-20')).events.at(-1).pumpDateTime, /T0(8:5\d|9:00)/);
});

test('a pump that was off leaves a gap in time and none in numbers', async (t) => {
  const { simulator, log } = await signedIn(t, { off: '2026-05-10T22:00:00,2026-05-11T06:00:00' });
  const { events } = await log('2026-05-08', '2026-05-13');
  const at = events.findIndex((event, index) => index && seconds(event.pumpDateTime) - seconds(events[index - 1].pumpDateTime) > 3600);
  assert.ok(events[at - 1].pumpDateTime < '2026-05-10T22:00:00' && events[at].pumpDateTime >= '2026-05-11T06:00:00');
  assert.equal(events[at].sequenceNumber, events[at - 1].sequenceNumber + 1);
  const truth = await simulator.truth('2026-05-08', '2026-05-13');
  const last = truth.basal.find((one) => one.off);
  assert.equal(last.end, seconds(events[at - 1].pumpDateTime) + 4 * 3600);
});

test('a replaced pump is an assignment of its own; a retired one may carry a placeholder', async (t) => {
  const { pumps, log } = await signedIn(t, { replacePump: '2026-05-15', ghostPump: true });
  assert.equal(pumps.length, 3);
  assert.match(pumps[0].maxDateOfEvents, /^2026-05-1[45]T/);
  assert.equal(pumps[0].settings, null);
  assert.ok(pumps[1].settings.details.profiles.profile.length > 1);
  assert.equal(pumps[2].maxDateOfEvents, '2098-12-31T00:00:00');
  const [before, after_, ghost] = await Promise.all(pumps.map((pump) => log('2026-05-01', '2026-05-20', pump.assignmentId)));
  assert.ok(before.events.at(-1).pumpDateTime < after_.events[0].pumpDateTime);
  assert.equal(after_.events[0].sequenceNumber, 1);
  assert.deepEqual(ghost.events, []);
  const grouped = await signedIn(t, { newGroup: '2026-05-15' });
  const { events } = await grouped.log('2026-05-14', '2026-05-16');
  assert.deepEqual([...new Set(events.map((event) => event.sequenceGroup))], [0, 1]);
});

test('uploads come late: by the hour, until an instant, and some records later still', async (t) => {
  const { simulator, log, session } = await signedIn(t, { now: '2026-05-20T12:34:00', uploadEvery: 60 });
  const newest = async () => (await log('2026-05-20')).events.at(-1).pumpDateTime;
  assert.match(await newest(), /T11:5\d:/);
  assert.equal((await simulator.pumper(session)).pumps[0].lastUploadDate, '2026-05-20T16:00:00Z');
  await simulator.set({ uploadedUntil: '2026-05-20T10:00:00' });
  assert.match(await newest(), /T(09:5\d|10:00:00)/);
  await simulator.set({ uploadedUntil: '' });
  const whole = (await log('2026-05-20')).events;
  await simulator.control('POST', 'hold', { from: '2026-05-20T08:00:00', to: '2026-05-20T10:00:00', until: '2026-05-20T13:00:00' });
  const parted = (await log('2026-05-20')).events;
  assert.deepEqual(parted, whole.filter((event) => event.pumpDateTime < '2026-05-20T08:00:00' || event.pumpDateTime >= '2026-05-20T10:00:00'));
  assert.ok(parted.length < whole.length);
  await simulator.set({ now: '2026-05-20T13:00:00' });
  assert.equal((await log('2026-05-20')).events.filter((event) => event.pumpDateTime < '2026-05-20T12:00:00').length, whole.length);
});

test('files are served as they are, by days and assignment', async (t) => {
  const home = folder(t);
  const event = (assignment, date) => ({ deviceAssignmentId: assignment, eventCode: 33, sequenceGroup: 0, sequenceNumber: 1, pumpDateTime: `${date}T10:00:00`, eventProperties: { insulinVolume: 1.50, odd: null } });
  fs.writeFileSync(path.join(home, 'pumper.json'), '{"pumps":[{"assignmentId":"one"}]}');
  fs.writeFileSync(path.join(home, 'logs.json'), JSON.stringify({ events: [event('one', '2026-01-01'), event('one', '2026-01-03'), event('two', '2026-01-01')], clockChanges: [1] }));
  const { pumps, log } = await signedIn(t, { pumper: path.join(home, 'pumper.json'), pumpLogs: path.join(home, 'logs.json') });
  assert.deepEqual(pumps, [{ assignmentId: 'one' }]);
  assert.deepEqual(await log('2026-01-01', '2026-01-02'), { events: [event('one', '2026-01-01')], clockChanges: [1] });
  assert.equal((await log('2026-01-01', '2026-01-03')).events.length, 2);
});

// ---- Nightscout ----

const note = (time, more) => ({ eventType: 'Note', created_at: time, enteredBy: 'a test', ...more });

test('verifyauth tells in its message, in both shapes', async (t) => {
  const simulator = await begin(t);
  const ask = async (headers) => (await simulator.nightscout('GET', 'verifyauth', undefined, headers)).body.message;
  assert.equal((await ask()).message, 'OK');
  assert.equal((await ask({ 'api-secret': 'wrong' })).message, 'UNAUTHORIZED');
  await simulator.set({ nightscoutVersion: 'old' });
  assert.equal(await ask(), 'OK');
  assert.equal(await ask({ 'api-secret': 'wrong' }), 'UNAUTHORIZED');
});

test('who may do what: secret, token, careportal token, nobody', async (t) => {
  const simulator = await begin(t, { accessToken: 'phone-0123456789abcdef', accessRole: 'careportal' });
  const status = async (method, where, body, secret) => (await simulator.nightscout(method, where, body, { 'api-secret': secret })).status;
  const token = 'phone-0123456789abcdef';
  const hashed = createHash('sha1').update(token).digest('hex');
  for (const secret of [token, hashed]) {
    assert.equal(await status('POST', 'treatments', [note('2026-05-01T00:00:00Z')], secret), 200);
    assert.equal(await status('PUT', 'treatments', {}, secret), 401);
    assert.equal(await status('POST', 'entries.json', [], secret), 401);
    assert.equal(await status('POST', 'profile', {}, secret), 401);
  }
  assert.equal(await status('GET', 'treatments.json', undefined, 'wrong'), 401);
  await simulator.set({ accessRole: 'admin' });
  assert.equal(await status('POST', 'profile', { startDate: 'x' }, hashed), 200);
  assert.equal((await fetch(`${simulator.nightscoutUrl}api/v1/treatments.json`)).status, 200);
  await simulator.set({ defaultRole: 'denied' });
  assert.equal((await fetch(`${simulator.nightscoutUrl}api/v1/status.json`)).status, 401);
});

test('verifyauth of new servers: who reads everything is OK, an uploader on a denied site is found but UNAUTHORIZED', async (t) => {
  const token = 'phone-0123456789abcdef';
  const simulator = await begin(t, { accessToken: token });
  const ask = async (secret) => {
    const { canRead, canWrite, isAdmin, message, rolefound } = (await simulator.nightscout('GET', 'verifyauth', undefined, { 'api-secret': secret })).body.message;
    return [message, rolefound, canRead, canWrite, isAdmin];
  };
  for (const [defaultRole, accessRole, expected] of [
    ['readable', 'admin', ['OK', 'FOUND', true, true, true]],
    ['readable', 'readable', ['OK', 'FOUND', true, false, false]],
    ['readable', 'careportal', ['OK', 'FOUND', true, false, false]],
    ['denied', 'readable', ['OK', 'FOUND', true, false, false]],
    ['denied', 'uploader', ['UNAUTHORIZED', 'FOUND', false, false, false]],
    ['denied', 'careportal', ['UNAUTHORIZED', 'FOUND', false, false, false]],
  ]) {
    await simulator.set({ defaultRole, accessRole });
    assert.deepEqual(await ask(token), expected, `${accessRole}, ${defaultRole} by default`);
  }
  assert.deepEqual(await ask('wrong'), ['UNAUTHORIZED', 'NOTFOUND', false, false, false]);
  const status = async (accessRole, method, where, body) => {
    await simulator.set({ accessRole });
    return (await simulator.nightscout(method, where, body, { 'api-secret': token })).status;
  };
  assert.equal(await status('uploader', 'GET', 'treatments.json'), 200);
  assert.equal(await status('uploader', 'POST', 'activity', [{}]), 200);
  assert.equal(await status('uploader-without-activity', 'GET', 'activity.json'), 401);
  assert.equal(await status('uploader-without-activity', 'POST', 'activity', [{}]), 401);
  assert.equal(await status('uploader-without-activity', 'POST', 'treatments', [note('2026-05-01T00:00:00Z')]), 200);
  assert.equal(await status('careportal', 'GET', 'treatments.json'), 401);
});

test('activity on a new server: PUT keeps created_at and answers the document', async (t) => {
  const simulator = await begin(t);
  const [made] = (await simulator.nightscout('POST', 'activity', [{ enteredBy: 'a test', created_at: '2026-05-01T00:00:00.000Z' }])).body;
  const put = { ...made, days: { '2026-05-01': [] } };
  assert.deepEqual((await simulator.nightscout('PUT', 'activity', put)).body, put);
  assert.deepEqual((await simulator.documents()).activity, [put]);
});

test('a database that is full refuses every write, one that is down says null', async (t) => {
  const simulator = await begin(t, { database: 'full' });
  for (const [method, where, body] of [['POST', 'treatments', [note('2026-05-01T00:00:00Z')]], ['POST', 'entries.json', []], ['PUT', 'profile', {}], ['POST', 'activity', [{}]]]) {
    const answer = await simulator.nightscout(method, where, body);
    assert.equal(answer.status, 500);
    assert.match(answer.text, /Mongo Error.*quota/);
  }
  assert.deepEqual((await simulator.nightscout('GET', 'profile.json')).body, []);
  await simulator.set({ database: 'down' });
  for (const where of ['treatments.json', 'devicestatus.json', 'profile.json?count=1']) {
    const answer = await simulator.nightscout('GET', where);
    assert.deepEqual([answer.status, answer.text], [200, 'null']);
  }
  assert.equal((await simulator.nightscout('GET', 'entries.json')).status, 500);
  assert.equal((await simulator.nightscout('POST', 'treatments', [note('2026-05-01T00:00:00Z')])).status, 500);
  await simulator.set({ database: 'ok' });
  assert.deepEqual((await simulator.documents()).treatments, []);
});

test('a wrong secret makes the next requests wait', async (t) => {
  const simulator = await begin(t, { refuseDelay: 300 });
  await simulator.nightscout('GET', 'treatments.json', undefined, { 'api-secret': 'wrong' });
  const from = performance.now();
  await simulator.nightscout('GET', 'treatments.json');
  assert.ok(performance.now() - from > 200);
});

test('a batch with one refused document: the new version stores none, the old one those before it', async (t) => {
  const simulator = await begin(t, { refuseText: 'culprit' });
  const batch = [note('2026-05-01T00:00:00Z'), note('2026-05-01T00:00:01Z', { notes: 'culprit' }), note('2026-05-01T00:00:02Z')];
  assert.equal((await simulator.nightscout('POST', 'treatments', batch)).status, 500);
  assert.equal((await simulator.documents()).treatments.length, 0);
  await simulator.set({ nightscoutVersion: 'old' });
  assert.equal((await simulator.nightscout('POST', 'treatments', batch)).status, 500);
  assert.equal((await simulator.documents()).treatments.length, 1);
});

test('the new version prefers identifier and _id; a bad date answers null', async (t) => {
  const simulator = await begin(t);
  const [first] = (await simulator.nightscout('POST', 'treatments', [note('2026-05-01T00:00:00Z', { identifier: 'x' })])).body;
  await simulator.nightscout('POST', 'treatments', [note('2026-05-01T00:05:00Z', { identifier: 'x' })]);
  await simulator.nightscout('POST', 'treatments', [note('2026-05-01T00:06:00Z', { _id: first._id })]);
  const { treatments } = await simulator.documents();
  assert.deepEqual(treatments.map((one) => one.created_at), ['2026-05-01T00:06:00.000Z']);
  const bad = await simulator.nightscout('GET', 'treatments.json?find[created_at][$gte]=2026-05-01T00:00:00+02:00');
  assert.deepEqual([bad.status, bad.text], [200, 'null']);
});

test('what Nightscout does to a document: UTC, zeros, nulls, HTML, no JSON, too large, closed careportal', async (t) => {
  const simulator = await begin(t, { bodyLimit: 2000 });
  const [stored] = (await simulator.nightscout('POST', 'treatments', [{
    eventType: 'Temp Basal', created_at: '2026-05-01T00:00:00-04:00', absolute: null, duration: 0, carbs: 0, insulin: '1.5', glucose: '118', units: 'mg/dl', notes: '1 <b>2</b> < 3', percent: 0,
  }])).body;
  const { _id, ...rest } = stored;
  assert.deepEqual(rest, {
    eventType: 'Temp Basal', created_at: '2026-05-01T04:00:00.000Z', utcOffset: -240, absolute: 0, duration: 0, insulin: 1.5, glucose: 118, notes: '1 2 &lt; 3',
  });
  assert.equal((await simulator.nightscout('POST', 'treatments', 'x'.repeat(3000))).status, 413);
  const junk = (await simulator.nightscout('POST', 'treatments', '[]', { 'content-type': 'text/plain' })).body;
  assert.equal(junk[0].eventType, undefined);
  await simulator.set({ careportal: false });
  const closed = await simulator.nightscout('POST', 'treatments', [note('2026-05-01T00:00:00Z')]);
  assert.equal(closed.status, 404);
  assert.match(closed.text, /Cannot POST/);
});

test('documents can be put past every rule, and all can be emptied', async (t) => {
  const simulator = await begin(t);
  await simulator.control('POST', 'documents', { treatments: [{ created_at: 'odd', absolute: null }], profile: [{ startDate: '2099' }] });
  const stored = await simulator.documents();
  assert.deepEqual([stored.treatments[0].created_at, stored.treatments[0].absolute, stored.profile.length], ['odd', null, 1]);
  await simulator.reset();
  assert.deepEqual(Object.values(await simulator.documents()), [[], [], [], [], []]);
});

// ---- faults and readings ----

test('faults hit the requests they are meant for, as often as told', async (t) => {
  const simulator = await begin(t);
  await simulator.fault({ kind: 'answer', site: 'nightscout', method: 'GET', path: '/api/v1/treat*', skip: 1, count: 2, status: 429, headers: { 'Retry-After': '7' }, body: '{}', contentType: 'application/json' });
  const answers = [];
  for (let i = 0; i < 4; i += 1) answers.push(await simulator.nightscout('GET', 'treatments.json'));
  assert.deepEqual(answers.map((one) => one.status), [200, 429, 429, 200]);
  assert.equal(answers[1].headers.get('retry-after'), '7');
  await simulator.fault({ kind: 'null', path: '/api/v1/entries*' }, { kind: 'garbage', path: '/api/v1/profile*', count: -1 });
  assert.equal((await simulator.nightscout('GET', 'entries.json')).body, null);
  assert.equal((await simulator.nightscout('GET', 'profile.json')).body, undefined);
  await simulator.noFaults();
  assert.deepEqual((await simulator.nightscout('GET', 'profile.json')).body, []);
  await assert.rejects(simulator.fault({ kind: 'no such thing' }), /no such kind/);
  await assert.rejects(simulator.set({ latencyy: 5 }), /latencyy/);
});

test('dropped, truncated, stalled, stored without an answer, stored by half', async (t) => {
  const simulator = await begin(t);
  const path_ = '/api/v1/treatments';
  const batch = (day) => [0, 1, 2, 3].map((n) => note(`2026-05-0${day}T00:00:0${n}Z`));
  const send = (day) => simulator.nightscout('POST', 'treatments', batch(day));
  const count = async () => (await simulator.documents()).treatments.length;
  await simulator.fault({ kind: 'drop', path: path_ });
  await assert.rejects(send(1));
  assert.equal(await count(), 0);
  await simulator.fault({ kind: 'lose-answer', path: path_ });
  await assert.rejects(send(1));
  assert.equal(await count(), 4);
  await simulator.fault({ kind: 'truncate', path: path_, bytes: 50 });
  await assert.rejects(send(2));
  assert.equal(await count(), 8);
  await simulator.fault({ kind: 'store-half', path: path_ });
  assert.equal((await send(3)).status, 500);
  assert.equal(await count(), 10);
  await simulator.fault({ kind: 'stall', path: path_ });
  const stalled = fetch(`${simulator.nightscoutUrl}api/v1/treatments`, { method: 'POST', body: '[]', signal: AbortSignal.timeout(300) });
  await assert.rejects(stalled, { name: 'TimeoutError' });
  await simulator.fault({ kind: 'delay', path: path_, milliseconds: 200 });
  const from = performance.now();
  await send(4);
  assert.ok(performance.now() - from >= 195);
});

test('a flood is as long as asked for and well-formed', async (t) => {
  const { simulator, log } = await signedIn(t);
  await simulator.fault({ kind: 'flood', path: '/api/reports/bff/pump-logs/*', bytes: 3_000_000 });
  const { events } = await log('2026-05-01');
  assert.ok(JSON.stringify(events).length > 2_900_000);
});

test('latency delays each answer but not one after another; rounds count what waited', async (t) => {
  const simulator = await begin(t, { latency: 100 });
  const get = () => simulator.nightscout('GET', 'status.json');
  const from = performance.now();
  await Promise.all([get(), get(), get(), get()]);
  const took = performance.now() - from;
  assert.ok(took >= 99 && took < 350, String(took));
  assert.equal((await simulator.statistics()).rounds, 1);
  await get();
  await Promise.all([get(), get()]);
  const statistics = await simulator.statistics();
  assert.equal(statistics.rounds, 3);
  assert.equal(statistics.requestCount, 7);
  assert.ok(statistics.connections >= 4 && statistics.mostOpenConnections >= 4);
  assert.deepEqual(statistics.requests, [{ site: 'nightscout', method: 'GET', path: '/api/v1/status.json', count: 7 }]);
  assert.deepEqual((await simulator.requests()).map((one) => one.round), [1, 1, 1, 1, 2, 3, 3]);
});

test('Date follows the real clock, a skew, or now', async (t) => {
  const simulator = await begin(t);
  const date = async () => Date.parse((await simulator.nightscout('GET', 'status.json')).headers.get('date'));
  assert.ok(Math.abs(await date() - Date.now()) < 5000);
  await simulator.set({ clockSkew: -600 });
  assert.ok(Math.abs(await date() - Date.now() + 600_000) < 5000);
  await simulator.set({ clockSkew: 0, dateFollowsNow: true });
  assert.equal(await date(), Date.parse('2026-05-20T16:00:00Z'));
});

// ---- the program ----

test('it ends when its standard input closes, and says what it cannot use', async () => {
  const running = launch(program, ['--exit-with-stdin'], { env: {} });
  await running.says(/\n/, { seconds: 60 });
  running.child.stdin.end();
  assert.deepEqual(await running.ended, { status: 0, signal: null });
  for (const words of [['--zone', 'No/Where'], ['--latency', 'x'], ['--off', '2026-05-02,2026-05-01'], ['--nonsense', '1'], ['stray']]) {
    const refused = launch(program, words, { env: {} });
    assert.equal((await refused.ended).status, 2, words.join(' '));
    assert.match(refused.stderr, /tconnectsync-simulator: /);
  }
  const help = launch(program, ['--help'], { env: {} });
  assert.equal((await help.ended).status, 0);
  assert.match(help.stdout, /--seed N/);
});

test('connections that idle on Nightscout are closed after 5 seconds', async (t) => {
  const simulator = await begin(t);
  await simulator.nightscout('GET', 'status.json');
  assert.equal((await simulator.statistics()).openConnections, 1);
  await sleep(5500);
  assert.equal((await simulator.statistics()).openConnections, 0);
});
