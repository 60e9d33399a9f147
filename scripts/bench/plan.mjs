/** What `npm run bench` measures, and in which order. */

export const EAGER_DERIVED = 'eager, derived gradients';
export const EAGER = 'eager';
export const COMPILED = 'compiled float32';
export const COMPILED_BF16 = 'compiled bfloat16';
export const TORCH = 'PyTorch float32';
export const TORCH_BF16 = 'PyTorch bfloat16';

/** The presets: a small, a middle and a large one, each with a batch and a number of steps for some seconds. */
const PRESETS = [
  { preset: 'tiny-unet', batch: 16, steps: 20 },
  { preset: 'mnist-small', batch: 16, steps: 10 },
  { preset: 'mnist', batch: 8, steps: 5 },
];

/** The batches over which the cost of an image is watched. */
const GROWTH = [8, 32, 128];
const MEMORY_BATCH = 32;

const WAYS = {
  [EAGER_DERIVED]: ['--eager', '--derived-gradients'],
  [EAGER]: ['--eager'],
  [COMPILED]: [],
  [COMPILED_BF16]: ['--precision', 'bfloat16'],
};

/** What PyTorch is asked for, beside what both are. */
const TORCH_WAYS = { [TORCH]: ['--precision', 'float32'], [TORCH_BF16]: ['--precision', 'bfloat16'] };

/**
 * The measurements in their order. Rounds alternate between the ways to compute, every second one backwards, so that a
 * machine that slows down meanwhile slows all alike. The first round warms files and caches up and does not count.
 *
 * @param {{quick: boolean, torch: boolean}} options
 * @returns {{kind: 'step' | 'memory' | 'growth', preset: string, batch: number, steps: number, way: string,
 *   torch: boolean, args: string[], counts: boolean}[]}
 */
export function plan({ quick, torch }) {
  const ways = Object.keys(WAYS).concat(torch ? Object.keys(TORCH_WAYS) : []);
  const one = (kind, { preset, batch, steps }, way, counts = true) => {
    const isTorch = way in TORCH_WAYS;
    const args = isTorch ? TORCH_WAYS[way] : WAYS[way];
    return { kind, preset, batch, steps, way, torch: isTorch, args, counts };
  };
  const presets = quick ? PRESETS.filter(({ preset }) => preset !== 'mnist-small') : PRESETS;
  const list = presets.flatMap((size) => {
    const warmUp = [COMPILED, ...(torch ? [TORCH] : [])].map((way) =>
      one('step', { ...size, steps: 1 }, way, false),
    );
    const rounds = Array.from({ length: quick ? 1 : 3 }, (_, round) =>
      (round % 2 === 0 ? ways : [...ways].reverse()).map((way) => one('step', size, way)),
    );
    return [...warmUp, ...rounds.flat()];
  });
  const both = [COMPILED, ...(torch ? [TORCH] : [])];
  for (const preset of quick ? ['tiny-unet'] : ['tiny-unet', 'mnist']) {
    for (const way of both) list.push(one('memory', { preset, batch: MEMORY_BATCH, steps: 2 }, way));
  }
  for (const batch of GROWTH) {
    for (const way of both)
      list.push(one('growth', { preset: 'tiny-unet', batch, steps: quick ? 4 : 8 }, way));
  }
  return list;
}
