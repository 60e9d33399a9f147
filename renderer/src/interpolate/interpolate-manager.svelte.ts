import { BatchSource, DatasetSource } from '../images/source.ts';
import { Latest } from '../latest.ts';
import type { DatasetEntry, RunEntry } from '../library/database.ts';
import { CheckpointChoice } from '../library/checkpoint-choice.svelte.ts';
import { drawableRuns } from '../library/drawable.ts';
import { RunDrawing } from '../samples/drawing-info.svelte.ts';
import { firstPlace } from '../samples/options.ts';
import type { Studio } from '../studio.ts';
import { Path } from './path.svelte.ts';

export type End = 'a' | 'b';

/** The way between two images of a run's data set: what is chosen, what is shown of it, and its export. */
export class InterpolateManager {
  /** The end that an image is being chosen for. */
  picking = $state<End | null>(null);
  /** Class names of both ends. */
  classes = $state.raw<readonly (string | null)[]>([]);

  readonly #studio: Studio;
  readonly #path: Path;
  readonly #drawing: RunDrawing;
  /** The checkpoint that draws. */
  readonly checkpoint: CheckpointChoice;
  readonly #labels: Latest<{ name: string; indices: number[] }>;

  constructor(studio: Studio) {
    const { bridge, pixels, fail } = studio;
    this.#studio = studio;
    this.#path = new Path(pixels, fail);
    this.#drawing = new RunDrawing(bridge, fail);
    this.checkpoint = new CheckpointChoice(studio, () => this.run);
    this.#labels = new Latest(async (asked) => {
      this.classes = await bridge.call('datasets.labels', asked);
    }, fail);
  }

  readonly runs: readonly RunEntry[] = $derived.by(() => drawableRuns(this.#studio));
  readonly run: RunEntry | undefined = $derived.by(
    () => this.runs.find(({ id }) => id === this.#studio.settings.get('run').id) ?? this.runs[0],
  );
  readonly runId = $derived(this.run?.id);
  readonly dataset: DatasetEntry | undefined = $derived.by(() =>
    this.#studio.library.dataset(this.run?.dataset ?? null),
  );
  readonly record = $derived(this.dataset?.problem === null ? this.dataset.record : null);
  /** The images to go between; null while the run has none. */
  readonly source = $derived.by(() =>
    this.record ? new DatasetSource(this.#studio.pixels, this.record) : null,
  );

  readonly #chosen = $derived.by(() => this.#studio.settings.get('interpolate'));
  /** Index of each end in the data set. */
  readonly a = $derived(this.#bound(this.#chosen.a ?? 0));
  readonly b = $derived(this.#bound(this.#chosen.b ?? 1));
  /** Per cent of the way. */
  readonly position = $derived(this.#chosen.position);

  /** What the run can draw with; null while unknown. */
  readonly info = $derived.by(() => this.#drawing.info);
  /** Whether the images can be encoded at other times than the middle. */
  readonly hasPlaces = $derived(this.info !== null && firstPlace(this.info) < this.info.timeSteps.length - 1);

  /** Index of the time step at which the images are encoded; null for the middle, which a run knows itself. */
  readonly place = $derived.by(() => {
    const { place } = this.#chosen;
    if (!this.info || place === null || place === this.info.middle) return null;
    return Math.min(this.info.timeSteps.length - 1, Math.max(firstPlace(this.info), place));
  });

  /** The sample at the position. */
  readonly sample = $derived.by(() => (this.#path.sample ? new BatchSource(this.#path.sample) : null));
  readonly strip = $derived.by(() => (this.#path.strip ? new BatchSource(this.#path.strip) : null));
  /** Whether the trainer has stopped, so that nothing can be drawn. */
  readonly dead = $derived.by(() => this.#studio.training.trainer.state === 'dead');

  readonly #shown = $derived.by(() => {
    const { runId, source, a, b, place, position } = this;
    const { checkpoint = null } = this.checkpoint.asked;
    return runId === undefined || !source
      ? null
      : { runId, a, b, place, checkpoint, position: position / 100 };
  });

  /** An index that the data set has. */
  #bound(index: number): number {
    return Math.max(0, Math.min((this.record?.count ?? 1) - 1, index));
  }

  /** Asks what the run can draw with; to be called when the run has changed. */
  followRun(): void {
    this.#drawing.follow(this.runId);
  }

  /** Samples between other ends are not left standing; to be called when run or data set have changed. */
  forgetEnds(): (() => void) | undefined {
    if (this.runId === undefined || !this.source) return undefined;
    return () => this.#path.clear();
  }

  /** Asks for the sample at the position; to be called when what is chosen has changed. */
  show(): void {
    if (this.#shown && !this.dead) this.#path.show(this.#shown);
  }

  /** While the run learns, its samples change with it. Returns what ends the listening. */
  followTraining(): () => void {
    return this.#studio.bridge.on('training.samples', ({ runId }) => {
      if (runId !== this.runId || !this.#shown || this.#shown.checkpoint !== null) return;
      this.#path.renew();
      this.#path.show(this.#shown);
    });
  }

  /** Asks for the names of the ends' classes; to be called when the ends have changed. */
  askClasses(): void {
    const { record, a, b } = this;
    if (record?.classes) this.#labels.request({ name: record.name, indices: [a, b] });
    else this.classes = [];
  }

  chooseRun(id: string): void {
    this.#studio.settings.set('run', { id });
  }

  chooseEnd(end: End, index: number): void {
    this.#studio.settings.set('interpolate', { [end]: index });
    this.picking = null;
  }

  randomEnd(end: End): void {
    this.chooseEnd(end, Math.floor(Math.random() * (this.record?.count ?? 1)));
  }

  choosePosition(position: number): void {
    this.#studio.settings.set('interpolate', { position });
  }

  choosePlace(place: number): void {
    this.#studio.settings.set('interpolate', { place });
  }

  /** The same way from the other end. */
  swap(): void {
    const { a, b, position } = this;
    this.#studio.settings.set('interpolate', { a: b, b: a, position: 100 - position });
  }

  /** Opens the dialog for the way between the two images. */
  export(): void {
    const { run, a, b, place } = this;
    if (run === undefined) return;
    const { checkpoint = 'newest' } = this.checkpoint.asked;
    this.#studio.exports.open({
      ...{ run, what: 'path', checkpoint },
      path: {
        ...{ from: a, to: b, count: this.#chosen.frames },
        ...(place !== null && { at: [{ timeIndex: place }] }),
      },
    });
  }
}
