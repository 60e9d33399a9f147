import type { Alarm, Diagnostics } from '../../../core/run/diagnostics.ts';
import type { EvaluationLine } from '../../../core/run/evaluation-line.ts';
import type { CallResult, EventPayload } from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';
import { Latest } from '../latest.ts';

type HistoryLine = EventPayload<'training.history'>['line'];

/** Measurements that are kept, so that a training of weeks does not fill the memory. */
export const MOST_MEASURED = 400;

interface Heard {
  alarms: Alarm[];
  diagnostics: Diagnostics[];
  evaluations: EvaluationLine[];
  history: HistoryLine[];
}

/** Alarms of one run, what was measured of it over t, and its evaluations, read from its folder and then followed live. */
export class RunWatch {
  alarms = $state.raw<Alarm[]>([]);
  diagnostics = $state.raw<Diagnostics[]>([]);
  evaluations = $state.raw<EvaluationLine[]>([]);
  /** When it began, was gone on with, was changed and ended, oldest first. */
  history = $state.raw<HistoryLine[]>([]);
  /** How far an evaluation under way is, in images; null when none is. */
  evaluating = $state.raw<{ done: number; total: number } | null>(null);
  variant = $state.raw<CallResult<'runs.diagnostics'>['variant']>('covae');
  /** Step of the checkpoint before the newest; 0 when there is none. */
  earlierStep = $state.raw(0);
  known = $state.raw(false);

  readonly runId: string;
  readonly #bridge: Bridge;
  readonly #read: Latest<null>;
  /** What came while the files were read, which may not have it yet. */
  #early: Heard | null = null;

  constructor(bridge: Bridge, runId: string, failed: (error: unknown) => void) {
    this.#bridge = bridge;
    this.runId = runId;
    this.#read = new Latest(() => this.#fetch(), failed);
  }

  /** Reads and follows the run until the returned function is called. */
  follow(): () => void {
    const ends = [
      this.#bridge.on('training.alarm', ({ runId, alarm }) => {
        if (runId !== this.runId) return;
        this.#early?.alarms.push(alarm);
        this.alarms = withAlarm(this.alarms, alarm);
      }),
      this.#bridge.on('training.diagnostics', ({ runId, diagnostics }) => {
        if (runId !== this.runId) return;
        this.#early?.diagnostics.push(diagnostics);
        this.diagnostics = withMeasured(this.diagnostics, diagnostics);
      }),
      this.#bridge.on('training.evaluation', ({ runId, evaluation }) => {
        if (runId !== this.runId) return;
        this.#early?.evaluations.push(evaluation);
        this.evaluations = withMeasured(this.evaluations, evaluation);
      }),
      this.#bridge.on('training.history', ({ runId, line }) => {
        if (runId !== this.runId) return;
        this.#early?.history.push(line);
        this.history = withLine(this.history, line);
      }),
      this.#bridge.on('training.evaluating', ({ runId, progress }) => {
        if (runId === this.runId) this.evaluating = progress;
      }),
      // A training that goes on from an earlier step has dropped what came after it.
      this.#bridge.on('training.state', ({ runId, phase }) => {
        if (runId !== this.runId) return;
        if (phase !== 'running') this.evaluating = null;
        if (phase !== 'preparing' && phase !== 'stopping') this.#read.request(null);
      }),
    ];
    this.#read.request(null);
    return () => {
      this.#read.clear();
      for (const end of ends) end();
    };
  }

  async #fetch(): Promise<void> {
    const early: Heard = { alarms: [], diagnostics: [], evaluations: [], history: [] };
    this.#early = early;
    const found = await this.#bridge
      .call('runs.diagnostics', { runId: this.runId })
      .finally(() => (this.#early = null));
    this.alarms = early.alarms.reduce(withAlarm, found.alarms);
    this.diagnostics = early.diagnostics.reduce(withMeasured, found.diagnostics);
    this.evaluations = early.evaluations.reduce(withMeasured, found.evaluations);
    this.history = early.history.reduce(withLine, found.history);
    this.variant = found.variant;
    this.earlierStep = found.earlierStep;
    this.known = true;
  }
}

/** The list with a line behind it, unless it is there already. */
function withLine(history: HistoryLine[], line: HistoryLine): HistoryLine[] {
  const known = history.some(({ at, what }) => at === line.at && what === line.what);
  return known ? history : [...history, line];
}

/** The list with an alarm behind it, unless it is there already. */
function withAlarm(alarms: Alarm[], alarm: Alarm): Alarm[] {
  const text = JSON.stringify(alarm);
  return alarms.some((known) => JSON.stringify(known) === text) ? alarms : [...alarms, alarm];
}

/** The list with a measurement behind it; what was measured at that step or later before belongs to weights that are gone. */
export function withMeasured<T extends { step: number }>(list: readonly T[], measured: T): T[] {
  const all = [...list.filter(({ step }) => step < measured.step), measured];
  if (all.length > MOST_MEASURED) all.splice(mostCrowded(all), 1);
  return all;
}

/** The one between whose neighbours there is the least room: without it the others still tell of the whole training. */
function mostCrowded(list: readonly { step: number }[]): number {
  let [found, least] = [1, Infinity];
  for (let at = 1; at < list.length - 1; at++) {
    const room = list[at + 1]!.step - list[at - 1]!.step;
    if (room < least) [found, least] = [at, room];
  }
  return found;
}
