/**
 * Writes Protocol Buffers (protobuf.dev/programming-guides/encoding). The classes that tfjs-node ships for
 * TensorFlow's messages take seconds for a graph of ten thousand nodes.
 */

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

export class ProtoWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;
  readonly #float = new DataView(new ArrayBuffer(4));

  /** @param size bytes to make room for at first */
  constructor(size = 1 << 16) {
    this.#bytes = new Uint8Array(size);
  }

  /** What was written so far; the writer's own memory. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#at);
  }

  /** An integer (also of an enum), negative ones as two's complement of 64 bits. @throws Error for an unsafe one */
  int(field: number, value: number): this {
    this.#tag(field, VARINT);
    this.#varint(value);
    return this;
  }

  bool(field: number, value: boolean): this {
    return this.int(field, value ? 1 : 0);
  }

  float(field: number, value: number): this {
    this.#tag(field, FIXED_32);
    this.#float32(value);
    return this;
  }

  double(field: number, value: number): this {
    this.#tag(field, FIXED_64);
    this.#reserve(8);
    new DataView(this.#bytes.buffer, this.#at, 8).setFloat64(0, value, true);
    this.#at += 8;
    return this;
  }

  string(field: number, value: string): this {
    // ASCII in practice; three bytes for a UTF-16 unit are enough for everything.
    return this.#lengthDelimited(field, () => {
      this.#reserve(3 * value.length);
      this.#at += encoder.encodeInto(value, this.#bytes.subarray(this.#at)).written;
    });
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** Repeated integers, packed. */
  ints(field: number, values: readonly number[]): this {
    return this.#lengthDelimited(field, () => {
      for (const value of values) this.#varint(value);
    });
  }

  floats(field: number, values: readonly number[]): this {
    return this.#lengthDelimited(field, () => {
      for (const value of values) this.#float32(value);
    });
  }

  /** A message of its own, or an entry of a map (its key is field 1, its value field 2). */
  message(field: number, write: () => void): this {
    return this.#lengthDelimited(field, write);
  }

  #lengthDelimited(field: number, write: () => void): this {
    this.#tag(field, LENGTH_DELIMITED);
    // Most are shorter than 128 bytes: one byte for the length, and the rest moved where that was too few.
    this.#reserve(1);
    const start = ++this.#at;
    write();
    const length = this.#at - start;
    if (length < 0x80) {
      this.#bytes[start - 1] = length;
      return this;
    }
    const extra = varintSize(length) - 1;
    this.#reserve(extra);
    this.#bytes.copyWithin(start + extra, start, this.#at);
    this.#at = start - 1;
    this.#varint(length);
    this.#at += length;
    return this;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number): void {
    if (!Number.isSafeInteger(value)) throw new Error(`${value} cannot be written as an integer`);
    this.#reserve(10);
    if (value < 0) {
      let bits = BigInt.asUintN(64, BigInt(value));
      for (; bits > 0x7fn; bits >>= 7n) this.#bytes[this.#at++] = Number(bits & 0x7fn) | 0x80;
      this.#bytes[this.#at++] = Number(bits);
      return;
    }
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
    this.#bytes[this.#at++] = rest;
  }

  #float32(value: number): void {
    this.#float.setFloat32(0, value, true);
    this.#reserve(4);
    for (let i = 0; i < 4; i++) this.#bytes[this.#at++] = this.#float.getUint8(i);
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

const encoder = new TextEncoder();

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
