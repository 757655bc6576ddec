// The status page in a real browser: every state, the whole way from the first visit to a finished sync, with and
// without scripts, by keyboard, on a phone. Pictures of the states land in tests/output/.
import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { sleep, until } from './lib/child.mjs';
import { SECRET, inspect, openBrowser, openPage, picture, serve, show, signIn, verdict } from './lib/page.mjs';

const SYNC = { name: 'Sync now' };
let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

const says = (page, words) => page.locator('h1', { hasText: words }).waitFor();
const cards = (page) => page.locator('main h2').allInnerTexts();

// The sums that the page shows under its picture.
// Numbers but for the glucose, which is a range that may begin with LOW.
async function totals(page) {
  const pairs = await page.locator('.totals div').evaluateAll((rows) => rows.map((row) => [row.children[0].textContent, row.children[1].textContent]));
  return Object.fromEntries(pairs.map(([name, text]) => [name, name === 'Glucose' ? text : parseFloat(text)]));
}

test('from the first visit to a finished sync, without a reload', async (t) => {
  const served = await serve(t, { latency: 60, units: 'mmol' }, { NS_URL: '', NS_SECRET: '', TCONNECTSYNC_HEROKU_SECRET: '' });
  const page = await openPage(t, browser, served);
  assert.equal(await verdict(page), 'Not set up yet');
  const states = async () => Object.fromEntries(await page.locator('.steps li').evaluateAll((steps) => steps.map((step) => [step.querySelector('h3').firstChild.textContent.trim(), step.className])));
  assert.deepEqual(await states(), {
    'Tandem Source': 'done', Nightscout: 'missing', 'Time zone': 'done', 'A secret for this page': 'missing', 'How often': 'optional',
  });
  assert.match(await page.locator('#secret-line').innerText(), /^TCONNECTSYNC_HEROKU_SECRET=[0-9a-z]{15}$/);
  assert.match(await page.locator('#zone-guess').innerText(), /^This device is in /);
  await page.getByRole('button', { name: 'Copy NS_URL' }).click();
  await page.locator('.line button').getByText(/Copied|Ctrl/).first().waitFor();
  await show(page, 'first-run');
  const { NS_URL, NS_SECRET } = served.simulator.env;
  await served.restart({ NS_URL, NS_SECRET, TCONNECTSYNC_HEROKU_SECRET: SECRET });
  await page.reload();
  assert.equal(await verdict(page), 'Ready, and idle');
  await show(page, 'public-idle');

  await signIn(page, 'not it');
  await page.getByText('That is not the secret').waitFor();
  await show(page, 'wrong-secret');
  await signIn(page);
  await page.getByText('You are signed in').waitFor();
  await page.waitForFunction(() => location.search === ''); // the notice goes when the page is loaded again
  assert.deepEqual(await cards(page), ['The last 24 hours', 'Sync by hand', 'The last syncs', 'Asking for help']);
  await show(page, 'full-idle');

  await served.simulator.set({ latency: 250 });
  await page.getByRole('button', SYNC).click();
  await page.getByText('Sync started').waitFor();
  const seen = new Set();
  await until(async () => {
    const step = await page.locator('#step b').textContent({ timeout: 200 }).catch(() => null);
    if (step) seen.add(step);
    return seen.size >= 3;
  }, { what: `three steps in the progress: ${[...seen]}` });
  await show(page, 'running');
  await says(page, 'Data is flowing');
  assert.equal(await page.locator('.day').count(), 1);
  await show(page, 'flowing');

  // What the picture adds up to is what Nightscout holds of the same day.
  const { treatments } = await served.simulator.documents();
  const sum = (name) => treatments.filter(({ eventType, created_at }) => eventType === 'Combo Bolus' && Date.parse(created_at) > Date.now() - 864e5)
    .reduce((total, { [name]: value }) => total + (value ?? 0), 0);
  const shown = await totals(page);
  // Boluses of the last minutes are not in Nightscout yet: they would silence its alarms.
  assert.ok(shown.Boluses >= sum('insulin') - 0.1 && shown.Boluses < sum('insulin') + 15, `${shown.Boluses} ${sum('insulin')}`);
  assert.ok(shown.Carbs >= sum('carbs') - 1);
  // mmol/L, as the site is set
  assert.match(shown.Glucose, /^(LOW|\d{1,2}\.\d) to (HIGH|\d{1,2}\.\d)\b/);
  await page.getByText('glucose, mmol/L').waitFor();
  await page.getByText('The same in numbers').click();
  assert.ok(await page.locator('#day-numbers tbody tr').count() >= 24);
  await inspect(page, 'the numbers');

  await page.evaluate(() => { window.stillHere = true; });
  await page.getByText('Choose days and kinds').click();
  await page.getByLabel('Days to go back').fill('2');
  await page.getByLabel('Profiles').uncheck();
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.locator('.runs li', { hasText: 'was a preview' }).waitFor();
  const before_ = (await served.simulator.documents()).treatments.length;
  assert.equal(before_, treatments.length);
  assert.equal(await page.getByLabel('Days to go back').inputValue(), '2'); // what was typed stays
  await page.getByRole('button', { name: 'Check login' }).click();
  await page.getByText('No API errors returned!').waitFor();
  assert.ok(await page.evaluate(() => window.stillHere), 'the page was loaded anew');
  await show(page, 'checked');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out').waitFor();
  assert.equal(await page.locator('.day').count(), 0);
});

