import { enums, messages } from "./schema.js";
import { kind, Reader, Writer } from "./wire.js";

/** One field of a message, out of `schema.ts`. */
interface Field {
  name: string;
  number: number;
  type: string;
  isRepeated: boolean;
  isMap: boolean;
  /** Written where it is there, whatever its value: `optional`, or of a `oneof`. */
  hasPresence: boolean;
  /** Left out of what the application sees where it says nothing. */
  isOmitted: boolean;
}

type Fields = Record<string, unknown>;

const wholeMax: Record<string, number> = {
  uint32: 2 ** 32 - 1,
  uint64: Number.MAX_SAFE_INTEGER,
  int64: Number.MAX_SAFE_INTEGER,
};
const known = new Map<string, Field[]>();

function fieldsOf(type: string): Field[] {
  let fields = known.get(type);
  if (!fields) known.set(type, (fields = messages[type]!.split(",").filter(Boolean).map(fieldOf)));
  return fields;
}

function fieldOf(line: string): Field {
  const [name, number, type, flags = ""] = line.split(" ") as [string, string, string, string?];
  const has = (flag: string) => flags.includes(flag);
  return {
    name,
    number: Number(number),
    type,
    isRepeated: has("*"),
    isMap: has("%"),
    hasPresence: has("!"),
    isOmitted: has("?"),
  };
}

// --- writing ---

/** @throws RangeError naming the field whose value does not fit */
export function encode(type: string, value: Fields): Uint8Array {
  const out = new Writer();
  for (const field of fieldsOf(type)) {
    const given = value[field.name];
    if (given === undefined || given === null) continue;
    if (field.isMap) {
      for (const [key, one] of Object.entries(given))
        out.tag(field.number, kind.bytes).block(entry(key, field.type, one));
    } else if (field.isRepeated) {
      if (!Array.isArray(given)) throw misfit(field.name, "list");
      for (const one of given) put(out, field, one);
    } else if (field.hasPresence || isMessage(field.type) || !isNothing(given)) {
      put(out, field, given);
    }
  }
  return out.bytes();
}

/** What proto3 leaves out. */
function isNothing(value: unknown): boolean {
  return value === 0 || value === "" || value === false;
}

function entry(key: string, type: string, value: unknown): Uint8Array {
  const out = new Writer().tag(1, kind.bytes).text(key);
  put(out, { name: key, number: 2, type } as Field, value);
  return out.bytes();
}

function put(out: Writer, { name, number, type }: Field, value: unknown): void {
  if (type === "string") {
    if (typeof value !== "string") throw misfit(name, "string");
    out.tag(number, kind.bytes).text(value);
  } else if (isMessage(type)) {
    if (!isObject(value)) throw misfit(name, "object");
    out.tag(number, kind.bytes).block(type === "Struct" ? encodeStruct(value) : encode(type, value));
  } else if (type === "bool") {
    if (typeof value !== "boolean") throw misfit(name, "boolean");
    out.tag(number, kind.varint).varint(Number(value));
  } else if (enums[type]) {
    const index = namesOf(type).indexOf(value as string);
    if (index < 0) throw misfit(name, "known value");
    out.tag(number, kind.varint).varint(index);
  } else {
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > wholeMax[type]!)
      throw misfit(name, "whole number in its range");
    out.tag(number, kind.varint).varint(value as number);
  }
}

function misfit(name: string, what: string): RangeError {
  return new RangeError(`\`${name}\` is no ${what}`);
}

