import { inSentence } from '../../../text/say.ts';
import {
  againstWords,
  differencesOf,
  measuredKeys,
  drawingKey,
  protocolKey,
  sortEvaluations,
} from '../../../main/ipc/contract.ts';
import { formatPlural } from '../format.ts';
import type { Studio } from '../studio.ts';
import type { Row } from './rows.ts';
import { extractorTitle, PROTOCOLS } from './words.ts';

/** Evaluations that may be held against each other, in words. */
export interface Group {
  key: string;
  label: string;
  rows: readonly Row[];
}

const ALL = 'all';

/** The evaluations of several runs in one table. */
export class CompareManager {
  rows = $state.raw<readonly Row[]>([]);
  /** Evaluations that cannot be read, a sentence each. */
  damaged = $state.raw<readonly string[]>([]);
  known = $state(false);
  busy = $state(false);
  order = $state.raw({ key: 'fd', descending: false });
  /** Key of the group that was chosen; null for the usual one. */
  #chosen = $state<string | null>(null);
  /** Every evaluation of a run, or the newest of each kind only. */
  every = $state(false);
  readonly #studio: Studio;

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  readonly settings = $derived.by(() => this.#studio.settings.get('compare'));
  readonly runs = $derived.by(() => {
    const with_ = new Set(this.rows.map(({ runId }) => runId));
    return this.#studio.library.runs.filter(({ id }) => with_.has(id));
  });

  readonly #wanted = $derived.by(() => {
    const { without } = this.settings;
    const rows = this.rows.filter(({ runId }) => !without.includes(runId));
    return this.every ? rows : newestOfEach(rows);
  });

  /** What was measured alike, the largest group first, and all there is when that is more. */
  readonly groups = $derived.by<Group[]>(() => {
    const found = new Map<string, Row[]>();
    for (const row of this.#wanted) {
      const key = protocolKey(row.record);
      found.set(key, [...(found.get(key) ?? []), row]);
    }
    const groups = [...found].map(([key, rows]) => ({ key, label: labelOf(rows), rows }));
    const runsIn = ({ rows }: Group) => new Set(rows.map(({ runId }) => runId)).size;
    groups.sort((a, b) => runsIn(b) - runsIn(a) || b.rows.length - a.rows.length);
    if (groups.length < 2) return groups;
    return [...groups, { key: ALL, label: 'All, however they were measured', rows: this.#wanted }];
  });
  readonly group = $derived.by(
    () => this.groups.find(({ key }) => key === this.#chosen) ?? this.groups[0] ?? null,
  );
  readonly keys = $derived.by(() =>
    measuredKeys((this.group?.rows ?? []).map(({ record }) => record)).filter((key) => key !== 'kidStd'),
  );
  readonly columns = $derived.by(() => this.keys.filter((key) => !this.settings.hidden.includes(key)));
  /** In what the rows were not measured alike. */
  readonly differences = $derived.by(() =>
    differencesOf((this.group?.rows ?? []).map(({ record }) => record)),
  );

  chooseGroup(key: string): void {
    this.#chosen = key;
  }

  toggleColumn(key: string): void {
    this.#studio.settings.set('compare', { hidden: toggled(this.settings.hidden, key) });
  }

  toggleRun(id: string): void {
    this.#studio.settings.set('compare', { without: toggled(this.settings.without, id) });
  }

  /** Asks for the evaluations of all runs, now and whenever they change, until the returned function is called. */
  follow(): () => void {
    const { bridge } = this.#studio;
    let round = 0;
    const ask = async (): Promise<void> => {
      const mine = ++round;
      const runs = this.#studio.library.runs.filter(({ problem }) => problem === null);
      const lists = await Promise.all(
        runs.map(async ({ id }) => ({ id, ...(await bridge.call('evaluations.list', { runId: id })) })),
      );
      if (mine !== round) return;
      this.rows = lists.flatMap(({ id, evaluations }) =>
        evaluations.map((entry) => ({ runId: id, ...entry })),
      );
      this.damaged = lists.flatMap(({ damaged }) => damaged);
      this.known = true;
    };
    const now = (): void => void ask().catch(this.#studio.fail);
    now();
    const end = bridge.on('evaluations.changed', now);
    return () => {
      round = -1;
      end();
    };
  }

  async exportAs(as: 'csv' | 'markdown'): Promise<void> {
    const { group } = this;
    if (group === null || this.busy) return;
    this.busy = true;
    const { bridge, notices, fail } = this.#studio;
    try {
      const rows = sortEvaluations(group.rows, this.order, ({ record }) => record);
      const written = await bridge.call('evaluations.export', {
        evaluations: rows.map(({ runId, file }) => ({ runId, file })),
        measures: [...this.columns],
        as,
      });
      if (written)
        notices.done(`${formatPlural(rows.length, 'row')} written to ${written.path}.`, written.path);
    } catch (error) {
      fail(error);
    } finally {
      this.busy = false;
    }
  }
}

function toggled(list: readonly string[], one: string): string[] {
  return list.includes(one) ? list.filter((other) => other !== one) : [...list, one];
}

/** Of the evaluations of a run that were measured alike, in as many passes and with the same weights, that of the last step. */
function newestOfEach(rows: readonly Row[]): Row[] {
  const newest = new Map<string, Row>();
  for (const row of rows) {
    const { checkpoint } = row.record;
    const key = JSON.stringify([row.runId, drawingKey(row.record)]);
    const known = newest.get(key);
    if (known === undefined || known.record.checkpoint.step <= checkpoint.step) newest.set(key, row);
  }
  return [...newest.values()];
}

function labelOf(rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const { record } = first;
  const runs = new Set(rows.map(({ runId }) => runId)).size;
  return [
    record.kind === 'samples'
      ? formatPlural(record.count, 'sample')
      : formatPlural(record.count, 'reconstruction'),
    `against ${againstWords(record)}`,
    extractorTitle(record.extractor.name),
    ...(record.protocolName === 'standard' ? [] : [inSentence(PROTOCOLS[record.protocolName])]),
    `(${formatPlural(runs, 'run')})`,
  ]
    .join(', ')
    .replace(', (', ' (');
}
