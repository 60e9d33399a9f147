import { MEASURE_NAMES } from '../../../main/ipc/contract.ts';
import { formatCount, formatNumber } from '../format.ts';
import type { Studio } from '../studio.ts';
import type { RunEntry } from './database.ts';

/** The checkpoint that draws: the newest (or the model in training), the best one, or that of a step. */
export type Checkpoint = 'newest' | 'best' | number;

export interface CheckpointOption {
  value: Checkpoint;
  label: string;
}

/** Which checkpoint of the run in view draws; remembered for as long as the run stays in view, in all views. */
export class CheckpointChoice {
  readonly #studio: Studio;
  readonly #run: () => RunEntry | undefined;

  constructor(studio: Studio, run: () => RunEntry | undefined) {
    this.#studio = studio;
    this.#run = run;
  }

  /** What can be chosen; only the newest where there is no other. */
  readonly options: readonly CheckpointOption[] = $derived.by(() => {
    const run = this.#run();
    if (!run) return [];
    // The catalogue may be of a version that did not know them, until the disk was asked.
    const known: Partial<RunEntry> = run;
    const { best = null } = known;
    const checkpoints = known.checkpoints ?? [];
    const trained = this.#studio.training.trains(run.id);
    const newest = trained ? 'In training now' : `Newest (step ${formatCount(run.step)})`;
    const others = checkpoints.filter((step) => trained || step !== run.step).reverse();
    return [
      { value: 'newest' as const, label: newest },
      ...(best === null ? [] : [{ value: 'best' as const, label: `Best (step ${formatCount(best.step)})` }]),
      ...others.map((step) => ({ value: step, label: `Step ${formatCount(step)}` })),
    ];
  });

  readonly value: Checkpoint = $derived.by(() => {
    const { run, checkpoint } = this.#studio.settings.get('drawFrom');
    // A checkpoint may have made room for a newer one by now.
    const isThere = this.options.some(({ value }) => value === checkpoint);
    return run === this.#run()?.id && isThere ? checkpoint : 'newest';
  });

  /** What the best one is best by; undefined unless it is chosen. */
  readonly hint: string | undefined = $derived.by(() => {
    const best = this.#run()?.best;
    if (this.value !== 'best' || !best) return undefined;
    return `${MEASURE_NAMES[best.measure]}: ${formatNumber(best.value)}`;
  });

  /** As the contract takes it; what is as usual is left out. */
  readonly asked: { checkpoint?: 'best' | number } = $derived.by(() =>
    this.value === 'newest' ? {} : { checkpoint: this.value },
  );

  choose(checkpoint: Checkpoint): void {
    this.#studio.settings.set('drawFrom', { run: this.#run()?.id ?? '', checkpoint });
  }
}
