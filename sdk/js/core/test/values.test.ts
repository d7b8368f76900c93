/** What no vector can hold of the values that an app gives: that they are copied, and what only JavaScript has. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { makeMachine } from '../src/index';
import { World } from './world';

const id = (digit: string): string => '00000000-0000-4000-8000-000000000000'.replace(/0/g, digit);
const IDS = { device: [id('d')], session: [id('5')], page: [id('9')] };

function world(config: object = {}): World {
  const made = new World({ config: { ...config }, clock: { wall_ms: 1_750_000_000_000 }, ids: IDS, storage: null });
  made.perform({ do: 'start' });
  return made;
}

const last = (made: World): any => made.machine.entries().at(-1)!.operation_;

test('what an app changes in properties after a call shows nowhere', () => {
  const made = world();
  const properties = { plan: 'pro', seats: { used: 1 } };
  made.machine.call('trackEvent', { name: 'a', properties });
  properties.plan = 'free';
  properties.seats.used = 2;
  assert.deepEqual(last(made).properties, { plan: 'pro', seats: { used: 1 } });
});

test('what an app changes in properties while a call waits shows nowhere', () => {
  const made = world({ hold: 'auth' });
  const properties: Record<string, unknown> = { plan: 'pro' };
  const schema = { plan: 'str' };
  made.machine.call('setProperties', { type: 'user', properties, schema });
  properties.plan = properties;
  schema.plan = 'int';
  made.machine.app('ready');
  assert.deepEqual([last(made).properties, last(made).schema], [{ plan: 'pro' }, { plan: 'str' }]);
});

test('what an app changes in options while a call waits shows nowhere', () => {
  const made = world({ hold: 'auth' });
  const options = { name: 'a' };
  made.machine.call('trackEvent', options);
  options.name = 'b';
  made.machine.app('ready');
  assert.equal(last(made).name, 'a');
});

test('what an app changes in a signature after a call shows nowhere', () => {
  const made = world();
  const signature = { of: ['u1'] };
  made.machine.call('setIdentity', { uid: 'u1', signature });
  signature.of.push('u2');
  assert.deepEqual(last(made).sig, { of: ['u1'] });
});

test('a signature of nothing is null, an absent or undefined one is none', () => {
  const made = world();
  made.machine.call('setIdentity', { uid: 'u1', signature: null });
  assert.equal(last(made).sig, null);
  for (const options of [{ uid: 'u1' }, { uid: 'u1', signature: undefined }]) {
    made.machine.call('setIdentity', options);
    assert.equal(last(made).sig, undefined);
  }
});

test('a signature that cannot travel costs no identify', () => {
  const made = world();
  const around: Record<string, unknown> = {};
  around.a = around;
  const failing = { toJSON: () => assert.fail('an app may throw') };
  for (const signature of [around, BigInt(10), Symbol('s'), () => 's', failing]) {
    assert.equal(made.machine.call('setIdentity', { uid: 'u1', signature }).error, undefined);
    assert.deepEqual([last(made).uid, last(made).sig], ['u1', undefined]);
  }
});

test('what an observer does with what it hears shows nowhere', () => {
  const heard: any[] = [];
  const ports = (world() as any).ports();
  const machine = makeMachine({ ...ports, mint: (kind) => (kind == 'key' ? '' : id(kind[1]!)), notify: (_, args) => void heard.push(args) });
  machine.start({ org: 'o1' });
  machine.call('setIdentity', { uid: 'u1', properties: { seats: { used: 1 } } });
  assert.deepEqual(heard.at(-1).user, { uid: 'u1', properties: { seats: { used: 1 } } });
  heard.at(-1).user.properties.seats.used = 2;
  assert.deepEqual((machine.entries().at(-1) as any).operation_.properties, { seats: { used: 1 } });
  machine.call('setProperties', { type: 'user', properties: { plan: 'pro' } });
  assert.deepEqual(heard.at(-1).user.properties, { seats: { used: 1 }, plan: 'pro' });
});

test('what could not travel when a call was made is refused when its wait is over', () => {
  const made = world({ hold: 'auth' });
  const properties: Record<string, unknown> = {};
  properties.self = properties;
  assert.deepEqual(made.perform({ do: 'call', call: 'trackEvent', args: { name: 'a', properties } }).notes, []);
  delete properties.self;
  assert.deepEqual(made.perform({ do: 'app', event: 'ready' }).notes, ['invalid_properties']);
});

test('a cycle, a big integer and what throws are no properties', () => {
  const cycle: any[] = [];
  cycle.push(cycle);
  const thrower = { get plan(): string { throw new Error('no'); } };
  for (const properties of [{ cycle }, { big: BigInt(10) }, thrower]) {
    assert.equal(world().machine.call('trackEvent', { name: 'a', properties }).error, 'invalid_properties');
  }
});

test('dates are their text, what is no number is null, what is nothing is left out', () => {
  const made = world();
  made.machine.call('trackEvent', { name: 'a', properties: { at: new Date(0), n: NaN, none: undefined, f: () => 1, zero: -0 } });
  assert.equal(JSON.stringify(last(made).properties), '{"at":"1970-01-01T00:00:00.000Z","n":null,"zero":0}');
});

test('a toJSON that an app put on a prototype changes nothing, and stays', () => {
  const shared = Array.prototype as any;
  shared.toJSON = () => 'prototype.js';
  try {
    const made = world();
    made.machine.call('trackEvent', { name: 'a', properties: { list: [1, 2] } });
    assert.deepEqual(last(made).properties, { list: [1, 2] });
    assert.equal(typeof shared.toJSON, 'function');
    assert.deepEqual(Object.keys(shared), []);
  } finally {
    delete shared.toJSON;
  }
});

test('a user property may have any name', () => {
  const made = world();
  const told: any[] = [];
  made.machine.call('setIdentity', { uid: 'u1', properties: JSON.parse('{"__proto__": "a", "constructor": "b"}') });
  made.perform({ do: 'call', call: 'setProperties', args: { type: 'user', properties: { plan: 'pro' } } }).callbacks.forEach((one: any) => told.push(one.args.user.properties));
  assert.equal(JSON.stringify(told), '[{"__proto__":"a","constructor":"b","plan":"pro"}]');
});

test('no call is called like a member of every object', () => {
  for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty']) {
    assert.equal(world({ hold: 'auth' }).machine.call(name).error, 'unknown_call');
  }
});

test('a source that is no text counts as none', () => {
  for (const source of [1, true, {}, ['a'], '']) {
    const made = world();
    made.machine.call('log', { msg: 'a' }, 2, source);
    assert.equal(last(made).source, undefined);
  }
});

test('two machines have nothing in common', () => {
  const [one, other] = [world(), world()];
  one.machine.call('setIdentity', { uid: 'u1' });
  assert.deepEqual([one.machine.state().uid, other.machine.state().uid, other.machine.entries().length], ['u1', null, 1]);
});
