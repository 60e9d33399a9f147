/** Everything that is drawn from a model: samples for the window, and files. */
import { withSentence } from '../../core/errors.ts';
import { exportGridPng } from '../../core/export/grid.ts';
import { type DrawingDetails, provenanceOf } from '../../core/explore/provenance.ts';
import { sampleCommand } from '../../core/explore/draw-command.ts';
import { drawDetails } from '../../core/explore/draw-details.ts';
import { keepDraw } from '../../core/explore/draws/keep-draw.ts';
import { type Parts, sampleInParts } from '../../core/explore/parts.ts';
import type { Generator, SampleOptions } from '../../core/explore/api.ts';
import { withPrior } from '../../core/explore/prior/fit-prior.ts';
import { runFolder } from '../../core/library.ts';
import { checkpointHash } from '../../core/run/checkpoint-hash.ts';
import { defined } from '../defined.ts';
import type { CallResult, DrawFitting, DrawProgress } from '../ipc/contract.ts';
import { throttled } from './throttle.ts';

const PROGRESS_INTERVAL = 100;

interface Run {
  runId: string;
}

/** The checkpoint that draws; undefined: the newest, or the model in training. */
type Asked = 'best' | number | undefined;

/** Gives the models of runs. */
export interface Models {
  /** The model in training when it is that run; else, or with a step, one opened from a checkpoint. */
  of(runId: string, step?: number): Promise<Generator>;
  /** Step of the checkpoint that is asked for; undefined for the newest. */
  stepOf(runId: string, asked: Asked): Promise<number | undefined>;
}

/** As the contract hands them over: what is not asked for is undefined. */
type AskedSamples = Run & { checkpoint?: Asked } & {
  [K in keyof SampleOptions]: SampleOptions[K] | undefined;
} & Pick<SampleOptions, 'count' | 'seed' | 'passes'>;

export interface DrawingEvents {
  progress: (progress: DrawProgress) => void;
  fitting: (progress: DrawFitting) => void;
}

const SILENT: DrawingEvents = { progress: () => undefined, fitting: () => undefined };

/** Draws from the runs of a library. All that draws stops within one network call when its signal is aborted. */
export class Drawing {
  readonly #home: string;
  readonly #models: Models;
  readonly #tell: DrawingEvents;
  /** What is being drawn and kept, by the number of its order. */
  readonly #underWay = new Map<string, { runId: string; stop: AbortController }>();

  constructor(home: string, models: Models, tell: DrawingEvents = SILENT) {
    this.#home = home;
    this.#models = models;
    this.#tell = tell;
  }

  /** Draws a network call at a time: the model in training takes its steps in between. */
  async sample(asked: AskedSamples, signal?: AbortSignal): Promise<Parts> {
    const modelNow = await this.#modelOf(asked);
    try {
      const options = await withPrior(optionsOf(asked), { home: this.#home, modelNow, signal });
      return await sampleInParts(modelNow, options, undefined, signal);
    } catch (error) {
      throw withSentence(error);
    }
  }

  /** Draws and keeps as it goes; stopped by {@link stop} or the signal, what was drawn stays. */
  async make(
    { orderId, ...asked }: AskedSamples & { orderId: string },
    signal?: AbortSignal,
  ): Promise<CallResult<'draws.make'>> {
    const { runId } = asked;
    const total = asked.count;
    const stop = new AbortController();
    this.#underWay.set(orderId, { runId, stop });
    signal?.addEventListener('abort', () => stop.abort(), { once: true });
    if (signal?.aborted) stop.abort();
    const began = performance.now();
    const told = throttled(PROGRESS_INTERVAL, this.#tell.progress);
    const fitting = throttled(PROGRESS_INTERVAL, this.#tell.fitting);
    try {
      const modelNow = await this.#modelOf(asked);
      return await keepDraw(optionsOf(asked), {
        ...{ runDir: runFolder(this.#home, runId), modelNow },
        prepare: async (options) => {
          const ready = await withPrior(options, {
            ...{ home: this.#home, modelNow, signal: stop.signal },
            onProgress: (done, fitted) => fitting.push({ orderId, done, total: fitted }),
          });
          // Said before the first sample is.
          fitting.flush();
          return ready;
        },
        signal: stop.signal,
        onProgress: ({ id }, done) => {
          const seconds = (performance.now() - began) / 1000;
          const perSecond = seconds > 0 ? done / seconds : null;
          const secondsLeft = perSecond === null ? null : (total - done) / perSecond;
          told.push({ runId, orderId, id, done, total, perSecond, secondsLeft });
        },
      });
    } catch (error) {
      throw withSentence(error);
    } finally {
      told.flush();
      this.#underWay.delete(orderId);
    }
  }

  /** Stops a draw within one network call. */
  stop(orderId: string): void {
    this.#underWay.get(orderId)?.stop.abort();
  }

  /** Stops all draws, or those of one run. */
  stopAll(runId?: string): void {
    for (const draw of this.#underWay.values()) {
      if (runId === undefined || draw.runId === runId) draw.stop.abort();
    }
  }

  /** Draws and writes one PNG to `target`; one of that name is replaced. */
  async writeSamples(asked: AskedSamples, target: string, signal?: AbortSignal): Promise<{ path: string }> {
    const { manifest, step, lastStep, images } = await this.sample(asked, signal);
    signal?.throwIfAborted();
    const told = await this.#details(asked.runId, optionsOf(asked), step, lastStep);
    await exportGridPng(target, images, { force: true, provenance: provenanceOf(manifest, step, told) });
    return { path: target };
  }

  /** With the command that draws it again, unless the model has learned since its last checkpoint: that does not come again. */
  async #details(
    run: string,
    options: SampleOptions,
    step: number,
    lastStep: number,
  ): Promise<DrawingDetails> {
    if (lastStep !== step) return drawDetails(options, lastStep);
    const checkpoint = await checkpointHash(runFolder(this.#home, run), step, options.weights ?? 'ema');
    const command = sampleCommand({ run, step, scale: 1 }, options);
    return { ...drawDetails(options), ...(checkpoint !== null && { checkpoint, command }) };
  }

  /** Which checkpoint is the best one is asked once a draw, so that all of it comes from the same. */
  async #modelOf({ runId, checkpoint }: Run & { checkpoint?: Asked }): Promise<() => Promise<Generator>> {
    const step = await this.#models.stepOf(runId, checkpoint);
    return () => this.#models.of(runId, step);
  }
}

function optionsOf({ runId: _, checkpoint: _c, ...options }: AskedSamples): SampleOptions {
  return defined(options);
}
