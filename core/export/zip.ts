/**
 * Zip archives of stored (uncompressed) entries, written piece by piece. Format: PKWARE's APPNOTE 6.3.10; sizes of
 * 4 GB and more by its 64-bit extensions.
 */
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from '../crc32.ts';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END = 0x06054b50;
/** Version 4.5 of the format, which knows 64-bit sizes. */
const VERSION = 45;
const UTF8_NAMES = 0x0800;
/** 1 January 1980, the format's first day: archives of the same content are the same. */
const DATE = 0x0021;
const IN_64_BITS = 0xffffffff;

interface Entry {
  name: Buffer;
  crc: number;
  size: number;
  at: number;
}

/** Writes a zip archive into an open, empty file. */
export class ZipWriter {
  readonly #entries: Entry[] = [];
  #end = 0;

  constructor(private readonly file: FileHandle) {}

  /**
   * Adds an entry.
   *
   * @param size bytes that the pieces have together
   * @throws Error when they have not
   */
  async add(
    name: string,
    size: number,
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void> {
    const entry: Entry = { name: Buffer.from(name, 'utf8'), crc: 0, size, at: this.#end };
    await this.#write(localHeader(entry));
    let written = 0;
    for await (const piece of pieces) {
      entry.crc = crc32(piece, entry.crc);
      written += piece.length;
      await this.#write(piece);
    }
    if (written !== size) throw new Error(`${name} has ${written} bytes, not ${size}`);
    // Known only now.
    await this.#writeAt(localHeader(entry), entry.at);
    this.#entries.push(entry);
  }

  /** Writes the list of entries; the archive is complete then. */
  async finish(): Promise<void> {
    const at = this.#end;
    for (const entry of this.#entries) await this.#write(centralHeader(entry));
    await this.#write(endOf(this.#entries.length, this.#end - at, at));
  }

  async #write(data: Uint8Array): Promise<void> {
    await this.#writeAt(data, this.#end);
    this.#end += data.length;
  }

  async #writeAt(data: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < data.length;) {
      done += (await this.file.write(data, done, data.length - done, position + done)).bytesWritten;
    }
  }
}

function localHeader({ name, crc, size }: Entry): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(LOCAL_HEADER, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(UTF8_NAMES, 6);
  header.writeUInt16LE(DATE, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(IN_64_BITS, 18);
  header.writeUInt32LE(IN_64_BITS, 22);
  header.writeUInt16LE(name.length, 26);
  const extra = sizes64(size, size);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

function centralHeader({ name, crc, size, at }: Entry): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(CENTRAL_HEADER, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(VERSION, 6);
  header.writeUInt16LE(UTF8_NAMES, 8);
  header.writeUInt16LE(DATE, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(IN_64_BITS, 20);
  header.writeUInt32LE(IN_64_BITS, 24);
  header.writeUInt16LE(name.length, 28);
  const extra = sizes64(size, size, at);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(IN_64_BITS, 42);
  return Buffer.concat([header, name, extra]);
}

/** The extra field that holds what does not fit into 32 bits. */
function sizes64(...numbers: number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * numbers.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * numbers.length, 2);
  numbers.forEach((number, i) => field.writeBigUInt64LE(BigInt(number), 4 + 8 * i));
  return field;
}

function endOf(count: number, size: number, at: number): Buffer {
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(END_64, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(VERSION, 12);
  end64.writeUInt16LE(VERSION, 14);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(size), 40);
  end64.writeBigUInt64LE(BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(LOCATOR_64, 0);
  locator.writeBigUInt64LE(BigInt(at + size), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(0xffff, 8);
  end.writeUInt16LE(0xffff, 10);
  end.writeUInt32LE(IN_64_BITS, 12);
  end.writeUInt32LE(IN_64_BITS, 16);
  return Buffer.concat([end64, locator, end]);
}
