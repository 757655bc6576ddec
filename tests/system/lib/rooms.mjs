// The program's rooms, lowest floor first, as the table in src/meson.build names them.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './run.mjs';

// {room: [rooms it may use]}
export function readHouse(meson = fs.readFileSync(path.join(root, 'src/meson.build'), 'utf8')) {
  const table = /^house = \{\n([\s\S]*?)^\}/m.exec(meson)[1];
  return Object.fromEntries([...table.matchAll(/^ *'(\w+)': \[\[(.*?)\],/gm)]
    .map(([, room, uses]) => [room, [...uses.matchAll(/'(\w+)'/g)].map(([, used]) => used)]));
}

export const filesThatEndIn = (ending) => Object.keys(readHouse()).flatMap((room) => fs.readdirSync(path.join(root, 'src', room))
  .filter((name) => name.endsWith(ending)).map((name) => path.join(root, 'src', room, name)));
