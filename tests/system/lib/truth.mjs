// Compares what Nightscout holds with what the pump did, as the simulator tells from its own scenario.
import assert from 'node:assert/strict';

const first = (document) => Number(String(document.pump_event_id).split(',')[0]);

// documents: all of the time that truth covers, and no others. slack: seconds by which a basal's end may be off, 1 where
// ends became known late: a stored one is amended from over a second on.
export function assertTruth(documents, { days, basal }, { slack = 0 } = {}) {
  // The last basal is not over yet: it is given five minutes at least.
  const truth = { days, basal: basal.map((one) => ({ ...one, end: one.open ? Math.max(one.end, one.at + 300) : one.end })) };
  const basals = documents.treatments.filter((document) => document.eventType === 'Temp Basal')
    .sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
  const held = basals.map((document) => ({
    sequence: first(document), at: Math.floor(Date.parse(document.created_at) / 1000), // two in one second differ by a millisecond
    end: Math.round(Date.parse(document.created_at) / 1000 + document.duration * 60), rate: Math.round(document.absolute * 1000),
  }));
  const told = new Map(held.map((one) => [one.sequence, one]));
  assert.equal(told.size, held.length, 'each basal once');
  const wrong = truth.basal.filter(({ sequence, at, end, rate }) => {
    const one = told.get(sequence);
    return !one || one.at !== at || Math.abs(one.end - end) > slack || one.rate !== rate;
  }).map((one) => ({ pump: one, nightscout: told.get(one.sequence) }));
  assert.deepEqual(wrong.slice(0, 3), []);
  assert.equal(held.length, truth.basal.length);

  // No gap but where the pump was off, no overlap; insulin adds up to 0.001 U a day.
  for (let i = 1; i < held.length; i += 1) {
    if (!truth.basal[i - 1].off) assert.ok(Math.abs(held[i].at - held[i - 1].end) <= slack, `basal ${held[i - 1].sequence}`);
  }
  const delivered = held.reduce((sum, one) => sum + one.rate * (one.end - one.at), 0) / 3600000;
  const wanted = truth.basal.reduce((sum, one) => sum + one.rate * (one.end - one.at), 0) / 3600000;
  assert.ok(Math.abs(delivered - wanted) < 0.001 + (slack * wanted) / 300); // a basal lasts five minutes
  const boluses = documents.treatments.filter((document) => document.eventType === 'Combo Bolus');
  const bolus = boluses.reduce((sum, document) => sum + Math.round((document.insulin ?? 0) * 1000), 0);
  assert.equal(bolus, Object.values(truth.days).reduce((sum, one) => sum + one.bolusMilliunits, 0));
}

// Without what the server adds: an amended document has its offset told anew.
export function stripped(documents) {
  const strip = ({ _id, utcOffset, ...rest }) => JSON.stringify(rest, Object.keys(rest).sort());
  return { treatments: documents.treatments.map(strip).sort(), entries: documents.entries.map(strip).sort() };
}

// A basal whose end became known late keeps a duration that is right to the second.
export function assertAlmostSame(held, wanted) {
  const rounded = (documents) => documents.treatments.map(({ _id, utcOffset, duration, ...rest }) => [JSON.stringify(rest, Object.keys(rest).sort()), duration])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const [left, right] = [rounded(held), rounded(wanted)];
  assert.deepEqual(left.map(([text]) => text), right.map(([text]) => text));
  left.forEach(([text, duration], i) => assert.ok(duration === right[i][1] || Math.abs(duration - right[i][1]) <= 1.001 / 60, text));
  assert.deepEqual(stripped({ treatments: [], entries: held.entries }), stripped({ treatments: [], entries: wanted.entries }));
}
