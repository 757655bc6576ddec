// What goes wrong on the way, and what the program makes of it: it waits, leaves out, tries again, and blames whoever
// it was.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { fastClock } from './lib/clock.mjs';
import { serve } from './lib/daemon.mjs';
import { folder, run, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';

const STILL = { now: Math.floor(Date.now() / 1000) - 3600, dateFollowsNow: false };
const WRITES = { site: 'nightscout', method: 'POST', path: '/api/v1/*' };

async function prepare(t, options = {}, env = {}) {
  const simulator = await start({ seed: 11, historyDays: 3, ...STILL, ...options });
  t.after(() => simulator.stop());
  const home = folder(t);
  const environment = { ...simulator.env, CACHE_CREDENTIALS: 'false', ...env };
  const sync = (...words) => runJson(['sync', '--days', '1', '--features', 'BASAL,BOLUS,PUMP_EVENTS', ...words], { env: environment, home });
  const check = () => run(['check'], { env: environment, home });
  return { simulator, home, environment, sync, check };
}

const treatments = async (simulator) => (await simulator.documents()).treatments;

// An HTTP server of the test's own before the simulated Nightscout: answer(request, response) says true where it took
// the request.
async function inFront(t, simulator, answer) {
  const seen = [];
  const server = http.createServer(async (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (answer(request, response)) return;
    const body = await new Response(request).text();
    const passed = await fetch(new URL(request.url, simulator.nightscoutUrl), {
      method: request.method,
      redirect: 'manual',
      headers: { 'api-secret': request.headers['api-secret'], accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body || undefined,
    });
    response.writeHead(passed.status, { 'content-type': passed.headers.get('content-type') ?? 'text/plain' });
    response.end(await passed.text());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => { server.closeAllConnections(); server.close(); });
  return { url: `127.0.0.1:${server.address().port}${new URL(simulator.nightscoutUrl).pathname}`, seen };
}

test('a burst of 500s is waited for, and nothing is left out', async (t) => {
  const { simulator, sync } = await prepare(t);
  const wanted = (await sync('--pretend')).report.created;
  await simulator.fault({ ...WRITES, kind: 'answer', status: 500, body: '{}', contentType: 'application/json', count: 5 });
  const { report, status, stderr } = await sync();
  assert.equal(status, 0, stderr.slice(-3000));
  assert.equal(report.created, wanted);
  assert.equal((await treatments(simulator)).length, wanted);
  assert.match(stderr, /step=wait/);
});

test('trouble that stays ends the run after five waits; nothing is left out, nothing said to be stored', async (t) => {
  const { simulator, sync } = await prepare(t, {}, fastClock(20));
  await simulator.fault({ ...WRITES, kind: 'answer', status: 500, body: '{}', contentType: 'application/json', count: -1 });
  const { report, stderr } = await sync();
  assert.match(report.error, /database may be full.*nothing was stored/);
  assert.equal(stderr.match(/step=wait /g).length, 5);
  assert.equal(report.skipped['refused by Nightscout'] ?? 0, 0);
  await simulator.noFaults();
  await simulator.fault({ ...WRITES, kind: 'answer', status: 503, body: '<html>', count: -1 });
  assert.match((await sync()).report.error, /asleep or down \(503\)/);
});

test('a site that says it stores readings, and never shows them, does not draw out the trouble with treatments', async (t) => {
  const { simulator, sync, environment } = await prepare(t, {}, fastClock(20));
  const site = await inFront(t, simulator, (request, response) => {
    if (request.method !== 'POST' || !/treatments|entries/.test(request.url)) return false;
    new Response(request).text().then((body) => {
      response.writeHead(request.url.includes('entries') ? 200 : 503, { 'content-type': 'application/json' });
      response.end(request.url.includes('entries') ? body : '{}');
    });
    return true;
  });
  environment.NS_URL = `http://${site.url}`;
  const { report, stderr } = await sync('--features', 'BASAL,CGM');
  assert.match(report.error, /asleep or down \(503\)/);
  assert.ok(stderr.match(/step=wait /g).length <= 6);
});

test('what a site has said that it stores, and loses before its database fails, is written by the next sync', async (t) => {
  const { simulator, home, environment, sync } = await prepare(t, {}, { ...fastClock(20), TCONNECTSYNC_HEROKU_FEATURES: 'BASAL,BOLUS,PUMP_EVENTS' });
  let lost = 0, fails = true;
  const site = await inFront(t, simulator, (request, response) => {
    if (!fails || request.method !== 'POST' || !request.url.includes('treatments')) return false;
    new Response(request).text().then((body) => {
      response.writeHead(lost ? 500 : 200, { 'content-type': 'application/json' });
      response.end(lost ? '{}' : body);
      lost ||= JSON.parse(body).length;
    });
    return true;
  });
  environment.NS_URL = `http://${site.url}`;
  assert.match((await sync('--days', '3')).report.error, /500/);
  assert.ok(lost > 20, `${lost} lost`);
  fails = false;
  assert.equal((await runJson(['sync'], { env: environment, home })).report.error, null);
  assert.equal((await sync('--days', '3', '--pretend')).report.created, 0);
});

test('the very first of two days, on which the server fails, is found; all else is stored in order', async (t) => {
  const { simulator, sync } = await prepare(t, {}, fastClock(10));
  const reference = await sync('--days', '2', '--pretend');
  const culprit = /pretend=create document=".*?pump_event_id\\":\\"([\d,]+)/.exec(reference.stderr)[1];
  await simulator.set({ refuseText: `"${culprit}"` });
  const { report, stderr } = await sync('--days', '2');
  assert.match(report.error, /refuses 1 of the pump's documents/, stderr.slice(-2000));
  assert.match(stderr, new RegExp(`refused=.*sequence=${parseInt(culprit, 10)}`));
  assert.equal((await treatments(simulator)).length, reference.report.created - 1);
});

test('a PUT that fails once is made again', async (t) => {
  const { simulator, sync } = await prepare(t);
  await sync();
  const stored = (await treatments(simulator)).filter(({ eventType }) => eventType === 'Temp Basal')[20];
  await simulator.nightscout('PUT', 'treatments', { ...stored, duration: stored.duration + 7 });
  await simulator.fault({ site: 'nightscout', method: 'PUT', path: '/api/v1/*', kind: 'answer', status: 500, body: '{}', contentType: 'application/json', count: 1 });
  const { report } = await sync();
  assert.equal(report.error, null);
  assert.equal(report.amended, 1);
  const now = (await treatments(simulator)).find(({ _id }) => _id === stored._id);
  assert.equal(now.duration, stored.duration);
});

test('a full database is called that, and nothing is said to be stored', async (t) => {
  const { simulator, sync } = await prepare(t);
  await simulator.fault({ ...WRITES, kind: 'answer', status: 500, count: -1, contentType: 'application/json',
    body: '{"status":500,"message":"Mongo Error","description":"you are over your space quota, using 520 MB of 512 MB"}' });
  const { report, status } = await sync();
  assert.equal(status, 1);
  assert.match(report.error, /database may be full.*nothing was stored/);
  assert.equal(report.created, 0);
  assert.equal(report.skipped['refused by Nightscout'] ?? 0, 0);
});

test('a document on which the server fails is left out of that run alone', async (t) => {
  const { simulator, sync } = await prepare(t);
  const reference = await sync('--pretend');
  const culprit = /pump_event_id\\":\\"([\d,]+)/.exec(reference.stderr.split('\n')
    .filter((line) => line.includes('Temp Basal') && line.includes('pretend=create'))[60])[1];
  await simulator.set({ refuseText: `"${culprit}"` });
  const first = await sync();
  assert.equal(first.status, 1);
  assert.match(first.report.error, /refuses 1 of the pump's documents.*The next sync tries them again/);
  assert.match(first.stderr, new RegExp(`refused=.*sequence=${parseInt(culprit, 10)}`));
  assert.equal((await treatments(simulator)).length, reference.report.created - 1);
  await simulator.set({ refuseText: '' });
  assert.equal((await sync()).report.created, 1);
});

test('a profile list that is null is a failure, and no profile is written', async (t) => {
  const { simulator, sync } = await prepare(t);
  await simulator.fault({ site: 'nightscout', path: '/api/v1/profile*', kind: 'null', count: 1 });
  const { report, status } = await sync('--features', 'BASAL,PROFILES');
  assert.equal(status, 1);
  assert.match(report.error, /no list of profile/);
  const documents = await simulator.documents();
  assert.deepEqual([documents.profile.length, documents.treatments.length], [0, 0]);
  assert.ok((await simulator.requests()).every(({ uri }) => !uri.includes('profile/current')));
  assert.equal((await sync('--features', 'BASAL,PROFILES')).status, 0);
  assert.equal((await simulator.documents()).profile.length, 1);
});

test('a person edits while a sync reads a slow log: the edit stands', async (t) => {
  const { simulator, sync, environment } = await prepare(t);
  await sync();
  const stored = (await treatments(simulator)).filter(({ eventType }) => eventType === 'Temp Basal')[20];
  const wrong = { ...stored, duration: stored.duration + 7 };
  await simulator.nightscout('PUT', 'treatments', wrong);
  await simulator.fault({ site: 'tandem', path: '/api/reports/bff/pump-logs/*', kind: 'delay', milliseconds: 7000, count: 1 });
  let edited = false;
  const site = await inFront(t, simulator, (request) => {
    if (!edited && request.method === 'GET' && request.url.includes('treatments.json') && request.url.includes('count=50000')) {
      edited = true;
      setTimeout(() => simulator.nightscout('PUT', 'treatments', { ...wrong, notes: 'by hand' }), 3000);
    }
    return false;
  });
  environment.NS_URL = `http://${site.url}`;
  const { report } = await sync();
  assert.equal(report.error, null);
  const now = (await treatments(simulator)).find(({ _id }) => _id === stored._id);
  assert.ok(edited);
  assert.equal(now.notes, 'by hand');
  assert.equal(now.duration, stored.duration);
});

test('a person writes into a twin while a sync reads a slow log: that twin is not the one that goes', async (t) => {
  const { simulator, sync, environment } = await prepare(t);
  await sync();
  const { _id, ...stored } = (await treatments(simulator)).filter(({ eventType }) => eventType === 'Temp Basal')[20];
  const created_at = new Date(Date.parse(stored.created_at) + 500).toISOString();
  await simulator.nightscout('POST', 'treatments', [{ ...stored, created_at }]);
  const alike = async () => (await treatments(simulator)).filter(({ pump_event_id }) => pump_event_id === stored.pump_event_id);
  const twin = (await alike()).find((one) => one._id !== _id);
  await simulator.fault({ site: 'tandem', path: '/api/reports/bff/pump-logs/*', kind: 'delay', milliseconds: 7000, count: 1 });
  let edited = false;
  const site = await inFront(t, simulator, (request) => {
    if (!edited && request.method === 'GET' && request.url.includes('treatments.json') && request.url.includes('count=50000')) {
      edited = true;
      setTimeout(() => simulator.nightscout('PUT', 'treatments', { ...twin, notes: 'by hand' }), 3000);
    }
    return false;
  });
  environment.NS_URL = `http://${site.url}`;
  const { report } = await sync('--days', '1');
  assert.equal(report.error, null);
  assert.ok(edited);
  assert.deepEqual((await alike()).map(({ notes }) => notes), ['by hand']);
});

test('while the token step fails, a password goes out once, however often a run is asked for', async (t) => {
  const { simulator, secretly, idle, get } = await serve(t);
  await simulator.fault({ site: 'tandem', path: '/accounts/api/connect/token', kind: 'answer', status: 400, body: '{"error":"invalid_request"}', contentType: 'application/json', count: -1 });
  for (let i = 1; i <= 6; i += 1) {
    assert.equal((await secretly('/run')).text.trim(), 'Triggered job');
    const status = await idle(i);
    if (i > 1) assert.match(status.runs[0].error, /400.*Signing in is tried again in \d+ seconds/);
  }
  assert.equal((await simulator.statistics()).logins, 1);
  assert.equal((await get('/healthz')).text.trim(), 'failing');
  await simulator.noFaults();
  assert.match((await secretly('/check_login')).text, /No API errors returned!/, 'a person does not wait');
});

test('a gateway that answers 401 is no refused password', async (t) => {
  const { simulator, secretly, idle, get } = await serve(t);
  await simulator.fault({ site: 'tandem', path: '/accounts/api/login', kind: 'answer', status: 401, count: 1 });
  await secretly('/run');
  const status = await idle();
  assert.match(status.runs[0].error, /Something on the way to Tandem.*not known to be wrong/);
  assert.notEqual((await get('/healthz')).text.trim(), 'refused');
});

test('a 401 to a fresh token at the pump logs is Tandem\'s', async (t) => {
  const { simulator, secretly, idle, get } = await serve(t);
  await simulator.fault({ site: 'tandem', path: '/api/reports/bff/pump-logs/*', kind: 'answer', status: 401, body: '{}', contentType: 'application/json', count: -1 });
  for (let i = 1; i <= 3; i += 1) {
    await secretly('/run');
    await idle(i);
  }
  const [last] = (await idle(3)).runs;
  assert.match(last.error, /^Tandem lets this account sign in, but does not accept the token/);
  assert.equal((await get('/healthz')).text.trim(), 'failing');
  assert.equal((await simulator.statistics()).logins, 1);
  assert.ok(!(await secretly('/')).text.includes('Nightscout refused'));
});

test('who stands in front of Nightscout is named', async (t) => {
  const { simulator, environment, sync } = await prepare(t);
  const proxy = await inFront(t, simulator, (request, response) => {
    const good = request.headers.authorization === `Basic ${Buffer.from('jane:p@ss').toString('base64')}`;
    if (!good) response.writeHead(401, { 'www-authenticate': 'Basic realm="home"', 'content-type': 'text/html' }).end('<h1>401</h1>');
    return !good;
  });
  environment.NS_URL = `http://${proxy.url}`;
  assert.match((await sync()).report.error, /in front of Nightscout.*name and a password of its own.*NS_URL/);
  environment.NS_URL = `http://jane:p%40ss@${proxy.url}`;
  const { report, stderr } = await sync();
  assert.equal(report.error, null);
  assert.ok(report.created > 0 && !stderr.includes('p@ss') && !stderr.includes('p%40ss'));
  const firewall = await inFront(t, simulator, (request, response) => response.writeHead(403, { 'content-type': 'text/html' }).end('<h1>blocked</h1>'));
  environment.NS_URL = `http://${firewall.url}`;
  const blocked = (await sync()).report.error;
  assert.match(blocked, /in front of Nightscout.*blocked the request \(403\)/);
  assert.ok(!blocked.includes('refused the secret'));
});

test('a role that has what a sync needs works, one that may only read is told what it lacks', async (t) => {
  const token = 'jane-0123456789abcdef';
  const { simulator, environment, sync, check } = await prepare(t, { accessToken: token, accessRole: 'careportal' }, { NS_SECRET: token });
  const { report } = await sync();
  assert.equal(report.error, null);
  assert.ok(report.created > 0, 'it may create treatments, and nothing else was wanted');
  await simulator.set({ accessRole: 'readable' });
  await simulator.reset();
  assert.match((await sync()).report.error, /does not let this secret or token create treatments \(401\).*api:treatments:create/);
  const { stdout } = await check();
  assert.ok(!stdout.includes('the secret is good'), stdout);
  assert.match(stdout, /Warning: .*token.*api:treatments/);
  assert.equal((await simulator.statistics()).nightscoutWrites, 1, 'of the sync alone');
  environment.NS_SECRET = 'jane-fedcba9876543210';
  assert.match((await check()).stdout, /FAILED: Nightscout refused the secret/);
});

test('a check signs in anew whatever token is kept, and names both sides', async (t) => {
  const { environment, check, sync, simulator } = await prepare(t, {}, { CACHE_CREDENTIALS: 'true' });
  await sync();
  assert.match((await check()).stdout, /No API errors returned!\n$/);
  assert.equal((await simulator.statistics()).logins, 2);
  environment.TCONNECT_PASSWORD = 'wrong-since-today';
  const wrong = await check();
  assert.equal(wrong.status, 1);
  assert.match(wrong.stdout, /^Nightscout: the secret is good/m);
  assert.match(wrong.stdout, /^Tandem Source: failed/m);
  assert.match(wrong.stdout, /^FAILED: Tandem refused the email or password/m);
  environment.NS_SECRET = 'not-the-right-secret';
  const both = (await check()).stdout;
  assert.match(both, /^FAILED: Tandem refused/m);
  assert.match(both, /^FAILED: Nightscout refused the secret/m);
  environment.TCONNECT_PASSWORD = simulator.env.TCONNECT_PASSWORD;
  const site = (await check()).stdout;
  assert.match(site, /^Tandem Source: signed in; 1 pump/m);
  assert.match(site, /^FAILED: Nightscout refused the secret/m);
});

test('nothing is green that was not seen: an old upload and an empty site are waiting for the phone', async (t) => {
  const { secretly, idle, get } = await serve(t, { uploadedUntil: Math.floor(Date.now() / 1000) - 3 * 86400, historyDays: 6 });
  await secretly('/run');
  await idle();
  assert.equal((await get('/healthz')).text.trim(), 'stale');
  assert.match((await get('/')).text, /Waiting for the phone/);
});

test('an option or word that its command does not know is an error', async (t) => {
  const home = folder(t);
  for (const words of [['--pretend'], ['--days', '3'], ['serve', '--json'], ['check', '--days', '1'], ['healthcheck', '-n'],
    ['sync', 'extra'], ['nonsense'], ['sync', '--nonsense'], ['-x'], ['help', 'nonsense'], ['--help', 'sync', 'extra']]) {
    const { status, stdout, stderr } = await run(words, { home });
    assert.equal(status, 2, words.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, /tconnectsync-heroku: /, words.join(' '));
  }
  for (const [words, says] of [[['-h'], /help COMMAND/], [['--version'], /^tconnectsync-heroku \d/], [['-V'], /^tconnectsync-heroku \d/],
    [['help', 'sync'], /-n --pretend/], [['sync', '--help'], /--features LIST/]]) {
    const { status, stdout } = await run(words, { home });
    assert.equal(status, 0);
    assert.match(stdout, says);
  }
});

test('results go to standard output, the log to standard error', async (t) => {
  const { environment, home } = await prepare(t);
  const { stdout, stderr } = await run(['sync', '--days', '1', '-n', '--quiet'], { env: environment, home });
  assert.ok(!stdout.includes('level='), stdout);
  assert.match(stdout, /Done\.\n$/);
  assert.ok(!stderr.includes('level=info'), stderr);
  const { stdout: json } = await run(['check', '--json'], { env: environment, home });
  const { result, error, report } = JSON.parse(json);
  assert.deepEqual([result, error], ['ok', null]);
  assert.match(report, /No API errors returned!\n$/);
});
