/** Kept draws of made-up runs. */
import {
  changedMarks,
  type CallName,
  type CallParams,
  type CallResult,
  type EventName,
  type EventPayload,
  type KeptDraw,
  type PixelParams,
  type PixelResult,
} from '../../main/ipc/contract.ts';
import { batchOf, fakeImage } from './fake-images.ts';

type DrawCall = Extract<CallName, `draws.${string}`>;
type Table = { [C in DrawCall]: (params: CallParams<C>) => CallResult<C> | Promise<CallResult<C>> };
type Pixels = { 'draws.images': (params: PixelParams<'draws.images'>) => PixelResult<'draws.images'> };

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function fakeDrawCalls(
  scene: string,
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void,
): { calls: Table; pixels: Pixels } {
  const one = (seed: number, run: string): KeptDraw => ({
    ...{ format: 'covae-draw', version: 1, id: `draw-${run}-${seed}`, run, step: 3000, seed, passes: 1 },
    ...{ createdAt: `2026-03-03T1${seed}:12:00.000Z`, asked: 64, count: 64 },
    ...{ height: 28, width: 28, channels: 1 },
    marks: { starred: [2, 5], removed: [], notes: { 5: 'a nice one' }, note: '' },
  });
  let all = scene === 'empty' ? [] : [0, 1, 2].map((seed) => one(seed, 'sample-tiny-3f2a'));
  const stopped = new Set<string>();
  const find = (id: string) => all.find((draw) => draw.id === id);
  const calls: Table = {
    'draws.list': ({ runId }) => ({ draws: all.filter(({ run }) => run === runId), problems: [] }),
    'draws.make': async ({ runId, orderId, count: total, checkpoint: _, ...asked }) => {
      const draw: KeptDraw = {
        ...one(asked.seed, runId),
        ...asked,
        ...{ id: orderId, asked: total, count: 0, createdAt: new Date().toISOString() },
        marks: { starred: [], removed: [], notes: {}, note: '' },
      };
      all = [draw, ...all];
      for (let done = 0; done < total && !stopped.has(orderId);) {
        await sleep(120);
        done = Math.min(total, done + 32);
        draw.count = done;
        const secondsLeft = (total - done) / 260;
        emit('draws.progress', {
          ...{ runId, orderId, id: orderId, done, total, perSecond: 260, secondsLeft },
        });
      }
      emit('draws.changed', { runId });
      return draw;
    },
    'draws.stop': ({ orderId }) => {
      stopped.add(orderId);
      return {};
    },
    'draws.mark': ({ id, change }) => {
      const draw = find(id);
      if (!draw) throw new Error('There is no such draw.');
      draw.marks = changedMarks(draw.marks, change, draw.count);
      return draw.marks;
    },
    'draws.remove': ({ id }) => {
      all = all.filter((draw) => draw.id !== id);
      return {};
    },
    'draws.bringBack': () => ({}),
    'draws.nearest': ({ count, index }) => ({
      images: Array.from({ length: count }, (_, i) => ({ index: 11 * i + index, distance: 0.1 + i / 40 })),
      neighbourDistance: 0.12,
    }),
    'draws.measures': () => null,
    'draws.measure': () => ({ dataset: '' }),
    'draws.save': () => ({ path: '/home/mira/Pictures/samples.png' }),
  };
  return {
    calls,
    pixels: {
      'draws.images': ({ id, indices }) =>
        batchOf(indices.length, 28, 1, (i) =>
          fakeImage((indices[i] ?? 0) * 3 + 7 * (find(id)?.seed ?? 0), 28, 1),
        ),
    },
  };
}
