import * as v from 'valibot';
import { FORMAT_NAMES } from '../../../main/ipc/contract.ts';
import { sentenceOf } from '../bridge.ts';
import { Latest } from '../latest.ts';
import type { CatalogueDatabase } from './database.ts';

const text = v.optional(v.string(), '');
const whole = (initial: number) => v.optional(v.number(), initial);
const colour = (initial: string) => v.optional(v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/)), initial);
const image = v.optional(v.nullable(v.number()), null);

/** What the window remembers between starts. Each entry stands for itself: a damaged one falls back alone. */
const schemas = {
  navigation: v.object({
    view: v.optional(v.picklist(['datasets', 'train', 'samples', 'explore', 'guide']), 'datasets'),
    dataset: v.optional(v.nullable(v.string()), null),
  }),
  /** What an import is proposed with; the size only for images that have none in common. */
  import: v.object({
    size: whole(64),
    fit: v.optional(v.picklist(['crop', 'stretch', 'pad', 'celeba']), 'crop'),
    padColour: colour('#000000'),
    background: colour('#ffffff'),
  }),
  newTraining: v.object({
    dataset: text,
    preset: text,
    /** Settings changed of the preset: dotted key → value. */
    changes: v.optional(v.record(v.string(), v.unknown()), {}),
  }),
  charts: v.object({
    logarithmic: v.optional(v.boolean(), true),
    /** Weight of the moving average. */
    smoothing: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.99)), 0.6),
    axis: v.optional(v.picklist(['step', 'images', 'epochs', 'time']), 'step'),
  }),
  /** The run last looked at; shared by the views that use one. */
  run: v.object({ id: text }),
  /** The checkpoint that draws, of the run that it was chosen for. */
  drawFrom: v.object({
    run: text,
    checkpoint: v.optional(v.union([v.picklist(['newest', 'best']), v.number()]), 'newest'),
  }),
  samples: v.object({
    count: whole(64),
    seed: whole(0),
    passes: v.optional(v.picklist([1, 2, 3, 4]), 1),
    weights: v.optional(v.picklist(['ema', 'raw']), 'ema'),
    prior: v.optional(v.picklist(['normal', 'fitted']), 'normal'),
    temperature: whole(1),
    laterTemperature: whole(1),
    label: image,
    guidance: whole(1),
    /** Where each later pass encodes again, as an index of a time step; null for the middle. */
    places: v.optional(v.array(v.nullable(v.number())), []),
  }),
  /** How exports are written. */
  export: v.object({
    as: v.optional(v.picklist(FORMAT_NAMES), 'grid'),
    scale: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16)), 1),
    resize: v.optional(v.picklist(['nearest', 'lanczos']), 'nearest'),
    rate: whole(10),
    loop: whole(0),
    hold: whole(0),
    pingPong: v.optional(v.boolean(), false),
    provenance: v.optional(v.boolean(), true),
  }),
  /** What an evaluation is asked for with, and which part of a run's page is open. */
  evaluate: v.object({
    tab: v.optional(v.picklist(['training', 'evaluate']), 'training'),
    extractor: v.optional(v.string(), 'mobilenet'),
    passes: v.optional(v.array(v.picklist([1, 2, 3, 4])), [1, 2]),
    count: whole(5000),
    seed: whole(0),
    against: v.optional(v.picklist(['train', 'holdout']), 'train'),
    weights: v.optional(v.picklist(['ema', 'raw']), 'ema'),
    protocol: v.optional(v.picklist(['standard', 'paper']), 'standard'),
  }),
  /** The table of all runs: whether it or the comparison is open, how it is sorted and grouped, and what is compared. */
  runs: v.object({
    page: v.optional(v.picklist(['none', 'table', 'compare']), 'none'),
    order: v.optional(v.object({ key: v.string(), descending: v.boolean() }), {
      key: 'createdAt',
      descending: true,
    }),
    group: v.optional(v.string(), ''),
    /** Keys of the measures that have columns; null for the usual ones. */
    measures: v.optional(v.nullable(v.array(v.string())), null),
    compared: v.optional(v.array(v.string()), []),
    /** Key by which compared runs are one curve; null for each by itself. */
    band: v.optional(v.nullable(v.string()), null),
  }),
  /** The table of several runs. */
  compare: v.object({
    open: v.optional(v.boolean(), false),
    /** Measures that are not shown, and runs that are left out. */
    hidden: v.optional(v.array(v.string()), []),
    without: v.optional(v.array(v.string()), []),
  }),
  /** What lies on the board of the Explore view. */
  explore: v.object({ board: v.optional(v.unknown()) }),
  /** The page of the guide that was read last. */
  guide: v.object({ page: text }),
  grid: v.object({ cell: whole(56) }),
  samplesGrid: v.object({ cell: whole(80) }),
  statistics: v.object({ logarithmic: v.optional(v.boolean(), true) }),
  datasets: v.object({ order: v.optional(v.picklist(['name', 'newest', 'largest']), 'name') }),
} as const;

