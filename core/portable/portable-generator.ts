import { inferenceFunctions } from '../explore/inference-functions.ts';
import { ProgramGenerator } from '../explore/generator.ts';
import { compileProgram } from '../tensor/compile.ts';
import type { PortableModel } from './portable-model.ts';

/**
 * Draws with a model that is taken elsewhere, and frees it afterwards.
 *
 * @param ema what it draws with unless raw weights are asked for; raw ones are the model's own
 */
export function withGenerator<T>(
  { model, flat, manifest, step }: PortableModel,
  ema: Float32Array,
  use: (generator: ProgramGenerator) => T,
): T {
  const { network, objective } = model;
  const shape = [flat.length];
  const vectors = { parameters: { shape, data: flat }, ema: { shape, data: ema } };
  const program = compileProgram(vectors, inferenceFunctions(model), { origin: { network, objective } });
  try {
    return use(
      new ProgramGenerator(
        manifest,
        program,
        () => step,
        () => undefined,
      ),
    );
  } finally {
    program.dispose();
  }
}
