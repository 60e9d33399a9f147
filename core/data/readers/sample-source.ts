import { readSampleDigits, SAMPLE_SIDE } from '../sample.ts';
import type { ImageSource, SourceItem } from './source.ts';
import { spread } from './spread.ts';

/** The sample digits as a source. */
export async function openSample(): Promise<ImageSource> {
  const digits = await readSampleDigits();
  const shape = { height: SAMPLE_SIDE, width: SAMPLE_SIDE, channels: 1 } as const;
  const item = (index: number): SourceItem => {
    const { pixels, className } = digits[index]!;
    return { file: `digit ${index}`, className, content: { kind: 'raw', ...shape, data: pixels } };
  };
  return {
    kind: 'sample',
    description: 'The sample: 10,000 handwritten digits of 28 × 28 pixels, a part of MNIST.',
    total: digits.length,
    classNames: [...new Set(digits.map((digit) => digit.className))].sort(),
    shape,
    async *items(signal) {
      for (let index = 0; index < digits.length; index++) {
        signal?.throwIfAborted();
        yield item(index);
      }
    },
    preview: async (count) => spread(digits.length, count).map(item),
    close: async () => undefined,
  };
}
