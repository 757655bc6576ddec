// The real server against the simulators.
import assert from 'node:assert/strict';
import { begin, folder } from './run.mjs';
import { until } from './child.mjs';
import { ask } from './fetch.mjs';
import { start } from './simulator.mjs';

export const SECRET = 'a-secret-of-sixteen-or-more';

// Starts the server alone: {server (launch in child.mjs), port, url, get(path, options), secretly(path, options), status(),
// idle(count)}; get gives {status, text, headers}, secretly adds the secret. idle waits until count runs have ended and
// none runs, and gives status.json.
export async function startServer({ env, home }) {
  const server = begin([], { env: { PORT: '0', LISTEN_HOST: '127.0.0.1', TCONNECTSYNC_HEROKU_SECRET: SECRET, ...env }, home });
  const [, port] = await server.says(/serve"?[ ,]"?version.*port"?[=:](\d+)/, { seconds: 20, stream: 'stdout' });
  const url = `http://127.0.0.1:${port}`;
  const get = async (path, options = {}) => {
    const answer = await ask(url + path, { redirect: 'manual', ...options });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  const secretly = (path, options = {}) => get(path, { ...options, headers: { authorization: `Bearer ${SECRET}`, ...options.headers } });
  const status = async () => JSON.parse((await secretly('/status.json')).text);
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
