import { describe, expect, it } from 'vitest';
import { NO_AUGMENTATION } from '../../config/augment.ts';
import { withVariant } from '../../config/defaults.ts';
import { loadPreset } from '../../config/presets.ts';
import { uniformFloats } from '../../tensor/noise.ts';
import { streamSeed } from '../../tensor/random.ts';
import { nextStrength, overfittingRatio, strengthsAt } from './strength.ts';
import { transform } from './transform.ts';
import { DRAWS, drawTransformation, IDENTITY, isIdentity, valuesOf } from './transformation.ts';

const SIDE = 4;
const numbers = Float32Array.from({ length: SIDE * SIDE }, (_, i) => i / 15);
const grey = { side: SIDE, channels: 1, data: numbers };
const sixteenths = (data: Float32Array): number[] => [...data].map((value) => Math.round(value * 15));

describe('a transformation', () => {
  it('moves pixels as they are where it mirrors or turns by quarters', () => {
    // numpy.arange(16).reshape(4, 4): fliplr, rot90, rot90(k=2), rot90(fliplr)
    expect(sixteenths(transform(grey, { ...IDENTITY, flip: true }))).toEqual([
      ...[3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12],
    ]);
    const turned = transform(grey, { ...IDENTITY, quarters: 1 });
    expect(sixteenths(turned)).toEqual([3, 7, 11, 15, 2, 6, 10, 14, 1, 5, 9, 13, 0, 4, 8, 12]);
    const half = transform(grey, { ...IDENTITY, quarters: 2 });
    expect([...half]).toEqual([...numbers].reverse());
    const both = transform(grey, { ...IDENTITY, flip: true, quarters: 1 });
    expect(sixteenths(both)).toEqual([0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]);
    expect([...transform(grey, IDENTITY)]).toEqual([...numbers]);
  });

  it('shifts, turns and enlarges as grid_sample of PyTorch does', () => {
    // torch.arange(16).reshape(1, 1, 4, 4) / 15, bilinear, padding_mode='reflection', align_corners=True
    const cases: [Partial<typeof IDENTITY>, number[]][] = [
      [
        { shiftX: 0.125 },
        [
          0.033333, 0.033333, 0.1, 0.166667, 0.3, 0.3, 0.366667, 0.433333, 0.566667, 0.566667, 0.633333, 0.7,
          0.833333, 0.833333, 0.9, 0.966667,
        ],
      ],
      [
        { shiftY: -0.4 },
        [
          0.426667, 0.493333, 0.56, 0.626667, 0.693333, 0.76, 0.826667, 0.893333, 0.64, 0.706667, 0.773333,
          0.84, 0.373333, 0.44, 0.506667, 0.573333,
        ],
      ],
      [
        { angle: 0.3 },
        [
          0.134361, 0.119245, 0.218665, 0.310988, 0.168731, 0.311225, 0.45372, 0.585446, 0.414554, 0.54628,
          0.688775, 0.831269, 0.689012, 0.781335, 0.880755, 0.865639,
        ],
      ],
      [
        { scale: 0.5 },
        [
          0.146447, 0.193587, 0.240728, 0.287868, 0.335008, 0.382149, 0.429289, 0.47643, 0.52357, 0.570711,
          0.617851, 0.664992, 0.712132, 0.759273, 0.806413, 0.853553,
        ],
      ],
      [
        { flip: true, angle: -0.7, scale: -0.4, shiftX: 0.1, shiftY: 0.2 },
        [
          0.253532, 0.124079, 0.41804, 0.624665, 0.579326, 0.419927, 0.194414, 0.298871, 0.90512, 0.700829,
          0.406868, 0.112907, 0.769086, 0.913283, 0.619322, 0.352717,
        ],
      ],
    ];
    for (const [what, expected] of cases) {
      const moved = transform(grey, { ...IDENTITY, ...what });
      expected.forEach((value, i) => expect(moved[i]).toBeCloseTo(value, 5));
    }
  });

  it('changes the hue of a colour and leaves grey grey', () => {
    const two = { side: 1, channels: 3, data: Float32Array.of(0.55, 0.42, 0.4) };
    const turned = transform(two, { ...IDENTITY, hue: (2 * Math.PI) / 3 });
    expect(Math.max(...turned)).not.toBe(turned[0]);
    const luma = (rgb: ArrayLike<number>): number =>
      0.299 * (rgb[0] ?? 0) + 0.587 * (rgb[1] ?? 0) + 0.114 * (rgb[2] ?? 0);
    expect(luma(turned)).toBeCloseTo(luma(two.data), 2);
    const plain = { side: 1, channels: 3, data: Float32Array.of(0.4, 0.4, 0.4) };
    transform(plain, { ...IDENTITY, hue: 1, saturation: 1 }).forEach((value) =>
      expect(value).toBeCloseTo(0.4, 3),
    );
    const brighter = transform(plain, { ...IDENTITY, brightness: 0.9 });
    expect([...brighter]).toEqual([1, 1, 1]);
  });

  it('is none with strength 0, of each kind in so many images with another, and told in numbers', () => {
    const kinds = { ...NO_AUGMENTATION, turn: true };
    const count = 4000;
    const u = uniformFloats(streamSeed(1, 'test', 0), count * DRAWS);
    const of = (strength: number) =>
      Array.from({ length: count }, (_, i) =>
        drawTransformation(kinds, strength, u.subarray(i * DRAWS, (i + 1) * DRAWS), false),
      );
    expect(of(0).every(isIdentity)).toBe(true);
    const drawn = of(0.5);
    const share = (is: (t: (typeof drawn)[number]) => boolean): number => drawn.filter(is).length / count;
    expect(share(({ flip }) => flip)).toBeCloseTo(0.25, 1);
    expect(share(({ quarters }) => quarters !== 0)).toBeCloseTo(0.375, 1);
    expect(share(({ angle }) => angle !== 0)).toBeCloseTo(0.5, 1);
    expect(Math.max(...drawn.map(({ angle }) => Math.abs(angle)))).toBeCloseTo((15 * Math.PI) / 180, 1);
    expect(share(({ hue }) => hue !== 0)).toBe(0);
    expect([...valuesOf({ ...IDENTITY, flip: true, quarters: 2, shiftX: 0.125 })]).toEqual([
      ...[1, -2, 0, 0, 1, 0, 0, 0, 0, 0, 0],
    ]);
  });
});

