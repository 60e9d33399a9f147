/** `covae train` and `covae resume`. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { readDatasetRecord } from '../../../core/data/catalogue.ts';
import { UserError } from '../../../core/errors.ts';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { earlierCheckpoint, findNewestCheckpoint } from '../../../core/run/checkpoint.ts';
import { wentBackClause } from '../../../core/run/going-back.ts';
import { datasetOf, giveDataset } from '../../../core/run/run-dataset.ts';
import { addToQueue } from '../../../core/run/queue.ts';
import { MAX_MINUTES } from '../../../core/schedule/steps-in.ts';
import { configForRun } from '../../../core/config/override.ts';
import { findPreset } from '../../../core/config/own-presets.ts';
import { unnamedPreset } from '../../../core/config/recommend.ts';
import type { DatasetRecord } from '../../../core/data/dataset.ts';
import { keysByGroup } from '../../../core/config/settings-text.ts';
import type { TrainEnd, TrainingSession, TrainProgress } from '../../../core/train/api.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { StartPoint } from '../../../core/run/start-point.ts';
import type { ModelConfig, Preset } from '../../../core/config/model.ts';
import type { Alarm, Diagnostics } from '../../../core/run/diagnostics.ts';
import { collapseSentence, outcomeOf } from '../../../core/run/outcome.ts';
import type { EvaluationLine } from '../../../core/run/evaluation-line.ts';
import type { RunChanges } from '../../../core/run/history-line.ts';
import { divergedSentence, divergenceClause } from '../../../core/train/diagnostics/sentences.ts';
import { formatDuration, shellWord } from '../format.ts';
import { EXIT } from '../../exit-codes.ts';
import { interruptible } from '../interrupt.ts';
import {
  checkDumpTarget,
  type CommonOptions,
  dumpGraphOption,
  type DumpOptions,
  dumpOptionsOf,
  forceOption,
  givenSettings,
  MAX_SEED,
  parseFreeName,
  parsePath,
  parseSetting,
  positiveNumber,
  type SettingOptions,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import {
  formatLoss,
  type Output,
  tellAlarm,
  tellEvaluations,
  tellTroubles,
  trainingLine,
} from '../output.ts';
import type { Bind } from '../bind.ts';
import { findRun } from '../runs.ts';
import { presetOfNamedRun } from './plan.ts';
import { findStart, FROM_HELP } from '../start-point.ts';
import { countOf } from '../../../core/words.ts';

const MAX_STEPS = 100_000_000;

interface TrainOptions extends CommonOptions, SettingOptions, DumpOptions {
  data?: string;
  continueFor?: number;
  queue?: boolean;
  preset?: string;
  like?: string;
  from?: string;
  name?: string;
  seed?: number;
  minutes?: number;
  tensorboard?: string;
}

interface ResumeOptions extends CommonOptions {
  tensorboard?: string;
  lr?: number;
  ema?: number;
  sampleEvery?: number;
  checkpointEvery?: number;
  from?: number;
  data?: string;
}

export function addTrainingCommands(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('train')
      .description(
        'Train a new model on a data set, or with --continue-for a run for more steps. Ctrl-C stops after the step at hand ' +
          'and keeps what was learned; covae resume goes on from there.',
      )
      .argument(
        '[run]',
        'with --continue-for: id or name of the run, or the beginning of its id (default: the newest)',
      )
      .option('--data <name>', 'data set of the library (see covae data list)')
      .addOption(
        wholeNumber(
          '--continue-for <n>',
          'steps that a run which has finished or was stopped is trained further; --lr says from which learning rate',
          1,
          MAX_STEPS,
        ),
      )
      .option(
        '--preset <name>',
        'a preset that comes with the program or of your own, or a JSON file (default: tiny, or tiny-unet for ' +
          'images that are too small for it; with --from what that was trained with)',
        parsePath,
      )
      .option('--like <run>', "a run's configuration in place of a preset")
      .option('--from <weights>', FROM_HELP)
      .option('--name <name>', 'name of the run (default: data set and preset)', parseFreeName)
      .addOption(wholeNumber('--seed <n>', 'seed of everything random (default: 0)', 0, MAX_SEED))
      .addOption(wholeNumber('--steps <n>', "number of steps, in place of the preset's", 1, MAX_STEPS))
      .addOption(
        minutesOption(
          'as many steps as fit into this time here, in place of the preset’s; three are tried first',
        ),
      )
      .addOption(wholeNumber('--batch <n>', "batch size, in place of the preset's", 1, 65_536))
      .addOption(positiveNumber('--lr <rate>', "learning rate, in place of the preset's", 1))
      .option(
        '--set <key=value>',
        "any other setting of the preset's config, by its dotted key; may be given many times",
        parseSetting,
      )
      .addOption(tensorboardOption())
      .option('--queue', 'only make the run, and put it into the queue (see covae queue)')
      .addOption(dumpGraphOption())
      .addOption(forceOption())
      .addHelpText(
        'after',
        `
Examples of --set:
  --set objective.variant=s-covae             s-CoVAE, with the settings that belong to it
  --set objective.variant=beta-vae            the β-VAE baseline
  --set objective.denoiserLoss=null           identity boundary condition instead of the average decoder
  --set objective.klWeight="t^2/(1+t)"        a weight of your own, as an expression of t
  --set objective.adversarial.weight=0.05     the adversarial term, from half of the steps on
  --set network.zChannels=8 --set objective.categories=8      categorical latents
  --set network.classes=10                    tell the networks the class of each image
  --set training.optimizer=adamw --set training.accumulate=4
  --from starter:digits --lr 0.002 --set training.trainOnly=decoder      fine-tuning of the decoder

Keys of --set (covae settings KEY says more of each):
${keysByGroup().join('\n')}`,
      ),
  ).action(bind(train));
  withCommonOptions(
    program
      .command('resume')
      .description('Go on with a training that was stopped, from its newest checkpoint.')
      .argument(
        '[run]',
        'id or name of the run, or the beginning of its id (default: the newest unfinished run)',
      )
      .option('--data <name>', 'data set for a run that was made from weights and has none yet')
      .addOption(positiveNumber('--lr <rate>', "learning rate from here on, in place of the run's", 1))
      .addOption(positiveNumber('--ema <rate>', "EMA rate from here on, in place of the run's", 0.999999999))
      .addOption(wholeNumber('--sample-every <n>', 'steps between samples from here on', 1, MAX_STEPS))
      .addOption(
        wholeNumber('--checkpoint-every <n>', 'steps between checkpoints from here on', 1, MAX_STEPS),
      )
      .addOption(
        wholeNumber(
          '--from <step>',
          'go back to the checkpoint of this step; later ones can be brought back until the run saves again',
          0,
          MAX_STEPS,
        ),
      )
      .addOption(tensorboardOption()),
  ).action(bind(resume));
}

/** Time in place of a number of steps, for {@link stepsForMinutes}. */
export function minutesOption(description: string): Option {
  return positiveNumber('--minutes <n>', description, MAX_MINUTES);
}

