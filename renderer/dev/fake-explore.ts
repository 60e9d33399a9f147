/** Latent space of made-up runs. */
import type { CallName, CallParams, CallResult } from '../../main/ipc/contract.ts';

type ExploreCall = Extract<CallName, `explore.${string}`>;
type Table = { [C in ExploreCall]: (params: CallParams<C>) => CallResult<C> };

/** Answers as if a run had three directions; what is made is not kept. */
export function fakeExploreCalls(): Table {
  const directions = ['component-1', 'component-2', 'class-3'].map((name, i) => ({
    name,
    kind: i < 2 ? ('component' as const) : ('class' as const),
    words: i < 2 ? 'a principal component of 2000 encodings' : 'from all other classes to 3',
    ...{ run: 'digits', step: 2400, t: 1.2, weights: 'ema' as const, images: 2000 },
    ...{ deviation: 1.5 - i / 3, explained: 0.2 / (i + 1), change: 0.14 / (i + 1), createdAt: '' },
  }));
  return {
    'explore.neighbours': ({ count }) =>
      Array.from({ length: count }, (_, i) => ({ index: 11 * i + 4, distance: 1 + i / 4 })),
    'explore.latent': () => ({ values: [0, 1], shape: [7, 7, 1], t: 1, step: 2400 }),
    'explore.direction': ({ name }) => ({ ...directions[0]!, name, values: [0, 1] }),
    'explore.addDirection': () => ({}),
    'explore.exportSaved': ({ name }) => ({
      files: ['json', 'safetensors'].map((ending) => `/home/mira/Documents/${name}.${ending}`),
    }),
    'explore.importSaved': () => null,
    'explore.directions': () => ({ directions, problems: [] }),
    'explore.makeDirections': () => ({ directions, activeDimensions: 40, dimensions: 49 }),
    'explore.removeDirection': () => ({}),
    'explore.map': ({ order: { count = 500, times = [{ t: 1 }] } }) => ({
      indices: Array.from({ length: count }, (_, i) => i),
      labels: Array.from({ length: count }, (_, i) => i % 10),
      classes: Array.from({ length: 10 }, (_, i) => String(i)),
      t: times.map((_, i) => i + 1),
      positions: times.flatMap((_, k) =>
        Array.from({ length: 2 * count }, (_, i) => {
          const angle = ((i >> 1) % 10) + k / 5;
          const heap = 5 * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
          return heap + Math.sin(i * 12.9) + Math.cos(i * 4.1);
        }),
      ),
    }),
    'explore.subset': ({ name, indices }) => ({ name, count: indices.length }),
    'explore.saveNames': () => ({ path: '/home/mira/Documents/images.csv' }),
    'explore.exportCompared': () => ({ path: '/home/mira/Pictures/side-by-side.gif' }),
    'explore.export': () => ({ path: '/home/mira/Pictures/walk.png' }),
  };
}
