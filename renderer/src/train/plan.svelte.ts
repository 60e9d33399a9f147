import type { ModelConfig } from '../../../core/config/model.ts';
import type { CallParams, CallResult } from '../../../main/ipc/contract.ts';
import { type Bridge, isCancellation } from '../bridge.ts';
import { Latest } from '../latest.ts';

type Params = CallParams<'training.check'>;
type Check = CallResult<'training.check'>;

/** A planned training as the program sees it: its whole configuration, what is wrong with it, what it will take. */
export class Plan {
  /** The last configuration that was sound; null before the first. */
  config = $state.raw<ModelConfig | null>(null);
  problem = $state.raw<Check['problem']>(null);
  curves = $state.raw<Check['curves']>(null);
  /** What the preset has differently. */
  differs = $state.raw<Check['differs']>([]);
  /** The paper's preset for such images, and what it has differently. */
  paper = $state.raw<Check['paper']>(null);
  /** What the training will need and take; null while that is not known. */
  outlook = $state.raw<CallResult<'training.plan'>>(null);
  /** A step is being tried out. */
  trying = $state(false);

  readonly #bridge: Bridge;
  readonly #checks: Latest<Params>;
  readonly #outlooks: Latest<CallParams<'training.plan'>>;
  #trial: AbortController | null = null;
  #dataset = '';

  constructor(bridge: Bridge, failed: (error: unknown) => void) {
    this.#bridge = bridge;
    this.#checks = new Latest((params, signal) => this.#check(params, signal), failed);
    this.#outlooks = new Latest((params, signal) => this.#look(params, signal), failed);
  }

  check(params: Params): void {
    this.#checks.request(params);
  }

  /** Asks for the outlook once more where there is none. */
  lookAhead(): void {
    if (this.outlook === null && this.problem === null) this.#requestOutlook();
  }

  /** The sentence under the control of this key; null when nothing is wrong with it. */
  problemOf(key: string): string | null {
    return this.problem?.key === key ? this.problem.text : null;
  }

  /** The sentence that no control shows; `shown` says whether the control of a key is to be seen. */
  loose(shown: (key: string) => boolean): string | null {
    if (this.problem === null) return null;
    const { key, text } = this.problem;
    if (key === null) return text;
    return shown(key) ? null : `${key}: ${text}`;
  }

  /** Has a step of the plan measured in a trial of three; what it took is part of the outlook then. */
  async tryOut(): Promise<void> {
    const { config } = this;
    if (config === null || this.trying) return;
    this.trying = true;
    this.#trial = new AbortController();
    const { signal } = this.#trial;
    try {
      await this.#bridge.call('training.trial', { config }, { signal });
      this.#requestOutlook();
    } catch (error) {
      if (!(signal.aborted && isCancellation(error))) throw error;
    } finally {
      this.trying = false;
    }
  }

  stopTrial(): void {
    this.#trial?.abort();
  }

  async #check(params: Params, signal: AbortSignal): Promise<void> {
    const { config, problem, ...rest } = await this.#bridge.call('training.check', params, { signal });
    this.problem = problem;
    if (config === null) return;
    this.config = config;
    this.curves = rest.curves;
    this.differs = rest.differs;
    this.paper = rest.paper;
    this.#dataset = params.dataset;
    if (problem === null) this.#requestOutlook();
  }

  #requestOutlook(): void {
    const { config } = this;
    if (config !== null) this.#outlooks.request({ dataset: this.#dataset, config });
  }

  async #look(params: CallParams<'training.plan'>, signal: AbortSignal): Promise<void> {
    this.outlook = await this.#bridge.call('training.plan', params, { signal });
  }
}
