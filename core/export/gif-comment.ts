/** Text in GIF files: comment extensions. Format: GIF89a specification, 24. */
import type { PngText } from './png.ts';

const EXTENSION = 0x21;
const COMMENT = 0xfe;
const IMAGE = 0x2c;
const HEADER_BYTES = 13;

/** Puts text into a GIF, before all else: one comment, as JSON in ASCII. Nothing for no text. */
export function insertGifComment(gif: Uint8Array, text: PngText): Uint8Array {
  if (Object.keys(text).length === 0) return gif;
  const json = Buffer.from(asciiJson(text), 'latin1');
  const blocks: Uint8Array[] = [Uint8Array.of(EXTENSION, COMMENT)];
  for (let at = 0; at < json.length; at += 255) {
    const piece = json.subarray(at, at + 255);
    blocks.push(Uint8Array.of(piece.length), piece);
  }
  blocks.push(Uint8Array.of(0));
  const start = tableEnd(gif);
  return Buffer.concat([gif.subarray(0, start), ...blocks, gif.subarray(start)]);
}

/** The comments of a GIF that stand before its first image. */
export function readGifComments(gif: Uint8Array): string[] {
  const found: string[] = [];
  for (let at = tableEnd(gif); at + 2 < gif.length && gif[at] === EXTENSION && gif[at] !== IMAGE;) {
    const isComment = gif[at + 1] === COMMENT;
    const pieces: Uint8Array[] = [];
    for (at += 2; (gif[at] ?? 0) > 0; at += 1 + gif[at]!)
      pieces.push(gif.subarray(at + 1, at + 1 + gif[at]!));
    at++;
    if (isComment) found.push(Buffer.concat(pieces).toString('latin1'));
  }
  return found;
}

/** JSON without any character beyond ASCII, which is all that a comment may have. */
function asciiJson(text: PngText): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Where the header and the colours for all frames end. */
function tableEnd(gif: Uint8Array): number {
  const packed = gif[10] ?? 0;
  return HEADER_BYTES + ((packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1));
}
