import { listOf, type EvaluationOrder } from '../../../main/ipc/contract.ts';
import { formatDuration, formatPlural } from '../format.ts';
import type { RunEntry } from '../library/database.ts';
import type { Studio } from '../studio.ts';
import { readWhole } from '../ui/numbers.ts';
import { TypedNumber } from '../ui/typed-number.svelte.ts';
import type { EvaluationEntry, RunEvaluations } from './run-evaluations.svelte.ts';
import { extractorTitle } from './words.ts';

/** As the reference's callback measures. */
const PAPER = { count: 50_000, seed: 32, passes: [1, 2] } as const;

export type Against = 'train' | 'holdout' | `dataset:${string}`;

/** What an evaluation is asked for with. */
export class EvaluationForm {
  readonly count = new TypedNumber((text) => readWhole(text, 2, 1_000_000));
  readonly seed = new TypedNumber((text) => readWhole(text, 0, 0xffffffff));
  /** Another data set holds for this page only. */
  dataset = $state<string | null>(null);
  /** Of the checkpoint; null for the newest. */
  step = $state<number | null>(null);

  readonly #studio: Studio;
  readonly #run: RunEntry;
  readonly #known: RunEvaluations;

  constructor(studio: Studio, run: RunEntry, known: RunEvaluations) {
    this.#studio = studio;
    this.#run = run;
    this.#known = known;
    const { count, seed } = studio.settings.get('evaluate');
    this.count.set(count);
    this.seed.set(seed);
  }

  readonly chosen = $derived.by(() => this.#studio.settings.get('evaluate'));
  readonly paper = $derived.by(() => this.chosen.protocol === 'paper');
  readonly extractors = $derived.by(() => this.#known.choices?.extractors ?? []);
  readonly extractor = $derived.by(
    () => this.extractors.find(({ name }) => name === this.chosen.extractor) ?? this.extractors[0] ?? null,
  );
  readonly heldOut = $derived.by(() => this.#known.choices?.heldOut ?? 0);
  /** Data sets besides the run's own whose images have as many colours. */
  readonly others = $derived.by(() =>
    this.#studio.library.datasets.filter(
      ({ name, record, problem }) =>
        name !== this.#run.dataset && problem === null && record?.channels === this.#run.channels,
    ),
  );
  readonly against = $derived.by<Against>(() => {
    if (this.paper) return 'train';
    if (this.dataset !== null) return `dataset:${this.dataset}`;
    return this.chosen.against === 'holdout' && this.heldOut > 0 ? 'holdout' : 'train';
  });
  readonly passes = $derived.by<readonly number[]>(() =>
    this.paper ? PAPER.passes : [...this.chosen.passes].sort((a, b) => a - b),
  );

  chooseAgainst(against: Against): void {
    this.dataset = against.startsWith('dataset:') ? against.slice('dataset:'.length) : null;
    if (against === 'train' || against === 'holdout') this.#studio.settings.set('evaluate', { against });
  }

  togglePasses(passes: 1 | 2 | 3 | 4): void {
    const { passes: before } = this.chosen;
    const after = before.includes(passes) ? before.filter((one) => one !== passes) : [...before, passes];
    this.#studio.settings.set('evaluate', { passes: after });
  }

  /** What Evaluate would ask for; null while something is missing or wrong. */
  readonly order = $derived.by<Omit<EvaluationOrder, 'jobId'> | null>(() => {
    const { extractor, passes, paper, against, chosen } = this;
    const count = paper ? PAPER.count : this.count.value;
    const seed = paper ? PAPER.seed : this.seed.value;
    if (extractor === null || extractor.problem !== null) return null;
    if (count === null || seed === null) return null;
    return {
      runId: this.#run.id,
      extractor: extractor.name,
      passes: [...passes],
      count,
      against:
        this.dataset !== null && !paper
          ? { kind: 'dataset', name: this.dataset }
          : { kind: against === 'holdout' ? 'holdout' : 'train' },
      weights: paper ? 'ema' : chosen.weights,
      step: this.step,
      protocol: chosen.protocol,
      seed,
    };
  });

  /** What it will take, in words. */
  readonly effort = $derived.by(() => {
    const { order } = this;
    if (order === null) return '';
    const { count, passes, extractor } = order;
    const numbers = `${listOf(passes.map(String))} ${passes.length === 1 && passes[0] === 1 ? 'pass' : 'passes'}`;
    const draws =
      passes.length === 0
        ? 'Reconstructs real images'
        : `Draws ${formatPlural(count, 'sample')} in ${numbers}, reconstructs real images`;
    const looks = `looks at all of them with ${extractorTitle(extractor)}`;
    const seconds = estimate(order, this.#known.entries);
    const time =
      seconds === null
        ? 'How long it takes shows once it has begun.'
        : `About ${formatDuration(seconds)}, as long as the last one took for as many.`;
    return `${draws} and ${looks}. ${time}`;
  });

  /** Puts it into the queue and remembers what was chosen. */
  async start(): Promise<void> {
    const { order } = this;
    if (order === null) return;
    const { count, seed } = this;
    this.#studio.settings.set('evaluate', {
      ...(count.value !== null && { count: count.value }),
      ...(seed.value !== null && { seed: seed.value }),
    });
    await this.#studio.evaluations.add(order);
  }
}

/** Seconds, from what such measurements took before: those of as many passes, else those of any. Null without one. */
export function estimate(
  { extractor, count, passes }: Pick<EvaluationOrder, 'extractor' | 'count' | 'passes'>,
  entries: readonly EvaluationEntry[],
): number | null {
  const alike = entries
    .map(({ record }) => record)
    .filter((record) => record.extractor.name === extractor && record.kind === 'samples' && record.count > 0)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  if (passes.length === 0) return null;
  let seconds = 0;
  for (const wanted of passes) {
    const known = alike.find((record) => record.passes === wanted) ?? alike[0];
    if (known === undefined) return null;
    seconds += (known.seconds * count) / known.count;
  }
  return seconds;
}

/** The choices of real images in words. */
export function againstChoices(
  form: EvaluationForm,
  dataset: string | null,
): { value: Against; label: string }[] {
  return [
    { value: 'train', label: dataset === null ? 'Training images' : `Training images of ${dataset}` },
    ...(form.heldOut > 0
      ? [{ value: 'holdout' as const, label: formatPlural(form.heldOut, 'held-out image') }]
      : []),
    ...form.others.map(({ name }) => ({ value: `dataset:${name}` as const, label: `Data set ${name}` })),
  ];
}
