// The page in each of its languages, in every state that it can be in: nothing stays English, nothing is too wide.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
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
  const html = fs.readFileSync(path.join(folder, name), 'utf8').replace(/<textarea[\s\S]*?<\/textarea>|<pre[\s\S]*?<\/pre>|<code[\s\S]*?<\/code>|<p class="said">[\s\S]*?<\/p>/g, '');
  return [...html.matchAll(/>([^<]+)</g)].map(([, text]) => text.trim()).filter((text) => /[A-Za-z]{2}/.test(text));
};

// What is the same in both: names, numbers with their units, words that the languages share.
const shared = /^[\d.,: %+-]*( ?(h|g|U|min|s|U\/h|mg\/dL|mmol\/L|LOW|HIGH|AM|PM)\b.*)?$|^(Tandem Source|Nightscout|TConnectSync.*|Nowhere.*|NAME=value|Heroku:|Basal|Alarm|Glucose|Battery|Profiles|Bolus|bolus|basal|basals|notes?|profile|Secret|U|exercise|mars|.*Alarm: .*|bolus, U|The pump&#39;s clock .*|\d+ minutes|1 minute|glucose, m.*|.*\d\d:\d\d, [\d.]+ s|Tandem refused.*|Nightscout did not.*|Nightscout refused the secret\. .*)$/;

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
