import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { curvesOf } from '../run/curves.ts';
import { curvesSvg, formatOf, writeCurves } from './curve-files.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-curves-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const lines = Array.from({ length: 5000 }, (_, i) => ({
  ...{
    step: 10 * (i + 1),
    loss: 500 / (i + 1),
    recLoss: 5,
    denoiserLoss: null,
    klLoss: i === 3210 ? 900 : 2,
  },
  ...{ gradNorm: 1, learningRate: 1e-3, intervals: 2, stepsPerSecond: 4, seconds: i },
}));
const curves = curvesOf(lines, { batchSize: 16, images: 100 });
const look = { axis: 'step', logarithmic: true, smoothing: 0.9 } as const;

it('draws the curves that are asked for, one below the other, and loses no peak', async () => {
  const svg = await curvesSvg(curves, ['loss', 'klLoss'], 'digits <1>', look);
  expect(svg).toContain('digits &lt;1&gt;');
  expect(svg).toContain('Loss (weighted objective)');
  expect(svg).toContain('KL divergence (nats)');
  expect(svg).toContain('moving average with weight 0.9');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  // The axis reaches to the one value that stands out.
  expect(svg).toMatch(/KL divergence \(nats\)[^"]*values from 2 to 900/);
});

it.each([[[]], [[{ ...lines[0]!, loss: NaN }]], [[{ ...lines[0]!, loss: -3 }]]])(
  'can draw %j',
  async (few) => {
    const svg = await curvesSvg(curvesOf(few, { batchSize: 1, images: null }), ['loss'], 'Title', look);
    expect(svg).toContain('nothing was logged yet');
  },
);

it('writes pictures and tables, and replaces no file unasked', async () => {
  const png = path.join(folder, 'curves.png');
  await writeCurves(png, curves, { ...look, keys: ['loss'], title: 'digits', as: 'png' });
  const { width, height } = await sharp(png).metadata();
  expect(width).toBeGreaterThan(1200);
  expect(height).toBeGreaterThan(400);
  expect((await sharp(png).stats()).channels[0]?.stdev).toBeGreaterThan(5);
  const csv = path.join(folder, 'curves.csv');
  await writeCurves(csv, curves, { ...look, title: 'digits', as: 'csv' });
  expect(fs.readFileSync(csv, 'utf8').split('\r\n')).toHaveLength(5002);
  await expect(writeCurves(csv, curves, { ...look, title: 'digits', as: 'csv' })).rejects.toThrow(csv);
  expect([formatOf('a.PNG'), formatOf('a.csv'), formatOf('a.txt')]).toEqual(['png', 'csv', null]);
});
