/** Knowing a file by its first bytes. */

export type ImageFormat = 'PNG' | 'JPEG' | 'WebP' | 'GIF' | 'BMP' | 'TIFF' | 'PNM';

/** So many bytes from the start of a file tell its format. */
export const HEAD_BYTES = 64;

const BMP_HEADER_SIZES = [12, 16, 40, 52, 56, 64, 108, 124];

/**
 * The format of an image that {@link decodeImage} reads, by its first bytes; null for everything else.
 *
 * @param head the start of the file, {@link HEAD_BYTES} or more when there are so many
 */
export function imageFormat(head: Uint8Array): ImageFormat | null {
  const text = latin1(head);
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (text.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) return 'WebP';
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'GIF';
  if (/^(?:II\*\0|MM\0\*|II\+\0|MM\0\+)/.test(text)) return 'TIFF';
  if (/^P[1-6][\s#]/.test(text)) return 'PNM';
  if (text.startsWith('BM')) {
    const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
    if (head.length < 18 || BMP_HEADER_SIZES.includes(bytes.readUInt32LE(14))) return 'BMP';
  }
  return null;
}

/** Image formats that are known but not read, with an article: `a HEIC image`. Null for everything else. */
export function foreignImage(head: Uint8Array): string | null {
  const text = latin1(head);
  if (text.startsWith('ftyp', 4)) {
    const brand = text.slice(8, 12);
    if (/^(?:heic|heix|hevc|heim|heis|mif1|msf1)$/.test(brand)) return 'a HEIC image';
    if (/^avi[fs]$/.test(brand)) return 'an AVIF image';
    return 'a video';
  }
  if (text.startsWith('\0\0\0\x0cjP  \r\n')) return 'a JPEG 2000 image';
  if (text.startsWith('\0\0\0\x0cJXL \r\n')) return 'a JPEG XL image';
  if (text.startsWith('\xff\x4f\xff\x51')) return 'a JPEG 2000 image';
  if (text.startsWith('\xff\x0a')) return 'a JPEG XL image';
  if (text.startsWith('8BPS')) return 'a Photoshop document';
  if (text.startsWith('%PDF')) return 'a PDF document';
  if (text.startsWith('\0\0\x01\0')) return 'an icon';
  if (text.startsWith('v/1\x01')) return 'an OpenEXR image';
  if (text.startsWith('DDS ')) return 'a DDS texture';
  if (text.startsWith('#?RADIANCE')) return 'a Radiance HDR image';
  if (/^P[7fF]\s/.test(text)) return 'a PAM or PFM image';
  if (text.startsWith('SIMPLE  =')) return 'a FITS image';
  if (/^\s*(?:<\?xml[^>]*>\s*)?<svg/.test(text)) return 'an SVG drawing';
  return null;
}

/** The reason for leaving out a file that is no image, in few words. */
export function notAnImage(head: Uint8Array): string {
  const foreign = foreignImage(head);
  if (foreign !== null) return `${foreign}, which is not read; save it as PNG`;
  return 'not an image (PNG, JPEG, WebP, GIF, BMP, TIFF or PNM)';
}

function latin1(head: Uint8Array): string {
  return Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, HEAD_BYTES)).toString('latin1');
}
