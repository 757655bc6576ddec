// The guide against the program: what one of them knows, the other knows too.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { messages, rows } from './lib/messages.mjs';
import { filesThatEndIn } from './lib/rooms.mjs';
import { program, root } from './lib/run.mjs';
import { names, settings } from './lib/settings.mjs';

const read = (name) => fs.readFileSync(path.join(root, name), 'utf8');
const exists = (name) => fs.existsSync(path.join(root, name));
const matches = (text, pattern) => [...text.matchAll(pattern)].map((found) => found.slice(1));
const source = filesThatEndIn('.c').map((file) => fs.readFileSync(file, 'utf8')).join('\n');
const pages = ['README.md', 'CHANGELOG.md', '.github/CONTRIBUTING.md', '.github/SECURITY.md', '.github/CODE_OF_CONDUCT.md',
  ...fs.readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];

const withoutCode = (text) => text.replace(/^```[\s\S]*?^```$/gm, '').replace(/^ {4}\S.*$/gm, '').replace(/`[^`\n]*`/g, '');

// As GitHub makes a heading's anchor.
const anchors = (name) => matches(read(name).replace(/^```[\s\S]*?^```$/gm, ''), /^#+ (.*)$/gm)
  .map(([words]) => words.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/ /g, '-'));

// A paragraph, a list item and a table row are a line each; what only shows how letters look is gone.
function blocks(name) {
  return read(name).replace(/^```.*$/gm, '').replace(/\n(?!\s*\n|[|\-#>]|\d+\. )/g, ' ').split('\n')
    .map((line) => line.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*|]/g, ' ').replace(/\s+/g, ' '));
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

// A message whose conversions may be anything, within one block.
function pattern(text) {
  const parts = text.replace(/\s+/g, ' ').split(/%[-+0 #]*\d*(?:\.(?:\d+|\*))?(?:z|ll?)?[a-zA-Z]/).map((part) => part.replace(/^[\s:.,;()]+|\s+$/g, ''))
    .filter((part) => /[A-Za-z]/.test(part));
  return new RegExp(parts.map(escaped).join('.{0,300}?'));
}

test('every link and every image leads somewhere', () => {
  const broken = pages.flatMap((page) => matches(withoutCode(read(page)), /\]\(([^)\s]+)\)|<img src="([^"]+)"/g)
    .map(([target, image]) => target ?? image).filter((target) => !/^[a-z]+:/.test(target)).filter((target) => {
      const [file, anchor] = target.split('#');
      const name = file ? path.join(path.dirname(page), file) : page;
      // Pages of GitHub, which shows a file at OWNER/REPO/blob/BRANCH/FILE.
      if (/^\.\.\/\.\.\/(actions|issues|security)\b/.test(name)) return false;
      return !exists(name) || (anchor && !anchors(name).includes(anchor));
    }).map((target) => `${page}: ${target}`));
  assert.deepEqual(broken, []);
});

test('every page of docs can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    for (const [target] of matches(withoutCode(read(page)), /\]\(([^)\s#]+\.md)/g)) {
      if (!/^[a-z]+:/.test(target)) reached.add(path.join(path.dirname(page), target));
    }
  }
  assert.deepEqual(pages.filter((page) => !reached.has(page)), []);
});

test('the README is short and opens with what it is and two commands', () => {
  const text = read('README.md');
  assert.ok(text.split('\n').length <= 250, `${text.split('\n').length} lines`);
  assert.deepEqual(matches(text, /^((?: {4}\S.*\n)+)/gm)[0], ['    bin/demo\n    bin/test\n']);
  const opening = text.split('\n\n').slice(1, text.split('\n\n').findIndex((part) => part.startsWith('    bin/demo')));
  assert.equal(opening.join(' ').match(/[.!?](\s|$)/g).length, 3, 'three sentences');
});

test('every setting is in docs/settings.md with its default, and no other', () => {
  assert.ok(settings.length > 25);
  const [inTables, ofSystem] = read('docs/settings.md').split('## Variables of the system');
  const documented = matches(inTables, /^\| ((?:`[A-Z_]+`(?:, )?)+) \| (.*)$/gm)
    .map(([names, rest]) => ({ names: matches(names, /`([A-Z_]+)`/g).flat(), rest }));
  assert.deepEqual(documented.map(({ names }) => names.join()).sort(), settings.map(({ names }) => names.join()).sort());
  for (const { names, standards } of settings) {
    const { rest } = documented.find((row) => row.names[0] === names[0]);
    for (const standard of standards) assert.ok(rest.split('|').slice(0, 2).join().includes(`\`${standard}\``), `${names[0]}: ${standard}`);
  }
  const asked = matches(source, /(?:getenv\(|->lookup\(\w+->context, )"([A-Z_]+)"\)/g).flat().filter((name) => name !== 'TZ');
  assert.deepEqual(matches(ofSystem, /^\| `([A-Z_]+)` \|/gm).flat().sort(), [...new Set(asked)].sort());
});

test('every variable that the guide names exists', () => {
  const known = new Set([...names.flatMap((name) => [name, `${name}_FILE`]),
    ...matches(read('src/pump/feature.c'), /"([A-Z_]+)"/g).flat(), ...matches(source, /"([A-Z][A-Z_]+)"/g).flat()]);
  const named = pages.filter((page) => !['docs/moving-from-python.md', '.github/CONTRIBUTING.md'].includes(page))
    .flatMap((page) => matches(read(page), /`((?:TCONNECT|TCONNECTSYNC|NS|NIGHTSCOUT|AUTOUPDATE|CACHE)_[A-Z_]+)[`=]/g).flat());
  assert.deepEqual([...new Set(named)].filter((name) => !known.has(name)), []);
});

