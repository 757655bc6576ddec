// Clean Debian roots in which a deployment is rehearsed: nothing of this machine but its kernel and its network.
import fs from 'node:fs';
import path from 'node:path';
import { launch } from './child.mjs';
import { root as project } from './run.mjs';

const cache = path.join(project, '.cache/roots');

// A new folder in which everybody may look.
const own = (prefix) => {
  fs.mkdirSync(cache, { recursive: true });
  const folder = fs.mkdtempSync(path.join(cache, prefix));
  fs.chmodSync(folder, 0o755);
  return folder;
};

// A word as the shell takes it for one.
const quote = (word) => `'${String(word).replaceAll("'", "'\\''")}'`;

// Runs a program to its end and gives what it printed; a failure is an error that holds all of it.
export async function succeed(command, args, options) {
  const program = launch(command, args, options);
  program.child.stdin.end();
  const { status, signal } = await program.ended;
  const said = `${program.stdout}${program.stderr}`;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status ?? signal}\n${said.slice(-12000)}`);
  return program.stdout;
}

// What chroot needs in front: a mount namespace in which root is / with the folders that binds names ({'/in/root':
// '/outside'}, read-only with 'ro:' in front of the path outside), an empty /tmp, and root itself read-only unless
// writable.
function wrapped(root, { binds = {}, writable = false, user, env = {}, memory, cwd = '/' }, words) {
  const lines = ['set -eu', `mount --bind ${quote(root)} ${quote(root)}`];
  if (!writable) lines.push(`mount -o remount,bind,ro ${quote(root)}`);
  const at = (inner) => quote(path.join(root, inner));
  lines.push(`mount -t proc proc ${at('proc')}`, `mount --rbind /dev ${at('dev')}`, `mount -t tmpfs -o mode=1777 tmpfs ${at('tmp')}`,
    `mount --bind /etc/resolv.conf ${at('etc/resolv.conf')}`);
  for (const [inner, outer] of Object.entries(binds)) {
    const folder = outer.replace(/^ro:/, '');
    lines.push(`mount --bind ${quote(folder)} ${at(inner)}`);
    if (outer !== folder) lines.push(`mount -o remount,bind,ro ${at(inner)}`);
  }
  const limit = memory ? `prlimit --as=${memory} ` : '';
  const variables = Object.entries({ PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', ...env })
    .map(([name, value]) => quote(`${name}=${value}`)).join(' ');
  lines.push(`exec ${limit}chroot ${user ? `--userspec=${user} ` : ''}${quote(root)} /usr/bin/env -i -C ${quote(cwd)} ${variables} ${words.map(quote).join(' ')}`);
  return ['unshare', ['--mount', 'sh', '-c', lines.join('\n')]];
}

// Runs words within root to their end and gives what they printed.
export function within(root, options, ...words) {
  return succeed(...wrapped(root, options, words));
}

// Starts words within root: see launch in child.mjs. The process that is launched becomes them, so signals reach them.
export function beginWithin(root, options, ...words) {
  return launch(...wrapped(root, options, words));
}

// Why no root can be made here: a clear word instead of a failure in the midst.
function checkRights() {
  if (process.getuid() !== 0) throw new Error('the rehearsals change the root folder of what they start, which only root may: sudo bin/test --all');
}

// A folder with a Debian of that suite ('bookworm', 'trixie'), the packages installed, and folders made for binds. It
// is made once and kept below .cache; delete that for a fresh one.
export async function cleanRoot(name, { suite, packages = [], folders = [] }) {
  checkRights();
  const root = path.join(cache, name);
  const stamp = `${root}.made`;
  const wanted = JSON.stringify({ suite, packages, folders });
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return root;
  fs.rmSync(stamp, { force: true });
  fs.rmSync(root, { recursive: true, force: true });
  fs.mkdirSync(cache, { recursive: true });
  if (name === suite) {
    await succeed('debootstrap', ['--variant=minbase', suite, root]);
    // A mirror may lag behind; what matters here is which versions there are, not that they are today's.
    fs.writeFileSync(path.join(root, 'etc/apt/apt.conf.d/99-any-date'), 'Acquire::Check-Valid-Until "false";\n');
  } else {
    await succeed('cp', ['-a', await cleanRoot(suite, { suite }), root]);
  }
  if (packages.length > 0) {
    const install = { writable: true, env: { DEBIAN_FRONTEND: 'noninteractive' } };
    await within(root, install, 'apt-get', '-qq', 'update');
    await within(root, install, 'apt-get', '-qq', 'install', '-y', '--no-install-recommends', ...packages);
    await within(root, install, 'sh', '-c', 'apt-get clean; rm -rf /var/lib/apt/lists/*');
  }
  for (const folder of folders) fs.mkdirSync(path.join(root, folder), { recursive: true });
  fs.writeFileSync(stamp, wanted);
  return root;
}

// A copy of root that a test may change; it goes when the test t ends.
export async function copyOf(t, root) {
  const copy = own('copy-');
  t.after(() => fs.rmSync(copy, { recursive: true, force: true }));
  await succeed('cp', ['-a', `${root}/.`, copy]);
  return copy;
}

// The project's tracked files as they stand, new ones too, in a folder of their own: what a platform would be handed.
export async function source(t, owner) {
  const folder = own('source-');
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const files = (await succeed('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: project })).split('\0');
  for (const file of files.filter((name) => name && fs.existsSync(path.join(project, name)))) {
    fs.cpSync(path.join(project, file), path.join(folder, file), { preserveTimestamps: true });
  }
  if (owner) await succeed('chown', ['-R', `${owner}:${owner}`, folder]);
  return folder;
}

// Bytes of the files below a folder, without those in the folders leftOut.
export async function size(folder, leftOut = []) {
  const words = ['-s', '-B1', '--apparent-size', ...leftOut.map((part) => `--exclude=${path.join(folder, part)}`), folder];
  return Number((await succeed('du', words)).split('\t')[0]);
}
