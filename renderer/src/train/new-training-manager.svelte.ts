import * as v from 'valibot';
import type { Preset } from '../../../core/config/model.ts';
import { type CallParams, Calls, valueAt } from '../../../main/ipc/contract.ts';
import type { DatasetEntry } from '../library/database.ts';
import type { Studio } from '../studio.ts';
import { readWhole } from '../ui/numbers.ts';
import { TypedNumber } from '../ui/typed-number.svelte.ts';
import { type Changes, changed, type Patch } from './changes.ts';
import { Plan } from './plan.svelte.ts';
import { readerOf } from './setting-reader.ts';
import { AS_START, StartChoice } from './start-choice.svelte.ts';
import { SettingsForm } from './settings-form.svelte.ts';

const NameSchema = Calls['training.start'].params.entries.name;

/** A training that is being planned: what is chosen and typed, whether it goes together, and its start. */
export class NewTrainingManager {
  presets = $state.raw<readonly Preset[]>([]);
  /** Empty stands for the names of data set and preset. */
  name = $state('');
  readonly seed = new TypedNumber((text) => readWhole(text, 0, 0xffffffff));
  /** Settings of the preset that stand outside the Advanced part, by their keys. */
  readonly numbers = {
    'training.steps': new TypedNumber(readerOf('training.steps')),
    'training.batchSize': new TypedNumber(readerOf('training.batchSize')),
    'training.learningRate': new TypedNumber(readerOf('training.learningRate')),
  } as const;
  starting = $state(false);
  /** What to expect from the data set, in a paragraph; null while that is not known. */
  advice = $state.raw<string | null>(null);
  /** Whether the Advanced part is open. */
  advanced = $state(false);
  readonly from: StartChoice;
  readonly plan: Plan;
  readonly form: SettingsForm;

  readonly #studio: Studio;

  constructor(studio: Studio) {
    this.#studio = studio;
    this.from = new StartChoice(studio);
    this.plan = new Plan(studio.bridge, studio.fail);
    this.form = new SettingsForm(
      this.plan,
      () => {
        const { config } = this.plan;
        if (config === null) throw new Error('There are no controls before the first answer.');
        return { config, changes: this.changes, classes: this.classes };
      },
      (patch) => this.change(patch),
    );
    studio.presets().then((list) => (this.presets = list), studio.fail);
  }

  /** Data sets that can be trained on. */
  readonly usable: readonly DatasetEntry[] = $derived.by(() =>
    this.#studio.library.datasets.filter((entry) => entry.problem === null && entry.record),
  );

  readonly dataset: DatasetEntry | undefined = $derived.by(() => {
    const { dataset } = this.#studio.settings.get('newTraining');
    return this.usable.find((entry) => entry.name === dataset) ?? this.usable[0];
  });

  /** The presets, and before them what the chosen start was trained with. */
  readonly offered: readonly Preset[] = $derived.by(() => {
    const own = this.from.preset;
    return own === null ? this.presets : [own, ...this.presets];
  });

  readonly preset: Preset | undefined = $derived.by(() => {
    const { preset } = this.#studio.settings.get('newTraining');
    return this.offered.find((entry) => entry.name === preset) ?? this.offered[0];
  });

  /** Names of the data set's classes; none when it has no labels. */
  readonly classes: readonly string[] = $derived(this.dataset?.record?.classes ?? []);

  readonly nameProblem = $derived(
    this.name.trim() === '' || v.is(NameSchema, this.name.trim())
      ? null
      : 'A name has 1 to 64 letters, digits, spaces, dots, dashes or underscores.',
  );

  readonly #valid = $derived(
    [this.nameProblem, this.seed.problem, ...Object.values(this.numbers).map(({ problem }) => problem)].every(
      (problem) => problem === null,
    ),
  );

  /** The changes in the Advanced part as they suit the data set: its classes are as many as it has. */
  readonly changes: Changes = $derived.by(() => {
    const { 'network.classes': told, ...others } = this.#studio.settings.get('newTraining').changes;
    return told === undefined || (told !== 0 && this.classes.length === 0)
      ? others
      : { ...others, 'network.classes': told === 0 ? 0 : this.classes.length };
  });

  readonly changeCount = $derived(Object.keys(this.changes).length);

  /** What is asked for, as the contract takes it; null while there is nothing to train on. */
  readonly planned: CallParams<'training.check'> | null = $derived.by(() => {
    const { dataset, preset } = this;
    if (!dataset || !preset) return null;
    const typed = Object.entries(this.numbers).filter(([, { value }]) => value !== null);
    return {
      dataset: dataset.name,
      preset: preset.name === AS_START ? null : preset.name,
      ...(this.from.chosen && { from: this.from.chosen }),
      settings: {
        ...Object.fromEntries(typed.map(([key, { value }]) => [key, value])),
        ...$state.snapshot(this.changes),
      },
    };
  });

  /** Why no training can begin now, whatever is planned; null when one can. */
  readonly blocked = $derived.by(() => {
    const { training } = this.#studio;
    if (training.active) return 'Another training is under way: stop it or wait for its end.';
    return training.trainer.state === 'dead' ? 'The trainer has stopped: restart it first.' : null;
  });

  readonly startable = $derived.by(() => {
    const ready = this.planned !== null && this.#valid && this.plan.problem === null;
    return ready && this.blocked === null && !this.starting;
  });

  /** What is wrong with the plan and stands under no control. */
  readonly loose = $derived.by(() =>
    this.plan.loose((key) => this.advanced && this.plan.config !== null && this.form.shows(key)),
  );

  /** Has the plan checked; to be called when it has changed. */
  check(): void {
    if (this.planned) this.plan.check(this.planned);
  }

  /** Has the data set judged; to be called when it has changed. */
  advise(): void {
    const { dataset } = this;
    this.advice = null;
    if (dataset === undefined) return;
    this.#studio.bridge.call('training.advice', { dataset: dataset.name }).then(
      ({ text }) => {
        if (this.dataset?.name === dataset.name) this.advice = text;
      },
      // A training can be planned without.
      () => undefined,
    );
  }

  /** The number that the preset has; empty while there is none. */
  ofPreset(key: string): string {
    const value = valueAt(this.preset?.config ?? null, key);
    return typeof value === 'number' ? String(value) : '';
  }

  chooseDataset(dataset: string): void {
    this.#studio.settings.set('newTraining', { dataset });
  }

  /** Another preset begins without changes. */
  choosePreset(preset: string): void {
    this.#studio.settings.set('newTraining', { preset, changes: {} });
  }

  /** Weights to start from; they are trained further as they were, unless another preset is chosen. */
  async chooseStart(value: string): Promise<void> {
    await this.from.choose(value);
    if (this.from.preset !== null) this.choosePreset(AS_START);
  }

  change(patch: Patch): void {
    if (!this.preset) return;
    const changes = changed($state.snapshot(this.changes), patch, this.preset);
    this.#studio.settings.set('newTraining', { changes });
  }

  reset(): void {
    this.#studio.settings.set('newTraining', { changes: {} });
  }

  async start(): Promise<void> {
    const { planned, seed } = this;
    const name = this.name.trim();
    if (!planned || !this.startable) return;
    const { bridge, library, settings, fail } = this.#studio;
    this.starting = true;
    try {
      const { runId } = await bridge.call('training.start', {
        ...planned,
        ...(name === '' ? {} : { name }),
        ...(seed.value === null ? {} : { seed: seed.value }),
      });
      await library.refresh('runs');
      settings.set('run', { id: runId });
    } catch (error) {
      fail(error);
    } finally {
      this.starting = false;
    }
  }
}
