/** `covae reconstruct`: images of a data set beside what a model makes of them. */
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Command } from 'commander';
import { defaultScale } from '../../../core/export/enlarge.ts';
import { UserError } from '../../../core/errors.ts';
import { reconstructCommand } from '../../../core/explore/draw-command.ts';
import { drawWords } from '../../../core/explore/draw-details.ts';
import { type ImageError, imageErrors } from '../../../core/explore/image-error.ts';
import { PART } from '../../../core/explore/parts.ts';
import { formatTimePoint, formatTimePoints } from '../../../core/explore/time-point.ts';
import { drawingOptionsOf, type WeightsAndClass } from '../../../core/explore/drawing-options.ts';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { checkOutput, isStreamTarget, writeOutputFile } from '../../../core/output.ts';
import { findDataset } from '../../../core/run/run-dataset.ts';
import { readRunManifest } from '../../../core/run/run-folder.ts';
import type { ImageBatch } from '../../../core/data/dataset.ts';
import type { PackedDataset } from '../../../core/data/packed.ts';
import type { DrawingOptions, Generator, TimePoint } from '../../../core/explore/api.ts';
import {
  type CommonOptions,
  forceOption,
  parsePath,
  parsePlaces,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import {
  checkPictureTarget,
  findDrawableRun,
  hashFact,
  type OpenOptions,
  pictureFile,
  type PictureOptions,
  RUN_HELP,
  withDrawingOptions,
  withGenerator,
} from './drawing.ts';
import { countOf } from '../../../core/words.ts';

interface ReconstructCommandOptions extends CommonOptions, WeightsAndClass, PictureOptions, OpenOptions {
  data?: string;
  start: number;
  count: number;
  at: TimePoint[];
  scale?: number;
}

/** Images beside each other in the grid. */
const COLUMNS = 16;

export function addReconstructCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    withDrawingOptions(
      program
        .command('reconstruct')
        .description(
          'Encode images of a data set and decode them again: a PNG grid with the originals above their ' +
            'reconstructions, and a CSV file with the error of each.',
        )
        .argument('[run]', RUN_HELP)
        .option('--data <name>', 'data set of the library (default: the one the run was trained on)')
        .addOption(wholeNumber('--start <n>', 'first image of the data set', 0, 1_000_000_000).default(0))
        .addOption(wholeNumber('--count <n>', 'number of images', 1, 10_000).default(32))
        .option(
          '--at <places>',
          'where on the time axis: indices of time steps or times, 1 or 1,64,129 or t=0.5; more places give ' +
            'more rows (default: 1, the smallest t)',
          parsePlaces,
          [{ timeIndex: 1 }],
        ),
    )
      .option(
        '--out <path>',
        'PNG file or folder to write to (default: a name of its own, in this folder)',
        parsePath,
      )
      .addOption(forceOption())
      .addOption(
        wholeNumber('--scale <n>', 'enlarge the grid (default: to about 84 pixels an image)', 1, 32),
      ),
  ).action(bind(reconstruct));
}