/** Tries a step and tells how many fit; see core/train/plan/fit-steps.ts. */
export async function stepsForMinutes(output: Output, config: ModelConfig, minutes: number): Promise<number> {
  const { fitSteps } = await import('../../../core/train/plan/fit-steps.ts');
  const { steps, stepSeconds } = await interruptible(
    (signal) => fitSteps(config, 60 * minutes, { signal, onPhase: (phase) => output.phase(phase) }),
    () => output.warn('Stopping.'),
  );
  output.event('fit', { minutes, steps, stepSeconds });
  return steps;
}

function tensorboardOption(): Option {
  return new Option(
    '--tensorboard <dir>',
    'write event files for TensorBoard into a folder of this one, called by the run’s id: curves, samples, evaluations',
  ).argParser(parsePath);
}

async function train(output: Output, options: TrainOptions, query?: string): Promise<number> {
  const home = libraryHome(options.home);
  if (options.continueFor !== undefined)
    return trainFurther(output, home, options, options.continueFor, query);
  if (query !== undefined) {
    throw new UserError(
      `covae train makes a new run; ${shellWord(query)} is trained further with --continue-for, or gone on with by covae resume.`,
      { code: 'usage' },
    );
  }
  if (options.data === undefined) {
    throw new UserError('Name the data set to train on with --data (see covae data list).', {
      code: 'usage',
    });
  }
  const { data } = options;
  // Told before the slow part begins.
  await checkDumpTarget(options);
  const { preset: name, like } = options;
  if (name !== undefined && like !== undefined) {
    throw new UserError('Give --preset or --like, not both.', { code: 'usage' });
  }
  const alike = like === undefined ? undefined : await presetOfNamedRun(home, like);
  const given = givenSettings(options);
  const { set, minutes } = options;
  if (minutes !== undefined && 'training.steps' in given)
    throw new UserError('Give --minutes or a number of steps, not both.', { code: 'usage' });
  const named = name === undefined ? alike : await findPreset(home, name);
  const record = await readDatasetRecord(home, data);
  const from = options.from === undefined ? undefined : await findStart(home, options.from);
  const preset = named ?? (await presetUnnamed(home, from, record));
  // What is wrong with settings is said before anything slow begins.
  if (set !== undefined) configForRun(preset, record, given, '--set');
  const settings =
    minutes === undefined
      ? given
      : await forMinutes(output, configForRun(preset, record, given), given, minutes);
  const { createRun } = await import('../../../core/train/create-run.ts');
  const manifest = await createRun({
    home,
    dataset: data,
    preset,
    settings,
    ...(from && { from }),
    ...(options.name !== undefined && { name: options.name }),
    seed: options.seed ?? 0,
  });
  if (manifest.origin) {
    output.event('origin', manifest.origin);
    const { originSentence } = await import('../../../core/train/start/begin.ts');
    output.line(originSentence(manifest.origin));
  }
  if (options.queue === true) {
    await addToQueue(home, [manifest.id]);
    output.result({ run: manifest.id, folder: runFolder(home, manifest.id), queued: true }, [
      `The run ${manifest.id} waits in the queue; train it with npx covae queue run, or in the window.`,
    ]);
    return EXIT.DONE;
  }
  const { dumpGraph, force, tensorboard } = options;
  return (await trainRun(output, home, manifest.id, options.home, { dumpGraph, force, tensorboard })).code;
}