function isMessage(type: string): boolean {
  return type === "Struct" || messages[type] !== undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function namesOf(type: string): string[] {
  return enums[type]!.split(" ");
}

// --- reading ---

/** @throws where the bytes are no such message */
export function decode(type: string, data: Uint8Array): Fields {
  const fields = fieldsOf(type);
  const found: Fields = {};
  const maps = new Map<string, [string, unknown][]>();
  for (const field of fields) {
    if (field.isMap) maps.set(field.name, []);
    else if (field.isRepeated) found[field.name] = [];
    else if (!field.hasPresence && !isMessage(field.type)) found[field.name] = nothingOf(field.type);
  }
  for (const reader = new Reader(data); !reader.isAtEnd; ) {
    const [number, of] = tagOf(reader);
    const field = fields.find((one) => one.number === number);
    if (!field || of !== kindOf(field.type)) reader.skip(of);
    else if (field.isMap) maps.get(field.name)!.push(decodeEntry(field.type, reader.block()));
    else if (field.isRepeated) (found[field.name] as unknown[]).push(get(reader, field.type));
    else found[field.name] = get(reader, field.type);
  }
  for (const [name, entries] of maps) found[name] = Object.fromEntries(entries);
  for (const { name, isOmitted } of fields) {
    const value = found[name];
    if (isOmitted && (isNothing(value) || (Array.isArray(value) && value.length === 0))) delete found[name];
  }
  return found;
}

function tagOf(reader: Reader): [number: number, of: number] {
  const tag = reader.varint();
  return [Math.floor(tag / 8), tag % 8];
}

function kindOf(type: string): number {
  return type === "string" || isMessage(type) ? kind.bytes : kind.varint;
}

function nothingOf(type: string): unknown {
  return type === "string" ? "" : type === "bool" ? false : enums[type] ? namesOf(type)[0] : 0;
}

function get(reader: Reader, type: string): unknown {
  if (type === "string") return reader.text();
  if (type === "Struct") return decodeStruct(reader.block());
  if (isMessage(type)) return decode(type, reader.block());
  const value = reader.varint();
  if (type === "bool") return value !== 0;
  return enums[type] ? (namesOf(type)[value] ?? `unknown.${value}`) : value; // of a later version
}

function decodeEntry(type: string, data: Uint8Array): [string, unknown] {
  let key = "";
  let value: unknown = type === "Value" ? null : undefined;
  for (const reader = new Reader(data); !reader.isAtEnd; ) {
    const [number, of] = tagOf(reader);
    if (number === 1 && of === kind.bytes) key = reader.text();
    else if (number === 2 && of === kind.bytes)
      value = type === "Value" ? decodeValue(reader.block()) : get(reader, type);
    else reader.skip(of);
  }
  return [key, value === undefined ? decode(type, new Uint8Array()) : value];
}

// --- google.protobuf.Struct: a JSON object ---

function encodeStruct(value: Fields): Uint8Array {
  const out = new Writer();
  for (const [key, one] of Object.entries(value)) {
    if (one === undefined) continue; // as JSON does
    const pair = new Writer().tag(1, kind.bytes).text(key).tag(2, kind.bytes).block(encodeValue(one));
    out.tag(1, kind.bytes).block(pair.bytes());
  }
  return out.bytes();
}

function encodeValue(value: unknown): Uint8Array {
  const out = new Writer();
  if (typeof value === "number") out.tag(2, kind.fixed64).double(value);
  else if (typeof value === "string") out.tag(3, kind.bytes).text(value);
  else if (typeof value === "boolean") out.tag(4, kind.varint).varint(Number(value));
  else if (Array.isArray(value)) {
    const list = new Writer();
    for (const one of value) list.tag(1, kind.bytes).block(encodeValue(one));
    out.tag(6, kind.bytes).block(list.bytes());
  } else if (isObject(value)) out.tag(5, kind.bytes).block(encodeStruct(value));
  else out.tag(1, kind.varint).varint(0); // null
  return out.bytes();
}

function decodeStruct(data: Uint8Array): Fields {
  const entries: [string, unknown][] = [];
  for (const reader = new Reader(data); !reader.isAtEnd; ) {
    const [number, of] = tagOf(reader);
    if (number === 1 && of === kind.bytes) entries.push(decodeEntry("Value", reader.block()));
    else reader.skip(of);
  }
  return Object.fromEntries(entries); // which makes no prototype of a key `__proto__`
}

function decodeValue(data: Uint8Array): unknown {
  let value: unknown = null;
  for (const reader = new Reader(data); !reader.isAtEnd; ) {
    const [number, of] = tagOf(reader);
    if (number === 2 && of === kind.fixed64) value = reader.double();
    else if (number === 3 && of === kind.bytes) value = reader.text();
    else if (number === 4 && of === kind.varint) value = reader.varint() !== 0;
    else if (number === 5 && of === kind.bytes) value = decodeStruct(reader.block());
    else if (number === 6 && of === kind.bytes) value = decodeList(reader.block());
    else reader.skip(of);
  }
  return value;
}

function decodeList(data: Uint8Array): unknown[] {
  const list: unknown[] = [];
  for (const reader = new Reader(data); !reader.isAtEnd; ) {
    const [number, of] = tagOf(reader);
    if (number === 1 && of === kind.bytes) list.push(decodeValue(reader.block()));
    else reader.skip(of);
  }
  return list;
}
