/** `covae evaluate`: how good a run is, in numbers with their protocol. */
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { EXTRACTORS, type ExtractorName } from '../../../core/evaluate/extractors/extractor.ts';
import { evaluateOptions, type Against } from '../../../core/evaluate/options.ts';
import { classNumber } from '../../../core/explore/drawing-options.ts';
import type { EvaluationRecord } from '../../../core/evaluate/record.ts';
import { listEvaluations } from '../../../core/evaluate/store.ts';
import { csvOf, evaluationTable, markdownOf } from '../../../core/evaluate/table.ts';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { checkOutput, writeOutputFile } from '../../../core/output.ts';
import type { RunSummary } from '../../../core/run/manifest.ts';
import { readRunManifest } from '../../../core/run/run-folder.ts';
import { stepOfCheckpoint, type WhichCheckpoint } from '../../../core/run/which-checkpoint.ts';
import { countOf } from '../../../core/words.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Bind } from '../bind.ts';
import { evaluationLines, listLines } from '../evaluation-text.ts';

import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import {
  checkpointOption,
  type CommonOptions,
  forceOption,
  MAX_SEED,
  parsePath,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import { imageProgress } from '../image-progress.ts';
import type { Output } from '../output.ts';
import { namedRun } from '../runs.ts';
import {
  findDrawableRun,
  labelOption,
  laterTemperatureOption,
  priorOption,
  temperatureOption,
} from './drawing.ts';

interface EvaluateCommandOptions extends CommonOptions {
  step: WhichCheckpoint;
  extractor?: ExtractorName;
  passes?: number[];
  count?: number;
  reference?: number;
  reconstructions?: number;
  against?: string;
  weights?: 'ema' | 'raw';
  protocol: 'standard' | 'paper';
  seed?: number;
  label?: string;
  prior?: 'normal' | 'fitted';
  temperature?: number;
  laterTemperature?: number;
  list?: boolean;
  table?: boolean;
  as?: TableFormat;
  out?: string;
  force?: boolean;
}

const FORMATS = ['csv', 'markdown'] as const;
type TableFormat = (typeof FORMATS)[number];

const MAX_COUNT = 1_000_000;
const MAX_PASSES = 16;

export function addEvaluateCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('evaluate')
      .description(
        'Measure how good a run is: draws samples and compares them with real images, reconstructs images, looks for ' +
          "copies. Numbers are printed with their protocol and kept in the run's folder, in evaluations/.",
      )
      .argument(
        '[runs...]',
        'ids or names of runs, or the beginnings of their ids (default: the newest with a checkpoint)',
      )
      .addOption(
        new Option(
          '--extractor <name>',
          'what images are looked at with (default: mobilenet; with --protocol paper: inception-tf1)',
        ).choices(EXTRACTORS),
      )
      .option(
        '--passes <list>',
        'numbers of passes to draw in, an evaluation each (default: 1,2)',
        parsePasses,
      )
      .addOption(wholeNumber('--count <n>', 'samples to draw (default: 5000)', 2, MAX_COUNT))
      .addOption(
        wholeNumber(
          '--reference <n>',
          'images to compare with at most (default: as many as samples, at least 5000)',
          2,
          MAX_COUNT * 1000,
        ),
      )
      .addOption(
        wholeNumber(
          '--reconstructions <n>',
          'images to reconstruct; 0 for none (default: 1000)',
          0,
          MAX_COUNT,
        ),
      )
      .option(
        '--against <what>',
        'train: images of the training; holdout: those held out of it; or the name of another data set (default: train)',
      )
      .addOption(
        new Option('--weights <kind>', 'the EMA weights, or the weights in training as they are').choices([
          'ema',
          'raw',
        ]),
      )
      .addOption(checkpointOption())
      .addOption(
        new Option(
          '--protocol <name>',
          'paper: 50,000 samples of seed 32 in one and two passes and all reconstructions, against all training images',
        )
          .choices(['standard', 'paper'])
          .default('standard'),
      )
      .addOption(wholeNumber('--seed <n>', 'of the samples, and of what is drawn by lot', 0, MAX_SEED))
      .addOption(labelOption())
      .addOption(priorOption())
      .addOption(temperatureOption())
      .addOption(laterTemperatureOption())
      .option('--list', 'list the evaluations that there are, and make none')
      .option('--table', 'all evaluations of all these runs as one table, and make none')
      .addOption(
        new Option(
          '--as <format>',
          'format of the table (default: by the name of --out, else markdown)',
        ).choices(FORMATS),
      )
      .option('--out <file>', 'write the table to this file', parsePath)
      .addOption(forceOption()),
  ).action(bind(evaluate));
}

function parsePasses(text: string): number[] {
  const passes = text.split(',').map((word) => (/^\s*\d{1,3}\s*$/.test(word) ? Number(word) : NaN));
  if (passes.every((each) => each >= 1 && each <= MAX_PASSES)) return passes;
  throw new InvalidArgumentError(`Give numbers from 1 to ${MAX_PASSES}, separated by commas, such as 1,2.`);
}

