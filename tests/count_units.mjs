// Counts what meson ran, from its testlog.json: each TAP line of a cmocka program is a test; a program that speaks
// no TAP is one test; a program that died after its last "ok" is one more failure.
import fs from 'node:fs';

let passed = 0;
let failed = 0;
const lines = fs.readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean);
for (const { name, result, stdout = '' } of lines.map((line) => JSON.parse(line))) {
  const good = (stdout.match(/^ok \d+/gm) || []).length;
  const bad = (stdout.match(/^not ok \d+/gm) || []).length;
  const fine = result === 'OK';
  passed += fine ? Math.max(good, 1) : good;
  failed += fine ? 0 : Math.max(bad, 1);
  if (!fine) console.log(`failed: ${name} (${result})`);
}
console.log(`${passed} passed, ${failed} failed`);
