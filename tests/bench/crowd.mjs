// What 5,000 connections that hold their places cost everybody else: /livez by one client at a time while they come back a
// second after they are closed, one kind after another; then what a hundred streams cost that nobody reads.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { freePort, sleep, until } from '../system/lib/child.mjs';
import { program } from '../system/lib/run.mjs';
import { start } from '../system/lib/simulator.mjs';

const SECRET = 'a-secret-of-sixteen-or-more';
const head = (target, more = '') => `GET ${target} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const KINDS = {
  'slow headers': 'GET / HTTP/1.1\r\nA: ',
  'slow bodies': 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nb',
  'idle, never a byte': '',
  'idle after an answer': head('/livez'),
  'unread answers': head('/').repeat(400),
};

// The crowd, in a thread of its own so that the measuring is not its.
function crowd({ port, count, first, drips }) {
  const connect = () => {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    if (first) socket.write(first);
    const timer = drips && setInterval(() => socket.write('a'), 1000);
    socket.pause();
    if (!first.startsWith('GET / HTTP/1.1\r\nHost')) socket.resume();
    socket.on('close', () => { clearInterval(timer); setTimeout(connect, 1000); });
  };
  for (let i = 0; i < count; i += 1) setTimeout(connect, i / 5);
}

const ask = (port) => new Promise((resolve) => {
  const begin = performance.now();
  const socket = net.connect(port, '127.0.0.1', () => socket.write(head('/livez', 'Connection: close\r\n')));
  let text = '';
  socket.on('data', (data) => { text += data; }).on('error', () => {}).on('close', () => resolve({ took: performance.now() - begin, good: text.startsWith('HTTP/1.1 200') }));
});

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1);
const resident = (pid) => Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);

async function measure() {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'tconnectsync-bench-'));
  const simulator = await start({ seed: 5, historyDays: 30, warm: true });
  const port = await freePort(), log = fs.openSync(path.join(home, 'log'), 'w');
  const server = spawn(program, [], { cwd: home, stdio: ['ignore', log, log], env: { PATH: '/usr/bin:/bin', HOME: home, ...simulator.env, PORT: String(port), LISTEN_HOST: '127.0.0.1', TCONNECTSYNC_HEROKU_SECRET: SECRET } });
  process.on('exit', () => server.kill('SIGKILL'));
  await until(async () => (await ask(port)).good);
  const table = {};
  for (const [kind, first] of [['nobody else', null], ...Object.entries(KINDS)]) {
    const worker = first === null ? null : new Worker(new URL(import.meta.url), { workerData: { port, count: 5000, first, drips: kind.startsWith('slow') } });
    await sleep(3000);
    const answers = [];
    for (const end = Date.now() + 15000; Date.now() < end; await sleep(5)) answers.push(await ask(port));
    const times = answers.map(({ took }) => took).sort((a, b) => a - b);
    table[kind] = { answers: answers.length, without: answers.filter(({ good }) => !good).length, p50: at(times, 0.5), p99: at(times, 0.99), worst: at(times, 1), 'resident MB': resident(server.pid) };
    await worker?.terminate();
    await sleep(1000);
  }
  console.log('/livez in milliseconds beside 5,000 connections');
  console.table(table);

  const before = resident(server.pid);
  const sockets = [];
  for (let i = 0; i < 100; i += 1) {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    socket.pause();
    socket.write(head('/update?days=28&pretend=1&features=BASAL,BOLUS,PUMP_EVENTS,CGM', `Authorization: Bearer ${SECRET}\r\n`));
    sockets.push(socket);
  }
  let most = 0;
  for (const end = Date.now() + 25000; Date.now() < end; await sleep(100)) most = Math.max(most, resident(server.pid));
  sockets.forEach((socket) => socket.destroy());
  await sleep(2000);
  console.log(`resident MB before, with and after 100 /update that nobody reads: ${before}, ${most}, ${resident(server.pid)}`);
  server.kill('SIGTERM');
  await new Promise((resolve) => { server.once('exit', resolve); });
  await simulator.stop();
  fs.rmSync(home, { recursive: true, force: true });
}

if (isMainThread) await measure();
else crowd(workerData);
