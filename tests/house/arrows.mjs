// The house's rules, read from its sources: who may use whom. node tests/house/arrows.mjs prints each arrow that breaks one.
//   An arrow goes from a file to what it includes, and to the file of its room that defines a function it mentions. A .c
//   file and the header of its name beside it are one file. A header that declares what several files define is each
//   one's own, and no arrow from these; a header in include/ is a file by itself, the room's face.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PURE = ['base', 'pump', 'documents', 'settings', 'page'];
const CLIENT = /^src\/http\/http_(client|transfer|answer|memory)\./; // the one place that speaks to curl

// The rooms and what each may use, by the tables and calls of the meson.build files.
function readHouse(tree) {
  const table = /^house = \{\n([\s\S]*?)^\}/m.exec(tree['src/meson.build'])[1];
  const words = (text) => [...text.matchAll(/'(\w+)'/g)].map(([, word]) => word);
  const house = new Map([...table.matchAll(/^ *'(\w+)': \[\[(.*?)\],/gm)].map(([, room, uses]) => [room, words(uses)]));
  const simulator = /^executable\('tconnectsync-simulator'.*$/m.exec(tree['meson.build'])[0];
  house.set('sim', [...simulator.matchAll(/rooms\['(\w+)'\]/g)].map(([, room]) => room));
  for (const [room, uses] of house) house.set(room, new Set(uses.flatMap((used) => [used, ...house.get(used)])));
  return house;
}

const withoutWords = (text) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'/g, ' ');

// What a file is about: {room, unit, includes, defines, mentions}
function readFile(name, text) {
  const [, room] = /^(?:src|include\/tconnectsync)\/(\w+)\//.exec(name);
  const isPublic = name.startsWith('include/');
  const code = withoutWords(text.replace(/^#.*$/gm, ''));
  const functions = [...code.matchAll(/^([a-z][\w *]*?[ *])(\w+)\([^;{}]*\)\n\{/gm)];
  const locals = new Set([...code.matchAll(/^static [\w *]*?[ *](\w+)\(/gm)].map(([, local]) => local));
  return {
    name, room, isPublic, unit: isPublic ? path.basename(name) : path.basename(name).replace(/\.\w+$/, ''),
    includes: [...text.matchAll(/^# *include *[<"](.*?)[>"]/gm)].map(([, included]) => included),
    defines: functions.filter(([, kind]) => !/^(static|typedef)\b/.test(kind)).map(([, , found]) => found),
    declares: new Set([...code.matchAll(/(\w+)\(/g)].map(([, found]) => found)),
    mentions: new Set([...code.matchAll(/(?<!\bstruct |\benum |->|[.\w])[a-z]\w*/g)].map(([found]) => found).filter((found) => !locals.has(found))),
  };
}

// Files that reach each other: Tarjan's strongly connected components of more than one.
function circles(arrows) {
  const found = [], order = new Map(), low = new Map(), stack = [];
  const visit = (unit) => {
    order.set(unit, order.size);
    low.set(unit, order.get(unit));
    stack.push(unit);
    for (const next of arrows.get(unit)?.keys() ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(unit, Math.min(low.get(unit), low.get(next)));
    }
    if (low.get(unit) !== order.get(unit)) return;
    const circle = stack.splice(stack.indexOf(unit));
    if (circle.length > 1) found.push(circle.sort());
  };
  [...arrows.keys()].forEach((unit) => order.has(unit) || visit(unit));
  return found;
}

// tree: {name: text}, of meson.build, src and include. A line for each arrow that must not be.
export function faults(tree) {
  const house = readHouse(tree);
  const files = Object.entries(tree).filter(([name]) => /^(src|include\/tconnectsync)\/\w+\/\w+\.[ch]$/.test(name))
    .map(([name, text]) => readFile(name, text));
  const byName = new Map(files.map((file) => [file.name, file]));
  const definers = new Map(files.flatMap(({ room, unit, defines }) => defines.map((name) => [`${room} ${name}`, unit])));
  const usedOutside = new Set();
  const arrows = new Map(); // room: unit: unit it uses: why
  const wrong = [];
  const add = (file, unit, why) => {
    if (unit === file.unit) return;
    const room = arrows.get(file.room) ?? arrows.set(file.room, new Map()).get(file.room);
    const own = room.get(file.unit) ?? room.set(file.unit, new Map()).get(file.unit);
    own.set(unit, why);
  };
  for (const file of files) {
    if (!house.has(file.room)) wrong.push(`${file.name}: src/meson.build has no room ${file.room}`);
    for (const included of file.includes) {
      const arrow = `${file.name} -> ${included}`;
      const ofProject = /^tconnectsync\/(\w+)\//.exec(included);
      if (/^(curl|event2)\//.test(included) && PURE.includes(file.room)) wrong.push(`${arrow}: the room ${file.room} is pure`);
      if (included.startsWith('curl/') && !CLIENT.test(file.name)) wrong.push(`${arrow}: only the client in src/http speaks to curl`);
      if (included === 'event2/http.h' && (CLIENT.test(file.name) || !['http', 'sim'].includes(file.room))) wrong.push(`${arrow}: only the server in src/http and the simulator speak to evhttp`);
      if (ofProject && ofProject[1] !== file.room) {
        if (!house.get(file.room)?.has(ofProject[1])) wrong.push(`${arrow}: the room ${file.room} may not use ${ofProject[1]}`);
        usedOutside.add(`include/${included}`);
        continue;
      }
      const header = byName.get(ofProject ? `include/${included}` : path.join(path.dirname(file.name), included));
      if (file.isPublic && ofProject) usedOutside.add(header?.name);
      if (header && header.room !== file.room) wrong.push(`${arrow}: a header beside a source is its room's own`);
      else if (header && !file.defines.some((name) => header.declares.has(name))) add(file, header.unit, arrow);
    }
    for (const name of file.name.endsWith('.c') ? file.mentions : []) {
      const unit = definers.get(`${file.room} ${name}`);
      if (unit) add(file, unit, `${file.name} -> ${unit}.c (${name})`);
    }
  }
  for (const { name, isPublic } of files) {
    if (isPublic && !usedOutside.has(name)) wrong.push(`${name}: no other room uses it; it belongs beside its source`);
  }
  for (const [room, own] of arrows) {
    for (const circle of circles(own)) {
      const why = circle.flatMap((unit) => [...own.get(unit)].filter(([next]) => circle.includes(next)).map(([, arrow]) => `\n    ${arrow}`));
      wrong.push(`${room}: a circle of ${circle.join(', ')}:${why.join('')}`);
    }
  }
  return wrong;
}

export function readTree(root) {
  const tree = {};
  const names = ['meson.build', ...['src', 'include'].flatMap((folder) => fs.readdirSync(path.join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`))];
  for (const name of names.filter((one) => /(\.[ch]|meson\.build)$/.test(one))) tree[name] = fs.readFileSync(path.join(root, name), 'utf8');
  return tree;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = faults(readTree(path.resolve(path.dirname(process.argv[1]), '../..')));
  wrong.forEach((line) => console.error(line));
  process.exit(wrong.length ? 1 : 0);
}
