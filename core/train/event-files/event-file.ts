/**
 * TensorBoard's event files: records of the form that TFRecord has (length, masked CRC-32C of the length, data, masked CRC-32C
 * of the data), each an `Event` message (tensorflow/core/util/event.proto, framework/summary.proto).
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeFolderSync } from '../../files.ts';
import { ProtoWriter } from '../../tensor/protobuf.ts';

/** Castagnoli's polynomial, reflected. */
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0x82f63b78 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32C (RFC 3720, appendix B.4). */
export function crc32c(data: Uint8Array): number {
  let crc = ~0;
  for (const byte of data) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Rotated and moved, so that the CRC of data with CRCs in it is none of these. */
function masked(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** A record with this data. */
export function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + data.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return bytes;
}

/** A picture of an event: the bytes of a PNG. */
export interface EventImage {
  png: Uint8Array;
  width: number;
  height: number;
  channels: 1 | 3;
}

/** Of what moment an event is. */
export interface Moment {
  step: number;
  /** Seconds since 1970. */
  wallTime: number;
}

/** Appends events to a file of its own; each is there when the call returns. */
export class EventFile {
  readonly file: string;
  readonly #handle: number;

  /**
   * @param folder made where it is not there; TensorBoard takes all files in it for one run
   * @param since moment from which on this file counts, whatever others of the folder have of later steps
   * @throws Error when it cannot be written
   */
  constructor(folder: string, since: Moment) {
    makeFolderSync(folder);
    const host = os.hostname().replace(/[^A-Za-z0-9.-]/g, '-');
    const name = `events.out.tfevents.${Math.floor(since.wallTime)}.${host}.${process.pid}`;
    [this.file, this.#handle] = openNew(path.join(folder, name));
    this.#append(since, (event) => event.string(3, 'brain.Event:2'));
    const START = 1;
    this.#append(since, (event) => event.message(7, () => event.int(1, START)));
  }

  /** Values by their tags; those that are not finite too, which TensorBoard shows as gaps. */
  scalars(moment: Moment, values: Readonly<Record<string, number>>): void {
    this.#append(moment, (event) =>
      event.message(5, () => {
        for (const [tag, value] of Object.entries(values)) {
          event.message(1, () => event.string(1, tag).float(2, value));
        }
      }),
    );
  }

  image(moment: Moment, tag: string, { png, width, height, channels }: EventImage): void {
    this.#append(moment, (event) =>
      event.message(5, () =>
        event.message(1, () =>
          event
            .string(1, tag)
            .message(4, () => event.int(1, height).int(2, width).int(3, channels).bytes(4, png)),
        ),
      ),
    );
  }

  close(): void {
    fs.closeSync(this.#handle);
  }

  #append({ step, wallTime }: Moment, write: (event: ProtoWriter) => unknown): void {
    const event = new ProtoWriter(1024).double(1, wallTime).int(2, step);
    write(event);
    const bytes = record(event.finish());
    for (let at = 0; at < bytes.length;) at += fs.writeSync(this.#handle, bytes, at);
  }
}

/** A file that was not there: of two that begin within a second the later one has a number. */
function openNew(file: string): [string, number] {
  for (let number = 0; ; number++) {
    const name = number === 0 ? file : `${file}.${number}`;
    try {
      return [name, fs.openSync(name, 'ax')];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
