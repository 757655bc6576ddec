// bin/setup on bare Debians, and what they build: with gcc and clang without a warning, the same bytes in any folder,
// against a yajl of our own, and for another processor.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { cleanRoot, copyOf, source, within } from '../lib/clean_root.mjs';
import { root as project } from '../lib/run.mjs';
import { start } from '../lib/simulator.mjs';

const SUITES = ['bookworm', 'trixie'];
const RELEASE = ['--buildtype=release', '-Dwerror=true'];

// A shell in root with the project's files in /project; the commands one below the other, the first failure ends it.
const shell = (root, files, lines, env = {}) => within(root, { writable: true, binds: { project: files }, cwd: '/project', env: { HOME: '/root', DEBIAN_FRONTEND: 'noninteractive', ...env } },
  'sh', '-euxc', lines.join('\n'));
const install = (...packages) => `apt-get -qq install -y --no-install-recommends ${packages.join(' ')}`;

for (const suite of SUITES) {
  test(`${suite}: bin/setup and bin/build on a bare system; gcc and clang; core tests; the same bytes twice`, { timeout: 1_200_000 }, async (t) => {
    const files = await source(t);
    const root = await copyOf(t, await cleanRoot(`${suite}-bare`, { suite, folders: ['project'] }));
    await shell(root, files, ['bin/setup', 'bin/build', 'build/tconnectsync-heroku --version']);
    await shell(root, files, [install('clang', 'libcmocka-dev')]);
    for (const compiler of ['gcc', 'clang']) {
      await shell(root, files, [
        `meson setup build-${compiler} ${RELEASE.join(' ')}`, `ninja -j2 -C build-${compiler}`,
        `meson test -C build-${compiler} --no-rebuild --suite core`], { CC: compiler });
    }
    await shell(root, files, [
      'mkdir -p /tmp/deeper/still', 'cp -R /project /tmp/deeper/still/copy', 'rm -rf /tmp/deeper/still/copy/build*',
      'cd /tmp/deeper/still/copy', `meson setup other/name ${RELEASE.join(' ')}`, 'ninja -j2 -C other/name tconnectsync-heroku',
      'cmp other/name/tconnectsync-heroku /project/build-gcc/tconnectsync-heroku']);
  });
}

// What bin/setup installs to build.
const BUILD_PACKAGES = /^build_packages='(.*)'$/m.exec(fs.readFileSync(path.join(project, 'bin/setup'), 'utf8'))[1].split(' ');

// The archive that the wrap names comes from Debian, which has the same bytes: no other host is asked.
test('yajl: the wrap builds it with its three holes fixed, and the core passes with it', { timeout: 900_000 }, async (t) => {
  const files = await source(t);
  const root = await copyOf(t, await cleanRoot('trixie-build', { suite: 'trixie', packages: BUILD_PACKAGES, folders: ['project'] }));
  const [, hash] = /source_hash = (\w+)/.exec(fs.readFileSync(path.join(project, 'subprojects/yajl.wrap'), 'utf8'));
  await shell(root, files, [
    "sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >/etc/apt/sources.list.d/sources.list",
    'apt-get -qq update', install('dpkg-dev', 'libcmocka-dev'),
    'mkdir -p subprojects/packagecache', 'cd subprojects/packagecache',
    'apt-get -qq source --download-only --tar-only yajl', 'mv yajl_2.1.0.orig.tar.gz yajl-2.1.0.tar.gz',
    `echo "${hash}  yajl-2.1.0.tar.gz" | sha256sum -c`]);
  await shell(root, files, [
    'dpkg --purge libyajl-dev libyajl2',
    'meson setup build --force-fallback-for=yajl -Db_sanitize=address,undefined -Db_lundef=false -Dwerror=true',
    'ninja -j2 -C build', 'meson test -C build --no-rebuild --suite core',
    'cc -fsanitize=address,undefined -Ibuild/subprojects/yajl-2.1.0 -Isubprojects/yajl-2.1.0/src -o build/holes tests/system/slow/yajl_holes.c build/subprojects/yajl-2.1.0/libyajl.a',
    'build/holes']);
});

// Multiarch gives the other processor's libraries, qemu its processor. The libraries for this one stay out: now and then
// a package of the two disagrees about a file they share.
const ARM64_PACKAGES = [
  'gcc', 'libc6-dev', 'meson', 'ninja-build', 'pkgconf', 'tzdata', 'gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross', 'qemu-user',
  ...['libcmocka-dev', 'libcurl4-openssl-dev', 'libevent-dev', 'libssl-dev', 'libyajl-dev'].map((name) => `${name}:arm64`)];

test('arm64: cross-compiled without a warning; core tests and a sync on that processor', { timeout: 1_800_000 }, async (t) => {
  const files = await source(t);
  const root = await copyOf(t, await cleanRoot('trixie-bare', { suite: 'trixie', folders: ['project'] }));
  await shell(root, files, ['dpkg --add-architecture arm64', 'apt-get -qq update', install(...ARM64_PACKAGES)]);
  await shell(root, files, [
    `meson setup build --cross-file tests/system/slow/arm64.ini ${RELEASE.join(' ')}`, 'ninja -j2 -C build',
    'meson test -C build --no-rebuild --suite core --timeout-multiplier 20']);
  const simulator = await start({ seed: 8, historyDays: 2 });
  t.after(() => simulator.stop());
  const binds = { project: files };
  const said = await within(root, { binds, env: { ...simulator.env, CACHE_CREDENTIALS: 'false', HOME: '/' } },
    'qemu-aarch64', '/project/build/tconnectsync-heroku', 'sync', '--days', '1', '--json');
  assert.equal(JSON.parse(said).result, 'ok', said);
  assert.ok((await simulator.documents()).treatments.length > 100);
});
