// A reporter for node --test: a line per file that took its time, what failed in full, and the count alone at the end.
function cause(error) {
  const inner = error?.cause ?? error;
  return String(inner?.stack ?? inner?.message ?? inner);
}

export default async function* report(source) {
  const totals = { pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
  for await (const { type, data } of source) {
    if (type === 'test:fail' && data.details?.error?.failureType !== 'subtestsFailed') {
      yield `FAILED ${data.name}\n  at ${data.file ?? ''}:${data.line ?? ''}\n${cause(data.details?.error).replace(/^/gm, '  ')}\n`;
    } else if (type === 'test:pass' && data.nesting === 0 && data.details?.duration_ms > 2000) {
      yield `passed ${data.name} (${(data.details.duration_ms / 1000).toFixed(1)} s)\n`;
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      yield data.message;
    } else if (type === 'test:diagnostic' && data.nesting === 0) {
      const [, word, count] = /^(pass|fail|cancelled|skipped|todo) (\d+)$/.exec(data.message) ?? [];
      if (word) totals[word] = Number(count);
    }
  }
  if (totals.skipped + totals.todo) yield `${totals.skipped + totals.todo} skipped\n`;
  yield `${totals.pass} passed, ${totals.fail + totals.cancelled} failed\n`;
}
