/** Views of an untrained network's latent space, op by op: that each comes to the latents that it says. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { reencodingIndex } from '../schedule/time-steps.ts';
import { normals } from '../tensor/noise.ts';
import { streamSeed } from '../tensor/random.ts';
import type { ImageBatch } from '../data/dataset.ts';
import { Explorer } from './explorer.ts';
import type { ProgramGenerator } from './generator.ts';
import { framePositions } from './paths/pace.ts';
import type { Supplies } from './points/latents.ts';
import { generatorOf, someImages } from './test-generator.ts';
import type { KeyPoint, PathView } from './view.ts';

let model: ProgramGenerator;
const images = someImages(6);
const image = (index: number): KeyPoint => ({ kind: 'image', index });
const one = (index: number): ImageBatch => ({
  ...images,
  count: 1,
  data: images.data.subarray(index * 64, (index + 1) * 64),
});

const asked = vi.fn();
const supplies: Supplies = {
  images: async (indices) => {
    asked(indices);
    return {
      ...images,
      count: indices.length,
      data: Uint8Array.from(indices.flatMap((i) => [...one(i).data])),
    };
  },
  file: async (file) => ({ image: one(file === 'a.png' ? 0 : 1), stamp: '' }),
  saved: async () => ({
    values: new Float32Array(model.encode(one(2), { timeIndex: 2 }).mu),
    t: model.timeSteps[2]!,
  }),
  direction: async (name) =>
    name === 'short' ? new Float32Array(3) : new Float32Array(latentSize()).map((_, i) => (i % 3) - 1),
  drawn: async (_, index) => one(index),
  neighbours: async () => [0, 4, 2],
};

function latentSize(): number {
  return model.encode(one(0), { timeIndex: 1 }).mu.length;
}

function explorer(): Explorer {
  return new Explorer({
    modelNow: () => model,
    supplies,
    featuresOf: async (batch) => Float32Array.from(batch.data, (value) => value / 255),
  });
}

const path = (points: KeyPoint[], more: Partial<PathView> = {}): PathView => ({
  kind: 'path',
  points,
  path: 'spherical',
  loop: false,
  easing: 'none',
  pace: 'even',
  positions: framePositions(5, false),
  ...more,
});

beforeAll(async () => {
  model = await generatorOf({ network: { zChannels: 3 } });
});

describe('points', () => {
  it('are images encoded and decoded, encoded once for as long as they are remembered', async () => {
    const explore = explorer();
    const at = { timeIndex: 3 };
    const view = { kind: 'points', points: [image(0), image(3), image(0)] } as const;
    const { images: drawn } = await explore.draw({ ...view, points: [...view.points] }, { at });
    expect(drawn.data).toEqual(
      Uint8Array.from([0, 3, 0].flatMap((i) => [...model.reconstruct(one(i), { at }).data])),
    );
    expect(asked.mock.calls).toEqual([[[0, 3]]]);
    await explore.draw({ kind: 'points', points: [image(3)] }, { at });
    expect(asked).toHaveBeenCalledTimes(1);
    // At another time they are others.
    await explore.draw({ kind: 'points', points: [image(3)] }, { at: { timeIndex: 2 } });
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('are samples, whose noise itself counts at the largest t', async () => {
    const top = { timeIndex: model.timeSteps.length - 1 };
    const points: KeyPoint[] = [{ kind: 'seed', seed: 4, number: 1 }];
    const { images: drawn } = await explorer().draw({ kind: 'points', points }, { at: top });
    const sample = model.sample({ count: 1, start: 1, seed: 4, passes: 1 });
    expect(drawn.data).toEqual(sample.data);
    const at = { timeIndex: 2 };
    const lower = await explorer().draw({ kind: 'points', points }, { at });
    expect(lower.images.data).toEqual(model.reconstruct(sample, { at }).data);
  });

  it('are files, neighbours and saved latents', async () => {
    const { rows } = await explorer().latents(
      {
        kind: 'points',
        points: [
          { kind: 'file', file: 'b.png' },
          { kind: 'neighbour', of: image(0), rank: 1 },
          { kind: 'latent', file: 'z.safetensors', row: 0 },
        ],
      },
      { at: { timeIndex: 2 } },
    );
    // The image is no neighbour of itself.
    for (const [row, index] of [1, 4, 2].entries()) {
      const { mu } = model.encode(one(index), { timeIndex: 2 });
      rows[row]!.forEach((value, i) => expect(value).toBeCloseTo(mu[i]!, 5));
    }
    // A latent of another time goes by way of its picture.
    const points: KeyPoint[] = [{ kind: 'latent', file: 'z.safetensors', row: 0 }];
    const [other] = (await explorer().latents({ kind: 'points', points }, { at: { timeIndex: 3 } })).rows;
    const picture = model.decode(model.encode(one(2), { timeIndex: 2 }).mu, { timeIndex: 2 });
    other!.forEach((value, i) =>
      expect(value).toBeCloseTo(model.encode(picture, { timeIndex: 3 }).mu[i]!, 3),
    );
  });

  it('are drawn from their posteriors with the same noise in z', async () => {
    const look = { at: { timeIndex: 2 }, space: 'z', seed: 9 } as const;
    const { rows } = await explorer().latents({ kind: 'points', points: [image(0), image(1)] }, look);
    const { mu, std } = model.encode(images, { timeIndex: 2 });
    const noise = normals(streamSeed(9, 'key-point', 0), latentSize());
    rows.forEach((row, r) =>
      row.forEach((value, i) => {
        const place = r * noise.length + i;
        expect(value).toBeCloseTo(mu[place]! + std[place]! * noise[i]!, 4);
      }),
    );
  });

  it('refuse what does not fit, in a sentence', async () => {
    const draw = (point: KeyPoint) => explorer().draw({ kind: 'points', points: [point] }, {});
    await expect(draw({ kind: 'values', values: [1, 2], t: 1 })).rejects.toThrow(
      /has 2 values, but latents of/,
    );
    await expect(
      draw({ kind: 'moved', of: image(0), by: [{ direction: 'short', amount: 1 }] }),
    ).rejects.toThrow(/The direction short has 3 values/);
    await expect(draw({ kind: 'exchanged', of: image(0), with: image(1), mask: [1] })).rejects.toThrow(
      /positions, not 1/,
    );
    await expect(draw({ kind: 'neighbour', of: image(0), rank: 9 })).rejects.toThrow(/no neighbour 9/);
    await expect(
      explorer().draw({ kind: 'points', points: [image(0)] }, { at: { timeIndex: 99 } }),
    ).rejects.toThrow(/The time index 99/);
    const signal = AbortSignal.abort();
    await expect(explorer().draw({ kind: 'points', points: [image(0)] }, {}, signal)).rejects.toThrow(
      'aborted',
    );
  });
});

describe('ways', () => {
  it('are those of interpolate where they are spherical', async () => {
    const { images: drawn } = await explorer().draw(path([image(0), image(1)]), {});
    const wanted = model.interpolate(one(0), one(1), { positions: framePositions(5, false) });
    expect(drawn.data).toEqual(wanted.data);
  });

  it.each(['pixels', 'features'] as const)('go in equal steps of %s', async (pace) => {
    const look = { at: { timeIndex: reencodingIndex(model.manifest.config.objective) } };
    const frames = 9;
    const steps = async (view: PathView): Promise<number[]> => {
      const { images: drawn } = await explorer().draw(view, look);
      return Array.from({ length: frames - 1 }, (_, i) => {
        let sum = 0;
        for (let p = 0; p < 64; p++) sum += (drawn.data[i * 64 + p]! - drawn.data[(i + 1) * 64 + p]!) ** 2;
        return Math.sqrt(sum);
      });
    };
    const points = [image(0), image(1), image(2)];
    const even = await steps(path(points, { positions: framePositions(frames, false) }));
    const paced = await steps(path(points, { positions: framePositions(frames, false), pace }));
    const spread = (values: number[]): number => Math.max(...values) / Math.min(...values);
    expect(spread(paced)).toBeLessThan(spread(even));
    expect(spread(paced)).toBeLessThan(1.6);
  });

  it('close, and circle', async () => {
    const explore = explorer();
    const closed = await explore.latents(path([image(0), image(1)], { loop: true, positions: [0, 1] }), {});
    expect(closed.rows[1]).toEqual(closed.rows[0]);
    const noise = { kind: 'noise', around: null, radius: 1, seed: 3 } as const;
    const circle = await explore.draw({ ...noise, positions: [0, 0.5, 1] }, {});
    expect(circle.images.data.subarray(128)).toEqual(circle.images.data.subarray(0, 64));
    expect(circle.images.data.subarray(64, 128)).not.toEqual(circle.images.data.subarray(0, 64));
    const free = await explore.latents({ ...noise, positions: [0] }, {});
    const around = await explore.latents({ ...noise, around: image(1), positions: [0] }, {});
    const [centre] = (await explore.latents({ kind: 'points', points: [image(1)] }, {})).rows;
    around.rows[0]!.forEach((value, i) => expect(value).toBeCloseTo(centre![i]! + free.rows[0]![i]!, 4));
  });

  it('go through more passes, with the same noise for all frames', async () => {
    const at = { timeIndex: 3 };
    const points = { kind: 'points', points: [image(0), image(0)] } as const;
    const view = { ...points, points: [...points.points] };
    const plain = await explorer().draw(view, { at });
    const again = await explorer().draw(view, { at, again: [{ timeIndex: 2 }, { timeIndex: 1 }], seed: 2 });
    expect(again.images.data).not.toEqual(plain.images.data);
    expect(again.images.data.subarray(64)).toEqual(again.images.data.subarray(0, 64));
  });
});

describe('planes and times', () => {
  it('have their corners, and run along directions', async () => {
    const explore = explorer();
    const corners = [image(0), image(1), image(2), image(3)];
    const places: [number, number][] = [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ];
    const { images: drawn } = await explore.draw({ kind: 'plane', corners, plane: 'linear', places }, {});
    const { images: ends } = await explore.draw({ kind: 'points', points: corners }, {});
    expect(drawn.data).toEqual(ends.data);
    const along = { kind: 'along', centre: image(2), right: 'a', down: 'b', range: 2 } as const;
    const { rows } = await explore.latents(
      {
        ...along,
        places: [
          [0.5, 0.5],
          [1, 0.5],
        ],
      },
      {},
    );
    const [centre] = (await explore.latents({ kind: 'points', points: [image(2)] }, {})).rows;
    expect(rows[0]).toEqual(centre);
    expect(rows[1]![0]! - centre![0]!).toBeCloseTo(-2, 5);
  });

  it('show the same points at each time', async () => {
    const times = [1, 2, 3].map((timeIndex) => ({ timeIndex }));
    const { images: drawn } = await explorer().draw(
      { kind: 'times', points: [image(0), image(1)], times },
      {},
    );
    expect(drawn.count).toBe(6);
    const wanted = times.flatMap((at) => [0, 1].flatMap((i) => [...model.reconstruct(one(i), { at }).data]));
    expect(drawn.data).toEqual(Uint8Array.from(wanted));
  });
});
