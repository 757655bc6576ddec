// What a day of the server at 15 minutes costs the person's Tandem account, with a phone that uploads every hour: bytes
// and requests; and what a run costs that finds nothing new. The clock of all is driven, so that a day takes a minute.
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { sleep } from '../system/lib/child.mjs';
import { startClock } from '../system/lib/clock.mjs';
import { startServer } from '../system/lib/daemon.mjs';
import { start } from '../system/lib/simulator.mjs';

const cleanups = [];
const t = { after: (clean) => cleanups.unshift(clean) };
const clock = startClock(t, new Date(Date.now() + 3600000).toISOString());
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'tconnectsync-bench-'));
const simulator = await start({ seed: 5, historyDays: 5, uploadEvery: 60 }, { environment: clock.environment });

// In front of Tandem: counts what it answers, as it comes over the line.
let bytes = 0;
const counter = http.createServer((request, response) => {
  const tandem = new URL(simulator.tandemUrl);
  const passed = http.request({ host: tandem.hostname, port: tandem.port, method: request.method, path: request.url,
    headers: { ...request.headers, host: tandem.host, origin: tandem.origin, referer: simulator.tandemUrl } }, (answer) => {
    response.writeHead(answer.statusCode, answer.rawHeaders);
    answer.on('data', (piece) => { bytes += piece.length; });
    answer.pipe(response);
  });
  request.pipe(passed);
}).listen(0, '127.0.0.1');
await new Promise((resolve) => counter.once('listening', resolve));
const env = { ...simulator.env, ...clock.environment, TCONNECTSYNC_HEROKU_INTERVAL_MINS: '15', CACHE_CREDENTIALS: 'true' };
env.TCONNECT_SOURCE_URL = env.TCONNECT_SOURCE_URL.replace(/:\d+/, `:${counter.address().port}`);
const daemon = await startServer({ env, home });
const runs = new Map();
const end = clock.now() + 26 * 3600000;
let number = 0;
while (clock.now() < end) {
  clock.forward(120);
  const before = { bytes, count: (await simulator.statistics()).requestCount };
  let status = await daemon.status();
  while (status.running) {
    await sleep(5);
    status = await daemon.status();
  }
  const [last] = status.runs;
  if (!last || last.number === number) continue;
  number = last.number;
  runs.set(number, { at: clock.now(), bytes: bytes - before.bytes, requests: (await simulator.statistics()).requestCount - before.count, error: last.error });
}
await daemon.server.stop();
const day = [...runs.values()].filter(({ at }) => at > end - 24 * 3600000);
const idle = day.filter(({ requests }) => requests === 1);
const megabytes = (list) => (list.reduce((sum, run) => sum + run.bytes, 0) / 1e6).toFixed(1);
console.table([
  { what: 'a day at 15 minutes, uploads by the hour', runs: day.length, requests: day.reduce((sum, run) => sum + run.requests, 0), 'MB from Tandem': megabytes(day) },
  { what: 'nothing new (median)', runs: idle.length, requests: 1, 'MB from Tandem': ((idle.map((run) => run.bytes).sort((a, b) => a - b)[idle.length >> 1] ?? 0) / 1e6).toFixed(5) },
]);
const failed = day.filter(({ error }) => error);
if (failed.length) throw new Error(`${failed.length} runs failed: ${failed[0].error}`);
counter.closeAllConnections();
counter.close();
await simulator.stop();
for (const clean of cleanups) clean();
fs.rmSync(home, { recursive: true, force: true });
