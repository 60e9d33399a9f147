/** What was measured of a data set at its import; measured now where that is missing. */
import path from 'node:path';
import { writeFileAtomic } from '../files.ts';
import { datasetFolder } from '../library.ts';
import type { DatasetRecord, ImageBatch } from './dataset.ts';
import { FLAGS_FILE, STATISTICS_FILE } from './layout.ts';
import { type Flags, FlagsSchema } from './measure/flags.ts';
import type { FlipVerdict } from './measure/flip.ts';
import { keptText, readKept } from './measure/kept.ts';
import { measure } from './measure/measure.ts';
import { type Statistics, StatisticsSchema } from './measure/statistics.ts';
import { openDataset } from './packed.ts';

export interface Measurements {
  /** For each channel the number of pixels of each value, 0 to 255. */
  histogram: number[][];
  /** Number of images of each class, without those that have none; null without classes. */
  classCounts: number[] | null;
  /** The mean of all images. */
  meanImage: ImageBatch;
  flags: Flags;
  flip: FlipVerdict;
}

/**
 * Reads what was measured of a data set. Data sets of the first version are measured now, and so are those whose
 * measurements are missing, damaged or of other pixels; the result is kept beside the pixels where that may be written to.
 *
 * @throws UserError when there is no such data set or it is damaged; the signal's reason when aborted
 */
export async function readMeasurements(
  home: string,
  name: string,
  signal?: AbortSignal,
): Promise<Measurements> {
  const dataset = await openDataset(home, name);
  try {
    const { record } = dataset;
    const folder = datasetFolder(home, name);
    const statistics = await readKept(StatisticsSchema, path.join(folder, STATISTICS_FILE));
    const flags = await readKept(FlagsSchema, path.join(folder, FLAGS_FILE));
    const isOf = (kept: { fingerprint: string } | null) => kept?.fingerprint === record.fingerprint;
    if (statistics && flags && isOf(statistics) && isOf(flags) && record.flip !== null) {
      return inWords(record, { statistics, flags, flip: record.flip });
    }
    const measured = await measure(
      {
        ...record,
        classes: record.classes ?? null,
        labels: await dataset.labels(),
        read: async (start, count) => (await dataset.readImages(start, count)).data,
      },
      { signal },
    );
    await keep(path.join(folder, STATISTICS_FILE), measured.statistics);
    await keep(path.join(folder, FLAGS_FILE), measured.flags);
    return inWords(record, measured);
  } finally {
    dataset.close();
  }
}

function inWords(
  { height, width, channels }: DatasetRecord,
  { statistics, flags, flip }: { statistics: Statistics; flags: Flags; flip: FlipVerdict },
): Measurements {
  const { histogram, classCounts } = statistics;
  const data = new Uint8Array(Buffer.from(statistics.meanImage, 'base64'));
  return { histogram, classCounts, meanImage: { count: 1, height, width, channels, data }, flags, flip };
}

async function keep(file: string, value: object): Promise<void> {
  // On a disk that cannot be written to it is measured again next time.
  await writeFileAtomic(file, keptText(value)).catch(() => undefined);
}
