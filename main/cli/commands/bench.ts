/** `covae bench`: how fast a preset trains and draws on this machine. */
import { type Command, Option } from 'commander';
import type { BenchResult, MedianAndRange } from '../../../core/bench/measure.ts';
import { UserError } from '../../../core/errors.ts';
import { applySettings } from '../../../core/config/override.ts';
import { loadPreset } from '../../../core/config/presets.ts';
import { formatAmount, formatBytes, table } from '../format.ts';
import {
  checkDumpTarget,
  type CommonOptions,
  dumpGraphOption,
  type DumpOptions,
  forceOption,
  givenSettings,
  parsePath,
  parseSetting,
  wholeNumber,
} from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { countOf } from '../../../core/words.ts';

interface BenchOptions extends CommonOptions, DumpOptions {
  preset: string;
  batch?: number;
  steps: number;
  precision: 'float32' | 'bfloat16';
  eager?: boolean;
  derivedGradients?: boolean;
  features?: number;
  set?: Settings;
}

export function addBenchCommand(program: Command, bind: Bind): void {
  program
    .command('bench')
    .description(
      'Measure how fast a preset trains and draws on this machine, on synthetic images. Nothing else should run ' +
        'meanwhile. npm run bench compares presets, precisions and PyTorch.',
    )
    .option(
      '--preset <name>',
      'a preset that comes with the program, or a JSON file of your own',
      parsePath,
      'tiny',
    )
    .addOption(wholeNumber('--batch <n>', "batch size, in place of the preset's", 1, 65_536))
    .addOption(wholeNumber('--steps <n>', 'training steps to time', 1, 100_000).default(20))
    .addOption(
      new Option('--precision <type>', 'of convolutions and matrix products')
        .choices(['float32', 'bfloat16'])
        .default('float32'),
    )
    .option('--eager', 'operation by operation, not one native call a step')
    .option('--derived-gradients', 'with --eager: without the gradients written by hand')
    .option('--set <key=value>', "any setting of the preset's config, as for train", parseSetting)
    .addOption(
      wholeNumber(
        '--features <n>',
        'instead: features of so many images of 28 × 28 by MobileNetV2',
        1,
        10_000_000,
      ),
    )
    .addOption(dumpGraphOption())
    .addOption(forceOption())
    .option('--json', 'print one line of JSON instead of text')
    .action(bind(bench));
}

async function bench(output: Output, options: BenchOptions): Promise<number> {
  if (options.features !== undefined) return benchFeatures(output, options.features);
  await checkDumpTarget(options);
  const preset = await loadPreset(options.preset);
  const {
    batch,
    steps,
    precision,
    eager = false,
    derivedGradients = false,
    dumpGraph,
    force = false,
  } = options;
  if (!eager && derivedGradients)
    throw new UserError('--derived-gradients goes with --eager only.', { code: 'usage' });
  if (eager && precision !== 'float32') {
    throw new UserError('Operation by operation there is float32 only; leave out --precision or --eager.', {
      code: 'usage',
    });
  }
  const config = applySettings(
    preset.config,
    {
      'training.precision': precision,
      ...givenSettings({ batch, set: options.set }),
    },
    '--set',
  );
  const { measureTraining } = await import('../../../core/bench/measure.ts');
  output.line(
    `Measuring ${preset.name} with batches of ${config.training.batchSize} synthetic images of ` +
      `${config.network.imageSize} × ${config.network.imageSize} pixels…`,
  );
  const { withDerivedGradients } = await import('../../../core/nn/own-gradient.ts');
  const { namingMemory } = await import('../../../core/train/out-of-memory.ts');
  let result: BenchResult;
  try {
    const measure = () =>
      measureTraining(config, {
        steps,
        execution: eager ? 'eager' : 'compiled',
        ...(dumpGraph !== undefined && { dumpDir: dumpGraph, replaceDump: force }),
      });
    result = derivedGradients ? withDerivedGradients(measure) : measure();
  } catch (error) {
    throw await namingMemory(error, config);
  }
  const fields = fieldsOf(result, precision, backendOf(eager, derivedGradients));
  output.result({ preset: preset.name, batch: config.training.batchSize, steps, ...fields }, linesOf(result));
  return 0;
}

