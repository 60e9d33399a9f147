import {
  type Captions,
  type ExportOrder,
  MAX_COUNT,
  MAX_HOLD,
  MAX_LOOP,
  MAX_RATE,
  MAX_SCALE,
  USUAL_COUNTS,
  type What,
} from '../../../main/ipc/contract.ts';
import { formatCount } from '../format.ts';
import type { Setting } from '../library/settings.svelte.ts';
import type { Studio } from '../studio.ts';
import { readBetween, readPositive, readWhole } from '../ui/numbers.ts';
import { TypedNumber } from '../ui/typed-number.svelte.ts';
import { type ExportSubject, FILMS, PLAYED, WHAT_NAMES } from './subject.ts';

/** What the dialog asks for, and the order that it comes to. */
export class ExportForm {
  what = $state<What>('samples');
  readonly count = new TypedNumber((text) => readWhole(text, 1, MAX_COUNT));
  readonly seed = new TypedNumber((text) => readWhole(text, 0, 0xffffffff));
  readonly passes = new TypedNumber((text) => readWhole(text, 1, 16));
  readonly from = new TypedNumber((text) => readWhole(text, 0, 100_000_000));
  readonly to = new TypedNumber((text) => readWhole(text, 0, 100_000_000));
  readonly start = new TypedNumber((text) => readWhole(text, 0, 1_000_000_000));
  /** Images at the corners of a plane, as numbers between commas. */
  corners = $state('');
  /** Name of the data set that is made. */
  name = $state('');
  captions = $state<'' | Captions>('');
  readonly columns = new TypedNumber((text) => readWhole(text, 1, 10_000));
  readonly gap = new TypedNumber((text) => readWhole(text, 0, 1000));
  readonly rate = new TypedNumber((text) => readPositive(text, MAX_RATE));
  readonly loop = new TypedNumber((text) => readWhole(text, 0, MAX_LOOP));
  readonly hold = new TypedNumber((text) => readBetween(text, 0, MAX_HOLD));

  readonly subject: ExportSubject;
  readonly #studio: Studio;

  constructor(studio: Studio, subject: ExportSubject) {
    this.#studio = studio;
    this.subject = subject;
    const { samples = {}, path = {} } = subject;
    this.what = subject.what;
    this.seed.set(samples.seed ?? 0);
    this.passes.set(samples.passes ?? 1);
    this.from.set(path.from ?? 0);
    this.to.set(path.to ?? 1);
    this.count.set(subject.what === 'path' ? (path.count ?? null) : (samples.count ?? null));
    const { rate, loop, hold } = studio.settings.get('export');
    this.rate.set(rate);
    this.loop.set(loop);
    this.hold.set(hold);
  }

