// What operators are given - metrics, alert rules, a dashboard, JSON logs - against what the server really prints.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { SECRET, serve } from './lib/daemon.mjs';
import { root } from './lib/run.mjs';

const read = (name) => fs.readFileSync(path.join(root, name), 'utf8');
const EVERYTHING = { TCONNECTSYNC_HEROKU_INTERVAL_MINS: '60', TCONNECTSYNC_HEROKU_FEATURES: 'BASAL,BOLUS,PUMP_EVENTS,PROFILES,CGM' };
// In the order of preference that Prometheus 2 and 3 send, what a browser and curl send, and odd ones.
const ACCEPTS = [
  ['application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', true],
  ['application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2', true],
  ['Application/OpenMetrics-Text ; q=1', true],
  ['text/plain;q=0.9, application/openmetrics-text;q=0.5', false],
  ['application/openmetrics-text;q=0', false],
  ['application/openmetrics-textual', false],
  ['text/html,application/xhtml+xml,*/*;q=0.8', false],
  ['*/*', false],
  [',;, ;q=,', false],
];

// {series: [{name, labels, value}], types: {family: type}} of either format; each line has to be one of the two.
function parse(text) {
  const types = {};
  const series = [];
  for (const line of text.trimEnd().split('\n')) {
    const [, family, type] = /^# TYPE (\w+) (counter|gauge)$/.exec(line) ?? [];
    if (family) types[family] = type;
    if (line.startsWith('#')) continue;
    const [, name, inner = '', value] = /^(\w+)(?:\{([^}]*)\})? (-?[\d.e+]+)$/.exec(line) ?? assert.fail(line);
    series.push({ name, labels: Object.fromEntries([...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, is]) => [label, is])), value: Number(value) });
  }
  return { types, series };
}

// What an expression of PromQL asks for: each metric, with the labels that are said to be equal to something.
function asked(expression) {
  const found = [...expression.matchAll(/\b(tconnectsync_\w+)(?:\{([^}]*)\})?/g)];
  return found.map(([, name, inner = '']) => ({ name, equal: [...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, is]) => [label, is]) }));
}

test('/metrics speaks OpenMetrics to who asks for it, and the alert rules and the dashboard ask for what it prints', async (t) => {
  const { secretly, idle } = await serve(t, {}, EVERYTHING);
  await idle(1);
  for (const [accept, wanted] of ACCEPTS) {
    const { headers, text } = await secretly('/metrics', { headers: { accept } });
    assert.match(headers.get('content-type'), wanted ? /^application\/openmetrics-text; version=1\.0\.0; charset=utf-8$/ : /^text\/plain; version=0\.0\.4/, accept);
    assert.equal(headers.get('vary'), 'Accept');
    assert.equal(text.endsWith('\n# EOF\n'), wanted, accept);
  }
  const open = parse((await secretly('/metrics', { headers: { accept: ACCEPTS[0][0] } })).text);
  for (const { name } of open.series) {
    // A counter's samples have the family's name and _total.
    const family = name.replace(/_total$/, '');
    assert.equal(open.types[family], name === family ? 'gauge' : 'counter', name);
  }
  const { series, types } = parse((await secretly('/metrics')).text);
  assert.deepEqual(series.map(({ name, labels }) => ({ name, labels })), open.series.map(({ name, labels }) => ({ name, labels })));

  const value = (name, labels = {}) => series.find((one) => one.name === `tconnectsync_${name}` && Object.entries(labels).every(([label, is]) => one.labels[label] === is))?.value;
  const now = Date.now() / 1000;
  assert.deepEqual(series.filter(({ name }) => name === 'tconnectsync_health').map(({ labels, value: is }) => [labels.state, is]),
    [['ok', 1], ['starting', 0], ['idle', 0], ['stale', 0], ['failing', 0], ['refused', 0], ['unconfigured', 0]]);
  assert.deepEqual([value('paused'), value('sign_ins_total'), value('runs_total', { result: 'ok' })], [0, 1, 1]);
  // One that waits, such as a sleep that has not ended, is a hole for so long.
  assert.ok(value('coverage_holes') >= 0 && value('coverage_holes') <= 4, 'of three days of history');
  assert.ok(value('next_run_timestamp_seconds') > now && value('next_run_timestamp_seconds') <= now + 3660);
  assert.ok(value('newest_reading_timestamp_seconds') <= now);
  const paused = await secretly('/scheduler/jobs/update/pause', { method: 'POST', headers: { authorization: `Basic ${Buffer.from(`any:${SECRET}`).toString('base64')}` } });
  assert.equal(paused.status, 200);
  const after = (await secretly('/metrics')).text;
  assert.match(after, /^tconnectsync_paused 1$/m);
  assert.doesNotMatch(after, /next_run/);

  const rules = parseYaml(read('deploy/alerts.yml')).groups.flatMap((group) => group.rules);
  const dashboard = JSON.parse(read('deploy/grafana.json'));
  const expressions = [...rules.map(({ expr }) => expr), ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...dashboard.templating.list.map(({ query }) => query)];
  const wants = expressions.flatMap(asked);
  assert.ok(rules.length >= 7 && dashboard.panels.length >= 10 && wants.length >= 20);
  for (const { name, equal } of wants) {
    const there = series.filter((one) => one.name === name);
    assert.ok(there.some(({ labels }) => equal.every(([label, is]) => labels[label] === is)), `${name} ${JSON.stringify(equal)}`);
  }
  // A counter is only worth its growth; labels that are summed over or shown are there.
  for (const expression of expressions) {
    for (const { name } of asked(expression)) {
      if (types[name] === 'counter') assert.match(expression, new RegExp(`(?:rate|increase)\\(${name}(?:\\{[^}]*\\})?\\[\\w+\\]\\)`), expression);
    }
    for (const [, label] of expression.matchAll(/(?:by|without) \((\w+)\)/g)) assert.ok(series.some(({ labels }) => label in labels), label);
  }
  for (const { expr, annotations, labels } of rules) assert.ok(expr && annotations.summary && /^(critical|warning)$/.test(labels.severity), expr);
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
});

