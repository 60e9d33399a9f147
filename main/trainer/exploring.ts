/** Latent space for the window: views, neighbours, latents to keep, directions, files. */
import { defaultScale } from '../../core/export/enlarge.ts';
import { withSentence } from '../../core/errors.ts';
import { pictureFeatures } from '../../core/evaluate/picture-features.ts';
import { makeDirections } from '../../core/explore/directions/make-directions.ts';
import { Explorer } from '../../core/explore/explorer.ts';
import { mapImages } from '../../core/explore/map/map-images.ts';
import type { ModelNow, Parts } from '../../core/explore/parts.ts';
import { timeOf } from '../../core/explore/points/latents.ts';
import type { KeyPoint } from '../../core/explore/points/point.ts';
import { type Side, sideBySideSource } from '../../core/explore/side-by-side.ts';
import { exportSet } from '../../core/export/export-set.ts';
import { RunSupplies } from '../../core/explore/run-supplies.ts';
import type { Look } from '../../core/explore/view.ts';
import { viewSet } from '../../core/takeout/view-set.ts';
import { reencodingIndex } from '../../core/schedule/time-steps.ts';
import { latentShape } from '../../core/config/network.ts';
import { runFolder } from '../../core/library.ts';
import { readRunManifest } from '../../core/run/run-folder.ts';
import { defined } from '../defined.ts';
import type { CallParams, CallResult, EventPayload, PixelParams } from '../ipc/contract.ts';
import type { Models } from './drawing.ts';
import { throttled } from './throttle.ts';

/** Runs whose encodings are kept at hand. */
const KEPT = 4;
const PROGRESS_INTERVAL = 100;
/** Checkpoints a second in a film of them. */
const FILM_RATE = 2;

interface Open {
  modelNow: ModelNow;
  supplies: RunSupplies;
  explorer: Explorer;
}

/** Whom it tells how far it is. */
interface Told {
  encoding: (progress: EventPayload<'explore.progress'>) => void;
  mapping: (progress: EventPayload<'explore.mapping'>) => void;
}

interface Asked {
  runId: string;
  checkpoint?: 'best' | number | undefined;
}

type AskedLook = CallParams<'explore.latent'>['look'];

/** Explores the runs of a library. All of it stops within one network call when its signal is aborted. */
export class Exploring {
  readonly #home: string;
  readonly #models: Models;
  readonly #tell: Told;
  /** Run and step → what has been encoded of it, the longest unused first. */
  readonly #open = new Map<string, Open>();
  readonly #featuresOf = pictureFeatures();

  constructor(home: string, models: Models, tell: Told) {
    this.#home = home;
    this.#models = models;
    this.#tell = tell;
  }

  async draw(asked: PixelParams<'explore.draw'>, signal?: AbortSignal): Promise<Parts> {
    const { explorer } = await this.#of(asked);
    return told(() => explorer.draw(asked.view, lookOf(asked.look), signal));
  }

  async neighbours(
    asked: CallParams<'explore.neighbours'>,
    signal?: AbortSignal,
  ): Promise<CallResult<'explore.neighbours'>> {
    const { supplies, modelNow } = await this.#of(asked);
    return told(async () => {
      const look = lookOf(asked.look);
      const mu = await this.#latent(asked, { ...look, space: 'mu' }, signal);
      const at = look.at ?? { timeIndex: reencodingIndex((await modelNow()).manifest.config.objective) };
      const own = asked.of.kind === 'image' ? asked.of.index : -1;
      const encoding = { at, ...(look.weights && { weights: look.weights }) };
      const found = await supplies.nearest(mu, asked.count + 1, encoding, signal);
      return found.filter(({ index }) => index !== own).slice(0, asked.count);
    });
  }

  async latent(
    asked: CallParams<'explore.latent'>,
    signal?: AbortSignal,
  ): Promise<CallResult<'explore.latent'>> {
    const { modelNow } = await this.#of(asked);
    return told(async () => {
      const look = lookOf(asked.look);
      const values = await this.#latent(asked, look, signal);
      const model = await modelNow();
      const { network, objective } = model.manifest.config;
      const t = timeOf(model, look.at ?? { timeIndex: reencodingIndex(objective) });
      return { values: Array.from(values), shape: latentShape(network), t, step: model.step };
    });
  }

