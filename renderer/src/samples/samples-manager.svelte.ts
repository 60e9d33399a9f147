import { BatchSource } from '../images/source.ts';
import { formatCount, formatPlural } from '../format.ts';
import type { RunEntry, SampleEntry } from '../library/database.ts';
import type { Studio } from '../studio.ts';
import { readBetween, readWhole } from '../ui/numbers.ts';
import { TypedNumber } from '../ui/typed-number.svelte.ts';
import { CheckpointChoice } from '../library/checkpoint-choice.svelte.ts';
import { drawableRuns } from '../library/drawable.ts';
import { type Draw, type DrawParams, MAX_COUNT, PASSES, type Passes } from './draw.ts';
import { RunDrawing } from './drawing-info.svelte.ts';
import { firstPlace, keptOptions, optionsFor, optionWords, placesOf } from './options.ts';
import { THUMBNAIL_IMAGES, thumbnail } from './thumbnail.ts';

const SAMPLES = 'samples';

/** Drawing samples: what is chosen, what was drawn, and what is kept of it. */
export class SamplesManager {
  readonly count = new TypedNumber((text) => readWhole(text, 1, MAX_COUNT));
  readonly seed = new TypedNumber((text) => readWhole(text, 0, 0xffffffff));
  readonly temperature = new TypedNumber((text) => readBetween(text, 0, 10));
  readonly guidance = new TypedNumber((text) => readBetween(text, 0, 20));
  drawn = $state.raw<Draw | null>(null);
  /** What is under way, so that it is not asked for twice. */
  busy = $state<'draw' | 'keep' | null>(null);
  /** The sample that the grid's cursor is on. */
  active = $state(0);
  /** The sample that is shown large. */
  enlarged = $state<number | null>(null);

  readonly #studio: Studio;
  /** Of what is under way. */
  #work: AbortController | null = null;
  readonly #drawing: RunDrawing;
  /** The checkpoint that draws. */
  readonly checkpoint: CheckpointChoice;
  /** Small images that were drawn again, or could not be. */
  readonly #restored = new Set<string>();
  #restoring = false;

  constructor(studio: Studio) {
    this.#studio = studio;
    this.#drawing = new RunDrawing(studio.bridge, studio.fail);
    this.checkpoint = new CheckpointChoice(studio, () => this.run);
    const { count, seed, temperature, guidance } = studio.settings.get(SAMPLES);
    this.count.set(count);
    this.seed.set(seed);
    this.temperature.set(temperature);
    this.guidance.set(guidance);
  }

