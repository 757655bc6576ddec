// Every path of the real server: who may, by which credential, with which words, and how the bytes look.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from './lib/child.mjs';
import { SECRET, serve } from './lib/daemon.mjs';
import { answers, assertSecure, closing, dial, exchange, get as plain, one } from './lib/wire.mjs';

const basic = (password, user = 'anyone') => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` });
const form = (fields, headers = {}) => ({
  method: 'POST', body: new URLSearchParams(fields), headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
});
const said = ({ status, text }) => [status, text.trim()];
const NOT_SET = 'secret is not configured in the settings, so this page is inaccessible';
const NOT_GIVEN = 'secret not provided as a GET or POST argument';
const WRONG = 'secret is invalid';

// path, methods, and whether it takes the secret
const PATHS = [
  ['/', 'GET, HEAD, POST', false], ['/livez', 'GET, HEAD', false], ['/readyz', 'GET, HEAD', false], ['/healthz', 'GET, HEAD', false],
  ['/run', 'GET, HEAD, POST', true], ['/update', 'GET, HEAD, POST', true], ['/check_login', 'GET, HEAD, POST', true],
  ['/status.json', 'GET, HEAD', true], ['/metrics', 'GET, HEAD', true],
];
const JOBS = ['/scheduler', '/scheduler/jobs', '/scheduler/jobs/update'];
const ORDERS = ['/scheduler/jobs/update/pause', '/scheduler/jobs/update/resume', '/scheduler/jobs/update/run'];

test('methods: each path takes its own, HEAD equals GET without a body, others are 405 with Allow', async (t) => {
  const { get, secretly } = await serve(t);
  for (const [path, methods] of PATHS) {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', ...(methods.includes('POST') ? [] : ['POST'])]) {
      const answer = await secretly(path, { method });
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, methods], `${method} ${path}`);
    }
  }
  for (const path of ['/livez', '/readyz', '/healthz', '/run', '/scheduler', '/nothing']) {
    const [whole, head] = [await secretly(path), await secretly(path, { method: 'HEAD' })];
    assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [whole.status, '', String(Buffer.byteLength(whole.text))], path);
    assert.equal(head.headers.get('content-type'), whole.headers.get('content-type'));
  }
  for (const path of ORDERS) assert.deepEqual([(await secretly(path)).status, (await secretly(path)).headers.get('allow')], [405, 'POST']);
  assert.equal((await get('/nothing')).status, 404);
  assert.equal((await get('/%2e%2e/etc/passwd')).status, 404);
});

test('without a secret in the settings nothing but the public pages can be seen', async (t) => {
  const { get } = await serve(t, {}, { TCONNECTSYNC_HEROKU_SECRET: '' });
  for (const [path, , secret] of PATHS) {
    const answer = await get(`${path}?secret=`);
    if (secret) assert.deepEqual(said(answer), [403, NOT_SET], path);
    else assert.equal(answer.status, 200, path);
  }
  for (const path of JOBS) assert.deepEqual(said(await get(path, { headers: basic('') })), [403, NOT_SET]);
});

test('the secret: in the query, a form, as Bearer and as Basic; none, a wrong one, an almost right one', async (t) => {
  const { get, secretly } = await serve(t);
  for (const path of ['/run', '/update', '/check_login', '/status.json', '/metrics']) {
    assert.deepEqual(said(await get(path)), [403, NOT_GIVEN]);
    assert.match((await get(path)).headers.get('content-type'), /^text\/plain/);
  }
  for (const wrong of [`${SECRET}x`, SECRET.slice(1)]) assert.deepEqual(said(await get(`/run?secret=${wrong}`)), [403, WRONG]);
  assert.deepEqual(said(await get('/run', form({ secret: SECRET.toUpperCase() }))), [403, WRONG]);
  assert.deepEqual(said(await get('/run', { headers: { authorization: 'Bearer x' } })), [403, WRONG]);
  for (const path of JOBS) {
    const none = await get(path);
    assert.deepEqual([none.status, none.headers.get('www-authenticate')?.slice(0, 6)], [401, 'Basic ']);
    assert.equal((await get(path, { headers: basic(SECRET) })).status, 200);
  }
  assert.equal((await get('/scheduler', { headers: basic('wrong') })).status, 401);
  assert.deepEqual(said(await get(`/run?secret=${SECRET}`)), [200, 'Triggered job']);
  assert.deepEqual(said(await get('/run', form({ secret: SECRET }))), [200, 'Triggered job']);
  assert.deepEqual(said(await secretly('/run')), [200, 'Triggered job']);
});

test('Basic changes state by POST from the same origin only; what reads is free', async (t) => {
  const { get, url } = await serve(t);
  const order = ORDERS[0];
  for (const path of ['/run', '/update', '/check_login']) {
    const answer = await get(path, { headers: basic(SECRET) });
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST'], path);
    assert.equal((await get(path, { method: 'HEAD', headers: basic(SECRET) })).status, 405);
  }
  const post = async (headers, path = order) => (await get(path, { method: 'POST', headers: { ...basic(SECRET), ...headers } })).status;
  assert.equal(await post({}), 200, 'neither header, as curl');
  assert.equal(await post({ 'sec-fetch-site': 'same-origin' }), 200);
  assert.equal(await post({ origin: url }), 200);
  assert.equal(await post({ 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await post({ 'sec-fetch-site': 'same-site' }), 403);
  assert.equal(await post({ origin: 'https://evil.example' }), 403);
  assert.equal(await post({ origin: 'null' }), 403);
  assert.equal(await post({ 'sec-fetch-site': 'cross-site', origin: url }, '/run'), 403);
  // Whoever holds the secret itself is no browser that was led astray.
  assert.equal((await get(order, { method: 'POST', headers: { authorization: `Bearer ${SECRET}`, origin: 'https://evil.example' } })).status, 200);
});

test('ten wrong secrets a minute from one address, then 429, whatever is sent; a cookie and other addresses still get in', async (t) => {
  const { get, secretly } = await serve(t, {}, { TRUST_PROXY: 'true' });
  const from = (address, headers = {}) => ({ headers: { 'x-forwarded-for': `203.0.113.9, ${address}`, ...headers } });
  for (let i = 0; i < 10; i += 1) assert.equal((await get('/run?secret=wrong', from('198.51.100.1'))).status, 403);
  const refused = await get('/status.json', from('198.51.100.1', basic('wrong')));
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get('retry-after')) >= 1 && Number(refused.headers.get('retry-after')) <= 60);
  assert.equal((await get('/run', from('198.51.100.1'))).status, 403, 'no secret at all is no attempt');
  const [cookie] = (await get('/', form({ secret: SECRET, action: 'sign-in' }))).headers.get('set-cookie').split(';');
  for (const headers of [basic(SECRET), { authorization: `Bearer ${SECRET}` }]) assert.equal((await get('/status.json', from('198.51.100.1', headers))).status, 429);
  assert.equal((await get(`/status.json?secret=${SECRET}`, from('198.51.100.1'))).status, 429);
  assert.equal((await get('/status.json?secret=wrong', from('198.51.100.1', { cookie }))).status, 200);
  assert.equal((await secretly('/status.json', from('198.51.100.3'))).status, 200);
  assert.equal((await get('/run?secret=wrong', from('198.51.100.2'))).status, 403);
});

test('2,500 guesses and then the right one, all at once: the right one is not seen to be it', async (t) => {
  const daemon = await serve(t);
  const guess = (secret) => plain('/status.json', `Authorization: Bearer ${secret}`);
  const wire = await dial(t, daemon);
  await wire.send(Array.from({ length: 2500 }, (_, i) => guess(`wrong-${i}`)).join('') + guess(SECRET) + closing('/livez'));
  await wire.ends({ seconds: 120 });
  const statuses = answers(wire.text).map(({ status }) => status);
  assert.deepEqual([statuses.length, statuses[2500], statuses[2501]], [2502, 429, 200]);
  assert.deepEqual(statuses.slice(0, 2500).filter((status) => status !== 429), Array(10).fill(403));
});

test('parameters: a clear line for what is wrong, and nothing started by it', async (t) => {
  const { secretly, simulator } = await serve(t);
  const wrong = {
    'days=0': /days/, 'days=367': /days/, 'days=-1': /days/, 'days=1.5': /days/, 'days=99999999999999999999': /days/, 'days=%20': /days/,
    'days=1&from=2026-05-14': /but not both/, 'to=2026-05-14': /--to needs --from/, 'from=2026-02-30': /from needs a date/, 'from=2026-05-14&to=x': /to needs a date/,
    'from=2999-01-01': /range is empty/, 'from=2020-01-01&to=2023-01-01': /at most 366 days/,
    'features=BASAL,NOPE': /BASAL.*CGM_ALERTS/, 'features=%3Cscript%3E': /BASAL/,
  };
  for (const path of ['/run', '/update', '/check_login']) {
    for (const [query, words] of Object.entries(wrong)) {
      const { status, text } = await secretly(`${path}?${query}`);
      assert.equal(status, 400, `${path}?${query}`);
      assert.match(text, words);
      assert.equal(text.trim().split('\n').length, 1);
    }
  }
  for (const query of ['days=%', 'days=%0', 'a=%00', `${'a=1&'.repeat(80)}b`]) assert.equal((await secretly(`/run?${query}`)).status, 400, query);
  await sleep(200);
  assert.equal((await simulator.statistics()).requestCount, 0);
});

test('pretend and features reach the sync: nothing is written, and only those kinds', async (t) => {
  const { get, simulator } = await serve(t);
  const pretended = await get('/update', form({ secret: SECRET, pretend: '1', days: '1', features: ' BASAL , BOLUS ' }));
  assert.equal(pretended.status, 200);
  assert.match(pretended.text, /pretend/);
  assert.deepEqual((await simulator.documents()).treatments, []);
  assert.equal((await get(`/update?secret=${SECRET}&days=1&features=BOLUS&pretend=`)).status, 200);
  const kinds = new Set((await simulator.documents()).treatments.map(({ eventType }) => eventType));
  assert.deepEqual([...kinds], ['Combo Bolus']);
});

// Where the day has seen a bolus already, whenever this runs.
const ZONE = new Date().getUTCHours() < 12 ? 'Asia/Kamchatka' : 'Africa/Abidjan';
const civilDay = (time) => new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE }).format(time);
const day = (ago) => civilDay(Date.now() - ago * 86400000);

test('from and to bring those civil days and no other, to today when to is not said', async (t) => {
  const { secretly, simulator, idle } = await serve(t, { zone: ZONE });
  const days = async () => [...new Set((await simulator.documents()).treatments.map(({ created_at }) => civilDay(Date.parse(created_at))))].sort();
  const one = day(2), last = day(1);
  assert.equal((await secretly(`/update?features=BOLUS&from=${one}&to=${one}`)).status, 200);
  assert.deepEqual(await days(), [one]);
  assert.deepEqual(said(await secretly(`/run?features=BOLUS&from=${one}&to=${last}`)), [200, 'Triggered job']);
  await idle(2);
  assert.deepEqual(await days(), [one, last]);
  const before = (await simulator.statistics()).requestCount;
  assert.equal((await secretly(`/run?features=BOLUS&from=${one}&to=${last}`)).text, 'Triggered job'); // an equal one ended just now
  assert.equal((await simulator.statistics()).requestCount, before);
  assert.equal((await secretly('/update', form({ features: 'BOLUS', from: last }))).status, 200);
  assert.ok((await days()).at(-1) > last);
  assert.match((await secretly(`/check_login?from=${one}&to=${last}`)).text, /No API errors returned!\n$/);
});

test('equal ranges share a run, whenever and however their open end was said', async (t) => {
  const { secretly, idle } = await serve(t, { latency: 150, zone: ZONE });
  const [from, to, tomorrow] = [day(2), day(1), day(-1)];
  const answers = await Promise.all([`from=${from}`, `from=${from}&to=${tomorrow}`, `from=${from}&to=${to}`, `from=${from}&to=${to}`, `from=${to}&to=${to}`]
    .map((words) => secretly(`/run?${words}`)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 429]);
  assert.equal((await idle(2)).runs.length, 2);
});

test('/check_login names nobody and ends in its verdict', async (t) => {
  const { secretly, simulator } = await serve(t);
  const good = await secretly('/check_login');
  assert.equal(good.status, 200);
  assert.match(good.text, /No API errors returned!\n$/);
  const session = await simulator.signIn();
  const person = await simulator.pumper(session);
  for (const word of [simulator.env.TCONNECT_EMAIL, new URL(simulator.env.NS_URL).host, person.firstName, person.lastName, person.pumps[0].serialNumber, session.claims.pumperId]) {
    assert.ok(!good.text.includes(word), 'something that identifies the person');
  }
  await simulator.set({ careportal: false });
  assert.match((await secretly('/check_login')).text, /careportal/);
  await simulator.fault({ kind: 'answer', site: 'tandem', path: '*', status: 403, body: '<html>The request is blocked</html>', count: -1 });
  const bad = await secretly('/check_login');
  assert.equal(bad.status, 500);
  assert.match(bad.text, /FAILED: .*Tandem/);
});

test('the scheduler speaks as the Python version did', async (t) => {
  const { secretly } = await serve(t, {}, { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '30' });
  const json = async (path, options) => JSON.parse((await secretly(path, options)).text);
  assert.deepEqual(Object.keys(await json('/scheduler')), ['current_host', 'allowed_hosts', 'running']);
  assert.equal((await json('/scheduler')).running, true);
  const job = await json('/scheduler/jobs/update');
  assert.deepEqual(Object.keys(job), ['id', 'name', 'func', 'args', 'kwargs', 'trigger', 'minutes', 'next_run_time', 'start_date', 'misfire_grace_time', 'max_instances']);
  assert.deepEqual([job.id, job.trigger, job.minutes, job.max_instances], ['update', 'interval', 30, 1]);
  const [listed, ...others] = await json('/scheduler/jobs');
  assert.deepEqual([{ ...listed, next_run_time: job.next_run_time }, others], [job, []]); // its second may have passed
  assert.equal((await json(ORDERS[0], { method: 'POST' })).next_run_time, null);
  assert.ok(Date.parse((await json(ORDERS[1], { method: 'POST' })).next_run_time) > Date.now());
  assert.equal((await secretly(ORDERS[2], { method: 'POST' })).text.trim(), 'Triggered job');
});

test('bytes on the wire: keep-alive, pipelining, HTTP/1.0, absolute targets, chunks, Expect; every answer is hardened', async (t) => {
  const daemon = await serve(t);
  const wire = await dial(t, daemon);
  await wire.send(plain('/livez') + `HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n` + plain('http://x/livez') + closing('/nothing'));
  await wire.ends();
  const list = answers(wire.text, ['GET', 'HEAD', 'GET', 'GET']);
  assert.deepEqual(list.map(({ status }) => status), [200, 200, 200, 404]);
  list.forEach(assertSecure);
  const old = one(await exchange(t, daemon, 'GET /livez HTTP/1.0\r\n\r\n'));
  assert.deepEqual([old.status, old.headers.connection], [200, 'close']);
  const body = `secret=${SECRET}`;
  const post = (headers, text) => `POST /run HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n${headers}\r\n\r\n${text}`;
  const chunked = one(await exchange(t, daemon, post('Transfer-Encoding: chunked', `5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`)));
  assert.deepEqual([chunked.status, chunked.body], [200, 'Triggered job']);
  const patient = await dial(t, daemon);
  await patient.send(post(`Content-Length: ${body.length}\r\nExpect: 100-continue`, ''));
  await patient.gets(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  await patient.send(body);
  await patient.ends();
  assert.equal(one(patient.text.replace(/^.*?\r\n\r\n/s, '')).body, 'Triggered job');

  const bad = {
    400: ['GET /a%00 HTTP/1.1\r\nHost: x\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
      'GET /run HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd', 'POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd',
      'POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd',
      'POST /run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n'],
    413: [`POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n${'b'.repeat(70000)}`],
    431: [closing('/', `A: ${'a'.repeat(20000)}`)],
  };
  for (const [status, requests] of Object.entries(bad)) {
    for (const request of requests) {
      const answer = one(await exchange(t, daemon, request));
      assert.deepEqual([answer.status, answer.headers.connection], [Number(status), 'close'], request.slice(0, 80));
      assertSecure(answer);
    }
  }
  for (const path of ['/', '/run', '/scheduler', '/status.json', '/metrics']) assertSecure(one(await exchange(t, daemon, closing(path))));
});
