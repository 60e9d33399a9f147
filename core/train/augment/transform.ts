/** Does to an image what a transformation says. */
import type { Transformation } from './transformation.ts';

/** An image of side × side × channels values from 0 to 1, row by row. */
export interface Picture {
  side: number;
  channels: number;
  data: Float32Array;
}

const QUARTERS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/**
 * The transformed image: between pixels linearly, beyond the edges mirrored. Flips and quarter turns alone move pixels as they
 * are, to the bit.
 */
export function transform(picture: Picture, t: Transformation): Float32Array {
  const moved = isMoved(t) ? move(picture, t) : picture.data.slice();
  if (t.brightness !== 0 || t.contrast !== 0 || t.saturation !== 0 || t.hue !== 0)
    colour(moved, picture.channels, t);
  return moved;
}

function isMoved(t: Transformation): boolean {
  return t.flip || t.quarters !== 0 || t.angle !== 0 || t.scale !== 0 || t.shiftX !== 0 || t.shiftY !== 0;
}

function move({ side, channels, data }: Picture, t: Transformation): Float32Array {
  const out = new Float32Array(data.length);
  const [cosine, sine] = rotation(t);
  const shrink = 2 ** -t.scale;
  const middle = (side - 1) / 2;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      // From where in the image: the inverse of what is done to it, last things first.
      const [right, down] = [x - middle - t.shiftX * side, y - middle - t.shiftY * side];
      const sourceX = shrink * (cosine * right - sine * down);
      const sourceY = shrink * (sine * right + cosine * down);
      take(data, side, channels, middle + (t.flip ? -sourceX : sourceX), middle + sourceY, out, y * side + x);
    }
  }
  return out;
}

/** Cosine and sine of the angle; those of quarter turns exactly. */
function rotation({ quarters, angle }: Transformation): [number, number] {
  const [c = 1, s = 0] = QUARTERS[((quarters % 4) + 4) % 4] ?? [];
  if (angle === 0) return [c, s];
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return [c * cosine - s * sine, s * cosine + c * sine];
}

/** Writes what the image has at a place between its pixels. */
function take(
  data: Float32Array,
  side: number,
  channels: number,
  x: number,
  y: number,
  out: Float32Array,
  at: number,
): void {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [shareX, shareY] = [x - left, y - top];
  const columns = [mirrored(left, side), mirrored(left + 1, side)] as const;
  const rows = [mirrored(top, side) * side, mirrored(top + 1, side) * side] as const;
  for (let c = 0; c < channels; c++) {
    const pixel = (row: number, column: number): number => data[(row + column) * channels + c] ?? 0;
    const above = pixel(rows[0], columns[0]) * (1 - shareX) + pixel(rows[0], columns[1]) * shareX;
    const below = pixel(rows[1], columns[0]) * (1 - shareX) + pixel(rows[1], columns[1]) * shareX;
    out[at * channels + c] = above * (1 - shareY) + below * shareY;
  }
}

/** The index within 0 … side − 1 where an index beyond lies after reflection; the edge's own pixel is not repeated. */
function mirrored(index: number, side: number): number {
  if (side === 1) return 0;
  const period = 2 * (side - 1);
  const within = ((index % period) + period) % period;
  return within < side ? within : period - within;
}

/** Rec. 601 luma, and its plane's axes: Y, I and Q of NTSC, in which a turn changes the hue alone. */
const YIQ = [
  [0.299, 0.587, 0.114],
  [0.5959, -0.2746, -0.3213],
  [0.2115, -0.5227, 0.3112],
] as const;
const BACK = [
  [1, 0.9563, 0.6209],
  [1, -0.2721, -0.6474],
  [1, -1.107, 1.7046],
] as const;

/** Brightness, contrast, saturation and hue of values from 0 to 1, in place, and clipped to these. */
function colour(data: Float32Array, channels: number, t: Transformation): void {
  const [contrast, saturation] = [2 ** t.contrast, 2 ** t.saturation];
  const adjusted = (value: number): number =>
    Math.min(1, Math.max(0, (value - 0.5) * contrast + 0.5 + t.brightness));
  if (channels !== 3 || (t.saturation === 0 && t.hue === 0)) {
    data.forEach((value, i) => (data[i] = adjusted(value)));
    return;
  }
  const [cosine, sine] = [saturation * Math.cos(t.hue), saturation * Math.sin(t.hue)];
  for (let i = 0; i < data.length; i += 3) {
    const rgb = [data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0] as const;
    const [luma, a, b] = YIQ.map((row) => row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]) as [
      number,
      number,
      number,
    ];
    const turned = [luma, cosine * a - sine * b, sine * a + cosine * b] as const;
    BACK.forEach((row, c) => {
      data[i + c] = adjusted(row[0] * turned[0] + row[1] * turned[1] + row[2] * turned[2]);
    });
  }
}
