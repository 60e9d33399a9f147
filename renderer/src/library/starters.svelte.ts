import type { CallResult } from '../../../main/ipc/contract.ts';
import type { Studio } from '../studio.ts';

type Starter = CallResult<'starters.list'>[number];

/** The starting points that come with the program and are no runs of the library yet; choosing one makes it one. */
export class Starters {
  adding = $state(false);
  #all = $state.raw<readonly Starter[]>([]);
  readonly #studio: Studio;

  constructor(studio: Studio) {
    this.#studio = studio;
    // A list without them does as well.
    studio.bridge.call('starters.list', {}).then(
      (list) => (this.#all = list),
      () => undefined,
    );
  }

  readonly offered = $derived.by(() =>
    this.#all.filter(({ name }) => this.#studio.library.run(`starter-${name}`) === undefined),
  );

  /** @returns the id of its run; null when it could not be made */
  async add(name: string): Promise<string | null> {
    const { bridge, library, fail } = this.#studio;
    if (this.adding) return null;
    this.adding = true;
    try {
      const { runId } = await bridge.call('starters.add', { name });
      await library.refresh('runs');
      return runId;
    } catch (error) {
      fail(error);
      return null;
    } finally {
      this.adding = false;
    }
  }
}