type Schemas = typeof schemas;
export type SettingName = keyof Schemas;
export type Setting<K extends SettingName> = v.InferOutput<Schemas[K]>;

/** Settings as reactive values, kept in the catalogue. Without a working database they last as long as the window. */
export class Settings {
  readonly #database: CatalogueDatabase;
  readonly #writes = new Map<SettingName, Latest<void>>();
  readonly #values = $state<{ [K in SettingName]: Setting<K> }>({
    navigation: v.parse(schemas.navigation, {}),
    import: v.parse(schemas.import, {}),
    newTraining: v.parse(schemas.newTraining, {}),
    charts: v.parse(schemas.charts, {}),
    run: v.parse(schemas.run, {}),
    drawFrom: v.parse(schemas.drawFrom, {}),
    samples: v.parse(schemas.samples, {}),
    export: v.parse(schemas.export, {}),
    evaluate: v.parse(schemas.evaluate, {}),
    runs: v.parse(schemas.runs, {}),
    compare: v.parse(schemas.compare, {}),
    explore: v.parse(schemas.explore, {}),
    guide: v.parse(schemas.guide, {}),
    grid: v.parse(schemas.grid, {}),
    samplesGrid: v.parse(schemas.samplesGrid, {}),
    statistics: v.parse(schemas.statistics, {}),
    datasets: v.parse(schemas.datasets, {}),
  });
  /** Why settings are not kept; null when they are. */
  problem = $state<string | null>(null);

  constructor(database: CatalogueDatabase) {
    this.#database = database;
  }

  async load(): Promise<void> {
    try {
      for (const { key, value } of await this.#database.settings.toArray()) {
        if (key in schemas) this.#restore(key as SettingName, value);
      }
    } catch (error) {
      this.problem = `The settings could not be read (${sentenceOf(error)}), so the window starts with the usual ones.`;
    }
  }

  #restore<K extends SettingName>(key: K, value: unknown): void {
    const result = v.safeParse(schemas[key], value);
    if (result.success) Object.assign(this.#values[key], result.output);
  }

  get<K extends SettingName>(key: K): Readonly<Setting<K>> {
    return this.#values[key];
  }

  set<K extends SettingName>(key: K, change: Partial<Setting<K>>): void {
    Object.assign(this.#values[key], change);
    this.#write(key).request();
  }

  /** Writes a setting as it is by then: one that changes with each move of a hand is written as fast as that goes. */
  #write(key: SettingName): Latest<void> {
    const known = this.#writes.get(key);
    if (known) return known;
    const made = new Latest<void>(
      async () => {
        await this.#database.settings.put({ key, value: $state.snapshot(this.#values[key]) });
      },
      (error) => {
        this.problem = `The settings could not be kept (${sentenceOf(error)}).`;
      },
      () => false,
    );
    this.#writes.set(key, made);
    return made;
  }
}
