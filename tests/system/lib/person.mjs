// What a person does to documents of ours between syncs, at random, and what must stand there in the end.
import assert from 'node:assert/strict';

const keyOf = ({ pump_event_id, pump_event_source }) => {
  const [number, second, third] = String(pump_event_id).split(',');
  // The parts of an extended bolus, and the basal of a suspension, are told apart by what follows the number.
  const part = Number(second) >= 0 && Number(second) < 256 ? `,${second},${third}` : '';
  return `${pump_event_source} ${number}${part}`;
};

const has = (...names) => (one) => names.every((name) => one[name] !== undefined && one[name] !== null && one[name] !== '' && one[name] !== 0);
const moved = ({ created_at }, random) => new Date(Date.parse(created_at) + (random(2) ? 1 : -1) * (16 + random(13)) * 60000).toISOString();
const without = (one, ...names) => Object.fromEntries(Object.entries(one).filter(([name]) => !names.includes(name)));
const isBolus = ({ eventType }) => eventType === 'Combo Bolus';

// Each: which documents it fits, and what it makes of one: {put, post, remove}.
const edits = [
  { name: 'type', fits: (one) => isBolus(one) || one.eventType === 'Alarm', make: (one) => ({ put: { ...one, eventType: isBolus(one) ? 'Meal Bolus' : '' } }) },
  { name: 'time', fits: () => true, make: (one, random) => ({ put: { ...one, created_at: moved(one, random), utcOffset: 0 } }) },
  { name: 'no carbs', fits: has('carbs'), make: (one) => ({ put: without(one, 'carbs') }) },
  { name: 'no insulin', fits: has('insulin'), make: (one) => ({ put: without(one, 'insulin') }) },
  { name: 'no glucose', fits: has('glucose'), make: (one) => ({ put: without(one, 'glucose', 'glucoseType', 'units') }) },
  { name: 'no words', fits: has('notes'), make: (one) => ({ put: without(one, 'notes', 'reason') }) },
  { name: 'note', fits: () => true, make: (one) => ({ put: { ...one, notes: 'with pizza' } }) },
  { name: 'split', fits: has('carbs', 'insulin'), make: (one, random) => ({ put: without(one, 'insulin'), post: { ...without(one, '_id', 'carbs'), created_at: moved(one, random) } }) },
  { name: 'delete', fits: () => true, make: () => ({ remove: true }) },
];

// simulator's Nightscout is edited. edit(count, from, mayDelete): up to so many documents of after that instant, none
// twice, none that is still open. random(n): below n.
export function personAt(simulator, random) {
  const touched = new Map(); // _id -> {key, edit, left}; left is null for a deleted one
  const added = new Map();
  const keys = new Set(); // of events that a person has had a hand in
  const list = async () => (await simulator.documents()).treatments;

  async function apply(one, edit) {
    const { put, post, remove } = edit.make(one, random);
    if (put) assert.equal((await simulator.nightscout('PUT', 'treatments', put)).status, 200);
    if (post) assert.equal((await simulator.nightscout('POST', 'treatments', [post])).status, 200);
    if (remove) assert.equal((await simulator.nightscout('DELETE', `treatments/${one._id}`)).status, 200);
    keys.add(keyOf(one));
    const after = await list();
    touched.set(one._id, { key: keyOf(one), edit: edit.name, was: one, left: after.find(({ _id }) => _id === one._id) ?? null });
    if (post) {
      const clone = after.find((other) => other._id !== one._id && keyOf(other) === keyOf(one));
      assert.ok(clone, 'the other half');
      added.set(clone._id, clone);
    }
  }

  async function edit(count, from, mayDelete) {
    const all = await list();
    const newestBasal = Math.max(...all.filter(({ eventType }) => eventType === 'Temp Basal').map(({ created_at }) => Date.parse(created_at)));
    for (let i = 0; i < count; i += 1) {
      const chosen = edits[random(mayDelete ? edits.length : edits.length - 1)];
      // What is rare among a pump's events, a person touches as often as basal.
      const fitting = all.filter((one) => Date.parse(one.created_at) > from && one.eventType !== 'CGM Alert' && !keys.has(keyOf(one)) && chosen.fits(one)
        && !/Not Ended/.test(one.reason) && Date.parse(one.created_at) < newestBasal);
      const kinds = [...new Set(fitting.map(({ eventType, notes }) => `${eventType}${/^Extended/.test(notes)}`))];
      const kind = kinds[random(kinds.length)];
      const some = fitting.filter(({ eventType, notes }) => `${eventType}${/^Extended/.test(notes)}` === kind);
      if (some.length > 0) await apply(some[random(some.length)], chosen);
    }
  }

  // Takes the person's out of what is held, having seen that each stands as it was left, and the same events out of what
  // one sync writes where nobody has edited.
  function settle(held, wanted) {
    const rest = new Map(held.map((one) => [one._id, one]));
    const untouched = new Map(wanted.map((one) => [keyOf(one), one]));
    for (const [id, { key, edit: name, was, left }] of touched) {
      const told = `${name}: ${JSON.stringify({ was, left, now: rest.get(id) })}`;
      const event = untouched.get(key);
      if (left) assertStands(rest.get(id), left, event, was, told);
      else assert.ok(!rest.has(id), told);
      rest.delete(id);
    }
    for (const [id, clone] of added) {
      assert.deepEqual(rest.get(id), clone);
      rest.delete(id);
    }
    for (const key of keys) untouched.delete(key);
    return [[...rest.values()], [...untouched.values()]];
  }
  return { edit, settle, count: () => touched.size };
}

// As it was left; but for a basal's end, and what a record has brought that came after the edit.
function assertStands(now, left, event, was, told) {
  assert.ok(now, told);
  for (const name of new Set([...Object.keys(left), ...Object.keys(now)])) {
    if (JSON.stringify(now[name]) === JSON.stringify(left[name])) continue;
    const isEnd = name === 'duration' && left.eventType === 'Temp Basal';
    const isLate = left[name] === undefined && was[name] === undefined;
    const isId = name === 'pump_event_id' && String(left[name]).split(',').every((number) => String(now[name]).split(',').includes(number));
    assert.ok(event && (isEnd || isLate || isId || name === 'srvModified'), told);
    if (isEnd) assert.ok(Math.abs(now[name] - event[name]) <= 1.001 / 60, told);
    else if (name !== 'srvModified') assert.deepEqual(now[name], event[name], told);
  }
}
