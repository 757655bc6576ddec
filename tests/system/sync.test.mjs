// The real program against the simulators: what a sync does when all goes well, and when it does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './lib/child.mjs';
import { startClock } from './lib/clock.mjs';
import { begin, folder, program, run, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';
import { handOn, listen } from './lib/site.mjs';

const FEATURES = 'BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS';
// A history that stands still, and a range that does not move with the clock: what two runs leave can be compared.
const STILL = { now: Math.floor(Date.now() / 1000) - 3600, dateFollowsNow: false };
const day = (daysAgo) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/New_York' })
  .format(new Date(Date.now() - daysAgo * 86400000));
const RANGE = ['--from', day(2), '--to', day(0)];

// A simulator with a short history, and a sync against it.
async function prepare(t, options = {}, env = {}) {
  const simulator = await start({ seed: 11, historyDays: 5, ...options });
  t.after(() => simulator.stop());
  const home = folder(t);
  const environment = { ...simulator.env, CACHE_CREDENTIALS: 'false', ...env };
  const sync = (...words) => runJson(['sync', '--features', FEATURES, ...words], { env: environment, home });
  return { simulator, home, sync, environment };
}

// What a store holds, without what differs from server to server: ids and times of storing.
function stripped(documents) {
  const strip = ({ _id, srvModified, srvCreated, identifier, sysTime, ...rest }) => JSON.stringify(rest, Object.keys(rest).sort());
  return {
    treatments: documents.treatments.map(strip).sort(),
    entries: documents.entries.map(strip).sort(),
  };
}

function assertEachOnce(documents) {
  for (const name of ['treatments', 'entries']) {
    const keys = documents[name].map((document) => `${document.eventType ?? document.type} ${document.pump_event_id}`);
    assert.equal(new Set(keys).size, keys.length, `a document of ${name} stands twice`);
  }
}

test('a result that cannot be written is no result: exit 1 and a line that says so', async (t) => {
  const { environment, home } = await prepare(t);
  for (const words of ['sync --json --pretend --days 1', 'check']) {
    const shell = launch('/bin/sh', ['-c', `exec "$0" ${words} >/dev/full`, program], { cwd: home, env: { PATH: '/usr/bin:/bin', HOME: home, ...environment } });
    assert.deepEqual(await shell.ended, { status: 1, signal: null }, shell.stderr);
    assert.match(shell.stderr, /the result could not be written: No space left on device\. What was synced is safe/);
  }
});

test('a day arrives, the report adds up, and a second run writes nothing', async (t) => {
  const { simulator, sync } = await prepare(t);
  const { report, status } = await sync('--days', '1');
  assert.equal(status, 0);
  assert.equal(report.result, 'ok');
  assert.equal(report.error, null);
  for (const count of ['created', 'amended', 'unchanged', 'withheld']) {
    assert.equal(report[count], Object.values(report.by_type).reduce((sum, kind) => sum + kind[count], 0), count);
  }
  const documents = await simulator.documents();
  assert.equal(documents.treatments.length + documents.entries.length + documents.devicestatus.length + documents.profile.length, report.created);
  assertEachOnce(documents);
  assert.match(report.newest_event, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[45]:00$/);
  assert.ok(report.last_sequence > 0);

  const writes = (await simulator.statistics()).nightscoutWrites;
  const second = await sync('--days', '1');
  assert.equal(second.report.created, 0);
  assert.equal((await simulator.statistics()).nightscoutWrites - writes <= second.report.amended, true);
});

test('cold: at most 9 round trips, 20 requests and 10 connections; with a token 5: the last writes what is settled', async (t) => {
  const { simulator, sync, home } = await prepare(t, { latency: 200 }, { CACHE_CREDENTIALS: 'true' });
  assert.ok(home);
  const cold = await sync('--days', '1');
  let seen = await simulator.statistics();
  assert.ok(seen.rounds <= 9, `${seen.rounds} rounds`);
  assert.ok(cold.report.requests <= 20, `${cold.report.requests} requests`);
  assert.equal(cold.report.requests, seen.requestCount);
  assert.ok(cold.report.connections <= 10, `${cold.report.connections} connections`);
  await simulator.reset();
  await sync('--days', '1');
  seen = await simulator.statistics();
  assert.ok(seen.rounds <= 5, `${seen.rounds} rounds with a token`);
  assert.equal(seen.logins, 0);
});

test('pretend writes nothing and lists every write', async (t) => {
  const { simulator, sync } = await prepare(t);
  const { report, stderr } = await sync('--days', '1', '--pretend');
  assert.equal((await simulator.statistics()).nightscoutWrites, 0);
  assert.equal(report.pretend, true);
  const listed = stderr.split('\n').filter((line) => line.includes('pretend=create')).length;
  assert.equal(listed, report.created - report.by_type.profile.created);
});

test('a document that Nightscout refuses is left out and named, everything else is stored', async (t) => {
  for (const version of ['new', 'old']) {
    const { simulator, sync } = await prepare(t, { nightscoutVersion: version });
    const reference = await sync('--days', '1', '--pretend');
    const culprit = /pretend=create document=".*?pump_event_id\\":\\"([\d,]+)/.exec(reference.stderr.split('\n')
      .filter((line) => line.includes('Temp Basal') && line.includes('pretend=create'))[140])[1];
    await simulator.set({ refuseText: `"${culprit}"` });
    const { report, status, stderr } = await sync('--days', '1');
    assert.equal(status, 1);
    assert.equal(report.result, 'failed');
    assert.equal(report.skipped['refused by Nightscout'], 1);
    assert.match(stderr, new RegExp(`refused=.*sequence=${parseInt(culprit, 10)}`));
    const documents = await simulator.documents();
    assertEachOnce(documents);
    assert.equal(documents.treatments.filter((document) => document.pump_event_id === culprit).length, 0);
    assert.ok(report.created >= reference.report.created - 2);

    await simulator.set({ refuseText: '' });
    const mended = await sync('--days', '1');
    assert.equal(mended.status, 0);
    assert.equal((await simulator.documents()).treatments.filter((document) => document.pump_event_id === culprit).length, 1);
  }
});