/** The settings with as many steps as fit into a time. */
async function forMinutes(
  output: Output,
  config: ModelConfig,
  given: Settings,
  minutes: number,
): Promise<Settings> {
  const steps = await stepsForMinutes(output, config, minutes);
  output.line(`About ${countOf(steps, 'step')} fit into ${formatDuration(60 * minutes)} here.`);
  return { ...given, 'training.steps': steps };
}

/** Of `covae train`, what a run that goes on has already. */
const OF_NEW_RUNS = [
  'data',
  'preset',
  'like',
  'from',
  'name',
  'seed',
  'steps',
  'minutes',
  'batch',
  'set',
] as const;

async function trainFurther(
  output: Output,
  home: string,
  options: TrainOptions,
  more: number,
  query: string | undefined,
): Promise<number> {
  const given = OF_NEW_RUNS.find((name) => options[name] !== undefined);
  if (given !== undefined) {
    throw new UserError(
      `--${given} is for new runs; a run that goes on has its own. To change settings, fork it: covae runs fork.`,
      { code: 'usage' },
    );
  }
  await checkDumpTarget(options);
  const { id } = await findRun(home, query, ({ drawable }) => drawable);
  const { continueRun } = await import('../../../core/run/continue-run.ts');
  const continued = await continueRun(home, id, more, options.lr);
  output.event('continued', { run: id, ...continued });
  output.line(continued.sentence);
  const { dumpGraph, force, tensorboard } = options;
  return (await trainRun(output, home, id, options.home, { dumpGraph, force, tensorboard })).code;
}

/** Where no preset is named: the configuration of the start, else tiny or what stands in for it. */
async function presetUnnamed(
  home: string,
  from: StartPoint | undefined,
  record: DatasetRecord,
): Promise<Preset> {
  if (from === undefined) return unnamedPreset(record);
  const { presetOfStart } = await import('../../../core/train/start/config-of-start.ts');
  return presetOfStart(home, from, record.classes);
}

