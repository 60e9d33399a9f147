/** A set of images into the library, as a data set that says that it was drawn. */
import { createHash } from 'node:crypto';
import { checkFree } from '../data/free-name.ts';
import { createPackedWriter } from '../data/import/packed-writer.ts';
import type { DatasetRecord } from '../data/dataset.ts';
import type { ImageSource } from '../export/sets/set.ts';
import { enlarge, type Kernel } from '../export/enlarge.ts';
import { makeFolder, writeProblem } from '../files.ts';
import { lockDataset } from '../library-locks.ts';
import { datasetFolder, datasetsFolder } from '../library.ts';
import { whileLocked } from '../lock.ts';
import { countOf } from '../words.ts';

/** First bytes of the pixels' SHA-256 that the writer takes. */
const HASH_BYTES = 16;

export interface DrawnDatasetOptions {
  scale?: number | undefined;
  kernel?: Kernel | undefined;
  signal?: AbortSignal | undefined;
  onProgress: (done: number, total: number) => void;
}

/**
 * Writes a source into the library. Each image says which one it is and of which seed; the record names run, weights and
 * command. The data set appears whole or not at all.
 *
 * @throws UserError in one sentence: the name is taken or being taken, the disk is full; the signal's reason when aborted
 */
export async function exportDataset(
  home: string,
  name: string,
  source: ImageSource,
  { scale = 1, kernel = 'nearest', signal, onProgress }: DrawnDatasetOptions,
): Promise<DatasetRecord> {
  await checkFree(home, name);
  const target = datasetFolder(home, name);
  await makeFolder(datasetsFolder(home)).catch((error: unknown) => {
    throw writeProblem(error, 'data set', target);
  });
  return whileLocked(lockDataset(home, name, 'is being drawn'), async () => {
    await checkFree(home, name);
    const { count, height, width, channels, classes } = source.shape;
    const shape = { name, height: height * scale, width: width * scale, channels };
    const writer = await createPackedWriter(target, shape);
    try {
      let done = 0;
      for await (const { images, labels } of source.parts(signal)) {
        signal?.throwIfAborted();
        const large = enlarge(images, scale, kernel);
        const size = large.height * large.width * channels;
        for (let i = 0; i < images.count; i++) {
          const pixels = large.data.subarray(i * size, (i + 1) * size);
          const label = labels?.[i] ?? null;
          await writer.append({
            pixels,
            hash: createHash('sha256').update(pixels).digest().subarray(0, HASH_BYTES),
            file: fileOf(source, done + i),
            className: label === null ? null : (classes?.[label] ?? `class ${label}`),
          });
        }
        done += images.count;
        onProgress(done, count);
      }
      signal?.throwIfAborted();
      return await writer.finish({
        source: originOf(source),
        settings: null,
        remarks: [],
        classOrder: classes,
        holdOut: 0,
        signal,
      });
    } catch (error) {
      await writer.discard();
      throw error;
    }
  });
}

interface Told {
  run: string;
  step: number;
  checkpoint?: string;
  seed?: number;
  command: string;
}

function toldOf(source: ImageSource): Told {
  return JSON.parse(source.origin(null)['covae'] ?? '{}') as Told;
}

/** What an image is called: `sample 17 of seed 0`. */
function fileOf(source: ImageSource, place: number): string {
  const { seed } = toldOf(source);
  const number = (source.first ?? 0) + place;
  return `${source.word} ${number}${seed === undefined ? '' : ` of seed ${seed}`}`;
}

function originOf(source: ImageSource): DatasetRecord['source'] {
  const { run, step, checkpoint, seed, command } = toldOf(source);
  const words = countOf(source.shape.count, source.word);
  return {
    kind: 'drawn',
    paths: [run],
    description: `${words}, drawn by the run ${run} at step ${step}${seed === undefined ? '' : ` from seed ${seed}`}.`,
    drawn: {
      ...{ run, step, command },
      ...(checkpoint !== undefined && { checkpoint }),
      ...(seed !== undefined && { seed }),
    },
  };
}
