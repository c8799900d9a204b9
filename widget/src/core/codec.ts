/** What a frame may consist of. `undefined` is allowed in maps and means that the key is left out. */
export type Wire = null | boolean | number | string | Uint8Array | readonly Wire[] | WireMap;
export interface WireMap {
  readonly [key: string]: Wire | undefined;
}

/** The bytes are not one MessagePack value of the kinds we use. */
export class BadWire extends Error {}

const utf8 = new TextEncoder();
const MAX_DEPTH = 32;

/** Appends `value` as a big-endian integer of `size` bytes; negative ones in two's complement. */
function putInt(to: number[], tag: number, value: number, size: number): void {
  to.push(tag);
  for (let rest = BigInt(value), shift = (size - 1) * 8; shift >= 0; shift -= 8) {
    to.push(Number((rest >> BigInt(shift)) & 255n));
  }
}

function putNumber(to: number[], value: number): void {
  if (!Number.isSafeInteger(value)) {
    to.push(0xcb, ...new Uint8Array(new Float64Array([value]).buffer).reverse());
  } else if (value >= -32 && value < 128) to.push(value & 255);
  else if (value < 0) putInt(to, 0xd3, value, 8);
  else if (value < 0x10000) putInt(to, 0xcd, value, 2);
  else if (value < 0x100000000) putInt(to, 0xce, value, 4);
  else putInt(to, 0xcf, value, 8);
}

/** A length with its tag: `fix` for lengths below `below`, else the 16- or 32-bit form. */
function putSize(to: number[], size: number, fix: number, below: number, tag16: number): void {
  if (size < below) to.push(fix | size);
  else if (size < 0x10000) putInt(to, tag16, size, 2);
  else putInt(to, tag16 + 1, size, 4);
}

function put(to: number[], value: Wire): void {
  if (value === null) to.push(0xc0);
  else if (typeof value === "boolean") to.push(value ? 0xc3 : 0xc2);
  else if (typeof value === "number") putNumber(to, value);
  else if (typeof value === "string") {
    const bytes = utf8.encode(value);
    putSize(to, bytes.length, 0xa0, 32, 0xda);
    for (const byte of bytes) to.push(byte);
  } else if (value instanceof Uint8Array) {
    putSize(to, value.length, 0, 0, 0xc5);
    for (const byte of value) to.push(byte);
  } else if (Array.isArray(value)) {
    putSize(to, value.length, 0x90, 16, 0xdc);
    for (const item of value as readonly Wire[]) put(to, item);
  } else {
    const pairs = Object.entries(value).filter(([, item]) => item !== undefined) as [string, Wire][];
    putSize(to, pairs.length, 0x80, 16, 0xde);
    for (const pair of pairs) pair.forEach((part) => put(to, part));
  }
}

/** One value as MessagePack. */
export function encode(value: Wire): Uint8Array<ArrayBuffer> {
  const to: number[] = [];
  put(to, value);
  return Uint8Array.from(to);
}

/** The one value that `source` holds. Raises BadWire, or TypeError for text that is not UTF-8. */
export function decode(source: Uint8Array): Wire {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const text = new TextDecoder("utf-8", { fatal: true });
  let at = 0;

  const step = (size: number): number => {
    at += size;
    if (at > source.length) throw new BadWire("the value ends early");
    return at - size;
  };
  const uint = (size: number): number => {
    const from = step(size);
    return source.subarray(from, at).reduce((sum, byte) => sum * 256 + byte, 0);
  };
  const int = (size: number): number => {
    if (size === 8) return Number(view.getBigInt64(step(8)));
    const unused = 32 - 8 * size;
    return (uint(size) << unused) >> unused;
  };
  const bytes = (size: number): Uint8Array => source.slice(step(size), at);
  const str = (size: number): string => text.decode(bytes(size));
  const array = (size: number, depth: number): Wire[] => {
    const items: Wire[] = [];
    while (size-- > 0) items.push(read(depth));
    return items;
  };
  const map = (size: number, depth: number): WireMap => {
    const pairs: [string, Wire][] = [];
    while (size-- > 0) pairs.push([`${read(depth)}`, read(depth)]);
    // fromEntries defines own properties, so a key named __proto__ stays a plain key.
    return Object.fromEntries(pairs);
  };
  const long = (tag: number, depth: number): Wire => {
    const size = (first: number) => 1 << (tag - first);
    if (tag === 0xc0) return null;
    if (tag === 0xc2 || tag === 0xc3) return tag === 0xc3;
    if (tag >= 0xc4 && tag <= 0xc6) return bytes(uint(size(0xc4)));
    if (tag === 0xca) return view.getFloat32(step(4));
    if (tag === 0xcb) return view.getFloat64(step(8));
    if (tag >= 0xcc && tag <= 0xcf) return uint(size(0xcc));
    if (tag >= 0xd0 && tag <= 0xd3) return int(size(0xd0));
    if (tag >= 0xd9 && tag <= 0xdb) return str(uint(size(0xd9)));
    if (tag >= 0xdc && tag <= 0xdd) return array(uint(2 * size(0xdc)), depth);
    if (tag >= 0xde) return map(uint(2 * size(0xde)), depth);
    throw new BadWire(`no such kind: ${tag}`);
  };
  const read = (depth: number): Wire => {
    if (!depth) throw new BadWire("nested too deeply");
    const tag = uint(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return map(tag & 15, depth - 1);
    if (tag < 0xa0) return array(tag & 15, depth - 1);
    if (tag < 0xc0) return str(tag & 31);
    return tag < 0xe0 ? long(tag, depth - 1) : tag - 256;
  };

  const value = read(MAX_DEPTH);
  if (at < source.length) throw new BadWire("bytes after the value");
  return value;
}
