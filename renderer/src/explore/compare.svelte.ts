/** The same board through several checkpoints or runs: rows to look at, and a film through them. */
import type { View } from '../../../core/explore/view.ts';
import { formatCount } from '../format.ts';
import type { RunEntry } from '../library/database.ts';
import type { Studio } from '../studio.ts';
import { Pictures, type Request } from './pictures.svelte.ts';
import { Player } from './player.svelte.ts';

/** A run and one of its checkpoints; null for the newest. */
export interface Compared {
  runId: string;
  step: number | null;
}

/** Most rows at once. */
export const MAX_ROWS = 12;

export class Compare {
  what = $state<'path' | 'plane' | 'seeds'>('seeds');
  /** What is compared; empty for the newest and the oldest checkpoint of the run in view. */
  chosen = $state.raw<readonly Compared[]>([]);
  readonly player = new Player();
  readonly #studio: Studio;
  readonly #run: () => RunEntry | undefined;
  readonly #pictures = new Map<string, Pictures>();

  constructor(studio: Studio, run: () => RunEntry | undefined) {
    this.#studio = studio;
    this.#run = run;
  }

  /** The rows, from the earliest choice on. */
  readonly rows: readonly Compared[] = $derived.by(() => {
    const run = this.#run();
    if (!run) return [];
    const shape = (other: RunEntry | undefined) =>
      other?.imageSize === run.imageSize && other.channels === run.channels;
    const known = this.chosen.filter(({ runId }) => shape(this.#studio.library.run(runId)));
    if (known.length > 0) return known;
    const [oldest] = run.checkpoints;
    return [
      ...(oldest !== undefined && oldest !== run.step ? [{ runId: run.id, step: oldest }] : []),
      { runId: run.id, step: null },
    ];
  });

  /** The rows with the step that each comes from. */
  readonly steps: readonly { runId: string; step: number }[] = $derived.by(() =>
    this.rows.map(({ runId, step }) => ({ runId, step: step ?? this.#studio.library.run(runId)?.step ?? 0 })),
  );

  /** All checkpoints of the run in view, the oldest first: what a film goes through. */
  chooseAll(): void {
    const run = this.#run();
    if (!run) return;
    const steps = [...run.checkpoints].sort((a, b) => a - b).slice(-MAX_ROWS);
    this.chosen = steps.map((step) => ({ runId: run.id, step }));
  }

  add(row: Compared): void {
    if (this.rows.length < MAX_ROWS) this.chosen = [...this.rows, row];
  }

  remove(index: number): void {
    if (this.rows.length > 1) this.chosen = this.rows.filter((_, i) => i !== index);
  }

  /** The pictures of a row. */
  of({ runId, step }: Compared): Pictures {
    const key = `${runId} ${step ?? ''}`;
    let known = this.#pictures.get(key);
    if (!known) {
      known = new Pictures(this.#studio.pixels, this.#studio.fail);
      this.#pictures.set(key, known);
    }
    return known;
  }

  words({ runId, step }: Compared): string {
    const run = this.#studio.library.run(runId);
    const name = run?.name ?? runId;
    return step === null
      ? `${name}, newest (step ${formatCount(run?.step ?? 0)})`
      : `${name}, step ${formatCount(step)}`;
  }

  /** Asks for the pictures of all rows. */
  show(view: View, look: Request['look'] | null): void {
    if (look === null) return;
    const kept = new Set<string>();
    for (const row of this.rows) {
      kept.add(`${row.runId} ${row.step ?? ''}`);
      this.of(row).show({
        ...{ runId: row.runId, view, look },
        ...(row.step !== null && { checkpoint: row.step }),
      });
    }
    for (const [key, pictures] of this.#pictures) {
      if (kept.has(key)) continue;
      pictures.clear();
      this.#pictures.delete(key);
    }
  }
}