  readonly runs: readonly RunEntry[] = $derived.by(() => drawableRuns(this.#studio));
  readonly run: RunEntry | undefined = $derived.by(
    () => this.runs.find(({ id }) => id === this.#studio.settings.get('run').id) ?? this.runs[0],
  );
  readonly chosen = $derived.by(() => this.#studio.settings.get(SAMPLES));
  /** What the run can draw with; null while unknown. */
  readonly info = $derived.by(() => this.#drawing.info);
  /** The class that is asked for, if the run knows it. */
  readonly label = $derived.by(() => {
    const { label } = this.chosen;
    return label !== null && this.info && label < this.info.classes.length ? label : null;
  });

  readonly #options = $derived.by(() =>
    optionsFor(
      {
        ...this.chosen,
        label: this.label,
        temperature: this.temperature.value,
        guidance: this.guidance.value,
      },
      this.info,
    ),
  );

  /** How many of the settings under “More” are not as usual. */
  readonly hidden = $derived.by(() => {
    const { weights, temperature, reencodeAt } = this.#options;
    return [weights, temperature, reencodeAt].filter((option) => option !== undefined).length;
  });

  /** Where each later pass encodes again, as an index of a time step; none where the run has no choice. */
  readonly places = $derived.by(() => {
    const { info } = this;
    return info && firstPlace(info) < info.timeSteps.length - 1 ? placesOf(this.chosen, info) : [];
  });

  /** What Draw would ask for; null while something is missing or wrong. */
  readonly params: DrawParams | null = $derived.by(() => {
    const { run, count, seed, temperature, guidance, chosen } = this;
    if (!run || count.value === null || seed.value === null) return null;
    if (temperature.problem !== null || guidance.problem !== null) return null;
    return {
      runId: run.id,
      count: count.value,
      seed: seed.value,
      passes: chosen.passes,
      ...this.#options,
      ...this.checkpoint.asked,
    };
  });

  readonly #dead = $derived.by(() => this.#studio.training.trainer.state === 'dead');
  /** Whether something can be asked of the model now. */
  readonly free = $derived.by(() => this.busy === null && !this.#dead);

  /** What was drawn, in words. */
  readonly caption = $derived.by(() => {
    if (this.busy === 'draw') return 'Drawing…';
    if (!this.drawn) return '';
    const { batch, params, classes } = this.drawn;
    return [
      formatPlural(batch.count, 'sample'),
      `seed ${params.seed}`,
      formatPlural(params.passes, 'pass', 'passes'),
      ...optionWords(params, classes),
      ...(params.checkpoint === undefined ? [] : [checkpointWord(params.checkpoint)]),
      this.#studio.library.run(params.runId)?.name ?? params.runId,
    ].join(', ');
  });

  /** Asks what the run can draw with; to be called when the run has changed. */
  followRun(): void {
    this.#drawing.follow(this.run?.id);
  }

  chooseRun(id: string): void {
    this.#studio.settings.set('run', { id });
  }

  choosePasses(passes: Passes): void {
    this.#studio.settings.set(SAMPLES, { passes });
  }

  chooseWeights(weights: 'ema' | 'raw'): void {
    this.#studio.settings.set(SAMPLES, { weights });
  }

  /** null draws without a class. */
  chooseLabel(label: number | null): void {
    this.#studio.settings.set(SAMPLES, { label });
  }

  /** Where a later pass encodes again; the middle is remembered as such, whatever the run. */
  choosePlace(pass: number, place: number): void {
    const places = [...this.chosen.places];
    while (places.length <= pass) places.push(null);
    places[pass] = place === this.info?.middle ? null : place;
    this.#studio.settings.set(SAMPLES, { places });
  }

  /** Sets what lies under “More” back. */
  asUsual(): void {
    this.temperature.set(1);
    this.#studio.settings.set(SAMPLES, { weights: 'ema', temperature: 1, places: [] });
  }

  async drawChosen(): Promise<void> {
    const { params } = this;
    if (!params) return;
    this.#studio.settings.set(SAMPLES, {
      count: params.count,
      seed: params.seed,
      temperature: this.temperature.value ?? 1,
      guidance: this.guidance.value ?? 1,
    });
    await this.#draw({ ...params });
  }

  async #draw(params: DrawParams): Promise<Draw | null> {
    return this.#during('draw', async (signal) => {
      const classes = this.info?.classes ?? [];
      const batch = await this.#studio.pixels.request('model.sample', params, { signal });
      this.active = 0;
      const live = this.#studio.training.trains(params.runId) && params.checkpoint === undefined;
      // What a run draws while it learns comes from weights that nobody has kept.
      const source = new BatchSource(batch, (index) => (live ? null : { ...params, index }));
      const drawn = { batch, source, params, classes };
      this.drawn = drawn;
      return drawn;
    });
  }