async function resume(output: Output, options: ResumeOptions, query?: string): Promise<number> {
  const home = libraryHome(options.home);
  const run = await findRun(home, query, ({ step, steps }) => step < steps);
  const usable = async (): Promise<number> =>
    (await findNewestCheckpoint(runFolder(home, run.id)))?.step ?? run.step;
  // Lists go by sizes; a finished run may have lost its last checkpoint all the same.
  if (run.step >= run.steps && options.from === undefined && (await usable()) >= run.steps) {
    throw new UserError(
      `Run ${run.id} has finished its ${countOf(run.steps, 'step')}; there is nothing to go on with.`,
    );
  }
  if (options.data !== undefined) await giveDataset(home, run.id, options.data);
  const { lr, ema, sampleEvery, checkpointEvery, from } = options;
  const changes: RunChanges = {
    ...(lr !== undefined && { learningRate: lr }),
    ...(ema !== undefined && { emaRate: ema }),
    ...(sampleEvery !== undefined && { sampleEvery }),
    ...(checkpointEvery !== undefined && { checkpointEvery }),
  };
  const changed = Object.keys(changes).length > 0 && { changes };
  const { tensorboard } = options;
  return (await trainRun(output, home, run.id, options.home, { ...changed, from, tensorboard })).code;
}

interface TrainRunOptions extends DumpOptions {
  /** In place of the run's settings, from here on. */
  changes?: RunChanges | undefined;
  /** Step of an earlier checkpoint to go back to. */
  from?: number | undefined;
  /** Folder for TensorBoard's event files, a folder for each run in it. */
  tensorboard?: string | undefined;
  /** Called with the loaded session when the training has finished; tells the result itself then. */
  afterwards?: (session: TrainingSession, last: TrainProgress | null) => Promise<void>;
}

/** How a training diverged and what to type next. */
async function wayOn(
  folder: string,
  { step, manifest }: TrainingSession,
  alarm: Alarm | null,
  goOn: string,
): Promise<string> {
  const clause = divergenceClause(step, alarm);
  const way = alarm ? alarm.goOn : { learningRate: manifest.config.training.learningRate / 2, back: false };
  if (way === null) return divergedSentence(step, alarm);
  const rate = `--lr ${way.learningRate}`;
  if (!way.back) {
    return `${clause}; the weights before that are kept, go on from them with a lower learning rate: ${goOn} ${rate}`;
  }
  const from = await earlierCheckpoint(folder, step);
  return `${clause}, the first one since it was resumed; go back to step ${from} with a lower learning rate: ${goOn} --from ${from} ${rate}`;
}

/** What is told of evaluations, with the events for TensorBoard. */
function withEvents(
  told: ReturnType<typeof tellEvaluations>,
  also: ((line: EvaluationLine) => void) | undefined,
): ReturnType<typeof tellEvaluations> {
  if (also === undefined) return told;
  return {
    ...told,
    onEvaluation: (line) => {
      told.onEvaluation(line);
      also(line);
    },
  };
}

/** What came of {@link trainRun}. */
export interface TrainOutcome {
  code: number;
  last: TrainProgress | null;
  finished: boolean;
}

/**
 * Trains a run to its end or until Ctrl-C, and tells its course.
 *
 * @param homeOption `--home` as it was given, for the hint on how to go on
 * @throws UserError when the training diverges, saying how to go on
 */
