/** How long training steps took on this machine, kept in the user's cache folder from trainings and trials. */
import path from 'node:path';
import * as v from 'valibot';
import { BlobCache, blobKey } from '../../blob-cache.ts';
import { cacheFolder } from '../../cache-folder.ts';
import type { ModelConfig } from '../../config/model.ts';

/** Largest size of all together, in bytes: some thousand configurations. */
const LIMIT = 2 ** 20;

const StepTimeSchema = v.strictObject({
  /** Mean seconds of a step. */
  seconds: v.pipe(v.number(), v.gtValue(0)),
  from: v.picklist(['run', 'trial']),
  /** Id of the run; null for a trial. */
  runId: v.nullable(v.string()),
  /** Multiply-adds of a step (`describeModel`), so that other sizes can be judged by it. */
  work: v.pipe(v.number(), v.gtValue(0)),
});

export type StepTime = v.InferOutput<typeof StepTimeSchema>;

/** What computes: a measurement on another device says nothing. */
export interface Computer {
  kind: 'CPU' | 'GPU';
  name: string | null;
  cores: number | null;
}

/** Measured times by configuration and device. A help only: what is damaged or lost is measured anew. */
export class StepTimes {
  readonly #blobs: BlobCache;

  constructor(folder = stepTimesFolder()) {
    this.#blobs = new BlobCache(folder, '.json', LIMIT);
  }

  /** The time of a step of this configuration; null when none was measured here. */
  of(config: ModelConfig, computer: Computer): StepTime | null {
    return this.#read(keyOf(config, computer));
  }

  /** The one measured last on this device with the same precision, of whatever configuration. */
  latest(config: ModelConfig, computer: Computer): StepTime | null {
    return this.#read(latestKey(config, computer));
  }

  keep(config: ModelConfig, computer: Computer, time: StepTime): void {
    const content = Buffer.from(JSON.stringify(time));
    this.#blobs.write(keyOf(config, computer), content);
    this.#blobs.write(latestKey(config, computer), content);
  }

  #read(key: string): StepTime | null {
    const content = this.#blobs.read(key);
    if (content === null) return null;
    try {
      const checked = v.safeParse(StepTimeSchema, JSON.parse(content.toString('utf8')));
      return checked.success ? checked.output : null;
    } catch {
      return null;
    }
  }
}

/** What a step's time follows from: shapes and the graph, not rates and weights. */
function keyOf({ network, objective, training, augment }: ModelConfig, computer: Computer): string {
  const { dropout, ...layers } = network;
  const { batchSize, accumulate, precision, optimizer, trainOnly } = training;
  return blobKey('step-time', computer, layers, dropout > 0, objective.variant, objective.loss, {
    ...{ batchSize, accumulate, precision, optimizer, trainOnly },
    ...{ adversarial: objective.adversarial !== null, augmented: augment.strength > 0 || augment.adaptive },
    levels: 'endScales' in objective ? [objective.startScales, objective.endScales] : null,
    average: 'denoiserLoss' in objective ? objective.denoiserLoss !== null : null,
  });
}

function latestKey({ training }: ModelConfig, computer: Computer): string {
  return blobKey('latest-step-time', computer, training.precision);
}

function stepTimesFolder(): string | null {
  const folder = cacheFolder();
  return folder === null ? null : path.join(folder, 'step-times');
}