async function benchFeatures(output: Output, images: number): Promise<number> {
  const { measureFeatures } = await import('../../../core/bench/features.ts');
  output.line(`Looking at ${countOf(images, 'image')} of noise by MobileNetV2…`);
  const { seconds, imagesPerSecond, peakBytes } = await measureFeatures(images);
  const peakMB = rounded(peakBytes / 1e6);
  output.result(
    {
      extractor: 'mobilenet',
      images,
      seconds: rounded(seconds),
      imagesPerSecond: rounded(imagesPerSecond),
      peakMB,
    },
    [`${imagesPerSecond.toPrecision(3)} images/s`],
  );
  return 0;
}

function backendOf(eager: boolean, derivedGradients: boolean): string {
  if (!eager) return 'compiled';
  return derivedGradients ? 'eager, derived gradients' : 'eager';
}

/** The numbers as machines read them: milliseconds, megabytes (10^6 bytes), GFLOP a second. */
function fieldsOf(result: BenchResult, precision: string, backend: string) {
  const { step, ops, flopsPerStep, peakFlops } = result;
  return {
    data: 'synthetic',
    backend,
    precision,
    device: result.device,
    threads: result.threads,
    stepMs: rounded(step.median),
    min: rounded(step.min),
    max: rounded(step.max),
    trainSamplesPerSecond: rounded(result.trainSamplesPerSecond),
    samplesPerSecond: rounded(result.samplesPerSecond),
    batchMs: rounded(result.batchMs),
    peakMB: rounded(result.peakBytes / 1e6),
    startMs: rounded(result.startMs),
    params: result.parameters,
    opsPerStep: Object.values(ops).reduce((sum, count) => sum + count, 0),
    ops,
    flopsPerStep,
    gflopsPerSecond: rounded(flopsPerStep / step.median / 1e6),
    machineGflopsPerSecond: rounded(peakFlops / 1e9),
    flopShare: rounded(shareOf(result)),
  };
}

function linesOf(result: BenchResult): string[] {
  const { step, ops } = result;
  const most = Object.entries(ops)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 6)
    .map(([name, count]) => `${count} ${name}`);
  return table([
    ['Training step', `${spread(step)} ms, ${rounded(result.trainSamplesPerSecond)} images/s`],
    ['of it for making the batch', `${rounded(result.batchMs)} ms`],
    ['Drawing in one pass', `${rounded(result.samplesPerSecond)} images/s`],
    ['Start to first step', `${rounded(result.startMs / 1000)} s`],
    ['Largest memory', formatBytes(result.peakBytes)],
    ['Parameters', result.parameters.toLocaleString('en-US')],
    [
      'Operations a step',
      `${Object.values(ops).reduce((sum, count) => sum + count, 0)} (${most.join(', ')}, …)`,
    ],
    [
      'Arithmetic a step',
      `${formatAmount(result.flopsPerStep)}FLOP in convolutions and products, ` +
        `${(100 * shareOf(result)).toFixed(0)} % of the ${formatAmount(result.peakFlops)}FLOP/s that a large ` +
        'matrix product reaches here',
    ],
    ['Computed on', `${result.device}, ${countOf(result.threads, 'thread')}`],
  ]);
}

function spread({ median, min, max }: MedianAndRange): string {
  return `${rounded(median)} (${rounded(min)} to ${rounded(max)})`;
}

function shareOf({ flopsPerStep, step, peakFlops }: BenchResult): number {
  return (flopsPerStep * 1000) / step.median / peakFlops;
}

/** Four significant digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
