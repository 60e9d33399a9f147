import { expect, it } from 'vitest';
import { fitPresetToData, listPresets } from './presets.ts';
import { recommendPreset, unnamedPreset } from './recommend.ts';

const data = (count: number, width: number, channels: 1 | 3, heldOut = 0) => ({
  count,
  heldOut,
  width,
  height: width,
  channels,
});

it.each([
  [data(10_000, 28, 1), 'CPU', 'tiny'],
  [data(10_000, 28, 1), 'GPU', 'tiny'],
  [data(50_000, 32, 3), 'CPU', 'small'],
  [data(50_000, 32, 3), 'GPU', 'small'],
  [data(50_000, 64, 3), 'CPU', 'small'],
  [data(50_000, 64, 3), 'GPU', 'medium'],
  [data(200, 64, 3), 'GPU', 'tiny'],
  [data(5000, 16, 3), 'CPU', 'tiny-unet'],
] as const)('%j on a %s wants %s', async (images, kind, preset) => {
  const presets = await listPresets();
  const found = recommendPreset(presets, images, { kind });
  expect(found.preset).toBe(preset);
  expect(found.reason).toMatch(/^Recommended for [\d,]+ (grey|colour) images of \d+ × \d+[^\n]*\.$/);
  expect(() =>
    fitPresetToData(
      presets.find(({ name }) => name === found.preset)!,
      images,
    ),
  ).not.toThrow();
});

it('never takes the smoke test, and counts what is trained on', async () => {
  const presets = await listPresets();
  for (const size of [8, 12, 16, 20, 24, 28, 32, 36, 48, 64, 96, 128, 256]) {
    for (const channels of [1, 3] as const) {
      for (const kind of ['CPU', 'GPU'] as const) {
        for (const count of [10, 10_000]) {
          const images = data(count, size, channels);
          const { preset } = recommendPreset(presets, images, { kind });
          expect(preset).not.toBe('smoke');
          expect(() =>
            fitPresetToData(
              presets.find(({ name }) => name === preset)!,
              images,
            ),
          ).not.toThrow();
        }
      }
    }
  }
  expect(recommendPreset(presets, data(600, 32, 3, 200), { kind: 'CPU' })).toEqual({
    preset: 'tiny',
    reason: 'Recommended for 400 colour images of 32 × 32: a larger network would learn so few by heart.',
  });
});

it('takes tiny where none is named, and tiny-unet for images that are too small for it', async () => {
  expect((await unnamedPreset(data(100, 28, 1))).name).toBe('tiny');
  expect((await unnamedPreset(data(100, 8, 1))).name).toBe('tiny-unet');
});
