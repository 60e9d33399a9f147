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
    'explore.latent': () => ({ values: [0, 1], shape: [2], t: 1, step: 2400 }),
    'explore.directions': () => ({ directions, problems: [] }),
    'explore.makeDirections': () => ({ directions, activeDimensions: 40, dimensions: 49 }),
    'explore.removeDirection': () => ({}),
    'explore.export': () => ({ path: '/home/mira/Pictures/walk.png' }),
  };
}
