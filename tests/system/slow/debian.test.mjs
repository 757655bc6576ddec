// The Debian package, rehearsed: built by bin/package on bare Debians, checked by lintian, installed, and in Debian 12
// started by a real systemd with the unit's sandbox around it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { freePort, launch, until } from '../lib/child.mjs';
import { cleanRoot, copyOf, source, succeed, within } from '../lib/clean_root.mjs';
import { start } from '../lib/simulator.mjs';

const SUITES = ['bookworm', 'trixie'];
const unhindered = (files) => ({ writable: true, binds: { project: files }, cwd: '/project', env: { HOME: '/root', DEBIAN_FRONTEND: 'noninteractive' } });

const packages = fs.mkdtempSync(path.join(os.tmpdir(), 'tconnectsync-packages-'));
after(() => fs.rmSync(packages, { recursive: true, force: true }));

// Builds the package in a bare Debian, once, and gives its file.
async function built(t, suite) {
  const folder = path.join(packages, suite);
  if (!fs.existsSync(folder)) {
    const files = await source(t);
    const root = await copyOf(t, await cleanRoot(`${suite}-bare`, { suite, folders: ['project'] }));
    await within(root, unhindered(files), 'bin/package');
    fs.cpSync(path.join(files, 'build-package'), folder, { recursive: true, filter: (file) => !/\.(buildinfo|changes)$/.test(file) });
  }
  const [name] = fs.readdirSync(folder);
  process.stdout.write(`${suite}: ${name} has ${fs.statSync(path.join(folder, name)).size} bytes\n`);
  return path.join(folder, name);
}

async function installed(t, name, suite, file, withPackages = []) {
  const root = await copyOf(t, await cleanRoot(name, { suite, packages: withPackages, folders: ['project'] }));
  await within(root, unhindered(path.dirname(file)), 'sh', '-euc', 'apt-get -qq update; apt-get -qq install -y --no-install-recommends ./*.deb');
  return root;
}

for (const suite of SUITES) {
  test(`${suite}: bin/package builds a package without a blemish, and it installs`, { timeout: 900_000 }, async (t) => {
    const file = await built(t, suite);
    assert.equal(await succeed('lintian', ['--allow-root', '--tag-display-limit', '0', file]), '');
    const root = await installed(t, `${suite}-bare`, suite, file);
    assert.match(await within(root, {}, 'tconnectsync-heroku', '--version'), /^tconnectsync-heroku \d/);
    for (const kept of ['usr/bin/tconnectsync-heroku', 'lib/systemd/system/tconnectsync-heroku.service']) {
      assert.ok(fs.existsSync(path.join(root, kept)), kept);
    }
  });
}

test('bookworm: systemd runs the service in its sandbox, with its credentials, and it syncs', { timeout: 900_000 }, async (t) => {
  const root = await installed(t, 'bookworm-systemd', 'bookworm', await built(t, 'bookworm'), ['dbus', 'systemd', 'systemd-sysv']);
  const simulator = await start({ seed: 9, historyDays: 3 });
  t.after(() => simulator.stop());
  const port = await freePort();
  const secret = 'made-up-for-this-rehearsal';
  const { TCONNECT_PASSWORD, NS_SECRET, ...settings } = { ...simulator.env, PORT: port, LISTEN_HOST: '127.0.0.1' };
  const folder = path.join(root, 'etc/tconnectsync-heroku');
  fs.mkdirSync(folder, { mode: 0o700 });
  fs.writeFileSync(path.join(folder, 'settings'), Object.entries(settings).map(([name, value]) => `${name}="${value}"\n`).join(''), { mode: 0o600 });
  for (const [name, value] of Object.entries({ TCONNECT_PASSWORD, NS_SECRET, TCONNECTSYNC_HEROKU_SECRET: secret })) {
    fs.writeFileSync(path.join(folder, name), `${value}\n`, { mode: 0o600 });
  }
  const journal = () => succeed('sh', ['-c', 'journalctl --no-pager --output=cat --directory "$0/var/log/journal" --unit tconnectsync-heroku 2>&1 || true', root]);
  fs.mkdirSync(path.join(root, 'var/log/journal'), { recursive: true });
  // In a process namespace of its own, so that nothing of it outlives this test however that ends.
  const machine = launch('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', 'systemd-nspawn', '--quiet', '--register=no', '--keep-unit', '--console=pipe', '-D', root, '--boot']);
  t.after(() => machine.stop('SIGKILL'));
  const get = (where) => fetch(`http://127.0.0.1:${port}${where}`, { headers: { authorization: `Bearer ${secret}` } });
  const run = await until(async () => (await (await get('/status.json')).json()).runs[0], { seconds: 120, what: 'the first sync' })
    .catch(async (error) => { throw new Error(`${error.message}\n${machine.stdout.slice(-2000)}\n${await journal()}`); });
  assert.equal(run.result, 'ok', await journal());
  assert.equal((await (await get('/healthz')).text()).trim(), 'ok');
  const token = path.join(root, 'var/lib/private/tconnectsync-heroku/credentials.json');
  assert.equal(fs.statSync(token).mode & 0o777, 0o600);
  assert.doesNotMatch(await journal(), new RegExp(`${TCONNECT_PASSWORD}|${NS_SECRET}|${secret}`));
});
