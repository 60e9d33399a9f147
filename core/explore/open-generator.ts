import { covaeModel } from '../covae/model.ts';
import { sentenceOf, UserError } from '../errors.ts';
import { fromTorch, type NamedArrays } from '../nn/parameters.ts';
import { type Checkpoint, damageSentence } from '../run/checkpoint.ts';
import { readRunManifest } from '../run/run-folder.ts';
import { useCheckpoint } from '../run/which-checkpoint.ts';
import { compileProgram } from '../tensor/compile.ts';
import type { Program } from '../tensor/program.ts';
import type { Generator } from './api.ts';
import { inferenceFunctions } from './inference-functions.ts';
import { ProgramGenerator } from './generator.ts';

/**
 * Opens a run for drawing with the weights of its newest checkpoint that verifies, or of the one that is asked for.
 * @param options.step step of the checkpoint; default: the newest
 * @param options.dumpGraph folder to leave the compiled graph in
 * @param options.replaceDump replace a graph that is there already
 * @throws UserError when the run is missing or damaged, or has no such checkpoint
 */
export async function openGenerator(
  folder: string,
  options: { step?: number; dumpGraph?: string; replaceDump?: boolean } = {},
): Promise<Generator> {
  return (await openGeneratorProgram(folder, options)).generator;
}

/** As {@link openGenerator}, with the program whose state the weights are, which disposing of the generator frees. */
export async function openGeneratorProgram(
  folder: string,
  options: { step?: number; dumpGraph?: string; replaceDump?: boolean } = {},
): Promise<{ generator: Generator; program: Program }> {
  const manifest = await readRunManifest(folder);
  const { network, objective } = manifest.config;
  const model = covaeModel(network, objective);
  const { layout } = model.plan;
  const use = ({ folder: from, model: weights, ema }: Checkpoint) => {
    const vector = (arrays: Readonly<NamedArrays>) => {
      try {
        return { shape: [layout.size], data: fromTorch(layout, arrays) };
      } catch (error) {
        throw new UserError(`${from} does not suit its run: ${sentenceOf(error)}.`, { code: 'unreadable' });
      }
    };
    return { parameters: vector(weights), ema: vector(ema) };
  };
  const found = await useCheckpoint(folder, options.step, use);
  if (!found) {
    throw new UserError(`The run ${manifest.id} has no checkpoint yet; train it for a while first.`);
  }
  const { step, passedOver } = found.checkpoint;
  const damage = damageSentence(passedOver, step);
  const program = compileProgram(found.used, inferenceFunctions(model), {
    origin: { network, objective },
    ...(options.dumpGraph !== undefined && { dumpDir: options.dumpGraph }),
    ...(options.replaceDump !== undefined && { replaceDump: options.replaceDump }),
  });
  const generator = new ProgramGenerator(
    manifest,
    program,
    () => step,
    () => program.dispose(),
    damage === null ? [] : [damage],
  );
  return { generator, program };
}
