// The page of several people in a real browser: whose tabs there are, in which order, by which name, and whom a button means.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serveFamily } from './lib/family.mjs';
import { inspect, openBrowser, openPage, show, signIn } from './lib/page.mjs';

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

// [name, verdict] of each tab from left to right; the chosen one's name ends in *.
const tabs = (page) => page.locator('#people a').evaluateAll((links) => links.map((link) => [
  link.firstChild.textContent + (link.getAttribute('aria-current') === 'page' ? '*' : ''), link.querySelector('small').textContent,
]));
const says = (page, words) => page.locator('h1', { hasText: words }).waitFor();
const choose = (page, name) => page.getByRole('navigation', { name: 'People' }).getByRole('link', { name }).click();

test('the worst first, numbers for everybody, names with the secret; a button means whose tab is open', async (t) => {
  const secret = 'one-secret-for-both-of-them';
  const served = await serveFamily(t, [
    { options: { seed: 1 }, secret, env: { PERSON_NAME: 'Annabel with a name that is really long for a tab' } },
    { options: { seed: 2 }, env: { PERSON_NAME: 'Ben', TCONNECT_PASSWORD: 'a wrong one of them' } },
  ]);
  await served.get('/run', { headers: { authorization: `Bearer ${secret}` } });
  await Promise.all([served.ended(1, secret), served.ended(2, secret)]);
  const page = await openPage(t, browser, served, { width: 360 });
  const [refused, fine] = ['Tandem refused the password', 'Data is flowing'];
  assert.deepEqual(await tabs(page), [['Person 2*', refused], ['Person 1', fine]]);
  await says(page, refused);
  await choose(page, 'Person 1');
  await says(page, fine);
  assert.deepEqual(await tabs(page), [['Person 2', refused], ['Person 1*', fine]]);
  assert.doesNotMatch(await page.content(), /Annabel|\bBen\b/);
  await inspect(page, 'what everybody sees on a phone');

  await signIn(page, secret);
  await page.getByText('You are signed in').waitFor();
  const anna = served.environment.PERSON_NAME;
  assert.deepEqual(await tabs(page), [['Ben', refused], [`${anna}*`, fine]]);
  assert.equal(await page.locator('.runs li').count(), 1);
  await page.getByRole('button', { name: 'Sync now' }).click();
  await page.locator('.runs li').nth(1).waitFor();
  assert.deepEqual(await tabs(page), [['Ben', refused], [`${anna}*`, fine]]);
  assert.equal((await served.part(1, secret)).runs.length, 2);
  await show(page, 'people');
  await choose(page, 'Ben');
  await says(page, refused);
  assert.equal(await page.locator('.runs li').count(), 1, 'the button was not about the other');
});

test('the cookie opens what its secret opens, and shows nothing of the other', async (t) => {
  const secrets = ['the-secret-of-anna-only', 'the-secret-of-ben-only'];
  const served = await serveFamily(t, secrets.map((secret, i) => ({ options: { seed: i + 1 }, secret, env: { PERSON_NAME: ['Anna', 'Ben'][i] } })));
  const page = await openPage(t, browser, served, { width: 360, where: '?person=2' });
  assert.deepEqual(await tabs(page), [['Person 1', 'Ready, and idle'], ['Person 2*', 'Ready, and idle']]);
  await signIn(page, secrets[1]);
  await page.getByText('You are signed in').waitFor();
  assert.deepEqual(await tabs(page), [['Ben*', 'Ready, and idle']]);
  for (const where of ['?person=1', '?person=Anna', '']) {
    await page.goto(new URL(where, served.url).href);
    assert.equal(await page.locator('body').getAttribute('data-view'), 'full');
    assert.doesNotMatch(await page.content(), /Anna|Person 1/);
  }
  await page.getByRole('button', { name: 'Sync now' }).click();
  await says(page, 'Data is flowing');
  assert.equal((await served.part(2, secrets[1])).runs.length, 1);
  assert.equal((await served.part(1, secrets[0])).runs.length, 0);
  const { pumps: [pump] } = await served.simulators[1].pumper(await served.simulators[1].signIn());
  assert.doesNotMatch(await page.content(), new RegExp(pump.serialNumber));
  assert.deepEqual(page.complaints, []);
});
