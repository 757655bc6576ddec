// Compares what Nightscout holds with what it should hold.
import { until } from './child.mjs';

const isTime = (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value));
const isObject = (value) => typeof value === 'object' && value !== null;

// Times are compared as instants, numbers and numeric strings as numbers (a billionth apart is the same).
function sameValue(wanted, held) {
  if (isTime(wanted) && isTime(held)) return Date.parse(wanted) === Date.parse(held);
  const numeric = [wanted, held].every((value) => typeof value === 'number' || (typeof value === 'string' && value.trim() !== ''));
  if (numeric && typeof wanted !== typeof held) return Number(wanted) === Number(held);
  if (typeof wanted === 'number' && typeof held === 'number') {
    return Math.abs(wanted - held) <= 1e-9 * Math.max(1, Math.abs(wanted));
  }
  return wanted === held;
}

// The fields of wanted that held lacks or has otherwise, each as a line. null in wanted: held must not have it. held
// may have more fields; lists must be of one length.
export function differences(wanted, held, where = '') {
  if (wanted === null) return held === null || held === undefined ? [] : [`${where} should not be there, is ${JSON.stringify(held)}`];
  if (!isObject(wanted)) return sameValue(wanted, held) ? [] : [`${where} should be ${JSON.stringify(wanted)}, is ${JSON.stringify(held)}`];
  if (!isObject(held) || Array.isArray(wanted) !== Array.isArray(held)) return [`${where} should be ${JSON.stringify(wanted)}, is ${JSON.stringify(held)}`];
  const lines = Object.keys(wanted).flatMap((name) => differences(wanted[name], held[name], where ? `${where}.${name}` : name));
  if (Array.isArray(wanted) && wanted.length !== held.length) lines.push(`${where} should have ${wanted.length} items, has ${held.length}`);
  return lines;
}

const name = (document) => `${document.eventType ?? document.type ?? 'devicestatus'} ${document.created_at ?? document.dateString}`;
const identity = (document) => `${document.eventType ?? document.type ?? 'devicestatus'} ${Date.parse(document.created_at ?? document.dateString)}`;

// Both lists hold the same documents, each once, whatever their order: [] or what is wrong, a line each.
export function listDifferences(wanted, held) {
  const rest = new Map();
  for (const document of held) rest.set(identity(document), [...(rest.get(identity(document)) ?? []), document]);
  const lines = [];
  for (const document of wanted) {
    const found = rest.get(identity(document))?.shift();
    if (!found) lines.push(`missing: ${name(document)}`);
    else lines.push(...differences(document, found).map((line) => `${name(document)}: ${line}`));
  }
  for (const document of [...rest.values()].flat()) lines.push(`not expected: ${JSON.stringify(document)}`);
  return lines;
}

// Everything that a Nightscout holds, for a comparison before and after.
export async function everything(nightscout) {
  const [treatments, entries, devicestatus, profiles] = await Promise.all(
    [nightscout.treatments(), nightscout.entries(), nightscout.devicestatus(), nightscout.profiles()]);
  return { treatments, entries, devicestatus, profiles };
}

// The pills, once the server has computed those that wanted names; differences to them.
export async function pillDifferences(nightscout, wanted) {
  let lines = [];
  await until(async () => {
    lines = differences(wanted, await nightscout.properties());
    return lines.length === 0;
  }, { seconds: 15, every: 200 }).catch(() => {});
  return lines;
}
