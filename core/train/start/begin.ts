/** The state that a run begins with when it starts from other weights, and what a person is told of it. */
import type { ModelConfig } from '../../config/model.ts';
import { isTrained } from '../../config/trained.ts';
import type { CovaeModel } from '../../covae/model.ts';
import { UserError } from '../../errors.ts';
import { type Origin, originWords, type StartPoint } from '../../run/start-point.ts';
import { capitalised, countOf, listOf } from '../../words.ts';
import { DISCRIMINATOR_PREFIX, initialVectors, type Vectors } from '../state.ts';
import { takeFitting } from './fit.ts';
import { readStart } from './read-start.ts';

/** Share of a network's weights below which nothing worth keeping is taken over: some biases are as long in any network. */
const FEWEST = 0.1;
/** Names that a sentence lists. */
const NAMED = 6;

export interface Beginning {
  vectors: Vectors;
  origin: Origin;
}

/**
 * The networks with the layers of the start that fit, the rest drawn anew from the seed; weights in training and averages
 * alike. The optimiser's moments begin at 0.
 *
 * @throws UserError when the start is missing or damaged, none of its layers fits, or one that does not would stay untrained
 */
export async function beginFrom(
  home: string,
  start: StartPoint,
  model: CovaeModel,
  config: ModelConfig,
  seed: number,
): Promise<Beginning> {
  const { origin, tensors } = await readStart(home, start);
  const { layout } = model.plan;
  const fitted = takeFitting(layout, tensors, seed);
  const share = fitted.values / layout.size;
  if (share < FEWEST) {
    throw new UserError(
      `${capitalised(originWords(origin))} has another network than this training: ${percent(share)} of the weights fit; choose the preset that it was trained with, or start from nothing.`,
      { code: 'settings' },
    );
  }
  checkFresh(config, fitted.fresh);
  const vectors: Vectors = {
    ...initialVectors(model, seed, config.training),
    parameters: fitted.flat,
    ema: fitted.flat.slice(),
  };
  const { discriminator } = model;
  if (discriminator) {
    const disc = takeFitting(discriminator.layout, tensors, seed, DISCRIMINATOR_PREFIX);
    const statistics = takeFitting(discriminator.statistics, tensors, seed, DISCRIMINATOR_PREFIX);
    // Weights and the statistics that they have seen go together.
    if (disc.fresh.length === 0 && statistics.fresh.length === 0) {
      Object.assign(vectors, { disc: disc.flat, discStatistics: statistics.flat });
    }
  }
  const { taken, fresh } = fitted;
  return {
    vectors,
    origin: { ...origin, taken: taken.length, tensors: layout.specs.length, fresh },
  };
}

/** @throws UserError when layers that begin anew are among those that `training.trainOnly` leaves as they are */
function checkFresh({ training: { trainOnly } }: ModelConfig, fresh: readonly string[]): void {
  const untrained = fresh.filter((name) => !isTrained(trainOnly, name));
  if (untrained.length === 0) return;
  throw new UserError(
    `trainOnly "${trainOnly}" would leave ${countOf(untrained.length, 'tensor')} untrained that the start has not (${someOf(untrained)}); train all of the networks.`,
    {
      code: 'settings',
      key: 'training.trainOnly',
      brief: `This would leave layers untrained that the start has not (${someOf(untrained)}); train all of the networks.`,
    },
  );
}

/** What was taken over, in a sentence for the person. */
export function originSentence(origin: Origin): string {
  const { taken, tensors, fresh } = origin;
  const from = `Starts from ${originWords(origin)}`;
  if (fresh.length === 0) return `${from}: all ${countOf(tensors, 'tensor')} were taken.`;
  return `${from}: ${taken} of ${countOf(tensors, 'tensor')} were taken, the rest begins anew (${someOf(fresh)}).`;
}

function someOf(names: readonly string[]): string {
  const more = names.length - NAMED;
  return listOf([...names.slice(0, NAMED), ...(more > 0 ? [`${more.toLocaleString('en-US')} more`] : [])]);
}

function percent(share: number): string {
  return share === 0 ? 'none' : `${(100 * share).toLocaleString('en-US', { maximumSignificantDigits: 2 })} %`;
}
