// What the kernel counts of a process.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK']));

// Kilobytes by the kernel's names. Rss: what it has in memory. Pss: a page that many share counts as its share.
export function memory(pid) {
  return Object.fromEntries([...fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^(\w+): +(\d+) kB$/gm)]
    .map(([, name, value]) => [name, Number(value)]));
}

export function processorSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
