// The real server against the simulators.
import assert from 'node:assert/strict';
import { begin, folder } from './run.mjs';
import { until } from './child.mjs';
import { ask } from './fetch.mjs';
import { start } from './simulator.mjs';

export const SECRET = 'a-secret-of-sixteen-or-more';

// With AS_SECOND=1 the same tests are about the second of two people: all of their settings end in _2, beside a first one
// with a secret of their own who never syncs.
const FIRST = {
  TCONNECT_EMAIL: 'first@example.org', TCONNECT_PASSWORD: 'of the first person', NS_URL: 'http://127.0.0.1:9/',
  NS_SECRET: 'of the first persons site', TIMEZONE_NAME: 'Europe/Berlin', TCONNECTSYNC_HEROKU_SECRET: 'a-secret-of-the-first-person',
};
const OF_ALL = /^(PORT|LISTEN_|TRUST_PROXY|LOG_FORMAT|DYNO|LD_|FAKE|ASAN|UBSAN|SSL_CERT_FILE|TZDIR|CREDENTIALS_DIRECTORY)/;
const isSecond = Boolean(process.env.AS_SECOND);
// What a setting of the person under test is called, and how a metric names that person.
export const own = (name) => isSecond && !OF_ALL.test(name) ? name.replace(/(_FILE)?$/, '_2$1') : name;
export const label = isSecond ? 'person="2",' : '';
const second = (env) => ({ ...FIRST, ...(env.TCONNECTSYNC_HEROKU_SECRET ? {} : { TCONNECTSYNC_HEROKU_SECRET: '' }), ...Object.fromEntries(Object.entries(env).map(([name, value]) => [own(name), value])) });

// Starts the server alone: {server (launch in child.mjs), port, url, get(path, options), secretly(path, options), status(),
// idle(count)}; get gives {status, text, headers}, secretly adds the secret. idle waits until count runs have ended and
// none runs, and gives status.json.
export async function startServer({ env, home }) {
  const all = { PORT: '0', LISTEN_HOST: '127.0.0.1', TCONNECTSYNC_HEROKU_SECRET: SECRET, ...env };
  const server = begin([], { env: isSecond ? second(all) : all, home });
  const [, port] = await server.says(/serve"?[ ,]"?version.*port"?[=:](\d+)/, { seconds: 20, stream: 'stdout' });
  const url = `http://127.0.0.1:${port}`;
  const get = async (path, options = {}) => {
    const where = isSecond && path === '/healthz' ? `${path}?person=2` : path;
    const answer = await ask(url + where, { redirect: 'manual', ...options });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  const secretly = (path, options = {}) => get(path, { ...options, headers: { authorization: `Bearer ${SECRET}`, ...options.headers } });
  const status = async () => {
    const { people, ...whole } = JSON.parse((await secretly('/status.json')).text);
    return isSecond ? { ...whole, ...people[0] } : whole;
  };
  const idle = (count = 1, seconds = 60) => until(async () => {
    const now = await status();
    return !now.running && now.runs.length >= count && now;
  }, { seconds, what: `${count} runs ending` });
  return { server, port, url, get, secretly, status, idle };
}

// The same beside a simulator of its own, both for the test t: adds simulator, environment and home. When the test is
// over the server has to end well, with nothing leaked, unless the test has ended it.
export async function serve(t, options = {}, env = {}) {
  const simulator = await start({ seed: 31, historyDays: 3, ...options });
  let daemon;
  t.after(async () => {
    try {
      if (daemon && !daemon.server.hasEnded) {
        const { status, signal } = await daemon.server.stop();
        assert.equal(status ?? signal, 0, daemon.server.stderr.slice(-4000));
      }
    } finally {
      await simulator.stop();
    }
  });
  const home = folder(t);
  const environment = { ...simulator.env, CACHE_CREDENTIALS: 'false', ...env };
  daemon = await startServer({ env: environment, home });
  return { simulator, environment, home, ...daemon };
}
