/** The window's evaluations: what main answers itself, and what it has the evaluator do. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { evaluationsFolder, listEvaluations, readEvaluation } from '../core/evaluate/store.ts';
import { csvOf, evaluationTable, markdownOf } from '../core/evaluate/table.ts';
import { differencesOf, withMeasures } from '../core/evaluate/comparison.ts';
import { errorCode, writeFileAtomic, writeProblem } from '../core/files.ts';
import { runFolder } from '../core/library.ts';
import { summarizeRun } from '../core/run/catalogue.ts';
import { listCheckpoints } from '../core/run/checkpoint.ts';
import { readRunManifest } from '../core/run/run-folder.ts';
import { extractorChoices } from './extractor-choices.ts';
import type { CallParams, CallResult, EventName, EventPayload } from './ipc/contract.ts';
import type { EvaluationOrder, EvaluationProgress } from './ipc/evaluation-contract.ts';
import { type CallHandlers, failureOf, type Log, type PixelHandlers } from './ipc/gate.ts';
import { JobQueue } from './job-queue.ts';
import type { EvaluatorProtocol } from './process/evaluator-protocol.ts';
import type { Supervisor } from './process/supervisor.ts';

type Calls = Pick<CallHandlers, Extract<keyof CallHandlers, `evaluations.${string}`>>;
type Pixels = Pick<PixelHandlers, Extract<keyof PixelHandlers, `evaluation.${string}`>>;

/** A measure may take this long to notice that it is not wanted, milliseconds; then its process is ended. */
const PATIENCE = 1_000;
/** The evaluator holds memory, also that of a GPU: it goes when it has not been asked for so long, milliseconds. */
const IDLE = 60_000;

export interface EvaluationsOptions {
  home: string;
  evaluator: Supervisor<EvaluatorProtocol>;
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void;
  log: Log;
  /** Native save dialog; null when the person cancels. */
  choosePath: (name: string, kind: 'csv' | 'md') => Promise<string | null>;
}

export class Evaluations {
  readonly queue: JobQueue<EvaluationOrder, EvaluationProgress, { count: number }>;
  readonly #options: EvaluationsOptions;
  #asked = 0;
  #idle: NodeJS.Timeout | null = null;

  constructor(options: EvaluationsOptions) {
    const { evaluator, emit, log } = options;
    this.#options = options;
    this.queue = new JobQueue({
      words: ['evaluation', 'evaluations'],
      run: (order, signal) => this.#run(order, signal),
      changed: (jobs) => emit('evaluations.jobs', jobs),
      done: ({ jobId, runId }, { count }) => {
        emit('evaluations.done', { jobId, runId, count });
        emit('evaluations.changed', { runId });
      },
      sentence: (error) => failureOf(error, 'evaluation.run', log).message,
    });
    evaluator.on('averages.progress', (progress) => emit('averages.progress', progress));
    evaluator.on('draws.measuring', (progress) => emit('draws.measuring', progress));
    evaluator.on('evaluation.progress', ({ jobId, progress }) => {
      if (this.queue.progress(jobId, progress)) emit('evaluations.progress', { jobId, progress });
    });
  }

