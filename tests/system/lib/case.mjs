// A case: pump data in, documents out. One run of the real program from a simulated Tandem Source into a genuine,
// freshly started Nightscout.
import fs from 'node:fs';
import path from 'node:path';
import * as nightscouts from './nightscout.mjs';
import { folder, runJson } from './run.mjs';
import * as simulators from './simulator.mjs';

// Starts both services for the test t: {nightscout, sync(pumper, pumpLogs, arguments, environment)}. Each sync signs
// in to a Tandem Source of its own that serves just these two answers.
export async function prepare(t, { clock } = {}) {
  const home = folder(t);
  const nightscout = await nightscouts.start({ clock });
  t.after(() => nightscout.stop());
  let runs = 0;

  async function sync(pumper, pumpLogs, args, env) {
    runs += 1;
    const files = { pumper: path.join(home, `pumper-${runs}.json`), pumpLogs: path.join(home, `pump-logs-${runs}.json`) };
    fs.writeFileSync(files.pumper, JSON.stringify(pumper));
    fs.writeFileSync(files.pumpLogs, JSON.stringify(pumpLogs));
    const simulator = await simulators.start(files);
    try {
      const result = await runJson(['sync', ...args], {
        home,
        env: { ...simulator.env, NS_URL: nightscout.url, NS_SECRET: nightscout.secret, ...env },
      });
      return { ...result, explain: `${result.stderr.slice(-6000)}\n${JSON.stringify(result.report)}` };
    } finally {
      await simulator.stop();
    }
  }
  return { nightscout, sync };
}