  async keep(): Promise<void> {
    const { drawn } = this;
    if (!drawn) return;
    await this.#during('keep', async (signal) => {
      const { bridge, library, notices } = this.#studio;
      const entry = await bridge.call('samples.keep', drawn.params, { signal });
      await library.setThumbnail(entry, await thumbnail(drawn.batch));
      notices.done(`${formatPlural(entry.count, 'sample')} kept in the run.`);
    });
  }

  /** Opens the dialog for what was drawn, as it was drawn. */
  export(): void {
    const { drawn } = this;
    const run = this.#studio.library.run(drawn?.params.runId ?? null);
    if (!drawn || !run) return;
    const { runId: _, checkpoint = 'newest', reencodeAt, label, ...draw } = drawn.params;
    this.#studio.exports.open({
      ...{ run, what: 'samples', checkpoint },
      samples: {
        ...draw,
        ...(label !== undefined && { label: String(label) }),
        ...(reencodeAt !== undefined && { at: reencodeAt }),
      },
    });
  }

  /**
   * Draws again as a kept draw was drawn, and sets the controls as far as they go. The run may have learned on
   * meanwhile.
   */
  async again(entry: SampleEntry): Promise<void> {
    const { library, settings, training } = this.#studio;
    const [count, seed] = [Math.min(MAX_COUNT, entry.count), entry.seed ?? 0];
    settings.set('run', { id: entry.runId });
    settings.set(SAMPLES, {
      passes: PASSES.find((choice) => choice === entry.passes) ?? this.chosen.passes,
      weights: entry.weights ?? 'ema',
      label: entry.label ?? null,
      places: (entry.reencodeAt ?? []).map((at) => ('timeIndex' in at ? at.timeIndex : null)),
    });
    this.count.set(count);
    this.seed.set(seed);
    this.temperature.set(entry.temperature ?? 1);
    this.guidance.set(entry.guidance ?? 1);
    const { runId, passes, step } = entry;
    // The weights of then, where they are still there.
    const run = library.run(runId);
    const isNewest = run?.step === step && !training.trains(runId);
    const isThere = this.checkpoint.options.some(({ value }) => value === step);
    this.checkpoint.choose(isThere && !isNewest ? step : 'newest');
    const asked = { runId, count, seed, passes, ...keptOptions(entry), ...this.checkpoint.asked };
    const drawn = await this.#draw(asked);
    const same = isNewest || asked.checkpoint === step;
    if (drawn && entry.thumbnail === null && same) {
      await library.setThumbnail(entry, await thumbnail(drawn.batch));
    }
  }

  /**
   * Makes the small images that the catalogue has lost, as long as the weights are those of the draw. A sample
   * depends on the seed and its own index only, so the first ones are enough.
   */
  async restoreThumbnails(): Promise<void> {
    const { library, pixels, training } = this.#studio;
    const wanted = this.run && library.samples.length > 0 && training.trainer.state === 'ready';
    if (!wanted || this.#restoring) return;
    this.#restoring = true;
    for (;;) {
      const entry = this.#lostThumbnail();
      if (!entry || this.#dead || training.active || this.busy) break;
      this.#restored.add(`${entry.runId}/${entry.file}`);
      if (entry.seed === null) continue;
      const { runId, seed, passes } = entry;
      const count = Math.min(entry.count, THUMBNAIL_IMAGES);
      try {
        const params = { runId, count, seed, passes, ...keptOptions(entry) };
        await library.setThumbnail(entry, await thumbnail(await pixels.request('model.sample', params)));
      } catch {
        // A sign stands for it, and the draw itself can still be chosen.
      }
    }
    this.#restoring = false;
  }

  #lostThumbnail(): SampleEntry | undefined {
    return this.#studio.library.samples.find(
      ({ runId, step, thumbnail: image, file }) =>
        runId === this.run?.id &&
        step === this.run.step &&
        image === null &&
        !this.#restored.has(`${runId}/${file}`),
    );
  }

  /** Stops what is under way; nothing of it is kept, and what was drawn before stays. */
  stop(): void {
    this.#work?.abort();
  }

  /** The view is left: nobody waits for a draw any more. Keeping goes on. */
  leave(): void {
    if (this.busy === 'draw') this.stop();
  }

  /** One thing at a time; what fails is shown, unless it was stopped. */
  async #during<T>(what: 'draw' | 'keep', task: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    if (this.busy) return null;
    this.busy = what;
    const work = new AbortController();
    this.#work = work;
    try {
      return await task(work.signal);
    } catch (error) {
      this.#studio.fail(error);
      return null;
    } finally {
      this.busy = null;
      this.#work = null;
    }
  }
}

function checkpointWord(checkpoint: 'best' | number): string {
  return checkpoint === 'best' ? 'best checkpoint' : `step ${formatCount(checkpoint)}`;
}
