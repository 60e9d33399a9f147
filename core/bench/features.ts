/** How fast images are looked at: features of MobileNetV2, as `covae compare-images` and `covae evaluate` make them. */
import { openMobilenet } from '../evaluate/extractors/mobilenet.ts';
import { mobilenetFile } from '../evaluate/extractors/weights-file.ts';
import { planesOf } from '../evaluate/real-images.ts';
import { uniformInts } from '../tensor/random.ts';
import { peakMemory } from './process.ts';

/** Side in pixels of the images, grey as MNIST's. */
const SIDE = 28;
/** Images that are given together. */
const PART = 64;

export interface FeaturesResult {
  images: number;
  seconds: number;
  imagesPerSecond: number;
  /** Bytes. */
  peakBytes: number;
}

/**
 * Looks at so many images of noise, resizing included. A first part warms up and does not count.
 *
 * @throws UserError when the weights are not there
 */
export async function measureFeatures(images: number): Promise<FeaturesResult> {
  const extractor = await openMobilenet(mobilenetFile());
  try {
    const data = Uint8Array.from(uniformInts([0, 0], PART * SIDE * SIDE, 256));
    const part = planesOf({ count: PART, height: SIDE, width: SIDE, channels: 1, data });
    extractor.extract(part);
    const start = performance.now();
    for (let done = 0; done < images; done += PART) extractor.extract(part.slice(0, images - done));
    const seconds = (performance.now() - start) / 1000;
    return { images, seconds, imagesPerSecond: images / seconds, peakBytes: peakMemory() };
  } finally {
    extractor.dispose();
  }
}
