// The simulator of Tandem Source and Nightscout: one process of its own for a test.
import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { launch } from './child.mjs';
import { ask } from './fetch.mjs';
import { build } from './run.mjs';

export const program = path.join(build, 'tconnectsync-simulator');
const AGENT = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' };

// {historyDays: 7, off: ['A,B', 'C,D'], warm: true} -> ['--history-days', '7', '--off', 'A,B', '--off', 'C,D', '--warm']
function words(options) {
  return Object.entries(options).flatMap(([name, value]) => {
    const word = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (['warm', 'fixedClock', 'ghostPump', 'rare'].includes(name)) return value ? [word] : [];
    return [value].flat().flatMap((one) => [word, String(one)]);
  });
}

// start({seed: 7, now: '2026-05-20T12:00:00', latency: 50, ...}) takes every option of tconnectsync-simulator --help
// in camelCase, a list where one may be given several times -> a running simulator:
//   env               what points tconnectsync-heroku at it
//   tandemUrl, nightscoutUrl   both with their last slash
//   set({latency: 50})         dials at run time
//   fault({kind: 'answer', path: '/api/v1/treatments*', status: 503, ...}), noFaults()
//   control(method, path, body)  any other /control/..., its answer parsed
//   documents(), statistics(), requests(), truth(from, to), reset()
//   signIn()          as the web app does: {claims, headers} for calls with the token
//   pumper(session), log(session, assignmentId, first, last)   days as '2026-05-14'
//   nightscout(method, path, body, headers)   path relative to /api/v1/, with the secret: {status, text, body, headers}
//   stop()
// environment: further variables of the process itself, as LD_PRELOAD for libfaketime.
export async function start(options = {}, { environment = {} } = {}) {
  const process_ = launch(program, ['--exit-with-stdin', ...words(options)], {
    env: {
      PATH: '/usr/bin:/bin',
      ASAN_OPTIONS: 'exitcode=99:detect_leaks=1:abort_on_error=0',
      UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1:exitcode=99',
      ...environment,
    },
  });
  const [line] = await process_.says(/^\{.*\}\n/, { seconds: 60 });
  const { env, tandemUrl, nightscoutUrl } = JSON.parse(line);
  const hash = createHash('sha1').update(env.NS_SECRET).digest('hex');

  async function control(method, where, body) {
    const answer = await ask(new URL(`control/${where}`, tandemUrl), {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const parsed = await answer.json();
    if (!answer.ok) throw new Error(`${method} /control/${where}: ${parsed.error}`);
    return parsed;
  }

  async function authorize(cookie, challenge, fields = {}) {
    let where = `${env.TCONNECT_ACCOUNTS_URL}/connect/authorize?${new URLSearchParams({
      client_id: env.TCONNECT_CLIENT_ID, response_type: 'code', scope: 'openid profile email',
      redirect_uri: env.TCONNECT_REDIRECT_URI, code_challenge: challenge, code_challenge_method: 'S256', ...fields,
    })}`;
    for (let hops = 0; hops < 5; hops += 1) {
      const answer = await fetch(where, { headers: { ...AGENT, cookie }, redirect: 'manual' });
      if (answer.status !== 302) throw Object.assign(new Error('no redirect'), { status: answer.status });
      where = new URL(answer.headers.get('location'), where).href;
      if (where.startsWith(env.TCONNECT_REDIRECT_URI) || where.startsWith(env.TCONNECT_SSO_URL)) return new URL(where);
    }
    throw new Error('redirects without end');
  }

  const login = (credentials = {}, headers = {}) => fetch(`${env.TCONNECT_ACCOUNTS_URL}/login`, {
    method: 'POST',
    headers: { ...AGENT, 'content-type': 'application/json', referer: env.TCONNECT_SSO_URL, ...headers },
    body: JSON.stringify({ username: env.TCONNECT_EMAIL, password: env.TCONNECT_PASSWORD, ...credentials }),
  });

  const exchange = (code, verifier, fields = {}) => fetch(`${env.TCONNECT_ACCOUNTS_URL}/connect/token`, {
    method: 'POST',
    headers: AGENT,
    body: new URLSearchParams({
      grant_type: 'authorization_code', client_id: env.TCONNECT_CLIENT_ID, code, code_verifier: verifier,
      redirect_uri: env.TCONNECT_REDIRECT_URI, ...fields,
    }),
  });

  async function signIn() {
    const verifier = randomBytes(64).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const answer = await login();
    if (!answer.ok) throw Object.assign(new Error('refused'), { status: answer.status, text: await answer.text() });
    const cookie = answer.headers.get('set-cookie').split(';')[0];
    const callback = await authorize(cookie, challenge);
    const token = await (await exchange(callback.searchParams.get('code'), verifier)).json();
    return {
      token,
      claims: JSON.parse(Buffer.from(token.id_token.split('.')[1], 'base64url')),
      headers: {
        ...AGENT, authorization: `Bearer ${token.access_token}`, origin: tandemUrl.slice(0, -1), referer: tandemUrl,
      },
    };
  }

  const data = (session, where, headers = {}) => fetch(`${tandemUrl}api/reports/bff/${where}`, {
    headers: { ...session.headers, ...headers },
  });

  async function parsed(answer) {
    if (answer.status !== 200) throw Object.assign(new Error(`status ${answer.status}`), { status: answer.status });
    return answer.json();
  }

  async function nightscout(method, where, body, headers = {}) {
    const answer = await fetch(`${nightscoutUrl}api/v1/${where}`, {
      method,
      redirect: 'manual',
      headers: {
        'api-secret': hash, accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers,
      },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: answer.status, text, body: json, headers: answer.headers };
  }

  return {
    pid: process_.pid, env, tandemUrl, nightscoutUrl, control, authorize, login, exchange, signIn, data, nightscout,
    set: (settings) => control('POST', 'settings', settings),
    fault: (...faults) => control('POST', 'faults', faults),
    noFaults: () => control('DELETE', 'faults'),
    documents: () => control('GET', 'documents'),
    statistics: () => control('GET', 'statistics'),
    requests: () => control('GET', 'requests'),
    reset: () => control('POST', 'reset'),
    truth: (from, to) => control('GET', `truth?${new URLSearchParams({ from, to })}`),
    pumper: async (session) => parsed(await data(session, `pumper/${session.claims.pumperId}`)),
    log: async (session, assignment, first, last) => parsed(await data(session, `pump-logs/${assignment}?${new URLSearchParams({
      pumperId: session.claims.pumperId, startDate: `${first}T00:00:00Z`, endDate: `${last}T23:59:59Z`, eventIds: '279,20',
    })}`)),
    // Ends it; a leak or an error that a sanitizer found is an error here.
    async stop() {
      const { status, signal } = await process_.stop();
      if (status !== 0) throw new Error(`the simulator ended with ${status ?? signal}\n${process_.stderr.slice(-8000)}`);
    },
  };
}
