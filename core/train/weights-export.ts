/** Writes a run's weights as PyTorch reads them: names, layouts and buffers of the reference implementation. */
import { elementCount } from '../shape.ts';
import { covaeModel } from '../covae/model.ts';
import { UserError } from '../errors.ts';
import { checkOutput, type OutputOptions, writeOutput } from '../output.ts';
import { toTorch, type ConstantTensor } from '../nn/parameters.ts';
import { damageSentence } from '../run/checkpoint.ts';
import { readRunManifest } from '../run/run-folder.ts';
import { useCheckpoint } from '../run/which-checkpoint.ts';
import { HalfFloats } from '../run/safetensors-dtypes.ts';
import { writeSafetensors, type WritableTensors } from '../run/safetensors.ts';
import { batchCounters, batchesTracked, layerNorm, resamplingFilters } from './reference-module.ts';
import { DISCRIMINATOR_PREFIX, fromCheckpoint } from './state.ts';

export interface WeightsExportOptions extends OutputOptions {
  /** The averages (default), or the weights in training. */
  weights?: 'ema' | 'raw';
  /**
   * `autoencoder` (default): the state of the reference's `AutoEncoder`. `covae`: that of its whole `CoVAE` or
   * `CoVAESimple` module, the discriminator and layer norm with it.
   */
  module?: 'autoencoder' | 'covae';
  /** How numbers are written; default: as they are trained. Half as large in float16, rounded to the nearest. */
  dtype?: 'float32' | 'float16';
  /** Step of the checkpoint; default: the newest. */
  step?: number;
}

export interface WeightsExport {
  file: string;
  step: number;
  /** Number of tensors and bytes written. */
  tensors: number;
  bytes: number;
  /** What to tell of newer checkpoints that are damaged; null when there are none. */
  damage: string | null;
}

/**
 * Writes the weights of a run's newest checkpoint, or of that of a step, to a safetensors file that `load_state_dict(strict=True)` of the
 * reference's module accepts. The file appears whole or not at all; one of that name is refused
 * without `force`.
 *
 * @param targetOf the file, or its name by the step of the weights
 * @throws UserError when the run has no checkpoint that verifies, or the file is there or cannot be written
 */
export async function exportWeights(
  runFolder: string,
  targetOf: string | ((step: number) => string),
  {
    weights = 'ema',
    module = 'autoencoder',
    dtype = 'float32',
    force = false,
    step: asked,
  }: WeightsExportOptions = {},
): Promise<WeightsExport> {
  const manifest = await readRunManifest(runFolder);
  const { config, id, dataset, seed, versions } = manifest;
  const model = covaeModel(config.network, config.objective);
  const found = await useCheckpoint(runFolder, asked, (candidate) => fromCheckpoint(model, candidate));
  if (!found) {
    throw new UserError(`The run ${id} has no checkpoint yet; train it for a while first.`);
  }
  const { checkpoint } = found;
  const target = typeof targetOf === 'string' ? targetOf : targetOf(checkpoint.step);
  checkOutput(target, { force });
  const { vectors } = found.used;
  const flat = weights === 'ema' ? vectors.ema : vectors.parameters;
  const prefix = module === 'covae' ? 'model.' : '';
  const tensors: Record<string, WritableTensors[string]> = {
    ...toTorch(model.plan.layout, flat, prefix),
    ...filled(resamplingFilters(model.plan), prefix),
  };
  if (module === 'covae') {
    Object.assign(tensors, filled(layerNorm(model), ''));
    if (model.discriminator && vectors.disc && vectors.discStatistics) {
      const tracked = batchesTracked(model, checkpoint.step, config.training.accumulate);
      Object.assign(
        tensors,
        toTorch(model.discriminator.layout, vectors.disc, DISCRIMINATOR_PREFIX),
        toTorch(model.discriminator.statistics, vectors.discStatistics, DISCRIMINATOR_PREFIX),
        Object.fromEntries(
          batchCounters(model).map((name) => [
            DISCRIMINATOR_PREFIX + name,
            { shape: [], data: BigInt64Array.of(tracked) },
          ]),
        ),
      );
    }
  }
  const metadata = {
    format: 'pt',
    software: `CoVAE Studio ${versions.app}`,
    module,
    weights,
    run: id,
    step: String(checkpoint.step),
    seed: String(seed),
    ...(dataset && { dataset: dataset.name, dataset_fingerprint: dataset.fingerprint }),
    config: JSON.stringify(config),
  };
  const written = dtype === 'float16' ? inHalves(tensors, id) : tensors;
  const { bytes } = await writeOutput(target, 'weights', { force }, (temporary) =>
    writeSafetensors(temporary, written, metadata),
  );
  const { step, passedOver } = checkpoint;
  const damage = damageSentence(passedOver, step);
  return { file: target, step, tensors: Object.keys(tensors).length, bytes, damage };
}

/** @throws UserError when a weight is too large */
function inHalves(tensors: WritableTensors, run: string): WritableTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => {
      if (!(data instanceof Float32Array)) return [name, { shape, data }];
      try {
        return [name, { shape, data: HalfFloats.nearestTo(data) }];
      } catch {
        throw new UserError(
          `The run ${run} has weights in ${name} that are too large for float16; write them as float32.`,
        );
      }
    }),
  );
}

function filled(
  constants: Readonly<Record<string, ConstantTensor>>,
  prefix: string,
): Record<string, WritableTensors[string]> {
  return Object.fromEntries(
    Object.entries(constants).map(([name, { shape, value }]) => [
      prefix + name,
      { shape, data: new Float32Array(elementCount(shape)).fill(value) },
    ]),
  );
}
