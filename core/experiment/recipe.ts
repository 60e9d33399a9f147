/** Experiments as data: `assets/experiments/<name>.json` says what is trained, measured and shown. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { NameSchema } from '../data/dataset.ts';
import { UserError } from '../errors.ts';
import { EXTRACTORS } from '../evaluate/extractors/extractor.ts';
import { parseJsonFile } from '../json-file.ts';
import { MAX_TSNE_POINTS } from '../metrics/config.ts';
import { presetsFolder } from '../config/presets.ts';
import { SettingsSchema } from '../config/settings.ts';

const count = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const shortName = (letters: number) =>
  v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]*$/), v.maxLength(letters));
const text = v.pipe(v.string(), v.minLength(1));

/** How large an experiment is made. */
export const SIZES = ['full', 'quick'] as const;
export type Size = (typeof SIZES)[number];

/** A number for each size. */
const bySize = (min: number, max: number) =>
  v.strictObject({ full: count(min, max), quick: count(min, max) });

/** How many passes samples are drawn in. */
const passes = v.pipe(v.array(count(1, 16)), v.minLength(1));

/** What is looked at in every run. Images are drawn at random from the data set. */
const MeasurementSchema = v.variant('kind', [
  /** Losses, gradient norms and alarms of the training. */
  v.strictObject({ kind: v.literal('training') }),
  /** A grid of samples for each number of passes, from the same noise in every run. */
  v.strictObject({ kind: v.literal('samples'), count: bySize(1, 400), passes }),
  /** A grid of images above their reconstructions at the smallest t. */
  v.strictObject({ kind: v.literal('reconstructions'), count: bySize(1, 400) }),
  /** Mean squared error of reconstructions, at up to `times` of the final time steps. */
  v.strictObject({
    kind: v.literal('reconstruction-error'),
    images: bySize(1, 100_000),
    times: bySize(1, 64),
  }),
  /** Mean distance between two samples over that between two images. */
  v.strictObject({ kind: v.literal('spread'), count: bySize(2, 5000), passes }),
  /**
   * Samples against the images of the training, for each number of passes (core/evaluate): Fréchet and kernel distance,
   * precision, recall and all else, kept with the run.
   */
  v.strictObject({
    kind: v.literal('evaluation'),
    extractor: v.optional(v.picklist(EXTRACTORS), 'mobilenet'),
    count: bySize(2, 100_000),
    passes,
  }),
  /** Posterior means of images at up to `times` of the final time steps, mapped to the plane. */
  v.pipe(
    v.strictObject({
      kind: v.literal('latents'),
      images: bySize(3, MAX_TSNE_POINTS),
      times: bySize(2, 64),
      /** Images whose way is drawn as a line. */
      trajectories: bySize(1, 50),
      perplexity: v.pipe(v.number(), v.minValue(1), v.maxValue(200)),
    }),
    v.check(
      ({ images, times }) => SIZES.every((size) => images[size] * times[size] <= MAX_TSNE_POINTS),
      `images times times must be at most ${MAX_TSNE_POINTS}`,
    ),
    v.check(
      ({ images, times, perplexity }) => SIZES.every((size) => perplexity < (images[size] * times[size]) / 3),
      'perplexity must be below a third of images times times',
    ),
    v.check(
      ({ images, trajectories }) => SIZES.every((size) => trajectories[size] <= images[size]),
      'trajectories must not be larger than images',
    ),
  ),
]);

export type Measurement = v.InferOutput<typeof MeasurementSchema>;
export type MeasurementOf<K extends Measurement['kind']> = Extract<Measurement, { kind: K }>;

/** `klTop` and `klLower`: what each of two levels of latents brings to `klLoss`; runs with one level have none. */
const METRICS = ['loss', 'recLoss', 'denoiserLoss', 'klLoss', 'klTop', 'klLower', 'gradNorm'] as const;

const PlotSchema = v.variant('kind', [
  /** A number of metrics.jsonl over the steps, a line a run. */
  v.strictObject({ kind: v.literal('curve'), metric: v.picklist(METRICS) }),
  v.strictObject({ kind: v.literal('reconstruction-error') }),
  v.strictObject({ kind: v.literal('spread') }),
  /** All latents as points. */
  v.strictObject({
    kind: v.literal('latent-map'),
    method: v.picklist(['pca', 'tsne']),
    colour: v.picklist(['t', 'class']),
  }),
  /** The ways of a few images over all latents. */
  v.strictObject({ kind: v.literal('trajectories'), method: v.picklist(['pca', 'tsne']) }),
  /** Norm of the latents and agreement of neighbours, over t. */
  v.strictObject({ kind: v.literal('latents-over-t') }),
]);

