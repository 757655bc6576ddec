// Several people in one process: each served as if alone, and nothing of one ever shown to who may see the other.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { freePort, launch, until } from './lib/child.mjs';
import { startServer } from './lib/daemon.mjs';
import { bearer, serveFamily, suffixed } from './lib/family.mjs';
import { folder, run } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';

const lines = (text, person) => text.split('\n').filter((line) => new RegExp(` person=${person}( |$)`).test(line));

const ANNA = { name: 'Annamarker', secret: 'the-secret-of-anna-only', mail: 'anna.mark@example.org', password: 'annas tandem words', site: 'annas-site', api: 'annas-api-secret', error: 'words-of-annas-error' };
const BEN = { name: 'Benmarker', secret: 'the-secret-of-ben-only', mail: 'ben.mark@example.org', password: 'bens tandem words', site: 'bens-site', api: 'bens-api-secret', error: 'words-of-bens-error' };
const PUBLIC = ['/', '/?person=1', '/?person=2', '/healthz', '/healthz?person=1', '/healthz?person=2', '/livez', '/readyz', '/page.js', '/nothing'];
const SECRET_PATHS = ['/status.json', '/metrics', '/scheduler', '/scheduler/jobs', '/scheduler/jobs/update', '/run?days=1', '/check_login', '/update?days=1'];

async function markersOf(simulator, who) {
  const { body } = await simulator.nightscout('GET', 'treatments.json?count=400');
  const session = await simulator.signIn();
  const { pumps } = await simulator.pumper(session);
  return {
    words: [who.mail, who.password, who.site, who.api, who.secret, who.name, who.error, ...pumps.flatMap((pump) => [pump.serialNumber, String(pump.tconnectDeviceId ?? '')])].filter(Boolean),
    events: body.map((document) => document.pump_event_id ?? document._id).map(String),
  };
}

// What a listener to /events is told until the server ends it.
async function listen(url, query, secret) {
  const request = http.get(new URL(`/events${query}`, url), { ...bearer(secret), agent: false });
  const [answer] = await once(request, 'response');
  const heard = { status: answer.statusCode, text: '', close: () => request.destroy() };
  request.on('error', () => {});
  answer.setEncoding('utf8').on('data', (piece) => { heard.text += piece; });
  return heard;
}

