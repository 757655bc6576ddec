// Changes the program in one small place at a time and says which changes no test notices:
//   node tests/mutants/run.mjs [COUNT [SEED]]      200 and 1 unless given; the same two, the same changes
//   node tests/mutants/run.mjs COUNT SEED 1/2      the first half of these, to run beside 2/2
//   node tests/mutants/run.mjs FILE:LINE           every change of one line
//   node tests/mutants/run.mjs LIST                those of a file that holds what an earlier run printed
// On a copy of the sources in build-mutants. First the unit tests, built without optimization and without sanitizers;
// what these do not notice, the room's own run again with sanitizers, as bin/test builds them; what these do not notice
// either, the system tests of the room, which have to pass without any change. The last line says how many survived all
// of it; those that change nothing that can be seen stand in equivalent.txt, with why.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const [first = '200', seed = '1', part = '1/1'] = process.argv.slice(2);
const [place, parts] = part.split('/').map(Number);
const copy = path.join(root, 'build-mutants', String(place), 'source');

// What has unit tests: whole rooms, and single files of rooms that mostly talk. Which suites look at a room, nearest
// first, and which files of system tests.
const rooms = {
  base: { suites: ['base', 'pump', 'settings', 'documents', 'http', 'tandem'], system: ['failures', 'daemon_surface', 'sync'] },
  pump: { suites: ['pump', 'documents'], system: ['account', 'clock', 'settled', 'sync'] },
  documents: { suites: ['documents', 'page'], system: ['settled', 'properties', 'clock', 'sync'] },
  settings: { suites: ['settings', 'tandem'], system: ['failures', 'people', 'docs', 'terminal', 'daemon'] },
  http: { suites: ['http'], only: ['http_guard.c', 'http_parameters.c', 'http_crowd.c', 'http_retry.c'], system: ['http_server', 'failures', 'sync'] },
  tandem: { suites: ['tandem'], only: ['jwt.c', 'pkce.c', 'credential_cache.c'], system: ['failures', 'daemon_time', 'sync'] },
  page: { suites: ['page'], system: ['page_http', 'page_words', 'page'] },
  server: { suites: ['server'], only: ['authorization.c', 'rate_limit.c', 'schedule.c', 'session.c'], system: ['daemon_surface', 'daemon_time', 'people', 'page_http'] },
};

// How it is built, and the tests in it: {suite: [{target for ninja, command, environment, limit}]}.
const builds = {
  quick: { folder: path.join(copy, '../quick'), options: ['--buildtype=debug', '--optimization=0', '-Ddebug=false'], suites: {} },
  sanitized: { folder: path.join(copy, '../sanitized'), options: ['--buildtype=debugoptimized', '-Db_sanitize=address,undefined', '-Db_lundef=false'], suites: {} },
};

const files = () => Object.entries(rooms).flatMap(([room, { only }]) => fs.readdirSync(path.join(root, 'src', room))
  .filter((name) => name.endsWith('.c') && (!only || only.includes(name)))
  .map((name) => `src/${room}/${name}`)).sort();

