/** Some images of a data set as a data set of their own. */
import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import { lockDataset, useDataset } from '../library-locks.ts';
import { datasetFolder } from '../library.ts';
import { whileLocked } from '../lock.ts';
import { countOf } from '../words.ts';
import type { DatasetRecord } from './dataset.ts';
import { checkFree } from './free-name.ts';
import { createPackedWriter } from './import/packed-writer.ts';
import { openDataset } from './packed.ts';

/** First bytes of the pixels' SHA-256 that the writer takes. */
const HASH_BYTES = 16;

export interface SubsetOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Copies images, with their classes and names, in the order of their numbers. The new data set appears whole or not at all.
 *
 * @param indices numbers of images; one that comes twice counts once
 * @throws UserError in one sentence: no images, one that is not there, a name that is taken, a full disk; the signal's reason when aborted
 */
export async function subsetDataset(
  home: string,
  from: string,
  indices: readonly number[],
  to: string,
  { signal, onProgress }: SubsetOptions = {},
): Promise<DatasetRecord> {
  await checkFree(home, to);
  const chosen = [...new Set(indices)].sort((a, b) => a - b);
  const last = chosen.at(-1);
  if (last === undefined) throw new UserError(`No images of "${from}" are chosen for "${to}"; choose some.`);
  const use = useDataset(home, from, `is being copied to ${to}`);
  return whileLocked(use, () =>
    whileLocked(lockDataset(home, to, `is being made of images of ${from}`), async () => {
      await checkFree(home, to);
      const data = await openDataset(home, from);
      try {
        const { height, width, channels, count, classes } = data.record;
        if (last >= count) {
          throw new UserError(
            `Data set "${from}" has no image ${last}; give numbers from 0 to ${count - 1}.`,
            {
              code: 'not-found',
            },
          );
        }
        const [labels, origins] = [await data.labels(), await data.origins()];
        const writer = await createPackedWriter(datasetFolder(home, to), {
          name: to,
          height,
          width,
          channels,
        });
        try {
          for (const [done, index] of chosen.entries()) {
            signal?.throwIfAborted();
            const pixels = data.readAt([index]);
            await writer.append({
              pixels,
              hash: createHash('sha256').update(pixels).digest().subarray(0, HASH_BYTES),
              file: origins?.of(index) ?? `image ${index}`,
              className: classes?.[labels?.[index] ?? -1] ?? null,
            });
            onProgress?.(done + 1, chosen.length);
          }
          return await writer.finish({
            source: {
              kind: 'dataset',
              paths: [from],
              description: `${countOf(chosen.length, 'image')} of the data set "${from}".`,
            },
            settings: null,
            remarks: [],
            classOrder: classes ?? null,
            holdOut: 0,
            signal,
          });
        } catch (error) {
          await writer.discard();
          throw error;
        }
      } finally {
        data.close();
      }
    }),
  );
}

/** One line an image: `image,class,name`, for a spreadsheet. @throws UserError when an image is not there */
export async function namesTable(home: string, name: string, indices: readonly number[]): Promise<string> {
  const data = await openDataset(home, name);
  try {
    const missing = indices.find((index) => index >= data.count);
    if (missing !== undefined) {
      throw new UserError(
        `Data set "${name}" has no image ${missing}; give numbers from 0 to ${data.count - 1}.`,
        { code: 'not-found' },
      );
    }
    const [labels, origins] = [await data.labels(), await data.origins()];
    const lines = indices.map((index) => {
      const label = data.record.classes?.[labels?.[index] ?? -1] ?? '';
      return [String(index), cell(label), cell(origins?.of(index) ?? '')].join(',');
    });
    return `image,class,name\n${lines.map((line) => `${line}\n`).join('')}`;
  } finally {
    data.close();
  }
}

function cell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
