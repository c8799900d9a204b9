/** What a frame may consist of. `undefined` is allowed in maps and means that the key is left out. */
export type Wire = null | boolean | number | string | Uint8Array | readonly Wire[] | WireMap;
export interface WireMap {
  readonly [key: string]: Wire | undefined;
}

/** The bytes are not one MessagePack value of the kinds we use. */
export class BadWire extends Error {}

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder("utf-8", { fatal: true });
const MAX_DEPTH = 32;

class Writer {
  #view = new DataView(new ArrayBuffer(256));
  #size = 0;

  #room(count: number): number {
    const at = this.#size;
    this.#size += count;
    if (this.#size > this.#view.byteLength) {
      const grown = new Uint8Array(Math.max(this.#size, this.#view.byteLength * 2));
      grown.set(new Uint8Array(this.#view.buffer, 0, at));
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
  }

  u16(tag: number, value: number): void {
    this.u8(tag);
    const at = this.#room(2);
    this.#view.setUint16(at, value);
  }

  u32(tag: number, value: number): void {
    this.u8(tag);
    const at = this.#room(4);
    this.#view.setUint32(at, value);
  }

  i64(tag: number, value: number): void {
    this.u8(tag);
    const at = this.#room(8);
    this.#view.setBigInt64(at, BigInt(value));
  }

  f64(value: number): void {
    this.u8(0xcb);
    const at = this.#room(8);
    this.#view.setFloat64(at, value);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    new Uint8Array(this.#view.buffer).set(bytes, at);
  }

  /** A length with its tag: `fix` for lengths below `below`, else the 8-bit (if there is one), 16- or 32-bit form. */
  head(size: number, fix: number, below: number, tag8: number, tag16: number): void {
    if (size < below) this.u8(fix | size);
    else if (tag8 && size < 0x100) {
      this.u8(tag8);
      this.u8(size);
    } else if (size < 0x10000) this.u16(tag16, size);
    else this.u32(tag16 + 1, size);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#view.buffer as ArrayBuffer, 0, this.#size);
  }
}

function writeNumber(to: Writer, value: number): void {
  if (!Number.isSafeInteger(value)) to.f64(value);
  else if (value >= 0) {
    if (value < 0x80) to.u8(value);
    else if (value < 0x10000) to.u16(0xcd, value);
    else if (value < 0x100000000) to.u32(0xce, value);
    else to.i64(0xcf, value);
  } else if (value >= -32) to.u8(value & 0xff);
  else to.i64(0xd3, value);
}

function write(to: Writer, value: Wire): void {
  if (value === null) to.u8(0xc0);
  else if (typeof value === "boolean") to.u8(value ? 0xc3 : 0xc2);
  else if (typeof value === "number") writeNumber(to, value);
  else if (typeof value === "string") {
    const bytes = utf8.encode(value);
    to.head(bytes.length, 0xa0, 32, 0xd9, 0xda);
    to.raw(bytes);
  } else if (value instanceof Uint8Array) {
    to.head(value.length, 0, 0, 0xc4, 0xc5);
    to.raw(value);
  } else if (Array.isArray(value)) {
    to.head(value.length, 0x90, 16, 0, 0xdc);
    for (const item of value as readonly Wire[]) write(to, item);
  } else {
    const pairs = Object.entries(value as WireMap).filter(([, item]) => item !== undefined);
    to.head(pairs.length, 0x80, 16, 0, 0xde);
    for (const [key, item] of pairs) {
      write(to, key);
      write(to, item as Wire);
    }
  }
}

/** One value as MessagePack. */
export function encode(value: Wire): Uint8Array<ArrayBuffer> {
  const to = new Writer();
  write(to, value);
  return to.bytes();
}

class Reader {
  #at = 0;
  readonly #view: DataView;

  constructor(private readonly source: Uint8Array) {
    this.#view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  }

  get done(): boolean {
    return this.#at === this.source.length;
  }

  #step(count: number): number {
    const at = this.#at;
    if (at + count > this.source.length) throw new BadWire("the value ends early");
    this.#at += count;
    return at;
  }

  #uint(size: number): number {
    const at = this.#step(size);
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at);
    if (size === 4) return this.#view.getUint32(at);
    return Number(this.#view.getBigUint64(at));
  }

  #int(size: number): number {
    const at = this.#step(size);
    if (size === 1) return this.#view.getInt8(at);
    if (size === 2) return this.#view.getInt16(at);
    if (size === 4) return this.#view.getInt32(at);
    return Number(this.#view.getBigInt64(at));
  }

  #bin(size: number): Uint8Array {
    const at = this.#step(size);
    return this.source.slice(at, at + size);
  }

  #str(size: number): string {
    const at = this.#step(size);
    return fromUtf8.decode(this.source.subarray(at, at + size));
  }

  #array(size: number, depth: number): Wire[] {
    const items: Wire[] = [];
    for (let i = 0; i < size; i++) items.push(this.value(depth + 1));
    return items;
  }

  #map(size: number, depth: number): WireMap {
    const pairs: [string, Wire][] = [];
    for (let i = 0; i < size; i++) pairs.push([String(this.value(depth + 1)), this.value(depth + 1)]);
    // fromEntries defines own properties, so a key named __proto__ stays a plain key.
    return Object.fromEntries(pairs);
  }

  value(depth: number): Wire {
    if (depth > MAX_DEPTH) throw new BadWire("nested too deeply");
    const tag = this.#uint(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#map(tag & 15, depth);
    if (tag < 0xa0) return this.#array(tag & 15, depth);
    if (tag < 0xc0) return this.#str(tag & 31);
    if (tag >= 0xe0) return tag - 0x100;
    return this.#long(tag, depth);
  }

  #long(tag: number, depth: number): Wire {
    if (tag === 0xc0) return null;
    if (tag === 0xc2 || tag === 0xc3) return tag === 0xc3;
    if (tag >= 0xc4 && tag <= 0xc6) return this.#bin(this.#uint(1 << (tag - 0xc4)));
    if (tag === 0xca) return this.#view.getFloat32(this.#step(4));
    if (tag === 0xcb) return this.#view.getFloat64(this.#step(8));
    if (tag >= 0xcc && tag <= 0xcf) return this.#uint(1 << (tag - 0xcc));
    if (tag >= 0xd0 && tag <= 0xd3) return this.#int(1 << (tag - 0xd0));
    if (tag >= 0xd9 && tag <= 0xdb) return this.#str(this.#uint(1 << (tag - 0xd9)));
    if (tag === 0xdc || tag === 0xdd) return this.#array(this.#uint(tag === 0xdc ? 2 : 4), depth);
    if (tag === 0xde || tag === 0xdf) return this.#map(this.#uint(tag === 0xde ? 2 : 4), depth);
    throw new BadWire(`no such kind: ${tag}`);
  }
}

/** The one value that `source` holds. Raises BadWire. */
export function decode(source: Uint8Array): Wire {
  const from = new Reader(source);
  const value = from.value(0);
  if (!from.done) throw new BadWire("bytes after the value");
  return value;
}
