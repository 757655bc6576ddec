// A deployment to Heroku, rehearsed on each of its stacks: buildpacks in a root like the build image, the slug as a dyno in
// one like the run image. Both are Debians with what the stack has of what matters here.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePort, until } from '../lib/child.mjs';
import { beginWithin, cleanRoot, size, source, succeed, within } from '../lib/clean_root.mjs';
import { folder, root as project } from '../lib/run.mjs';
import { start } from '../lib/simulator.mjs';

const USER = 1000;
// The stacks are Ubuntu's releases; the Debian beside each is the one whose libraries are the most like its own. For
// heroku-26 that is testing: its archive moves on, as Ubuntu 26.04 does not. heroku-22 has libcurl 7.81, which is too old,
// and no Debian is like it.
const STACKS = [{ stack: 'heroku-24', suite: 'trixie' }, { stack: 'heroku-26', suite: 'testing' }];
// A build image and a run image: neither has meson, ninja or yajl, and the dyno has no compiler, no python.
const BUILD_IMAGE = ['build-essential', 'ca-certificates', 'cmake', 'curl', 'git', 'libcurl4-openssl-dev', 'libevent-dev', 'libssl-dev', 'pkgconf', 'python3', 'tzdata'];
const RUN_IMAGE = ['ca-certificates', 'curl', 'libcurl4t64', 'libevent-core-2.1-7t64', 'libevent-extra-2.1-7t64', 'libssl3t64', 'tzdata'];
const MEMORY = 512 * 1024 * 1024;

async function buildSlug(t, { stack, suite }) {
  const root = await cleanRoot(`${stack}-build`, { suite, packages: BUILD_IMAGE, folders: ['app', 'cache', 'buildpack', 'environment'] });
  const app = await source(t, USER);
  const cache = folder(t);
  fs.chownSync(cache, USER, USER);
  const image = { binds: { app, cache, buildpack: `ro:${path.join(project, 'tests/system/slow')}` }, user: `${USER}:${USER}`, env: { STACK: stack, HOME: '/app' } };
  for (const missing of ['meson', 'ninja']) await assert.rejects(within(root, image, 'sh', '-c', `command -v ${missing}`));
  await within(root, image, 'sh', '/buildpack/apt_buildpack.sh', '/app', '/cache', '/cache/export');
  assert.equal(await within(root, image, '/app/bin/detect', '/app'), 'TConnectSync for Heroku\n');
  const said = await within(root, image, 'sh', '-c', '. /cache/export; exec /app/bin/compile /app /cache /environment');
  assert.match(said, /tconnectsync-heroku \d+\.\d+\.\d+/);
  assert.equal(await within(root, image, '/app/bin/release', '/app').then((text) => text.trim()), '--- {}');
  return app;
}

async function rehearse(t, { stack, suite }) {
  const slug = await buildSlug(t, { stack, suite });
  const [, command] = /^web: (.*)$/m.exec(fs.readFileSync(path.join(slug, 'Procfile'), 'utf8'));
  assert.ok(fs.existsSync(path.join(slug, command)), `${command}, which Procfile starts, is in the slug`);
  const packed = Number(await succeed('sh', ['-c', 'tar -cz -C "$0" . | wc -c', slug]));
  process.stdout.write(`${stack} slug: ${await size(slug)} bytes, packed ${packed}; program ${fs.statSync(path.join(slug, command)).size}\n`);
  assert.ok(packed < 1_000_000, `the slug has ${packed} bytes`);

  const root = await cleanRoot(`${stack}-run`, { suite, packages: RUN_IMAGE, folders: ['app'] });
  const simulator = await start({ seed: 5, historyDays: 3 });
  t.after(() => simulator.stop());
  const settings = JSON.parse(fs.readFileSync(path.join(project, 'app.json'))).env;
  const defaults = Object.fromEntries(Object.entries(settings).map(([name, { value = '' }]) => [name, value]));
  const port = await freePort();
  const secret = '0123456789abcdef'.repeat(4);
  // What a dyno is given, with the button's own defaults; nothing in it can be written but /tmp.
  const dyno = beginWithin(root, {
    binds: { app: `ro:${slug}` }, user: `${USER}:${USER}`, cwd: '/app', memory: MEMORY,
    env: { ...defaults, ...simulator.env, TCONNECTSYNC_HEROKU_SECRET: secret, PORT: port, DYNO: 'web.1', HOME: '/app', TZ: 'UTC' },
  }, 'bash', '-c', `for file in .profile.d/*.sh; do . "$file"; done; exec ${command}`);
  t.after(() => dyno.stop('SIGKILL'));
  const get = (where, headers = {}) => fetch(`http://127.0.0.1:${port}${where}`, { headers: { authorization: `Bearer ${secret}`, ...headers } });
  await until(async () => (await get('/livez')).status === 200, { seconds: 30, what: `the dyno answering\n${dyno.stdout}${dyno.stderr}` });
  const status = await until(async () => {
    const { runs, running } = await (await get('/status.json')).json();
    return !running && runs[0];
  }, { seconds: 60, what: 'the first sync by the timer' });
  assert.equal(status.result, 'ok', dyno.stdout);
  assert.equal((await (await get('/healthz')).text()).trim(), 'ok');
  const documents = await simulator.documents();
  assert.ok(documents.treatments.length > 100, `${documents.treatments.length} treatments arrived`);
  const [, peak] = /^VmHWM:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${dyno.pid}/status`, 'utf8'));
  process.stdout.write(`${stack} dyno: ${(peak / 1024).toFixed(1)} MB at its peak\n`);
  const ended = await dyno.stop('SIGTERM');
  assert.deepEqual(ended, { status: 0, signal: null }, dyno.stdout);
}

for (const stack of STACKS) {
  test(`${stack.stack}: the slug is built as the platform builds it, and a dyno of it syncs`, { timeout: 900_000 }, (t) => rehearse(t, stack));
}

test('the stack that app.json asks for is rehearsed', () => {
  assert.ok(STACKS.some(({ stack }) => stack === JSON.parse(fs.readFileSync(path.join(project, 'app.json'))).stack));
});
