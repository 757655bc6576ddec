// The long-running server: how soon it answers, what memory it takes, how fast it serves beside nginx, and whether a sync
// keeps anybody waiting.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { freePort, sleep, until } from '../system/lib/child.mjs';
import { memory } from '../system/lib/proc.mjs';
import { program } from '../system/lib/run.mjs';
import { start } from '../system/lib/simulator.mjs';

const SECRET = 'a-secret-of-sixteen-or-more';
const ALL = 'BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS';
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'tconnectsync-bench-'));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

function launch(command, args, env = {}) {
  const log = fs.openSync(path.join(home, `${path.basename(command)}.log`), 'a');
  const child = spawn(command, args, { cwd: home, env: { PATH: '/usr/sbin:/usr/bin:/bin', HOME: home, ...env }, stdio: ['ignore', log, log] });
  fs.closeSync(log);
  children.add(child);
  const ended = new Promise((resolve) => { child.once('exit', () => { children.delete(child); resolve(); }); });
  return { pid: child.pid, stop: () => { child.kill('SIGTERM'); return ended; } };
}

// Milliseconds from the start of the process to its first whole answer.
async function serve(simulator, env = {}) {
  const port = await freePort(), begin = performance.now();
  const server = launch(program, [], { ...simulator.env, PORT: String(port), LISTEN_HOST: '127.0.0.1', TCONNECTSYNC_HEROKU_SECRET: SECRET, TCONNECTSYNC_HEROKU_FEATURES: ALL, ...env });
  const ask = () => new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'));
    socket.once('data', (data) => { socket.destroy(); resolve(String(data).startsWith('HTTP/1.1 200')); });
    socket.once('error', () => setImmediate(resolve, false));
  });
  while (!await ask()) if (performance.now() - begin > 5000) throw new Error('the server does not answer');
  return { ...server, port, firstAnswer: performance.now() - begin };
}

// Megabytes of the process: resident, and of that what no file backs.
function megabytes({ pid }) {
  const { Rss, Anonymous } = memory(pid);
  return { resident: (Rss / 1024).toFixed(1), anonymous: (Anonymous / 1024).toFixed(1) };
}

const call = async (server, where) => (await fetch(`http://127.0.0.1:${server.port}${where}`, { headers: { authorization: `Bearer ${SECRET}` } })).text();

// Requests a second and the slowest answer in milliseconds, by one thread of wrk.
function wrk(port, where, { seconds = 4, connections = 16 } = {}) {
  const text = execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', `http://127.0.0.1:${port}${where}`], { encoding: 'utf8' });
  const [, slowest, unit] = /Latency\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)/.exec(text);
  if (/Non-2xx/.test(text)) throw new Error(text);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]), slowest: Number(slowest) * { us: 0.001, ms: 1, s: 1000 }[unit] };
}

async function nginx(body) {
  const port = await freePort(), root = path.join(home, 'nginx');
  fs.mkdirSync(root);
  fs.writeFileSync(path.join(root, 'page.html'), body);
  // As our server does it writes a line for each request.
  fs.writeFileSync(path.join(root, 'nginx.conf'), `user ${os.userInfo().username}; worker_processes 1; daemon off; pid ${root}/pid; error_log ${root}/error.log;
    events { worker_connections 256; }
    http { access_log ${root}/access.log; sendfile on; tcp_nopush on; keepalive_requests 1000000; types { text/html html; }
      client_body_temp_path ${root}/b; proxy_temp_path ${root}/p; fastcgi_temp_path ${root}/f; uwsgi_temp_path ${root}/u; scgi_temp_path ${root}/s;
      server { listen 127.0.0.1:${port}; root ${root}; } }`);
  const server = launch('nginx', ['-c', path.join(root, 'nginx.conf')]);
  await until(async () => (await fetch(`http://127.0.0.1:${port}/page.html`)).ok);
  return { ...server, port };
}

console.log(`${os.cpus()[0].model}, ${os.cpus().length} processors, ${os.release()}`);
const simulator = await start({ seed: 5, historyDays: 35, warm: true });

const starts = [];
for (let i = 0; i < 9; i += 1) {
  const server = await serve(simulator);
  starts.push(server.firstAnswer);
  await server.stop();
}
console.log(`start to first answer: median ${median(starts).toFixed(1)} ms, slowest ${Math.max(...starts).toFixed(1)} ms of ${starts.length}`);

const server = await serve(simulator);
await sleep(500);
const stages = { idle: megabytes(server) };
const secure = await serve(simulator, { NS_URL: 'https://127.0.0.1:1/' });
await sleep(1000);
stages['idle, certificates loaded'] = megabytes(secure);
await secure.stop();
await call(server, '/update?days=1');
stages['after a day\'s sync'] = megabytes(server);
let slowest = 0, quiet = 0;
for (let i = 0; i < 5; i += 1) {
  await simulator.reset();
  quiet = Math.max(quiet, wrk(server.port, '/livez', { seconds: 1, connections: 1 }).slowest);
  const sync = call(server, '/update?days=28');
  slowest = Math.max(slowest, wrk(server.port, '/livez', { seconds: 1, connections: 1 }).slowest);
  await sync;
}
stages['after five 28-day syncs'] = megabytes(server);
for (let i = 0; i < 50; i += 1) await call(server, `/update?days=${1 + (i % 3)}`);
let requests = 0;
while (requests < 100000) requests += wrk(server.port, '/', { seconds: 2 }).rate * 2;
await sleep(500);
stages['after fifty more syncs and 100,000 requests'] = megabytes(server);
console.log('memory in MB');
console.table(stages);
console.log(`slowest /livez by one client: ${slowest.toFixed(1)} ms during a 28-day sync, ${quiet.toFixed(1)} ms without, of five runs each`);

for (const where of ['/', '/livez']) {
  const body = await (await fetch(`http://127.0.0.1:${server.port}${where}`)).text();
  fs.rmSync(path.join(home, 'nginx'), { recursive: true, force: true });
  const other = await nginx(body);
  const ratios = [], rates = [];
  for (let i = 0; i < 5; i += 1) {
    const ours = wrk(server.port, where, { seconds: 2 }).rate, theirs = wrk(other.port, '/page.html', { seconds: 2 }).rate;
    ratios.push(ours / theirs);
    rates.push(ours);
  }
  console.log(`${where}: ${Math.round(median(rates))} requests a second, ${(100 * median(ratios)).toFixed(0)} % of nginx with the same ${Buffer.byteLength(body)} bytes (median of ${ratios.length} pairs)`);
  await other.stop();
}
await server.stop();
await simulator.stop();
fs.rmSync(home, { recursive: true, force: true });