const faults = {
  'half of a batch is stored': { kind: 'store-half', method: 'POST', path: '/api/v1/treatments', count: 1 },
  'the answer to a batch is lost': { kind: 'lose-answer', method: 'POST', path: '/api/v1/treatments', count: 1 },
  'the answer about readings is lost': { kind: 'lose-answer', method: 'POST', path: '/api/v1/entries*', count: 1 },
  'the answer about the device status is lost': { kind: 'lose-answer', method: 'POST', path: '/api/v1/devicestatus', count: 1 },
  'a write meets a sleeping site': { kind: 'answer', method: 'POST', path: '/api/v1/treatments', status: 503, body: '<html>', contentType: 'text/html', count: 2 },
  'a write fails once': { kind: 'answer', method: 'POST', path: '/api/v1/treatments', status: 500, body: '{}', contentType: 'application/json', count: 1 },
  'a write is answered with garbage': { kind: 'garbage', method: 'POST', path: '/api/v1/entries*', count: 1 },
  'a read is dropped': { kind: 'drop', method: 'GET', path: '/api/v1/treatments.json', count: 1 },
  'the site wakes up slowly': { kind: 'answer', method: 'GET', path: '/api/v1/verifyauth', status: 502, body: '<html>', contentType: 'text/html', count: 3 },
  'the log is cut short': { kind: 'truncate', site: 'tandem', path: '/api/reports/bff/pump-logs/*', bytes: 20000, count: 1 },
  'Tandem fails for a moment': { kind: 'answer', site: 'tandem', path: '/api/reports/bff/pumper/*', status: 503, body: '<html>', contentType: 'text/html', count: 2 },
};

