/** Which images of a data set a training draws from, and which it is measured on. */
export interface SplitImages {
  /** Number of images when all are trained on, else the indices of those. */
  training: number | Uint32Array;
  /** Indices of images to measure on: at most so many, evenly spread, held out of training where there are enough. */
  readonly measured: (most: number) => number[];
  /** Indices of equally many training and held-out images, at most so many, evenly spread; null where none is held out. */
  readonly compared: (most: number) => { training: number[]; heldOut: number[] } | null;
}

/** @param split 1 for each image held out of training; null when none is */
export function splitImages(count: number, split: Uint8Array | null): SplitImages {
  const heldOut = split === null ? new Uint32Array(0) : indicesOf(split, 1);
  return {
    training: split === null ? count : indicesOf(split, 0),
    compared(most) {
      const training = split === null ? null : indicesOf(split, 0);
      const taken = Math.min(most, heldOut.length, training?.length ?? 0);
      if (training === null || taken === 0) return null;
      return { training: spread(training, taken), heldOut: spread(heldOut, taken) };
    },
    measured(most) {
      const from = heldOut.length >= Math.min(most, count) ? heldOut : null;
      const available = from?.length ?? count;
      const taken = Math.min(most, available);
      return Array.from({ length: taken }, (_, i) => {
        const at = Math.floor((i * available) / taken);
        return from?.[at] ?? at;
      });
    },
  };
}

function spread(from: Uint32Array, taken: number): number[] {
  return Array.from({ length: taken }, (_, i) => from[Math.floor((i * from.length) / taken)] ?? 0);
}

function indicesOf(split: Uint8Array, flag: 0 | 1): Uint32Array {
  const indices: number[] = [];
  split.forEach((value, image) => {
    if (value === flag) indices.push(image);
  });
  return Uint32Array.from(indices);
}
