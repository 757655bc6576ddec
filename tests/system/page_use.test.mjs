// What a person does with the page besides looking: print it, share it, install it, read it in their language.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from './lib/child.mjs';
import { startClock } from './lib/clock.mjs';
import { startServer } from './lib/daemon.mjs';
import { SECRET, inspect, openBrowser, openPage, picture, serve, signIn } from './lib/page.mjs';
import { folder } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

const settled = (page) => page.locator('h1', { hasText: 'Data is flowing' }).waitFor();

test('printed: the day with its date, without what is there to press', async (t) => {
  const served = await serve(t);
  await served.sync(1);
  const page = await openPage(t, browser, served);
  await signIn(page);
  await page.locator('.day').waitFor();
  const printed = page.locator('.printed');
  assert.equal(await printed.isVisible(), false);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  assert.match(await printed.innerText(), /^Printed (Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2}, \d\d:\d\d$/);
  for (const there of ['h1', '.answers', '.day', '.totals', '.runs']) assert.ok(await page.locator(there).first().isVisible(), there);
  assert.equal(await page.locator('.banner:visible, button:visible, form:visible, #do-words:visible, #calendar:visible, .skip:visible').count(), 0);
  // Dark letters on white, whatever the screen is set to: paper has no dark mode.
  const light = await page.evaluate(() => ['.card', '.verdict', 'body'].map((part) => getComputedStyle(document.querySelector(part)).backgroundColor));
  for (const color of light) assert.ok(/rgba\(0, 0, 0, 0\)/.test(color) || color.match(/\d+/g).slice(0, 3).every((part) => Number(part) > 220), `${light}`);
  await picture(page, 'printed');
  const sheet = await page.pdf({ format: 'A4' });
  assert.equal(sheet.subarray(0, 5).toString(), '%PDF-');
  // The table of the day prints when it is open.
  await page.emulateMedia({ media: 'screen' });
  await page.getByText('The same in numbers').click();
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.locator('#day-numbers table').isVisible());
});

test('the link to share opens the public view: whether data flows, and nothing of the pump', async (t) => {
  const served = await serve(t);
  await served.sync(1);
  const page = await openPage(t, browser, served, { where: '?day=2026-05-14&lang=de&person=1', permissions: ['clipboard-read', 'clipboard-write'] });
  await page.getByLabel('Geheimnis').fill(SECRET);
  await page.locator('.sign-in button').click();
  await page.locator('#share').click();
  await page.getByText('Kopiert').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, new URL('/', served.url).href);
  const stranger = await openPage(t, browser, { url: link }, {});
  await settled(stranger);
  assert.equal(await stranger.locator('body').getAttribute('data-view'), 'public');
  assert.equal(await stranger.locator('.day, .answers, .runs').count(), 0);
  assert.doesNotMatch(await stranger.locator('main').innerText(), /\d U\b|mg\/dL|mmol|bolus|carbs|basal/i);
  await inspect(stranger, 'the shared view');
});

test('a browser finds nothing that speaks against installing it; its colors and icons are there', async (t) => {
  const served = await serve(t);
  const page = await openPage(t, browser, served);
  const tools = await page.context().newCDPSession(page);
  const { installabilityErrors } = await tools.send('Page.getInstallabilityErrors');
  // A context of a test is one of those that keep nothing, where no browser installs.
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'), []);
  const { data, errors } = await tools.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const manifest = JSON.parse(data);
  assert.equal(new URL(manifest.start_url, served.url).href, new URL('/', served.url).href);
  const size = (src) => page.evaluate(async (from) => {
    const image = new Image();
    image.src = from;
    await image.decode();
    return `${image.naturalWidth}x${image.naturalHeight}`;
  }, src);
  for (const { src, sizes } of manifest.icons) if (sizes !== 'any') assert.equal(await size(src), sizes);
  assert.equal(await size(await page.locator('link[rel=apple-touch-icon]').getAttribute('href')), '192x192');
  assert.equal(await size('favicon.ico'), '32x32');
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const { theme, ground } = await page.evaluate(() => ({
      theme: [...document.querySelectorAll('meta[name=theme-color]')].find(({ media }) => matchMedia(media).matches).content,
      ground: getComputedStyle(document.documentElement).backgroundColor,
    }));
    assert.deepEqual(ground.match(/\d+/g).slice(0, 3).map((part) => Number(part).toString(16).padStart(2, '0')).join(''), theme.slice(1), colorScheme);
  }
});

