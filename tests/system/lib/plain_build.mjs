// The program without sanitizers, for what does not go with them, and no release, which sets what the program forgot to.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { undated } from './date.mjs';
import { root } from './run.mjs';

export const plainBuild = path.join(root, 'build-valgrind');

// Builds what is named there, as 'tconnectsync-heroku', by the machine's own clock: Meson trusts no file of the future.
export function buildPlain(...targets) {
  const env = undated();
  if (!fs.existsSync(plainBuild)) execFileSync('meson', ['setup', plainBuild, '--buildtype=debugoptimized'], { cwd: root, env });
  execFileSync('ninja', ['-C', plainBuild, ...targets], { env });
}
