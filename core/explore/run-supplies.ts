/** What points of a run are made of: images of its data set, image files, saved latents, its directions, neighbours. */
import { readDatasetRecord } from '../data/catalogue.ts';
import type { PackedDataset } from '../data/packed.ts';
import type { DatasetRecord, ImageBatch } from '../data/dataset.ts';
import { UserError } from '../errors.ts';
import { runFolder } from '../library.ts';
import { weightsHash } from '../run/checkpoint-hash.ts';
import { findDataset, openDatasetOf } from '../run/run-dataset.ts';
import type { RunManifest } from '../run/manifest.ts';
import { countOf } from '../words.ts';
import { readDirection, stampOfDirection } from './directions/store.ts';
import { readSamples } from './draws/draw-store.ts';
import { encodeDataset } from './neighbours/encodings.ts';
import { type Neighbour, NeighbourIndex } from './neighbours/neighbour-index.ts';
import type { ModelNow } from './parts.ts';
import { type LatentFile, readLatents } from './points/latent-file.ts';
import { type Encoding, type SavedLatent, type Supplies, timeOf } from './points/latents.ts';
import { readImageFile, stampOf } from './points/image-file.ts';
import { rowOf } from './points/vectors.ts';

export interface RunSuppliesOptions {
  home: string;
  manifest: RunManifest;
  modelNow: ModelNow;
  /** Told what a person should know: a direction or a latent of another run. Once each. */
  onRemark?: (sentence: string) => void;
  /** Told while a data set is encoded for its neighbours. */
  onProgress?: (done: number, total: number) => void;
}

/** Indices kept at once. */
const KEPT = 2;
/** Image files kept at once: as many as a path has points. */
const KEPT_PICTURES = 12;

export class RunSupplies implements Supplies {
  readonly #options: RunSuppliesOptions;
  readonly #remarked = new Set<string>();
  readonly #files = new Map<string, LatentFile>();
  /** Image files as they were read, the first one first: a slider asks for the same ones again and again. */
  readonly #pictures = new Map<string, { image: ImageBatch; stamp: string }>();
  readonly #indices = new Map<string, Promise<NeighbourIndex>>();
  readonly #directions = new Map<string, { values: Float32Array; stamp: string }>();

  constructor(options: RunSuppliesOptions) {
    this.#options = options;
  }

  /** Lets the run's data set be used. @throws UserError when there is none, or it has other images by now */
  async withDataset<T>(use: (dataset: PackedDataset) => Promise<T>): Promise<T> {
    const { home, manifest } = this.#options;
    const dataset = await openDatasetOf(home, manifest);
    try {
      return await use(dataset);
    } finally {
      dataset.close();
    }
  }

  images(indices: readonly number[]): Promise<ImageBatch> {
    return this.withDataset(async (dataset) => {
      checkIndices(dataset, indices);
      const { height, width, channels } = dataset.record;
      return { count: indices.length, height, width, channels, data: dataset.readAt(indices) };
    });
  }

