/** Writing a packed data set: image by image into a temporary folder, which becomes the data set at the end. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { syncFolder, temporaryBeside, writeProblem } from '../files.ts';
import type { DatasetRecord } from './dataset.ts';

/** A class file has one byte an image. */
const MAX_CLASSES = 256;

export interface PackedWriter {
  /** @param className the image's class; null when it has none */
  append(pixels: Uint8Array, className: string | null): Promise<void>;
  /** Number of images so far. */
  readonly count: number;
  /** Completes the data set and moves it into place. */
  finish(source: DatasetRecord['source'], skipped: DatasetRecord['skipped']): Promise<DatasetRecord>;
  /** Removes all that was written. */
  discard(): Promise<void>;
}

/**
 * Starts a data set. Every image has height × width × channels bytes.
 *
 * Classes are kept when every image has one, there are 2 to 256 of them, sorted by name.
 *
 * @param target folder of the data set; must not exist
 * @throws UserError in one sentence when the disk refuses; also from the writer's methods
 */
export async function createPackedWriter(
  target: string,
  shape: { name: string; height: number; width: number; channels: 1 | 3 },
): Promise<PackedWriter> {
  const { name, height, width, channels } = shape;
  const perImage = height * width * channels;
  const temporary = temporaryBeside(target);
  const refused = (error: unknown): Error => writeProblem(error, 'data set', target);

  let pixels: fs.FileHandle;
  try {
    await fs.mkdir(temporary, { recursive: true });
    pixels = await fs.open(path.join(temporary, 'pixels.u8'), 'wx');
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw refused(error);
  }

  let count = 0;
  let open = true;
  const hash = createHash('sha256');
  const sums = new Array<number>(channels).fill(0);
  const squares = new Array<number>(channels).fill(0);
  const classNumbers = new Map<string, number>();
  const labels: number[] = [];

  async function close(): Promise<void> {
    if (!open) return;
    open = false;
    await pixels.close();
  }

  async function writeWhole(file: string, data: string | Uint8Array): Promise<void> {
    const handle = await fs.open(path.join(temporary, file), 'wx');
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Class names in order, and each image's index into them; null when the images have no proper classes. */
  function sortedClasses(): { names: string[]; bytes: Uint8Array } | null {
    if (labels.length !== count || classNumbers.size < 2 || classNumbers.size > MAX_CLASSES) return null;
    const firstSeen = [...classNumbers.keys()];
    const names = [...firstSeen].sort();
    const order = firstSeen.map((className) => names.indexOf(className));
    return { names, bytes: Uint8Array.from(labels, (number) => order[number] ?? 0) };
  }

  return {
    get count() {
      return count;
    },
    async append(image, className) {
      if (image.length !== perImage)
        throw new Error(`an image has ${image.length} bytes instead of ${perImage}`);
      try {
        await pixels.writeFile(image);
      } catch (error) {
        throw refused(error);
      }
      hash.update(image);
      for (let i = 0; i < image.length; i++) {
        const value = image[i] ?? 0;
        const channel = i % channels;
        sums[channel] = (sums[channel] ?? 0) + value;
        squares[channel] = (squares[channel] ?? 0) + value * value;
      }
      if (className !== null) {
        const number = classNumbers.get(className) ?? classNumbers.size;
        classNumbers.set(className, number);
        labels.push(number);
      }
      count++;
    },
    async finish(source, skipped) {
      const values = count * height * width;
      const mean = sums.map((sum) => sum / values);
      const classes = sortedClasses();
      const record: DatasetRecord = {
        format: 'covae-dataset',
        version: 1,
        name,
        createdAt: new Date().toISOString(),
        count,
        height,
        width,
        channels,
        source,
        fingerprint: `sha256:${hash.digest('hex')}`,
        mean,
        std: squares.map((square, c) => Math.sqrt(Math.max(0, square / values - (mean[c] ?? 0) ** 2))),
        ...(classes === null ? {} : { classes: classes.names }),
        skipped,
      };
      try {
        await pixels.sync();
        await close();
        if (classes !== null) await writeWhole('labels.u8', classes.bytes);
        await writeWhole('dataset.json', JSON.stringify(record, null, 2) + '\n');
        await syncFolder(temporary);
        await fs.rename(temporary, target);
        await syncFolder(path.dirname(target));
      } catch (error) {
        throw refused(error);
      }
      return record;
    },
    async discard() {
      await close().catch(() => undefined);
      await fs.rm(temporary, { recursive: true, force: true });
    },
  };
}