async function reconstruct(
  output: Output,
  options: ReconstructCommandOptions,
  query?: string,
): Promise<number> {
  const { start, at } = options;
  await checkPictureTarget(options);
  const home = libraryHome(options.home);
  const run = await findDrawableRun(home, query);
  const { openDataset } = await import('../../../core/data/packed.ts');
  const { exportGridPng, stackRows } = await import('../../../core/export/grid.ts');
  const { provenanceOf } = await import('../../../core/explore/provenance.ts');
  const name = options.data ?? (await findDataset(home, await readRunManifest(runFolder(home, run.id)))).name;
  const dataset = await openDataset(home, name);
  try {
    if (start >= dataset.count) {
      throw new UserError(
        `Data set "${name}" has no image ${start}; give a --start from 0 to ${dataset.count - 1}.`,
        { code: 'not-found' },
      );
    }
    return await withGenerator(
      output,
      home,
      run,
      async (generator, signal) => {
        const { manifest, step } = generator;
        const drawing = await drawingOptionsOf(home, manifest, options);
        const count = Math.min(options.count, dataset.count - start);
        const stem = `${run.id}-step-${step}-reconstructions-of-${name}-at-${formatTimePoints(at).replaceAll(',', '+')}${drawWords({ ...drawing, start })}`;
        const file = await pictureFile(options, `${stem}.png`);
        const table = tableBeside(file);
        if (table !== null) checkOutput(table, options);
        output.phase(`Reconstructing ${countOf(count, 'image')} of ${name}`);
        const made = await makeRows(output, generator, dataset, { start, count, at }, drawing, signal);
        const rows = measured(made, start, at);
        const details = {
          data: name,
          start,
          count,
          at: formatTimePoints(at),
          weights: drawing.weights ?? 'ema',
          ...(drawing.label != null && { label: drawing.label }),
          ...(drawing.guidance !== undefined && { guidance: drawing.guidance }),
        };
        const columns = Math.min(COLUMNS, count);
        const scale = options.scale ?? defaultScale(dataset.record.width);
        const facts = {
          ...(await hashFact(home, run, generator, drawing)),
          command: reconstructCommand(
            { run: run.id, step, scale },
            { data: name, start, count, at, ...drawing },
          ),
        };
        await exportGridPng(file, stackRows(made, columns), {
          ...{ force: options.force, columns, scale },
          provenance: provenanceOf(manifest, step, {
            kind: 'reconstructions',
            ...details,
            dataFingerprint: dataset.record.fingerprint,
            ...facts,
          }),
        });
        if (table !== null) await writeOutputFile(table, csvOf(rows), 'table', options);

        const means = at.map((place) => {
          const here = rows.filter((row) => row.at === formatTimePoint(place));
          return { at: formatTimePoint(place), mse: mean(here, 'mse'), mae: mean(here, 'mae') };
        });
        output.result(
          {
            run: run.id,
            step,
            ...details,
            means,
            images: rows,
            files: table === null ? [file] : [file, table],
          },
          [
            `Wrote ${countOf(count, 'image')} above their reconstructions as ${file}` +
              `${table === null ? '' : `, and the error of each as ${table}`}.`,
            ...means.map(
              (row) => `  at ${row.at}: mean squared error ${row.mse.toPrecision(4)}, pixels from 0 to 1`,
            ),
          ],
        );
      },
      options,
    );
  } finally {
    dataset.close();
  }
}

/** The table's file; null where the image goes into a device or a pipe, beside which none belongs. */
function tableBeside(file: string): string | null {
  return isStreamTarget(file) ? null : path.join(path.dirname(file), `${path.parse(file).name}.csv`);
}

interface Row extends ImageError {
  index: number;
  at: string;
}

/** The originals, then their reconstructions at each place, a part at a time. */
async function makeRows(
  output: Output,
  generator: Generator,
  dataset: PackedDataset,
  { start, count, at }: { start: number; count: number; at: readonly TimePoint[] },
  drawing: DrawingOptions,
  signal: AbortSignal,
): Promise<ImageBatch[]> {
  const originals = await dataset.readImages(start, count);
  const size = originals.height * originals.width * originals.channels;
  const rows = at.map(() => ({ ...originals, data: new Uint8Array(count * size) }));
  for (let done = 0; done < count;) {
    await turn();
    signal.throwIfAborted();
    const wanted = Math.min(PART, count - done);
    const part = {
      ...originals,
      count: wanted,
      data: originals.data.subarray(done * size, (done + wanted) * size),
    };
    at.forEach((place, i) =>
      rows[i]?.data.set(generator.reconstruct(part, { ...drawing, at: place }).data, done * size),
    );
    done += wanted;
    output.progress(`${done} of ${countOf(count, 'image')}`, { done, total: count }, done === count);
  }
  return [originals, ...rows];
}

function measured(batches: readonly ImageBatch[], start: number, at: readonly TimePoint[]): Row[] {
  const [originals, ...made] = batches;
  if (originals === undefined) return [];
  return made.flatMap((batch, i) =>
    imageErrors(originals, batch).map((error, index) => ({
      index: start + index,
      at: formatTimePoint(at[i] ?? { timeIndex: 1 }),
      ...error,
    })),
  );
}

/** Comma-separated values with a header; an infinite signal-to-noise ratio is left empty. */
function csvOf(rows: readonly Row[]): string {
  const lines = rows.map(({ index, at, mse, mae, psnr }) =>
    [index, at, mse.toPrecision(8), mae.toPrecision(8), psnr?.toFixed(4) ?? ''].join(','),
  );
  return `${['index,at,mse,mae,psnr_db', ...lines].join('\n')}\n`;
}

function mean(rows: readonly Row[], key: 'mse' | 'mae'): number {
  return rows.reduce((sum, row) => sum + row[key], 0) / rows.length;
}
