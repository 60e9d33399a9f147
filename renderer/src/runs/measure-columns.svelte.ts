import type { CallResult } from '../../../main/ipc/contract.ts';
import { word } from '../../../text/say.ts';
import type { Studio } from '../studio.ts';
import type { TableRun } from './table.ts';

type Measures = CallResult<'runs.measures'>;
export type MeasureColumn = Measures['columns'][number];
type Measure = Measures['runs'][number]['measures'][number];

/** A column of the table: the best value of a measure, or the last. */
export interface ShownMeasure {
  /** What the table is sorted by. */
  key: string;
  which: 'best' | 'last';
  column: MeasureColumn;
  of: (row: TableRun) => Measure | undefined;
  valueOf: (row: TableRun) => number | null;
}

/** `Precision, 1 pass: best`. */
export function measureTitle(title: string, which: ShownMeasure['which']): string {
  return `${title}: ${word(which === 'best' ? 'best' : 'last')}`;
}

/** Measures that have columns when nobody chose any, of whatever most runs were evaluated by. */
const USUAL = /^(FD|FID|Fréchet|Precision|Recall)/;
const MOST_USUAL = 3;

/** What stored evaluations say of the runs in the table, and which of it has columns. */
export class MeasureColumns {
  /** All that was measured. */
  columns = $state.raw<readonly MeasureColumn[]>([]);
  #values = $state.raw<ReadonlyMap<string, ReadonlyMap<string, Measure>>>(new Map());
  readonly #studio: Studio;

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  /** Runs that can have been evaluated. */
  get runIds(): string[] {
    return this.#studio.library.runs.filter(({ problem }) => problem === null).map(({ id }) => id);
  }

  /** Keys of the measures that have columns. */
  readonly chosen: readonly string[] = $derived.by(() => {
    const { measures } = this.#studio.settings.get('runs');
    const known = this.columns.map(({ key }) => key);
    if (measures !== null) return known.filter((key) => measures.includes(key));
    const about = this.columns[0]?.about;
    return this.columns
      .filter((column) => column.about === about && USUAL.test(column.title) && !column.title.includes('∞'))
      .slice(0, MOST_USUAL)
      .map(({ key }) => key);
  });

  readonly shown: readonly ShownMeasure[] = $derived.by(() =>
    this.columns
      .filter(({ key }) => this.chosen.includes(key))
      .flatMap((column) =>
        (['best', 'last'] as const).map((which): ShownMeasure => {
          const of = ({ run }: TableRun): Measure | undefined => this.#values.get(run.id)?.get(column.key);
          const valueOf = (row: TableRun): number | null => of(row)?.[which].value ?? null;
          return { key: `${which} ${column.key}`, which, column, of, valueOf };
        }),
      ),
  );

  /** What a run has in a column of the table, by the column's key. */
  valueOf(key: string): ((row: TableRun) => number | null) | undefined {
    return this.shown.find((shown) => shown.key === key)?.valueOf;
  }

  toggle(key: string): void {
    const measures = this.chosen.includes(key)
      ? this.chosen.filter((other) => other !== key)
      : [...this.chosen, key];
    this.#studio.settings.set('runs', { measures });
  }

  /** Asks for what was measured, now and whenever that changes, until the returned function is called. */
  follow(): () => void {
    const { bridge } = this.#studio;
    let round = 0;
    const ask = async (): Promise<void> => {
      const mine = ++round;
      const { runIds } = this;
      if (runIds.length === 0) return;
      const { columns, runs } = await bridge.call('runs.measures', { runIds });
      if (mine !== round) return;
      this.columns = columns;
      this.#values = new Map(
        runs.map(({ runId, measures }) => [runId, new Map(measures.map((one) => [one.key, one]))]),
      );
    };
    const now = (): void => void ask().catch(this.#studio.fail);
    now();
    const end = bridge.on('evaluations.changed', now);
    return () => {
      round = -1;
      end();
    };
  }
}
