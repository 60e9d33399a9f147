/** Makes a run from weights that PyTorch wrote: finds the networks in a file and checks every name. */
import path from 'node:path';
import { covaeModel, type CovaeModel } from '../covae/model.ts';
import { readDatasetRecord } from '../data/catalogue.ts';
import { UserError } from '../errors.ts';
import type { ConstantTensor, ParameterLayout } from '../nn/parameters.ts';
import { fromTorch } from '../nn/parameters.ts';
import { writeCheckpoint } from '../run/checkpoint.ts';
import type { RunManifest } from '../run/manifest.ts';
import { runDatasetOf, unsuitedData } from '../run/run-dataset.ts';
import { createRunFolder } from '../run/run-folder.ts';
import type { FloatTensors } from '../run/safetensors.ts';
import { readConfigFile, type NamedConfig } from './config-file.ts';
import { openWeightsFile, type WeightsFile } from './weights-file.ts';
import { FORMS, plainNames, type Shapes } from './weights-forms.ts';
import { batchCounters, layerNorm, resamplingFilters } from './reference-module.ts';
import { initialVectors, toCheckpoint, type Vectors } from './state.ts';
import { countOf } from '../words.ts';
import { configInFile } from './start/config-of-start.ts';
import { newManifest } from './new-manifest.ts';

export interface WeightsImportOptions {
  /** Library folder. */
  home: string;
  /** Safetensors, or a file of PyTorch (`.pt`, `.pth`, Lightning's `.ckpt`), of which nothing is run. */
  file: string;
  /** JSON file with the configuration; default: the one that {@link exportWeights} wrote into the file. */
  configFile?: string;
  /** Name of the run; default: the file's. */
  name?: string;
  /** Its id; default: a new one. */
  id?: string;
  /** Data set of the library to train on further; default: none. */
  dataset?: string;
  /** Step the weights are taken to be of; default: 0. */
  step?: number;
  /** Seed of all that is random from here on; default: 0. */
  seed?: number;
  /** Pass over tensors that are not the model's. */
  ignoreUnknown?: boolean;
}

export interface WeightsImport {
  manifest: RunManifest;
  folder: string;
  /** Where in the file the weights and their averages were found: prefixes of the names. */
  found: { weights: string; averages: string; discriminator: string | null };
  /** Tensors of the file that were not used. */
  unused: string[];
  /** Things in a file of PyTorch that only running it would make, and that stayed unmade. */
  passedOver: string[];
}

/**
 * Writes a run whose only checkpoint holds the weights of a file, so that it can be drawn from, exported and, with a
 * data set, trained further. The optimiser's moments begin at 0.
 *
 * A file with the weights and their averages gives both; one with either gives it as both.
 * @throws UserError in one sentence that lists what the file lacks, has of another shape or has besides; when a
 *   value is not finite; when the data set does not suit the network. The run appears whole or not at all.
 */
export async function importWeights(options: WeightsImportOptions): Promise<WeightsImport> {
  const { file } = options;
  const weights = await openWeightsFile(file);
  try {
    return await importFrom(weights, options);
  } finally {
    await weights.close();
  }
}

async function importFrom(source: WeightsFile, options: WeightsImportOptions): Promise<WeightsImport> {
  const { home, file, step = 0, seed = 0 } = options;
  const { config, preset } =
    options.configFile === undefined ? await ownConfig(file) : await readConfigFile(options.configFile);
  if (step > config.training.steps) {
    throw new UserError(
      `The configuration has ${countOf(config.training.steps, 'step')}, so the weights cannot be of step ${step.toLocaleString('en-US')}; give a smaller --step.`,
    );
  }
  const record = options.dataset === undefined ? null : await readDatasetRecord(home, options.dataset);
  const unsuited = record && unsuitedData(config, record);
  if (unsuited) throw new UserError(unsuited);

  const model = covaeModel(config.network, config.objective);
  const { shapes, plainOf, besides } = plainNames(source, file);
  const fit = fitTo(model, shapes, file, options.ignoreUnknown ?? false);
  const read = await source.readFloats((name) => fit.wanted.has(plainOf(name) ?? ''));
  const tensors = Object.fromEntries(
    Object.entries(read).map(([name, tensor]) => [plainOf(name) ?? name, tensor]),
  );
  checkValues(tensors, fit.constants, file);

  const vectors: Vectors = initialVectors(model, seed, config.training);
  vectors.parameters = fromTorch(model.plan.layout, tensors, fit.weights);
  vectors.ema =
    fit.averages === fit.weights
      ? vectors.parameters.slice()
      : fromTorch(model.plan.layout, tensors, fit.averages);
  if (model.discriminator && fit.discriminator !== null) {
    vectors.disc = fromTorch(model.discriminator.layout, tensors, fit.discriminator);
    vectors.discStatistics = fromTorch(model.discriminator.statistics, tensors, fit.discriminator);
  }

  const name = options.name ?? nameOf(file);
  const manifest = newManifest({
    name,
    ...(options.id !== undefined && { id: options.id }),
    preset,
    seed,
    startsFrom: 'weights',
    dataset: record && runDatasetOf(record),
    config,
    parameters: model.plan.layout.size,
  });
  const progress = { step, seconds: 0, learningRateFactor: 1, optimizerFrom: step };
  const contents = toCheckpoint(model, vectors, progress);
  const folder = await createRunFolder(home, manifest, (temporary) =>
    writeCheckpoint(temporary, step, contents),
  );
  const { weights, averages, discriminator } = fit;
  return {
    manifest,
    folder,
    found: { weights, averages, discriminator },
    unused: [...fit.unused, ...besides],
    passedOver: [...source.passedOver],
  };
}

