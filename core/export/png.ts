/** PNG files with text in them that says where the pixels came from. */
import sharp from 'sharp';
import { crc32 } from '../crc32.ts';

/** PNG text: keyword (1 to 79 Latin-1 characters) → text. */
export type PngText = Readonly<Record<string, string>>;

/** Pixels of one file: height × width × channels bytes, row by row. */
export interface Raster {
  height: number;
  width: number;
  channels: 1 | 3;
  data: Uint8Array;
}

/** Encodes pixels: one channel as 8-bit grey, three as 8-bit RGB. */
export async function encodePng(raster: Raster, text: PngText = {}): Promise<Uint8Array> {
  const { height, width, channels, data } = raster;
  const png = await sharp(data, { raw: { height, width, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png({ compressionLevel: 9 })
    .toBuffer();
  return insertText(png, text);
}

/** Bytes before the first chunk of a PNG. */
export const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's data. */
const CHUNK_FRAME_BYTES = 12;

/**
 * Puts text into a PNG, right after its header chunk, as iTXt chunks (UTF-8, not compressed).
 * Format: PNG specification, third edition, 11.3.3.4.
 */
export function insertText(png: Uint8Array, text: PngText): Uint8Array {
  const chunks = Object.entries(text).map(([keyword, value]) => textChunk(keyword, value));
  const headerEnd = SIGNATURE_BYTES + CHUNK_FRAME_BYTES + chunkLength(png, SIGNATURE_BYTES);
  return Buffer.concat([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)]);
}

/** The text of a PNG's iTXt chunks as {@link insertText} writes them. */
export function readText(png: Uint8Array): Record<string, string> {
  const text: Record<string, string> = {};
  for (let at = SIGNATURE_BYTES; at + CHUNK_FRAME_BYTES <= png.length;) {
    const length = chunkLength(png, at);
    const data = Buffer.from(png.subarray(at + 8, at + 8 + length));
    if (typeOf(png, at) === 'iTXt') {
      const keywordEnd = data.indexOf(0);
      // After the keyword: compression flag and method, then language and translated keyword, both empty here.
      const flags = data.subarray(keywordEnd + 1, keywordEnd + 5);
      if (keywordEnd > 0 && flags.equals(Buffer.alloc(4))) {
        text[data.toString('latin1', 0, keywordEnd)] = data.toString('utf8', keywordEnd + 5);
      }
    }
    at += CHUNK_FRAME_BYTES + length;
  }
  return text;
}

function textChunk(keyword: string, value: string): Uint8Array {
  if (!/^[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa1-\xff]{0,77}[\x21-\x7e\xa1-\xff])?$/.test(keyword)) {
    throw new Error(`"${keyword}" cannot be a PNG keyword`);
  }
  const body = Buffer.concat([
    Buffer.from('iTXt', 'latin1'),
    Buffer.from(keyword, 'latin1'),
    Buffer.alloc(5),
    Buffer.from(value.replaceAll('\0', ''), 'utf8'),
  ]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  chunk.set(body, 4);
  chunk.writeUInt32BE(crc32(body), 4 + body.length);
  return chunk;
}

function chunkLength(png: Uint8Array, at: number): number {
  return new DataView(png.buffer, png.byteOffset, png.byteLength).getUint32(at);
}

function typeOf(png: Uint8Array, at: number): string {
  return Buffer.from(png.subarray(at + 4, at + 8)).toString('latin1');
}
