/** Values of 16 bits, which often hold fewer. */

/** So many bits of a 16-bit value carry something. */
export type SignificantBits = 8 | 12 | 16;

/**
 * Samples of 16 bits → 8. The highest value of the colours decides: up to 255 they are bytes, up to 4095 they have 12 bits,
 * as cameras, scanners and X-ray machines give, else 16. Only these steps are taken, as the darker images of a set must
 * not come out brighter than the others.
 *
 * @param count samples of a pixel
 * @param colours those of them that are no opacity
 */
export function narrowed(
  samples: Uint16Array,
  count: number,
  colours: number,
): { data: Uint8Array; bits: SignificantBits } {
  let [most, mostOpaque] = [0, 0];
  for (let i = 0; i < samples.length; i += count) {
    for (let c = 0; c < count; c++) {
      const value = samples[i + c]!;
      if (c >= colours) mostOpaque = Math.max(mostOpaque, value);
      else if (value > most) most = value;
    }
  }
  const bits = bitsOf(most);
  const shift = bits - 8;
  const opacityShift = mostOpaque <= 255 || mostOpaque > 4095 ? 8 : Math.min(shift, 4);
  const data = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i += count) {
    for (let c = 0; c < count; c++) data[i + c] = samples[i + c]! >> (c >= colours ? opacityShift : shift);
  }
  return { data, bits };
}

function bitsOf(most: number): SignificantBits {
  return most <= 255 ? 8 : most <= 4095 ? 12 : 16;
}
