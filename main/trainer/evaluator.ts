/** The evaluator: measures runs, and draws the samples of an evaluation again. */
import path from 'node:path';
import { UserError } from '../../core/errors.ts';
import { measureDraw } from '../../core/evaluate/draws/measure-draw.ts';
import { evaluationsFolder, readEvaluation } from '../../core/evaluate/store.ts';
import type { EvaluationRecord } from '../../core/evaluate/record.ts';
import type { Generator } from '../../core/explore/api.ts';
import { openGenerator } from '../../core/explore/open-generator.ts';
import { withPrior } from '../../core/explore/prior/fit-prior.ts';
import { runFolder } from '../../core/library.ts';
import { averagedRun } from '../../core/train/averages/averaged-run.ts';
import { tryAverages } from '../../core/train/averages/try-averages.ts';
import type { ImageBatch } from '../../core/data/dataset.ts';
import { EvaluatorProtocol } from '../process/evaluator-protocol.ts';
import { giveWay } from '../process/priority.ts';
import { type ParentPort, serve, type Tell } from '../process/serve.ts';
import { evaluate } from './evaluate.ts';
import { SignalEnd } from './signal-end.ts';
import { throttled } from './throttle.ts';

const PROGRESS_INTERVAL = 100;

/** @param home the library folder */
export function serveEvaluator(port: ParentPort, home: string): void {
  giveWay('beside');
  // Main takes an evaluation back when it ends.
  const ends = new SignalEnd(() => undefined);
  const again = new DrawnAgain(home);
  const tell: Tell<EvaluatorProtocol> = serve<EvaluatorProtocol>(EvaluatorProtocol, port, {
    'evaluation.run': (order, signal) =>
      ends.during(() =>
        evaluate(home, order, {
          signal,
          onProgress: (progress) => tell('evaluation.progress', { jobId: order.jobId, progress }),
        }),
      ),
    'draws.measure': ({ runId, id, by }, signal) => {
      const progress = throttled(PROGRESS_INTERVAL, (told: { done: number; total: number }) =>
        tell('draws.measuring', { runId, id, ...told }),
      );
      return ends.during(() =>
        measureDraw(home, runId, id, by, {
          signal,
          onProgress: (done, total) => progress.push({ done, total }),
        }),
      );
    },
    'averages.try': ({ runId }, signal) => {
      const progress = throttled(PROGRESS_INTERVAL, (told: { done: number; total: number }) =>
        tell('averages.progress', { runId, ...told }),
      );
      return ends.during(() =>
        tryAverages(home, runId, {
          signal,
          onProgress: (done, total) => progress.push({ done, total }),
        }),
      );
    },
    'averages.make': async ({ runId, length, name }, signal) => ({
      runId: (
        await averagedRun(home, runId, {
          length,
          ...(name !== undefined && { name }),
          signal,
        })
      ).id,
    }),
    'evaluation.samples': ({ runId, file, samples }, signal) => again.samples(runId, file, samples, signal),
  });
  tell('ready', {});
}

/** Samples of evaluations, drawn again with the weights that they were measured with. */
export class DrawnAgain {
  readonly #home: string;
  readonly #open: typeof openGenerator;
  /** The model used last: the pictures of one evaluation are asked for in several pieces. */
  #model: { key: string; generator: Promise<Generator> } | null = null;

  constructor(home: string, open = openGenerator) {
    this.#home = home;
    this.#open = open;
  }

  /**
   * @param samples numbers of samples
   * @throws UserError when the checkpoint is gone or is another one by now
   */
  async samples(
    runId: string,
    file: string,
    samples: readonly number[],
    signal?: AbortSignal,
  ): Promise<ImageBatch> {
    const folder = runFolder(this.#home, runId);
    const record = await readEvaluation(path.join(evaluationsFolder(folder), file));
    if (record.kind !== 'samples') {
      throw new UserError('This evaluation is of reconstructions and has no samples.', { code: 'invalid' });
    }
    const generator = await this.#generator(folder, record);
    const all = await withPrior(optionsOf(record), { home: this.#home, modelNow: () => generator, signal });
    let images: ImageBatch | null = null;
    for (const [at, start] of samples.entries()) {
      signal?.throwIfAborted();
      const one = generator.sample({ ...all, start });
      const size = one.data.length;
      images ??= { ...one, count: samples.length, data: new Uint8Array(samples.length * size) };
      images.data.set(one.data, at * size);
      // Somebody may have said meanwhile that it is not wanted.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (images === null) throw new Error('no samples were asked for');
    return images;
  }

  #generator(folder: string, { checkpoint: { step } }: EvaluationRecord): Promise<Generator> {
    const key = `${folder} ${step}`;
    if (this.#model?.key === key) return this.#model.generator;
    void this.#model?.generator.then(
      (generator) => generator.dispose(),
      () => undefined,
    );
    const generator = this.#open(folder, { step });
    this.#model = { key, generator };
    generator.catch(() => {
      if (this.#model?.generator === generator) this.#model = null;
    });
    return generator;
  }
}

function optionsOf(record: EvaluationRecord) {
  const { seed, passes, times, prior, temperature, laterTemperature, label, weights } = record;
  return {
    ...{ count: 1, seed, passes: passes ?? 1, temperature, weights },
    ...(prior !== undefined && { prior }),
    ...(laterTemperature !== undefined && { laterTemperature }),
    ...(label !== null && { label }),
    ...(times.length > 0 && { reencodeAt: times.map((t) => ({ t })) }),
  };
}