test('two people, each with marks: no answer, stream, line or metric shows one to who may see the other', async (t) => {
  const people = [ANNA, BEN].map((who, i) => ({
    who,
    options: { seed: 71 + i, email: who.mail, password: who.password, secret: who.api },
    secret: who.secret,
  }));
  const simulators = [];
  for (const { options } of people) simulators.push(await start({ historyDays: 3, ...options }));
  t.after(() => Promise.all(simulators.map((simulator) => simulator.stop())));
  const environment = Object.assign({ CACHE_CREDENTIALS: 'false', TCONNECTSYNC_HEROKU_INTERVAL_MINS: '60' }, ...people.map(({ who }, i) => suffixed({
    ...simulators[i].env,
    NS_URL: simulators[i].nightscoutUrl.replace('127.0.0.1', `${who.site}.localhost`),
    PERSON_NAME: who.name,
    TCONNECTSYNC_HEROKU_SECRET: who.secret,
    TCONNECTSYNC_HEROKU_FEATURES: 'BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM',
  }, i + 1)));
  const { server, get, url } = await startServer({ env: environment, home: folder(t) });
  t.after(() => server.stop());
  const parts = (secret) => get('/status.json', bearer(secret)).then(({ text }) => JSON.parse(text).people);
  for (const { who } of people) {
    await until(async () => (await parts(who.secret))[0].runs.some(({ result }) => result === 'ok'), { seconds: 60, what: `a sync of ${who.name}` });
  }
  const marks = await Promise.all(people.map(({ who }, i) => markersOf(simulators[i], who)));
  assert.notEqual(marks[0].words.at(-1), marks[1].words.at(-1), 'the pumps are two');
  const clean = (text, whose, where) => {
    for (const word of marks[whose].words) assert.ok(!text.includes(word), `${where} shows "${word}" of person ${whose + 1}`);
  };

  // Errors with words of their own, while both listen.
  const streams = await Promise.all(people.map(({ who }) => listen(url, '', who.secret)));
  for (const [i, { who }] of people.entries()) {
    await simulators[i].fault({ kind: 'answer', path: '*/login', status: 400, count: -1, body: JSON.stringify({ error: who.error, message: who.error }) });
    await simulators[i].control('POST', 'revoke');
  }
  const cookies = await Promise.all(people.map(async ({ who }) => (await get(`/?${new URLSearchParams({ secret: who.secret })}`)).headers.get('set-cookie').split(';')[0]));
  for (const [i, { who }] of people.entries()) {
    const other = 1 - i;
    for (const where of SECRET_PATHS) {
      const answer = await get(where, bearer(who.secret));
      assert.ok([200, 500].includes(answer.status), `${where} is ${answer.status}`);
      clean(answer.text + JSON.stringify([...answer.headers]), other, `${where} of ${who.name}`);
      assert.doesNotMatch(answer.text, new RegExp(`person[=":]+${other + 1}`), where);
      for (const word of [other + 1, people[other].who.name, people[other].who.name.toLowerCase(), 9]) {
        const refused = await get(`${where}${where.includes('?') ? '&' : '?'}person=${word}`, bearer(who.secret));
        assert.deepEqual([refused.status, refused.text], [403, 'this secret opens no person of that number or name\n'], `${where} person=${word}`);
      }
    }
    for (const where of PUBLIC) {
      for (const headers of [{}, { authorization: 'Bearer wrong-wrong' }]) {
        const { text } = await get(where, { headers });
        clean(text, 0, where);
        clean(text, 1, where);
      }
      const page = await get(where, { headers: { cookie: cookies[i] } });
      clean(page.text, other, `${where} with the cookie of ${who.name}`);
    }
    assert.match((await get('/', { headers: { cookie: cookies[i] } })).text, /data-view="full"/);
    assert.match((await get('/update', bearer(who.secret))).text, new RegExp(who.error), 'the mark of the error is there to be found');
  }
  const before = await parts(BEN.secret);
  const page = await get('/', { headers: { cookie: cookies[0] } });
  const form = { form_token: /name="form_token" value="([^"]*)"/.exec(page.text)[1], action: 'sync', person: '2' };
  const posted = await get('/', { method: 'POST', body: new URLSearchParams(form), headers: { cookie: cookies[0], 'content-type': 'application/x-www-form-urlencoded' } });
  assert.match(posted.headers.get('location'), /bad-request/, 'a button for another person does nothing');
  assert.equal((await parts(BEN.secret))[0].runs[0].number, before[0].runs[0].number);

  for (const [i, stream] of streams.entries()) {
    assert.match(stream.text, /event: progress/);
    clean(stream.text, 1 - i, 'the event stream');
    stream.close();
  }
  const { text: ended } = await get('/?action=x');
  clean(ended, 0, '/');
  for (const person of [1, 2]) {
    const own = lines(server.stdout, person).join('\n');
    assert.match(own, /module=sync person=/);
    clean(own, 2 - person, `the log of person ${person}`);
    clean(server.stdout.split('\n').filter((line) => !/ person=/.test(line)).join('\n'), person - 1, 'the log of nobody');
    clean(server.stdout.replaceAll(people[person - 1].who.error, ''), person - 1, 'the log');
    clean(server.stderr, person - 1, 'standard error');
  }
});

