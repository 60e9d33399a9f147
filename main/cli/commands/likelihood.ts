/** `covae likelihood`: bounds of the log probability that a model gives to images. */
import { type Command, Option } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { formatTimePoint } from '../../../core/explore/time-point.ts';
import type { TimePoint } from '../../../core/explore/api.ts';
import { libraryHome, runFolder } from '../../../core/library.ts';
import type { Estimate } from '../../../core/metrics/bootstrap.ts';
import { findDataset } from '../../../core/run/run-dataset.ts';
import { readRunManifest } from '../../../core/run/run-folder.ts';
import { countOf } from '../../../core/words.ts';
import type { Bind } from '../bind.ts';
import { type CommonOptions, MAX_SEED, parsePlaces, wholeNumber, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { findDrawableRun, RUN_HELP, withGenerator } from './drawing.ts';

/** Images that the observation's variance is fitted to, at most a quarter of all; none of those that are measured. */
const FITTING = 64;

interface LikelihoodCommandOptions extends CommonOptions {
  data?: string;
  count: number;
  samples: number;
  at: TimePoint[];
  seed: number;
  weights: 'ema' | 'raw';
}

export function addLikelihoodCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('likelihood')
      .description(
        'Estimate bounds of the log probability that a model gives to images, in bits a pixel and channel: the ' +
          'evidence lower bound and the importance-weighted one. They say little of how samples look.',
      )
      .argument('[run]', RUN_HELP)
      .option('--data <name>', 'data set of the library (default: the one the run was trained on)')
      .addOption(
        wholeNumber(
          '--count <n>',
          'images, from those held out of training where there are any',
          1,
          100_000,
        ).default(256),
      )
      .addOption(wholeNumber('--samples <k>', 'latents drawn for each image', 1, 10_000).default(16))
      .option(
        '--at <places>',
        'where on the time axis, an index or a time (default: 1, the smallest t)',
        parsePlaces,
        [{ timeIndex: 1 }],
      )
      .addOption(wholeNumber('--seed <n>', 'which images and latents are drawn', 0, MAX_SEED).default(0))
      .addOption(
        new Option('--weights <kind>', 'the EMA weights, or the weights in training as they are')
          .choices(['ema', 'raw'])
          .default('ema'),
      ),
  ).action(bind(likelihood));
}

async function likelihood(
  output: Output,
  { count, samples, at: places, seed, weights, ...options }: LikelihoodCommandOptions,
  query?: string,
): Promise<number> {
  const started = performance.now();
  const home = libraryHome(options.home);
  const run = await findDrawableRun(home, query);
  const { openDataset } = await import('../../../core/data/packed.ts');
  const { chooseImages, firstImages, sliceImages } = await import('../../../core/experiment/measure.ts');
  const { runLikelihood } = await import('../../../core/evaluate/likelihood/run-likelihood.ts');
  const name = options.data ?? (await findDataset(home, await readRunManifest(runFolder(home, run.id)))).name;
  const dataset = await openDataset(home, name);
  try {
    const chosen = await chooseImages(dataset, count + FITTING, seed);
    const total = chosen.images.count;
    if (total < 2) {
      throw new UserError(`Data set "${name}" has a single image; estimating a likelihood takes 2.`);
    }
    const fitting = Math.min(FITTING, Math.max(1, Math.floor(total / 4)));
    const measured = Math.min(count, total - fitting);
    return await withGenerator(output, home, run, async (generator, signal) => {
      const all = firstImages(chosen, total, generator);
      for (const at of places) {
        output.phase(
          `Drawing ${countOf(samples, 'latent')} for each of ${countOf(measured, 'image')} of ${name}`,
        );
        const found = await runLikelihood(
          generator,
          {
            images: sliceImages(all, 0, measured),
            fitting: sliceImages(all, measured, fitting),
            at,
          },
          {
            ...{ samples, seed, signal, drawing: { weights } },
            onProgress: (done) =>
              output.progress(
                `${done} of ${countOf(measured, 'image')}`,
                { done, total: measured },
                done === measured,
              ),
          },
        );
        const seconds = Math.round(performance.now() - started) / 1000;
        output.result(
          {
            run: run.id,
            step: generator.step,
            data: name,
            count: measured,
            heldOut: chosen.heldOut !== null,
            samples,
            at: formatTimePoint(at),
            weights,
            seed,
            observation: found.observation.kind,
            rule: found.observation.rule,
            bitsPerDimension: {
              elbo: found.elbo.mean,
              importance: found.importance.mean,
              intervals: {
                elbo: [found.elbo.low, found.elbo.high],
                importance: [found.importance.low, found.importance.high],
              },
            },
            seconds,
          },
          [
            `Bits a pixel and channel, at most, at ${formatTimePoint(at)}, over ${countOf(measured, 'image')} ${chosen.heldOut === null ? 'of the training' : 'held out of training'}:`,
            `  evidence lower bound              ${inWords(found.elbo)}`,
            `  importance-weighted, ${String(samples).padEnd(5)} draws  ${inWords(found.importance)}`,
            found.observation.rule,
            'It bounds the model that decodes latents of the prior at this very time, under this observation; held against other models only with the same data, time and observation.',
          ],
        );
      }
    });
  } finally {
    dataset.close();
  }
}

function inWords({ mean, low, high }: Estimate): string {
  return `${mean.toFixed(3)}   (95 % between ${low.toFixed(3)} and ${high.toFixed(3)})`;
}
