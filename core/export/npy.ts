/** Headers of NumPy's array files. Format: numpy.lib.format, version 1.0. */

/** Element types: unsigned bytes and 16-bit numbers, signed 32-bit numbers, float32, booleans, text of so many characters. */
export type NpyType = '|u1' | '<u2' | '<i4' | '<f4' | '|b1' | `<U${number}`;

/** What comes before an array's elements, which follow row by row (C order). */
export function npyHeader(type: NpyType, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0] ?? 0},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Ends with a line feed, at a multiple of 64 bytes.
  const length = 64 * Math.ceil((10 + dictionary.length + 1) / 64) - 10;
  const header = Buffer.alloc(10);
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(length, 8);
  return Buffer.concat([header, Buffer.from(dictionary.padEnd(length - 1) + '\n', 'latin1')]);
}

/** A one-dimensional array of texts as NumPy holds them: UTF-32, filled up with zeros. */
export function npyTexts(texts: readonly string[]): Uint8Array {
  const characters = texts.map((text) => Array.from(text));
  const longest = Math.max(1, ...characters.map(({ length }) => length));
  const data = Buffer.alloc(4 * longest * texts.length);
  characters.forEach((text, row) => {
    text.forEach((character, i) =>
      data.writeUInt32LE(character.codePointAt(0) ?? 0, 4 * (row * longest + i)),
    );
  });
  return Buffer.concat([npyHeader(`<U${longest}`, [texts.length]), data]);
}