/** The configuration in the metadata of a file that this program wrote. */
async function ownConfig(file: string): Promise<NamedConfig> {
  const found = await configInFile(file);
  if (found !== null) return found;
  throw new UserError(`${file} does not say which configuration it belongs to; give one with --config.`, {
    code: 'unreadable',
    file: file,
  });
}

interface Fit {
  weights: string;
  averages: string;
  discriminator: string | null;
  /** What to read. */
  wanted: ReadonlySet<string>;
  /** Buffers that must have the value they have in the reference, by their names in the file. */
  constants: ReadonlyMap<string, ConstantTensor>;
  unused: string[];
}

/** Finds the model's parts among the names. @throws UserError in one sentence when anything does not fit */
function fitTo(model: CovaeModel, shapes: Shapes, file: string, ignoreUnknown: boolean): Fit {
  const { layout } = model.plan;
  const names = Object.keys(shapes);
  const present = (prefix: string): number =>
    layout.specs.filter((spec) => Object.hasOwn(shapes, prefix + spec.name)).length;
  // The form that explains most of the names; the earlier one of two that explain as many.
  const form = FORMS.reduce((best, next) => (present(next.weights) > present(best.weights) ? next : best));
  if (present(form.weights) === 0) {
    throw new UserError(
      `${file} holds none of the ${countOf(layout.specs.length, 'tensor')} of the network (${layout.specs[0]?.name ?? ''} and so on); check that it is a CoVAE's state_dict.`,
      { code: 'unreadable', file: file },
    );
  }
  const averages = form.averages !== null && present(form.averages) > 0 ? form.averages : form.weights;

  const wanted = new Map<string, readonly number[]>();
  const want = (part: ParameterLayout, prefix: string): void =>
    part.specs.forEach((spec) => wanted.set(prefix + spec.name, spec.torchShape));
  want(layout, form.weights);
  want(layout, averages);
  const { discriminator } = model;
  const counters = new Set<string>();
  let judge: string | null = null;
  if (discriminator && names.some((name) => name.startsWith(form.discriminator))) {
    judge = form.discriminator;
    want(discriminator.layout, judge);
    want(discriminator.statistics, judge);
    for (const name of batchCounters(model)) counters.add(judge + name);
  }
  const buffers = new Map<string, ConstantTensor>();
  for (const [name, filter] of Object.entries(resamplingFilters(model.plan))) {
    for (const prefix of [form.weights, averages]) buffers.set(prefix + name, filter);
  }
  for (const [name, values] of Object.entries(layerNorm(model))) buffers.set(form.layerNorm + name, values);
  const constants = new Map([...buffers].filter(([name]) => Object.hasOwn(shapes, name)));

  const expected = new Map<string, readonly number[]>([
    ...wanted,
    ...[...constants].map(([name, { shape }]) => [name, shape] as const),
  ]);
  const missing = [...wanted.keys()].filter((name) => !Object.hasOwn(shapes, name));
  const misshapen = [...expected].flatMap(([name, needed]) => {
    const shape = shapes[name];
    return shape === undefined || shape.join() === needed.join()
      ? []
      : [`${name} is ${shapeText(shape)} instead of ${shapeText(needed)}`];
  });
  const unused = names.filter((name) => !expected.has(name) && !counters.has(name));
  const unknown = ignoreUnknown ? [] : unused.filter((name) => !form.beside(name));
  const problems = [
    missing.length > 0 && `it lacks ${someOf(missing)}`,
    misshapen.length > 0 && someOf(misshapen),
    unknown.length > 0 && `it also holds ${someOf(unknown)} (--ignore-unknown passes over such)`,
  ].filter((problem) => problem !== false);
  if (problems.length > 0) {
    throw new UserError(`${file} does not fit the configuration: ${problems.join('; ')}.`, {
      code: 'unreadable',
      file: file,
    });
  }
  return {
    weights: form.weights,
    averages,
    discriminator: judge,
    wanted: new Set(expected.keys()),
    constants,
    unused,
  };
}

function checkValues(
  tensors: FloatTensors,
  constants: ReadonlyMap<string, ConstantTensor>,
  file: string,
): void {
  for (const [name, { data }] of Object.entries(tensors)) {
    if (!data.every(Number.isFinite)) {
      throw new UserError(
        `${file}: tensor ${name} holds a value that is not finite; such weights are of no use.`,
        { code: 'unreadable', file: file },
      );
    }
    const constant = constants.get(name);
    if (constant && !data.every((value) => value === constant.value)) {
      throw new UserError(
        `${file}: tensor ${name} is not ${constant.value} everywhere, but this program keeps it so, as the reference does.`,
        { code: 'unreadable', file: file },
      );
    }
  }
}

function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'a single number' : shape.join('×');
}

/** The first few of a list, and how many more there are. */
function someOf(items: readonly string[]): string {
  const shown = items.slice(0, 3).join(', ');
  return items.length > 3 ? `${shown} and ${items.length - 3} more` : shown;
}

/** The file's name without its ending, made into one that a run can have. */
function nameOf(file: string): string {
  const name = path
    .basename(file)
    .replace(/\.(?:safetensors|pt|pth|ckpt)$/i, '')
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._ -]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64);
  return name === '' ? 'weights' : name;
}