test('every feature is in docs/features.md', () => {
  const known = matches(/names\[\] = \{([\s\S]*?)\};/.exec(read('src/pump/feature.c'))[1], /"([A-Z_]+)"/g).flat();
  assert.deepEqual(matches(read('docs/features.md'), /^\| `([A-Z_]+)` \|/gm).flat().sort(), known.sort());
});

test('every message of the program is in docs/troubleshooting.md, word for word', () => {
  const text = blocks('docs/troubleshooting.md');
  const all = messages();
  assert.ok(all.length > 200);
  const missing = all.filter((message) => !text.some((block) => pattern(message.text).test(block)));
  assert.deepEqual(missing.map(({ file, line, text: words }) => `${file}:${line} ${words}`), []);
});

test('what the page and /healthz say is in docs/troubleshooting.md', () => {
  const text = blocks('docs/troubleshooting.md').join('\n');
  const verdicts = rows('page_verdict.c', 'VERDICT', 1);
  const words = matches(source, /\[HEALTH_[A-Z]+\] = "([a-z]+)"/g).flat();
  const notices = rows('page_progress.c', 'NOTICE', 1);
  assert.ok(verdicts.length >= 7 && words.length >= 7 && notices.length >= 14, `${verdicts.length} ${words.length} ${notices.length}`);
  assert.deepEqual([...verdicts, ...words, ...notices].filter((said) => !text.includes(said.replace(/\s+/g, ' '))), []);
});

