/** The map of a run's data set: what is asked for, what came of it, what is chosen on it. */
import { type CallParams, type CallResult, MAP_LIMITS, type MapMethod } from '../../../main/ipc/contract.ts';
import { formatPlural } from '../format.ts';
import type { Studio } from '../studio.ts';
import { positionsAt } from './map-geometry.ts';

export type ImageMap = CallResult<'explore.map'>;
type Order = CallParams<'explore.map'>['order'];

/** A run and one of its checkpoints, as the contract has them. */
export type Asked = Pick<CallParams<'explore.map'>, 'runId' | 'checkpoint'>;

/** The map that is made of `asked`. */
export class MapView {
  method = $state<MapMethod>('pca');
  count = $state(500);
  /** Encoded at so many times, evenly over the steps; 1 for the time of the board. */
  times = $state(1);
  made = $state.raw<ImageMap | null>(null);
  /** What the map was asked for with. */
  madeOf = $state.raw<{ method: MapMethod; count: number; places: readonly number[] } | null>(null);
  progress = $state.raw<{ phase: 'encoding' | 'mapping'; done: number; total: number } | null>(null);
  /** Place among the times. */
  at = $state(0);
  /** Whether points are shown as their pictures. */
  pictures = $state(false);
  hovered = $state<number | null>(null);
  selected = $state.raw<readonly number[]>([]);
  /** Numbers of the images of two groups, for a direction between them. */
  groups = $state.raw<{ from: readonly number[]; to: readonly number[] }>({ from: [], to: [] });

  readonly #studio: Studio;
  #work: AbortController | null = null;
  #of = '';

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  readonly working = $derived(this.progress !== null);
  /** Most images that a method lays out, over all times. */
  readonly most = $derived(Math.floor(MAP_LIMITS[this.method] / this.times));
  /** x and y of each image now. */
  readonly points: Float64Array = $derived.by(() => {
    const { made } = this;
    if (!made) return new Float64Array();
    return positionsAt(made.positions, made.indices.length, made.t.length, this.at);
  });

  /** A map is of one run and checkpoint; to be called when another one is in view. */
  follow(asked: Asked | null): void {
    const key = JSON.stringify(asked);
    if (key === this.#of) return;
    this.#of = key;
    this.stop();
    this.made = null;
    this.selected = [];
    this.groups = { from: [], to: [] };
  }

  /** @param places indices of the time steps that the map is made at */
  async make(asked: Asked, places: readonly number[]): Promise<void> {
    this.stop();
    const work = new AbortController();
    this.#work = work;
    this.progress = { phase: 'encoding', done: 0, total: 1 };
    const { bridge, fail } = this.#studio;
    const order: Order = {
      method: this.method,
      count: Math.max(2, Math.min(this.count, this.most)),
      times: places.map((timeIndex) => ({ timeIndex })),
      seed: 0,
    };
    try {
      const made = await bridge.call('explore.map', { ...asked, order }, { signal: work.signal });
      if (work.signal.aborted) return;
      this.made = made;
      this.madeOf = { method: order.method, count: order.count ?? made.indices.length, places };
      this.at = 0;
      this.hovered = null;
      this.selected = [];
    } catch (error) {
      fail(error);
    } finally {
      if (this.#work === work) {
        this.#work = null;
        this.progress = null;
      }
    }
  }

  stop(): void {
    this.#work?.abort();
    this.#work = null;
    this.progress = null;
  }

  /** Hears how far a map is. Returns what ends that. */
  listen(): () => void {
    return this.#studio.bridge.on('explore.mapping', ({ phase, done, total }) => {
      if (this.progress) this.progress = { phase, done, total };
    });
  }

  toggle(place: number): void {
    this.selected = this.selected.includes(place)
      ? this.selected.filter((other) => other !== place)
      : [...this.selected, place];
  }

  /** Numbers of the images that are selected. */
  readonly chosen: readonly number[] = $derived(
    this.selected.flatMap((place) => this.made?.indices[place] ?? []),
  );

  setGroup(which: 'from' | 'to'): void {
    this.groups = { ...this.groups, [which]: this.chosen };
  }

  /** Makes a data set of what is selected. @returns whether it is there */
  async makeDataset(runId: string, name: string): Promise<boolean> {
    const { bridge, notices, fail } = this.#studio;
    try {
      const made = await bridge.call('explore.subset', { runId, name, indices: [...this.chosen] });
      notices.done(`“${made.name}” is made of ${formatPlural(made.count, 'image')}.`);
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  }

  async saveNames(runId: string): Promise<void> {
    const { bridge, notices, fail } = this.#studio;
    try {
      const written = await bridge.call('explore.saveNames', { runId, indices: [...this.chosen] });
      if (written) notices.done(`Written to ${written.path}.`, written.path);
    } catch (error) {
      fail(error);
    }
  }

  /** Class of an image on the map; null for one without. */
  className(place: number): string | null {
    const label = this.made?.labels[place];
    return label == null ? null : (this.made?.classes[label] ?? null);
  }
}
