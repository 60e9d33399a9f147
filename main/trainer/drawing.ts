/** Everything that is drawn from a model: pictures for the window, and files. */
import path from 'node:path';
import fs from 'node:fs/promises';
import { UserError } from '../../core/errors.ts';
import type { ImageBatch } from '../../core/data/dataset.ts';
import { openDataset } from '../../core/data/packed.ts';
import { writeGridPng, writeSinglePngs } from '../../core/export/grid.ts';
import { type DrawingDetails, provenanceOf } from '../../core/export/provenance.ts';
import { runFolder } from '../../core/library.ts';
import type { RunManifest } from '../../core/run/manifest.ts';
import { datasetOf } from '../../core/run/run-dataset.ts';
import type { Generator, InterpolationOptions, SampleOptions } from '../../core/train/api.ts';
import type { CallResult } from '../ipc/contract.ts';
import { keptName, samplesFolder } from './saved-pictures.ts';
import { withSentence } from './sentences.ts';

interface Run {
  home: string;
  runId: string;
}

interface Ends {
  a: number;
  b: number;
  timeIndex?: number | undefined;
}

/** Gives the model of a run: the one in training when it is that run, else one opened from its checkpoint. */
export type ModelOf = (run: Run) => Promise<Generator>;

interface Drawn {
  manifest: RunManifest;
  step: number;
  images: ImageBatch;
}

export class Drawing {
  readonly #modelOf: ModelOf;
  /** The ends of the last path: a slider asks for the same two again and again. */
  #ends: { key: string; a: ImageBatch; b: ImageBatch } | null = null;

  constructor(modelOf: ModelOf) {
    this.#modelOf = modelOf;
  }

  async sample({ home, runId, count, seed, passes }: Run & SampleOptions): Promise<Drawn> {
    const model = await this.#modelOf({ home, runId });
    return drawn(model, () => model.sample({ count, seed, passes }));
  }

  async interpolate(run: Run & Ends & Pick<InterpolationOptions, 'positions'>): Promise<Drawn> {
    const { home, runId, a, b, positions, timeIndex } = run;
    const { manifest } = await this.#modelOf({ home, runId });
    const ends = await this.#readEnds(home, manifest, a, b);
    // Asked for again: what was given is good for one turn of the event loop only.
    const model = await this.#modelOf({ home, runId });
    return drawn(model, () =>
      model.interpolate(ends.a, ends.b, { positions, ...(timeIndex !== undefined && { timeIndex }) }),
    );
  }

  /** Draws and keeps the grid in the run's folder. */
  async keep(options: Run & SampleOptions): Promise<CallResult<'samples.keep'>> {
    const { home, runId, count, seed, passes } = options;
    const { manifest, step, images } = await this.sample(options);
    const name = keptName({ step, seed, count, passes });
    const file = path.join(samplesFolder(home, runId), name);
    await writeGridPng(file, images, {
      provenance: provenanceOf(manifest, step, sampleDetails({ count, seed, passes })),
    });
    const { mtime } = await fs.stat(file);
    return { runId, file: name, step, seed, count, passes, createdAt: mtime.toISOString() };
  }

  /** Draws and writes one PNG to `target`, or a folder of them. */
  async writeSamples(
    options: Run & SampleOptions & { as: 'grid' | 'singles' },
    target: string,
  ): Promise<{ path: string; files: number }> {
    const { manifest, step, images } = await this.sample(options);
    const details = sampleDetails(options);
    if (options.as === 'grid') {
      await writeGridPng(target, images, { provenance: provenanceOf(manifest, step, details) });
      return { path: target, files: 1 };
    }
    const files = await writeSinglePngs(target, images, {
      provenance: (index) => provenanceOf(manifest, step, { ...details, index }),
    });
    return { path: target, files: files.length };
  }

  /** Draws evenly spaced pictures from image a to image b and writes them as one strip. */
  async writeStrip(options: Run & Ends & { frames: number }, target: string): Promise<{ path: string }> {
    const { a, b, frames, timeIndex } = options;
    const positions = Array.from({ length: frames }, (_, i) => i / (frames - 1));
    const { manifest, step, images } = await this.interpolate({ ...options, positions });
    const details: DrawingDetails = {
      kind: 'interpolation',
      a,
      b,
      frames,
      ...(timeIndex !== undefined && { timeIndex }),
    };
    await writeGridPng(target, images, {
      columns: frames,
      provenance: provenanceOf(manifest, step, details),
    });
    return { path: target };
  }

  async #readEnds(
    home: string,
    manifest: RunManifest,
    a: number,
    b: number,
  ): Promise<{ a: ImageBatch; b: ImageBatch }> {
    const { id } = manifest;
    const dataset = datasetOf(manifest);
    const key = JSON.stringify([runFolder(home, id), dataset.fingerprint, a, b]);
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

function sampleDetails({ count, seed, passes }: SampleOptions): DrawingDetails {
  return { kind: 'samples', seed, count, passes, weights: 'ema' };
}

function drawn(model: Generator, draw: () => ImageBatch): Drawn {
  try {
    return { manifest: model.manifest, step: model.step, images: draw() };
  } catch (error) {
    throw withSentence(error);
  }
}
