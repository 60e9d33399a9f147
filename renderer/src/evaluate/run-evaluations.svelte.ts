import type { CallResult } from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';
import { Latest } from '../latest.ts';

export type EvaluationEntry = CallResult<'evaluations.list'>['evaluations'][number];
export type EvaluationChoices = CallResult<'evaluations.choices'>;

/** What was measured of a run, and what can be measured of it; asked again whenever that changes. */
export class RunEvaluations {
  /** By step, the first one first. */
  entries = $state.raw<readonly EvaluationEntry[]>([]);
  /** Why evaluations that cannot be read were left out, a sentence each. */
  damaged = $state.raw<readonly string[]>([]);
  choices = $state.raw<EvaluationChoices | null>(null);
  /** Whether main has answered; no entries mean nothing before. */
  known = $state(false);
  /** File of the entry that is looked at; null for the newest measurement. */
  chosen = $state<string | null>(null);

  readonly runId: string;
  readonly #bridge: Bridge;
  readonly #queue: Latest<null>;

  constructor(bridge: Bridge, runId: string, failed: (error: unknown) => void) {
    this.#bridge = bridge;
    this.runId = runId;
    this.#queue = new Latest(() => this.#ask(), failed);
  }

  /** What was measured last. */
  readonly newest = $derived.by(() =>
    this.entries.reduce<EvaluationEntry | null>(
      (last, entry) => (last === null || entry.record.createdAt >= last.record.createdAt ? entry : last),
      null,
    ),
  );
  readonly entry = $derived.by(() => this.entries.find(({ file }) => file === this.chosen) ?? this.newest);

  /** Follows the run until the returned function is called. */
  follow(): () => void {
    this.#queue.request(null);
    const ends = [
      this.#bridge.on('evaluations.changed', ({ runId }) => {
        if (runId !== this.runId) return;
        this.chosen = null;
        this.#queue.request(null);
      }),
      // A checkpoint has come, or a training has measured something on its way.
      this.#bridge.on('library.changed', ({ what }) => {
        if (what === 'runs') this.#queue.request(null);
      }),
    ];
    return () => {
      for (const end of ends) end();
      this.#queue.clear();
    };
  }

  async #ask(): Promise<void> {
    const { runId } = this;
    const [{ evaluations, damaged }, choices] = await Promise.all([
      this.#bridge.call('evaluations.list', { runId }),
      this.#bridge.call('evaluations.choices', { runId }),
    ]);
    this.entries = evaluations;
    this.damaged = damaged;
    this.choices = choices;
    this.known = true;
  }
}
