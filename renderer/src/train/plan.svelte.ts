import type { ModelConfig } from '../../../core/config/model.ts';
import type { CallParams, CallResult } from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';
import { Latest } from '../latest.ts';

type Params = CallParams<'training.check'>;
type Check = CallResult<'training.check'>;

/** A planned training as the program sees it: its whole configuration, what is wrong with it, how large it is. */
export class Plan {
  /** The last configuration that was sound; null before the first. */
  config = $state.raw<ModelConfig | null>(null);
  problem = $state.raw<Check['problem']>(null);
  curves = $state.raw<Check['curves']>(null);
  size = $state.raw<CallResult<'training.size'>>(null);

  readonly #bridge: Bridge;
  readonly #checks: Latest<Params>;
  readonly #sizes: Latest<ModelConfig>;

  constructor(bridge: Bridge, failed: (error: unknown) => void) {
    this.#bridge = bridge;
    this.#checks = new Latest((params, signal) => this.#check(params, signal), failed);
    this.#sizes = new Latest((config, signal) => this.#measure(config, signal), failed);
  }

  check(params: Params): void {
    this.#checks.request(params);
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

  async #check(params: Params, signal: AbortSignal): Promise<void> {
    const { config, problem, curves } = await this.#bridge.call('training.check', params, { signal });
    this.problem = problem;
    if (config === null) return;
    this.config = config;
    this.curves = curves;
    if (problem === null) this.#sizes.request(config);
  }

  async #measure(config: ModelConfig, signal: AbortSignal): Promise<void> {
    this.size = await this.#bridge.call('training.size', { config }, { signal });
  }
}