test('by keyboard alone, with a focus that shows', async (t) => {
  const served = await serve(t);
  const page = await openPage(t, browser, served);
  const press = async (name) => {
    for (let i = 0; i < 40; i += 1) {
      await page.keyboard.press('Tab');
      const focus = await page.evaluate(() => {
        const at = document.activeElement, { outlineWidth, outlineStyle } = getComputedStyle(at);
        return { name: (at.labels?.[0] ?? at).textContent.trim(), outline: outlineStyle === 'none' ? 0 : parseFloat(outlineWidth) };
      });
      if (focus.name) assert.ok(focus.outline >= 2, `${focus.name} has no outline`);
      if (focus.name === name) return;
    }
    assert.fail(`no way to ${name} by Tab`);
  };
  await press('Skip to the status');
  await page.keyboard.press('Enter');
  await press('Secret');
  await page.keyboard.type(SECRET);
  await page.keyboard.press('Enter');
  await page.getByText('You are signed in').waitFor();
  await press('Choose days and kinds');
  await page.keyboard.press('Enter');
  await press('Glucose readings');
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+Tab');
  for (let i = 0; i < 20 && await page.evaluate(() => document.activeElement.value) !== 'sync'; i += 1) await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await says(page, 'Data is flowing');
  await page.getByText(/It wrote .* readings/).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.value), 'sync'); // where it was
});

test('what a check finds stands where its button is, also on a phone', async (t) => {
  const served = await serve(t, { latency: 300 });
  const page = await openPage(t, browser, served, { width: 360, height: 640 });
  await signIn(page);
  await page.getByRole('button', { name: 'Check login' }).click();
  await page.locator('#check', { hasText: 'Checking...' }).waitFor();
  await page.locator('#check', { hasText: 'No API errors returned!' }).waitFor();
  const [{ y }, button] = await Promise.all([page.locator('#check').boundingBox(), page.getByRole('button', { name: 'Check login' }).boundingBox()]);
  assert.ok(y >= 0 && y < 640 && y - button.y < 640, `${y}`);
});

