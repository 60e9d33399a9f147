/** Fields of tar headers. */

/** The bytes of a text: up to the first zero. */
export function untilZero(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Octal digits; null when it is none. */
export function octal(bytes: Uint8Array): number | null {
  const digits = Buffer.from(untilZero(bytes)).toString('latin1').trim();
  return /^[0-7]{1,12}$/.test(digits) ? parseInt(digits, 8) : null;
}

/** Octal digits, or GNU's binary form for large numbers; 0 for none at all, null when it is neither. */
export function octalOrBinary(bytes: Uint8Array): number | null {
  if ((bytes[0]! & 0x80) === 0) {
    return Buffer.from(untilZero(bytes)).toString('latin1').trim() === '' ? 0 : octal(bytes);
  }
  let value = bytes[0]! & 0x3f;
  for (const byte of bytes.subarray(1)) value = value * 256 + byte;
  return bytes[0]! < 0xc0 && Number.isSafeInteger(value) ? value : null;
}
