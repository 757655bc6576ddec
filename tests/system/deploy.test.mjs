// What the platforms are told, as far as it can be judged without them: forms, names of settings, rules of good conduct.
// tests/system/slow rehearses the deployments themselves.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import Ajv from 'ajv';
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { launch } from './lib/child.mjs';
import { read as readDockerfile, sent } from './lib/dockerfile.mjs';
import { build, folder, program, root } from './lib/run.mjs';
import * as settings from './lib/settings.mjs';

const { validate } = createRequire(import.meta.url)('dockerfile-utils');
const read = (name) => fs.readFileSync(path.join(root, name), 'utf8');

// A path in a platform's file, as it lies in the project: from says whether the platform counts it from the file's own
// folder or from the root.
const lies = (from, name) => path.relative(root, path.resolve(root, from, name));
const DOCKERFILE = 'Dockerfile';

const assertKnown = (names) => assert.deepEqual(names.filter((name) => !settings.names.includes(name.replace(/_FILE$/, ''))), []);

async function run(command, ...args) {
  const running = launch(command, args);
  running.child.stdin.end();
  const { status } = await running.ended;
  return { status, said: running.stdout + running.stderr };
}

// Heroku's description of app.json, as far as an app without add-ons uses it.
const APP_JSON = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'description', 'buildpacks', 'env', 'formation', 'stack', 'success_url'],
  properties: {
    name: { type: 'string', maxLength: 30 },
    description: { type: 'string' },
    keywords: { type: 'array', items: { type: 'string' } },
    success_url: { type: 'string' },
    stack: { enum: ['heroku-24', 'heroku-26'] },
    repository: { type: 'string', pattern: '^https://' },
    logo: { type: 'string', pattern: '^https://.*\\.(svg|png)$' },
    buildpacks: { type: 'array', items: { type: 'object', additionalProperties: false, required: ['url'], properties: { url: { type: 'string' } } } },
    formation: {
      type: 'object',
      additionalProperties: { type: 'object', additionalProperties: false, required: ['quantity', 'size'], properties: { quantity: { type: 'integer' }, size: { enum: ['eco', 'basic', 'standard-1x'] } } },
    },
    env: {
      type: 'object',
      propertyNames: { pattern: '^[A-Z][A-Z0-9_]*$' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['description'],
        properties: { description: { type: 'string', minLength: 10 }, value: { type: 'string' }, required: { type: 'boolean' }, generator: { const: 'secret' } },
      },
    },
  },
};
// A form of nine fields is filled in; one of thirty is closed. docs/settings.md has the rest.
const ASKED = ['TCONNECT_EMAIL', 'TCONNECT_PASSWORD', 'TCONNECT_REGION', 'NS_URL', 'NS_SECRET', 'TIMEZONE_NAME',
  'TCONNECTSYNC_HEROKU_FEATURES', 'TCONNECTSYNC_HEROKU_INTERVAL_MINS', 'TCONNECTSYNC_HEROKU_SECRET'];
const NEEDED = ['TCONNECT_EMAIL', 'TCONNECT_PASSWORD', 'NS_URL', 'NS_SECRET', 'TIMEZONE_NAME'];

test('Heroku: app.json has the form that Heroku wants, and the guide explains each of its nine fields', () => {
  const app = JSON.parse(read('app.json'));
  const ajv = new Ajv({ allErrors: true });
  assert.ok(ajv.validate(APP_JSON, app), ajv.errorsText());
  assert.deepEqual(Object.keys(app.env), ASKED);
  assertKnown(ASKED);
  const explained = [...read('docs/heroku.md').matchAll(/^\| ((?:`[A-Z_]+`(?:, )?)+) \|/gm)].flatMap(([, names]) => names.match(/[A-Z_]+/g));
  assert.deepEqual(explained, ASKED);
  // A needed setting has no default: a wrong time zone shifts every bolus.
  for (const name of NEEDED) assert.deepEqual(Object.keys(app.env[name]), ['description'], name);
  assert.equal(app.env.TCONNECTSYNC_HEROKU_SECRET.generator, 'secret');
  for (const [name, { value, generator, required }] of Object.entries(app.env)) {
    assert.ok(NEEDED.includes(name) || value || generator || required === false, `${name} can be left as it is`);
  }
  assert.equal(app.env.TCONNECTSYNC_HEROKU_FEATURES.value, 'BASAL,BOLUS,PUMP_EVENTS,PROFILES');
  assert.equal(app.formation.web.quantity, 1);
  for (const script of ['detect', 'compile', 'release']) fs.accessSync(path.join(root, 'bin', script), fs.constants.X_OK);
});