  readonly chosen = $derived.by(() => this.#studio.settings.get('export'));
  readonly as = $derived.by(() => this.chosen.as);
  readonly plays = $derived.by(() => PLAYED.includes(this.as));
  /** Whether the run is being trained: then its checkpoints draw, not the weights of this moment. */
  readonly live = $derived.by(() => this.#studio.training.trains(this.subject.run.id));

  /** What of the run can be exported now. */
  readonly whats = $derived.by((): What[] => {
    const { run } = this.subject;
    const drawn: What[] =
      run.dataset === null ? ['samples'] : ['samples', 'reconstructions', 'path', 'plane'];
    return [...(run.drawable ? drawn : []), 'film'];
  });

  readonly placeholder = $derived.by(() => {
    const { what } = this;
    return what === 'film' ? '' : String(USUAL_COUNTS[what]);
  });

  readonly datasetName = $derived.by(() => this.name.trim() || `${this.subject.run.name}-${this.what}`);
  readonly cornersProblem = $derived.by(() => {
    const corners = this.corners.trim() === '' ? [0, 1, 2] : cornersOf(this.corners);
    const known = corners.every((index) => Number.isInteger(index) && index >= 0);
    return known && [3, 4].includes(corners.length) ? null : 'Three or four numbers, such as 0, 1, 2, 3.';
  });

  /** Null while something typed is wrong. */
  readonly order: ExportOrder | null = $derived.by(() => {
    const { what, as, chosen, subject } = this;
    const asked = [
      ...(what === 'film' ? [] : [this.count]),
      ...(what === 'samples' ? [this.seed, this.passes] : []),
      ...(what === 'path' ? [this.from, this.to] : []),
      ...(what === 'reconstructions' ? [this.start] : []),
      ...(as === 'grid' ? [this.columns, this.gap] : []),
      ...(this.plays ? [this.rate, this.loop, this.hold] : []),
    ];
    if (asked.some(({ problem }) => problem !== null) || !this.whats.includes(what)) return null;
    const order: ExportOrder = {
      what,
      as,
      step: what === 'film' ? 'newest' : subject.checkpoint,
      provenance: chosen.provenance,
    };
    if (what !== 'film') put(order, 'count', this.count.value);
    if (what === 'plane') {
      if (this.cornersProblem !== null) return null;
      if (this.corners.trim() !== '') order.corners = cornersOf(this.corners);
    }
    if (as === 'dataset') order.name = this.datasetName;
    if (as === 'grid' && this.captions !== '') order.captions = this.captions;
    if (what === 'samples') {
      const { count: _, seed: __, passes: ___, at, ...others } = subject.samples ?? {};
      Object.assign(order, others);
      put(order, 'seed', this.seed.value ?? 0);
      put(order, 'passes', this.passes.value ?? 1);
      // Where later passes encode again was chosen for so many passes.
      if (at !== undefined && at.length === (order.passes ?? 1) - 1) order.at = at;
    }
    if (what === 'path') {
      if (subject.path?.at !== undefined) order.at = subject.path.at;
      put(order, 'from', this.from.value);
      put(order, 'to', this.to.value);
    }
    if (what === 'reconstructions') put(order, 'start', this.start.value);
    if (chosen.scale !== 1) {
      order.scale = Math.min(MAX_SCALE, chosen.scale);
      order.resize = chosen.resize;
    }
    if (as === 'grid') {
      put(order, 'columns', this.columns.value);
      put(order, 'gap', this.gap.value);
    }
    if (this.plays) {
      put(order, 'rate', this.rate.value);
      if (!FILMS.includes(as)) put(order, 'loop', this.loop.value);
      put(order, 'hold', this.hold.value);
      if (chosen.pingPong) order.pingPong = true;
    }
    return order;
  });

  /** What will be written, in one sentence. */
  readonly summary = $derived.by(() => {
    const { what, order, subject } = this;
    if (order === null) return '';
    const { imageSize } = subject.run;
    const scale = order.scale ?? 1;
    const size = `${formatCount(imageSize * scale)} × ${formatCount(imageSize * scale)} pixels each`;
    if (what === 'film') return 'Every grid that was drawn during the training.';
    return `${WHAT_NAMES[what].count(order.count ?? USUAL_COUNTS[what])}, ${size}.`;
  });

  chooseWhat(what: What): void {
    this.what = what;
    this.count.set(null);
  }

  choose(change: Partial<Setting<'export'>>): void {
    this.#studio.settings.set('export', change);
  }

  /** Keeps what was typed for the next time, and begins. */
  async begin(): Promise<void> {
    const { order } = this;
    if (order === null) return;
    this.choose({ rate: this.rate.value ?? 10, loop: this.loop.value ?? 0, hold: this.hold.value ?? 0 });
    const { exports } = this.#studio;
    if (FILMS.includes(order.as)) await exports.beginFilm(this.subject.run.id, order);
    else await exports.begin({ kind: 'export', runId: this.subject.run.id, order });
  }
}

function cornersOf(text: string): number[] {
  return text.split(',').map((word) => (word.trim() === '' ? NaN : Number(word)));
}

function put<K extends keyof ExportOrder>(order: ExportOrder, key: K, value: ExportOrder[K] | null): void {
  if (value !== null) order[key] = value;
}
