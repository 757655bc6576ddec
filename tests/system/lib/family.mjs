// The real server for several people, each with a simulator of their own.
import assert from 'node:assert/strict';
import { until } from './child.mjs';
import { startServer } from './daemon.mjs';
import { folder } from './run.mjs';
import { start } from './simulator.mjs';

export const bearer = (secret) => ({ headers: { authorization: `Bearer ${secret}` } });
export const suffixed = (env, person) => Object.fromEntries(Object.entries(env).map(([name, value]) => [person > 1 ? `${name}_${person}` : name, value]));

// A server for people, each {options of a simulator, env, secret}: adds their simulators; both end with the test.
export async function serveFamily(t, people, env = {}) {
  const simulators = [];
  const environment = { CACHE_CREDENTIALS: 'false', ...env };
  let served;
  t.after(async () => {
    if (served && !served.server.hasEnded) {
      const { status, signal } = await served.server.stop();
      assert.equal(status ?? signal, 0, served.server.stderr.slice(-4000));
    }
    for (const simulator of simulators) await simulator.stop();
  });
  for (const [i, { options, env: own = {}, secret }] of people.entries()) {
    const simulator = await start({ historyDays: 3, ...options });
    simulators.push(simulator);
    Object.assign(environment, suffixed({ ...simulator.env, ...(secret ? { TCONNECTSYNC_HEROKU_SECRET: secret } : {}), ...own }, i + 1));
  }
  const home = folder(t);
  served = await startServer({ env: environment, home });
  // One person's part of status.json, once so many runs have ended.
  const part = async (person, secret) => JSON.parse((await served.get('/status.json', bearer(secret))).text).people.find((one) => one.person === person);
  const ended = (person, secret, count = 1) => until(async () => {
    const now = await part(person, secret);
    return !now.running && now.runs.length >= count && now;
  }, { seconds: 60, what: `a run of person ${person}` });
  return { ...served, simulators, home, environment, part, ended };
}