test('container: the Dockerfile keeps the rules', () => {
  assert.deepEqual(validate(read('Dockerfile')).map(({ message, range }) => `${range.start.line + 1}: ${message}`), []);
  const steps = readDockerfile(path.join(root, 'Dockerfile'));
  const last = steps.slice(steps.findLastIndex(({ keyword }) => keyword === 'FROM'));
  const of = (keyword, among = steps) => among.filter((step) => step.keyword === keyword);
  for (const { text } of of('FROM')) assert.match(text, /:[a-z]+-slim\b/, 'a base has its release in its tag');
  for (const { text } of of('RUN')) {
    if (/apt-get install/.test(text)) assert.match(text, /apt-get update .*--no-install-recommends .*rm -rf \/var\/lib\/apt\/lists/);
    assert.doesNotMatch(text, /\bsudo\b|\bcurl\b.*\||apt-get (dist-)?upgrade/);
  }
  assert.deepEqual(of('ADD'), []);
  assert.match(of('USER', last).pop().text, /^[1-9]\d*:[1-9]\d*$/);
  assert.deepEqual(of('HEALTHCHECK', last)[0].words, ['tconnectsync-heroku', 'healthcheck']);
  assert.deepEqual(of('ENTRYPOINT', last)[0].words, ['tconnectsync-heroku']);
  for (const needed of ['ca-certificates', 'tzdata']) assert.match(of('RUN', last)[0].text, new RegExp(`\\b${needed}\\b`));
});

