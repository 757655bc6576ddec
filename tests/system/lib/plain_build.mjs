// The program without sanitizers, for what does not go with them, and no release, which sets what the program forgot to.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './run.mjs';

export const plainBuild = path.join(root, 'build-valgrind');

// Builds what is named there, as 'tconnectsync-heroku'.
export function buildPlain(...targets) {
  if (!fs.existsSync(plainBuild)) execFileSync('meson', ['setup', plainBuild, '--buildtype=debugoptimized'], { cwd: root });
  execFileSync('ninja', ['-C', plainBuild, ...targets]);
}
