// What a person at a terminal sees: sessions of the real program under a pseudo-terminal, against the simulator.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch, until } from './lib/child.mjs';
import { begin, folder, program, run, runJson } from './lib/run.mjs';
import { start } from './lib/simulator.mjs';

const FEATURES = 'BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS';
const BAR = /^[a-z-]+ +\[#* *\] \d+\/\d+$/;
const LOG = /^time=\S+ level=[a-z]+ module=[a-z]+ .+/;
const ESCAPE = '\x1b';

let simulator;
before(async () => {
  // A history that stands still, so that two looks see the same.
  simulator = await start({ seed: 21, historyDays: 2, latency: 5, now: Math.floor(Date.now() / 1000) - 3600, dateFollowsNow: false });
});
after(() => simulator.stop());

const environment = (env = {}) => ({ ...simulator.env, CACHE_CREDENTIALS: 'false', ...env });
const variables = (home, env) => ({ PATH: '/usr/bin:/bin', HOME: home, TERM: 'xterm-256color', ...env });

// The program on a terminal of so many columns; redirection is the shell's. Gives {status, text}, text with its control
// characters.
async function session(words, { home, env, columns = 80, redirection = '' }) {
  const line = `stty cols ${columns}; exec "${program}" ${words} ${redirection}`;
  const running = launch('script', ['-qefc', line, '/dev/null'], { cwd: home, env: variables(home, env) });
  const { status } = await running.ended;
  return { status, text: running.stdout };
}

// Replays what went to the terminal. Every line that was ever finished, and every one that was overwritten: a torn one
// is half of one thing and half of another.
function replay(text) {
  const finished = [];
  const overwritten = [];
  let line = '';
  let column = 0;
  for (const [piece] of text.matchAll(/\r\n|\r|\n|\x1b\[K|[^\r\n]/g)) {
    if (piece === '\r\n' || piece === '\n') {
      finished.push(line);
      line = '';
      column = 0;
    } else if (piece === '\r') {
      overwritten.push(line);
      column = 0;
    } else if (piece === `${ESCAPE}[K`) {
      line = line.slice(0, column);
    } else {
      line = line.slice(0, column) + piece + line.slice(column + 1);
      column += 1;
    }
  }
  return { finished, overwritten, rest: line };
}

test('progress and log never tear each other, and nothing of the progress stays', async (t) => {
  for (const [columns, env] of [[80, {}], [30, { NO_COLOR: '1' }]]) {
    const home = folder(t);
    await simulator.reset();
    const { status, text } = await session(`sync --days 1 --features ${FEATURES}`, { home, env: environment(env), columns });
    assert.equal(status, 0, text);
    const { finished, overwritten, rest } = replay(text);
    const table = finished.findIndex((line) => /created +amended/.test(line));
    assert.ok(table > 10, text);
    assert.deepEqual(finished.slice(0, table).filter((line) => !LOG.test(line) || line.includes('[')), []);
    assert.deepEqual(finished.slice(table).filter((line) => !/^[\w ]+(\d+ +){3}\d+$|created +amended|^Done\.$/.test(line)), []);
    assert.ok(overwritten.length > 10, 'there was progress to be seen');
    assert.deepEqual(overwritten.filter((line) => line.length >= columns), []);
    if (columns === 80) assert.deepEqual(overwritten.filter((line) => !BAR.test(line)), []);
    assert.equal(rest, '');
    assert.deepEqual([...new Set(text.match(/\x1b[^A-Za-z]*[A-Za-z]/g))], [`${ESCAPE}[K`], 'no colors');
  }
});

test('no progress where it would be no use: into a file, on a dumb terminal, with --quiet', async (t) => {
  const home = folder(t);
  const words = 'sync --days 1 --pretend';
  const [dumb, redirected, quiet] = await Promise.all([
    session(words, { home, env: environment({ TERM: 'dumb' }) }),
    session(words, { home, env: environment(), redirection: '2>log' }),
    session(`${words} --quiet`, { home, env: environment() }),
  ]);
  for (const { status, text } of [dumb, redirected, quiet]) {
    assert.equal(status, 0, text);
    assert.ok(!text.includes(ESCAPE) && !/\[#* *\]/.test(text), text);
  }
  const log = fs.readFileSync(path.join(home, 'log'), 'utf8');
  assert.deepEqual(log.trimEnd().split('\n').filter((line) => !LOG.test(line)), []);
  for (const { text } of [redirected, quiet]) assert.ok(!text.includes('level='), text);
});

test('sync --pretend lists each document on a line, in the zone; --json and what it logs are as ever', async (t) => {
  const home = folder(t);
  await simulator.reset();
  const words = ['sync', '--days', '1', '--pretend', '--features', FEATURES];
  const { status, stdout, stderr } = await run(words, { home, env: environment() });
  assert.equal(status, 0, stderr);
  const listed = stdout.split('\n').filter((line) => /^(new|change|delete) /.test(line));
  assert.deepEqual(listed.filter((line) => !/^new {5}(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d -0[45]:00 {2}\S|the pump's profiles)/.test(line)), []);
  assert.ok(stdout.indexOf('Temp Basal  ') < stdout.indexOf('(pretended)'));
  assert.match(stdout, /Combo Bolus +[\d.]+ U, [\d.]+ g carbs/);
  assert.match(stdout, /Temp Basal +[\d.]+ U\/h, [\d.]+ min, Algorithm\n/);
  assert.ok(!stderr.includes('pretend='), 'said once');

  const json = await runJson(words, { home, env: environment() });
  assert.equal(listed.length, json.report.created);
  const times = [...json.stderr.matchAll(/pretend=create document="\{\\"eventType[^\n]*?\\"created_at\\":\\"(\S+?)(?:\.\d+)?([-+]\d\d:\d\d)\\"/g)]
    .map(([, time, offset]) => `${time.replace('T', ' ')} ${offset}`);
  assert.ok(times.length > 100);
  assert.deepEqual(times.filter((time) => !listed.some((line) => line.includes(` ${time}  `))), []);
  assert.equal((await simulator.statistics()).nightscoutWrites, 0);
});

test('what is wrong with a .env is named, each thing once, and nothing of its values', async (t) => {
  const home = folder(t);
  const { TCONNECT_EMAIL, ...rest } = environment();
  const lines = Object.entries({ ...rest, TCONNECT_EMIAL: TCONNECT_EMAIL, ALARM_SAVE_MINUTES: '5' }).map(([name, value]) => `${name}='${value}'`);
  fs.writeFileSync(path.join(home, '.env'), ['# settings', 'no hunter2', ...lines, "OPEN='hunter2"].join('\n'), { mode: 0o644 });
  const said = [
    /- TCONNECT_EMIAL: did you mean TCONNECT_EMAIL\? /g,
    /ALARM_SAVE_MINUTES: did you mean ALARM_SAFE_MINUTES\? /g,
    /Run: chmod 600 \.env\b/g,
    new RegExp(`\\.env has lines that are skipped: 2, ${lines.length + 3}\\. `, 'g'),
  ];
  for (const words of ['sync', 'check']) {
    const { status, text } = await session(words, { home, env: {} });
    assert.equal(status, 2);
    for (const pattern of said) assert.equal(text.match(pattern)?.length, 1, `${pattern}\n${text}`);
    assert.ok(!text.includes('TCONNECT_EMAIL is not set') && !text.includes('hunter2') && !text.includes(TCONNECT_EMAIL), text);
  }
  fs.chmodSync(path.join(home, '.env'), 0o600);
  const good = await session('check', { home, env: { TCONNECT_EMAIL } });
  assert.equal(good.status, 0, good.text);
  assert.equal(good.text.match(/TCONNECT_EMIAL: did you mean/g).length, 1);
  assert.ok(!good.text.includes('chmod'));
});

test('--env-file takes the place of .env, and has to be there', async (t) => {
  const home = folder(t);
  fs.writeFileSync(path.join(home, '.env'), 'TCONNECT_EMAIL=\n');
  fs.writeFileSync(path.join(home, 'family.txt'), Object.entries(environment()).map(([name, value]) => `${name}='${value}'\n`).join(''), { mode: 0o600 });
  const good = await run(['check', '--env-file', 'family.txt'], { home });
  assert.equal(good.status, 0, good.stdout + good.stderr);
  await Promise.all(['serve', 'sync', 'check', 'healthcheck'].map(async (command) => {
    const { status, stdout, stderr } = await run([command, '--env-file', 'nobody.txt'], { home });
    assert.equal(status, 2, command);
    assert.equal(stdout, '');
    assert.equal(stderr, 'tconnectsync-heroku: --env-file nobody.txt cannot be read: No such file or directory\n');
  }));
  assert.equal((await run(['help', '--env-file', 'family.txt'], { home })).status, 2);
});

test('one message for one problem: a refused password is told once', async (t) => {
  const home = folder(t);
  const refused = environment({ TCONNECT_PASSWORD: 'not the right one' });
  const count = (text) => text.match(/Tandem refused the email or password/g)?.length;
  await Promise.all(['sync', 'check'].map(async (words) => {
    const [{ status, text }, { stdout, stderr }] = await Promise.all([
      session(words, { home, env: refused }), run([words], { home, env: refused }),
    ]);
    assert.equal(status, 1);
    assert.equal(count(text), 1, text);
    assert.deepEqual([count(stdout), count(stderr)], [1, 1], 'each where it stands alone');
  }));
});

test('the server tells where it is and that no timer runs; in JSON all of it is JSON', async (t) => {
  const home = folder(t);
  fs.mkdirSync(path.join(home, '.env'));
  for (const [env, warned] of [[{}, true], [{ TCONNECTSYNC_HEROKU_INTERVAL_MINS: '60', LISTEN_HOST: '::1' }, false]]) {
    const server = begin([], { home, env: environment({ PORT: '0', LOG_FORMAT: 'json', ...env }) });
    const [, address] = await server.says(/"address":"([^"]+)"/);
    assert.match(address, env.LISTEN_HOST ? /^http:\/\/\[::1\]:\d+\/$/ : /^http:\/\/localhost:\d+\/$/);
    assert.equal(await until(async () => (await fetch(`${address}livez`)).status), 200);
    assert.equal((await server.stop()).status, 0);
    const lines = server.stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
    const notes = lines.map(({ note }) => note ?? '');
    assert.equal(notes.some((note) => note.startsWith('No timer runs')), warned);
    assert.ok(notes.includes('.env cannot be read: Is a directory. No setting in it counts.'));
    assert.equal(server.stderr, '');
  }
});
