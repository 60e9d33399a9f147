/** Everything that is drawn from a model: samples for the window, and files. */
import path from 'node:path';
import { withSentence } from '../../core/errors.ts';
import { exportGridPng, writeGridPng } from '../../core/export/grid.ts';
import { type DrawingDetails, provenanceOf } from '../../core/explore/provenance.ts';
import { sampleCommand } from '../../core/explore/draw-command.ts';
import { drawDetails } from '../../core/explore/draw-details.ts';
import { type Parts, sampleInParts } from '../../core/explore/parts.ts';
import type { Generator, SampleOptions } from '../../core/explore/api.ts';
import { runFolder } from '../../core/library.ts';
import { checkpointHash } from '../../core/run/checkpoint-hash.ts';
import { defined } from '../defined.ts';
import type { CallResult } from '../ipc/contract.ts';
import { keptName, readDraw, samplesFolder } from './saved-samples.ts';

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

/** Draws from the runs of a library. All that draws stops within one network call when its signal is aborted. */
export class Drawing {
  readonly #home: string;
  readonly #models: Models;

  constructor(home: string, models: Models) {
    this.#home = home;
    this.#models = models;
  }

  /** Draws a network call at a time: the model in training takes its steps in between. */
  async sample(asked: AskedSamples, signal?: AbortSignal): Promise<Parts> {
    const modelNow = await this.#modelOf(asked);
    try {
      return await sampleInParts(modelNow, optionsOf(asked), undefined, signal);
    } catch (error) {
      throw withSentence(error);
    }
  }

  /** Draws and keeps the grid in the run's folder. */
  async keep(asked: AskedSamples, signal?: AbortSignal): Promise<CallResult<'samples.keep'>> {
    const { runId } = asked;
    const options = optionsOf(asked);
    const { manifest, step, lastStep, images } = await this.sample(asked, signal);
    const name = keptName(step, options);
    const file = path.join(samplesFolder(this.#home, runId), name);
    signal?.throwIfAborted();
    const told = await this.#details(runId, options, step, lastStep);
    await writeGridPng(file, images, { provenance: provenanceOf(manifest, step, told) });
    const draw = await readDraw(file);
    if (draw === null) throw new Error(`${file} does not say how it was drawn`);
    return { runId, file: name, ...draw };
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
