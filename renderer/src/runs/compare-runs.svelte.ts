import { SvelteMap } from 'svelte/reactivity';
import {
  bandOf,
  type CallResult,
  type CurveAxis,
  type CurveKey,
  CURVES,
  MEASURE_NAMES,
  type PixelResult,
  placesOn,
  type RunsView,
  smoothed,
} from '../../../main/ipc/contract.ts';
import { formatNumber } from '../format.ts';
import type { RunEntry } from '../library/database.ts';
import type { Studio } from '../studio.ts';
import { CurveView } from '../train/curves/curve-view.svelte.ts';
import { Film } from '../train/film.svelte.ts';
import { Playhead } from '../train/playhead.svelte.ts';
import {
  type Axis,
  axisOf,
  type Difference,
  differencesBetween,
  labelsOf,
  madeFrom,
  nameOfKey,
} from './comparison.ts';
import { valueWords } from './table.ts';

type Curves = PixelResult<'run.curves'>;
type Evaluation = CallResult<'evaluations.list'>['evaluations'][number];

/** Runs with a colour and pictures of their own; of more, only settings, groups and coordinates are shown. */
export const MOST_BY_THEMSELVES = 8;
/** Runs from which on their settings are shown as parallel coordinates against a result. */
export const COORDINATES_FROM = 8;

/** A curve of one run, or the mean of a group with its band. */
export interface OverlaidLine {
  label: string;
  /** Custom property with its colour. */
  colour: string;
  /** Steps, and places on the view's axis. */
  steps: ArrayLike<number>;
  xs: ArrayLike<number>;
  mean: ArrayLike<number>;
  min: ArrayLike<number>;
  max: ArrayLike<number>;
  /** Whether the band between min and max is drawn. */
  band: boolean;
}

export interface ComparedGroup {
  label: string;
  colour: string;
  runs: readonly RunEntry[];
}

const colourOf = (index: number): string => `--run-${(index % MOST_BY_THEMSELVES) + 1}`;

/** Curves that are set, and not measured. */
const PLAIN: readonly CurveKey[] = ['learningRate', 'intervals', 'memory'];

/** Some runs beside one another: settings, curves, samples at one step, evaluations. */
export class CompareRunsManager {
  readonly playhead = new Playhead();
  readonly view: CurveView;
  /** What is measured against the settings. */
  result = $state<'lastLoss' | 'best'>('lastLoss');
  /** The run that is looked at; −1 for none. */
  hovered = $state(-1);
  busy = $state(false);
  readonly #studio: Studio;
  readonly #curves = new SvelteMap<string, Curves>();
  readonly #settings = new SvelteMap<string, Readonly<Record<string, unknown>>>();
  readonly #evaluations = new SvelteMap<string, readonly Evaluation[]>();
  /** Steps at which each run has pictures. */
  readonly gridSteps = new SvelteMap<string, readonly number[]>();

  constructor(studio: Studio) {
    this.#studio = studio;
    this.view = new CurveView(studio.settings, this.playhead, 'curves of compared runs');
  }

