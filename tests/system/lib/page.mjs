// The status page as a person meets it: the real server against the simulators, in Debian's chromium.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';
import * as daemons from './daemon.mjs';
import { ahead, undated } from './date.mjs';
import { root } from './run.mjs';

export const { SECRET } = daemons;
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = path.join(root, 'tests/output');

// As serve in daemon.mjs, without a timer unless env says otherwise. Adds post(fields, headers), sync(runs): starts one
// and waits until so many have ended, stop(), and restart(changes): at the same address, with these settings.
export async function serve(t, options = {}, env = {}) {
  const served = await daemons.serve(t, options, env);
  served.post = (fields, headers = {}) => served.get('/', { method: 'POST', body: new URLSearchParams(fields), headers });
  served.sync = async (runs) => {
    assert.equal((await served.post({ secret: SECRET, action: 'sync' })).status, 303);
    return served.idle(runs);
  };
  served.stop = async () => {
    const { status, signal } = await served.server.stop();
    assert.equal(status ?? signal, 0, served.server.stderr.slice(-4000));
  };
  served.restart = async (changes = {}) => {
    await served.stop();
    Object.assign(served, await daemons.startServer({ env: { ...served.environment, PORT: served.port, ...changes }, home: served.home }));
    t.after(served.stop);
  };
  return served;
}

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    env: undated(),
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

// A page of its own, with nothing kept from others. page.complaints gathers what must not happen: errors, refused or
// outside loads, dialogs.
export async function openPage(t, browser, served, { where = '', width = 900, height = 900, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: 'en-GB', ...options });
  t.after(() => context.close());
  if (ahead) await context.clock.install({ time: Date.now() });
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('dialog', (dialog) => { page.complaints.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) page.complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(served.url).origin)) page.complaints.push(`outside: ${request.url()}`);
  });
  await page.goto(new URL(where, served.url).href);
  return page;
}

export async function signIn(page, secret = SECRET) {
  await page.getByLabel('Secret').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export const verdict = (page) => page.locator('h1').innerText();

// Nothing sticks out to the side.
async function assertFits(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(over, 0, `${what} is ${over} pixels too wide`);
}

// What stands on the page has to be usable for everybody: axe finds nothing, and it fits.
export async function inspect(page, what) {
  assert.deepEqual(page.complaints, [], what);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)]), [], what);
  await assertFits(page, what);
}

export async function picture(page, name) {
  fs.mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `page-${name}.png`), fullPage: true });
}

// The page in this state on a desktop by day and a phone by night, looked at and taken; a tablet between them only has to
// hold it.
export async function show(page, name) {
  for (const [device, width, colorScheme] of [['desktop', 1280, 'light'], ['phone', 360, 'dark']]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    await inspect(page, `${name} on a ${device}`);
    await picture(page, `${name}-${device}`);
  }
  await page.setViewportSize({ width: 768, height: 800 });
  await assertFits(page, `${name} on a tablet`);
}
