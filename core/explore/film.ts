/** The film of a training: its grids of samples, drawn from always the same noise, one after the other. */
import sharp from 'sharp';
import { UserError } from '../errors.ts';
import { readProblem } from '../files.ts';
import { readBytes } from '../read-file.ts';
import type { ImageBatch } from '../data/dataset.ts';
import type { ImageSource } from '../export/sets/set.ts';
import { gridFile, listGrids } from '../run/grid-files.ts';
import type { RunManifest } from '../run/manifest.ts';
import { type DrawingDetails, provenanceOf } from './provenance.ts';

/**
 * The grids in a run's folder, oldest first. In the texts, `step` is that of a frame, and of the whole that of the last.
 *
 * @throws UserError when there is none, or they differ in size; from `parts` also when one cannot be read
 */
export async function filmOf(
  runDir: string,
  manifest: RunManifest,
  details: DrawingDetails,
): Promise<ImageSource> {
  const grids = await gridsIn(runDir);
  const [first] = grids;
  if (first === undefined) {
    throw new UserError(`The run ${manifest.id} has drawn no samples yet; train it for a while first.`, {
      code: 'not-found',
    });
  }
  const { height, width } = await readGrid(first.file, manifest);
  const { channels } = manifest.config.network;
  return {
    shape: { count: grids.length, height, width, channels, classes: null },
    word: 'frame',
    origin: (place) =>
      provenanceOf(manifest, (place === null ? grids.at(-1) : grids[place])?.step ?? 0, {
        ...details,
        frames: grids.length,
        ...(place !== null && { index: place }),
      }),
    async *parts(signal) {
      for (const { file } of grids) {
        signal?.throwIfAborted();
        const images = await readGrid(file, manifest);
        if (images.height !== height || images.width !== width) {
          throw new UserError(
            `${file} has ${images.width} × ${images.height} pixels, but the first grid of the film ${width} × ${height}; move it out of the folder.`,
            { code: 'unreadable', file },
          );
        }
        yield { images, labels: null };
      }
    },
  };
}

/** Those in one pass. */
async function gridsIn(runDir: string): Promise<{ file: string; step: number }[]> {
  return (await listGrids(runDir))
    .filter(({ kind }) => kind === 'passes-1')
    .map((grid) => ({ file: gridFile(runDir, grid), step: grid.step }));
}

async function readGrid(file: string, { config }: RunManifest): Promise<ImageBatch> {
  const { channels } = config.network;
  let bytes: Buffer;
  try {
    bytes = await readBytes(file);
  } catch (error) {
    throw readProblem(error, file);
  }
  try {
    const { data, info } = await sharp(bytes)
      .removeAlpha()
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { count: 1, height: info.height, width: info.width, channels, data };
  } catch (error) {
    throw new UserError(`${file} is damaged and cannot be a frame of the film; move it out of the folder.`, {
      code: 'unreadable',
      file,
      cause: error,
    });
  }
}