  async makeDirections(
    asked: CallParams<'explore.makeDirections'>,
    signal?: AbortSignal,
  ): Promise<CallResult<'explore.makeDirections'>> {
    const { modelNow, supplies } = await this.#of(asked);
    return told(() =>
      makeDirections(asked.order, {
        ...{ home: this.#home, modelNow, supplies, signal },
        onProgress: (done, total) => this.#tell.encoding({ runId: asked.runId, done, total }),
      }),
    );
  }

  async map(asked: CallParams<'explore.map'>, signal?: AbortSignal): Promise<CallResult<'explore.map'>> {
    const { modelNow, supplies } = await this.#of(asked);
    const { runId, order } = asked;
    const progress = throttled(PROGRESS_INTERVAL, this.#tell.mapping);
    return told(() =>
      mapImages(order, {
        ...{ home: this.#home, modelNow, supplies, signal },
        onProgress: (phase, done, total) => progress.push({ runId, phase, done, total }),
      }),
    );
  }

  /** Writes a view; the dialog in which the file was chosen has asked whether one there is to be replaced. */
  async write(
    asked: CallParams<'explore.export'>,
    target: string,
    signal?: AbortSignal,
  ): Promise<{ path: string }> {
    const { explorer, modelNow } = await this.#of(asked);
    return told(async () => {
      const model = await modelNow();
      const { view, as, columns } = asked;
      const files = { as, scale: defaultScale(model.manifest.config.network.imageSize) };
      const look = lookOf(asked.look);
      const set = await viewSet(explorer, model, { home: this.#home, view, look, columns, files });
      await set.write(target, { force: true, signal });
      return { path: target };
    });
  }

  /** Writes a view through several checkpoints or runs; as for {@link write} the dialog has asked. */
  async writeCompared(
    { rows, view, look, columns, as }: CallParams<'explore.exportCompared'>,
    target: string,
    signal?: AbortSignal,
  ): Promise<{ path: string }> {
    return told(async () => {
      const sides: Side[] = [];
      for (const { runId, step: asked } of rows) {
        const of = { runId, ...(asked !== null && { checkpoint: asked }) };
        const manifest = await readRunManifest(runFolder(this.#home, runId));
        const step = asked ?? (await this.#models.of(runId)).step;
        // Opened when it is its turn: fewer models are kept open than can be compared.
        sides.push({ manifest, step, withExplorer: async (use) => use((await this.#of(of)).explorer) });
      }
      const size = sides[0]?.manifest.config.network.imageSize ?? 28;
      const scale = defaultScale(size);
      const film = as !== 'grid';
      const rate = film ? FILM_RATE : undefined;
      const files = { as, scale, rate };
      const source = sideBySideSource({ sides, view, look: lookOf(look), film, columns, files });
      await exportSet(source, target, {
        ...{ as, scale, force: true, note: false, signal },
        ...(film ? { animation: { framesPerSecond: FILM_RATE } } : { columns: source.columns }),
      });
      return { path: target };
    });
  }

  async #latent(
    { of, ...asked }: Asked & { of: KeyPoint },
    look: Look,
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    const { explorer } = await this.#of(asked);
    const { rows } = await explorer.latents({ kind: 'points', points: [of] }, look, signal);
    return rows[0] ?? new Float32Array();
  }

  /** Which checkpoint is the best one is asked once, so that all of it comes from the same. */
  async #of({ runId, checkpoint }: Asked): Promise<Open> {
    const step = await this.#models.stepOf(runId, checkpoint);
    const key = JSON.stringify([runId, step ?? null]);
    const known = this.#open.get(key);
    this.#open.delete(key);
    const open = known ?? (await this.#begin(runId, step));
    this.#open.set(key, open);
    const oldest = this.#open.keys().next();
    if (this.#open.size > KEPT && !oldest.done) this.#open.delete(oldest.value);
    return open;
  }

  async #begin(runId: string, step: number | undefined): Promise<Open> {
    const modelNow = () => this.#models.of(runId, step);
    const { manifest } = await modelNow();
    const supplies = new RunSupplies({
      ...{ home: this.#home, manifest, modelNow },
      onProgress: (done, total) => this.#tell.encoding({ runId, done, total }),
    });
    return {
      modelNow,
      supplies,
      explorer: new Explorer({ modelNow, supplies, featuresOf: this.#featuresOf }),
    };
  }
}

function lookOf(look: AskedLook): Look {
  return defined(look);
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withSentence(error);
  }
}