export type Plot = v.InferOutput<typeof PlotSchema>;

/** The measurement that each plot shows. */
const SOURCES: Record<Plot['kind'], Measurement['kind']> = {
  curve: 'training',
  'reconstruction-error': 'reconstruction-error',
  spread: 'spread',
  'latent-map': 'latents',
  trajectories: 'latents',
  'latents-over-t': 'latents',
};

/** A plot without its measurement. */
function orphanOf(recipe: {
  measurements: readonly Measurement[];
  plots: readonly Plot[];
}): Plot | undefined {
  const kinds = recipe.measurements.map(({ kind }) => kind);
  return recipe.plots.find(({ kind }) => !kinds.includes(SOURCES[kind]));
}

const SizeSchema = v.strictObject({
  /** The configuration that all arms begin with. */
  preset: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,39}$/)),
  /** What this size changes of it, by dotted keys such as `training.steps`. */
  set: v.optional(SettingsSchema, {}),
  /** How often each arm is trained, each time with another seed. */
  seeds: count(1, 20),
});

const unique = (items: readonly string[]): boolean => new Set(items).size === items.length;

export const RecipeSchema = v.pipe(
  v.strictObject({
    format: v.literal('covae-experiment'),
    version: v.literal(1),
    name: shortName(28),
    title: text,
    /** What the experiment asks, in one sentence. */
    question: text,
    /** Data set to take when the library has one of this name and none is asked for. */
    dataset: NameSchema,
    sizes: v.strictObject({ full: SizeSchema, quick: SizeSchema }),
    /** What is compared. */
    arms: v.pipe(
      v.array(
        v.strictObject({
          name: shortName(16),
          /** In words, for legends and tables. */
          label: text,
          /** What this arm changes, on top of preset and size. */
          set: v.optional(SettingsSchema, {}),
        }),
      ),
      v.minLength(1),
      v.maxLength(8),
      v.check((arms) => unique(arms.map(({ name }) => name)), 'two arms have the same name'),
      v.check((arms) => unique(arms.map(({ label }) => label)), 'two arms have the same label'),
    ),
    measurements: v.pipe(
      v.array(MeasurementSchema),
      v.minLength(1),
      v.check((all) => unique(all.map(({ kind }) => kind)), 'a kind of measurement stands there twice'),
    ),
    plots: v.array(PlotSchema),
  }),
  v.check(
    (recipe) => orphanOf(recipe) === undefined,
    ({ input }) => {
      const kind = orphanOf(input)?.kind ?? 'curve';
      return `the plot "${kind}" needs the measurement "${SOURCES[kind]}"`;
    },
  ),
);

export type Recipe = v.InferOutput<typeof RecipeSchema>;

/** The folder of the recipes that come with the program. */
export function recipesFolder(): string {
  return path.join(path.dirname(presetsFolder()), 'experiments');
}

/**
 * All recipes that come with the program, by name.
 *
 * @throws UserError naming the file and the key when one is not valid
 */
export async function listRecipes(folder: string = recipesFolder()): Promise<Recipe[]> {
  const names = await recipeNames(folder);
  return Promise.all(names.map((name) => readRecipe(path.join(folder, `${name}.json`))));
}

/**
 * Loads a recipe by its name or from a JSON file.
 *
 * @param nameOrFile a name such as `mnist-baseline`; taken as a file when it ends in `.json` or has a path separator
 * @throws UserError naming the recipes there are, or the file and the key that is wrong
 */
export async function loadRecipe(nameOrFile: string, folder: string = recipesFolder()): Promise<Recipe> {
  if (nameOrFile.endsWith('.json') || /[\\/]/.test(nameOrFile)) return readRecipe(path.resolve(nameOrFile));
  const names = await recipeNames(folder);
  if (!names.includes(nameOrFile)) {
    throw new UserError(
      `There is no experiment "${nameOrFile}"; choose one of ${names.join(', ')}, or give the path of a JSON file.`,
      { code: 'not-found' },
    );
  }
  return readRecipe(path.join(folder, `${nameOrFile}.json`));
}

async function recipeNames(folder: string): Promise<string[]> {
  return (await fs.readdir(folder))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

function readRecipe(file: string): Promise<Recipe> {
  return parseJsonFile(RecipeSchema, file);
}

/** The measurement of a kind; null when the recipe has none. */
export function measurementOf<K extends Measurement['kind']>(
  { measurements }: Recipe,
  kind: K,
): MeasurementOf<K> | null {
  return measurements.find((m): m is MeasurementOf<K> => m.kind === kind) ?? null;
}