test('the strip of syncs tells each one by mouse and by keys', async (t) => {
  const served = await serve(t);
  for (let runs = 1; runs <= 3; runs += 1) await served.sync(runs);
  const page = await openPage(t, browser, served);
  await signIn(page);
  const said = page.locator('#strip-said'), strip = page.getByRole('slider', { name: /of the last 3 syncs went well/ });
  assert.match(await said.innerText(), /^3 of the last 3 went well/);
  await strip.focus();
  await page.keyboard.press('ArrowLeft');
  assert.match(await said.innerText(), /\d\d:\d\d: The sync from this page found nothing new/);
  await page.keyboard.press('Home');
  assert.match(await said.innerText(), /\d\d:\d\d: The sync from this page went well/);
  await inspect(page, 'the strip');
  await page.keyboard.press('Tab');
  assert.match(await said.innerText(), /^3 of the last 3/);
  await page.locator('#strip rect').last().hover({ force: true });
  assert.match(await said.innerText(), /\d\d:\d\d: /);
});

test('the picture is read out by mouse, touch and keys, down to each bolus and mark', async (t) => {
  const served = await serve(t);
  await served.sync(1);
  const page = await openPage(t, browser, served, { width: 360, height: 740, hasTouch: true });
  await signIn(page);
  const said = page.locator('#day-said'), day = page.locator('#day-drawing');
  assert.match(await said.innerText(), /arrow keys/);
  await day.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  assert.match(await said.innerText(), /^\d\d:\d\d: /);
  assert.equal(await page.locator('.cursor').getAttribute('x1'), '0%');
  // Every bolus, all of its carbs and every mark, by keys from left to right.
  const wanted = await day.evaluate(({ dataset }) => ({
    boluses: dataset.boluses.split(';').filter(Boolean).map((one) => one.split(' ')), marks: dataset.marks.split(';').filter(Boolean), readings: dataset.readings.split(';').filter(Boolean).length,
  }));
  assert.ok(wanted.boluses.length > 3 && wanted.readings > 100);
  const heard = await day.evaluate((drawing, text) => {
    const all = [];
    for (let i = 0; i < Number(drawing.getAttribute('aria-valuemax')); i += 1) {
      all.push(document.getElementById(text).textContent);
      drawing.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }));
    }
    return all;
  }, 'day-said');
  for (const [, units, grams] of wanted.boluses) {
    if (units > 0) assert.ok(heard.some((one) => one.includes(`bolus ${units} U`)), units);
    if (grams > 0) assert.ok(heard.some((one) => one.includes(`carbs ${grams} g`)), grams);
  }
  for (const mark of wanted.marks) assert.ok(heard.some((one) => one.includes(mark.slice(mark.indexOf(' ') + 1))), mark);
  assert.ok(heard.filter((one) => /glucose (LOW|HIGH|\d+) mg\/dL/.test(one)).length >= wanted.readings);
  assert.ok(heard.some((one) => /basal [\d.]+ U\/h \(profile [\d.]+\)/.test(one)), heard[0]);
  // A finger on the bolus finds it, though readings lie closer together than a finger is wide.
  const others = [...wanted.boluses, ...wanted.marks.map((mark) => mark.split(' '))].map(([at]) => Number(at));
  const largest = wanted.boluses.filter(([at]) => others.every((other) => other === Number(at) || Math.abs(other - at) > 60))
    .reduce((a, b) => Number(b[1]) > Number(a[1]) ? b : a), box = await day.boundingBox();
  const minutes = Number(await day.getAttribute('data-minutes'));
  await page.touchscreen.tap(box.x + box.width * largest[0] / minutes + 4, box.y + box.height - 120);
  assert.match(await said.innerText(), new RegExp(`bolus ${largest[1]} U`));
  await inspect(page, 'a reading');
  await picture(page, 'reading-phone');
  // No number sticks out of the card.
  const cut = await page.evaluate(() => [...document.querySelectorAll('.day text')].filter((text) => getComputedStyle(text).display !== 'none')
    .map((text) => [text.textContent, text.getBoundingClientRect()]).filter(([, { left, right }]) => left < 17 || right > innerWidth - 17).map(([text]) => text));
  assert.deepEqual(cut, []);
});