for (const [name, fault] of Object.entries(faults)) {
  test(`the same documents stand there once when ${name}`, async (t) => {
    const { simulator, sync } = await prepare(t, STILL);
    await sync(...RANGE);
    const wanted = stripped(await simulator.documents());
    await simulator.reset();
    await simulator.fault(fault);
    const first = await sync(...RANGE);
    await simulator.noFaults();
    await sync(...RANGE);
    const documents = await simulator.documents();
    assertEachOnce(documents);
    assert.deepEqual(stripped(documents), wanted);
    assert.equal(documents.devicestatus.length, 1);
    assert.ok(first.status === 0 || first.report.error, first.stderr);
  });
}

const refusals = {
  'a wrong secret': { env: { NS_SECRET: 'not-the-right-secret' }, error: /Nightscout refused the secret.*NS_SECRET/ },
  'a closed careportal': { options: { careportal: false }, error: /careportal.*ENABLE/ },
  'a refused password': { env: { TCONNECT_PASSWORD: 'wrong' }, error: /Tandem refused the email or password.*TCONNECT_REGION/ },
  'a clock that is wrong': { options: { clockSkew: 1200 }, error: /clock is 20 minutes behind.*Nothing was written/ },
  'a pump that the account lacks': { env: { PUMP_SERIAL_NUMBER: '99999999' }, error: /PUMP_SERIAL_NUMBER/ },
  'no answer from Nightscout': { env: { NS_URL: 'http://127.0.0.1:9/' }, error: /Nightscout cannot be reached/ },
};

for (const [name, { options, env, error }] of Object.entries(refusals)) {
  test(`${name} ends the run in words, and nothing is written`, async (t) => {
    const { simulator, sync } = await prepare(t, options, env);
    const { report, status, stdout, stderr } = await sync('--days', '1');
    assert.equal(status, 1);
    assert.equal(report.result, 'failed');
    assert.match(report.error, error);
    const documents = await simulator.documents();
    assert.equal(documents.treatments.length, 0);
    for (const secret of [simulator.env.TCONNECT_PASSWORD, simulator.env.NS_SECRET, simulator.env.TCONNECT_EMAIL]) {
      assert.ok(!(stdout + stderr).includes(secret), 'a secret was printed');
    }
  });
}

test('a redirect of the Nightscout site is followed within its host and port; the secret goes nowhere else', async (t) => {
  const { simulator, environment, home } = await prepare(t);
  const elsewhere = await listen(t, (request, response) => response.end('{}'));
  const sync = async (handler) => {
    const site = await listen(t, handler);
    return runJson(['sync', '--days', '1'], { env: { ...environment, NS_URL: `http://127.0.0.1:${site.port}/` }, home });
  };
  const { status, report } = await sync((request, response) => {
    if (request.url.startsWith('/moved/')) handOn(simulator, '/moved', request, response);
    else response.writeHead(301, { location: `/moved${request.url}` }).end();
  });
  assert.equal(status, 0, report.error);
  const places = ['localhost', '127.0.0.1:1@localhost', '127.0.0.1:1@127.0.0.1', '127.0.0.1'].map((host) => `http://${host}:${elsewhere.port}`);
  for (const place of [...places, `https://127.0.0.1:${elsewhere.port}`, 'ftp://127.0.0.1']) {
    const refused = await sync((request, response) => response.writeHead(301, { location: `${place}/api/v1/verifyauth` }).end());
    assert.equal(refused.status, 1);
    assert.match(refused.report.error, /redirect to another place.*not sent anywhere else/, place);
  }
  assert.deepEqual(elsewhere.seen, []);
});

