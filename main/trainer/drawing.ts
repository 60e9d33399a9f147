/** Everything that is drawn from a model: samples for the window, and files. */
import path from 'node:path';
import { UserError, withSentence } from '../../core/errors.ts';
import type { ImageBatch } from '../../core/data/dataset.ts';
import { openDataset } from '../../core/data/packed.ts';
import { exportGridPng, writeGridPng, writeSinglePngs } from '../../core/export/grid.ts';
import { type DrawingDetails, provenanceOf } from '../../core/explore/provenance.ts';
import type { RunManifest } from '../../core/run/manifest.ts';
import { findDataset } from '../../core/run/run-dataset.ts';
import { drawDetails } from '../../core/explore/draw-details.ts';
import { drawInCalls, type Parts, sampleInParts } from '../../core/explore/parts.ts';
import { formatTimePoint } from '../../core/explore/time-point.ts';
import type { Generator, InterpolationOptions, SampleOptions, TimePoint } from '../../core/explore/api.ts';
import { defined } from '../defined.ts';
import type { CallResult } from '../ipc/contract.ts';
import { keptName, readDraw, samplesFolder } from './saved-samples.ts';

interface Run {
  runId: string;
}

interface Ends {
  a: number;
  b: number;
  at?: TimePoint | undefined;
}

/** The dialog in which a file is chosen asks whether it is to be replaced. */
const ASKED = true;

/** Gives the model of a run: the one in training when it is that run, else one opened from its checkpoint. */
export type ModelOf = (runId: string) => Promise<Generator>;

/** As the contract hands them over: what is not asked for is undefined. */
type AskedSamples = Run & { [K in keyof SampleOptions]: SampleOptions[K] | undefined } & Pick<
    SampleOptions,
    'count' | 'seed' | 'passes'
  >;

/** Draws from the runs of a library. All that draws stops within one network call when its signal is aborted. */
export class Drawing {
  readonly #home: string;
  readonly #modelOf: ModelOf;
  /** The ends of the last path: a slider asks for the same two again and again. */
  #ends: { key: string; a: ImageBatch; b: ImageBatch } | null = null;

  constructor(home: string, modelOf: ModelOf) {
    this.#home = home;
    this.#modelOf = modelOf;
  }

  /** Draws a network call at a time: the model in training takes its steps in between. */
  async sample(asked: AskedSamples, signal?: AbortSignal): Promise<Parts> {
    const { runId } = asked;
    try {
      return await sampleInParts(() => this.#modelOf(runId), optionsOf(asked), undefined, signal);
    } catch (error) {
      throw withSentence(error);
    }
  }

  async interpolate(
    { runId, a, b, positions, at }: Run & Ends & Pick<InterpolationOptions, 'positions'>,
    signal?: AbortSignal,
  ): Promise<Parts> {
    const { manifest } = await this.#modelOf(runId);
    const ends = await this.#readEnds(manifest, a, b);
    try {
      return await drawInCalls(
        () => this.#modelOf(runId),
        (model) => model.interpolateCalls(ends.a, ends.b, { positions, ...defined({ at }) }),
        signal,
      );
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
    await writeGridPng(file, images, {
      provenance: provenanceOf(manifest, step, details(options, step, lastStep)),
    });
    const draw = await readDraw(file);
    if (draw === null) throw new Error(`${file} does not say how it was drawn`);
    return { runId, file: name, ...draw };
  }

  /** Draws and writes one PNG to `target`, or a folder of them. */
  async writeSamples(
    { as, ...asked }: AskedSamples & { as: 'grid' | 'singles' },
    target: string,
    signal?: AbortSignal,
  ): Promise<CallResult<'samples.export'> & object> {
    const { manifest, step, lastStep, images } = await this.sample(asked, signal);
    signal?.throwIfAborted();
    const told = details(optionsOf(asked), step, lastStep);
    if (as === 'grid') {
      await exportGridPng(target, images, { force: ASKED, provenance: provenanceOf(manifest, step, told) });
      return { path: target, files: 1, step, lastStep };
    }
    const files = await writeSinglePngs(target, images, {
      provenance: (index) => provenanceOf(manifest, step, { ...told, index }),
      signal,
    });
    return { path: target, files: files.length, step, lastStep };
  }

  /** Draws evenly spaced samples from image a to image b and writes them as one strip. */
  async writeStrip(
    options: Run & Ends & { frames: number },
    target: string,
    signal?: AbortSignal,
  ): Promise<{ path: string }> {
    const { a, b, frames, at } = options;
    const positions = Array.from({ length: frames }, (_, i) => i / (frames - 1));
    const { manifest, step, images } = await this.interpolate({ ...options, positions }, signal);
    signal?.throwIfAborted();
    const told: DrawingDetails = {
      kind: 'interpolation',
      a,
      b,
      frames,
      ...(at !== undefined && { at: formatTimePoint(at) }),
    };
    await exportGridPng(target, images, {
      force: ASKED,
      columns: frames,
      provenance: provenanceOf(manifest, step, told),
    });
    return { path: target };
  }

  async #readEnds(manifest: RunManifest, a: number, b: number): Promise<{ a: ImageBatch; b: ImageBatch }> {
    const { id } = manifest;
    const home = this.#home;
    const dataset = await findDataset(home, manifest);
    const key = JSON.stringify([id, dataset.fingerprint, a, b]);
    if (this.#ends?.key === key) return this.#ends;
    const data = await openDataset(home, dataset.name);
    try {
      if (data.record.fingerprint !== dataset.fingerprint) {
        throw new UserError(
          `The data set "${dataset.name}" is no longer the one that the run ${id} was trained on; import the old images under that name again.`,
        );
      }
      for (const index of [a, b]) {
        if (index >= data.count) {
          throw new UserError(
            `The data set "${dataset.name}" has images 0 to ${data.count - 1}, so there is no image ${index}.`,
            { code: 'not-found' },
          );
        }
      }
      this.#ends = { key, a: await data.readImages(a, 1), b: await data.readImages(b, 1) };
      return this.#ends;
    } finally {
      data.close();
    }
  }
}

function optionsOf({ runId: _, ...options }: AskedSamples): SampleOptions {
  return defined(options);
}

function details(options: SampleOptions, step: number, lastStep: number): DrawingDetails {
  return drawDetails(options, lastStep === step ? undefined : lastStep);
}
