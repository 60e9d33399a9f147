/** `covae compare-images`: how alike two piles of images are, in numbers. */
import { type Command, Option } from 'commander';
import { libraryHome } from '../../../core/library.ts';
import { countOf } from '../../../core/words.ts';
import type { Plane } from '../../../core/data/import/resample.ts';
import {
  EXTRACTORS,
  type Extractor,
  type ExtractorName,
} from '../../../core/evaluate/extractors/extractor.ts';
import { flatMeasures } from '../../../core/evaluate/measure-table.ts';
import type { Estimate } from '../../../core/metrics/bootstrap.ts';
import type { Measures } from '../../../core/metrics/compare.ts';
import { MANIFOLD_NEIGHBOURS } from '../../../core/metrics/config.ts';
import type { Pile } from '../../../core/evaluate/pile.ts';
import type { FeatureOptions, PileFeatures } from '../../../core/evaluate/pile-features.ts';
import type { Bind } from '../bind.ts';
import { formatDuration } from '../format.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import { type CommonOptions, MAX_SEED, wholeNumber, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';

type LookAtPile = (pile: Pile, options: FeatureOptions) => Promise<PileFeatures>;

interface CompareOptions extends CommonOptions {
  extractor: ExtractorName;
  count?: number;
  seed: number;
}

export function addCompareImagesCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('compare-images')
      .description(
        'Measure how alike two piles of images are: Fréchet, kernel and Monge distance, precision and recall, density and ' +
          'coverage, Vendi score, authenticity.',
      )
      .argument('<reference>', 'data set of the library, folder, zip, npz or other file of real images')
      .argument('<samples>', 'likewise, the images that are held against them')
      .addOption(
        new Option('--extractor <name>', 'what the images are looked at with')
          .choices(EXTRACTORS)
          .default('mobilenet'),
      )
      .addOption(
        wholeNumber('--count <n>', 'images of each pile, drawn at random (default: all)', 2, 1_000_000),
      )
      .addOption(wholeNumber('--seed <n>', 'which images and subsets are drawn', 0, MAX_SEED).default(0)),
  ).action(bind(compareImages));
}

async function compareImages(
  output: Output,
  options: CompareOptions,
  reference = '',
  samples = '',
): Promise<number> {
  const done = await unlessInterrupted(
    (signal) => compare(output, options, [reference, samples], signal),
    () => output.warn('Stopping.'),
  );
  return done === null ? stoppedWithNothing(output) : 0;
}

async function compare(
  output: Output,
  { home, extractor: name, count, seed }: CompareOptions,
  names: readonly [string, string],
  signal: AbortSignal,
): Promise<true> {
  const { openPile } = await import('../../../core/evaluate/pile.ts');
  const { pileFeatures } = await import('../../../core/evaluate/pile-features.ts');
  const { compareFeatures } = await import('../../../core/metrics/compare.ts');
  const { extractorContext } = await import('../../../core/evaluate/extractor-context.ts');
  const { openExtractor } = await import('../../../core/evaluate/extractors/open-extractor.ts');
  const started = performance.now();
  const piles: Pile[] = [];
  let extractor: Extractor | null = null;
  // Both piles are looked at with one extractor; that of pixels takes its size from the first image.
  const extractorFor = async (first: Plane): Promise<Extractor> => {
    const reference = { name: names[0], isDataset: piles[0]?.fingerprint != null };
    const context = extractorContext(libraryHome(home), reference, seed, signal);
    return (extractor ??= await openExtractor(name, first, context));
  };
  try {
    for (const each of names) piles.push(await openPile(libraryHome(home), each, signal));
    const found: PileFeatures[] = [];
    for (const pile of piles) {
      found.push(
        await look(output, pile, { extractorFor, count: count ?? null, seed, signal }, pileFeatures),
      );
    }
    const [first, second] = found as [PileFeatures, PileFeatures];
    const measures = await compareFeatures(first.features, second.features, {
      ...{ seed, signal },
      onPhase: (what) => output.phase(what),
    });
    tell(output, { names, found: [first, second], measures, extractor: extractor!, seed, started });
    return true;
  } finally {
    (extractor as Extractor | null)?.dispose();
    for (const pile of piles) await pile.close();
  }
}