test('the README lists every address, and no other', () => {
  const served = matches(source, /^ {4}\{"(\/[a-z_./]*)", METHODS_/gm).flat().filter((where) => !/\.(css|js|svg|png|ico|webmanifest)$/.test(where));
  assert.ok(served.length > 10);
  const listed = matches(read('README.md'), /^\| ((?:`\/[^`]*`(?:, )?)+) \|/gm).flatMap(([cell]) => matches(cell, /`([^`]+)`/g).flat());
  const covers = (where) => listed.includes(where) || listed.some((one) => one.endsWith('...') && where.startsWith(one.slice(0, -3)));
  assert.deepEqual(served.filter((where) => !covers(where)), []);
  assert.deepEqual(listed.filter((one) => !served.some((where) => where === one || (one.endsWith('...') && where.startsWith(one.slice(0, -3))))), []);
});

test('commands and files that the guide shows exist', () => {
  const main = read('src/command/main.c');
  const options = new Set(matches(main, /\] = \{"([a-z-]+)", (?:NULL|"[A-Z]+"), /g).flat());
  const commands = new Set(matches(main, /\{"([a-z]+)", command_/g).flat());
  for (const page of pages) {
    const text = read(page);
    for (const [file] of matches(text.replace(/.*ninja -C.*/g, ''), /(?<![\w/.])((?:bin|src|tests|include|deploy)\/(?!secrets\b|\.env\b)[\w./-]*\w)/g)) {
      // What a person makes there is not in the repository: deploy/secrets, deploy/.env.
      if (!['bin/bash', 'bin/sh'].includes(file)) assert.ok(exists(file) || exists(`${file}.mjs`), `${page}: ${file}`);
    }
    for (const [name] of matches(text, /meson test -C \S+ ([a-z_]+)|build-test\/tests\/test_([a-z_]+)/g).map((found) => found.filter(Boolean))) {
      assert.ok(fs.readdirSync(path.join(root, 'tests')).some((room) => exists(`tests/${room}/${name}_test.c`)), `${page}: test ${name}`);
    }
    for (const [name] of matches(text, /bin\/bench ([a-z_]+)/g)) assert.ok(exists(`tests/bench/${name}.mjs`), `${page}: bin/bench ${name}`);
    for (const [words] of matches(text, /(?<!\w\s)(?:^ {4}|`|build\/|\n)tconnectsync-heroku((?: [\w.:,-]+)*)/g)) {
      const [command] = words.trim().split(' ');
      if (/^[a-z]+$/.test(command)) assert.ok(commands.has(command), `${page}: tconnectsync-heroku${words}`);
      for (const [option] of matches(words, / --([a-z]+)/g)) assert.ok(options.has(option), `${page}: --${option}`);
    }
  }
});

test('the map draws the house as src/meson.build has it', () => {
  const [, table] = /^house = \{([\s\S]*?)^\}/m.exec(read('src/meson.build'));
  const house = Object.fromEntries(matches(table, /'(\w+)': \[\[([^\]]*)\]/g).map(([room, used]) => [room, matches(used, /'(\w+)'/g).flat().sort()]));
  assert.ok(Object.keys(house).length > 10);
  const [, header, rows] = /^( +base .*)\n((?: \d \w.*\n)+)/m.exec(read('.github/CONTRIBUTING.md'));
  const columns = [...header.matchAll(/\w+/g)];
  // An x counts for the word above it.
  const above = (place) => columns.find(({ 0: word, index }) => place >= index && place < index + word.length)?.[0];
  const drawn = Object.fromEntries(rows.trimEnd().split('\n').map((row) => [/^ \d (\w+)/.exec(row)[1], [...row.matchAll(/ x\b/g)].map(({ index }) => above(index + 1)).sort()]));
  assert.deepEqual({ ...drawn, base: [] }, house);
  const [, picture] = /^## Reading the source\n[\s\S]*?```\n([\s\S]*?)```/m.exec(read('README.md'));
  assert.deepEqual(Object.keys(house).filter((room) => !new RegExp(`^ \\d .*\\b${room}\\b`, 'm').test(picture)), []);
});

test('a measured number stands in the README and nowhere else', () => {
  const measures = /(?<![\w.])\d[\d.,]* (?:requests|round trips|ms\b|milliseconds|µs)/g;
  const repeated = pages.filter((page) => page !== 'README.md').flatMap((page) => (read(page).match(measures) ?? []).map((found) => `${page}: ${found}`));
  assert.deepEqual(repeated, []);
  assert.ok(read('README.md').match(measures).length >= 4);
  // Memory is measured there, too; elsewhere stand round limits for those who plan.
  const memory = pages.filter((page) => page !== 'README.md').flatMap((page) => read(page).match(/\d+\.\d+ [MG]B/g) ?? []);
  assert.deepEqual(memory, []);
});

// Words that a reader had to stop at; shared by all that people read.
test('the guide and the messages are in plain American English', () => {
  const odd = /\b(?:mend\w*|for good(?! )|belongs? into|knows? no|summer time|it is said|colour\w*|licence|optimis\w+|recognis\w+|behaviour|neighbour\w*|centre)\b/gi;
  const found = [...pages.flatMap((page) => (read(page).match(odd) ?? []).map((word) => `${page}: ${word}`)),
    ...fs.readdirSync(path.join(root, 'bin')).flatMap((name) => (read(`bin/${name}`).match(odd) ?? []).map((word) => `bin/${name}: ${word}`)),
    ...messages().flatMap(({ file, text }) => (text.match(odd) ?? []).map((word) => `${file}: ${word}`))];
  assert.deepEqual(found, []);
});

test('the page about Nightscout names settings that Nightscout has', () => {
  const theirs = read('tests/system/node_modules/nightscout/README.md');
  const named = matches(read('docs/nightscout.md'), /^\| `([A-Z_]+)` \|(?: `([^`]+)` \| `[^`]+`)?/gm);
  assert.ok(named.length >= 5);
  for (const [name, standard] of named) {
    assert.ok(theirs.includes(`\`${name}\``), name);
    if (standard) assert.ok(theirs.includes(`\`${name}\` (\`${standard}\`)`), `${name} ${standard}`);
  }
});

test('measured numbers stand below the command that measures them', () => {
  const [, measured] = /^## Measured\n([\s\S]*?)^## /m.exec(read('README.md'));
  assert.match(measured.slice(0, measured.indexOf('\n|')), /`bin\/bench/);
});

test('the manual page names every setting, command and option', () => {
  const words = new Set(read('docs/tconnectsync-heroku.1').replace(/\\&/g, '').split(/[\s,|]+/));
  const main = read('src/command/main.c');
  const wanted = [...names, ...matches(main, /\{"([a-z]+)", command_/g).flat(),
    ...matches(main, /\] = \{"([a-z-]+)", (?:NULL|"[A-Z]+"), /g).map(([name]) => `-${name}`)];
  assert.ok(wanted.length > names.length + 10, 'commands and options as well');
  assert.deepEqual(wanted.filter((name) => !words.has(name)), []);
});

test('--help fits a screen', () => {
  const lines = execFileSync(program, ['--help'], { encoding: 'utf8' }).trimEnd().split('\n');
  assert.ok(lines.length <= 23 && lines.every((line) => line.length <= 79), `${lines.length} lines`);
});
