// A genuine Nightscout 0.12.8 on loopback, with mongowire.mjs as its database.
import { createHash, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, launch, until } from './child.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const installed = path.join(here, '../node_modules/nightscout');
const { MongoClient } = createRequire(path.join(installed, 'server.js'))('mongodb'); // the driver that it uses itself
const preload = path.join(here, 'nightscout_preload.cjs');

export const US = 'Pump (tconnectsync)';

// start({enable, env, clock, faultFile}) -> a running server:
//   url, secret       NS_URL and NS_SECRET for the program under test
//   call(method, path, body, headers) -> {status, type, headers, text, body}; path is relative to /api/v1/, the
//                     secret goes along, body is the parsed answer or null
//   treatments(), entries(), profile(), profiles(), devicestatus()   everything that is stored, oldest first
//   double(collection, filter)   a twin of each such document, past the server, which would make one of both: the twins
//   properties()      the pills as the server computes them, which it does 5 s after a write or its own start
//   restart({enable, env, clock})   the same database behind a new server, at the same address
//   log(), stop()
// enable: the plugins in ENABLE. clock: what Nightscout takes for now. faultFile: while that file exists, every
// write to the database fails.
export async function start({ enable = 'careportal basal iob cage sage iage pump', env = {}, clock, faultFile } = {}) {
  const secret = randomBytes(12).toString('hex');
  const hash = createHash('sha1').update(secret).digest('hex');
  const database = launch(process.execPath, ['-r', preload, path.join(here, '../mongowire.mjs'), '0',
    ...(faultFile ? ['--fault', faultFile] : [])], { env: { PATH: process.env.PATH } });
  const [, databasePort] = await database.says(/:(\d+)\n/);
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  let server;

  async function boot(options) {
    server = launch(process.execPath, ['-r', preload, 'server.js'], {
      cwd: installed,
      env: {
        PATH: process.env.PATH,
        MONGODB_URI: `mongodb://127.0.0.1:${databasePort}/ns`,
        API_SECRET: secret,
        HOSTNAME: '127.0.0.1',
        PORT: String(port),
        INSECURE_USE_HTTP: 'true',
        NODE_ENV: 'production',
        ENABLE: options.enable,
        ...(options.clock ? { NIGHTSCOUT_CLOCK: options.clock } : {}),
        ...options.env,
      },
    });
    await server.says(/Listening on port/, { seconds: 60 });
    // Connections that fetch kept from an earlier server fail once each.
    await until(async () => (await call('GET', 'status.json')).status === 200, { what: 'Nightscout answering' });
  }

  async function call(method, where, body, headers = {}) {
    const answer = await fetch(`${origin}/api/v1/${where}`, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
      headers: {
        'api-secret': hash,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    let parsed = null;
    try {
      parsed = JSON.parse(text);
    } catch {
      // No JSON: the caller looks at text.
    }
    return { status: answer.status, type: answer.headers.get('content-type') ?? '', headers: answer.headers, text, body: parsed };
  }

  async function stored(where) {
    const answer = await call('GET', where);
    if (!Array.isArray(answer.body)) throw new Error(`GET ${where} answered ${answer.status} ${answer.text.slice(0, 300)}`);
    return answer.body.reverse();
  }

  const nightscout = {
    url: origin,
    secret,
    call,
    treatments: () => stored(`treatments.json?${query({ 'find[created_at][$gte]': '2000-01-01T00:00:00.000Z', count: 1000000 })}`),
    entries: () => stored(`entries.json?${query({ 'find[date][$gte]': 1, count: 1000000 })}`),
    devicestatus: () => stored(`devicestatus.json?${query({ 'find[created_at][$gte]': '2000', count: 1000000 })}`),
    profile: async () => (await call('GET', 'profile/current')).body,
    profiles: () => stored('profile.json'),
    async double(collection, filter) {
      const client = await MongoClient.connect(`mongodb://127.0.0.1:${databasePort}`, { useUnifiedTopology: true });
      try {
        const stored = client.db('ns').collection(collection);
        const twins = (await stored.find(filter).toArray()).map(({ _id, ...one }) => one);
        await stored.insertMany(twins);
        return JSON.parse(JSON.stringify(twins));
      } finally {
        await client.close();
      }
    },
    async properties() {
      const answer = await fetch(`${origin}/api/v2/properties`, { headers: { 'api-secret': hash } });
      return answer.json();
    },
    async restart(options = {}) {
      await server.stop('SIGKILL');
      await boot({ enable, env, clock, ...options });
    },
    hasDied: () => server.hasEnded,
    // What the server printed, without the hash of its secret.
    log: () => (server.stdout + server.stderr).replaceAll(hash, '[hash]').replaceAll(secret, '[secret]'),
    async stop() {
      await server.stop('SIGKILL');
      await database.stop('SIGKILL');
    },
  };
  try {
    await boot({ enable, env, clock });
  } catch (error) {
    await nightscout.stop();
    throw error;
  }
  return nightscout;
}

// Percent-encodes a query, brackets and dollars too.
export function query(parameters) {
  return Object.entries(parameters).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}
