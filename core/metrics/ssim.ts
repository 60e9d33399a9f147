/** Structural similarity of two images. */
import type { Plane } from '../data/import/resample.ts';

/** Side of the Gaussian window and its standard deviation in pixels, as Wang et al. have them. */
export const SSIM_WINDOW = 11;
const SIGMA = 1.5;
/** (0.01 L)² and (0.03 L)², for values from 0 to L = 1. */
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

/** The window for images of a size: the usual one, or the largest odd one that fits into smaller images. */
export function ssimWindow({ height, width }: Pick<Plane, 'height' | 'width'>): number {
  const side = Math.min(height, width);
  return Math.min(SSIM_WINDOW, side % 2 === 1 ? side : side - 1);
}

/**
 * Mean structural similarity (Wang et al. 2004, IEEE TIP 13(4)) over the places where the whole window lies inside the
 * image, and over channels: as scikit-image has it with `gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
 * data_range=1`, and torchmetrics with `data_range=1`.
 *
 * @param a, b pixels from 0 to 255 of one shape; they count from 0 to 1
 * @returns from −1 to 1; 1 for equal images
 */
export function ssim(a: Plane, b: Plane): number {
  const { height, width, channels } = a;
  if (b.height !== height || b.width !== width || b.channels !== channels) {
    throw new RangeError('images of different shapes');
  }
  const window = gaussian(ssimWindow(a));
  let sum = 0;
  for (let c = 0; c < channels; c++) {
    const [x, y] = [a, b].map(({ data }) =>
      Float64Array.from({ length: height * width }, (_, i) => data[i * channels + c]! / 255),
    ) as [Float64Array, Float64Array];
    sum += ofChannel(x, y, height, width, window);
  }
  return sum / channels;
}

function ofChannel(
  x: Float64Array,
  y: Float64Array,
  height: number,
  width: number,
  window: Float64Array,
): number {
  const blurred = (values: Float64Array): Float64Array => blur(values, height, width, window);
  const [meanX, meanY] = [blurred(x), blurred(y)];
  const squareX = blurred(x.map((value) => value * value));
  const squareY = blurred(y.map((value) => value * value));
  const product = blurred(x.map((value, i) => value * y[i]!));
  let sum = 0;
  for (let i = 0; i < meanX.length; i++) {
    const [mx, my] = [meanX[i]!, meanY[i]!];
    const spread = squareX[i]! - mx * mx + squareY[i]! - my * my;
    const shared = product[i]! - mx * my;
    sum += ((2 * mx * my + C1) * (2 * shared + C2)) / ((mx * mx + my * my + C1) * (spread + C2));
  }
  return sum / meanX.length;
}

/** Weighted means where the whole window lies inside. */
function blur(values: Float64Array, height: number, width: number, window: Float64Array): Float64Array {
  const size = window.length;
  const [rows, columns] = [height - size + 1, width - size + 1];
  const lines = new Float64Array(height * columns);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += window[k]! * values[row * width + column + k]!;
      lines[row * columns + column] = sum;
    }
  }
  const result = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < size; k++) {
      const weight = window[k]!;
      for (let column = 0; column < columns; column++) {
        const at = row * columns + column;
        result[at] = result[at]! + weight * lines[(row + k) * columns + column]!;
      }
    }
  }
  return result;
}

function gaussian(size: number): Float64Array {
  const middle = (size - 1) / 2;
  const weights = Float64Array.from({ length: size }, (_, i) =>
    Math.exp(-((i - middle) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
