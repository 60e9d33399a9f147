/** A run's networks with the weights of one checkpoint, ready to be written for other programs. */
import { covaeModel, type CovaeModel } from '../covae/model.ts';
import { sentenceOf, UserError } from '../errors.ts';
import { fromTorch } from '../nn/parameters.ts';
import { type Checkpoint, damageSentence } from '../run/checkpoint.ts';
import { weightsHash } from '../run/checkpoint-hash.ts';
import type { RunManifest } from '../run/manifest.ts';
import { readRunManifest } from '../run/run-folder.ts';
import { useCheckpoint } from '../run/which-checkpoint.ts';
import { recordFunction } from '../tensor/any-batch.ts';
import type { RecordedFunction } from '../tensor/recorded-graph.ts';
import { portableFunctions, type PortableFunctionName } from './functions.ts';

export interface PortableModel {
  readonly manifest: RunManifest;
  readonly step: number;
  /** The averages, or the weights in training. */
  readonly weights: 'ema' | 'raw';
  /** SHA-256 of the checkpoint's file with them; null when it is gone by now. */
  readonly sha256: string | null;
  readonly model: CovaeModel;
  /** As `model.plan.layout` has them. */
  readonly flat: Float32Array;
  /** What a person should know of them, a sentence each. */
  readonly remarks: readonly string[];
}

/**
 * Reads a checkpoint's weights.
 * @param options.step default: the newest that verifies
 * @throws UserError when the run is gone or damaged, or has no such checkpoint
 */
export async function openPortableModel(
  runDir: string,
  { step: asked, weights = 'ema' }: { step?: number | undefined; weights?: 'ema' | 'raw' | undefined } = {},
): Promise<PortableModel> {
  const manifest = await readRunManifest(runDir);
  const { network, objective } = manifest.config;
  const model = covaeModel(network, objective);
  const use = (checkpoint: Checkpoint): Float32Array => {
    try {
      return fromTorch(model.plan.layout, weights === 'ema' ? checkpoint.ema : checkpoint.model);
    } catch (error) {
      throw new UserError(`${checkpoint.folder} does not suit its run: ${sentenceOf(error)}.`, {
        code: 'unreadable',
      });
    }
  };
  const found = await useCheckpoint(runDir, asked, use);
  if (!found) {
    throw new UserError(`The run ${manifest.id} has no checkpoint yet; train it for a while first.`, {
      code: 'not-found',
    });
  }
  const { step, passedOver } = found.checkpoint;
  const damage = damageSentence(passedOver, step);
  return {
    manifest,
    step,
    weights,
    sha256: await weightsHash(runDir, step, weights),
    model,
    flat: found.used,
    remarks: damage === null ? [] : [damage],
  };
}

/** Records some of a model's functions, the weights in them as constants; see {@link portableFunctions}. */
export function recordPortable(
  { model, flat }: Pick<PortableModel, 'model' | 'flat'>,
  names: readonly PortableFunctionName[],
  signal?: AbortSignal,
): RecordedFunction[] {
  const functions = portableFunctions(model, flat);
  return names.map((name) => {
    signal?.throwIfAborted();
    return recordFunction(name, functions[name], new Map());
  });
}
