// The container, rehearsed without an engine: the Dockerfile's own steps in clean roots, then the image run as
// compose.yaml says.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { freePort, until } from '../lib/child.mjs';
import { beginWithin, cleanRoot, copyOf, size, source, within } from '../lib/clean_root.mjs';
import { build, read, sent } from '../lib/dockerfile.mjs';
import { folder, root as project } from '../lib/run.mjs';
import { start } from '../lib/simulator.mjs';

// What the slim image leaves out of a Debian.
const NOT_IN_SLIM = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/info', 'usr/share/lintian', 'var/lib/apt/lists', 'var/cache/apt'];
const compose = parse(fs.readFileSync(path.join(project, 'deploy/compose.yaml'), 'utf8'));

// ${NAME}, ${NAME:-standard} and ${NAME:?complaint}, as compose fills them.
const filled = (text, env) => String(text).replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name, sign, rest) => {
  if (env[name]) return env[name];
  assert.notEqual(sign, '?', `${name} ${rest}`);
  return sign === '-' ? rest : '';
});

async function context(t) {
  const all = await source(t);
  const files = fs.readdirSync(all, { recursive: true }).filter((file) => fs.statSync(path.join(all, file)).isFile());
  const kept = new Set(sent(files, path.join(all, '.dockerignore')));
  for (const file of files) if (!kept.has(file)) fs.rmSync(path.join(all, file));
  return all;
}

test('container: the image is built by its own steps and syncs as compose.yaml runs it', { timeout: 900_000 }, async (t) => {
  const debian = await cleanRoot('container-base', { suite: 'trixie', folders: ['run/secrets'] });
  const image = await build(read(path.join(project, 'Dockerfile')), await context(t), async (name) => {
    assert.equal(name, 'debian:trixie-slim');
    return copyOf(t, debian);
  });
  const [whole, below] = [await size(image.root, NOT_IN_SLIM), await size(debian, NOT_IN_SLIM)];
  process.stdout.write(`container: ${whole} bytes, ${whole - below} of them on top of Debian\n`);

  const simulator = await start({ seed: 6, historyDays: 3 });
  t.after(() => simulator.stop());
  const service = compose.services.tconnectsync;
  const secrets = folder(t);
  const volume = folder(t);
  const [uid, gid] = image.user.split(':').map(Number);
  assert.ok(uid > 0 && gid > 0, 'the image runs as nobody of importance');
  fs.chownSync(volume, uid, gid);
  fs.chmodSync(secrets, 0o755);
  const own = { tconnect_password: simulator.env.TCONNECT_PASSWORD, ns_secret: simulator.env.NS_SECRET, own_secret: 'made-up-for-this-rehearsal' };
  for (const name of service.secrets) fs.writeFileSync(path.join(secrets, name), `${own[name]}\n`, { mode: 0o644 });
  const addresses = Object.fromEntries(Object.entries(simulator.env).filter(([name]) => /^TCONNECT_.*(URL|URI|ID)$/.test(name)));
  const env = {
    ...image.env, ...addresses, PORT: await freePort(), HOME: '/',
    ...Object.fromEntries(Object.entries(service.environment).map(([name, text]) => [name, filled(text, simulator.env)])),
  };
  assert.ok(service.read_only);
  const inside = {
    env, cwd: image.cwd, user: image.user, memory: 512 * 1024 * 1024,
    binds: { 'run/secrets': `ro:${secrets}`, [service.volumes[0].split(':')[1]]: volume },
  };
  const server = beginWithin(image.root, inside, 'setpriv', '--no-new-privs', ...image.entrypoint);
  t.after(() => server.stop('SIGKILL'));
  await server.says(/module=serve version=/, { seconds: 20 });
  const get = (where) => fetch(`http://127.0.0.1:${env.PORT}${where}`, { headers: { authorization: `Bearer ${own.own_secret}` } });
  const run = await until(async () => (await (await get('/status.json')).json()).runs[0], { seconds: 60, what: 'the first sync' });
  assert.equal(run.result, 'ok', server.stdout);
  await within(image.root, inside, ...image.healthcheck);
  assert.ok(fs.statSync(path.join(volume, 'credentials.json')).size > 0, 'the token is kept in the volume');
  assert.deepEqual(await server.stop('SIGTERM'), { status: 0, signal: null }, server.stdout);
  await assert.rejects(within(image.root, inside, ...image.healthcheck), /no server answers/);
});

test('container: docker compose takes compose.yaml, and with it that of a second person', { timeout: 600_000 }, async (t) => {
  const root = await cleanRoot('compose', { suite: 'trixie', packages: ['docker-compose'], folders: ['project'] });
  const checkout = await source(t);
  const config = (settings, ...more) => {
    fs.writeFileSync(path.join(checkout, 'deploy/.env'), settings);
    return within(root, { binds: { project: `ro:${checkout}` }, cwd: '/project' }, 'docker-compose', '-f', 'deploy/compose.yaml', ...more, 'config');
  };
  const one = 'TCONNECT_EMAIL=a@b.example\nNS_URL=https://ns.example/\nTIMEZONE_NAME=Europe/Berlin\n';
  const { name, services: { tconnectsync: service }, secrets } = parse(await config(one));
  assert.deepEqual([name, service.build.context, service.environment.TCONNECT_EMAIL], ['tconnectsync', '/project', 'a@b.example']);
  assert.equal(secrets.own_secret.file, '/project/deploy/secrets/own_secret');
  await assert.rejects(config(''), /is needed in \.env/);
  const withSecond = ['-f', 'deploy/compose.second.yaml'];
  const { services: { tconnectsync: both }, secrets: all } = parse(await config(`${one}TCONNECT_EMAIL_2=c@d.example\nNS_URL_2=https://second.example/\n`, ...withSecond));
  assert.deepEqual([both.environment.TCONNECT_EMAIL, both.environment.TCONNECT_EMAIL_2, both.environment.NS_URL_2], ['a@b.example', 'c@d.example', 'https://second.example/']);
  assert.deepEqual(both.secrets.map(({ source: secret }) => secret).sort(), Object.keys(all).sort());
  await assert.rejects(config(one, ...withSecond), /is needed in \.env/);
});
