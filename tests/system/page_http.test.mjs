// What the page's addresses answer to whom, byte by byte: views, forms, cookie, files, live events.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { sleep, until } from './lib/child.mjs';
import { SECRET, serve } from './lib/page.mjs';

const isFull = (text) => /data-view="full"/.test(text);
const cookieOf = ({ headers }) => headers.get('set-cookie')?.split(';')[0];

// A listener to the live events: {status, events: [{name, data, at}], close()}.
async function listen(served, headers, query = '') {
  const request = http.get(new URL(`/events${query}`, served.url), { headers, agent: false });
  const [answer] = await once(request, 'response');
  const heard = { status: answer.statusCode, type: answer.headers['content-type'], events: [], ended: false, close: () => request.destroy() };
  let text = '';
  request.on('error', () => {});
  answer.setEncoding('utf8').on('data', (piece) => {
    text += piece;
    for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
      const found = /^event: (.*)\ndata: (.*)$/.exec(text.slice(0, end));
      if (found) heard.events.push({ name: found[1], data: found[2], at: Date.now() });
    }
  }).on('end', () => { heard.ended = true; });
  return heard;
}

test('everybody sees the public view; the secret shows the rest, however it comes', async (t) => {
  const served = await serve(t);
  await served.sync(1);
  const open = await served.get('/');
  assert.deepEqual([open.status, isFull(open.text)], [200, false]);
  assert.match(open.headers.get('content-security-policy'), /default-src 'none'.*script-src 'self'/);
  assert.doesNotMatch(open.headers.get('content-security-policy'), /unsafe/);
  assert.equal(open.headers.get('cache-control'), 'no-store');
  assert.equal(open.headers.get('set-cookie'), null);
  const { env } = served.simulator;
  for (const word of ['Pump data', 'Glucose', 'bolus', 'form_token', 'did not', env.TIMEZONE_NAME, env.TCONNECT_EMAIL, new URL(env.NS_URL).host, SECRET]) {
    assert.ok(!open.text.includes(word), `the public view shows ${word}`);
  }
  const head = await served.get('/', { method: 'HEAD' });
  assert.deepEqual([head.status, head.text], [200, '']);
  assert.ok(Number(head.headers.get('content-length')) > 2000);

  const basic = { authorization: `Basic ${Buffer.from(`anybody:${SECRET}`).toString('base64')}` };
  const ways = {
    bearer: await served.secretly('/'),
    basic: await served.get('/', { headers: basic }),
    address: await served.get(`/?${new URLSearchParams({ secret: SECRET })}`),
    form: await served.post({ secret: SECRET }),
  };
  for (const [way, answer] of Object.entries(ways)) {
    assert.deepEqual([answer.status, isFull(answer.text)], [200, true], way);
    assert.ok(!answer.text.includes(SECRET) && !answer.text.includes(encodeURIComponent(SECRET)), `${way}: the secret is echoed`);
  }
  assert.equal(cookieOf(ways.bearer), undefined);
  assert.ok(isFull((await served.get('/', { headers: { cookie: cookieOf(ways.address) } })).text));
  await served.stop();
  assert.ok(!served.server.stdout.includes(SECRET));
});

test('the cookie: signed, out of reach of scripts, Secure behind https, void after the secret changed', async (t) => {
  const served = await serve(t, {}, { TRUST_PROXY: '1' });
  const plain = await served.post({ secret: SECRET, action: 'sign-in' });
  assert.deepEqual([plain.status, plain.headers.get('location')], [303, './?notice=signed-in']);
  assert.match(plain.headers.get('set-cookie'), /HttpOnly; SameSite=Strict$/);
  const secure = await served.post({ secret: SECRET, action: 'sign-in' }, { 'x-forwarded-proto': 'https' });
  assert.match(secure.headers.get('set-cookie'), /SameSite=Strict; Secure$/);
  const cookie = cookieOf(plain);
  assert.ok(isFull((await served.get('/', { headers: { cookie } })).text));
  const [name, value] = cookie.split('=');
  const later = value.replace(/^\d+/, (end) => String(Number(end) + 1));
  for (const forged of [later, `${value}x`, value.slice(0, -1), '', 'x'.repeat(5000)]) {
    assert.ok(!isFull((await served.get('/', { headers: { cookie: `${name}=${forged}` } })).text));
  }
  const out = await served.post({ action: 'sign-out' }, { cookie });
  assert.match(out.headers.get('set-cookie'), /=; .*Max-Age=0/);
  assert.ok(!isFull((await served.get('/', { headers: { cookie } })).text), 'a copy of it is void as well');
  assert.equal((await served.get('/status.json', { headers: { cookie } })).status, 403);
  const again = cookieOf(await served.post({ secret: SECRET, action: 'sign-in' }));
  assert.ok(isFull((await served.get('/', { headers: { cookie: again } })).text), 'also within the same second');
  await served.restart({ TCONNECTSYNC_HEROKU_SECRET: 'quite another secret' });
  assert.ok(!isFull((await served.get('/', { headers: { cookie } })).text));
});

