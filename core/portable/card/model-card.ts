/** What a model takes with it when it leaves: where it comes from, what it was made with, and what was measured of it. */
import type { ModelConfig } from '../../config/model.ts';
import { categoriesOf } from '../../config/objective.ts';
import { latentShape } from '../../config/network.ts';
import { noiseSpec } from '../../covae/latent.ts';
import { MEASURE_TABLE } from '../../evaluate/measure-table.ts';
import type { EvaluationRecord } from '../../evaluate/record.ts';
import { evaluationsFolder, listEvaluations } from '../../evaluate/store.ts';
import { APP_VERSION } from '../../version.ts';
import { passTimes, priorSize } from '../functions.ts';
import type { PortableModel } from '../portable-model.ts';
import type { RoundingLoss } from '../rounding-loss.ts';

/** The paper of the method. */
export const PAPER = '[arXiv 2507.09103](https://arxiv.org/abs/2507.09103)';

/** One number with its name. */
export interface CardMeasure {
  key: string;
  label: string;
  value: number;
  /** Bounds of the 95 % confidence interval. */
  interval?: [number, number];
  /** The same of real against real images. */
  yardstick?: number;
}

/** A measurement of the weights that are exported, with all that is needed to make it again. */
export interface CardEvaluation {
  kind: EvaluationRecord['kind'];
  passes: number | null;
  count: number;
  seed: number;
  against: EvaluationRecord['against'];
  extractor: string;
  protocol: string[];
  measures: CardMeasure[];
}

/** `model-card.json`. */
export interface ModelCard {
  format: 'covae-model-card';
  version: 1;
  name: string;
  /** As the person who exports it says, by its SPDX identifier; null when nothing is said. */
  licence: string | null;
  software: string;
  run: { id: string; seed: number; preset: string | null; createdAt: string };
  weights: { kind: 'ema' | 'raw'; step: number; steps: number; sha256: string | null; parameters: number };
  dataset: { name: string; fingerprint: string; images: number; heldOut: number } | null;
  images: { size: number; channels: number; classes: string[] };
  latent: {
    shape: number[];
    kind: 'gaussian' | 'categorical';
    /** What the first pass is given: standard normal numbers, or uniform ones in [0, 1). */
    noise: { kind: 'normal' | 'uniform'; shape: number[] };
    /** Factor on that noise; null for a categorical latent. */
    size: number | null;
    levels: number;
  };
  /** t of a first pass, and that of further ones. */
  times: { first: number; again: number };
  settings: ModelConfig;
  evaluations: CardEvaluation[];
  /** With int8 weights. */
  rounding: RoundingLoss[] | null;
  /** What to know before it is used, a sentence each. */
  warnings: string[];
}

export interface CardOptions {
  runDir: string;
  licence?: string | undefined;
  classes?: readonly string[] | undefined;
  rounding?: readonly RoundingLoss[] | undefined;
}

/**
 * The card of a model: its evaluations are those of the same step and weights that lie in the run's folder.
 * @throws UserError when that cannot be read
 */
export async function modelCard(
  portable: PortableModel,
  { runDir, licence, classes = [], rounding }: CardOptions,
): Promise<ModelCard> {
  const { manifest, model, step, weights, sha256 } = portable;
  const { config, dataset } = manifest;
  const { network, objective } = config;
  const { evaluations, damaged } = await listEvaluations(runDir);
  const own = evaluations
    .map(({ record }) => record)
    .filter((record) => record.checkpoint.step === step && record.weights === weights);
  return {
    format: 'covae-model-card',
    version: 1,
    name: manifest.name,
    licence: licence ?? null,
    software: `CoVAE Studio ${APP_VERSION}`,
    run: {
      id: manifest.id,
      seed: manifest.seed,
      preset: manifest.preset,
      createdAt: manifest.createdAt,
    },
    weights: {
      kind: weights,
      step,
      steps: config.training.steps,
      sha256,
      parameters: model.plan.layout.size,
    },
    dataset: dataset && {
      name: dataset.name,
      fingerprint: dataset.fingerprint,
      images: dataset.count,
      heldOut: dataset.heldOut ?? 0,
    },
    images: { size: network.imageSize, channels: network.channels, classes: [...classes] },
    latent: {
      shape: latentShape(network),
      kind: categoriesOf(objective) === null ? 'gaussian' : 'categorical',
      noise: noiseSpec(network, objective),
      size: priorSize(objective),
      levels: network.latentLevels,
    },
    times: passTimes(objective),
    settings: config,
    evaluations: own.map(cardEvaluation),
    rounding: rounding ? [...rounding] : null,
    warnings: [
      ...alertsOf(portable),
      ...limitsOf(portable),
      ...(damaged.length > 0
        ? [`Damaged files in ${evaluationsFolder(runDir)} were left out: ${damaged[0]!.problem}`]
        : []),
    ],
  };
}

/** What a person should be told who takes a model elsewhere, a sentence each. */
export function alertsOf({ manifest, remarks }: Pick<PortableModel, 'manifest' | 'remarks'>): string[] {
  return [
    ...remarks,
    ...(manifest.config.network.latentLevels > 1
      ? [
          'The model has two levels of latents, which the reference implementation has not: its modules refuse these weights, and encode takes the noise of the topmost latent besides.',
        ]
      : []),
  ];
}

/** What else its card says of where it comes from. */
function limitsOf({ manifest, step }: Pick<PortableModel, 'manifest' | 'step'>): string[] {
  const { config, dataset } = manifest;
  return [
    ...(step < config.training.steps
      ? [`Training is at step ${numberText(step)} of ${numberText(config.training.steps)} and not finished.`]
      : []),
    ...(dataset === null ? ['The run was made from weights; what they were trained on is not known.'] : []),
  ];
}

function cardEvaluation(record: EvaluationRecord): CardEvaluation {
  const { kind, passes, count, seed, against, extractor, protocol, measures, intervals, yardstick } = record;
  const known = MEASURE_TABLE.flatMap(({ key, label }): CardMeasure[] => {
    const value = measures[key];
    if (value === undefined || value === null) return [];
    const interval = intervals[key];
    const real = yardstick?.measures[key];
    return [
      {
        key,
        label: key === 'fd' ? extractor.distanceName : label,
        value,
        ...(interval && { interval: [...interval] as [number, number] }),
        ...(typeof real === 'number' && { yardstick: real }),
      },
    ];
  });
  return { kind, passes, count, seed, against, extractor: extractor.name, protocol, measures: known };
}

function numberText(value: number): string {
  return value.toLocaleString('en-US');
}
