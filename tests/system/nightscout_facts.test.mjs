// The facts asked of a genuine server, and what only a genuine one shows: this keeps the tests' own ground honest.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { until } from './lib/child.mjs';
import { US, start } from './lib/nightscout.mjs';
import { NOW, facts } from './lib/nightscout_facts.mjs';

const nightscout = facts(async () => {
  const server = await start({ clock: NOW });
  return {
    ...server,
    closeCareportal: () => server.restart({ enable: 'basal' }),
    denyReading: () => server.restart({ env: { AUTH_DEFAULT_ROLES: 'denied' } }),
  };
});

test('it is the real server', async () => {
  const { body } = await nightscout().call('GET', 'status.json');
  assert.equal(body.name, 'nightscout');
  assert.equal(body.version, '0.12.8');
});

test('the pills are computed from Site Change and Insulin Change, by the server\'s clock', async () => {
  await nightscout().call('POST', 'treatments', [
    { eventType: 'Site Change', created_at: '2026-03-18T11:30:00-04:00', enteredBy: US, notes: 'the site' },
    { eventType: 'Insulin Change', created_at: '2026-03-19T11:30:00-04:00', enteredBy: US, notes: 'the cartridge' },
  ]);
  const pills = await until(async () => {
    const all = await nightscout().properties();
    return all.cage?.found && all.iage?.found && all;
  }, { what: 'cage and iage' });
  assert.deepEqual([pills.cage.age, pills.cage.notes], [44, 'the site']);
  assert.deepEqual([pills.iage.age, pills.iage.notes], [20, 'the cartridge']);
});

test('a socket that asks for h2c is dropped', async () => {
  const { port } = new URL(nightscout().url);
  const text = await new Promise((resolve) => {
    let got = '';
    const socket = net.connect(Number(port), '127.0.0.1', () => socket.write(
      'GET /api/v1/status.json HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n'));
    socket.on('data', (data) => { got += data; }).on('close', () => resolve(got)).on('error', () => {});
    socket.setTimeout(5000, () => socket.destroy());
  });
  assert.doesNotMatch(text, /^HTTP\/1.1 200/);
});

test('a dot in a profile\'s name kills the server', async () => {
  const other = await start();
  try {
    const body = { defaultProfile: 'A.b', startDate: '2026-03-01T00:00:00.000Z', store: { 'A.b': { dia: '5' } } };
    await assert.rejects(other.call('POST', 'profile', body));
    await until(() => other.hasDied(), { what: 'the end of the server' });
  } finally {
    await other.stop();
  }
});
