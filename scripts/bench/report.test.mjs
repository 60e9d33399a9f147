import { describe, expect, it } from 'vitest';
import { COMPILED, COMPILED_BF16, EAGER, EAGER_DERIVED, plan, TORCH } from './plan.mjs';
import { featureLines, goals, importLines, lines, measureLines, median, summarise } from './report.mjs';

const one = (kind, preset, batch, way, result) => ({ kind, preset, batch, way, result });
const step = (way, stepMs, more = {}) =>
  one('step', 'tiny-unet', 16, way, { stepMs, min: stepMs - 10, max: stepMs + 10, peakMB: 500, ...more });

describe('the plan of a benchmark', () => {
  it('alternates its rounds, warms up before each preset, and leaves PyTorch out where there is none', () => {
    const full = plan({ quick: false, torch: true });
    const tiny = full.filter(({ kind, preset }) => kind === 'step' && preset === 'tiny-unet');
    expect(tiny.slice(0, 2).every(({ counts }) => !counts)).toBe(true);
    const ways = tiny.slice(2).map(({ way }) => way);
    expect(ways.slice(6, 12)).toEqual([...ways.slice(0, 6)].reverse());
    expect(new Set(ways).size).toBe(6);
    const alone = plan({ quick: true, torch: false });
    expect(alone.some(({ torch }) => torch)).toBe(false);
    expect(alone.length).toBeLessThan(full.length / 2);
  });
});

describe('the report of a benchmark', () => {
  it('makes one of the rounds: median, least and largest', () => {
    expect(median([4, 1, 3])).toBe(3);
    expect(median([1, 2, 3, 4])).toBe(2.5);
    const [row] = summarise([step(COMPILED, 100), step(COMPILED, 120), step(COMPILED, 300)]);
    expect(row).toMatchObject({ rounds: 3, stepMs: 120, min: 90, max: 310, startMs: null });
  });

  it('holds ratios against the goals, and says what was not measured', () => {
    const rows = summarise([
      step(EAGER_DERIVED, 500),
      step(EAGER, 300),
      step(COMPILED, 100, { startMs: 3500, samplesPerSecond: 500 }),
      step(COMPILED_BF16, 90),
      step(TORCH, 140, { samplesPerSecond: 400 }),
      one('memory', 'tiny-unet', 32, COMPILED, { stepMs: 1, peakMB: 1100 }),
      one('memory', 'tiny-unet', 32, TORCH, { stepMs: 1, peakMB: 1000 }),
      one('growth', 'tiny-unet', 8, COMPILED, { stepMs: 80 }),
      one('growth', 'tiny-unet', 128, COMPILED, { stepMs: 960 }),
    ]);
    const found = Object.fromEntries(goals(rows).map(({ what, value, reached }) => [what, [value, reached]]));
    expect(found['compiled against eager without own gradients, tiny-unet, batch 16']).toEqual([5, true]);
    expect(found['step against PyTorch float32, tiny-unet, batch 16']).toEqual([1.4, true]);
    expect(found['step in bfloat16 against PyTorch float32, tiny-unet, batch 16'][1]).toBe(false);
    expect(found['one-pass drawing against PyTorch, tiny-unet, batch 16']).toEqual([1.25, true]);
    expect(found['peak memory against PyTorch, tiny-unet, batch 32']).toEqual([1.1, true]);
    expect(found['start until the first step is made, tiny-unet']).toEqual([3.5, false]);
    expect(found['cost of an image, batch 128 against 8']).toEqual([0.75, true]);
    const alone = goals(summarise([step(COMPILED, 100)]));
    expect(alone.find(({ what }) => what.startsWith('step against PyTorch'))).toMatchObject({
      value: null,
      reached: null,
    });
    const text = lines(rows, goals(rows)).join('\n');
    expect(text).toContain('tiny-unet, compiled float32');
    expect(text).toMatch(/start until the first step is made, tiny-unet +3\.5 s +goal ≤ 3 s +NOT reached/);
  });
});

describe('imports', () => {
  it('are told beside sharp alone where it can do the same', () => {
    const row = { source: 'PNG files', images: 12_000, seconds: 4, imagesPerSecond: 3000 };
    expect(
      importLines({
        rows: [
          { ...row, sharpImagesPerSecond: 1200 },
          { ...row, source: 'IDX file', sharpImagesPerSecond: null },
        ],
      }),
    ).toEqual([
      'Bringing images in',
      '  PNG files: 12000 in 4.0 s, 3000 a second, sharp alone 1200 (2.5×)',
      '  IDX file: 12000 in 4.0 s, 3000 a second',
    ]);
  });

  it('tells how long measures take, and whether the goal is reached', () => {
    const found = { size: 2048, count: 4096, peakMB: 700, seconds: { moments: 3, frechet: 6.04 } };
    expect(measureLines(found)[2]).toBe('  Fréchet distance of 2048 features: 6.0 s (below 20 s)');
    found.seconds.frechet = 30;
    expect(measureLines(found)[2]).toContain('NOT below 20 s');
  });
});

it('holds the features against the faster way of torchvision', () => {
  const measured = { images: 1000, ours: 20, torchvision: 5, channelsLast: 10 };
  expect(featureLines(measured).at(-1)).toBe('  against the faster of these 2.00× (goal ≥ 1×: reached)');
  expect(featureLines({ ...measured, ours: 9 }).at(-1)).toContain('0.90× (goal ≥ 1×: not reached)');
  expect(featureLines({ ...measured, torchvision: null, reason: 'no torchvision' }).at(-1)).toBe(
    '  MobileNetV2, 1000 images of 28 × 28: 20.0 a second; torchvision not measured (no torchvision)',
  );
});