test('a sync that finds nothing new keeps the picture and its answers', async (t) => {
  const clock = startClock(t, new Date(Date.now() + 3600000).toISOString());
  const simulator = await start({ seed: 31, historyDays: 3 }, { environment: clock.environment });
  t.after(() => simulator.stop());
  await simulator.set({ uploadedUntil: Math.floor(clock.now() / 1000) - 1200 });
  const daemon = await startServer({ env: { ...simulator.env, ...clock.environment, TCONNECTSYNC_HEROKU_INTERVAL_MINS: '15' }, home: folder(t) });
  t.after(() => daemon.server.child.kill('SIGKILL'));
  const reach = (number) => until(async () => {
    const { running, runs } = await daemon.status();
    if (!running && (runs[0]?.number ?? 0) >= number) return true;
    if (!running) clock.forward(60);
    return false;
  }, { what: `run ${number}` });
  await reach(1);
  const page = await openPage(t, browser, daemon);
  await signIn(page);
  await page.locator('.day').waitFor();
  const shows = () => page.evaluate(() => [document.querySelector('.day').dataset.boluses.split(';').length > 3, document.querySelector('.day').dataset.readings.split(';').length > 100,
    ...[...document.querySelectorAll('.answers dt')].map((name) => name.textContent)]);
  const first = await shows();
  assert.ok(first.length > 8 && first[0] && first[1], `${first}`);
  await reach(2);
  await until(() => /result=ok new=none/.test(daemon.server.stdout), { what: 'a sync that found nothing new' });
  await page.locator('.runs li', { hasText: 'found nothing new' }).first().waitFor();
  assert.deepEqual(await shows(), first);
  await page.reload();
  assert.deepEqual(await shows(), first);
});

test('in German: progress while a sync runs, what went wrong, a check, numbers', async (t) => {
  const served = await serve(t, { latency: 150, units: 'mmol' });
  const page = await openPage(t, browser, served, { where: '?lang=de' });
  await page.locator('#secret').fill(SECRET);
  await page.locator('.sign-in button').click();
  await page.evaluate(() => {
    window.heard = new Set();
    new MutationObserver(() => window.heard.add(document.querySelector('#step')?.textContent)).observe(document.getElementById('progress'), { childList: true, subtree: true });
  });
  await page.getByRole('button', { name: 'Jetzt abgleichen' }).click();
  await page.locator('h1', { hasText: 'Daten fließen' }).waitFor();
  const heard = (await page.evaluate(() => [...window.heard])).filter(Boolean);
  assert.ok(heard.length > 2 && heard.every((step) => /Schritt \d+ von \d+/.test(step)), `${heard}`);
  assert.doesNotMatch(heard.join(), /Signing|Reading|Writing|Comparing|step/);
  assert.match(await page.locator('.answers').innerText(), /\d,\d mmol\/L[^]*\d,\d U/);
  assert.doesNotMatch(await page.locator('main').innerText(), /\d\.\d+ (U|mmol|s)\b/);
  await page.locator('#day-drawing').focus();
  for (let i = 0; i < 300 && !/Bolus/.test(await page.locator('#day-said').innerText()); i += 1) await page.keyboard.press('ArrowLeft');
  assert.match(await page.locator('#day-said').innerText(), /Bolus \d+,\d\d U/);
  await page.getByRole('button', { name: 'Anmeldung prüfen' }).click();
  await page.getByText('Keine API-Fehler!').waitFor();
  await picture(page, 'german-checked');
  await served.simulator.fault({ kind: 'answer', site: 'nightscout', path: '/api/v1/*', status: 404, body: 'gone', count: -1 });
  await page.getByRole('button', { name: 'Jetzt abgleichen' }).click();
  await page.locator('.verdict .said', { hasText: 'Unter NS_URL gibt es kein Nightscout (Antwort 404).' }).waitFor();
  await inspect(page, 'German');
  assert.match(served.server.stdout, /There is no Nightscout at NS_URL/); // the log stays English
});
