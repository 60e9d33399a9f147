import type { CovaeModel } from '../covae/model.ts';
import { inferenceFunctions } from '../explore/inference-functions.ts';
import { compileProgram, type CompileOptions } from '../tensor/compile.ts';
import { eagerProgram } from '../tensor/eager.ts';
import type { Program } from '../tensor/program.ts';
import { derivesGradients } from '../nn/own-gradient.ts';
import type { ModelConfig } from '../config/model.ts';
import { accumulatedSizes, trainFunctions } from './program.ts';
import { asInitial, type Vectors } from './state.ts';
import type { Continuation } from '../schedule/continuation.ts';
import { graphVariants } from './graph-variants.ts';
import { Stepper } from './stepper.ts';

export interface OpenProgramOptions extends CompileOptions {
  /** `eager`: operation by operation, slower; for comparison. Default: `compiled`. */
  execution?: 'compiled' | 'eager';
  /** Where the run was given more steps. */
  continued?: readonly Continuation[];
}

/**
 * What of a configuration the functions of a program are made from, besides their names and shapes: all but what is
 * decided beside the graph, from step to step.
 */
export function programOrigin({ network, objective, training }: Omit<ModelConfig, 'augment'>): unknown {
  const {
    steps: _,
    learningRate: _r,
    warmupSteps: _w,
    klWarmupSteps: _kw,
    learningRateSchedule: _s,
    horizontalFlip: _f,
    binarise: _b,
    labelDropout: _l,
    emaRate: _er,
    logEvery: _le,
    sampleEvery: _se,
    checkpointEvery: _ce,
    checkpointMinutes: _cm,
    evaluateEvery: _ee,
    evaluateCount: _en,
    evaluateExtractor: _ex,
    bestMeasure: _bm,
    snapshotEvery,
    ...rest
  } = training;
  return {
    ...{ network, objective, training: rest, derivedGradients: derivesGradients() },
    ...(snapshotEvery > 0 && { snapshots: true }),
  };
}

/** What a training runs: its steps from `fromStep` on, and drawing, over one state that begins as `vectors`. */
export function openProgram(
  model: CovaeModel,
  config: ModelConfig,
  vectors: Vectors,
  fromStep: number,
  {
    execution = 'compiled',
    origin = programOrigin(config),
    continued = [],
    ...options
  }: OpenProgramOptions = {},
): { program: Program; stepper: Stepper } {
  const variants = graphVariants(config, fromStep, continued);
  const accumulated = Object.fromEntries(
    Object.entries(accumulatedSizes(model, config)).map(([name, size]) => [name, new Float32Array(size)]),
  );
  const initial = asInitial({ ...vectors, ...accumulated });
  const functions = { ...trainFunctions(model, config, variants), ...inferenceFunctions(model) };
  const program =
    execution === 'eager'
      ? eagerProgram(initial, functions)
      : compileProgram(initial, functions, { origin, ...options });
  return { program, stepper: new Stepper(config, program, variants) };
}