test('which person: by number, by name, by what the secret opens; without a choice all of those', async (t) => {
  const one = 'one-secret-for-the-first-two';
  const { get, simulators, ended, url } = await serveFamily(t, [
    { options: { seed: 1 }, secret: one, env: { PERSON_NAME: 'Ann' } },
    { options: { seed: 2 }, env: { PERSON_NAME: 'Bo B' } },
    { options: { seed: 3 }, secret: 'a-secret-of-the-third-alone' },
  ]);
  const counts = async () => Promise.all(simulators.map(async (simulator) => (await simulator.statistics()).requestCount > 0));
  assert.deepEqual(JSON.parse((await get('/status.json', bearer(one))).text).people.map(({ person, name, health }) => [person, name, health]), [[1, 'Ann', 'idle'], [2, 'Bo B', 'idle']]);
  assert.deepEqual(await counts(), [false, false, false]);
  assert.equal((await get('/run?person=bo%20b', bearer(one))).text, 'Triggered job');
  await ended(2, one);
  assert.deepEqual(await counts(), [false, true, false]);

  const both = await get('/update?days=1', bearer(one));
  assert.equal(both.status, 200);
  for (const person of [1, 2]) {
    assert.match(both.text, new RegExp(`module=run person=${person} trigger=update days=1 `));
    assert.match(both.text, new RegExp(`^Person ${person}: Done\\.$`, 'm'));
  }
  assert.doesNotMatch(both.text, /person=3/);
  assert.deepEqual(await counts(), [true, true, false]);
  const check = await get('/check_login', bearer(one));
  assert.match(check.text, /^Person 1:\n[^]*No API errors returned!\nPerson 2:\n[^]*No API errors returned!\n$/);

  assert.equal((await get('/healthz')).text, 'idle\n', 'the worst of all');
  assert.deepEqual([(await get('/healthz?person=1')).text, (await get('/healthz?person=3')).text], ['ok\n', 'idle\n']);
  for (const word of ['4', '0', 'Ann', '-1', '12']) assert.equal((await get(`/healthz?person=${encodeURIComponent(word)}`)).status, 403, word);

  const metrics = (await get('/metrics', bearer(one))).text;
  assert.match(metrics, /^tconnectsync_healthy\{person="1"\} 1\ntconnectsync_healthy\{person="2"\} 1$/m);
  assert.match(metrics, /^tconnectsync_runs_total\{person="2",result="ok"\} 2$/m);
  const names = metrics.split('\n').filter((line) => line.startsWith('# TYPE'));
  assert.equal(new Set(names).size, names.length, 'a metric has one head');
  assert.match((await get('/metrics?person=Ann', bearer(one))).text, /^tconnectsync_failures\{person="1"\} 0\n# HELP/m);

  // The page: a tab each, the worst first; names to who may know them.
  const tabs = (html) => [...(/<nav class="people"[^]*?<\/nav>/.exec(html)?.[0] ?? '').matchAll(/<a href="\.\/\?person=(\d)"( aria-current="page")?[^>]*>([^<]*)<small>/g)]
    .map(([, person, current, name]) => [person, Boolean(current), name]);
  assert.deepEqual(tabs((await get('/')).text), [['3', true, 'Person 3'], ['1', false, 'Person 1'], ['2', false, 'Person 2']]);
  assert.deepEqual(tabs((await get('/?person=2')).text).find(([, current]) => current), ['2', true, 'Person 2']);
  const { text: bos, headers } = await get(`/?person=2&secret=${one}`);
  assert.deepEqual(tabs(bos), [['1', false, 'Ann'], ['2', true, 'Bo B']]);
  assert.match(bos, /data-view="full"[^>]*data-kept="\?person=2"/);
  const pressed = await get('/?person=2', {
    method: 'POST',
    body: new URLSearchParams({ form_token: /name="form_token" value="([^"]*)"/.exec(bos)[1], action: 'sync', days: '2' }),
    headers: { cookie: headers.get('set-cookie').split(';')[0], 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.equal(pressed.headers.get('location'), './?notice=started&person=2');
  assert.deepEqual([(await ended(1, one)).runs.length, (await ended(2, one, 3)).runs.length], [1, 3]);

  const jobs = JSON.parse((await get('/scheduler/jobs/update?person=2', bearer(one))).text);
  assert.deepEqual(jobs.kwargs, { person: 2 });
  const stranger = await fetch(`${url}/run?person=3&secret=${one}`);
  assert.equal(stranger.status, 403);
});

test('a refused password, a dead site and a slow log of three people: the fourth never notices', async (t) => {
  const dead = `http://127.0.0.1:${await freePort()}/`;
  const secret = 'one-secret-for-all-of-them';
  const { get, simulators, ended, part, server } = await serveFamily(t, [
    { options: { seed: 1 }, secret, env: { TCONNECT_PASSWORD: 'a wrong one of them' } },
    { options: { seed: 2 }, env: { NS_URL: dead } },
    { options: { seed: 3 } },
    { options: { seed: 4 } },
  ]);
  await simulators[2].fault({ kind: 'stall', path: '*pump-logs*', count: -1 });
  assert.equal((await get('/run', bearer(secret))).text, 'Triggered job');
  const fourth = await ended(4, secret);
  assert.equal(fourth.runs[0].result, 'ok');
  assert.notEqual((await part(3, secret)).running, null, 'the slow one still runs');
  const [first, second] = [await ended(1, secret), await ended(2, secret)];
  assert.equal(first.health, 'refused');
  assert.match(second.runs[0].error, /Nightscout/);
  assert.equal((await get('/healthz?person=4')).text, 'ok\n');
  assert.deepEqual([(await get('/healthz')).status, (await get('/healthz')).text], [503, 'refused\n']);
  assert.deepEqual(lines(server.stdout, 4).filter((line) => / level=(warn|error) /.test(line) && !/module=settings |No timer runs/.test(line)), []);
  assert.equal((await simulators[3].documents()).treatments.length > 0, true);
});

// The processor that tests share with others may hold up any one try: the best of three counts.
test('while 28 days of one are read, another\'s short sync takes less than two seconds longer', async (t) => {
  const secret = 'one-secret-for-both-of-them';
  const { get, part, ended } = await serveFamily(t, [{ options: { seed: 1, historyDays: 29 }, secret }, { options: { seed: 2 } }]);
  const short = async () => {
    const begin = performance.now();
    assert.equal((await get('/update?person=2&days=1', bearer(secret))).status, 200);
    return performance.now() - begin;
  };
  await short(); // the first one signs in
  const alone = await short();
  const delays = [];
  for (let tries = 1; tries <= 3 && !(Math.min(...delays) < 2000); tries += 1) {
    assert.equal((await get(`/run?person=1&days=${29 - tries}`, bearer(secret))).text, 'Triggered job');
    await until(async () => {
      const { running, runs } = await part(1, secret);
      return running?.step === 'read' || runs.length >= tries;
    }, { every: 10, what: 'the long read' });
    const delay = await short() - alone;
    if ((await part(1, secret)).running) delays.push(delay); // else it was not beside the long one throughout
    assert.equal((await ended(1, secret, tries)).runs[0].result, 'ok');
  }
  t.diagnostic(`alone ${Math.round(alone)} ms, beside the long one ${delays.map((delay) => Math.round(delay))} ms more`);
  assert.ok(Math.min(...delays) < 2000, `${delays} ms longer`);
});

test('settings of one that cannot be used are that person\'s alone', async (t) => {
  const secret = 'one-secret-for-all-of-them';
  const { get, ended, server } = await serveFamily(t, [{ options: { seed: 1 }, secret }], { NS_SECRET_2: 'without a site of it' });
  await server.says(/level=error module=settings person=2 problem="NS_URL_2 is not set\. /);
  await server.says(/problem="NS_SECRET_2 alone makes no further person\. Set NS_URL_2 too/);
  assert.equal((await get('/readyz')).status, 200);
  assert.deepEqual([(await get('/healthz')).text, (await get('/healthz?person=2')).status], ['unconfigured\n', 503]);
  assert.equal((await get('/run', bearer(secret))).text, 'Triggered job');
  assert.equal((await ended(1, secret)).runs[0].result, 'ok');
  const check = await get('/check_login', bearer(secret));
  assert.equal(check.status, 500);
  assert.match(check.text, /NS_URL_2 is not set[^]*FAILED: the settings cannot be used yet\.\n/);
  assert.match(check.text, /Person 1:\n[^]*No API errors returned!/);
  assert.equal((await get('/run?person=2', bearer(secret))).status, 503);
  assert.match((await get('/?person=2')).text, /NS_URL_2 is not set[^]*<code id="NS_URL">NS_URL_2=https:/);
});

test('whoever is told what to set is told the name that it has for that person, in every language', async (t) => {
  const secret = 'one-secret-for-all-of-them';
  const wrong = { NS_SECRET: 'not the secret of the site' };
  const { get, ended, simulators, environment, server, home } = await serveFamily(t, [{ options: { seed: 1 }, env: wrong, secret }, { options: { seed: 2 }, env: wrong, secret }]);
  const cookie = (await get(`/?${new URLSearchParams({ secret })}`)).headers.get('set-cookie').split(';')[0];
  for (const [person, name, other] of [[1, 'NS_SECRET', 'NS_SECRET_2'], [2, 'NS_SECRET_2', 'NS_SECRET ']]) {
    await get(`/run?person=${person}`, bearer(secret));
    const { runs: [{ error }] } = await ended(person, secret);
    const german = (await get(`/?person=${person}&lang=de`, { headers: { cookie } })).text;
    const check = (await get(`/check_login?person=${person}`, bearer(secret))).text;
    for (const [text, words] of [[error, `Set ${name} to the site's API_SECRET`], [german, `Setzen Sie ${name} auf das API_SECRET der Seite`], [check, `FAILED: Nightscout refused the secret. Set ${name} to`]]) {
      assert.ok(text.includes(words), `person ${person}: ${words}: ${text.slice(0, 2000)}`);
      assert.ok(!text.includes(other), `person ${person}: ${other}`);
    }
    const logged = lines(server.stdout, person).join('\n');
    assert.ok(logged.includes(`Set ${name} to`) && !logged.includes(`Set ${other.trim()} to`), logged);
  }
  const check = (env) => run(['check', '--person', '2'], { env: { ...environment, NS_SECRET_2: simulators[1].env.NS_SECRET, ...env }, home });
  assert.match((await check({ TIMEZONE_NAME_2: 'Mars/Olympus' })).stderr, /TIMEZONE_NAME_2 is not a known time zone\. Set it to/);
  assert.match((await check({ PUMP_SERIAL_NUMBER_2: '1234' })).stdout, /one pump by PUMP_SERIAL_NUMBER_2, [^]*FAILED: PUMP_SERIAL_NUMBER_2 names no pump/);
  assert.match((await check({ TCONNECT_PASSWORD_2: 'a wrong one of them' })).stdout, /Set TCONNECT_REGION_2=EU/);
});

test('each has tokens in a file of their own, and signing out is for one secret', async (t) => {
  const { get, ended, home } = await serveFamily(t, [
    { options: { seed: 1 }, secret: ANNA.secret }, { options: { seed: 2 }, secret: BEN.secret },
  ], { CACHE_CREDENTIALS: 'true' });
  for (const [i, { secret }] of [ANNA, BEN].entries()) {
    await get('/run', bearer(secret));
    await ended(i + 1, secret);
  }
  const files = ['credentials.json', 'credentials_2.json'].map((name) => fs.readFileSync(path.join(home, '.config/tconnectsync', name), 'utf8'));
  assert.notEqual(files[0], files[1]);
  const enter = async (secret) => (await get(`/?${new URLSearchParams({ secret })}`)).headers.get('set-cookie').split(';')[0];
  const cookies = [await enter(ANNA.secret), await enter(BEN.secret)];
  const page = (cookie) => get('/', { headers: { cookie } }).then(({ text }) => text);
  const token = /name="form_token" value="([^"]*)"/.exec(await page(cookies[0]))[1];
  await get('/', { method: 'POST', body: new URLSearchParams({ form_token: token, action: 'sign-out' }), headers: { cookie: cookies[0], 'content-type': 'application/x-www-form-urlencoded' } });
  assert.match(await page(cookies[0]), /data-view="public"/);
  assert.match(await page(cookies[1]), /data-view="full"/);
});

test('the command line: everybody one after the other, or one by --person; each has a result', async (t) => {
  const simulators = [await start({ seed: 1, historyDays: 3 }), await start({ seed: 2, historyDays: 3 })];
  t.after(() => Promise.all(simulators.map((simulator) => simulator.stop())));
  const env = { ...simulators[0].env, ...suffixed(simulators[1].env, 2), CACHE_CREDENTIALS: 'false', PERSON_NAME_2: 'Bo' };
  const go = (words, more) => run(words, { env: { ...env, ...more }, home: folder(t) });
  const all = await go(['sync', '--days', '1', '--json']);
  assert.deepEqual(all.stdout.trim().split('\n').map((line) => JSON.parse(line)).map(({ person, result }) => [person, result]), [[1, 'ok'], [2, 'ok']]);
  assert.equal(all.status, 0);
  const table = await go(['sync', '--days', '1', '--person', 'bo']);
  assert.match(table.stdout, /^Person 2:$/m);
  assert.doesNotMatch(table.stdout, /Person 1|person=1/);
  const none = await go(['check', '--person', '3']);
  assert.deepEqual([none.status, none.stderr.includes('--person needs the number or the PERSON_NAME')], [2, true]);
  const half = await go(['check'], { TCONNECT_PASSWORD: 'a wrong one of them' });
  assert.match(half.stdout, /Person 1:\n[^]*FAILED[^]*Person 2:\n[^]*No API errors returned!/);
  assert.equal(half.status, 1);
  const gap = await go(['check'], { NS_URL_4: 'https://four.example.org' });
  assert.match(gap.stderr, /NS_URL_3 is not set, though there are settings that end in _4/);
  assert.equal(gap.status, 2);
});

// The tests of one person's server, about the second of two: see lib/daemon.mjs. [file, which, how many at least], and with
// TEST_ALL=yes all but those that count on being alone: the first run's time is spread over the interval, the public page
// shows the worst, lines and addresses say person=2, every person's log hides everybody's secrets.
// Node also holds a pattern against <root>, above all tests: one that it fits runs them all.
const AS_SECOND = process.env.TEST_ALL ? [
  ['daemon_surface', '.', 13],
  ['daemon', '.', 3],
  ['daemon_life', '^(?!.*(<root>|unusable settings|after a run each secret)).', 14],
  ['daemon_time', '^(?!.*(<root>|timer:|after failures:)).', 9],
  ['page_http', '^(?!.*(<root>|in the language)).', 5],
] : [['daemon_surface', '^(methods|the secret|without a secret|Basic|pretend|from and to|equal ranges|/check_login|the scheduler)', 9]];

for (const [file, those, count] of AS_SECOND) {
  test(`what holds for one person holds for the second of two: ${file}`, async () => {
    const tests = launch(process.execPath, ['--test', `--test-name-pattern=${those}`, new URL(`${file}.test.mjs`, import.meta.url).pathname], {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, AS_SECOND: '1' },
    });
    const { status } = await tests.ended;
    assert.equal(status, 0, tests.stdout.slice(-8000));
    assert.ok(Number(/^# pass (\d+)$/m.exec(tests.stdout)[1]) >= count, tests.stdout.slice(-2000));
  });
}
