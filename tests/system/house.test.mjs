// The house's rules hold in the sources, and the script that says so can say the opposite.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faults, readTree } from '../house/arrows.mjs';
import { root } from './lib/run.mjs';

const tree = readTree(root);
const known = faults(tree); // whatever is wrong already says so in the first test alone

test('no arrow runs up, no pure room speaks to the network, every header stands where it is used, no circle', () => {
  assert.ok(Object.keys(tree).length > 200, 'the sources were found');
  assert.deepEqual(known, []);
});

// The tree with more lines at the top of some files, or with files of its own.
const changed = (more) => ({ ...tree, ...Object.fromEntries(Object.entries(more).map(([name, text]) => [name, `${text}\n${tree[name] ?? ''}`])) });

for (const [what, more, fault] of [
  ['an include of a room above', { 'src/pump/account.c': '#include "tconnectsync/documents/report.h"' }, /^src\/pump\/account\.c -> tconnectsync\/documents\/report\.h: the room pump may not use documents$/],
  ['one from a header', { 'include/tconnectsync/page/page.h': '#include "tconnectsync/sync/sync.h"' }, /page\.h -> tconnectsync\/sync\/sync\.h: the room page may not use sync$/],
  ['the simulator using what it plays against', { 'src/sim/main.c': '#include "tconnectsync/tandem/tandem.h"' }, /the room sim may not use tandem$/],
  ['curl outside of the client', { 'src/tandem/tandem.c': '#include <curl/curl.h>' }, /tandem\.c -> curl\/curl\.h: only the client/],
  ['curl in the server', { 'src/http/http_server.c': '#include <curl/curl.h>' }, /http_server\.c -> curl\/curl\.h: only the client/],
  ['evhttp outside of the server', { 'src/server/routes.c': '#include <event2/http.h>' }, /routes\.c -> event2\/http\.h: only the server/],
  ['libevent in a pure room', { 'src/documents/held.c': '#include <event2/event.h>' }, /held\.c -> event2\/event\.h: the room documents is pure$/],
  ['a public header of one room alone', { 'include/tconnectsync/sync/lonely.h': '' }, /^include\/tconnectsync\/sync\/lonely\.h: no other room uses it/],
  ['a private header of another room', { 'src/server/routes.c': '#include "../sync/sync_internal.h"' }, /routes\.c -> \.\.\/sync\/sync_internal\.h: a header beside a source/],
  ['a room that the table does not have', { 'src/attic/box.c': '' }, /^src\/attic\/box\.c: src\/meson\.build has no room attic$/],
  ['a circle by includes', { 'src/server/session.h': '#include "authorization.h"' }, /^server: a circle of authorization, session:\n {4}src\/server\/authorization\.c -> session/],
  ['a circle by calls, both declared in one header', {
    'src/page/both.h': 'void page_first(void);\nvoid page_second(void);',
    'src/page/one.c': '#include "both.h"\nvoid page_first(void)\n{\n    page_second();\n}',
    'src/page/two.c': '#include "both.h"\nvoid page_second(void)\n{\n    page_first();\n}',
  }, /^page: a circle of one, two:\n {4}src\/page\/one\.c -> two\.c \(page_second\)\n {4}src\/page\/two\.c -> one\.c \(page_first\)$/],
]) {
  test(`${what} is found`, () => {
    const wrong = faults(changed(more)).filter((line) => !known.includes(line));
    assert.equal(wrong.length, 1, wrong.join('\n'));
    assert.match(wrong[0], fault);
  });
}

test('what a room uses through another, and a word in a comment, are allowed', () => {
  assert.deepEqual(faults(changed({
    'src/command/main.c': '#include "tconnectsync/base/json.h"',
    'src/base/url.c': '/* account_parse() and "url_parse()" */',
  })), known);
});
