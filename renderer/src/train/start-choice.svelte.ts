import type { ModelConfig, Preset } from '../../../core/config/model.ts';
import type { CallParams, CallResult } from '../../../main/ipc/contract.ts';
import { drawableRuns } from '../library/drawable.ts';
import type { Studio } from '../studio.ts';

export type StartPoint = NonNullable<CallParams<'training.check'>['from']>;
export type Starter = CallResult<'starters.list'>[number];

/** Name of the preset that stands for what the start was trained with; none that comes with the program is called so. */
export const AS_START = 'as-the-start';

/** What a new training may start from, and what is chosen of it. */
export class StartChoice {
  starters = $state.raw<readonly Starter[]>([]);
  /** null: from nothing. */
  chosen = $state.raw<StartPoint | null>(null);
  /** What the chosen one was trained with; null while that is not known, and for a file that does not say. */
  config = $state.raw<ModelConfig | null>(null);

  readonly #studio: Studio;

  constructor(studio: Studio) {
    this.#studio = studio;
    studio.bridge.call('starters.list', {}).then((list) => (this.starters = list), studio.fail);
  }

  /** Runs that have weights. */
  readonly runs = $derived.by(() => drawableRuns(this.#studio).filter(({ drawable }) => drawable));

  /** The chosen one as the value of its option. */
  readonly value = $derived(valueOf(this.chosen));

  /** What it was trained with, to be chosen like a preset. */
  readonly preset: Preset | null = $derived(
    this.config && {
      ...{ format: 'covae-preset', version: 1, name: AS_START, title: 'As the start' },
      description: 'The network and the settings that the weights were trained with.',
      config: this.config,
    },
  );

  /** By the value of an option; `file` asks for one. */
  async choose(value: string): Promise<void> {
    const { bridge, fail } = this.#studio;
    try {
      if (value === 'file') {
        const found = await bridge.call('training.chooseStart', {});
        if (found !== null) await this.#take({ kind: 'file', file: found.file });
      } else await this.#take(pointOf(value));
    } catch (error) {
      fail(error);
    }
  }

  async #take(point: StartPoint | null): Promise<void> {
    const config = point && (await this.#studio.bridge.call('training.startConfig', { from: point }));
    this.chosen = point;
    this.config = config;
  }
}

function valueOf(point: StartPoint | null): string {
  if (point === null) return '';
  if (point.kind === 'starter') return `starter:${point.name}`;
  if (point.kind === 'file') return `file:${point.file}`;
  return `${point.checkpoint === 'best' ? 'best' : 'run'}:${point.id}`;
}

function pointOf(value: string): StartPoint | null {
  const [, kind, name = ''] = /^(starter|run|best):([^]+)$/.exec(value) ?? [];
  if (kind === 'starter') return { kind, name };
  if (kind === 'run') return { kind, id: name };
  return kind === 'best' ? { kind: 'run', id: name, checkpoint: 'best' } : null;
}
