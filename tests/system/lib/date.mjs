// The date that the whole suite runs under: bin/test --on 2028-02-29 sets TEST_AHEAD, how many seconds that is ahead of the
// machine's clock. Node itself then runs under libfaketime, and so does all that the tests start.
import fs from 'node:fs';

export const ahead = Number(process.env.TEST_AHEAD || 0);

export const library = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((file) => fs.existsSync(file));

// The environment of a child, with that date: nothing is changed without one, nor where a test drives the clock itself.
export function dated(env) {
  const driven = env.FAKETIME_TIMESTAMP_FILE || (env.FAKETIME && env.FAKETIME !== `+${ahead}`);
  if (!ahead || driven) return env;
  return {
    ...env,
    LD_PRELOAD: env.LD_PRELOAD ? `${library}:${env.LD_PRELOAD}` : library,
    FAKETIME: `+${ahead}`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    // The leak check and libfaketime do not get on at the end of a process.
    ASAN_OPTIONS: `${env.ASAN_OPTIONS ?? ''}:detect_leaks=0:verify_asan_link_order=0`,
  };
}

// This process's environment as it was before the date: chromium does not start under libfaketime.
export function undated() {
  const { LD_PRELOAD, FAKETIME, FAKETIME_DONT_FAKE_MONOTONIC, ...env } = process.env;
  return ahead ? env : process.env;
}
