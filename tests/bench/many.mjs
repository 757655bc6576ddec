// A hundred people's servers on one machine, each a process of its own with its timer on, Nightscout over TLS: what
// each takes in memory and processor time, and how many requests a minute all of them send. About two minutes.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { launch, sleep, until } from '../system/lib/child.mjs';
import { memory, processorSeconds } from '../system/lib/proc.mjs';
import { program } from '../system/lib/run.mjs';
import { start } from '../system/lib/simulator.mjs';

const PROCESSES = Number(process.env.PROCESSES ?? 100);
const INTERVAL_MINUTES = 1; // the shortest there is, so that each syncs within the minute that is measured
const SYNCING_SECONDS = 60;
const IDLE_SECONDS = 30;
const SECRET = 'a-secret-of-sixteen-or-more';
const HEADERS = { authorization: `Bearer ${SECRET}` };

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'tconnectsync-bench-'));
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const megabytes = (kilobytes) => (kilobytes / 1024).toFixed(1);

// Nightscout as people have it, behind TLS, with a certificate that the machine's own list and one more vouch for.
async function encrypt(nightscoutUrl) {
  const file = (name) => path.join(home, name);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=bench', '-addext',
    'subjectAltName=IP:127.0.0.1', '-keyout', file('key.pem'), '-out', file('certificate.pem')], { stdio: 'ignore' });
  fs.writeFileSync(file('authorities.pem'), Buffer.concat([
    fs.readFileSync('/etc/ssl/certs/ca-certificates.crt'), fs.readFileSync(file('certificate.pem'))]));
  const { port } = new URL(nightscoutUrl);
  const server = tls.createServer({ key: fs.readFileSync(file('key.pem')), cert: fs.readFileSync(file('certificate.pem')) }, (client) => {
    const inner = net.connect(port, '127.0.0.1');
    client.pipe(inner).pipe(client);
    client.on('error', () => inner.destroy());
    inner.on('error', () => client.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `https://127.0.0.1:${server.address().port}/`, authorities: file('authorities.pem'), stop: () => server.close() };
}

async function begin(simulator, nightscout, number) {
  const own = path.join(home, String(number));
  fs.mkdirSync(own);
  const server = launch(program, [], {
    cwd: own,
    env: {
      PATH: '/usr/bin:/bin', HOME: own, ...simulator.env, NS_URL: nightscout.url, SSL_CERT_FILE: nightscout.authorities,
      PORT: '0', LISTEN_HOST: '127.0.0.1', TCONNECTSYNC_HEROKU_SECRET: SECRET,
      TCONNECTSYNC_HEROKU_INTERVAL_MINS: String(INTERVAL_MINUTES),
    },
  });
  const [, port] = await server.says(/module=serve version=.* port=(\d+)/);
  return { pid: server.pid, url: `http://127.0.0.1:${port}` };
}

const status = async ({ url }) => (await fetch(`${url}/status.json`, { headers: HEADERS })).json();

async function over(seconds, servers, simulator) {
  const processor = servers.map(({ pid }) => processorSeconds(pid));
  const requests = (await simulator.statistics()).requestCount;
  const from = Date.now();
  await sleep(seconds * 1000);
  const minutes = (Date.now() - from) / 60000;
  return {
    processor: mean(servers.map((server, i) => processorSeconds(server.pid) - processor[i])) / minutes,
    requests: ((await simulator.statistics()).requestCount - requests) / minutes,
  };
}

const simulator = await start({ seed: 5, historyDays: 3, warm: true });
const nightscout = await encrypt(simulator.nightscoutUrl);
const servers = [];
for (let number = 0; number < PROCESSES; number += 1) servers.push(await begin(simulator, nightscout, number));

for (const server of servers) {
  await until(async () => (await status(server)).runs.some(({ result }) => result === 'ok'), { seconds: 90, every: 200, what: 'a first sync' });
}
const syncing = await over(SYNCING_SECONDS, servers, simulator);
for (const { url } of servers) await fetch(`${url}/scheduler/jobs/update/pause`, { method: 'POST', headers: HEADERS });
for (const server of servers) await until(async () => !(await status(server)).running, { what: 'the last sync ending' });
const failed = (await Promise.all(servers.map(status))).flatMap(({ runs }) => runs.filter(({ result }) => result !== 'ok')).length;
const idle = await over(IDLE_SECONDS, servers, simulator);
const sizes = servers.map(({ pid }) => memory(pid));

const column = (name) => sizes.map((size) => size[name]);
const each = syncing.requests / PROCESSES * INTERVAL_MINUTES;
const table = (minutes) => ({
  processes: 1000,
  'minutes between syncs': minutes,
  'MB of memory': Math.round(mean(column('Pss')) * 1000 / 1024),
  'requests a minute': Math.round(each * 1000 / minutes),
  'processors busy': (syncing.processor * INTERVAL_MINUTES * 1000 / minutes / 60).toFixed(2),
});
console.log(`${os.cpus()[0].model}, ${os.cpus().length} processors, ${os.release()}; ${PROCESSES} processes, Nightscout over TLS`);
console.table([{
  'PSS MB': megabytes(mean(column('Pss'))),
  'most PSS MB': megabytes(Math.max(...column('Pss'))),
  'resident MB': megabytes(mean(column('Rss'))),
  'own MB': megabytes(mean(column('Private_Dirty'))),
  'requests a sync': each.toFixed(1),
  'CPU ms a sync': (syncing.processor * INTERVAL_MINUTES * 1000).toFixed(0),
  'CPU ms a minute, idle': (idle.processor * 1000).toFixed(1),
  'requests a minute, idle': idle.requests.toFixed(0),
  'failed syncs': failed,
}]);
console.log('Reckoned from it:');
console.table([table(5), table(15)]);
for (const { pid } of servers) process.kill(pid, 'SIGTERM');
nightscout.stop();
await simulator.stop();
await sleep(1000);
fs.rmSync(home, { recursive: true, force: true });
process.exit(failed === 0 ? 0 : 1);
