import { readSampleDigits, SAMPLE_SIDE } from '../sample.ts';
import { indexedSource } from './indexed.ts';
import type { ImageSource } from './source.ts';

/** The sample digits as a source. */
export async function openSample(): Promise<ImageSource> {
  const digits = await readSampleDigits();
  const shape = { height: SAMPLE_SIDE, width: SAMPLE_SIDE, channels: 1 } as const;
  return indexedSource({
    kind: 'sample',
    description: 'The sample: 10,000 handwritten digits of 28 × 28 pixels, a part of MNIST.',
    total: digits.length,
    classNames: [...new Set(digits.map((digit) => digit.className))].sort(),
    unlabelled: 0,
    shape,
    item: (index) => {
      const { pixels, className } = digits[index]!;
      return { file: `digit ${index}`, className, content: { kind: 'raw', ...shape, data: pixels.slice() } };
    },
  });
}
