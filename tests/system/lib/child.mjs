// Child processes that do not outlive the test that started them, however it ends.
import { spawn } from 'node:child_process';
import net from 'node:net';
import { dated } from './date.mjs';

const running = new Set();
const endAll = () => running.forEach((child) => child.kill('SIGKILL'));
process.on('exit', endAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    endAll();
    process.exit(1);
  });
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// A port below those that the kernel gives away, so that no other test's connection takes it meanwhile.
export async function freePort() {
  for (;;) {
    const port = 10000 + Math.floor(Math.random() * 20000);
    const server = net.createServer().listen(port, '127.0.0.1');
    const free = await new Promise((resolve) => server.once('listening', () => resolve(true)).once('error', () => resolve(false)));
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

// Repeats probe (which may throw) until it gives something true, and returns that.
export async function until(probe, { seconds = 20, every = 50, what = 'the condition' } = {}) {
  const end = Date.now() + seconds * 1000;
  let reason = 'it stayed false';
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
    } catch (error) {
      if (error.final) throw error;
      reason = error.message;
    }
    if (Date.now() > end) throw new Error(`${what} did not come true within ${seconds} s: ${reason}`);
    await sleep(every);
  }
}

// A running program. stdout and stderr gather what it printed; ended resolves to {status, signal}. The child's
// standard input is a pipe that closes when this process dies: a child that watches it ends itself then.
export function launch(command, args, { env = process.env, cwd } = {}) {
  const child = spawn(command, args, { env: dated(env), cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  const program = { child, pid: child.pid, stdout: '', stderr: '', hasEnded: false };
  running.add(child);
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (text) => { program.stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { program.stderr += text; });
  program.ended = new Promise((resolve, reject) => {
    child.once('error', (error) => { running.delete(child); reject(error); });
    child.once('close', (status, signal) => {
      running.delete(child);
      program.hasEnded = true;
      resolve({ status, signal });
    });
  });
  program.ended.catch(() => {});

  // Waits until the output holds what pattern looks for; an early end is reported with what the program said.
  program.says = (pattern, options) => until(() => {
    const found = pattern.exec(program.stdout) ?? pattern.exec(program.stderr);
    if (!found && program.hasEnded) {
      throw Object.assign(new Error(`${command} ended early:\n${program.stdout}${program.stderr}`), { final: true });
    }
    return found;
  }, { every: 10, what: `${command} saying ${pattern}`, ...options });

  program.stop = async (signal = 'SIGTERM', { seconds = 30 } = {}) => {
    if (!program.hasEnded) child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    const result = await program.ended.finally(() => clearTimeout(timer));
    return result;
  };
  return program;
}
