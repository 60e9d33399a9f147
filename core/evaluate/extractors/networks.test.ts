import { describe, expect, it } from 'vitest';
import { resampleBicubic } from '../../data/import/resample.ts';
import { testImage } from '../../metrics/test-features.ts';
import type { Extractor } from './extractor.ts';
import { dinov2Extractor } from './dinov2.ts';
import { dinov2Tensors } from './dinov2-network.ts';
import { inceptionExtractor } from './inception.ts';
import { inceptionTensors } from './inception-network.ts';
import { resizePlain } from './resize-plain.ts';
import { featuresElsewhere, weightsByRule, type ToldFeatures } from './test-weights.ts';
import type { StoredWeights } from './weights-store.ts';

const elsewhere = featuresElsewhere();
const images = elsewhere.images.map(({ height, width, channels }) => testImage(height, width, channels, 7));
const stored = (network: StoredWeights['network'], known = false): StoredWeights => ({
  ...{ network, file: '/weights.pth', sha256: 'abcdef0123456789'.repeat(4), source: 'weights.pth', known },
});

function expectFeatures(extractor: Extractor, expected: ToldFeatures): void {
  const { values, size } = extractor.extract(images);
  expected.forEach(({ every10th, sum, largest }, i) => {
    const own = values.subarray(i * size, (i + 1) * size);
    every10th.forEach((value, k) => expect(Math.abs(own[10 * k]! - value)).toBeLessThan(1e-4 * largest));
    const total = own.reduce((all, value) => all + value, 0);
    expect(Math.abs(total - sum)).toBeLessThan(1e-4 * largest * Math.sqrt(size));
  });
}

describe('resizing without antialiasing', () => {
  it.each(['half-pixel', 'corner'] as const)('by %s is what it should be', (centres) => {
    const found = resizePlain(images[0]!, 299, centres);
    elsewhere.resized[centres].forEach((value, i) => expect(found[997 * i]).toBeCloseTo(value, 2));
  });
});

it("bicubic resizing is Pillow's", () => {
  const { data } = resampleBicubic(images[2]!, 224, 224);
  expect(elsewhere.resized.bicubic.map((_, i) => data[997 * i])).toEqual(elsewhere.resized.bicubic);
});

describe('Inception', () => {
  const tensors = weightsByRule(inceptionTensors());

  it.each(['inception', 'inception-tf1'] as const)('as %s gives the published features', (name) => {
    const extractor = inceptionExtractor(name, stored('inception'), tensors, 2);
    expectFeatures(extractor, elsewhere[name]);
    // Another file than the published one is not FID.
    expect(extractor.distanceName).toBe('FD-Inception-abcdef01');
    extractor.dispose();
  });

  it('is called FID with the published weights alone, and refuses to give what is not finite', () => {
    const broken = {
      ...tensors,
      'Mixed_7c.branch1x1.bn.bias': { shape: [320], data: new Float32Array(320).fill(NaN) },
    };
    const extractor = inceptionExtractor('inception', stored('inception', true), broken, 2);
    expect(extractor.distanceName).toBe('FID');
    expect(() => extractor.extract(images)).toThrow(
      '/weights.pth gives features that are not finite, so its weights are damaged; get the file again.',
    );
    extractor.dispose();
  });
});

describe('DINOv2', () => {
  it.each(['dinov2-small', 'dinov2'] as const)('as %s gives the features of the published code', (name) => {
    const { shape, images: expected } = elsewhere[name];
    const tensors = weightsByRule(dinov2Tensors(shape));
    const extractor = dinov2Extractor(name, stored(name), tensors, { shape, batch: 2 });
    expectFeatures(extractor, expected);
    extractor.dispose();
  });
});
