import { describe, expect, it } from 'vitest';
import { testImage } from '../../metrics/test-features.ts';
import { openExtractor } from './open-extractor.ts';
import { pcaExtractor } from './pca.ts';

const images = Array.from({ length: 30 }, (_, i) => testImage(4, 4, 1, i));

describe('principal components', () => {
  it('keep distances when there are as many as pixels vary in', () => {
    const extractor = pcaExtractor(images);
    expect(extractor.size).toBe(16);
    const { values, size } = extractor.extract(images);
    for (let i = 1; i < images.length; i++) {
      let [among, before] = [0, 0];
      for (let k = 0; k < size; k++) among += (values[i * size + k]! - values[k]!) ** 2;
      for (let k = 0; k < 16; k++) before += ((images[i]!.data[k]! - images[0]!.data[k]!) / 255) ** 2;
      expect(among).toBeCloseTo(before, 5);
    }
  });

  it('have the mean 0 over the reference, and do not depend on each other there', () => {
    const { values, size } = pcaExtractor(images).extract(images);
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < a; b++) {
        let product = 0;
        for (let i = 0; i < images.length; i++) product += values[i * size + a]! * values[i * size + b]!;
        expect(Math.abs(product)).toBeLessThan(1e-4);
      }
    }
  });

  it('are the same whether a grey image is stored in one channel or in three, and another name with another reference', () => {
    const extractor = pcaExtractor(images);
    const grey = images[3]!;
    const stored = {
      ...grey,
      channels: 3 as const,
      data: Uint8Array.from({ length: 48 }, (_, i) => grey.data[Math.floor(i / 3)]!),
    };
    expect(extractor.extract([stored]).values).toEqual(extractor.extract([grey]).values);
    expect(pcaExtractor(images).hash).toBe(extractor.hash);
    expect(pcaExtractor(images.slice(1)).hash).not.toBe(extractor.hash);
  });

  it('need a reference that varies', async () => {
    expect(() => pcaExtractor([])).toThrow('need at least 2 images of the reference, and there are none.');
    expect(() => pcaExtractor([images[0]!, images[0]!])).toThrow('All images of the reference are the same');
    await expect(openExtractor('pca', images[0]!)).rejects.toThrow('and there is 1.');
  });
});

it('the classifier is that of a data set', async () => {
  await expect(openExtractor('classifier', images[0]!)).rejects.toThrow('A classifier belongs to a data set');
});
