/** `covae sample` and `covae interpolate`. */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { writeProblem } from '../../../core/files.ts';
import { libraryHome, runFolder } from '../../../core/library.ts';
import type { RunSummary } from '../../../core/run/manifest.ts';
import { datasetOf } from '../../../core/run/run-dataset.ts';
import { readRunManifest } from '../../../core/run/run-folder.ts';
import type { Generator } from '../../../core/train/api.ts';
import { type CommonOptions, MAX_SEED, wholeNumber, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../program.ts';
import { findRun } from '../runs.ts';

interface SampleCommandOptions extends CommonOptions {
  count: number;
  seed: number;
  passes: number;
  out?: string;
  singles?: boolean;
  scale?: number;
}

interface InterpolateOptions extends CommonOptions {
  from: number;
  to: number;
  frames: number;
  out?: string;
  scale?: number;
}

const MAX_IMAGES = 100_000;
const RUN_HELP = 'id or name of the run, or the beginning of its id (default: the newest with a checkpoint)';

export function addDrawingCommands(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('sample')
      .description('Draw new images from a run and write them as one PNG grid, or as single PNGs.')
      .argument('[run]', RUN_HELP)
      .addOption(wholeNumber('--count <n>', 'number of images', 1, 10_000).default(64))
      .addOption(wholeNumber('--seed <n>', 'the same seed gives the same images', 0, MAX_SEED).default(0))
      .addOption(
        wholeNumber('--passes <n>', 'passes through the network; more refine the images', 1, 16).default(1),
      )
      .option('--out <path>', 'PNG file or folder to write to (default: a name of its own, in this folder)')
      .option('--singles', 'one PNG an image, into a new folder')
      .addOption(
        wholeNumber('--scale <n>', 'enlarge the grid (default: to about 84 pixels an image)', 1, 32),
      ),
  ).action(bind(sample));
  withCommonOptions(
    program
      .command('interpolate')
      .description('Draw the way between two images of the data set through latent space, as one PNG strip.')
      .argument('[run]', RUN_HELP)
      .addOption(
        wholeNumber('--from <index>', 'image of the data set to begin with', 0, MAX_IMAGES * 1000).default(0),
      )
      .addOption(wholeNumber('--to <index>', 'image to end with', 0, MAX_IMAGES * 1000).default(1))
      .addOption(wholeNumber('--frames <n>', 'number of pictures, both ends included', 2, 256).default(10))
      .option('--out <path>', 'PNG file or folder to write to (default: a name of its own, in this folder)')
      .addOption(
        wholeNumber('--scale <n>', 'enlarge the strip (default: to about 84 pixels an image)', 1, 32),
      ),
  ).action(bind(interpolate));
}

async function sample(output: Output, options: SampleCommandOptions, query?: string): Promise<number> {
  const { count, seed, passes } = options;
  const home = libraryHome(options.home);
  const run = await findDrawableRun(home, query);
  const { writeGridPng, writeSinglePngs } = await import('../../../core/export/grid.ts');
  const { provenanceOf } = await import('../../../core/export/provenance.ts');
  return withGenerator(output, home, run, async (generator) => {
    output.phase(`Drawing ${count} images with ${passesText(passes)}`);
    const images = generator.sample({ count, seed, passes });
    const details = { kind: 'samples', seed, passes };
    const stem = `${run.id}-step-${generator.step}-seed-${seed}-${passes}-pass${passes === 1 ? '' : 'es'}`;
    let files: string[];
    if (options.singles) {
      files = await writeSinglePngs(path.resolve(options.out ?? stem), images, {
        provenance: (index) => provenanceOf(generator.manifest, generator.step, { ...details, index }),
      });
    } else {
      const file = await pictureFile(options.out, `${stem}.png`);
      await writeGridPng(file, images, {
        scale: options.scale ?? defaultScale(images.width),
        provenance: provenanceOf(generator.manifest, generator.step, { ...details, count }),
      });
      files = [file];
    }
    output.result({ run: run.id, step: generator.step, count, seed, passes, files }, [
      options.singles
        ? `Wrote ${files.length} pictures to ${path.dirname(files[0] ?? '')}.`
        : `Wrote ${count} images as ${files[0] ?? ''}.`,
    ]);
  });
}

