/** Whether what a vector expects is what happened. */

import type { Seen, World } from './world';

type Json = any;

const WHOLE = ['returns', 'error', 'changes', 'notes', 'callbacks'] as const;

/** Each way in which `expect` was disappointed, in words. */
export function disappointments(expect: Record<string, Json>, seen: Seen, world: World): string[] {
  const wrong: string[] = [];
  const check = (what: string, wanted: Json, found: Json, isEqual = equal): void => {
    if (!isEqual(wanted, found)) wrong.push(`${what}: wanted ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
  };
  for (const [key, wanted] of Object.entries(expect)) {
    if ((WHOLE as readonly string[]).includes(key)) check(key, wanted, (seen as Json)[key] ?? null);
    else if (key == 'state') check(key, wanted, world.machine.state(), holds);
    else if (key == 'requests' || key == 'settled') check(key, wanted, seen[key], list(holds));
    else if (key == 'queue') check(key, wanted, flat(world), list(holds));
    else if (key == 'writes') {
      check(key, Object.keys(wanted).sort(), Object.keys(seen.writes).sort());
      for (const name of Object.keys(wanted)) checkText(`writes ${name}`, wanted[name], seen.writes[name] ?? null, check);
    } else if (key == 'storage') {
      for (const name of Object.keys(wanted)) checkText(`storage ${name}`, wanted[name], world.storage.get(name) ?? null, check);
    } else if (key == 'timers') {
      for (const name of Object.keys(wanted)) check(`timer ${name}`, wanted[name], world.timers.get(name) ?? null);
    } else throw new Error(`unknown expectation ${key}`);
  }
  return wrong;
}

function checkText(what: string, wanted: string | null, found: string | null, check: Function): void {
  const isJson = what.includes(' fs_out.') && wanted !== null && found !== null;
  if (isJson) check(what, JSON.parse(wanted), JSON.parse(found), holds);
  else check(what, wanted, found);
}

function flat(world: World): Json[] {
  return world.machine.entries().map(({ stamp, operation_ }) => ({ ...stamp, ...operation_ }));
}

function list(same: (wanted: Json, found: Json) => boolean) {
  return (wanted: Json[], found: Json[]): boolean =>
    wanted.length == found.length && wanted.every((one, index) => same(one, found[index]));
}

/** Whether `found` has every member that `wanted` names; arrays match whole. */
function holds(wanted: Json, found: Json): boolean {
  if (Array.isArray(wanted)) return Array.isArray(found) && list(holds)(wanted, found);
  if (wanted && typeof wanted == 'object') {
    return !!found && typeof found == 'object' && Object.keys(wanted).every((key) => holds(wanted[key], found[key]));
  }
  return wanted === (found ?? null);
}

function equal(wanted: Json, found: Json): boolean {
  if (Array.isArray(wanted)) return Array.isArray(found) && list(equal)(wanted, found);
  if (wanted && typeof wanted == 'object') {
    const same = !!found && typeof found == 'object' && Object.keys(found).length == Object.keys(wanted).length;
    return same && Object.keys(wanted).every((key) => equal(wanted[key], found[key]));
  }
  return wanted === found;
}
