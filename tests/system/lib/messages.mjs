// What the program can say, read from its source: every string of three or more words, wherever it stands.
import fs from 'node:fs';
import path from 'node:path';
import { filesThatEndIn } from './rooms.mjs';
import { root } from './run.mjs';

// Where words are no messages: the page (its verdicts and notices apart), --help, what a metric means, what is written
// to Nightscout.
const NO_MESSAGES = /\/(page\w*|main|metrics|document_write|document_words)\.c$/;
const IS_NO_MESSAGE = [
  /^(Mozilla|Basic realm|GET|HTTP\/1)/, // what is sent, not said
  /^(Too Many Requests|Request Header Fields Too Large)$/, // HTTP's own words
  /^(BLE|Eating Soon) .* ?Bolus$/, // names that go to Nightscout
  /^(libcurl|libevent) %s\b/, // versions
  /^max attempted logins$/, // what Tandem says
  /^[a-z_]+=\S/, // a log line of names and values; the words that it quotes are messages of their own
  /</, // markup
];

const headers = filesThatEndIn('.h').map((file) => fs.readFileSync(file, 'utf8')).join('\n');

// The tokens of C that matter here; comments and single characters are taken whole so that no quote in them counts.
const TOKEN = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\])+'|"((?:\\.|[^"\\\n])*)"|[A-Za-z_]\w*|\s+|[^\s]/g;
const unescaped = (text) => text.replace(/\\(.)/g, (_, letter) => ({ n: '\n', t: '\t' }[letter] ?? letter));

// Neighbouring literals are one string; PRId64 and the like stand between two halves of a conversion, and a macro that
// is a string of this file or of a header stands for its text.
function strings(source) {
  const macros = new Map([...`${headers}\n${source}`.matchAll(/^#define (\w+)\s+((?:\\?\s*"(?:\\.|[^"\\\n])*")+)/gm)]
    .map(([, name, body]) => [name, [...body.matchAll(/"((?:\\.|[^"\\\n])*)"/g)].map(([, text]) => unescaped(text)).join('')]));
  const found = [];
  let text = null;
  let line = 1;
  for (const [token, literal] of source.replace(/^#(include|define)\b(?:\\\n|[^\n])*|^_Static_assert[^;]*;/gm, (code) => code.replace(/[^\n]/g, ''))
    .matchAll(TOKEN)) {
    const piece = literal !== undefined ? unescaped(literal)
      : /^PRI[diux]\w+$/.test(token) ? 'd' : macros.get(token);
    if (piece !== undefined) {
      text ??= { line, text: '' };
      text.text += piece;
    } else if (text && !/^(\s|\/\*|\/\/)/.test(token)) {
      found.push(text);
      text = null;
    }
    line += token.split('\n').length - 1;
  }
  return found;
}

// A string in which a log line quotes words: note="...", hint="...", error="...".
const quoted = (text) => [...text.matchAll(/="([^"%]+)"/g)].map(([, words]) => words);

// [{file, line, text}], text with its conversions (%s) as they stand.
export function messages() {
  return filesThatEndIn('.c').filter((file) => !NO_MESSAGES.test(file)).flatMap((file) => strings(fs.readFileSync(file, 'utf8'))
    .flatMap(({ line, text }) => (IS_NO_MESSAGE.some((pattern) => pattern.test(text)) ? quoted(text) : [text])
      .filter((words) => /[A-Za-z]{2,}[,:;]? [A-Za-z%]+,? \(?[A-Za-z%]+/.test(words))
      .map((words) => ({ file: path.relative(root, file), line, text: words.trim() }))));
}

// The words that [NAME] rows of a table in a file hold at a place: rows('page_verdict.c', 'VERDICT', 1).
export function rows(file, name, place) {
  const source = fs.readFileSync(path.join(root, 'src/page', file), 'utf8');
  return [...source.matchAll(new RegExp(`\\[${name}_\\w+\\] =\\s*\\{((?:[^{}"]|"(?:\\\\.|[^"\\\\])*")*)\\}`, 'g'))]
    .map(([, body]) => strings(`${body};`)[place]?.text).filter(Boolean);
}
