/** A data set's own pixels as a source. */
import { openDataset } from '../packed.ts';
import type { ImageSource, SourceItem } from '../readers/source.ts';
import { spread } from '../readers/spread.ts';
import { countOf } from '../../words.ts';

const READ_AT_ONCE = 256;

/**
 * Opens a data set as a source of images.
 *
 * @throws UserError when there is no such data set or it is damaged
 */
export async function openPackedSource(home: string, name: string): Promise<ImageSource> {
  const dataset = await openDataset(home, name);
  const { count, height, width, channels, classes, unlabelled = 0 } = dataset.record;
  const perImage = height * width * channels;
  const labels = await dataset.labels();
  const origins = await dataset.origins();
  // A share that was asked for is chosen anew.
  const split = dataset.record.settings?.holdOut === 0 ? await dataset.split() : null;
  const item = (index: number, data: Uint8Array): SourceItem => ({
    file: origins?.of(index) ?? `image ${index}`,
    className: labels && classes ? (classes[labels[index]!] ?? null) : null,
    ...(split !== null && { heldOut: split[index] === 1 }),
    content: { kind: 'raw', height, width, channels, data },
  });
  return {
    kind: 'dataset',
    description: `The data set "${name}" with ${countOf(count, 'image')} of ${width} × ${height} pixels.`,
    total: count,
    classNames: classes ?? null,
    unlabelled,
    shape: { height, width, channels },
    async *items(signal) {
      for (let start = 0; start < count; start += READ_AT_ONCE) {
        signal?.throwIfAborted();
        const { data, count: read } = await dataset.readImages(start, READ_AT_ONCE);
        for (let i = 0; i < read; i++) yield item(start + i, data.slice(i * perImage, (i + 1) * perImage));
      }
    },
    async preview(wanted) {
      return spread(count, wanted).map((index) => item(index, dataset.readAt([index])));
    },
    close: async () => dataset.close(),
  };
}
