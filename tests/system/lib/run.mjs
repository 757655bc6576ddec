// Runs the real program, tconnectsync-heroku, as a person or a platform would: with an environment of its own and
// nothing else of the machine's.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './child.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const build = path.resolve(root, process.env.BUILD || 'build-test');
export const program = path.join(build, 'tconnectsync-heroku');

// A folder of the test's own; t is the test's context.
export function folder(t) {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'tconnectsync-test-'));
  t.after(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

function environment(home, env) {
  return {
    PATH: '/usr/bin:/bin',
    HOME: home,
    // A leak or undefined behaviour is a failure, with a status that no program of ours uses.
    ASAN_OPTIONS: 'exitcode=99:detect_leaks=1:abort_on_error=0',
    UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1:exitcode=99',
    ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
  };
}

// Starts it and leaves it running: see launch in child.mjs. home is HOME and the working folder.
export function begin(args, { env = {}, home }) {
  return launch(program, args, { cwd: home, env: environment(home, env) });
}

// Runs it to its end: {status, signal, stdout, stderr, seconds}. A run over its time is ended and is an error.
export async function run(args, { env = {}, home, seconds = 120 }) {
  const from = process.hrtime.bigint();
  const running = begin(args, { env, home });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    running.child.kill('SIGKILL');
  }, seconds * 1000);
  const { status, signal } = await running.ended.finally(() => clearTimeout(timer));
  const result = {
    status, signal, stdout: running.stdout, stderr: running.stderr, seconds: Number(process.hrtime.bigint() - from) / 1e9,
  };
  if (late) throw new Error(`${args.join(' ')}: not done after ${seconds} s\n${result.stderr.slice(-4000)}`);
  return result;
}

// As run with --json: adds report, the object on standard output. What the program logged is in the error when
// there is none.
export async function runJson(args, options) {
  const result = await run([...args, '--json'], options);
  try {
    return { ...result, report: JSON.parse(result.stdout) };
  } catch (error) {
    throw new Error(`${args.join(' ')} ended with ${result.status ?? result.signal} and no JSON on standard output `
      + `(${error.message})\n${result.stdout.slice(0, 2000)}\n${result.stderr.slice(-4000)}`);
  }
}
