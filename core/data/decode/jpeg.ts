/** JPEG files: what their headers say, and a short way for small ones. */
import type { JPEGDecoder } from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
import { exifOrientation, type Orientation, xmpOrientation } from './orientation.ts';
import type { RawImage } from './raw-image.ts';
import { damaged, endsEarly, UnusableImage } from './unusable-image.ts';

export interface JpegHeader {
  width: number;
  height: number;
  /** 1 grey, 3 colour, 4 CMYK. */
  components: number;
  orientation: Orientation;
}

/**
 * Reads a JPEG's segments up to its pixels.
 *
 * @throws UnusableImage when it ends before them, or is of a form that is not read
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let exif: Orientation | null = null;
  let xmp: Orientation | null = null;
  for (let at = 2; ;) {
    // Bytes between segments, which some cameras write, are passed over.
    while (at < bytes.length && bytes[at] !== 0xff) at++;
    while (at < bytes.length && bytes[at] === 0xff) at++;
    if (at + 3 > bytes.length) throw endsEarly();
    const marker = bytes[at]!;
    at++;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    if (marker === 0xd9 || marker === 0xda) throw damaged('a JPEG without a header');
    const length = view.getUint16(at);
    if (length < 2) throw damaged('a segment has a wrong length');
    const data = bytes.subarray(at + 2, at + length);
    if (marker === 0xe1) {
      if (startsWith(data, EXIF)) exif = exifOrientation(data.subarray(EXIF.length));
      else if (startsWith(data, XMP)) xmp = xmpOrientation(data.subarray(XMP.length));
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      if (data.length < 6) throw endsEarly();
      if (marker !== 0xc0 && marker !== 0xc1 && marker !== 0xc2 && marker !== 0xc9 && marker !== 0xca) {
        throw new UnusableImage('a lossless or hierarchical JPEG, which is not read; save it as PNG');
      }
      if (data[0] !== 8) throw new UnusableImage(`a ${data[0]!}-bit JPEG, which is not read; save it as PNG`);
      const header = new DataView(data.buffer, data.byteOffset, data.byteLength);
      const orientation = exif ?? xmp ?? 1;
      return { height: header.getUint16(1), width: header.getUint16(3), components: data[5]!, orientation };
    }
    at += length;
  }
}

const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/\0';

function startsWith(data: Uint8Array, text: string): boolean {
  return (
    Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, text.length)).toString('latin1') === text
  );
}

let loading: Promise<JPEGDecoder | null> | null = null;

async function loadDecoder(): Promise<JPEGDecoder | null> {
  try {
    const { default: load } = await import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs');
    const silent = (): void => undefined;
    const { JPEGDecoder } = await load({ print: silent, printErr: silent });
    return new JPEGDecoder();
  } catch {
    // Slower without it, but not worse.
    return null;
  }
}

/**
 * Decodes a small grey or colour JPEG with libjpeg-turbo as WebAssembly, for which starting libvips would take several
 * times as long; the pixels are the same.
 *
 * @returns null when it cannot: the general decoder is asked then, and says why
 */
export async function decodeSmallJpeg(bytes: Uint8Array, header: JpegHeader): Promise<RawImage | null> {
  const { width, height, components } = header;
  if (components !== 1 && components !== 3) return null;
  const decoder = await (loading ??= loadDecoder());
  if (decoder === null) return null;
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const frame = decoder.getFrameInfo();
    const data = decoder.getDecodedBuffer().slice();
    const same = frame.width === width && frame.height === height && frame.componentCount === components;
    if (!same || data.length !== width * height * components) return null;
    return { height, width, channels: components, data };
  } catch {
    // C++ exceptions arrive as numbers; what they left in the module's memory is given up with it.
    loading = null;
    return null;
  }
}