async function evaluate(
  output: Output,
  options: EvaluateCommandOptions,
  ...queries: string[]
): Promise<number> {
  const { out, force, list, table } = options;
  if (list && table) throw new UserError('Give either --list or --table.', { code: 'usage' });
  if (options.as !== undefined && !table && out === undefined) {
    throw new UserError('--as is for a table; ask for one with --table or --out.', { code: 'usage' });
  }
  if (out !== undefined) checkOutput(out, { force });
  const home = libraryHome(options.home);
  if (list || table) return tellKept(output, home, options, queries);
  const runs: RunSummary[] = [];
  for (const query of queries.length === 0 ? [undefined] : queries) {
    runs.push(await findDrawableRun(home, query));
  }
  const made: EvaluationRecord[] = [];
  const files: string[] = [];
  const done = await unlessInterrupted(
    async (signal) => {
      for (const run of runs) await evaluateOne(output, home, run, options, { made, files, signal });
      return true;
    },
    () => output.warn('Stopping.'),
  );
  if (done === null) {
    return stoppedWithNothing(
      output,
      files.length === 0
        ? undefined
        : `${countOf(files.length, 'evaluation that was', 'evaluations that were')} finished before ${files.length === 1 ? 'is' : 'are'} kept.`,
    );
  }
  if (out !== undefined) await writeTable(out, made, options);
  output.result({ evaluations: made, files, ...(out !== undefined && { table: path.resolve(out) }) }, [
    '',
    `Kept as ${countOf(files.length, 'evaluation')} in ${[...new Set(files.map((file) => path.dirname(file)))].join(', ')}.`,
    ...(out === undefined ? [] : [`Wrote the table to ${out}.`]),
  ]);
  return EXIT.DONE;
}

async function evaluateOne(
  output: Output,
  home: string,
  run: RunSummary,
  options: EvaluateCommandOptions,
  { made, files, signal }: { made: EvaluationRecord[]; files: string[]; signal: AbortSignal },
): Promise<void> {
  const { evaluateRun } = await import('../../../core/evaluate/evaluation.ts');
  const { protocol, extractor, passes, count, reference, reconstructions, weights, seed } = options;
  const { prior, temperature, laterTemperature, label } = options;
  const step = await stepOfCheckpoint(runFolder(home, run.id), options.step);
  output.phase(`Evaluating ${run.id}`);
  const records = await evaluateRun(
    home,
    run.id,
    evaluateOptions({
      protocol,
      ...(extractor !== undefined && { extractor }),
      ...(passes !== undefined && { passes }),
      ...(count !== undefined && { count }),
      ...(reference !== undefined && { referenceCount: reference }),
      ...(reconstructions !== undefined && { reconstructions }),
      ...(weights !== undefined && { weights }),
      ...(seed !== undefined && { seed }),
      ...(prior !== undefined && { prior }),
      ...(temperature !== undefined && { temperature }),
      ...(laterTemperature !== undefined && { laterTemperature }),
      ...(label !== undefined && {
        label: await classNumber(home, await readRunManifest(runFolder(home, run.id)), label),
      }),
      ...(step !== undefined && { step }),
      ...(options.against !== undefined && { against: againstOf(options.against) }),
    }),
    {
      signal,
      onProgress: imageProgress(output),
      onRecord: (record, file) => {
        made.push(record);
        files.push(file);
      },
    },
  );
  for (const warning of new Set(records.flatMap(({ warnings }) => warnings))) output.warn(warning);
  for (const line of evaluationLines(records)) output.line(line);
}

function againstOf(text: string): Against {
  return text === 'train' || text === 'holdout' ? { kind: text } : { kind: 'dataset', name: text };
}

/** `--list` and `--table`. */
async function tellKept(
  output: Output,
  home: string,
  options: EvaluateCommandOptions,
  queries: readonly string[],
): Promise<number> {
  const ids: string[] = [];
  for (const query of queries) ids.push((await namedRun(home, query)).id);
  if (ids.length === 0) ids.push((await findDrawableRun(home, undefined)).id);
  const records: EvaluationRecord[] = [];
  const files: string[] = [];
  const damaged: { file: string; problem: string }[] = [];
  for (const id of new Set(ids)) {
    const found = await listEvaluations(runFolder(home, id));
    records.push(...found.evaluations.map(({ record }) => record));
    files.push(...found.evaluations.map(({ file }) => file));
    damaged.push(...found.damaged);
  }
  for (const { problem } of damaged) output.warn(problem);
  const { out } = options;
  if (out !== undefined) await writeTable(out, records, options);
  output.result(
    { evaluations: records, files, damaged, ...(out !== undefined && { table: path.resolve(out) }) },
    linesOf(records, ids, options),
  );
  return EXIT.DONE;
}

function linesOf(
  records: readonly EvaluationRecord[],
  ids: readonly string[],
  { out, table, as }: EvaluateCommandOptions,
): string[] {
  if (out !== undefined) return [`Wrote ${countOf(records.length, 'evaluation')} to ${out}.`];
  if (records.length === 0) {
    return [`There is no evaluation of ${ids.join(', ')} yet; make one with covae evaluate ${ids[0] ?? ''}.`];
  }
  return table
    ? tableText(records, as ?? 'markdown')
        .trimEnd()
        .split('\n')
    : listLines(records);
}

function tableText(records: readonly EvaluationRecord[], format: TableFormat): string {
  const table = evaluationTable(records);
  return format === 'csv' ? csvOf(table) : markdownOf(table);
}

async function writeTable(
  out: string,
  records: readonly EvaluationRecord[],
  { as, force }: EvaluateCommandOptions,
): Promise<void> {
  const format = as ?? (out.toLowerCase().endsWith('.csv') ? 'csv' : 'markdown');
  await writeOutputFile(out, tableText(records, format), 'table', { force });
}
