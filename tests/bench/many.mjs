// A hundred people's servers on one machine, each a process of its own with its timer on, Nightscout over TLS: what
// each takes in memory and processor time, and how many requests a minute all of them send. Then nine people, each with
// a Tandem Source and Nightscout of their own: nine processes, and one that serves all nine. About six minutes.
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

const PEOPLE = 9;
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
  const file = (name) => path.join(home, `${new URL(nightscoutUrl).port}-${name}`);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=bench', '-addext',
    'subjectAltName=IP:127.0.0.1', '-keyout', file('key.pem'), '-out', file('certificate.pem')], { stdio: 'ignore' });
  const certificate = fs.readFileSync(file('certificate.pem'));
  fs.writeFileSync(file('authorities.pem'), Buffer.concat([fs.readFileSync('/etc/ssl/certs/ca-certificates.crt'), certificate]));
  const { port } = new URL(nightscoutUrl);
  const server = tls.createServer({ key: fs.readFileSync(file('key.pem')), cert: fs.readFileSync(file('certificate.pem')) }, (client) => {
    const inner = net.connect(port, '127.0.0.1');
    client.pipe(inner).pipe(client);
    client.on('error', () => inner.destroy());
    inner.on('error', () => client.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `https://127.0.0.1:${server.address().port}/`, certificate, authorities: file('authorities.pem'), stop: () => server.close() };
}

// Starts one server in a folder of its own, with what the environment adds.
async function begin(nightscout, env, name) {
  const own = path.join(home, name);
  fs.mkdirSync(own);
  const server = launch(program, [], {
    cwd: own,
    env: {
      PATH: '/usr/bin:/bin', HOME: own, ...env, SSL_CERT_FILE: nightscout.authorities, PORT: '0', LISTEN_HOST: '127.0.0.1',
      TCONNECTSYNC_HEROKU_SECRET: SECRET, TCONNECTSYNC_HEROKU_INTERVAL_MINS: String(INTERVAL_MINUTES),
    },
  });
  const [, port] = await server.says(/module=serve version=.* port=(\d+)/);
  return { pid: server.pid, url: `http://127.0.0.1:${port}`, stop: server.stop };
}

const status = async ({ url }) => (await fetch(`${url}/status.json`, { headers: HEADERS })).json();
const people = async (server) => [await status(server)].flatMap((all) => all.people ?? all);
const sent = async (simulators) => (await Promise.all(simulators.map((one) => one.statistics()))).reduce((sum, { requestCount }) => sum + requestCount, 0);

async function over(seconds, servers, simulators) {
  const processor = servers.map(({ pid }) => processorSeconds(pid));
  const requests = await sent(simulators);
  const from = Date.now();
  await sleep(seconds * 1000);
  const minutes = (Date.now() - from) / 60000;
  return {
    processor: mean(servers.map((server, i) => processorSeconds(server.pid) - processor[i])) / minutes,
    requests: (await sent(simulators) - requests) / minutes,
  };
}

// Once everybody has synced: a minute with the timers on, then a while without, then the memory.
async function measure(servers, simulators) {
  for (const server of servers) {
    const synced = async () => (await people(server)).every(({ runs }) => runs.some(({ result }) => result === 'ok'));
    await until(synced, { seconds: 90, every: 200, what: 'a first sync' });
  }
  const syncing = await over(SYNCING_SECONDS, servers, simulators);
  for (const { url } of servers) await fetch(`${url}/scheduler/jobs/update/pause`, { method: 'POST', headers: HEADERS });
  for (const server of servers) await until(async () => (await people(server)).every(({ running }) => !running), { what: 'the last sync ending' });
  const all = (await Promise.all(servers.map(people))).flat();
  const failed = all.flatMap(({ runs }) => runs.filter(({ result }) => result !== 'ok')).length;
  const idle = await over(IDLE_SECONDS, servers, simulators);
  return { syncing, idle, failed, sizes: servers.map(({ pid }) => memory(pid)) };
}

const simulator = await start({ seed: 5, historyDays: 3, warm: true });
const nightscout = await encrypt(simulator.nightscoutUrl);
const servers = [];
for (let number = 0; number < PROCESSES; number += 1) {
  servers.push(await begin(nightscout, { ...simulator.env, NS_URL: nightscout.url }, String(number)));
}
const { syncing, idle, failed, sizes } = await measure(servers, [simulator]);
for (const server of servers) await server.stop();

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
nightscout.stop();
await simulator.stop();

// ---- a family ----
const simulators = [];
const sites = [];
for (let person = 1; person <= PEOPLE; person += 1) {
  simulators.push(await start({ seed: person, historyDays: 3, warm: true }));
  sites.push(await encrypt(simulators.at(-1).nightscoutUrl));
}
// Every site is encrypted by its own certificate, and all of them are trusted.
const trusted = { authorities: path.join(home, 'family.pem') };
fs.writeFileSync(trusted.authorities, Buffer.concat([
  fs.readFileSync('/etc/ssl/certs/ca-certificates.crt'), ...sites.map(({ certificate }) => certificate)]));
const envs = simulators.map(({ env }, i) => ({ ...env, NS_URL: sites[i].url }));
const suffixed = (env, i) => Object.fromEntries(Object.entries(env).map(([name, value]) => [i > 0 ? `${name}_${i + 1}` : name, value]));

async function family(name, environments) {
  const those = [];
  for (const [i, env] of environments.entries()) those.push(await begin(trusted, env, `${name} ${i}`));
  const found = await measure(those, simulators);
  for (const server of those) await server.stop();
  const sum = (field) => found.sizes.reduce((total, size) => total + size[field], 0);
  return {
    people: `${PEOPLE} in ${name}`,
    'PSS MB': megabytes(sum('Pss')),
    'own MB': megabytes(sum('Private_Dirty')),
    'CPU ms a minute': (found.syncing.processor * those.length * 1000).toFixed(0),
    'CPU ms a minute, idle': (found.idle.processor * those.length * 1000).toFixed(1),
    'requests a minute': found.syncing.requests.toFixed(0),
    'failed syncs': found.failed,
  };
}
const families = [await family(`${PEOPLE} processes`, envs), await family('one process', [Object.assign({}, ...envs.map(suffixed))])];
console.table(families);
for (const site of sites) site.stop();
for (const one of simulators) await one.stop();
fs.rmSync(home, { recursive: true, force: true });
process.exit(failed + families.reduce((sum, row) => sum + row['failed syncs'], 0) === 0 ? 0 : 1);
