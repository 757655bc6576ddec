// The settings, as the program's own table has them.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './run.mjs';

const source = fs.readFileSync(path.join(root, 'src/settings/configuration.c'), 'utf8');
const [, table] = /static const struct setting settings\[\] = \{([\s\S]*?)^\};/m.exec(source);
const strings = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found);

// [{names, standards}]: a setting's name and what it is also called; its default, and that of the EU where it has one.
export const settings = [...table.matchAll(/^ {4}\{((?:"[A-Z_]+", )+)([\s\S]*?)\},\n(?= {4}\{|\n|$| {4}\/\*)/gm)].map(([, names, rest]) => ({
  names: strings(names, /"([A-Z_]+)"/g),
  standards: strings(rest, /\.standard(?:_eu)? =\s*"([^"]*)"/g),
}));

export const names = settings.flatMap((setting) => setting.names);
