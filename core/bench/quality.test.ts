import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { importDataset } from '../data/import/import-dataset.ts';
import { openDataset } from '../data/packed.ts';
import { planesOf } from '../evaluate/real-images.ts';
import { trainClassifier } from '../evaluate/classifier/train-classifier.ts';
import { Judge } from './quality.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let home: string;
beforeAll(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-quality-'));
  await importDataset({ home, name: 'digits', request: { kind: 'sample', paths: [] } });
  await trainClassifier(home, 'digits', { steps: 60 });
});
afterAll(() => fs.rm(home, { recursive: true }));

describe('a judge', () => {
  it('finds nothing between real images and themselves, and much between them and one digit or noise', async () => {
    const judge = await Judge.open({ home, classifier: 'digits', real: 'digits' });
    const dataset = await openDataset(home, 'digits');
    const images = planesOf(await dataset.readImages(0, dataset.count));
    const labels = [...(await dataset.labels())!];
    dataset.close();
    const same = judge.pictures(images);
    expect(same.sure).toBe(judge.realSure);
    expect(same.sure).toBeGreaterThan(0.3);
    expect(same.imbalance).toBe(0);
    expect(same.distance).toBeCloseTo(0, 3);
    const zeros = judge.pictures(images.filter((_, i) => labels[i] === 0).slice(0, 500));
    expect(zeros.imbalance).toBeGreaterThan(0.7);
    expect(zeros.distance).toBeGreaterThan(10);
    let state = 1;
    const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24;
    const noise = judge.pictures(
      images.slice(0, 200).map((image) => ({ ...image, data: image.data.map(next) })),
    );
    expect(noise.distance).toBeGreaterThan(zeros.distance);
    judge.dispose();
  });
});
