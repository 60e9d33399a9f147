import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder } from '../../cache-folder.ts';
import { writeSafetensors } from '../../run/safetensors.ts';
import { measuredElsewhere, testImage } from '../../metrics/test-features.ts';
import type { Extractor } from './extractor.ts';
import { openMobilenet } from './mobilenet.ts';
import { mobilenetTensors } from './mobilenet-network.ts';
import { pixelExtractor } from './pixels.ts';
import { resizeBilinear } from './resize.ts';
import { mobilenetFile } from './weights-file.ts';

const elsewhere = measuredElsewhere();

describe('resizing', () => {
  it.each(elsewhere.resized)("$height × $width to $size is Pillow's", ({ height, width, size, values }) => {
    const found = resizeBilinear(testImage(height, width, 1, 5), size);
    expect(found).toHaveLength(values.length);
    found.forEach((value, at) => expect(value).toBeCloseTo(values[at]!, 3));
  });
});

describe('MobileNetV2', () => {
  let mobilenet: Extractor;

  beforeAll(async () => {
    mobilenet = await openMobilenet(mobilenetFile());
  });

  afterAll(() => mobilenet.dispose());

  it("gives torchvision's features", () => {
    const images = elsewhere.mobilenet.map(({ height, width, channels }) =>
      testImage(height, width, channels, 7),
    );
    const { values, size } = mobilenet.extract(images);
    elsewhere.mobilenet.forEach(({ every40th, sum, largest }, i) => {
      const own = values.subarray(i * size, (i + 1) * size);
      every40th.forEach((value, k) => expect(Math.abs(own[40 * k]! - value)).toBeLessThan(1e-5 * largest));
      expect(own.reduce((total, value) => total + value, 0) / sum).toBeCloseTo(1, 5);
    });
  });

  it('gives an image the same features, whatever others are asked for with it', () => {
    const images = Array.from({ length: 19 }, (_, i) => testImage(28, 28, 1, i));
    const { values, size } = mobilenet.extract(images);
    const alone = mobilenet.extract([images[17]!]).values;
    alone.forEach((value, k) => expect(value).toBeCloseTo(values[17 * size + k]!, 5));
  });
});

describe('a file of weights', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-weights-'));
  });

  afterAll(() => fs.rm(folder, { recursive: true }));

  it('of another network is refused', async () => {
    const file = path.join(folder, 'other.safetensors');
    await writeSafetensors(file, { 'features.0.0.weight': { shape: [2], data: Float32Array.of(1, 2) } });
    await expect(openMobilenet(file)).rejects.toThrow('does not hold the weights of MobileNetV2');
  });

  it('that is cut off is refused', async () => {
    const file = path.join(folder, 'short.safetensors');
    const whole = await fs.readFile(mobilenetFile());
    await fs.writeFile(file, whole.subarray(0, whole.length / 2));
    await expect(openMobilenet(file)).rejects.toThrow(file);
  });

  it('is looked for in the packaged application first, then where set-up puts it', async () => {
    const packaged = path.join(folder, 'extractors', 'mobilenet-v2-b0353104.safetensors');
    expect(mobilenetFile(folder)).toBe(
      path.join(cacheFolder() ?? '', 'extractors', 'mobilenet-v2-b0353104.safetensors'),
    );
    await fs.mkdir(path.dirname(packaged));
    await fs.writeFile(packaged, '');
    expect(mobilenetFile(folder)).toBe(packaged);
  });

  it('needs as many tensors as the network has convolutions, five each', () => {
    expect(Object.keys(mobilenetTensors())).toHaveLength(5 * 52);
  });
});

describe('pixels', () => {
  it('count as the same whether a grey image is stored in one channel or in three', () => {
    const grey = { height: 1, width: 2, channels: 1 as const, data: Uint8Array.of(3, 200) };
    const stored = { ...grey, channels: 3 as const, data: Uint8Array.of(3, 3, 3, 200, 200, 200) };
    for (const [first, other] of [
      [grey, stored],
      [stored, grey],
    ] as const) {
      const extractor = pixelExtractor(first);
      expect(extractor.extract([other]).values).toEqual(extractor.extract([first]).values);
    }
    const coloured = { ...stored, data: Uint8Array.of(3, 3, 4, 200, 200, 200) };
    expect(() => pixelExtractor(grey).extract([coloured])).toThrow('is in colour, the first one is grey');
  });

  it('are from 0 to 1, of one size, and not too many', () => {
    const extractor = pixelExtractor({ height: 2, width: 2, channels: 1 });
    const image = { height: 2, width: 2, channels: 1 as const, data: Uint8Array.of(0, 51, 102, 255) };
    expect([...extractor.extract([image]).values]).toEqual([0, 0.2, 0.4, 1].map(Math.fround));
    expect(() => extractor.extract([testImage(3, 2, 1, 0)])).toThrow('has 2 × 3 pixels, the first one 2 × 2');
    expect(() => pixelExtractor({ height: 64, width: 64, channels: 3 })).toThrow(
      'take the extractor mobilenet',
    );
  });
});