  readonly runs: readonly RunEntry[] = $derived.by(
    () =>
      this.#studio.settings
        .get('runs')
        .compared.map((id) => this.#studio.library.run(id))
        .filter((run) => run !== undefined && run.problem === null) as RunEntry[],
  );
  readonly labels = $derived(labelsOf(this.runs));

  readonly #made = $derived.by(() => this.runs.map((run) => madeFrom(run, this.#settings.get(run.id) ?? {})));
  readonly differences: readonly Difference[] = $derived.by(() => differencesBetween(this.#made));

  /** Key by which runs are one curve; with many runs there is one in any case. */
  readonly band: string | null = $derived.by(() => {
    const { band } = this.#studio.settings.get('runs');
    if (band !== null && this.differences.some(({ key }) => key === band)) return band;
    if (this.runs.length <= MOST_BY_THEMSELVES) return null;
    return (this.differences.find(({ key }) => key !== 'seed') ?? this.differences[0])?.key ?? null;
  });

  readonly groups: readonly ComparedGroup[] = $derived.by(() => {
    const { band } = this;
    if (band === null) {
      return this.runs.map((run, i) => ({
        label: this.labels[i] ?? run.name,
        colour: colourOf(i),
        runs: [run],
      }));
    }
    const found = new Map<string, RunEntry[]>();
    this.runs.forEach((run, i) => {
      const label = `${nameOfKey(band)} ${valueWords(this.#made[i]?.[band])}`;
      found.set(label, [...(found.get(label) ?? []), run]);
    });
    return [...found].map(([label, runs], i) => ({ label, colour: colourOf(i), runs }));
  });

  /** Colour of each run: its own, or that of its group. */
  readonly colours: readonly string[] = $derived.by(() =>
    this.runs.map((run) => this.groups.find(({ runs }) => runs.includes(run))?.colour ?? colourOf(0)),
  );

  readonly keys: readonly CurveKey[] = $derived.by(() => {
    const all = [...this.#curves.values()];
    return (Object.keys(CURVES) as CurveKey[]).filter((key) =>
      this.runs.some(({ id }) => this.#curves.get(id)?.columns[key] !== undefined && all.length > 0),
    );
  });

  isPlain(key: CurveKey): boolean {
    return PLAIN.includes(key);
  }

  /** The curves of one quantity, in the order of the runs or groups. */
  lines(key: CurveKey): OverlaidLine[] {
    const { axis, smoothing } = this.view;
    return this.groups.flatMap(({ label, colour, runs }): OverlaidLine[] => {
      const own = runs.flatMap(({ id }) => {
        const curves = this.#curves.get(id);
        const column = curves?.columns[key];
        return curves === undefined || column === undefined ? [] : [{ curves, column }];
      });
      const [first] = own;
      if (first === undefined) return [];
      if (this.band === null || own.length === 1) {
        const { curves, column } = first;
        return [{ label, colour, steps: curves.steps, xs: placesOn(axis, curves), ...column, band: false }];
      }
      // Averaged before they are taken together: a band of single steps would be as wide as their noise.
      const weight = this.isPlain(key) ? 0 : smoothing;
      const { x, mean, min, max } = bandOf(
        own.map(({ curves, column }) => ({ x: placesOn(axis, curves), y: smoothed(column.mean, weight) })),
      );
      const steps = axis === 'step' ? x : x.map((place) => stepAt(axis, place, first.curves));
      return [{ label, colour, steps, xs: x, mean, min, max, band: true }];
    });
  }

  /** A run's pictures over its course; whoever shows them follows it. */
  newFilm(run: RunEntry): Film {
    const { bridge, pixels, fail } = this.#studio;
    return new Film(bridge, pixels, run.id, this.playhead, fail);
  }

  evaluationsOf(run: RunEntry): readonly Evaluation[] {
    return this.#evaluations.get(run.id) ?? [];
  }

  readonly axes: readonly Axis[] = $derived.by(() => {
    const settings = this.differences.map(({ key, name }) =>
      axisOf(
        key,
        name,
        this.#made.map((made) => made[key]),
      ),
    );
    return [...settings, this.resultAxis];
  });

  readonly resultAxis: Axis = $derived.by(() => {
    const words = (value: unknown): string =>
      typeof value === 'number' ? formatNumber(value) : valueWords(value);
    if (this.result === 'lastLoss') {
      return axisOf(
        'result',
        'Loss',
        this.runs.map(({ lastLoss }) => lastLoss),
        words,
      );
    }
    const measure = this.runs.find(({ best }) => best !== null)?.best?.measure;
    const values = this.runs.map(({ best }) => (best?.measure === measure ? (best?.value ?? null) : null));
    return axisOf('result', measure === undefined ? 'Best' : MEASURE_NAMES[measure], values, words);
  });

  /** Reads what is shown of the runs that is not known yet, now and when they are others. */
  follow(): void {
    const { bridge, pixels, fail } = this.#studio;
    const unknown = this.runs.filter(({ id }) => !this.#settings.has(id)).map(({ id }) => id);
    if (unknown.length > 0) {
      bridge.call('runs.settings', { runIds: unknown }).then((all) => {
        for (const { runId, settings } of all) this.#settings.set(runId, settings);
      }, fail);
    }
    for (const { id } of this.runs) {
      if (!this.#curves.has(id)) {
        pixels.request('run.curves', { runId: id }).then((curves) => this.#curves.set(id, curves), fail);
      }
      if (!this.#evaluations.has(id)) {
        bridge
          .call('evaluations.list', { runId: id })
          .then(({ evaluations }) => this.#evaluations.set(id, evaluations), fail);
      }
    }
  }

  groupBy(band: string | null): void {
    this.#studio.settings.set('runs', { band });
  }

  without(id: string): void {
    const { compared } = this.#studio.settings.get('runs');
    this.#studio.settings.set('runs', { compared: compared.filter((other) => other !== id) });
  }

  /** What is looked at, as a file has it. */
  get asFile(): RunsView {
    const { axis, logarithmic, smoothing } = this.view;
    return {
      format: 'covae-runs-view',
      version: 1,
      runs: this.runs.map(({ id }) => id),
      ...{ axis, logarithmic, smoothing },
      group: this.band,
      step: this.playhead.chosen,
    };
  }

  async saveView(): Promise<void> {
    await this.#written(
      async () => this.#studio.bridge.call('runs.saveView', { view: this.asFile }),
      'The view',
    );
  }

  async writePage(): Promise<void> {
    const runIds = this.runs.map(({ id }) => id);
    await this.#written(() => this.#studio.bridge.call('runs.writeComparison', { runIds }), 'The comparison');
  }

  async openView(): Promise<void> {
    const { bridge, settings, notices, fail } = this.#studio;
    try {
      const opened = await bridge.call('runs.openView', {});
      if (opened === null) return;
      const { view, missing } = opened;
      settings.set('charts', { axis: view.axis, logarithmic: view.logarithmic, smoothing: view.smoothing });
      settings.set('runs', { page: 'compare', compared: view.runs, band: view.group });
      this.playhead.chosen = view.step;
      if (missing.length > 0)
        notices.error(`Not in the library, and left out of the view: ${missing.join(', ')}.`);
    } catch (error) {
      fail(error);
    }
  }

  async #written(write: () => Promise<{ path: string } | null>, what: string): Promise<void> {
    const { notices, fail } = this.#studio;
    this.busy = true;
    try {
      const written = await write();
      if (written) notices.done(`${what} is written to ${written.path}.`, written.path);
    } catch (error) {
      fail(error);
    } finally {
      this.busy = false;
    }
  }
}

/** The step at a place of another axis than that of steps. */
function stepAt(axis: CurveAxis, place: number, curves: Curves): number {
  if (axis === 'images') return place / curves.batchSize;
  if (axis === 'epochs') return (place * (curves.images ?? 1)) / curves.batchSize;
  const at = curves.seconds.findIndex((seconds) => seconds >= place);
  return curves.steps[at < 0 ? curves.steps.length - 1 : at] ?? 0;
}