async function look(
  output: Output,
  pile: Pile,
  options: Omit<FeatureOptions, 'onProgress'>,
  pileFeatures: LookAtPile,
): Promise<PileFeatures> {
  output.phase(`Looking at ${pile.name}`);
  const start = performance.now();
  const found = await pileFeatures(pile, {
    ...options,
    onWarning: (sentence) => output.warn(sentence),
    onProgress: ({ done, total }) => {
      const perSecond = done / ((performance.now() - start) / 1000);
      const left = total === null ? null : (total - done) / perSecond;
      output.progress(
        [
          total === null ? countOf(done, 'image') : `${done} of ${countOf(total, 'image')}`,
          `${perSecond.toPrecision(3)} images/s`,
          ...(left === null ? [] : [`${formatDuration(left)} left`]),
        ].join('   '),
        { pile: pile.name, done, total, imagesPerSecond: perSecond, secondsLeft: left },
        done === total,
      );
    },
  });
  const [example] = found.leftOut;
  if (example !== undefined) {
    output.warn(
      `${countOf(found.leftOut.length, 'file')} of ${pile.name} gave no image, such as ${example.file}: ${example.reason}.`,
    );
  }
  return found;
}

function tell(
  output: Output,
  {
    names,
    found: [reference, samples],
    measures,
    extractor,
    seed,
    started,
  }: {
    names: readonly [string, string];
    found: readonly [PileFeatures, PileFeatures];
    measures: Measures;
    extractor: Extractor;
    seed: number;
    started: number;
  },
): void {
  const { seconds: parts, ...numbers } = measures;
  const { measures: flat, intervals } = flatMeasures(numbers);
  const n = { reference: reference.features.count, samples: samples.features.count };
  for (const warning of measures.warnings) output.warn(warning);
  output.result(
    {
      reference: names[0],
      samples: names[1],
      n,
      ...flat,
      intervals,
      neighbours: MANIFOLD_NEIGHBOURS,
      strict: true,
      warnings: measures.warnings,
      extractor: extractor.name,
      features: extractor.size,
      rule: extractor.rule,
      hash: extractor.hash,
      seed,
      seconds: Math.round(performance.now() - started) / 1000,
      secondsByMeasure: parts,
    },
    [
      `${countOf(n.samples, 'image')} of ${names[1]} against ${countOf(n.reference, 'image')} of ${names[0]}:`,
      ...linesOf(measures, extractor),
      `Looked at by ${extractor.name}, ${extractor.size.toLocaleString('en-US')} features an image. ${extractor.rule}`,
    ],
  );
}

function linesOf(measures: Measures, extractor: Extractor): string[] {
  const { fd, fdInfinity, kid, kidStd, mind, vendi, vendiReference } = measures;
  const row = (what: string, value: string): string => `  ${what.padEnd(34)} ${value}`;
  const within = ({ low, high }: Estimate, text: (value: number) => string): string =>
    `   (95 % between ${text(low)} and ${text(high)})`;
  const share = (what: string, estimate: Estimate | null): string[] => {
    if (estimate === null) return [];
    const text = (value: number): string => value.toFixed(3);
    return [row(what, `${text(estimate.mean)}${within(estimate, text)}`)];
  };
  const distance = (value: number): string => value.toPrecision(3);
  return [
    row(extractor.distanceName, fd.toPrecision(4)),
    ...(fdInfinity === null ? [] : [row('  for infinitely many samples', fdInfinity.toPrecision(4))]),
    row(
      'Kernel distance',
      `${distance(kid.mean)} ± ${kidStd.toPrecision(2)} over subsets${within(kid, distance)}`,
    ),
    row('Monge distance (as MIND)', `${distance(mind.mean)}${within(mind, distance)}`),
    ...share('Precision', measures.precision),
    ...share('Recall', measures.recall),
    ...share('Density', measures.density),
    ...share('Coverage', measures.coverage),
    row('Vendi score', `${vendi.toPrecision(4)}   (reference ${vendiReference.toPrecision(4)})`),
    ...share('Authentic samples', measures.authenticity),
    ...(measures.precision === null
      ? []
      : [
          `  Precision to coverage: balls to the ${MANIFOLD_NEIGHBOURS}th nearest neighbour; what lies on a ball's surface is outside.`,
        ]),
  ];
}