// What a template of Home Assistant reads of value_json, such as runs[0].result.
const readPaths = (template) => [...template.matchAll(/value_json\.([\w.[\]]*\w)/g)].map(([, where]) => where.split(/[.[\]]+/).filter(Boolean));

test('what Home Assistant is told to read stands in /status.json', async (t) => {
  const { status, idle } = await serve(t, {}, EVERYTHING);
  await idle(1);
  const [, sensors, automation] = [...read('docs/nas-and-home-assistant.md').matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, text]) => parseYaml(text, { customTags: [{ tag: '!secret', resolve: (name) => `secret ${name}` }] }));
  const [{ resource, headers, sensor }] = sensors.rest;
  assert.equal(new URL(resource).pathname, '/status.json');
  assert.equal(headers.Authorization, 'secret tconnectsync');
  const now = await status();
  const at = (steps) => steps.reduce((value, step) => { assert.ok(step in value, steps.join('.')); return value[step]; }, now);
  assert.ok(sensor.length >= 5);
  for (const { value_template: template, device_class: kind } of sensor) {
    const paths = readPaths(template);
    assert.ok(paths.length > 0, template);
    const values = paths.map(at);
    // Home Assistant takes no timestamp without an offset.
    if (kind === 'timestamp') assert.match(values[0], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)$/);
  }
  const words = [...read('src/documents/history.c').matchAll(/\[HEALTH_[A-Z]+\] = "([a-z]+)"/g)].map(([, word]) => word);
  assert.ok(words.length >= 7);
  const [{ triggers: [{ to, entity_id: entity }] }] = automation.automation;
  assert.deepEqual(to.filter((word) => !words.includes(word)), []);
  const entities = sensor.map(({ name }) => `sensor.${name.toLowerCase().replaceAll(' ', '_')}`);
  assert.ok(entities.includes(entity));
});

test('LOG_FORMAT=json makes each line an object, as true as the other, and what is streamed stays as it is', async (t) => {
  const { secretly, get, server, simulator } = await serve(t, {}, { LOG_FORMAT: 'json' });
  const update = await secretly('/update');
  assert.match(update.text, /^time=\S+ level=info module=sync result=ok/m);
  await get('/a%20b%22c%5Cd');
  await get(`/nothing/${'n"'.repeat(4000)}`);
  const lines = server.stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.ok(lines.length > 5);
  for (const { time, level, module } of lines) {
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(['debug', 'info', 'warn', 'error'].includes(level) && /^[a-z]+$/.test(module));
  }
  assert.equal(lines.find(({ module, result }) => module === 'sync' && result).result, 'ok');
  assert.equal(typeof lines.find(({ module, requests }) => module === 'sync' && requests).requests, 'number');
  assert.ok(lines.some((line) => line.path === '/a b"c\\d'), lines.map((line) => line.path).join());
  for (const hidden of [SECRET, simulator.env.NS_SECRET, simulator.env.TCONNECT_PASSWORD]) assert.ok(!server.stdout.includes(hidden));
});
