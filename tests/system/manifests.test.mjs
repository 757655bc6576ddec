// The manifests for hosts of many people: what Kubernetes and Nomad would read is what they mean, and the settings in
// them are the program's.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import hcl from 'hcl2-parser';
import * as apps from 'kubernetes-models/apps/v1';
import * as core from 'kubernetes-models/v1';
import yaml from 'yaml';
import { begin, folder, root } from './lib/run.mjs';

const read = (name) => fs.readFileSync(path.join(root, name), 'utf8');
const known = new Set([...read('docs/settings.md').matchAll(/`([A-Z_]{2,})`/g)].map(([, name]) => name));

// A copy that notes which of its properties nobody has read: Kubernetes passes over misspelled names without a word,
// and its validators read every name that there is.
function watched(value, where, unread) {
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.setPrototypeOf(Array.isArray(value) ? [] : {}, Object.getPrototypeOf(value));
  for (const [name, one] of Object.entries(value)) {
    inner[name] = watched(one, `${where}.${name}`, unread);
    unread.add(`${where}.${name}`);
  }
  return new Proxy(inner, {
    get(target, name, receiver) {
      unread.delete(`${where}.${String(name)}`);
      return Reflect.get(target, name, receiver);
    },
  });
}

function validate(document) {
  const Model = { 'v1 Secret': core.Secret, 'v1 Service': core.Service, 'apps/v1 Deployment': apps.Deployment }[`${document.apiVersion} ${document.kind}`];
  assert.ok(Model, `${document.apiVersion} ${document.kind}`);
  const unread = new Set();
  Model.prototype.validate.call(watched(Object.setPrototypeOf(document, Model.prototype), document.kind, unread));
  return [...unread];
}

const manifests = () => yaml.parseAllDocuments(read('deploy/kubernetes.yaml')).map((document) => {
  assert.deepEqual([...document.errors, ...document.warnings], []);
  return document.toJS();
});

test('the Kubernetes manifest is valid, every name in it is one that Kubernetes knows', () => {
  const [secret, deployment, service] = manifests();
  for (const document of [secret, deployment, service]) assert.deepEqual(validate(document), []);
  assert.deepEqual(validate({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { selecter: {} } }), ['Service.spec.selecter']);
  const pod = deployment.spec.template;
  for (const selector of [deployment.spec.selector.matchLabels, service.spec.selector]) {
    for (const [name, value] of Object.entries(selector)) assert.equal(pod.metadata.labels[name], value);
  }
  const [container] = pod.spec.containers;
  const volumes = pod.spec.volumes.map(({ name }) => name);
  assert.deepEqual(container.volumeMounts.map(({ name }) => name).sort(), volumes.sort());
  assert.equal(pod.spec.volumes.find(({ secret: one }) => one).secret.secretName, secret.metadata.name);
  assert.deepEqual([...Object.keys(secret.stringData), ...container.env.map(({ name }) => name)].filter((name) => !known.has(name)), []);
  assert.equal(deployment.spec.replicas, 1);
  assert.equal(deployment.spec.strategy.type, 'Recreate');
});

test('the settings of the Kubernetes manifest are good for the program', async (t) => {
  const [secret, deployment] = manifests();
  const home = folder(t);
  const env = Object.fromEntries(deployment.spec.template.spec.containers[0].env.map(({ name, value }) => [name, value]));
  // As a mounted Secret is: links to a folder that is exchanged as a whole.
  fs.mkdirSync(path.join(home, '..data'));
  for (const [name, value] of Object.entries(secret.stringData)) {
    fs.writeFileSync(path.join(home, '..data', name), value);
    fs.symlinkSync(path.join('..data', name), path.join(home, name));
  }
  const server = begin([], { home, env: { ...env, CREDENTIALS_DIRECTORY: home, CACHE_CREDENTIALS_PATH: path.join(home, 'cache.json'), PORT: '0', LISTEN_HOST: '127.0.0.1', TCONNECTSYNC_HEROKU_INTERVAL_MINS: '0' } });
  const [, port] = await server.says(/module=serve version=.* port=(\d+)/);
  assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
  assert.equal((await server.stop()).status, 0);
  // Without the timer, that the test leaves out.
  assert.doesNotMatch(server.stdout.replace(/.*No timer runs.*\n/, ''), /level=(warn|error)/);
});

test('the Nomad job is HCL with what a service needs', () => {
  const [parsed, error] = hcl.parseToObject(read('deploy/nomad.hcl'));
  assert.equal(error, null);
  const [{ type, dynamic }] = parsed.job.tconnectsync;
  assert.equal(type, 'service');
  const [{ content: [group], labels }] = dynamic.group;
  assert.deepEqual(labels, ['${group.value}']);
  assert.equal(group.count, 1);
  const [task] = group.task.tconnectsync;
  const [{ ports, readonly_rootfs: readOnly, cap_drop: dropped }] = task.config;
  assert.deepEqual([ports, readOnly, dropped], [['http'], true, ['all']]);
  assert.deepEqual(Object.keys(group.network[0].port), ['http']);
  const [{ PORT, ...env }] = task.env;
  assert.equal(PORT, String(group.network[0].port.http[0].to));
  const named = [...task.template[0].data.matchAll(/^\s*([A-Z_]+)=\{\{ \.([A-Z_]+) \| toJSON \}\}$/gm)];
  assert.ok(named.length >= 6 && named.every(([, name, value]) => name === value));
  assert.deepEqual([...Object.keys(env), ...named.map(([, name]) => name)].filter((name) => !known.has(name)), []);
});
