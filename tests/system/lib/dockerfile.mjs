// Carries out a Dockerfile's own instructions in clean roots, without an engine: as far as ours uses them.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { succeed, within } from './clean_root.mjs';

const { DockerfileParser } = createRequire(import.meta.url)('dockerfile-ast');

// [{keyword, words, text, flags}] of a Dockerfile; words is the JSON form or text cut at blanks.
export function read(file) {
  return DockerfileParser.parse(fs.readFileSync(file, 'utf8')).getInstructions().map((instruction) => {
    const keyword = instruction.getKeyword();
    const text = instruction.getArgumentsContent() ?? '';
    const list = text.slice(Math.max(text.indexOf('['), 0));
    const flags = Object.fromEntries((instruction.getFlags?.() ?? []).map((flag) => [flag.getName(), flag.getValue()]));
    return { keyword, text, flags, words: list.startsWith('[') ? JSON.parse(list) : text.split(/\s+/) };
  });
}

// What .dockerignore leaves of files: the last line that names a file or a folder above it decides.
export function sent(files, ignoreFile) {
  const rules = fs.readFileSync(ignoreFile, 'utf8').split('\n').filter((line) => line && !line.startsWith('#'))
    .map((line) => ({ keep: line.startsWith('!'), name: line.replace(/^!/, '') }));
  const names = (rule, file) => rule.name === '*' || file === rule.name || file.startsWith(`${rule.name}/`);
  return files.filter((file) => rules.filter((rule) => names(rule, file)).pop()?.keep ?? true);
}

function copy(from, to, cwd, [source, target]) {
  const folder = path.join(to, path.resolve(cwd, target));
  if (source === '.') return succeed('cp', ['-a', `${from}/.`, folder]);
  fs.mkdirSync(folder, { recursive: true });
  return succeed('cp', ['-a', path.join(from, source), folder]);
}

// build(instructions, context, base): base(image) gives a writable root for a FROM. Resolves to the last stage:
// {root, env, user, cwd, healthcheck, entrypoint}.
export async function build(instructions, context, base) {
  const stages = {};
  let stage;
  for (const { keyword, text, words, flags } of instructions) {
    const step = {
      FROM: async () => {
        stage = { root: await base(words[0]), env: {}, cwd: '/' };
        if (words[2]) stages[words[2]] = stage;
      },
      WORKDIR: () => {
        stage.cwd = words[0];
        fs.mkdirSync(path.join(stage.root, stage.cwd), { recursive: true });
      },
      COPY: () => copy(flags.from ? stages[flags.from].root : context, stage.root, stage.cwd, words),
      RUN: () => within(stage.root, { writable: true, cwd: stage.cwd, env: stage.env }, 'sh', '-c', text),
      ENV: () => { stage.env = { ...stage.env, ...Object.fromEntries(words.map((word) => word.split(/=(.*)/s).slice(0, 2))) }; },
      USER: () => { [stage.user] = words; },
      LABEL: () => {}, // nothing within the image
      EXPOSE: () => { [stage.port] = words; },
      HEALTHCHECK: () => { stage.healthcheck = words; },
      ENTRYPOINT: () => { stage.entrypoint = words; },
    }[keyword];
    if (!step) throw new Error(`${keyword} is an instruction that this rehearsal does not know`);
    await step();
  }
  return stage;
}
