// One sync as a whole process: time, processor, memory, requests, round trips one after another. Medians of five.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { program } from '../system/lib/run.mjs';
import { start } from '../system/lib/simulator.mjs';

const RUNS = 5;
const ALL = 'BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM,CGM_ALERTS,DEVICE_STATUS';
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'tconnectsync-bench-'));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

// /usr/bin/time tells what the operating system counted: user and system seconds, peak memory in kB.
function measure(simulator, words, token) {
  const timing = path.join(home, 'timing');
  const out = execFileSync('/usr/bin/time', ['-f', '%U %S %M', '-o', timing, program, 'sync', '--json', ...words], {
    cwd: home, stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: '/usr/bin:/bin', HOME: home, ...simulator.env, CACHE_CREDENTIALS: String(token) },
  });
  const [user, system, memory] = fs.readFileSync(timing, 'utf8').trim().split(' ').map(Number);
  return { report: JSON.parse(out), cpu: user + system, memory: memory / 1024 };
}

async function row(simulator, name, words, { token = false, keep = false } = {}) {
  const runs = [];
  for (let i = 0; i < RUNS; i += 1) {
    if (!keep) await simulator.reset();
    const before = await simulator.statistics();
    const run = measure(simulator, words, token);
    const after = await simulator.statistics();
    runs.push({ ...run, rounds: after.rounds - before.rounds, writes: after.nightscoutWrites - before.nightscoutWrites });
  }
  const column = (pick) => median(runs.map(pick));
  return {
    run: name,
    seconds: column((run) => run.report.seconds).toFixed(2),
    'CPU s': column((run) => run.cpu).toFixed(2),
    'peak MB': column((run) => run.memory).toFixed(1),
    records: column((run) => run.report.events_read),
    created: column((run) => run.report.created),
    requests: column((run) => run.report.requests),
    'round trips': column((run) => run.rounds),
    connections: column((run) => run.report.connections),
    writes: column((run) => run.writes),
  };
}

const rows = [];
for (const latency of [0, 50]) {
  const simulator = await start({ seed: 5, historyDays: 35, latency, warm: true });
  const at = `, ${latency} ms`;
  rows.push(await row(simulator, `a day, cold${at}`, ['--days', '1']));
  rows.push(await row(simulator, `a day, cold, every feature${at}`, ['--days', '1', '--features', ALL]));
  measure(simulator, ['--days', '1'], true);
  rows.push(await row(simulator, `a day, with a token${at}`, ['--days', '1'], { token: true }));
  rows.push(await row(simulator, `the same again${at}`, ['--days', '1'], { token: true, keep: true }));
  rows.push(await row(simulator, `28 days, cold${at}`, ['--days', '28']));
  await simulator.stop();
}
fs.rmSync(home, { recursive: true, force: true });
console.log(`${os.cpus()[0].model}, ${os.cpus().length} processors, ${os.release()}; medians of ${RUNS} runs`);
console.table(rows);
