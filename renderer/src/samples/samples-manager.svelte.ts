import { type KeptDraw, MAX_DRAWN } from '../../../main/ipc/contract.ts';
import type { RunEntry } from '../library/database.ts';
import type { Studio } from '../studio.ts';
import { readBetween, readWhole } from '../ui/numbers.ts';
import { TypedNumber } from '../ui/typed-number.svelte.ts';
import { CheckpointChoice } from '../library/checkpoint-choice.svelte.ts';
import { drawableRuns } from '../library/drawable.ts';
import { type DrawParams, PASSES, type Passes } from './draw.ts';
import { RunDrawing } from './drawing-info.svelte.ts';
import { firstPlace, keptOptions, optionsFor, placesOf } from './options.ts';

const SAMPLES = 'samples';

/** Drawing samples: what is chosen, and what is drawn of it. */
export class SamplesManager {
  readonly count = new TypedNumber((text) => readWhole(text, 1, MAX_DRAWN));
  readonly seed = new TypedNumber((text) => readWhole(text, 0, 0xffffffff));
  readonly temperature = new TypedNumber((text) => readBetween(text, 0, 10));
  readonly laterTemperature = new TypedNumber((text) => readBetween(text, 0, 10));
  readonly guidance = new TypedNumber((text) => readBetween(text, 0, 20));

  readonly #studio: Studio;
  readonly #drawing: RunDrawing;
  /** The checkpoint that draws. */
  readonly checkpoint: CheckpointChoice;

  constructor(studio: Studio) {
    this.#studio = studio;
    this.#drawing = new RunDrawing(studio.bridge, studio.fail);
    this.checkpoint = new CheckpointChoice(studio, () => this.run);
    const { count, seed, temperature, laterTemperature, guidance } = studio.settings.get(SAMPLES);
    this.count.set(count);
    this.seed.set(seed);
    this.temperature.set(temperature);
    this.laterTemperature.set(laterTemperature);
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
        laterTemperature: this.laterTemperature.value,
        guidance: this.guidance.value,
      },
      this.info,
    ),
  );

  /** How many of the settings under “More” are not as usual. */
  readonly hidden = $derived.by(() => {
    const { weights, prior, temperature, laterTemperature, reencodeAt } = this.#options;
    return [weights, prior, temperature, laterTemperature, reencodeAt].filter(
      (option) => option !== undefined,
    ).length;
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
    if (chosen.passes > 1 && this.laterTemperature.problem !== null) return null;
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
  /** What is being drawn of the run in view. */
  readonly job = $derived.by(() => this.#studio.draws.jobOf(this.run?.id));
  readonly busy = $derived(this.job !== undefined);
  /** Whether something can be asked of the model now. */
  readonly free = $derived.by(() => !this.busy && !this.#dead);

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

  choosePrior(prior: 'normal' | 'fitted'): void {
    this.#studio.settings.set(SAMPLES, { prior });
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
    this.laterTemperature.set(1);
    this.#studio.settings.set(SAMPLES, {
      ...{ weights: 'ema', prior: 'normal', temperature: 1, laterTemperature: 1, places: [] },
    });
  }

  async drawChosen(): Promise<KeptDraw | null> {
    const { params } = this;
    if (!params || !this.free) return null;
    this.#studio.settings.set(SAMPLES, {
      count: params.count,
      seed: params.seed,
      temperature: this.temperature.value ?? 1,
      laterTemperature: this.laterTemperature.value ?? 1,
      guidance: this.guidance.value ?? 1,
    });
    return this.#studio.draws.make(params);
  }

  /** Opens the export dialog for a draw, as it was drawn. */
  export(draw: KeptDraw): void {
    const run = this.#studio.library.run(draw.run);
    if (!run) return;
    const { seed, passes, asked: count } = draw;
    const { label, reencodeAt, ...others } = keptOptions(draw);
    const isNewest = run.step === draw.step && !this.#studio.training.trains(run.id);
    this.#studio.exports.open({
      ...{ run, what: 'samples', checkpoint: isNewest ? 'newest' : draw.step },
      samples: {
        ...{ count, seed, passes },
        ...others,
        ...(label !== undefined && { label: String(label) }),
        ...(reencodeAt !== undefined && { at: reencodeAt }),
      },
    });
  }

  /** Sets the controls as a kept draw was drawn, as far as they go. The run may have learned on meanwhile. */
  setAs(draw: KeptDraw): void {
    const { settings, library, training } = this.#studio;
    settings.set(SAMPLES, {
      passes: PASSES.find((choice) => choice === draw.passes) ?? this.chosen.passes,
      weights: draw.weights ?? 'ema',
      prior: draw.prior ?? 'normal',
      label: draw.label ?? null,
      places: (draw.reencodeAt ?? []).map((at) => ('timeIndex' in at ? at.timeIndex : null)),
    });
    this.count.set(draw.asked);
    this.seed.set(draw.seed);
    this.temperature.set(draw.temperature ?? 1);
    this.laterTemperature.set(draw.laterTemperature ?? 1);
    this.guidance.set(draw.guidance ?? 1);
    // The weights of then, where they are still there.
    const isNewest = library.run(draw.run)?.step === draw.step && !training.trains(draw.run);
    const isThere = this.checkpoint.options.some(({ value }) => value === draw.step);
    this.checkpoint.choose(isThere && !isNewest ? draw.step : 'newest');
  }

  /** Draws as a kept draw was drawn, with another checkpoint or run: the same noise. */
  drawBeside(
    draw: KeptDraw,
    runId: string,
    checkpoint: 'newest' | 'best' | number,
  ): Promise<KeptDraw | null> {
    const { asked: count, seed, passes } = draw;
    return this.#studio.draws.make({
      ...{ runId, count, seed, passes },
      ...keptOptions(draw),
      ...(checkpoint !== 'newest' && { checkpoint }),
    });
  }

  /** Stops what is drawn; what is there of it stays. */
  stop(): void {
    if (this.job) this.#studio.draws.stop(this.job.orderId);
  }
}
