/** The directions of the run in view: listed, made, removed, brought from what is saved. */
import type { CallParams, CallResult } from '../../../main/ipc/contract.ts';
import { formatPlural } from '../format.ts';
import type { Studio } from '../studio.ts';
import { type Kept, keptThing } from './kept.svelte.ts';

export type Direction = CallResult<'explore.directions'>['directions'][number];
type Order = CallParams<'explore.makeDirections'>['order'];
export type Make = Order['make'];

/** Longest name of a direction in a run. */
const MAX_NAME = 64;

export class RunDirections {
  all = $state.raw<readonly Direction[]>([]);
  /** Whether those of the run in view are known yet. */
  loaded = $state(false);
  working = $state(false);
  readonly #studio: Studio;
  readonly #runId: () => string | undefined;

  constructor(studio: Studio, runId: () => string | undefined) {
    this.#studio = studio;
    this.#runId = runId;
  }

  /** Another run is in view. */
  follow(): void {
    this.all = [];
    this.loaded = false;
    void this.load();
  }

  async load(): Promise<void> {
    const runId = this.#runId();
    if (runId === undefined) return;
    try {
      const found = await this.#studio.bridge.call('explore.directions', { runId });
      if (runId !== this.#runId()) return;
      this.all = found.directions;
      this.loaded = true;
    } catch (error) {
      this.#studio.fail(error);
    }
  }

  /** Makes directions, and says what came of it. */
  async make(order: Order, checkpoint: { checkpoint?: 'best' | number }): Promise<void> {
    const runId = this.#runId();
    if (runId === undefined || this.working) return;
    const { bridge, notices, fail } = this.#studio;
    this.working = true;
    try {
      const made = await bridge.call('explore.makeDirections', { runId, ...checkpoint, order });
      notices.done(
        `Made ${formatPlural(made.directions.length, 'direction')}; ${made.activeDimensions} of ${formatPlural(made.dimensions, 'dimension')} of the latent are active.`,
      );
      await this.load();
    } catch (error) {
      fail(error);
    } finally {
      this.working = false;
    }
  }

  /** @returns whether it is gone */
  async remove(name: string): Promise<boolean> {
    const runId = this.#runId();
    if (runId === undefined) return false;
    try {
      await this.#studio.bridge.call('explore.removeDirection', { runId, name });
      await this.load();
      return true;
    } catch (error) {
      this.#studio.fail(error);
      return false;
    }
  }

  /** Puts a saved direction into the run, under a name that is free there. */
  async add(entry: Kept): Promise<void> {
    const runId = this.#runId();
    const thing = keptThing(entry);
    if (runId === undefined) return;
    const { bridge, notices, fail } = this.#studio;
    if (thing?.kind !== 'direction') {
      notices.error(`“${entry.name}” cannot be read any more; save the direction anew.`);
      return;
    }
    const plain = entry.name.replace(/[^A-Za-z0-9._ -]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'direction';
    let name = plain.slice(0, MAX_NAME);
    const taken = new Set(this.all.map((direction) => direction.name));
    for (let number = 2; taken.has(name); number++) {
      name = `${plain.slice(0, MAX_NAME - 4)}-${number}`;
    }
    try {
      await bridge.call('explore.addDirection', { runId, name, direction: thing.value });
      notices.done(`The run has the direction “${name}” now.`);
      await this.load();
    } catch (error) {
      fail(error);
    }
  }
}