async function interpolate(output: Output, options: InterpolateOptions, query?: string): Promise<number> {
  const { from, to, frames } = options;
  const home = libraryHome(options.home);
  const run = await findDrawableRun(home, query);
  const { openDataset } = await import('../../../core/data/packed.ts');
  const { writeGridPng } = await import('../../../core/export/grid.ts');
  const { provenanceOf } = await import('../../../core/export/provenance.ts');
  const { name, fingerprint } = datasetOf(await readRunManifest(runFolder(home, run.id)));
  const dataset = await openDataset(home, name);
  try {
    for (const index of [from, to]) {
      if (index >= dataset.count) {
        throw new UserError(
          `Data set "${name}" has no image ${index}; give numbers from 0 to ${dataset.count - 1}.`,
        );
      }
    }
    return await withGenerator(output, home, run, async (generator) => {
      if (fingerprint !== dataset.record.fingerprint) {
        throw new UserError(
          `Data set "${name}" is no longer the one that run ${run.id} was trained on; import the old images ` +
            'under that name again.',
        );
      }
      const a = await dataset.readImages(from, 1);
      const b = await dataset.readImages(to, 1);
      const images = generator.interpolate(a, b, { positions: evenPositions(frames) });
      const fileName = `${run.id}-step-${generator.step}-from-${from}-to-${to}.png`;
      const file = await pictureFile(options.out, fileName);
      await writeGridPng(file, images, {
        columns: frames,
        scale: options.scale ?? defaultScale(images.width),
        provenance: provenanceOf(generator.manifest, generator.step, {
          kind: 'interpolation',
          from,
          to,
          frames,
        }),
      });
      output.result({ run: run.id, step: generator.step, from, to, frames, files: [file] }, [
        `Wrote ${frames} pictures from image ${from} to image ${to} as ${file}.`,
      ]);
    });
  } finally {
    dataset.close();
  }
}

async function findDrawableRun(home: string, query: string | undefined): Promise<RunSummary> {
  const run = await findRun(home, query, ({ drawable }) => drawable);
  if (!run.drawable) {
    throw new UserError(
      `Run ${run.id} has no checkpoint yet; train it for a while with covae resume ${run.id}.`,
    );
  }
  return run;
}

async function withGenerator(
  output: Output,
  home: string,
  run: RunSummary,
  use: (generator: Generator) => Promise<void>,
): Promise<number> {
  const { openGenerator } = await import('../../../core/train/session.ts');
  output.phase(`Opening ${run.id}`);
  const generator = await openGenerator(runFolder(home, run.id));
  try {
    if (generator.step < run.step) {
      output.warn(
        `The checkpoint of step ${run.step} is damaged; drawing with that of step ${generator.step}.`,
      );
    }
    await use(generator);
  } finally {
    generator.dispose();
  }
  return 0;
}

/** `count` positions from 0 to 1, both included. */
export function evenPositions(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i / (count - 1));
}

/** Enlarges small images to about 84 pixels a side. */
export function defaultScale(side: number): number {
  return Math.max(1, Math.round(84 / side));
}

function passesText(passes: number): string {
  return passes === 1 ? '1 pass' : `${passes} passes`;
}

/** The file to write: `out` itself when it ends in .png, else `name` in the folder `out`, which is made. */
async function pictureFile(out: string | undefined, name: string): Promise<string> {
  if (out?.toLowerCase().endsWith('.png')) return path.resolve(out);
  const folder = path.resolve(out ?? '.');
  try {
    await fs.mkdir(folder, { recursive: true });
  } catch (error) {
    throw writeProblem(error, 'picture', path.join(folder, name));
  }
  return path.join(folder, name);
}
