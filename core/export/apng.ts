/** Animated PNG: frames that sharp encodes one by one, in one file. Format: PNG specification, third edition, 11.3.6. */
import { crc32 } from '../crc32.ts';
import type { ImageBatch } from '../data/dataset.ts';
import { encodePng, insertText, type PngText, SIGNATURE_BYTES } from './png.ts';

export interface Animation {
  frames: ImageBatch;
  /** How long each stays. */
  delaysMs: readonly number[];
  /** How many times it plays; 0: for ever. */
  loop: number;
  text: PngText;
}

/** Encodes an animation. What knows no animations shows its first frame. */
export async function encodeApng({ frames, delaysMs, loop, text }: Animation): Promise<Uint8Array> {
  const { count, height, width, channels, data } = frames;
  const size = height * width * channels;
  const chunks: Uint8Array[] = [];
  let number = 0;
  for (let frame = 0; frame < count; frame++) {
    const pixels = data.subarray(frame * size, (frame + 1) * size);
    const png = await encodePng({ height, width, channels, data: pixels });
    const parts = [...chunksOf(png)];
    if (frame === 0) {
      chunks.push(
        png.subarray(0, SIGNATURE_BYTES),
        ...parts.filter(({ type }) => type === 'IHDR').map(whole),
      );
      chunks.push(chunk('acTL', numbers(count, loop)));
    }
    chunks.push(
      chunk('fcTL', Buffer.concat([numbers(number++, width, height, 0, 0), shown(delaysMs[frame] ?? 0)])),
    );
    for (const part of parts.filter(({ type }) => type === 'IDAT')) {
      chunks.push(frame === 0 ? part.bytes : chunk('fdAT', Buffer.concat([numbers(number++), part.data])));
    }
  }
  chunks.push(chunk('IEND', new Uint8Array()));
  return insertText(Buffer.concat(chunks), text);
}

interface Chunk {
  type: string;
  data: Uint8Array;
  /** With length, type and checksum. */
  bytes: Uint8Array;
}

const whole = ({ bytes }: Chunk): Uint8Array => bytes;

function* chunksOf(png: Uint8Array): Iterable<Chunk> {
  const file = Buffer.from(png.buffer, png.byteOffset, png.length);
  for (let at = SIGNATURE_BYTES; at < file.length;) {
    const length = file.readUInt32BE(at);
    const bytes = file.subarray(at, at + 12 + length);
    yield { type: bytes.toString('latin1', 4, 8), data: bytes.subarray(8, 8 + length), bytes };
    at += bytes.length;
  }
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([numbers(data.length), body, numbers(crc32(body))]);
}

/** Unsigned 32-bit numbers. */
function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}

/** For how many thousandths of a second; it stays where it is and hides what was before. */
function shown(delayMs: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(Math.min(65_535, delayMs), 0);
  bytes.writeUInt16BE(1000, 2);
  return bytes;
}
