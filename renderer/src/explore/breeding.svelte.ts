/** Breeding pictures: children are chosen, bred from, and gone back to. */
import type { KeyPoint } from '../../../core/explore/view.ts';
import type { Board } from './board.ts';
import { bredFrom, childrenNow, type Family, withGeneration } from './family.ts';

/** A child's expression may be so long, in characters, before its parents are taken as the latents that they are. */
const LONGEST_EXPRESSION = 2_000;

export interface BreedingOptions {
  board: () => Board;
  /** One more generation, which can be undone. */
  change: (family: Family) => void;
  /** Another one is looked at. */
  turn: (family: Family) => void;
  /** A point as the latent that it comes to; null where that is not known. */
  latent: (point: KeyPoint) => Promise<KeyPoint | null>;
  fail: (error: unknown) => void;
}

export class Breeding {
  /** Children that are chosen to breed from. */
  parents = $state.raw<readonly number[]>([]);
  readonly #options: BreedingOptions;

  constructor(options: BreedingOptions) {
    this.#options = options;
  }

  /** Children of the generation that is looked at. */
  readonly offspring: readonly KeyPoint[] = $derived.by(() => childrenNow(this.#options.board().family));

  /** Nine children of those that are chosen, or of the picture: one more generation of the family. */
  async breed(): Promise<void> {
    const { family, subject } = this.#options.board();
    const chosen = [...this.parents].sort((x, y) => x - y);
    const points = chosen.flatMap((index) => this.offspring[index] ?? []);
    const parents: KeyPoint[] = [];
    for (const parent of points.length > 0 ? points : [subject]) parents.push(await this.#inShort(parent));
    this.parents = [];
    const children = bredFrom(parents, Math.floor(Math.random() * 0xfffffff0));
    this.#options.change(withGeneration(family, chosen, children));
  }

  toggle(index: number): void {
    this.parents = this.parents.includes(index)
      ? this.parents.filter((other) => other !== index)
      : [...this.parents, index];
  }

  /** Looks at another generation of the family. */
  open(now: number): void {
    this.parents = [];
    this.#options.turn({ ...this.#options.board().family, now });
  }

  /** A point, or its latent where the expression has grown too long with the generations. */
  async #inShort(point: KeyPoint): Promise<KeyPoint> {
    if (JSON.stringify(point).length <= LONGEST_EXPRESSION) return point;
    try {
      return (await this.#options.latent(point)) ?? point;
    } catch (error) {
      this.#options.fail(error);
      return point;
    }
  }
}
