/** Reads what the operations of a pickle are followed by. */

/** Says in what way a pickle is not usable; completes a sentence that begins with the file or the pickle. */
export class PickleError extends Error {
  override name = 'PickleError';
}

/** Digits of a whole number written out: what takes longer is no size of anything. */
const MAX_DIGITS = 300;
const MAX_WHOLE_BYTES = 128;
/** Texts of a name or a number end before. */
const MAX_LINE = 4096;

export class PickleBytes {
  at: number;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  #need(length: number): number {
    const from = this.at;
    if (length < 0) throw new PickleError('has a length below 0');
    if (length > this.#bytes.length - from) throw new PickleError('is cut off');
    this.at = from + length;
    return from;
  }

  byte(): number {
    return this.#bytes[this.#need(1)]!;
  }

  uint16(): number {
    return this.#bytes.readUInt16LE(this.#need(2));
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#need(4));
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.#need(4));
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#need(8));
  }

  /** A length in eight bytes. */
  length8(): number {
    const length = this.#bytes.readBigUInt64LE(this.#need(8));
    if (length > BigInt(this.#bytes.length)) throw new PickleError('is cut off');
    return Number(length);
  }

  take(length: number): Uint8Array {
    const from = this.#need(length);
    return this.#bytes.subarray(from, from + length);
  }

  text(length: number): string {
    const from = this.#need(length);
    return this.#bytes.toString('utf8', from, from + length);
  }

  latin1(length: number): string {
    const from = this.#need(length);
    return this.#bytes.toString('latin1', from, from + length);
  }

  line(): string {
    const end = this.#bytes.subarray(this.at, this.at + MAX_LINE).indexOf(0x0a);
    if (end === -1) throw new PickleError('has a line without an end');
    const line = this.#bytes.toString('utf8', this.at, this.at + end);
    this.at += end + 1;
    return line;
  }

  /** Two's complement, lowest byte first. */
  whole(length: number): number | bigint {
    if (length > MAX_WHOLE_BYTES) throw new PickleError('has a number that is too long');
    const bytes = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    if (length > 0 && bytes[length - 1]! >= 0x80) value -= 1n << BigInt(8 * length);
    return narrowed(value);
  }

  /** A whole number written out, or a truth value as Python 2 wrote it. */
  decimal(): number | bigint | boolean {
    const line = this.line();
    if (line === '00') return false;
    if (line === '01') return true;
    const digits = /^[-+]?\d+(?=L?$)/.exec(line)?.[0];
    if (digits === undefined || digits.length > MAX_DIGITS)
      throw new PickleError('has a number that is none');
    return narrowed(BigInt(digits.replace('+', '')));
  }

  decimalFraction(): number {
    const line = this.line();
    const named: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN };
    if (Object.hasOwn(named, line)) return named[line]!;
    const value = Number(line);
    if (line.trim() === '' || Number.isNaN(value)) throw new PickleError('has a number that is none');
    return value;
  }

  /** A place in the memo, written out. */
  index(): number {
    const value = this.decimal();
    if (typeof value !== 'number' || value < 0) throw new PickleError('has a place that is none');
    return value;
  }

  /** A text with Python's escapes for what is not ASCII. */
  escapedLine(): string {
    return this.line().replaceAll(
      /\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/gi,
      (_, short?: string, long?: string) => {
        const code = Number.parseInt(short ?? long ?? '', 16);
        if (code > 0x10ffff) throw new PickleError('has a character that is none');
        return String.fromCodePoint(code);
      },
    );
  }

  quotedLine(): string {
    const line = this.line();
    const quoted = /^(["'])(.*)\1$/s.exec(line)?.[2];
    if (quoted === undefined) throw new PickleError('has a text without quotes');
    return quoted;
  }
}

function narrowed(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}
