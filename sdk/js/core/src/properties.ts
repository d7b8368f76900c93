/** Properties as a caller gives them to properties as they travel (PR-1, CL-10): flat, checked, typed where asked. */

export type Scalar = string | number | boolean;
export type Value = Scalar | Scalar[];
type Json = Record<string, any>;

/** A call's properties and schema as plain JSON. */
export interface Plain {
  properties: Json;
  schema: Json;
}

export interface Checked {
  /** Dotted name to value; never null. */
  properties: Record<string, Value>;
  /** The types that were applied; undefined if none. */
  schema: Record<string, string> | undefined;
}

export interface Rules {
  /** Names may carry their type (PR-1.3). */
  suffixes: boolean;
  /** The array of objects of that name is allowed (PR-1). */
  products?: boolean | undefined;
}

const CALL_BYTES_MAX = 512 * 1024;
const VALUE_BYTES_MAX = 8192;
const NAME_CHARS_MAX = 512;
const NAMES_MAX = 500;
const TYPE = '(?:str|int|real|bool|date)s?';
const IS_TYPE = new RegExp(`^${TYPE}$`);
const SUFFIXED = new RegExp(`^(.+)_(${TYPE})$`);
const EXEMPT = /^(displayName|email|uid|pageName|acctId|website)$/;
const NAME = /^[A-Za-z][\w-]*(\.[A-Za-z][\w-]*)*$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** The properties that hold; each other one is noted as `code:name`, with the name as it was given. */
export function checkedProperties(plain: Plain, rules: Rules, note: (text: string) => void): Checked {
  const types = schemaTypes(plain.schema);
  const properties: Record<string, Value> = {};
  const applied: Record<string, string> = {};
  let names = 0;
  each(plain.properties, '', rules.products, (raw, value) => {
    if (value == null || (Array.isArray(value) && !value.length)) return;
    const suffix = rules.suffixes && !EXEMPT.test(raw) && SUFFIXED.exec(raw);
    const bare = suffix ? suffix[1]! : raw;
    const name = bare.replace(/[^\w.-]/g, '_');
    if (name != bare) note('scrubbed_name:' + raw);
    if (name.length > NAME_CHARS_MAX || !NAME.test(name)) return note('invalid_name:' + raw);
    let type = types[bare] || types[raw] || (suffix && suffix[2]);
    if (type && !IS_TYPE.test(type)) {
      note('invalid_type:' + raw);
      type = null;
    }
    const wrong = type ? misfit(value, type) : misshape(value);
    if (wrong) return note(wrong + ':' + raw);
    if (!(name in properties) && ++names > NAMES_MAX) return note('too_many_properties:' + raw);
    properties[name] = value;
    if (type) applied[name] = type;
    else delete applied[name];
  });
  return { properties, schema: Object.keys(applied).length ? applied : undefined };
}

/** What JSON makes of `given`: no cycles, dates as text, nothing undefined. Null: no object, or over 512 KiB. */
export function plainObject(given: unknown): Json | null {
  try {
    const text = JSON.stringify(given);
    if (text.length * 3 > CALL_BYTES_MAX && bytes(text) > CALL_BYTES_MAX) return null;
    const plain = JSON.parse(text);
    return isObject(plain) ? plain : null;
  } catch (_) {
    return null;
  }
}

function schemaTypes(plain: Json): Record<string, any> {
  if (isObject(plain.properties) && Object.keys(plain).length == 1) plain = plain.properties;
  const types: Record<string, any> = Object.create(null);
  each(plain, '', false, (name, type) => (types[name] = String(type)));
  return types;
}

function each(given: Json, prefix: string, products: boolean | undefined, found: (name: string, value: any) => void): void {
  for (const name of Object.keys(given)) {
    const value = given[name];
    const path = prefix + name;
    if (isObject(value)) each(value, path + '.', products, found);
    else if (products && path == 'products' && Array.isArray(value) && value.every(isObject)) columns(value, found);
    else found(path, value);
  }
}

/** An array of objects as one array for each of their names, which is how it can be searched. */
function columns(products: Json[], found: (name: string, value: any) => void): void {
  const lists: Record<string, unknown[]> = {};
  for (const product of products) {
    each(product, 'products.', false, (name, value) => (lists[name] = lists[name] || []).push(value));
  }
  each(lists, '', false, found);
}

function isObject(value: unknown): value is Json {
  return typeof value == 'object' && !!value && !Array.isArray(value);
}

/** What is wrong with a value nobody gave a type; '' if nothing. */
function misshape(value: any): string {
  const members: unknown[] = Array.isArray(value) ? value : [value];
  const uniform = members.every((member) => typeof member == typeof members[0] && typeof member != 'object');
  return !uniform ? 'invalid_value' : tooBig(members);
}

function misfit(value: any, type: string): string {
  const plural = type.slice(-1) == 's';
  if (plural != Array.isArray(value)) return 'type_mismatch';
  const members: unknown[] = plural ? value : [value];
  const single = plural ? type.slice(0, -1) : type;
  return members.every((member) => fits(member, single)) ? tooBig(members) : 'type_mismatch';
}

function fits(value: unknown, type: string): boolean {
  const kind = typeof value;
  if (type == 'str') return kind == 'string';
  if (type == 'bool') return kind == 'boolean';
  if (type == 'int') return Number.isSafeInteger(value);
  return kind == 'number' || (type == 'date' && kind == 'string' && isDate(value as string));
}

function isDate(text: string): boolean {
  const found = DATE.exec(text);
  if (!found) return false;
  const [, year, month, day, rest] = found;
  const days = new Date(Date.UTC(+year!, +month!, 0)).getUTCDate();
  const lawful = +month! >= 1 && +month! <= 12 && +day! >= 1 && +day! <= days;
  return lawful && (!rest || !isNaN(Date.parse(`2000-01-01T${rest.slice(1)}`)));
}

function tooBig(members: unknown[]): string {
  let size = 0;
  for (const member of members) if (typeof member == 'string') size += bytes(member);
  return size > VALUE_BYTES_MAX ? 'value_too_big' : '';
}

/** Length in UTF-8. */
export function bytes(text: string): number {
  let size = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) size += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return size;
}
