/** SHA-256 (FIPS 180-4) for one purpose: the browser's own takes longer to be asked than this takes to answer. */

const primes = (count: number): number[] => {
  const found: number[] = [];
  for (let number = 2; found.length < count; number++) if (found.every((prime) => number % prime)) found.push(number);
  return found;
};
const fraction = (number: number): number => (number - Math.floor(number)) * 2 ** 32;
const FIRST = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));
const ROUND = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
const BLOCK = 64;

const schedule = new Int32Array(64);

/** Takes one block of `bytes` into `state`. */
function compress(state: Int32Array, bytes: Uint8Array, at: number): void {
  const w = schedule;
  for (let i = 0; i < 16; i++, at += 4) w[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!, y = w[i - 2]!;
    const small = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const large = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16]! + small + w[i - 7]! + large) | 0;
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!, e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const turned = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + turned + ((e & f) ^ (~e & g)) + ROUND[i]! + w[i]!) | 0;
    const two = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  state[0]! += a; state[1]! += b; state[2]! += c; state[3]! += d; state[4]! += e; state[5]! += f; state[6]! += g; state[7]! += h;
}

/** What does not change from try to try is worked out once: `head` in whole blocks, and a last part with room for a number. */
function prepared(puzzle: string): { middle: Int32Array; rest: Uint8Array; length: number } {
  const head = new TextEncoder().encode(`${puzzle}:`);
  const whole = head.length - (head.length % BLOCK);
  const middle = FIRST.slice();
  for (let at = 0; at < whole; at += BLOCK) compress(middle, head, at);
  return { middle, rest: head.subarray(whole), length: head.length };
}

/** The first number for which SHA-256 over `puzzle:number` begins with `bits` (at most 32) zero bits. */
export function prove(puzzle: string, bits: number): string {
  const { middle, rest, length } = prepared(puzzle);
  const state = new Int32Array(8);
  const last = new Uint8Array(2 * BLOCK);
  let width = 0, size = 0;
  for (let number = 0; ; number++) {
    const digits = String(number);
    if (digits.length !== width) {
      width = digits.length;
      const end = rest.length + width;
      size = end + 9 > BLOCK ? 2 * BLOCK : BLOCK;
      last.fill(0);
      last.set(rest);
      last[end] = 0x80;
      new DataView(last.buffer).setUint32(size - 4, (length + width) * 8);
    }
    for (let i = 0; i < width; i++) last[rest.length + i] = digits.charCodeAt(i);
    state.set(middle);
    for (let at = 0; at < size; at += BLOCK) compress(state, last, at);
    if (bits === 0 || state[0]! >>> (32 - bits) === 0) return digits;
  }
}