test('no other site can press a button; wrong secrets are told so, then told to wait', async (t) => {
  const served = await serve(t);
  const cookie = cookieOf(await served.post({ secret: SECRET, action: 'sign-in' }));
  const foreign = [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'http://elsewhere.invalid' }, { origin: 'null' }];
  for (const headers of foreign) {
    const answer = await served.post({ action: 'sync' }, { cookie, ...headers });
    assert.deepEqual([answer.status, /nothing was done/i.test(answer.text)], [403, true], JSON.stringify(headers));
  }
  assert.equal((await served.post({ action: 'sync', form_token: 'made-up' }, { cookie })).status, 403);
  assert.deepEqual((await served.status()).runs, []);
  const [, token] = /name="form_token" value="([^"]+)"/.exec((await served.get('/', { headers: { cookie } })).text);
  assert.equal((await served.post({ action: 'sync', form_token: token }, { cookie })).status, 303);
  await served.idle();
  // Without being signed in, or by GET, nothing starts.
  assert.equal((await served.post({ action: 'sync' })).status, 403);
  assert.equal((await served.get('/?action=sync', { headers: { cookie } })).status, 200);
  assert.equal((await served.idle()).runs.length, 1);

  for (const [words, notice] of [[{ days: '0' }, 'bad-days'], [{ days: '<b>' }, 'bad-days'], [{ action: 'nonsense' }, 'bad-request']]) {
    const answer = await served.post({ action: 'sync', form_token: token, ...words }, { cookie });
    assert.equal(answer.headers.get('location'), `./?notice=${notice}`);
  }
  const wrong = await served.post({ action: 'sign-in', secret: 'wrong' });
  assert.deepEqual([wrong.status, isFull(wrong.text)], [403, false]);
  assert.match(wrong.text, /That is not the secret/);
  let last;
  for (let i = 0; i < 11; i += 1) last = await served.get('/?secret=wrong');
  assert.equal(last.status, 429);
  assert.ok(Number(last.headers.get('retry-after')) > 0);
  assert.match(last.text, /Too many wrong secrets/);
  assert.equal((await served.post({ secret: SECRET })).status, 429, 'the right one is not looked at');
  assert.ok(isFull((await served.get('/', { headers: { cookie } })).text), 'who is signed in stays so');
});

test('in the language and the hours of the browser, or of the address; installable', async (t) => {
  const served = await serve(t);
  const html = async (headers, query = '') => (await served.get(`/${query}`, { headers })).text;
  assert.match(await html({}), /<html lang="en" data-hours="24"/);
  assert.match(await html({ 'accept-language': 'en-US,en;q=0.9' }), /<html lang="en" data-hours="12"/);
  assert.match(await html({ 'accept-language': 'it, de-CH;q=0.8, fr;q=0.5' }), /<html lang="de" data-hours="24"[\s\S]*Bereit, ohne Auftrag/);
  assert.match(await html({ 'accept-language': 'de' }, '?lang=fr'), /<html lang="fr"[\s\S]*data-kept="\?lang=fr"/);
  assert.match(await html({}, '?lang=%22%3E%3Cb%3E'), /<html lang="en"[\s\S]*data-kept=""/);
  assert.match(await html({}), /<html lang="en"/); // what one asked for is not kept for another
  const signed = await served.post({ secret: SECRET, action: 'sign-in', lang: 'es' });
  assert.equal(signed.headers.get('location'), './?notice=signed-in&lang=es');
  const manifest = await served.get('/site.webmanifest');
  assert.equal(manifest.headers.get('content-type'), 'application/manifest+json');
  assert.equal(JSON.parse(manifest.text).icons[0].src, 'icon.svg');
  assert.equal((await served.get('/favicon.ico')).headers.get('content-type'), 'image/x-icon');
});