describe('the strength of an example', () => {
  const t = Float32Array.of(0.5, 1, 1.75, 3);
  it('falls evenly from σ_min to none at σ_max, where samples begin', async () => {
    const { objective } = (await loadPreset('tiny')).config;
    expect([objective.variant, [...strengthsAt({ objective }, t, 0.5)].map((s) => s.toFixed(4))]).toEqual([
      'covae',
      ['0.5000', '0.4000', '0.2500', '0.0000'],
    ]);
  });

  it('is the whole for the one time of a β-VAE', async () => {
    const { objective } = (await loadPreset('tiny')).config;
    expect([...strengthsAt({ objective: withVariant(objective, 'beta-vae') }, t, 0.5)]).toEqual([
      ...[0.5, 0.5, 0.5, 0.5],
    ]);
  });
});

describe('the strength by overfitting', () => {
  it('rises while held-out images are reconstructed worse, and falls while not', () => {
    const fit = (heldOut: number) => ({ images: 8, training: 0.01, heldOut });
    expect(overfittingRatio(fit(0.02))).toBe(2);
    expect(nextStrength(0.1, fit(0.02))).toBe(0.15);
    expect(nextStrength(0.1, fit(0.0105))).toBe(0.05);
    expect(nextStrength(0, fit(0.01))).toBe(0);
    expect(nextStrength(0.8, fit(1))).toBe(0.8);
    expect(overfittingRatio({ images: 1, training: 0, heldOut: 0 })).toBe(1);
  });
});
