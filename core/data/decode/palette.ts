/** Images whose pixels are numbers of colours. */
import type { RawImage } from './raw-image.ts';

/** Colours as bytes R, G, B, A one after another. */
export interface Palette {
  readonly rgba: Uint8Array;
  /** Channels that its colours need: 1 when all are grey, 4 when one lets something through. */
  readonly channels: 1 | 3 | 4;
}

/**
 * @param colours bytes R, G, B one after another
 * @param alpha opacity of the first colours; the rest are opaque
 */
export function makePalette(colours: Uint8Array, alpha: Uint8Array = new Uint8Array()): Palette {
  const count = Math.floor(colours.length / 3);
  const rgba = new Uint8Array(count * 4).fill(255);
  let grey = true;
  for (let i = 0; i < count; i++) {
    const colour = colours.subarray(3 * i, 3 * i + 3);
    rgba.set(colour, 4 * i);
    if (colour[0] !== colour[1] || colour[0] !== colour[2]) grey = false;
  }
  for (let i = 0; i < Math.min(count, alpha.length); i++) rgba[4 * i + 3] = alpha[i]!;
  const seeThrough = alpha.subarray(0, count).some((value) => value < 255);
  return { rgba, channels: seeThrough ? 4 : grey ? 1 : 3 };
}

/** Looks up the colours of height × width indices; an index without a colour is opaque black. */
export function lookUp(indices: Uint8Array, height: number, width: number, palette: Palette): RawImage {
  const { rgba, channels } = palette;
  const data = new Uint8Array(indices.length * channels);
  const known = rgba.length / 4;
  let to = 0;
  for (let i = 0; i < indices.length; i++, to += channels) {
    const index = indices[i]!;
    if (index >= known) {
      if (channels === 4) data[to + 3] = 255;
      continue;
    }
    for (let c = 0; c < channels; c++) data[to + c] = rgba[4 * index + c]!;
  }
  return { height, width, channels, data };
}