test('the files: tagged to be kept, asked about otherwise, packed for who takes it, small in all', async (t) => {
  const served = await serve(t);
  await served.sync(1);
  const html = (await served.secretly('/')).text;
  let total = html.length;
  for (const name of ['page.css', 'page.js', 'icon.svg']) {
    const [tagged] = new RegExp(`${name.replace('.', '\\.')}\\?[0-9a-f]+`).exec(html);
    const answer = await served.get(`/${tagged}`, { headers: { 'accept-encoding': 'identity' } });
    assert.deepEqual([answer.status, answer.headers.get('content-encoding')], [200, null], name);
    assert.match(answer.headers.get('cache-control'), /immutable/);
    total += answer.text.length;
    const plain = await served.get(`/${name}`);
    assert.equal(plain.headers.get('cache-control'), 'no-cache');
    assert.equal((await served.get(`/${name}?0123`)).headers.get('cache-control'), 'no-cache');
    for (const encoding of ['identity', 'gzip']) {
      const headers = { 'accept-encoding': encoding, 'if-none-match': (await served.get(`/${name}`, { headers: { 'accept-encoding': encoding } })).headers.get('etag') };
      const same = await served.get(`/${name}`, { headers });
      assert.deepEqual([same.status, same.text], [304, ''], `${name} ${encoding}`);
      assert.equal((await served.get(`/${name}`, { headers: { ...headers, 'if-none-match': '*' } })).status, 304);
    }
    const packed = await new Promise((resolve, reject) => {
      http.get(new URL(name, served.url), { headers: { 'accept-encoding': 'br;q=1, gzip;q=0.5' } }, async (incoming) => {
        resolve({ headers: incoming.headers, data: Buffer.concat(await incoming.toArray()) });
      }).on('error', reject);
    });
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(packed.data).toString(), answer.text);
    assert.equal((await served.get(`/${name}`, { headers: { 'accept-encoding': 'gzip;q=0' } })).headers.get('content-encoding'), null);
  }
  assert.ok(total < 80000, `${total} bytes`);
  assert.equal((await served.get('/page.html')).status, 404);
  assert.equal((await served.get('/page.css', { method: 'POST' })).status, 405);
});

test('live events: who may listen, progress and change as they happen, a beat, a cap, an end', async (t) => {
  const served = await serve(t, { latency: 120 });
  const authorization = `Bearer ${SECRET}`;
  assert.equal((await served.get('/events')).status, 403);
  assert.equal((await served.secretly('/events', { method: 'HEAD' })).status, 200);
  const opened = Date.now();
  const first = await listen(served, { authorization });
  t.after(first.close);
  assert.deepEqual([first.status, first.type], [200, 'text/event-stream']);
  await until(() => first.events.some(({ name }) => name === 'change')); // nobody said what it has seen
  const [, news] = /data-news="(\d+)"/.exec((await served.secretly('/')).text);
  const aware = await listen(served, { authorization }, `?seen=${news}`);
  t.after(aware.close);
  await sleep(300);
  assert.ok(!aware.events.some(({ name }) => name === 'change'));

  await served.sync(1);
  await until(() => aware.events.filter(({ name }) => name === 'change').length >= 2, { what: 'the change at the end' });
  const steps = aware.events.filter(({ name, data }) => name === 'progress' && data).map(({ data }) => /<b>(.*?)<\/b>/.exec(data)?.[1]);
  assert.ok(new Set(steps).size >= 4, `${steps}`);
  assert.ok(aware.events.some(({ data }) => /\d+% done/.test(data)));
  assert.equal(aware.events.filter(({ name }) => name === 'progress').at(-1).data, '');

  const others = await Promise.all(Array.from({ length: 16 }, () => listen(served, { authorization })));
  assert.deepEqual(others.map(({ status }) => status).sort(), [...Array(14).fill(200), 503, 503]);
  others.forEach(({ close }) => close());
  await until(async () => {
    const again = await listen(served, { authorization });
    again.close();
    return again.status === 200;
  }, { what: 'a place that is free again' });

  await until(() => first.events.some(({ name }) => name === 'beat'), { seconds: 30 });
  const quiet = first.events.map(({ at }) => at).reduce((longest, at, i, all) => Math.max(longest, at - (all[i - 1] ?? opened)), 0);
  assert.ok(quiet < 25000, `${quiet} ms without a word`);
  await served.stop(); // listeners do not keep the server
  await until(() => first.ended);
});