export async function trainRun(
  output: Output,
  home: string,
  runId: string,
  homeOption: string | undefined,
  { changes, from, afterwards, tensorboard, ...dump }: TrainRunOptions = {},
): Promise<TrainOutcome> {
  const { openSession } = await import('../../../core/train/open-session.ts');
  const { followTraining } = await import('../../../core/train/event-files/run-events.ts');
  const folder = runFolder(home, runId);
  const which = `${shellWord(runId)}${homeOption === undefined ? '' : ` --home ${shellWord(homeOption)}`}`;
  const goOn = `npx covae resume ${which}`;
  const bringBackCommand = `npx covae runs bring-back ${which}`;
  return interruptible(
    async (signal) => {
      const options = {
        ...(changes !== undefined && { changes }),
        ...(from !== undefined && { from }),
        ...dumpOptionsOf(dump),
      };
      const session = await openSession(home, runId, (phase) => output.phase(phase), options);
      try {
        const { config, parameters } = session.manifest;
        for (const remark of session.remarks) output.warn(remark);
        if (from !== undefined && session.setAside !== null) {
          output.event('set-aside', session.setAside);
          output.line(`${wentBackClause(session.setAside)}; bring it all back with: ${bringBackCommand}`);
        }
        output.event('run', { id: runId, folder, step: session.step, steps: config.training.steps });
        const { steps, batchSize } = config.training;
        output.line(
          `Training ${runId}: ${countOf(parameters, 'parameter')}, ${countOf(datasetOf(session.manifest).count, 'image')}, ` +
            `${session.step > 0 ? `from step ${session.step} of ` : ''}${countOf(steps, 'step')} of ${countOf(batchSize, 'image')}. ` +
            'Ctrl-C stops and saves.',
        );
        const events =
          tensorboard === undefined
            ? null
            : followTraining(tensorboard, session.manifest, {
                ...{ runDir: folder, step: session.step },
                onProblem: (sentence) => output.warn(sentence),
              });
        if (events !== null) output.event('tensorboard', { file: events.file });
        let last: TrainProgress | null = null;
        let lastAlarm: Alarm | null = null;
        let lastDiagnostics: Diagnostics | null = null;
        const end = await session.train({
          signal,
          onProgress: (progress) => {
            last = progress;
            output.progress(trainingLine(progress), progress, progress.step === progress.steps);
          },
          ...(events && { onLogged: events.onLogged, onGrid: events.onGrid }),
          onSamples: (step, _, file) => output.event('samples', { step, file }),
          onHistory: (line) => output.event('history', line),
          onCheckpoint: (step, checkpoint) => output.event('checkpoint', { step, folder: checkpoint }),
          onAlarm: (alarm) => {
            lastAlarm = alarm;
            tellAlarm(output, alarm);
          },
          onDiagnostics: (diagnostics) => {
            lastDiagnostics = diagnostics;
            output.event('diagnostics', diagnostics);
          },
          ...withEvents(tellEvaluations(output), events?.onEvaluation),
          ...tellTroubles(output),
        });
        events?.close();
        // Assigned in callbacks, which the compiler does not follow.
        const progress = last as TrainProgress | null;
        const alarm = lastAlarm as Alarm | null;
        const finished = end === 'finished';
        const evidence = { step: session.step, lastAlarm: alarm, lastDiagnostics };
        const outcome = outcomeOf(config, evidence);
        const collapse = finished ? collapseSentence(outcome.collapsed) : null;
        const took =
          progress === null
            ? ''
            : ` in ${formatDuration(progress.seconds)}, loss ${formatLoss(progress.loss)}`;
        const lines: Record<TrainEnd, string[]> = {
          finished: [
            `Finished ${countOf(session.step, 'step')}${took}${collapse === null ? '' : ', but the model collapsed'}.`,
            ...(collapse === null ? [] : [collapse]),
            `The run is in ${folder}; draw from it with npx covae sample ${shellWord(runId)}.`,
          ],
          stopped: [
            `Stopped at step ${session.step} of ${steps}, saved in ${path.join(folder, 'checkpoints')}.`,
          ],
          // Told as the failure it is.
          diverged: [],
        };
        if (finished && afterwards !== undefined) {
          await afterwards(session, progress);
        } else {
          output.result(
            {
              run: runId,
              folder,
              end,
              step: session.step,
              steps,
              loss: progress?.loss ?? null,
              seconds: progress?.seconds ?? null,
              outcome,
              ...(end === 'stopped' && { goOn }),
            },
            lines[end],
            { finished: EXIT.DONE, stopped: EXIT.STOPPED, diverged: EXIT.FAILED }[end],
          );
        }
        if (end === 'diverged') {
          throw new UserError(await wayOn(folder, session, alarm, goOn), { code: 'diverged' });
        }
        if (!finished) output.warn(`Go on with: ${goOn}`);
        return { code: finished ? EXIT.DONE : EXIT.STOPPED, last: progress, finished };
      } finally {
        session.dispose();
      }
    },
    () => output.warn('Stopping after this step and saving; press Ctrl-C again to end at once.'),
  );
}
