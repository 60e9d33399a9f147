/** `covae data classifier`: a small network trained on a data set's own labels. */
import type { Command } from 'commander';
import { libraryHome } from '../../../core/library.ts';
import { countOf } from '../../../core/words.ts';
import type { ClassifierRecord } from '../../../core/evaluate/classifier/record.ts';
import type { Bind } from '../bind.ts';
import { formatDuration } from '../format.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import { type CommonOptions, MAX_SEED, wholeNumber, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';

interface ClassifierOptions extends CommonOptions {
  seed: number;
  steps?: number;
  force?: boolean;
}

export function addClassifierCommand(data: Command, bind: Bind): void {
  withCommonOptions(
    data
      .command('classifier')
      .description(
        "Train a small network on a data set's classes, or show the one it has. Its features serve as an extractor, and it tells " +
          'which classes samples are of; images that it has not seen say how well.',
      )
      .argument('<name>', 'name of the data set')
      .addOption(
        wholeNumber('--seed <n>', 'first weights, order and split of the images', 0, MAX_SEED).default(0),
      )
      .addOption(
        wholeNumber(
          '--steps <n>',
          'steps of 64 images (default: each image three times, 1,000 to 8,000)',
          1,
          1_000_000,
        ),
      )
      .option('--force', 'train it anew'),
  ).action(bind(classifier));
}

async function classifier(output: Output, options: ClassifierOptions, name = ''): Promise<number> {
  const home = libraryHome(options.home);
  const { seed, steps, force = false } = options;
  if (!force) {
    const kept = await known(home, name);
    if (kept !== null) {
      tell(output, name, kept);
      return 0;
    }
  }
  const { trainClassifier } = await import('../../../core/evaluate/classifier/train-classifier.ts');
  output.phase(`Training a classifier on ${name}`);
  const record = await unlessInterrupted(
    (signal) =>
      trainClassifier(home, name, {
        ...{ seed, signal },
        ...(steps !== undefined && { steps }),
        onProgress: ({ step, steps: all, loss, stepsPerSecond }) => {
          const left = (all - step) / stepsPerSecond;
          output.progress(
            `step ${step} of ${all}   loss ${loss.toPrecision(3)}   ${stepsPerSecond.toPrecision(3)} steps/s   ${formatDuration(left)} left`,
            { step, steps: all, loss, stepsPerSecond, secondsLeft: left },
            step === all,
          );
        },
      }),
    () => output.warn('Stopping.'),
  );
  if (record === null) return stoppedWithNothing(output);
  tell(output, name, record);
  return 0;
}

/** The record of the classifier that there is already; null when there is none. */
async function known(home: string, name: string): Promise<ClassifierRecord | null> {
  const { readDatasetRecord } = await import('../../../core/data/catalogue.ts');
  const { classifierFile, readClassifierRecord } =
    await import('../../../core/evaluate/classifier/record.ts');
  const { exists } = await import('../../../core/files.ts');
  const dataset = await readDatasetRecord(home, name);
  return (await exists(classifierFile(home, dataset))) ? readClassifierRecord(home, dataset) : null;
}

function tell(output: Output, name: string, record: ClassifierRecord): void {
  const { heldOut, trainedOn, parameters, settings, seconds } = record;
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  output.result({ ...record }, [
    `Finds the class of ${percent(heldOut.accuracy)} of ${countOf(heldOut.count, 'held-out image')} of ${name}, and is at least 90 % sure of ${percent(heldOut.sure)}.`,
    `${countOf(parameters, 'parameter')}, trained on ${countOf(trainedOn, 'image')} in ${countOf(settings.steps, 'step')} (${formatDuration(seconds)}), seed ${settings.seed}.`,
  ]);
}