  readonly calls: Calls = {
    'evaluations.list': async ({ runId }) => {
      const { evaluations, damaged } = await listEvaluations(this.#folder(runId));
      return {
        evaluations: evaluations.map(({ file, record }) => ({ file: path.basename(file), record })),
        damaged: damaged.map(({ problem }) => problem),
      };
    },
    'evaluations.choices': ({ runId }) => this.#choices(runId),
    'evaluations.start': async (order) => {
      this.queue.add(order);
      return {};
    },
    'evaluations.jobs': async () => [...this.queue.jobs],
    'evaluations.stop': async ({ jobId }) => {
      this.queue.cancel(jobId);
      return {};
    },
    'evaluations.remove': async ({ runId, file }) => {
      const target = path.join(evaluationsFolder(this.#folder(runId)), file);
      try {
        await fs.unlink(target);
      } catch (error) {
        // Somebody else removed it: it is gone, as was wished.
        if (errorCode(error) !== 'ENOENT') throw writeProblem(error, 'evaluation', target);
      }
      this.#options.emit('evaluations.changed', { runId });
      return {};
    },
    'evaluations.export': async ({ evaluations, measures, as }) => {
      const records = await Promise.all(
        evaluations.map(({ runId, file }) =>
          readEvaluation(path.join(evaluationsFolder(this.#folder(runId)), file)),
        ),
      );
      const table = withMeasures(evaluationTable(records), measures);
      const differences = differencesOf(records);
      const [kind, text] =
        as === 'csv'
          ? (['csv', csvOf(table)] as const)
          : (['md', `${markdownOf(table)}${differences === null ? '' : `\n${differences}\n`}`] as const);
      const target = await this.#options.choosePath('evaluations', kind);
      if (target === null) return null;
      // The dialog has asked whether a file of this name is to be replaced.
      await writeFileAtomic(target, text, 'table');
      return { path: target };
    },
  };

  readonly pixels: Pixels = {
    'evaluation.samples': (params, signal) =>
      this.#ask(() => this.#options.evaluator.request('evaluation.samples', params, signal)),
  };

  /** Measures the samples of a kept draw. */
  measureDraw(
    params: CallParams<'draws.measure'>,
    signal?: AbortSignal,
  ): Promise<CallResult<'draws.measure'>> {
    return this.#ask(() => this.#options.evaluator.request('draws.measure', params, signal));
  }

  /** Measures averages of a run's weights. */
  tryAverages(
    params: CallParams<'runs.averages'>,
    signal?: AbortSignal,
  ): Promise<CallResult<'runs.averages'>> {
    return this.#ask(() => this.#options.evaluator.request('averages.try', params, signal));
  }

  /** Makes a run with an average as its EMA weights. */
  makeAverage(params: CallParams<'runs.average'>, signal?: AbortSignal): Promise<CallResult<'runs.average'>> {
    return this.#ask(() => this.#options.evaluator.request('averages.make', params, signal));
  }

  /** Whether an evaluation of this run is under way or waits. */
  holds(runId: string): boolean {
    return this.queue.jobs.some((job) => job.runId === runId && job.state !== 'failed');
  }

  close(): Promise<void> {
    return this.queue.close();
  }

  async #run(order: EvaluationOrder, signal: AbortSignal): Promise<{ count: number }> {
    let timer: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', () => {
      timer = setTimeout(() => this.#options.evaluator.rest(), PATIENCE);
    });
    try {
      const { jobId, runId, extractor, passes, count, against, weights, step, protocol, seed } = order;
      const asked = { jobId, runId, extractor, passes, count, against, weights, step, protocol, seed };
      return await this.#ask(() => this.#options.evaluator.request('evaluation.run', asked, signal));
    } finally {
      clearTimeout(timer);
      // What was written before it was stopped stays.
      if (signal.aborted) this.#options.emit('evaluations.changed', { runId: order.runId });
    }
  }

  /** Asks the evaluator, and lets it go when nothing has been asked for a while. */
  async #ask<T>(work: () => Promise<T>): Promise<T> {
    this.#asked++;
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    try {
      return await work();
    } finally {
      this.#asked--;
      if (this.#asked === 0) {
        this.#idle = setTimeout(() => this.#options.evaluator.rest(), IDLE);
        this.#idle.unref();
      }
    }
  }

  async #choices(runId: string): Promise<CallResult<'evaluations.choices'>> {
    const folder = this.#folder(runId);
    const manifest = await readRunManifest(folder);
    const { best } = await summarizeRun(this.#options.home, runId);
    const checkpoints = await listCheckpoints(folder);
    return {
      steps: checkpoints
        .filter(({ problem }) => problem === null)
        .map(({ step }) => step)
        .reverse(),
      best: best?.step ?? null,
      heldOut: manifest.dataset?.heldOut ?? 0,
      extractors: await extractorChoices(this.#options.home, manifest),
    };
  }

  #folder(runId: string): string {
    return runFolder(this.#options.home, runId);
  }
}
