// A clock that a test drives: libfaketime shows it to the processes that are started with its environment. All their
// clocks, the monotonic one too, run ahead of the machine's by what the test says.
import fs from 'node:fs';
import path from 'node:path';
import { ahead as dateAhead, library } from './date.mjs';
import { folder } from './run.mjs';

// startClock(t, '2035-10-31T09:00:00Z') -> {environment, now(), forward(seconds)}. The time is one ahead of the real
// one, since a clock that was set back could show a negative monotonic time.
export function startClock(t, begin) {
  if (!library) throw new Error('libfaketime is missing: bin/setup test installs it');
  const file = path.join(folder(t), 'clock');
  const machine = () => Date.now() - dateAhead * 1000;
  let ahead = Math.round((Date.parse(begin) - machine()) / 1000);
  if (ahead < 0) throw new Error(`${begin} is in the past`);
  const write = () => {
    // Whoever reads it at this moment sees the old or the new one.
    fs.writeFileSync(`${file}.new`, `+${ahead}\n`);
    fs.renameSync(`${file}.new`, file);
  };
  write();
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      // The leak check and libfaketime do not get on at the end of a process.
      ASAN_OPTIONS: 'exitcode=99:detect_leaks=0:verify_asan_link_order=0',
    },
    now: () => machine() + ahead * 1000,
    forward(seconds) {
      ahead += seconds;
      write();
    },
  };
}

// The environment of processes whose time, waits included, passes so many times faster.
export function fastClock(speed) {
  if (!library) throw new Error('libfaketime is missing: bin/setup test installs it');
  return { LD_PRELOAD: library, FAKETIME: `+${dateAhead} x${speed}`, ASAN_OPTIONS: 'exitcode=99:detect_leaks=0:verify_asan_link_order=0' };
}