test('every mark of the picture stands out three to one, light and dark', async (t) => {
  const served = await serve(t);
  await served.sync(1);
  for (const colorScheme of ['light', 'dark']) {
    const page = await openPage(t, browser, served, { colorScheme });
    await signIn(page);
    await page.locator('.day').waitFor();
    const low = await page.evaluate(() => {
      const card = document.querySelector('.card'), svg = document.querySelector('.day'), light = (color) => {
        const [r, g, b] = color.match(/[\d.]+/g).map(Number).map((value) => value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = light(getComputedStyle(card).backgroundColor);
      return ['dots', 'dots high', 'dots low', 'basal', 'bolus', 'bolus auto', 'carbs', 'sleep', 'exercise', 'suspended', 'unknown', 'level', 'base', 'profile', 'm-alarm', 'm-alert', 'm-site', 'm-cartridge', 'm-sensor', 'cursor'].map((name) => {
        const mark = document.createElementNS(svg.namespaceURI, 'path');
        mark.setAttribute('class', name);
        svg.append(mark);
        const { fill, stroke } = getComputedStyle(mark);
        const best = Math.max(...[fill, stroke].filter((color) => color.startsWith('rgb')).map(light).map((one) => (Math.max(one, ground) + 0.05) / (Math.min(one, ground) + 0.05)));
        mark.remove();
        return [name, best];
      }).filter(([, contrast]) => !(contrast >= 3));
    });
    assert.deepEqual(low, [], colorScheme);
  }
});

test('an earlier day is read on demand, seen to be missing, and filled', async (t) => {
  const served = await serve(t);
  await served.sync(1);
  const page = await openPage(t, browser, served);
  await signIn(page);
  for (let back = 1; back <= 3; back += 1) {
    await page.getByRole('link', { name: 'Earlier day' }).click();
    await page.locator('.day').waitFor();
  }
  const day = /day=(\d{4}-\d\d-\d\d)$/.exec(page.url())[1];
  assert.ok((await totals(page)).Boluses > 0);
  await page.getByText('What of the last 28 days').click();
  const square = page.locator(`.calendar a[href$="${day}"]`);
  assert.equal(await square.getAttribute('class'), 'unread');
  assert.equal((await served.idle()).runs.length, 1); // to look is no sync
  const count = async () => (await served.simulator.documents()).treatments.length;
  const before_ = await count();
  await page.getByRole('button', { name: 'Fill this day' }).click();
  await page.locator(`.calendar .whole[href$="${day}"]`).waitFor();
  assert.ok(await count() > before_);
  assert.equal(await page.getByRole('button', { name: 'Fill this day' }).count(), 0);
  assert.ok(page.url().endsWith(`?day=${day}`));
  await show(page, 'day');
  await page.getByRole('link', { name: 'Later day' }).click();
  await page.locator('.day').waitFor();
  await page.getByRole('link', { name: 'The last 24 hours' }).click();
  await page.locator('h2', { hasText: 'The last 24 hours' }).waitFor();
  for (const wrong of ['2026-13-40', '9999-01-01', '1970-01-01', '<b>', '']) assert.match((await served.secretly(`/?${new URLSearchParams({ day: wrong })}`)).text, /<h2 id="day-words">The last 24 hours/);
});

test('without scripts: forms post, the page loads itself again, or keeps still', async (t) => {
  const served = await serve(t);
  const page = await openPage(t, browser, served, { javaScriptEnabled: false, width: 360 });
  await page.locator('#secret').fill(SECRET);
  await page.locator('.sign-in button').click();
  assert.match(page.url(), /notice=signed-in$/);
  await page.locator('button[value=sync]').click();
  assert.match(await page.content(), /Sync started/);
  await served.idle();
  await page.locator('footer a', { hasText: 'Stop reloading' }).click();
  assert.equal(await page.locator('h1').textContent(), 'Data is flowing');
  assert.equal(await page.locator('meta[http-equiv=refresh]').count(), 0);
  await page.locator('footer a', { hasText: 'Reload' }).click();
  assert.equal(await page.locator('meta[http-equiv=refresh]').getAttribute('content'), '60; url=./');
  await picture(page, 'without-scripts-phone');
  await page.locator('summary', { hasText: 'Choose' }).click();
  await page.locator('#days').fill('1');
  await page.locator('button[value=pretend]').click();
  await served.idle(2);
  await page.goto(served.url);
  assert.match(await page.locator('.runs li').first().textContent(), /was a preview/);
  await page.locator('button[value=sign-out]').click();
  assert.equal(await page.locator('form.sign-in').count(), 1);
  assert.deepEqual(page.complaints, []);
});

test('the states of trouble, each with words, remedy and picture, in both views', async (t) => {
  const served = await serve(t, { uploadedUntil: Math.floor(Date.now() / 1000) - 5 * 3600 });
  const page = await openPage(t, browser, served);
  const everybody = await openPage(t, browser, served);
  const expect = async (name, words, remedy) => {
    await says(page, words);
    await page.locator('.verdict', { hasText: remedy }).waitFor();
    await show(page, name);
    await everybody.reload();
    assert.equal(await verdict(everybody), words);
    await show(everybody, `public-${name}`);
  };
  await signIn(page);
  await page.getByRole('button', SYNC).click();
  await expect('waiting', 'Waiting for the phone', 'The phone. Is it charged');

  await served.simulator.fault({ kind: 'answer', site: 'nightscout', path: '/api/v1/*', status: 404, body: 'gone', count: -1 });
  await page.getByRole('button', SYNC).click();
  await expect('retrying', 'The last sync failed', 'Nightscout');
  for (let runs = 3; runs <= 4; runs += 1) await served.sync(runs);
  await expect('failing', 'Data is not getting through', 'Nightscout');
  assert.ok(await page.getByText('For the same reason as the one above').count() >= 2);
  await served.simulator.noFaults();

  await served.simulator.set({ secret: 'another secret of the site' });
  await served.sync(5);
  await expect('secret-refused', 'Nightscout refused the secret', 'NS_SECRET');
  await served.simulator.set({ secret: served.simulator.env.NS_SECRET, login: 'refused' });
  await served.restart();
  await served.sync(1);
  await page.reload();
  await expect('refused', 'Tandem refused the password', 'TCONNECT_PASSWORD');
});

test('the timer: just started, running by itself, paused and resumed', async (t) => {
  const served = await serve(t, {}, { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '15' });
  const page = await openPage(t, browser, served);
  assert.equal(await verdict(page), 'Just started');
  await signIn(page);
  await show(page, 'starting');
  await page.getByText('A sync runs every 15 minutes.').waitFor();
  await says(page, 'Data is flowing'); // told by the server, nothing was pressed
  await page.locator('.runs', { hasText: 'The timer\'s sync' }).waitFor();
  await page.getByRole('button', { name: 'Pause the timer' }).click();
  await says(page, 'Paused');
  await show(page, 'paused');
  await page.getByRole('button', { name: 'Resume the timer' }).click();
  await says(page, 'Data is flowing');
  await page.getByRole('button', { name: 'Pause the timer' }).waitFor();
});

test('a server that is gone is told, and found again; a hidden tab listens to nothing', async (t) => {
  const served = await serve(t);
  const page = await openPage(t, browser, served);
  await signIn(page);
  await page.getByText('You are signed in').waitFor();
  await served.stop();
  const lost = page.getByText('The server does not answer');
  await lost.waitFor();
  await show(page, 'offline');
  await served.restart();
  await lost.waitFor({ state: 'hidden', timeout: 40000 });

  // The server logs an answer when it has ended, live events too.
  const ended = () => served.server.stdout.match(/path=\/events status=200/g)?.length ?? 0;
  const hide = (hidden) => page.evaluate((is) => {
    Object.defineProperty(document, 'hidden', { value: is, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  const before_ = ended();
  let asked = 0;
  page.on('request', () => { asked += 1; });
  await hide(true);
  await until(() => ended() > before_);
  asked = 0;
  await served.sync(1);
  await sleep(500);
  assert.equal(asked, 0);
  await hide(false);
  await says(page, 'Data is flowing');
});

test('where live events do not come through, the page asks from time to time', async (t) => {
  const served = await serve(t);
  const page = await openPage(t, browser, served);
  await page.route('**/events*', (route) => route.fulfill({ status: 503, body: 'no' }));
  await page.clock.install();
  await signIn(page);
  await page.getByText('You are signed in').waitFor();
  await served.sync(1);
  await page.clock.runFor(25000);
  await says(page, 'Data is flowing');
});

// Passes /kept/by/somebody/... on, without that.
async function prefix(t, served) {
  const proxy = http.createServer((incoming, answer) => {
    if (!incoming.url.startsWith('/kept/by/somebody/')) return answer.writeHead(404).end();
    const { method, headers } = incoming;
    return incoming.pipe(http.request(new URL(incoming.url.slice('/kept/by/somebody'.length), served.url), { method, headers }, (inner) => {
      answer.writeHead(inner.statusCode, inner.headers);
      inner.pipe(answer);
    }).on('error', () => answer.destroy()));
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => { proxy.closeAllConnections(); proxy.close(); });
  return `http://127.0.0.1:${proxy.address().port}/kept/by/somebody/`;
}

test('behind a prefix, and with the secret in the address', async (t) => {
  const served = await serve(t);
  const url = await prefix(t, served);
  const page = await openPage(t, browser, { url }, { where: `?${new URLSearchParams({ secret: SECRET })}` });
  await page.getByRole('button', SYNC).click();
  await says(page, 'Data is flowing');
  assert.equal(page.url(), url); // the secret is gone from the address
  assert.notEqual(await page.locator('.verdict').evaluate((part) => getComputedStyle(part).borderRadius), '0px', 'no style');
  await page.reload();
  await page.getByRole('button', SYNC).waitFor();
  assert.deepEqual(page.complaints, []);
});

test('diagnostics are copied, and hold nothing of the person', async (t) => {
  const served = await serve(t, {}, { NS_SECRET: 'a wrong one of Nightscout' });
  const page = await openPage(t, browser, served, { permissions: ['clipboard-read', 'clipboard-write'] });
  await signIn(page);
  await page.getByRole('button', SYNC).click();
  await says(page, 'Nightscout refused the secret');
  await page.getByRole('button', { name: 'Copy diagnostics' }).click();
  await page.getByText('Copied').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /TConnectSync for Heroku \d.*libcurl[\s\S]*Verdict: Nightscout refused[\s\S]*Last syncs:\n- .*failed/);
  const { env } = served.simulator;
  const html = await page.content();
  for (const secret of [env.TCONNECT_EMAIL, env.TCONNECT_PASSWORD, 'a wrong one of Nightscout', SECRET, new URL(env.NS_URL).host]) {
    assert.ok(!copied.includes(secret) && !html.includes(secret), secret);
  }
  assert.ok(!copied.includes(env.TIMEZONE_NAME));
});

test('hostile words from every side stay words', async (t) => {
  const bad = '</textarea></title><img src=x onerror="window.broken=1"><script>window.broken=1</script>\'"&{{form_token}}';
  const served = await serve(t, { refuseText: bad });
  const page = await openPage(t, browser, served, { where: `?${new URLSearchParams({ notice: bad, still: bad })}` });
  await signIn(page);
  const harmless = async (what) => {
    assert.equal(await page.evaluate(() => window.broken), undefined, what);
    assert.equal(await page.locator('img, main script').count(), 0, what);
    await inspect(page, what);
  };
  await served.simulator.fault(
    { kind: 'answer', site: 'nightscout', path: '/api/v1/status.json', status: 200, contentType: 'application/json', count: -1,
      body: JSON.stringify({ status: 'ok', version: bad, name: bad, settings: { units: bad } }) },
  );
  await page.getByRole('button', { name: 'Check login' }).click();
  await page.locator('pre', { hasText: 'onerror' }).waitFor();
  await harmless('a check');
  await served.simulator.noFaults();
  const faults = [
    { site: 'nightscout', path: '/api/v1/*', status: 400, body: bad },
    { site: 'nightscout', path: '/api/v1/*', status: 200, contentType: 'application/json', body: JSON.stringify({ message: bad }) },
    { site: 'tandem', path: '/*', status: 400, contentType: 'application/json', body: JSON.stringify({ error: bad, error_description: bad }) },
    { site: 'tandem', path: '/*', status: 302, headers: { location: `https://${encodeURIComponent(bad)}/` }, body: bad },
  ];
  for (const [i, fault] of faults.entries()) {
    await served.simulator.fault({ kind: 'answer', count: -1, ...fault });
    await served.sync(i + 1);
    await served.simulator.noFaults();
    await page.locator('.runs > li').nth(i).waitFor();
    await harmless(JSON.stringify(fault).slice(0, 60));
  }
  const answers = await Promise.all([
    served.post({ secret: SECRET, days: bad, action: bad, form_token: bad, features: bad }),
    served.get(`/?${new URLSearchParams({ secret: bad, notice: bad })}`, { headers: { cookie: `tconnectsync_session=${encodeURIComponent(bad)}`, 'x-forwarded-for': encodeURIComponent(bad) } }),
  ]);
  for (const { text } of answers) assert.ok(!text.includes('<img') && !text.includes('onerror'));
});

test('reduced motion, high contrast, 320 pixels, twice the text size', async (t) => {
  const served = await serve(t);
  await served.sync(1);
  const page = await openPage(t, browser, served, { width: 320, reducedMotion: 'reduce', forcedColors: 'active' });
  await signIn(page);
  await says(page, 'Data is flowing');
  await inspect(page, '320 pixels, forced colours');
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((part) => parseFloat(getComputedStyle(part).transitionDuration) > 0).length);
  assert.equal(moving, 0);
  await picture(page, 'forced-colours');
  await page.emulateMedia({ forcedColors: 'none' });
  await page.setViewportSize({ width: 640, height: 800 });
  await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(over, 0);
});

// PAGE_IMAGES=docs/images node --test tests/system/page.test.mjs writes the pictures of the README.
if (process.env.PAGE_IMAGES) {
  test('the pictures of the README', async (t) => {
    const served = await serve(t, { seed: 5, uploadEvery: 20 }, { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '15' });
    await served.idle(1);
    const page = await openPage(t, browser, served, { width: 860, height: 1000, deviceScaleFactor: 1.25 });
    await signIn(page);
    await says(page, 'Data is flowing');
    for (const [device, width, colorScheme] of [['desktop', 860, 'light'], ['phone', 360, 'dark']]) {
      await page.setViewportSize({ width, height: 1000 });
      await page.emulateMedia({ colorScheme });
      await page.goto(served.url);
      await says(page, 'Data is flowing');
      const { y, height } = await page.locator('main .card').first().boundingBox();
      await page.screenshot({ path: path.join(process.env.PAGE_IMAGES, `status-page-${device}.png`), clip: { x: 0, y: 0, width, height: y + height + 14 }, fullPage: true });
    }
    await page.setViewportSize({ width: 860, height: 1000 });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('link', { name: 'Earlier day' }).click();
    await page.locator('.day').waitFor();
    await page.getByText('What of the last 28 days').click();
    await page.locator('#day-drawing').focus();
    for (let i = 0; i < 300 && !/bolus/.test(await page.locator('#day-said').innerText()); i += 1) await page.keyboard.press('ArrowLeft');
    await page.locator('main .card').first().screenshot({ path: path.join(process.env.PAGE_IMAGES, 'status-page-day.png') });
  });
}
