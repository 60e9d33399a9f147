/** `covae runs average`: averages of the weights of lengths that are chosen after a training. */
import { type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { stepOfCheckpoint } from '../../../core/run/which-checkpoint.ts';
import { isLength, LONGEST, SHORTEST, TRIED_LENGTHS } from '../../../core/run/average-lengths.ts';
import type { TriedAverages } from '../../../core/train/averages/try-averages.ts';
import { countOf, listOf } from '../../../core/words.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Bind } from '../bind.ts';
import { table } from '../format.ts';
import { imageProgress } from '../image-progress.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import { type CommonOptions, parseFreeName, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { runAndCheckpoint } from '../run-and-checkpoint.ts';

interface AverageOptions extends CommonOptions {
  length?: number[];
  make?: boolean;
  name?: string;
}

export function addAverageCommand(runs: Command, bind: Bind): void {
  withCommonOptions(
    runs
      .command('average')
      .description(
        'Make averages of the weights of several lengths from the snapshots of a training (training.snapshotEvery) and ' +
          'measure each as the training measures its checkpoints; with --make, a run that has the best one as its EMA weights.',
      )
      .argument('<run>', 'a run, RUN@STEP or RUN@best: id or name of the run, or the beginning of its id')
      .option(
        '--length <share>',
        'standard deviation of the average as a share of the training (σ_rel), ' +
          `${SHORTEST} to ${LONGEST}; may be given many times (default: ${listOf(TRIED_LENGTHS.map(String))})`,
        parseLength,
      )
      .option(
        '--make',
        'make a run with the best of them, or with the only one that is given, which is not measured',
      )
      .option(
        '--name <name>',
        'name of the new run (default: that of the run, with -average behind it)',
        parseFreeName,
      ),
  ).action(bind(average));
}

function parseLength(text: string, before: number[] = []): number[] {
  const value = Number(text);
  if (text.trim() === '' || !isLength(value))
    throw new InvalidArgumentError(`It must be a number from ${SHORTEST} to ${LONGEST}.`);
  return [...before, value];
}

async function average(output: Output, options: AverageOptions, query = ''): Promise<number> {
  const { length: lengths, make = false, name } = options;
  if (name !== undefined && !make) {
    throw new UserError('--name is for the run that --make makes; give both.', { code: 'usage' });
  }
  const home = libraryHome(options.home);
  const { run, which } = await runAndCheckpoint(home, query);
  const step = await stepOfCheckpoint(runFolder(home, run), which);
  const at = step === undefined ? {} : { step };
  const only = make && lengths?.length === 1 ? lengths[0]! : null;
  const done = await unlessInterrupted(
    async (signal) => {
      const found = only === null ? await tryThem(output, home, run, { lengths, ...at, signal }) : null;
      const length = only ?? (found?.best == null ? null : found.tried[found.best]!.length);
      if (!make || length === null) return { found, made: null };
      const { averagedRun } = await import('../../../core/train/averages/averaged-run.ts');
      const made = await averagedRun(home, run, {
        length,
        ...at,
        signal,
        ...(name !== undefined && { name }),
      });
      return { found, made };
    },
    () => output.warn('Stopping.'),
  );
  if (done === null) return stoppedWithNothing(output);
  const { found, made } = done;
  output.result(
    {
      ...{ home, run },
      ...(found && { step: found.step, snapshot: found.snapshot, tried: found.tried, best: found.best }),
      made: made && { run: made.id, folder: runFolder(home, made.id), length: made.averaged?.length },
    },
    [
      ...(found ? averagesText(found) : []),
      ...(made
        ? [
            `Made the run ${made.id}, whose EMA weights are an average of length ${made.averaged?.length ?? 0}.`,
          ]
        : []),
      ...(make && !made
        ? [
            `No run was made: ${found?.best == null ? 'none of them has the measure that the run is judged by' : 'the EMA weights of the training are the best'}.`,
          ]
        : []),
    ],
  );
  return EXIT.DONE;
}

async function tryThem(
  output: Output,
  home: string,
  run: string,
  { lengths, ...others }: { lengths: number[] | undefined; step?: number; signal: AbortSignal },
): Promise<TriedAverages> {
  const { tryAverages } = await import('../../../core/train/averages/try-averages.ts');
  const tell = imageProgress(output);
  return tryAverages(home, run, {
    ...others,
    ...(lengths !== undefined && { lengths }),
    onProgress: (done, total) => tell({ phase: 'Measuring averages', done, total }),
  });
}

function averagesText({ step, snapshot, tried, best }: TriedAverages): string[] {
  const [first] = tried;
  const name = first?.evaluation.distanceName ?? 'FD';
  const rows = tried.map(({ length, evaluation: { fd1, fd2, reconstruction } }, index) => [
    length === null ? 'EMA weights' : String(length),
    fd1.toFixed(2),
    fd2 === null ? '–' : fd2.toFixed(2),
    reconstruction.toPrecision(3),
    index === best ? 'best' : '',
  ]);
  return [
    `Averages from ${countOf(snapshot.count, 'snapshot')} up to step ${snapshot.step}; the EMA weights are those of step ${step}.`,
    ...table([['length', `${name}, 1 pass`, `${name}, 2 passes`, 'reconstruction', ''], ...rows]),
  ];
}
