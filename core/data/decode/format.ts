/** Knowing a file by its first bytes. */

export type ImageFormat = 'PNG' | 'JPEG' | 'WebP' | 'GIF' | 'BMP' | 'TIFF' | 'PNM' | 'AVIF' | 'HEIC';

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
  const media = mediaFormat(text);
  if (media !== null) return media;
  if (text.startsWith('BM')) {
    const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
    if (head.length < 18 || BMP_HEADER_SIZES.includes(bytes.readUInt32LE(14))) return 'BMP';
  }
  return null;
}

/** Files that are known, but no images that are read, with an article: `a HEIC image`. Null for everything else. */
export interface ForeignFile {
  what: string;
  /** What to do about it. */
  advice: string;
}

const SAVE = 'save it as PNG';
const TAKE_FRAMES = 'take frames out of it first, as with "ffmpeg -i FILE -vf fps=2 %05d.png"';

/** Brands of ISO media files (https://mp4ra.org/registered-types/brands) that hold images: one, and many. */
const HEIC_BRANDS = /^hei[cxms]$/;
const HEIF_BRANDS = /^(?:hei[cxms]|hev[cxms]|mif[12]|msf1|miaf|avis)$/;

/** By the main brand, or the others where that is the one of all such images. */
function mediaFormat(text: string): 'AVIF' | 'HEIC' | null {
  if (!text.startsWith('ftyp', 4)) return null;
  const end = Math.max(16, text.charCodeAt(2) * 256 + text.charCodeAt(3));
  const brands: readonly string[] = `${text.slice(8, 12)}${text.slice(16, end)}`.match(/.{4}/gs) ?? [];
  const [major = ''] = brands;
  const named = /^(?:mif[12]|miaf)$/.test(major) ? brands : [major];
  if (named.includes('avif')) return 'AVIF';
  return named.some((brand) => HEIC_BRANDS.test(brand)) ? 'HEIC' : null;
}

const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1';

/** True for what stands in a repository's folder for a file that Git LFS has not brought yet. */
export function isLfsPointer(head: Uint8Array): boolean {
  return latin1(head).startsWith(LFS_POINTER);
}

const FILMS: readonly string[] = [
  // Matroska and WebM, Ogg, Flash, Windows Media, MPEG.
  ...['\x1a\x45\xdf\xa3', 'OggS', 'FLV\x01', '\x30\x26\xb2\x75\x8e\x66\xcf\x11'],
  ...['\0\0\x01\xba', '\0\0\x01\xb3'],
];

function isFilm(text: string): boolean {
  if (text.startsWith('ftyp', 4) || FILMS.some((start) => text.startsWith(start))) return true;
  // QuickTime before there was a `ftyp`; AVI.
  if (/^(?:moov|mdat|wide|free|skip|pnot)$/.test(text.slice(4, 8)) && text.startsWith('\0')) return true;
  return text.startsWith('RIFF') && text.startsWith('AVI ', 8);
}

/** What a file is that is known, but no image that {@link decodeImage} reads. */
export function foreignFile(head: Uint8Array): ForeignFile | null {
  const text = latin1(head);
  if (isLfsPointer(head)) {
    return {
      what: 'a pointer of Git LFS instead of the file',
      advice: 'run "git lfs pull" in its repository',
    };
  }
  const image = foreignImage(text);
  if (image !== null) return { what: image, advice: SAVE };
  if (isFilm(text)) return { what: 'a video', advice: TAKE_FRAMES };
  return null;
}

function foreignImage(text: string): string | null {
  if (text.startsWith('ftyp', 4) && HEIF_BRANDS.test(text.slice(8, 12))) {
    return text.startsWith('avis', 8) ? 'an animated AVIF image' : 'a HEIF image of a rare kind';
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
  const foreign = foreignFile(head);
  if (foreign === null) return 'not an image (PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP, TIFF or PNM)';
  const { what, advice } = foreign;
  return isLfsPointer(head) ? `${what}; ${advice}` : `${what}, which is not read; ${advice}`;
}

function latin1(head: Uint8Array): string {
  return Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, HEAD_BYTES)).toString('latin1');
}