  async file(file: string): Promise<{ image: ImageBatch; stamp: string }> {
    const known = this.#pictures.get(file);
    if (known?.stamp === (await stampOf(file))) return known;
    const { manifest } = this.#options;
    const read = await readImageFile(file, manifest.config.network, await this.#settings());
    this.#pictures.delete(file);
    this.#pictures.set(file, read);
    const oldest = this.#pictures.keys().next();
    if (this.#pictures.size > KEPT_PICTURES && !oldest.done) this.#pictures.delete(oldest.value);
    return read;
  }

  drawn(draw: string, index: number): Promise<ImageBatch> {
    const { home, manifest } = this.#options;
    return readSamples(runFolder(home, manifest.id), draw, [index]);
  }

  async saved(file: string, asked: number | string): Promise<SavedLatent> {
    let latents = this.#files.get(file);
    if (latents === undefined) {
      latents = await readLatents(file);
      this.#files.set(file, latents);
    }
    const { count, mu, origin, rows } = latents;
    const row = typeof asked === 'number' ? asked : (rows ?? []).findIndex(({ name }) => name === asked);
    if (row < 0) {
      const known = (rows ?? []).slice(0, 20).map(({ name }) => name);
      const words = known.length === 0 ? 'its latents have numbers only' : `it has ${known.join(', ')}`;
      throw new UserError(`${file} has no latent called "${asked}"; ${words}.`, { code: 'not-found', file });
    }
    if (row >= count) {
      throw new UserError(`${file} has ${countOf(count, 'latent')}, so there is no row ${row}.`, {
        code: 'not-found',
        file,
      });
    }
    const { id } = this.#options.manifest;
    const run = rows?.[row]?.run ?? origin.run;
    if (run !== undefined && run !== '' && run !== id) {
      this.#remark(
        `${file} was encoded by the run ${run}, not by ${id}; its latents may mean something else here.`,
      );
    }
    return { values: rowOf(mu, row, mu.length / count), t: rows?.[row]?.t ?? origin.t };
  }

  /** Read once for as long as its file stays as it is: a slider asks for it again and again. */
  async direction(name: string): Promise<Float32Array> {
    const { home, manifest } = this.#options;
    const stamp = await stampOfDirection(runFolder(home, manifest.id), name);
    const known = this.#directions.get(name);
    if (known !== undefined && stamp !== null && known.stamp === stamp) return known.values;
    const { facts, values } = await readDirection(runFolder(home, manifest.id), name);
    if (stamp !== null) this.#directions.set(name, { values, stamp });
    if (facts.run !== manifest.id) {
      this.#remark(
        `The direction ${facts.name} was made for the run ${facts.run}; it may lead elsewhere in ${manifest.id}.`,
      );
    }
    return values;
  }

  async neighbours(
    mu: Float32Array,
    count: number,
    encoding: Encoding,
    signal?: AbortSignal,
  ): Promise<number[]> {
    return (await this.nearest(mu, count, encoding, signal)).map(({ index }) => index);
  }

  /** The images of the data set whose encodings are nearest to a latent. */
  async nearest(
    mu: Float32Array,
    count: number,
    { at, weights = 'ema' }: Pick<Encoding, 'at' | 'weights'>,
    signal?: AbortSignal,
  ): Promise<Neighbour[]> {
    const { home, manifest, modelNow, onProgress } = this.#options;
    const model = await modelNow();
    const key = JSON.stringify([model.step, timeOf(model, at), weights]);
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.withDataset(async (dataset) => {
        const checkpoint = await weightsHash(runFolder(home, manifest.id), model.step, weights);
        const asked = { at, weights, checkpoint, signal, onProgress };
        return new NeighbourIndex(await encodeDataset(modelNow, dataset, asked));
      });
      this.#indices.set(key, index);
      index.catch(() => this.#indices.delete(key));
      const oldest = this.#indices.keys().next();
      if (this.#indices.size > KEPT && !oldest.done) this.#indices.delete(oldest.value);
    }
    return (await index).nearest(mu, count);
  }

  /** How the data set was imported; null where it is not known. */
  async #settings(): Promise<DatasetRecord['settings']> {
    const { home, manifest } = this.#options;
    if (manifest.dataset === null) return null;
    const { name } = await findDataset(home, manifest);
    return (await readDatasetRecord(home, name).catch(() => null))?.settings ?? null;
  }

  #remark(sentence: string): void {
    if (this.#remarked.has(sentence)) return;
    this.#remarked.add(sentence);
    this.#options.onRemark?.(sentence);
  }
}

/** @throws UserError when a data set has no image of a number */
export function checkIndices({ record, count }: PackedDataset, indices: readonly number[]): void {
  const missing = indices.find((index) => index >= count);
  if (missing === undefined) return;
  throw new UserError(
    `Data set "${record.name}" has no image ${missing}; give numbers from 0 to ${count - 1}.`,
    { code: 'not-found' },
  );
}
