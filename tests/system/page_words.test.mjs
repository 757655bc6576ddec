// The page in each of its languages, in every state that it can be in: nothing stays English, nothing is too wide.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { messages } from './lib/messages.mjs';
import { openBrowser } from './lib/page.mjs';
import { build } from './lib/run.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'page-words-'));
let browser, names;
before(async () => {
  execFileSync(path.join(build, 'tests/page_sample'), [folder]);
  names = fs.readdirSync(folder).filter((name) => /^(public|full)-[a-z-]+\.html$/.test(name) && !name.includes('hostile')).map((name) => name.slice(0, -'.html'.length));
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  fs.rmSync(folder, { recursive: true });
});

const texts = (name) => {
  const html = fs.readFileSync(path.join(folder, name), 'utf8').replace(/<textarea[\s\S]*?<\/textarea>|<code[\s\S]*?<\/code>/g, '');
  return [...html.matchAll(/>([^<]+)<| (?:aria-label|placeholder|title)="([^"]*)"/g)].flatMap(([, text, label]) => (text ?? label).trim().split(/\n|(?<=\.) /)).filter((text) => /[A-Za-z]{2}/.test(text));
};

// What is the same in both: names, numbers with their units, words that the languages share.
const shared = /^[\d.,: %+-]*( ?(h|g|U|min|s|U\/h|mg\/dL|mmol\/L|LOW|HIGH|AM|PM)\b.*)?$|^(Tandem Source|Nightscout|TConnectSync.*|Nowhere.*|NAME=value|Heroku:|Basal|Alarm|Glucose|Battery|Profiles|Bolus|bolus|basal|basals|notes?|profile|Secret|U|exercise|mars|.*Alarm: .*|bolus, U|\d+ minutes|1 minute|glucose, m.*|.*\d\d:\d\d, [\d.]+ s|NAME=.*|Nightscout Discord|CGM in the Cloud)$/;

for (const language of ['es', 'de', 'fr']) {
  test(`${language}: no string lacks a translation`, () => {
    assert.ok(names.length > 25);
    const left = new Set();
    for (const name of names) {
      const english = new Set(texts(`${name}.html`));
      for (const text of texts(`${name}.${language}.html`)) if (english.has(text) && !shared.test(text)) left.add(text);
    }
    assert.deepEqual([...left], []);
  });

  test(`${language}: nothing is wider than a phone of 360 pixels`, async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    for (const name of names) {
      await page.goto(pathToFileURL(path.join(folder, `${name}.${language}.html`)).href);
      const over = await page.evaluate(() => [document.documentElement.scrollWidth - document.documentElement.clientWidth,
        ...[...document.querySelectorAll('button, a, dt, dd, h1, h2, h3, p, li, label, summary')].filter((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 1 && getComputedStyle(part).display !== 'inline' && !part.querySelector('svg')).map((part) => part.textContent.slice(0, 60))]);
      assert.deepEqual(over, [0], name);
    }
    await page.close();
  });
}

// ---- the program's own messages, which the page shows ----

