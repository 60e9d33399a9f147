/** What rounding a model's weights to 8 bits costs, told by samples drawn from the same noise with and without it. */
import { roundedWeights } from './onnx/quantise.ts';
import { withGenerator } from './portable-generator.ts';
import type { PortableModel } from './portable-model.ts';

/** Of pixels from 0 to 255, over all samples. */
export interface RoundingLoss {
  samples: number;
  /** Passes of the network that drew them. */
  passes: number;
  seed: number;
  /** Mean and largest absolute difference of a pixel. */
  mean: number;
  largest: number;
  /** 10·log₁₀(255²/mean squared difference) in dB; null when there is no difference. */
  psnr: number | null;
}

const SAMPLES = 64;
const SEED = 0;

/** Draws the same samples with the weights as they are and with rounded ones, in one pass and in two, and compares them. */
export function roundingLoss(portable: PortableModel, signal?: AbortSignal): RoundingLoss[] {
  const { model, flat } = portable;
  return withGenerator(portable, roundedWeights(model.plan.layout, flat), (generator) => {
    const pixels = (weights: 'ema' | 'raw', passes: number): Uint8Array => {
      signal?.throwIfAborted();
      return generator.sample({ count: SAMPLES, seed: SEED, passes, weights }).data;
    };
    return [1, 2].map((passes) => ({
      ...{ samples: SAMPLES, passes, seed: SEED },
      ...difference(pixels('raw', passes), pixels('ema', passes)),
    }));
  });
}

function difference(a: Uint8Array, b: Uint8Array): Pick<RoundingLoss, 'mean' | 'largest' | 'psnr'> {
  let [sum, squares, largest] = [0, 0, 0];
  a.forEach((value, i) => {
    const by = Math.abs(value - (b[i] ?? 0));
    sum += by;
    squares += by * by;
    if (by > largest) largest = by;
  });
  const psnr = squares === 0 ? null : 10 * Math.log10((255 * 255 * a.length) / squares);
  return { mean: sum / a.length, largest, psnr };
}