test('over plain http the first request goes without the secret: a site may send everybody on to https', async (t) => {
  const { simulator, environment, home } = await prepare(t);
  const sync = async (handler) => {
    const secrets = [];
    const site = await listen(t, (request, response) => {
      secrets.push(request.headers['api-secret'] !== undefined);
      handler(request, response);
    });
    // An address that is this machine's, but does not look so.
    const result = await runJson(['sync', '--days', '1'], { env: { ...environment, NS_URL: `http://0.0.0.0:${site.port}/` }, home });
    return { ...result, secrets };
  };
  const moved = await sync((request, response) => response.writeHead(307, { location: 'https://0.0.0.0/api/v1/verifyauth' }).end());
  assert.equal(moved.status, 1);
  assert.deepEqual(moved.secrets, [false]);
  const plain = await sync((request, response) => handOn(simulator, '', request, response));
  assert.equal(plain.status, 0, plain.report.error);
  assert.deepEqual([plain.secrets[0], plain.secrets.slice(1).every(Boolean), plain.secrets.length > 3], [false, true, true]);
});

test('NS_IGNORE_CONN_ERRORS makes an unreachable Nightscout a skipped run', async (t) => {
  const { sync } = await prepare(t, {}, { NS_URL: 'http://127.0.0.1:9/', NS_IGNORE_CONN_ERRORS: 'true' });
  const { status, report } = await sync('--days', '1');
  assert.equal(status, 0);
  assert.equal(report.created, 0);
});