// The text with blanks in the place of comments, strings, characters and what is for the preprocessor.
function code(text) {
  return text.replace(/\/\*[^]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|^#(?:.*\\\n)*.*$/gm, (found) => found.replace(/[^\n]/g, ' '));
}

// What is changed into what. A star, minus or ampersand counts only with a blank on both sides: then it has two operands.
const changes = [
  [/(?<=[^<])<=(?=[^=])/g, ['<']], [/(?<=[^->])>=(?=[^=])/g, ['>']], [/(?<= )<(?= )/g, ['<=']], [/(?<= )>(?= )/g, ['>=']],
  [/==/g, ['!=']], [/!=/g, ['==']], [/&&/g, ['||']], [/\|\|/g, ['&&']],
  [/(?<= )\+(?= )/g, ['-']], [/(?<= )-(?= )/g, ['+']], [/(?<= )\*(?= )/g, ['/']], [/(?<= )\/(?= )/g, ['*']], [/(?<= )%(?= )/g, ['*']],
  [/(?<=[ (])\+=(?= )/g, ['-=']], [/(?<=[ (])-=(?= )/g, ['+=']],
  [/\btrue\b/g, ['false']], [/\bfalse\b/g, ['true']],
  [/(?<![\w.])\d+(?=[^\w.]|[uUlL]+\b)/g, [(number) => `${BigInt(number) + 1n}`, (number) => (number === '0' ? '-1' : `${BigInt(number) - 1n}`)]],
];

// Where the parenthesis that opens at `from` is closed.
function closing(text, from) {
  for (let at = from, depth = 0; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')' && (depth -= 1) === 0) return at;
  }
  return -1;
}

// Every change of one file: {file, from, to (in its text), put, line}.
function mutants(file) {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const bare = code(text);
  const found = [];
  const add = (from, to, put) => found.push({ file, from, to, put, line: bare.slice(0, from).split('\n').length });
  for (const [pattern, puts] of changes) {
    for (const match of bare.matchAll(pattern)) {
      for (const put of puts) add(match.index, match.index + match[0].length, typeof put === 'string' ? put : put(match[0]));
    }
  }
  for (const match of bare.matchAll(/\b(?:if|while) \(/g)) {
    const from = match.index + match[0].length - 1;
    const to = closing(bare, from);
    if (to > 0) add(from, to + 1, `(!${text.slice(from, to + 1)})`);
  }
  // A call or an assignment that is a statement: what begins a line within a function and ends it.
  for (const match of bare.matchAll(/^( {4,})(?:[a-z_]\w*(?:->\w+|\.\w+|\[[^\];]*\])* (?:[-+|&]?=) [^;{}]*|[a-z_]\w*\([^;{}]*\)|[\w>.-]+(?:\+\+|--));$/gm)) {
    if (!/^ *(?:return|else|case|goto)\b/.test(match[0])) add(match.index + match[1].length, match.index + match[0].length, ';');
  }
  // Not the sign of a comparison's answer, nor an error's kind before it is one: these count only as zero or not. Not how
  // much room a list or a struct is given at first: more is not needed, and none is taken for one. Not va_end: it does nothing
  // on the machines of today.
  const idle = ({ from, to }) => text.startsWith('va_end(', from) || /xcalloc\($|capacity \* 2 : $/.test(text.slice(from - 20, from)) ||
    (/^\d+$/.test(text.slice(from, to)) &&
      (/\? -$|-?1 : -?$/.test(text.slice(from - 6, from)) && /return .* \? -1 : 1;|return .* \? 1 : -1;/.test(text.slice(text.lastIndexOf('\n', from), text.indexOf('\n', to))) ||
        /struct error \w+ = \{$/.test(text.slice(from - 40, from))));
  return found.filter((mutant) => !idle(mutant)).map((mutant) => {
    const begin = text.lastIndexOf('\n', mutant.from - 1) + 1;
    const end = text.indexOf('\n', mutant.to);
    const changed = text.slice(begin, mutant.from) + mutant.put + text.slice(mutant.to, end);
    const squeeze = (lines) => lines.trim().replace(/\s+/g, ' ');
    return { ...mutant, text: text.slice(0, mutant.from) + mutant.put + text.slice(mutant.to), was: squeeze(text.slice(begin, end)), is: squeeze(changed) };
  });
}

// The first `count` of a shuffle that only the seed decides.
function choose(all, count, seed) {
  let state = (seed * 2654435761 + 1) >>> 0;
  const random = (below) => {
    state ^= state << 13; state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5; state >>>= 0;
    return state % below;
  };
  for (let i = all.length - 1; i > 0; i -= 1) {
    const other = random(i + 1);
    [all[i], all[other]] = [all[other], all[i]];
  }
  return all.slice(0, count);
}

function prepare() {
  for (const file of execFileSync('git', ['ls-files', '-z', '--', 'src', 'include', 'tests/*.build', 'tests/*.[ch]', 'tests/page/approved', 'tests/fuzz', 'deploy', 'docs', 'meson*', 'subprojects'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)) {
    if (!fs.existsSync(path.join(root, file))) continue;
    const [from, to] = [path.join(root, file), path.join(copy, file)];
    fs.mkdirSync(path.dirname(to), { recursive: true });
    if (!fs.existsSync(to) || !fs.readFileSync(from).equals(fs.readFileSync(to))) fs.copyFileSync(from, to);
  }
  for (const build of Object.values(builds)) {
    if (!fs.existsSync(path.join(build.folder, 'build.ninja'))) execFileSync('meson', ['setup', build.folder, copy, ...build.options]);
    const listed = JSON.parse(execFileSync('meson', ['introspect', '--tests', build.folder], { encoding: 'utf8' }));
    for (const { suite, cmd, env } of listed) {
      const name = suite[0].replace(/^.*:/, '');
      (build.suites[name] ??= []).push({ target: path.relative(build.folder, cmd[0]), cmd, env, limit: 300000 });
    }
  }
}

const makes = ({ folder }, ...targets) => spawnSync('ninja', ['-C', folder, ...targets], { stdio: 'ignore' }).status === 0;
const passes = ({ folder }, { cmd, env, limit }) => spawnSync(cmd[0], cmd.slice(1),
  { cwd: folder, env: { ...process.env, ...env, MALLOC_PERTURB_: '165' }, stdio: 'ignore', timeout: limit, killSignal: 'SIGKILL' }).status === 0;

// A test that takes ten times as long as without any change has noticed it.
function measure(build, name) {
  const suite = build.suites[name];
  if (!makes(build, ...suite.map(({ target }) => target))) throw new Error(`the tests of ${name} do not compile without any change`);
  for (const test of suite) {
    const begin = Date.now();
    if (!passes(build, test)) throw new Error(`${test.target} fails without any change`);
    test.took = Date.now() - begin;
  }
  for (const test of suite) test.limit = 10 * test.took + 5000;
}

// The test that is named after the file comes first, then the quickest.
function inOrder(suite, file) {
  const stem = path.basename(file, '.c');
  const isNamesake = ({ target }) => stem.startsWith(target.replace(/.*test_/, '')) || target.endsWith(`_${stem}`);
  return suite.toSorted((one, other) => isNamesake(other) - isNamesake(one) || one.took - other.took);
}

// Which unit test notices it; 'compiler', or null: none does.
function judgeByUnits(build, file, names) {
  for (const suite of names) {
    for (const test of inOrder(build.suites[suite], file)) {
      if (!makes(build, test.target)) return 'compiler';
      if (!passes(build, test)) return test.target;
    }
  }
  return null;
}

// As bin/test starts them, but file by file: the first that fails, and not by chance, has noticed it.
const passesSystem = (name) => spawnSync(process.execPath, ['--test', `tests/system/${name}.test.mjs`],
  { cwd: root, env: { ...process.env, BUILD: builds.quick.folder }, stdio: 'ignore', timeout: 600000, killSignal: 'SIGKILL' }).status === 0;
const makesSystem = () => makes(builds.quick, 'tconnectsync-heroku', 'tconnectsync-simulator', 'tests/http_echo', 'tests/page_sample');

// Which test notices it; 'compiler', or null: none does.
function judge({ file, text }) {
  const where = path.join(copy, file);
  const before = fs.readFileSync(where);
  fs.writeFileSync(where, text);
  try {
    const { suites, system } = rooms[file.split('/')[1]];
    const by = judgeByUnits(builds.quick, file, suites) ?? judgeByUnits(builds.sanitized, file, suites.slice(0, 1));
    if (by) return by;
    if (!makesSystem()) return 'compiler';
    return system.find((name) => !passesSystem(name) && !passesSystem(name)) ?? null;
  } finally {
    fs.writeFileSync(where, before);
  }
}

const keyOf = ({ file, was, is }) => `${file} | ${was} | ${is}`;
// Which changes a list holds, a line each: file | the line | the line changed, and in equivalent.txt | why nobody can see
// it. Both lines of code may hold " | " themselves.
function isIn(list) {
  const lines = fs.readFileSync(list, 'utf8').split('\n').map((line) => `${line} | `);
  return (key) => lines.some((line) => line.startsWith(`${key} | `));
}

const all = files().flatMap(mutants);
const [file, line] = first.split(':');
const listed = fs.existsSync(first) && isIn(first);
const chosen = (listed ? all.filter((mutant) => listed(keyOf(mutant)))
  : line ? all.filter((mutant) => mutant.file === file && mutant.line === Number(line))
    : choose(all, Number(first), Number(seed))).filter((_, i) => i % parts === place - 1);
const known = isIn(path.join(root, 'tests/mutants/equivalent.txt'));
prepare();
const concerned = [...new Set(chosen.map(({ file: changed }) => changed.split('/')[1]))].map((room) => rooms[room]);
for (const suite of new Set(concerned.flatMap(({ suites }) => suites))) measure(builds.quick, suite);
for (const suite of new Set(concerned.map(({ suites }) => suites[0]))) measure(builds.sanitized, suite);
if (!makesSystem()) throw new Error('the program does not compile without any change');
const counts = { survived: 0, equivalent: 0, caught: 0, compiler: 0 };
for (const [done, mutant] of chosen.entries()) {
  if (process.stderr.isTTY) process.stderr.write(`${done} of ${chosen.length}\r`);
  const key = keyOf(mutant);
  const by = known(key) ? 'equivalent' : judge(mutant) ?? 'survived';
  counts[by in counts ? by : 'caught'] += 1;
  if (by === 'survived') console.log(`SURVIVED ${mutant.file}:${mutant.line}\n${key}`);
  if (rooms[mutant.file.split('/')[1]].system.includes(by)) console.log(`# noticed by system/${by} alone: ${key}`);
}
const judged = counts.caught + counts.survived;
console.log(`${judged} changes, ${counts.survived} survived (${((100 * counts.survived) / Math.max(judged, 1)).toFixed(1)} %); besides ${counts.equivalent} that nobody can see and ${counts.compiler} that do not compile, of ${all.length}`);
process.exit(counts.survived > judged * 0.03 ? 1 : 0);