test('container: what the build reads is sent to the engine', () => {
  const needed = ['meson.build', 'meson_options.txt', ...['deploy', 'src', 'tests'].map((folder) => `${folder}/meson.build`)];
  const named = [...read('deploy/meson.build').matchAll(/'([\w.-]+\.(?:in|example))'/g)].map(([, name]) => `deploy/${name}`);
  const manuals = [...read('meson.build').matchAll(/install_man\('([^']+)'/g)].map(([, name]) => name);
  assert.ok(named.length > 1 && manuals.length > 0);
  const all = [...needed, ...named, ...manuals];
  assert.deepEqual(sent(all, path.join(root, '.dockerignore')), all);
});

test('the drawn forms ask what the real ones ask, legible on any background, small', () => {
  const drawn = (name) => read(`docs/images/${name}-form.svg`);
  const app = JSON.parse(read('app.json'));
  const texts = [...drawn('heroku').matchAll(/<text [^>]*class="(name|value)">([^<]*)</g)].map(([, kind, text]) => [kind, text]);
  assert.deepEqual(texts.filter(([kind]) => kind === 'name').map(([, name]) => name), Object.keys(app.env));
  for (const { value } of Object.values(app.env)) assert.ok(!value || texts.some(([kind, text]) => kind === 'value' && text === value), value);
  for (const [name, guide] of [['heroku', 'docs/heroku.md'], ['uptimerobot', 'docs/uptimerobot.md']]) {
    const text = drawn(name);
    assert.ok(Buffer.byteLength(text) < 8192, name);
    assert.match(text, /<title [^]*<desc [^]*<rect x=".5" y=".5" [^>]*fill="#f6f8fa"/);
    const [, alt] = new RegExp(`<img src="images/${name}-form.svg" width="\\d+" alt="([^"]{40,})">`).exec(read(guide));
    const [, button] = /class="press">([^<]+)</.exec(text);
    assert.ok(alt.includes(button) && read(guide).includes(`**${button}**`), `${name}: ${button}`);
  }
});

test('container: compose.yaml gives it no right that it does not need, and no secret in the open', () => {
  const { name, services: { tconnectsync: service }, secrets, volumes } = parseYaml(read('deploy/compose.yaml'));
  // Compose counts paths from the file's folder, which would also name the project.
  assert.equal(lies('deploy', path.join(service.build, DOCKERFILE)), DOCKERFILE);
  assert.equal(name, 'tconnectsync');
  for (const kept of ['deploy/.env', 'deploy/secrets/own_secret']) {
    assert.deepEqual(sent([kept], path.join(root, '.dockerignore')), [], `${kept} stays out of the image`);
  }
  assert.deepEqual([service.read_only, service.cap_drop, service.security_opt, service.privileged], [true, ['ALL'], ['no-new-privileges:true'], undefined]);
  assertKnown(Object.keys(service.environment));
  for (const name of ['TCONNECT_PASSWORD', 'NS_SECRET', 'TCONNECTSYNC_HEROKU_SECRET']) {
    assert.equal(service.environment[name], undefined);
    assert.ok(service.secrets.includes(service.environment[`${name}_FILE`].replace('/run/secrets/', '')), name);
  }
  assert.deepEqual(Object.keys(secrets), service.secrets);
  for (const { file } of Object.values(secrets)) assert.match(file, /^\.\/secrets\//);
  for (const kept of ['.env', 'secrets/']) assert.ok(read('.gitignore').split('\n').includes(kept), kept);
  assert.deepEqual(service.volumes.map((volume) => volume.split(':')[0]), Object.keys(volumes));
  assert.match(service.ports[0], /^127\.0\.0\.1:/);
});

test('a second person at home: the same secrets as the first one, each in a file of its own', () => {
  const first = parseYaml(read('deploy/compose.yaml')), second = parseYaml(read('deploy/compose.second.yaml'));
  const { environment, secrets } = second.services.tconnectsync;
  const files = ({ environment: all }) => Object.entries(all).filter(([name]) => name.endsWith('_FILE'));
  assert.deepEqual(files({ environment }), files(first.services.tconnectsync).map(([name, file]) => [name.replace('_FILE', '_2_FILE'), `${file}_2`]));
  assert.ok(environment.NS_URL_2);
  assert.deepEqual(secrets, first.services.tconnectsync.secrets.map((name) => `${name}_2`));
  assert.deepEqual(second.secrets, Object.fromEntries(Object.entries(first.secrets).map(([name, { file }]) => [`${name}_2`, { file: `${file}_2` }])));
  const credentials = (text) => [...text.matchAll(/^ *LoadCredential=(\w+):(\S+)$/gm)].map(([, name, file]) => [name, file]);
  const ofFirst = credentials(read('deploy/tconnectsync-heroku.service.in'));
  assert.equal(ofFirst.length, 3);
  assert.deepEqual(credentials(read('docs/home.md')).sort(), ofFirst.map(([name, file]) => [`${name}_2`, `${file}_2`]).sort());
});

test('Fly, Render, Railway: one instance that is not stopped, asked only whether it runs', () => {
  const fly = parseToml(read('deploy/fly.toml'));
  // flyctl counts it from its file; what it builds is the folder in which it is called.
  assert.equal(lies('deploy', fly.build.dockerfile), DOCKERFILE);
  const { auto_stop_machines: stop, min_machines_running: least, internal_port: port, force_https: https, checks } = fly.http_service;
  assert.deepEqual([stop, least, port, https], ['off', 1, 5000, true]);
  assert.deepEqual(checks.map((check) => check.path), ['/livez']);
  assertKnown(Object.keys(fly.env));

  const { services: [render, ...others] } = parseYaml(read('deploy/render.yaml'));
  // Render counts both from the repository's root.
  assert.deepEqual([lies('.', render.dockerfilePath), lies('.', render.dockerContext)], [DOCKERFILE, '']);
  assert.deepEqual([others, render.type, render.runtime, render.numInstances, render.healthCheckPath], [[], 'web', 'docker', 1, '/livez']);
  assert.notEqual(render.plan, 'free');
  assertKnown(render.envVars.map(({ key }) => key));
  for (const name of NEEDED) assert.equal(render.envVars.find(({ key }) => key === name).sync, false, name);

  const { build: how, deploy } = JSON.parse(read('deploy/railway.json'));
  assert.equal(lies('.', how.dockerfilePath), DOCKERFILE);
  assert.deepEqual([how.builder, deploy.numReplicas, deploy.sleepApplication, deploy.healthcheckPath], ['DOCKERFILE', 1, false, '/livez']);
});

test('systemd: the unit is understood and well closed; what is installed lies where it should', async (t) => {
  const target = folder(t);
  const installed = await run('meson', 'install', '-C', build, '--no-rebuild', '--destdir', target);
  assert.equal(installed.status, 0, installed.said);
  const prefix = path.join(target, 'usr/local');
  const unit = path.join(prefix, 'lib/systemd/system/tconnectsync-heroku.service');
  for (const file of ['bin/tconnectsync-heroku', 'share/man/man1/tconnectsync-heroku.1', 'share/doc/tconnectsync-heroku/examples/settings.example']) {
    assert.ok(fs.existsSync(path.join(prefix, file)), file);
  }
  assert.match(fs.readFileSync(unit, 'utf8'), /^ExecStart=\/usr\/local\/bin\/tconnectsync-heroku$/m);
  assertKnown([...fs.readFileSync(unit, 'utf8').matchAll(/^(?:Environment|LoadCredential)=([A-Z_]+)/gm)].map(([, name]) => name));
  const security = await run('systemd-analyze', 'security', '--no-pager', '--offline=yes', '--threshold=20', unit);
  assert.equal(security.status, 0, security.said);
  // As it would stand on this machine, where the program is not installed.
  const here = path.join(target, 'tconnectsync-heroku.service');
  fs.writeFileSync(here, fs.readFileSync(unit, 'utf8').replace('/usr/local/bin/tconnectsync-heroku', program));
  const verified = await run('systemd-analyze', 'verify', '--man=no', here);
  assert.equal(verified.said.split('\n').filter((line) => line.includes('tconnectsync')).join('\n'), '');
});

test('the manual page is well formed', async () => {
  const lint = await run('mandoc', '-Tlint', path.join(root, 'docs/tconnectsync-heroku.1'));
  assert.equal(lint.said.split('\n').filter((line) => line && !line.includes('mandoc.db')).join('\n'), '');
});

test('every folder that the build reads goes into the package, and none stays in the slug', () => {
  const folders = [...read('meson.build').matchAll(/^subdir\('(\w+)'\)|install_man\('(\w+)\//gm)].map(([, one, other]) => one ?? other);
  assert.ok(folders.length > 3);
  const [, copied] = /^cp -R (.*) "\$out\/source"/m.exec(read('bin/package'));
  const [, removed] = /^ {4}rm -rf (.*)$/m.exec(read('bin/compile'));
  for (const folder of folders) {
    assert.ok(copied.split(' ').includes(folder), `bin/package: ${folder}`);
    assert.ok(removed.split(' ').includes(folder), `bin/compile: ${folder}`);
  }
});

test('the commands in bin find their project from any folder and through links', async (t) => {
  const scripts = fs.readdirSync(path.join(root, 'bin')).filter((name) => /^cd "\$\(/m.test(read(`bin/${name}`)));
  assert.deepEqual(scripts, ['bench', 'build', 'demo', 'fuzz', 'image', 'package', 'rehome', 'release-notes', 'setup', 'test']);
  const elsewhere = folder(t);
  const project = path.join(fs.realpathSync(elsewhere), 'a project');
  fs.mkdirSync(path.join(project, 'bin'), { recursive: true });
  fs.symlinkSync(path.join(project, 'bin'), path.join(elsewhere, 'commands'));
  for (const name of scripts) {
    const [opening] = /[\s\S]*?^cd .*\n/m.exec(read(`bin/${name}`));
    fs.writeFileSync(path.join(project, 'bin', name), `${opening}pwd -P\n`, { mode: 0o755 });
    fs.symlinkSync(path.join(project, 'bin', name), path.join(elsewhere, name));
    for (const called of [path.join(project, 'bin', name), path.join(elsewhere, 'commands', name), path.join(elsewhere, name)]) {
      assert.deepEqual(await run('sh', '-c', 'cd /; exec "$0"', called), { status: 0, said: `${project}\n` }, called);
    }
  }
});

test('the package has the version of the program', () => {
  const [, version] = /version: '([\d.]+)'/.exec(read('meson.build'));
  assert.match(read('debian/changelog'), new RegExp(`^tconnectsync-heroku \\(${version.replaceAll('.', '\\.')}\\) `));
});