// The site that holds back its first answer beside the password: six minutes pass before Tandem signs the token.
test('a token that is signed six minutes into a slow run is good', async (t) => {
  const clock = startClock(t, new Date(Date.now() + 3600000).toISOString());
  const environment = { ...clock.environment, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  const simulator = await start({ seed: 11, historyDays: 2 }, { environment });
  t.after(() => simulator.stop());
  let passed = false;
  const site = await listen(t, async (request, response) => {
    if (!passed && request.url.includes('/treatments')) {
      passed = true;
      clock.forward(360);
    }
    const body = await new Response(request).text();
    const answer = await fetch(new URL(request.url, simulator.nightscoutUrl), {
      method: request.method,
      headers: { 'api-secret': request.headers['api-secret'], ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body || undefined,
    });
    response.writeHead(answer.status, { 'content-type': 'application/json', date: answer.headers.get('date') });
    response.end(await answer.text());
  });
  const { report, stderr } = await runJson(['sync', '--days', '1'], {
    env: { ...simulator.env, ...environment, NS_URL: `http://127.0.0.1:${site.port}${new URL(simulator.nightscoutUrl).pathname}` },
    home: folder(t),
  });
  assert.ok(passed);
  assert.equal(report.error, null, stderr.slice(-3000));
  assert.ok(report.created > 0);
});

test('a token that has run out is replaced by signing in once', async (t) => {
  const { simulator, sync } = await prepare(t, {}, { CACHE_CREDENTIALS: 'true' });
  await sync('--days', '1');
  await simulator.control('POST', 'revoke');
  const before = (await simulator.statistics()).logins;
  const { status } = await sync('--days', '1');
  assert.equal(status, 0);
  assert.equal((await simulator.statistics()).logins - before, 1);
});

test('a token that is refused hides neither the gap of an outage nor the profile that a person has edited', async (t) => {
  const { simulator, sync } = await prepare(t, {}, { CACHE_CREDENTIALS: 'true' });
  await sync('--from', day(4), '--to', day(3));
  const [ours] = (await simulator.documents()).profile;
  const { _id, pump_settings_hash, ...rest } = ours;
  const edited = new Date(Date.now() - 60000).toISOString();
  await simulator.nightscout('POST', 'profile', { ...rest, enteredBy: 'a person', startDate: edited, created_at: edited });
  await simulator.control('POST', 'revoke');
  const { status } = await sync();
  assert.equal(status, 0);
  const documents = await simulator.documents();
  assert.equal(documents.profile.length, 2, 'the pump settings are as they were: no profile is written');
  const days = new Set(documents.treatments.map(({ created_at }) => created_at.slice(0, 10)));
  for (const ago of [1, 2]) assert.ok(days.has(day(ago)), `the gap of ${day(ago)} is closed`);
  assertEachOnce(documents);
});

test('what a run of few days leaves behind is filled by the next one by itself', async (t) => {
  const { simulator, environment, home } = await prepare(t);
  const sync = (...args) => runJson(['sync', ...args], { env: environment, home });
  await sync('--from', day(5), '--to', day(4));
  await sync('--days', '1');
  const basals = async () => (await simulator.documents()).treatments.filter(({ eventType }) => eventType === 'Temp Basal').length;
  const before = await basals();
  const { report } = await sync();
  assert.ok(report.created > 500, `${report.created} of the days between`);
  assert.ok(await basals() > before + 500);
  assert.equal((await sync()).report.created, 0);
});

test('check looks for the pump that the settings name as well', async (t) => {
  const { home, environment } = await prepare(t);
  const check = (env) => run(['check'], { env: { ...environment, ...env }, home });
  assert.match((await check({})).stdout, /No API errors returned!\n$/);
  const missing = await check({ PUMP_SERIAL_NUMBER: '99999999' });
  assert.equal(missing.status, 1);
  assert.match(missing.stdout, /FAILED: .*PUMP_SERIAL_NUMBER/);
});

test('two runs at the same moment leave every document once, after one more run', async (t) => {
  const { simulator, sync } = await prepare(t, { latency: 10 });
  await Promise.all([sync('--days', '2'), sync('--days', '2')]);
  await sync('--days', '2');
  assertEachOnce(await simulator.documents());
});

test('a run that is killed at any moment leaves nothing that one more run does not complete', { timeout: 600000 }, async (t) => {
  const { simulator, sync, environment, home } = await prepare(t, { ...STILL, latency: 2 });
  const whole = await sync(...RANGE);
  const wanted = stripped(await simulator.documents());
  const kills = process.env.TEST_ALL ? 200 : 60;
  let random = 12345;
  for (let i = 0; i < kills; i += 1) {
    if (i % 5 === 0) await simulator.reset();
    random = (random * 1103515245 + 12345) % 2147483648;
    const running = begin(['sync', ...RANGE, '--features', FEATURES, '--json'], { env: environment, home });
    const timer = setTimeout(() => running.child.kill('SIGKILL'), (random / 2147483648) * whole.seconds * 1000);
    await running.ended;
    clearTimeout(timer);
    if (i % 5 === 4) {
      await sync(...RANGE);
      const documents = await simulator.documents();
      assertEachOnce(documents);
      assert.deepEqual(stripped(documents), wanted);
      assert.ok(documents.devicestatus.length === 1, 'the device status stands once');
    }
  }
});

test('a hostile answer ends in a clear error and bounded memory', async (t) => {
  const { simulator, sync } = await prepare(t);
  await simulator.fault({ kind: 'flood', site: 'tandem', path: '/api/reports/bff/pump-logs/*', bytes: 200 << 20, count: -1 });
  const { report, status } = await sync('--days', '1');
  assert.equal(status, 1);
  assert.match(report.error, /Tandem/);
});

test('wrong words and settings end with status 2, all problems at once', async (t) => {
  const home = folder(t);
  const { status, stderr } = await run(['sync'], { home, env: { NS_URL: 'nonsense', TCONNECT_REGION: 'MARS' } });
  assert.equal(status, 2);
  for (const name of ['TCONNECT_EMAIL', 'TCONNECT_PASSWORD', 'NS_URL', 'NS_SECRET', 'TIMEZONE_NAME', 'TCONNECT_REGION']) {
    assert.match(stderr, new RegExp(name));
  }
  assert.ok(!stderr.includes('MARS') && !stderr.includes('nonsense'));
  const { environment } = await prepare(t);
  for (const words of [['--days', '0'], ['--days', '367'], ['--from', '2026-02-30'], ['--to', '2026-05-14'], ['--features', 'NOPE'], ['--bogus'], ['extra']]) {
    assert.equal((await run(['sync', ...words], { home, env: environment })).status, 2, words.join(' '));
  }
});