// Where what the page can show is said: errors, warnings, reports of a check.
const SAID = /^src\/(pump|documents|settings|tandem|nightscout|sync|http\/http_(answer|transfer)|base\/json|server\/runner)/;
const NEVER_ON_THE_PAGE = [
  /^src\/(sync\/request|settings\/environment)\.c/, // of the command line and of /run; of the file .env
  /libcrypto does not work|libcurl or libevent cannot start|^out of memory$/, // it does not start then, or ends
  /^is not set\.$/, // what the program looks for
  /^left out: /, // the command line's; the page counts by itself
  /(out of bounds|from another device|refused by Nightscout)$/, // reasons, which are words of the page
  /the pump's clock was set back behind it|would write the profile|an exact twin|what is settled could not be written|the token was refused: signing in again|the site's status could not be read/, // in the log
];
// Said in pieces.
const WHOLE = [
  'The pump\'s clock is 60 minutes ahead of New York time. The times in Nightscout are right. Set the pump\'s clock when convenient.',
  'The pump\'s clock is 3 days behind New York time, and was so all the time. Most likely TIMEZONE_NAME is not the time zone that the pump\'s clock is set to. The times in Nightscout are right as far as the uploads tell. Correct TIMEZONE_NAME.',
  'Settings: region US, time zone America/New_York, every pump with events, features BASAL,BOLUS', 'Not carried over: CGM (TCONNECTSYNC_HEROKU_FEATURES chooses)',
  'Nightscout: the secret is good; version 15.0.3, units not told', 'Nightscout: the token is known; version not told, units mmol',
  'Tandem Source: signed in; 1 pump', 'Tandem Source: signed in; 2 pumps', 'Tandem Source: not tried', 'Pump 1: unnamed model, newest event 2026-05-14T07:03:00, uploaded 5 minutes ago, no settings',
  'Pump 2: Xx, newest event not known', 'Warning: by TIMEZONE_NAME the newest event lies 61 minutes after its upload. If the phone was not just out of reach, the zone or the pump\'s clock is wrong.',
  'FAILED: Tandem did not answer in time (step: token). Nothing is lost: the log stays with Tandem, and the next sync catches up.',
  'Tandem has locked the account. Sign in to Tandem Source with a browser first. Signing in is tried again in 4 minutes, or as soon as a check is asked for.',
  'Tandem\'s sign-in brought no token. Nothing is lost: the next sync signs in again.',
  'Nightscout cannot be found: its host name is not known. Check the address and the internet connection. Nothing is lost; the next sync writes what is missing.',
  'Tandem refused the email or password at 07:03. It is not tried again by itself, so that the account is not locked. Correct TCONNECT_EMAIL, TCONNECT_PASSWORD or TCONNECT_REGION, then check the login; the same password can be tried once in 30 minutes.',
  'This machine\'s clock is 12 minutes ahead of what Nightscout says. Nothing was written, so that no time is wrong. Set the machine\'s clock (NTP).',
  'CGM was switched on later than the rest and is carried over from then on. To fill the days before: tconnectsync-heroku sync --from Xx --to Xx, or on the page 7 days back under "Choose days and kinds".',
  'Nightscout\'s profile leaves out what makes no sense in the pump\'s settings: "Weekend" has no segment that starts at midnight. Look at it on the pump.',
];
const WORDS = /^(was switched on later|time, and was so|time\. The times|every pump with|Settings: region|Not carried over|Nightscout: the %s|token is known|secret is good|Pump %zu|, uploaded|Tandem Source: signed|Warning: by TIMEZONE|has a segment whose|failed, see below|; the same password|%\.420s|%s Nothing is lost|Nightscout %s|Tandem refused the email or password at|This machine's clock is)/;

test('every message that the page can show is said in each language, with its values', () => {
  const said = [...new Set(messages().filter(({ file, text }) => SAID.test(file) && !NEVER_ON_THE_PAGE.some((never) => never.test(file) || never.test(text)) && !WORDS.test(text))
    .map(({ text }) => text.replace(/%[.\d]*(?:ll|l|z)?([a-z])/g, (_, kind) => (kind === 's' ? 'Xx' : '7'))).concat(WHOLE))];
  assert.ok(said.length > 200, `${said.length}`);
  const out = execFileSync(path.join(build, 'tests/page_sample'), ['-'], { input: `${said.join('\n')}\n`, encoding: 'utf8' })
    .replace(/&#39;/g, '\'').replace(/&quot;/g, '"').split('\n');
  const left = [];
  said.forEach((message, i) => out.slice(3 * i, 3 * i + 3).forEach((translated, language) => {
    for (const sentence of message.split(/(?<=[.?]) (?=[A-Z])/)) if (/[a-z]{3}/.test(sentence.replace(/Xx/g, '')) && translated.includes(sentence.replace(/[.:]$/, ''))) left.push(`${language} ${sentence}`);
    for (const value of ['Xx', '7']) if (message.split(value).length > translated.split(value).length) left.push(`${language} loses ${value}: ${message}`);
  }));
  assert.deepEqual(left, []);
});

test('of a message that is not known, what is known is said; a stranger\'s words stay as they are', () => {
  const input = 'Nobody has written this. Nothing is lost; the next sync writes what is missing.\n'
    + 'Tandem has trouble of its own (500, "Nothing is lost. <b>%s", step: token). Wait a while. Nothing is lost: the log stays with Tandem, and the next sync catches up.\n';
  const [, german, , , other] = execFileSync(path.join(build, 'tests/page_sample'), ['-'], { input, encoding: 'utf8' }).split('\n');
  assert.equal(german, 'Nobody has written this. Nichts geht verloren; der nächste Abgleich schreibt, was fehlt.');
  assert.match(other, /&lt;b&gt;%s/);
});
