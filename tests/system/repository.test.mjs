// The repository as its next owner meets it: its address, updates, releases, what GitHub is told.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import Ajv from 'ajv';
import { parse as parseYaml } from 'yaml';
import { folder, program, root } from './lib/run.mjs';

const read = (name, where = root) => fs.readFileSync(path.join(where, name), 'utf8');
const tracked = () => execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\0').filter((name) => name && fs.existsSync(path.join(root, name)));
const run = (command, args, options = {}) => spawnSync(command, args, { encoding: 'utf8', ...options });

function copyOfTexts(t) {
  const copy = folder(t);
  const wanted = /^(README|CHANGELOG)\.md$|^(docs|debian|\.github)\/|^(app\.json|Dockerfile|meson\.build|bin\/re\w+(-notes)?|src\/page\/web\/page\.html|src\/sync\/check_report\.c)$/;
  for (const name of tracked().filter((one) => wanted.test(one))) fs.cpSync(path.join(root, name), path.join(copy, name));
  return copy;
}

const everything = (where) => Object.fromEntries(fs.readdirSync(where, { recursive: true }).filter((name) => fs.statSync(path.join(where, name)).isFile())
  .sort().map((name) => [name, read(name, where)]));

test('bin/rehome writes the address wherever it belongs, and again after a move', (t) => {
  const [once, twice] = [copyOfTexts(t), copyOfTexts(t)];
  const address = 'https://github.com/some-one/pump.sync';
  const rehome = (where, ...words) => run(path.join(where, 'bin/rehome'), words);
  for (const wrong of [[], ['github.com/a/b'], ['https://github.com/a'], ['https://github.com/a/b/issues'], ['https://github.com/a/b#c'], [address, address]]) {
    assert.equal(rehome(once, ...wrong).status, 2, wrong.join(' '));
  }
  assert.equal(read('app.json', once), read('app.json'));
  assert.deepEqual(rehome(once, address).status, 0);
  const app = JSON.parse(read('app.json', once));
  assert.equal(app.repository, address);
  assert.ok(fs.existsSync(path.join(root, new URL(app.logo).pathname.replace(/^\/some-one\/pump\.sync\/raw\/HEAD\//, ''))), app.logo);
  const has = (name, ...texts) => texts.forEach((text) => assert.ok(read(name, once).includes(text), `${name}: ${text}`));
  has('README.md', `(https://www.heroku.com/deploy?template=${address})`, `](${address}/actions/workflows/test.yml/badge.svg)`, `](${address}/issues)`);
  has('docs/heroku.md', `(https://www.heroku.com/deploy?template=${address})`, `\n    git pull -r ${address} main\n`);
  has('docs/home.md', `\n    git clone ${address} tconnectsync\n`);
  has('docs/help.md', `](${address}/issues)`);
  has('.github/SECURITY.md', `](${address}/security/advisories/new)`);
  has('debian/control', `\nHomepage: ${address}\nVcs-Browser: ${address}\nVcs-Git: ${address}.git\n`);
  has('debian/copyright', `\nSource: ${address}\n`);
  has('Dockerfile', `org.opencontainers.image.source="${address}"`);
  has('docs/tconnectsync-heroku.1', `\n.Lk ${address}/issues .\n`);
  has('src/page/web/page.html', `<a href="${address}/issues">this program's issue tracker</a>`);
  for (const name of ['src/sync/check_report.c', 'docs/troubleshooting.md']) has(name, `copy this report into ${address}/issues, or`);
  // Nothing is left of the relative links, of the placeholders, or of the address before.
  for (const [name, text] of Object.entries(everything(once))) {
    if (name.startsWith('bin/')) continue;
    assert.doesNotMatch(text, /\]\((?:\.\.\/){2,}(?:actions|issues|security)|SOMEBODY\/SOMETHING|git (?:clone|pull -r) ADDRESS/, name);
  }
  assert.equal(rehome(twice, 'https://codeberg.example/x/pump').status, 0);
  assert.equal(rehome(twice, address).status, 0);
  assert.deepEqual(everything(twice), everything(once));
});

// The commands of a block of the guide, with the app's name, the address and Heroku's own commands made local ones.
function guideCommands(containing, { heroku, upstream }) {
  const block = [...read('docs/heroku.md').matchAll(/((?:^ {4}\S.*\n)+)/gm)].map(([lines]) => lines).find((lines) => lines.includes(containing));
  return block.replace(/^ {4}/gm, '').replace(/^heroku login$/m, ':').replace(/^heroku git:clone -a YOUR-APP$/m, `git clone -q -o heroku '${heroku}' YOUR-APP`)
    .replace('ADDRESS', `'${upstream}'`);
}

test('the guide\'s way to update by the Heroku command line works on an empty, an older, a changed and a foreign repository', (t) => {
  const home = folder(t);
  const env = { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' };
  const sh = (script, cwd = home) => run('sh', ['-ec', script], { cwd, env });
  const ok = (script, cwd) => { const { status, stdout, stderr } = sh(script, cwd); assert.equal(status, 0, `${script}\n${stdout}${stderr}`); return stdout; };
  const upstream = path.join(home, 'upstream');
  ok('git init -q -b main upstream; cd upstream; echo 1 >version; echo a >readme; git add .; git commit -qm one');
  const heroku = (name) => { ok(`git init -q --bare -b main ${name}.git`); return path.join(home, `${name}.git`); };
  const update = guideCommands('heroku git:clone', { heroku: 'HEROKU', upstream });
  const updateOf = (where) => update.replace('HEROKU', where);
  const pushed = (where) => ok(`git --git-dir='${where}' show main:version`).trim();
  const places = Object.fromEntries(['empty', 'older', 'changed', 'foreign'].map((name) => [name, heroku(name)]));
  for (const name of ['older', 'changed']) ok(`git push -q '${places[name]}' main`, upstream);
  ok(`git clone -q '${places.changed}' own; cd own; echo mine >mine; git add .; git commit -qm mine; git push -q origin main`);
  ok(`git init -q -b main other; cd other; echo 0 >version; git add .; git commit -qm foreign; git push -q '${places.foreign}' main`);
  ok('echo 2 >version; git commit -qam two', upstream);
  for (const [name, where] of Object.entries(places)) {
    const desk = path.join(home, `desk-${name}`);
    fs.mkdirSync(desk);
    const { status } = sh(updateOf(where), desk);
    if (name === 'foreign') {
      assert.notEqual(status, 0, 'a conflict');
      ok(guideCommands('git rebase --abort', {}), path.join(desk, 'YOUR-APP'));
    } else {
      assert.equal(status, 0, name);
    }
    assert.equal(pushed(where), '2', name);
  }
  assert.equal(ok(`git --git-dir='${places.changed}' show main:mine`), 'mine\n');
  // The next version takes only the last lines, in the folder that is there.
  ok('echo 3 >version; git commit -qam three', upstream);
  ok(update.split('\n').slice(-3).join('\n'), path.join(home, 'desk-empty/YOUR-APP'));
  assert.equal(pushed(places.empty), '3');
});

const WORKFLOW = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'on', 'permissions', 'jobs'],
  properties: {
    name: { type: 'string' },
    on: {
      type: 'object',
      additionalProperties: false,
      properties: {
        push: { type: 'object', additionalProperties: false, properties: { branches: { type: 'array' }, tags: { type: 'array' } } },
        pull_request: { type: 'null' },
        workflow_dispatch: { type: 'null' },
        schedule: { type: 'array', items: { type: 'object', additionalProperties: false, properties: { cron: { type: 'string', pattern: '^\\d+ \\d+ \\* \\* [*0-6]$' } } } },
      },
    },
    permissions: { type: 'object', additionalProperties: { enum: ['read', 'write'] } },
    concurrency: { type: 'object' },
    jobs: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['runs-on', 'steps'],
        properties: {
          name: { type: 'string' },
          needs: { type: ['string', 'array'] },
          strategy: { type: 'object', additionalProperties: false, required: ['matrix'], properties: { matrix: { type: 'object' }, 'fail-fast': { type: 'boolean' } } },
          'runs-on': { type: 'string' },
          'timeout-minutes': { type: 'integer' },
          permissions: { type: 'object', additionalProperties: { enum: ['read', 'write'] } },
          container: { type: 'object', additionalProperties: false, required: ['image'], properties: { image: { type: 'string', pattern: '^debian:' }, options: { type: 'string' } } },
          steps: {
            type: 'array',
            items: {
              type: 'object',
              additionalProperties: false,
              properties: { name: { type: 'string' }, if: { type: 'string' }, uses: { type: 'string', pattern: '^[\\w-]+/[\\w-]+@[0-9a-f]{40}$' }, with: { type: 'object' }, run: { type: 'string' }, env: { type: 'object' } },
              oneOf: [{ required: ['run'] }, { required: ['uses'] }],
            },
          },
        },
      },
    },
  },
};

const workflows = () => fs.readdirSync(path.join(root, '.github/workflows')).map((name) => [name, parseYaml(read(`.github/workflows/${name}`))]);

test('the workflows are well formed, call what there is, and pin what is not ours', () => {
  const ajv = new Ajv({ allErrors: true });
  assert.deepEqual(workflows().map(([name]) => name), ['fuzz.yml', 'nightly.yml', 'release.yml', 'test.yml']);
  for (const [name, workflow] of workflows()) {
    assert.ok(ajv.validate(WORKFLOW, workflow), `${name}: ${ajv.errorsText()}`);
    const jobs = Object.entries(workflow.jobs);
    for (const [job, { needs = [], strategy, steps, ...rest }] of jobs) {
      for (const needed of [needs].flat()) assert.ok(workflow.jobs[needed], `${name}: ${job} needs ${needed}`);
      const text = JSON.stringify({ steps, rest });
      const [asked, given] = [[...text.matchAll(/\$\{\{ matrix\.(\w+) \}\}/g)].map(([, key]) => key), Object.keys(strategy?.matrix ?? {})];
      assert.deepEqual([...new Set(asked)].sort(), given.sort(), `${name}: ${job}: the matrix`);
      for (const [, expression] of text.matchAll(/\$\{\{ (.*?) \}\}/g)) assert.match(expression, /^(matrix\.\w+|github\.(ref|token))$/, name);
      // Bytes of a pull request never become a command: what GitHub fills in stands in variables.
      for (const { run: script } of steps.filter((step) => step.run)) {
        assert.doesNotMatch(script.replace(/\$\{\{ matrix\.\w+ \}\}/g, '0'), /\$\{\{/, script);
        assert.equal(run('sh', ['-n', '-c', script.replace(/\$\{\{.*?\}\}/g, '0')]).status, 0, script);
        for (const [command] of script.matchAll(/(?<![\w/])bin\/[\w-]+/g)) fs.accessSync(path.join(root, command), fs.constants.X_OK);
      }
      assert.match(steps.find(({ uses }) => uses)?.uses ?? '', /^actions\/checkout@/, `${name}: ${job} begins with the sources`);
    }
  }
  const text = JSON.stringify(workflows());
  for (const command of ['bin/test"', 'bin/test --all', 'bin/fuzz 600', 'bin/package', 'bin/sbom', 'bin/release-notes', 'bin/image build', 'sha256sum']) assert.ok(text.includes(command), command);
  const { test: { strategy: { matrix } } } = parseYaml(read('.github/workflows/test.yml')).jobs;
  assert.deepEqual([matrix.debian, matrix.machine], [[12, 13], ['ubuntu-24.04', 'ubuntu-24.04-arm']]);
});

test('the issue forms ask for the diagnostics and refuse secrets', () => {
  const forms = fs.readdirSync(path.join(root, '.github/ISSUE_TEMPLATE')).map((name) => parseYaml(read(`.github/ISSUE_TEMPLATE/${name}`)));
  assert.equal(forms.find((form) => 'blank_issues_enabled' in form).blank_issues_enabled, false);
  const asking = forms.filter(({ body }) => body);
  assert.equal(asking.length, 2);
  for (const { name, description, body } of asking) {
    assert.ok(name && description);
    for (const { type, attributes } of body) {
      assert.ok(['markdown', 'textarea', 'dropdown', 'checkboxes'].includes(type));
      assert.ok(type === 'markdown' ? attributes.value : attributes.label);
    }
    const promises = body.filter(({ type }) => type === 'checkboxes').flatMap(({ attributes }) => attributes.options);
    assert.ok(promises.some(({ label, required }) => required && /no password, secret/.test(label)), name);
    assert.equal(new Set(body.map(({ id }) => id)).size, body.length);
  }
  const diagnostics = asking.flatMap(({ body }) => body).find(({ id }) => id === 'diagnostics');
  assert.ok(diagnostics.validations.required && diagnostics.attributes.description.includes('Copy diagnostics'));
});

test('bin/release-notes prints the change log of the version that all files name', (t) => {
  const [, version] = /version: '([\d.]+)'/.exec(read('meson.build'));
  const notes = run(path.join(root, 'bin/release-notes'), [`v${version}`]);
  assert.equal(notes.status, 0, notes.stderr);
  assert.match(notes.stdout, /^\S/);
  assert.doesNotMatch(notes.stdout, /^## /m);
  assert.ok(read('CHANGELOG.md').includes(notes.stdout.trim()));
  for (const wrong of ['', 'v1', '1.0.0', 'v9.9.9', `${version}; true`]) assert.equal(run(path.join(root, 'bin/release-notes'), [wrong]).status, 1, wrong);
  const copy = copyOfTexts(t);
  fs.writeFileSync(path.join(copy, 'debian/changelog'), read('debian/changelog').replace(version, '1.0.9'));
  assert.match(run(path.join(copy, 'bin/release-notes'), [version]).stderr, /debian\/changelog has another version/);
});

test('one version and one date stand everywhere', () => {
  const [, version] = /version: '([\d.]+)'/.exec(read('meson.build'));
  const [, date] = new RegExp(`^## ${version.replaceAll('.', '\\.')}, (\\d{4}-\\d\\d-\\d\\d)$`, 'm').exec(read('CHANGELOG.md'));
  const [, built] = /^ -- .*> {2}(.*)$/m.exec(read('debian/changelog'));
  assert.equal(new Date(built).toISOString().slice(0, 10), date);
  const [, shown] = /^\.Dd (.*)$/m.exec(read('docs/tconnectsync-heroku.1'));
  assert.equal(new Date(`${shown} UTC`).toISOString().slice(0, 10), date);
  for (const [, dated] of read('CHANGELOG.md').matchAll(/^## (.*)$/gm)) assert.match(dated, /^\d+\.\d+\.\d+, \d{4}-\d\d-\d\d$/);
  for (const name of ['deploy/kubernetes.yaml', 'deploy/nomad.hcl']) assert.ok(read(name).includes(`tconnectsync-heroku:${version}`), name);
});

test('bin/sbom tells as SPDX what the program links', () => {
  const told = run(path.join(root, 'bin/sbom'), [program]);
  assert.equal(told.status, 0, told.stderr);
  const { spdxVersion, dataLicense, SPDXID, documentNamespace, creationInfo, packages, relationships } = JSON.parse(told.stdout);
  assert.deepEqual([spdxVersion, dataLicense, SPDXID], ['SPDX-2.3', 'CC0-1.0', 'SPDXRef-DOCUMENT']);
  assert.match(documentNamespace, /^urn:sha256:[0-9a-f]{64}$/);
  assert.match(creationInfo.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const known = new Set([SPDXID, ...packages.map((one) => one.SPDXID)]);
  assert.equal(known.size, packages.length + 1);
  for (const { SPDXID: id, name, versionInfo, downloadLocation } of packages) {
    assert.match(id, /^SPDXRef-[A-Za-z0-9.-]+$/);
    assert.ok(name && versionInfo && downloadLocation);
  }
  for (const { spdxElementId, relatedSpdxElement } of relationships) assert.ok(known.has(spdxElementId) && known.has(relatedSpdxElement));
  for (const library of ['libcurl', 'libevent', 'libssl', 'libyajl', 'libc6']) {
    const found = packages.find(({ name }) => name.startsWith(library));
    assert.match(found?.externalRefs[0].referenceLocator ?? '', /^pkg:deb\/debian\/[^@]+@[\w.%~-]+\?arch=\w+$/, library);
  }
});

test('each promise of SECURITY.md names a test that exists', () => {
  const rows = read('.github/SECURITY.md').split('\n').filter((line) => /^\| (?!promise|---)/.test(line));
  assert.ok(rows.length > 20);
  for (const row of rows) {
    const named = [...row.matchAll(/`(tests\/[\w/.]+)`: ((?:\*[^*]+\*(?:, )?)+)/g)];
    assert.ok(named.length > 0, row);
    for (const [, name, list] of named) {
      const text = read(name).replaceAll('\\\'', '\'');
      for (const [, title] of list.matchAll(/\*([^*]+)\*/g)) {
        assert.ok([`test('${title}'`, `describe('${title}'`, `cmocka_unit_test(${title}`, `CASE(${title}`, `cmocka_unit_test_setup_teardown(${title}`].some((one) => text.includes(one)), `${name}: ${title}`);
      }
    }
  }
});
