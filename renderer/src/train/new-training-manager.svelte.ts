import { untrack } from 'svelte';
import * as v from 'valibot';
import type { Preset } from '../../../core/config/model.ts';
import { type CallParams, type CallResult, FreeNameSchema, valueAt } from '../../../main/ipc/contract.ts';
import { formatPlural } from '../format.ts';
import type { DatasetEntry } from '../library/database.ts';
import type { Studio } from '../studio.ts';
import { readWhole } from '../ui/numbers.ts';
import { TypedNumber } from '../ui/typed-number.svelte.ts';
import { type Changes, changed, type Patch } from './changes.ts';
import { Plan } from './plan.svelte.ts';
import { readerOf } from './setting-reader.ts';
import { AS_START, StartChoice } from './start-choice.svelte.ts';
import { SettingsForm } from './settings-form.svelte.ts';

/** Before the id of a run whose configuration is taken in place of a preset. */
const OF_RUN = 'run:';
/** Shows that the program works, and gives nothing to see: nobody is led to it. */
const SMOKE = 'smoke';

/** Presets under one heading. */
export interface PresetGroup {
  title: string;
  presets: readonly Preset[];
}

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
  /** What to expect from the data set, and which preset is recommended; null while that is not known. */
  advice = $state.raw<CallResult<'training.advice'> | null>(null);
  /** Whether the Advanced part is open. */
  advanced = $state(false);
  /** Presets of the library, and files among them that are damaged. */
  own = $state.raw<CallResult<'presets.own'>>({ presets: [], damaged: [] });
  /** A run whose configuration was taken, in the form of a preset. */
  ofRun = $state.raw<Preset | null>(null);
  readonly from: StartChoice;
  readonly plan: Plan;
  readonly form: SettingsForm;

  readonly #studio: Studio;
  /** What advice was asked for last. */
  #advised = '';

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
    void this.refreshOwn();
    const { preset } = studio.settings.get('newTraining');
    if (preset.startsWith(OF_RUN)) void this.chooseRun(preset.slice(OF_RUN.length));
  }

  /** Data sets that can be trained on. */
  readonly usable: readonly DatasetEntry[] = $derived.by(() =>
    this.#studio.library.datasets.filter((entry) => entry.problem === null && entry.record),
  );

  readonly dataset: DatasetEntry | undefined = $derived.by(() => {
    const { dataset } = this.#studio.settings.get('newTraining');
    return this.usable.find((entry) => entry.name === dataset) ?? this.usable[0];
  });

  /** What can be chosen, by headings: what the chosen start or run has, the program's presets, one's own, the paper's. */
  readonly groups: readonly PresetGroup[] = $derived.by(() => {
    const taken = [this.from.preset, this.ofRun].filter((preset) => preset !== null);
    return [
      { title: 'Taken over', presets: taken },
      { title: 'For this machine', presets: inOrder(this.presets, this.advice?.preset) },
      { title: 'Your own', presets: this.own.presets },
      { title: 'The paper’s', presets: this.presets.filter(({ paper }) => paper === true) },
    ].filter(({ presets }) => presets.length > 0);
  });

  /** All of them. */
  readonly offered: readonly Preset[] = $derived(this.groups.flatMap(({ presets }) => presets));

  /** The one that is chosen, or else the one that is recommended. */
  readonly preset: Preset | undefined = $derived.by(() => {
    const { preset } = this.#studio.settings.get('newTraining');
    const named = (name: string | undefined) => this.offered.find((entry) => entry.name === name);
    return named(preset) ?? named(this.advice?.preset) ?? this.offered.find(({ name }) => name !== SMOKE);
  });

  /** Names of the data set's classes; none when it has no labels. */
  readonly classes: readonly string[] = $derived(this.dataset?.record?.classes ?? []);

  readonly nameProblem = $derived(
    this.name.trim() === '' || v.is(FreeNameSchema, this.name.trim())
      ? null
      : 'A name has 1 to 64 letters or signs, none of / \\ : * ? " < > | among them.',
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

  /** Whether the run of it could be made, whatever is trained now. */
  readonly sound = $derived.by(
    () => this.planned !== null && this.#valid && this.plan.problem === null && !this.starting,
  );

  readonly startable = $derived.by(() => this.sound && this.blocked === null);

  /** What is wrong with the plan and stands under no control. */
  readonly loose = $derived.by(() =>
    this.plan.loose((key) => this.advanced && this.plan.config !== null && this.form.shows(key)),
  );

  /** Has the plan checked; to be called when it has changed. */
  check(): void {
    if (this.planned) this.plan.check(this.planned);
  }

  /** Asks for the outlook that the trainer could not give before it was ready; to be called when its state has changed. */
  lookAhead(): void {
    const { state } = this.#studio.training.trainer;
    // What the plan is has its own way to the outlook, by `check`.
    if (state === 'ready') untrack(() => this.plan.lookAhead());
  }

  /** Has the data set judged; to be called when it, or what computes here, has changed. */
  advise(): void {
    const { dataset } = this;
    if (dataset === undefined) return;
    // What computes is known a moment after the window's start.
    const asked = `${this.#studio.training.trainer.device ?? ''} ${dataset.name}`;
    this.#advised = asked;
    this.#studio.bridge.call('training.advice', { dataset: dataset.name }).then(
      (advice) => {
        if (this.#advised === asked) this.advice = advice;
      },
      // A training can be planned without.
      () => undefined,
    );
  }

  async refreshOwn(): Promise<void> {
    const { bridge, fail } = this.#studio;
    try {
      this.own = await bridge.call('presets.own', {});
    } catch (error) {
      fail(error);
    }
  }

  /** The number that the preset has; empty while there is none. */
  ofPreset(key: string): string {
    const value = valueAt(this.preset?.config ?? null, key);
    return typeof value === 'number' ? String(value) : '';
  }

  /** Another data set begins with what is recommended for it, unless the start says what is trained. */
  chooseDataset(dataset: string): void {
    this.advice = null;
    const keeps = this.#studio.settings.get('newTraining').preset === AS_START;
    this.#studio.settings.set('newTraining', { dataset, ...(keeps ? {} : { preset: '', changes: {} }) });
  }

  /** Takes the configuration of a run in place of a preset; an empty id goes back to what is recommended. */
  async chooseRun(runId: string): Promise<void> {
    const { bridge, fail } = this.#studio;
    try {
      const preset = runId === '' ? null : await bridge.call('presets.ofRun', { runId });
      this.ofRun = preset && { ...preset, name: `${OF_RUN}${runId}` };
      if (this.#studio.settings.get('newTraining').preset !== this.ofRun?.name)
        this.choosePreset(this.ofRun?.name ?? '');
    } catch (error) {
      fail(error);
    }
  }

  /** Keeps the plan as a preset of the library, and chooses it. */
  async savePreset(title: string): Promise<void> {
    const { config } = this.plan;
    if (config === null) return;
    const description = this.changeCount === 0 ? (this.preset?.description ?? '') : '';
    const { name } = await this.#studio.bridge.call('presets.save', { title, description, config });
    await this.refreshOwn();
    for (const number of Object.values(this.numbers)) number.text = '';
    this.choosePreset(name);
  }

  async importPreset(): Promise<void> {
    const imported = await this.#studio.bridge.call('presets.import', {});
    if (imported === null) return;
    const { taken, refused } = imported;
    const { notices } = this.#studio;
    for (const { problem } of refused) notices.error(problem);
    const [first] = taken;
    if (first === undefined) return;
    await this.refreshOwn();
    this.choosePreset(first.name);
    notices.done(
      taken.length === 1
        ? `The preset “${first.title}” is imported.`
        : `${formatPlural(taken.length, 'preset')} are imported: ${taken.map(({ title }) => `“${title}”`).join(', ')}.`,
    );
  }

  async exportPreset(preset: Preset): Promise<void> {
    const written = await this.#studio.bridge.call('presets.export', { preset: preset.name });
    if (written !== null)
      this.#studio.notices.done(`The preset “${preset.title}” is written to ${written.path}.`);
  }

  async removePreset(preset: Preset): Promise<void> {
    await this.#studio.bridge.call('presets.remove', { preset: preset.name });
    if (this.#studio.settings.get('newTraining').preset === preset.name) this.choosePreset('');
    await this.refreshOwn();
  }

  /** Takes the batch that fits into memory, or the parts that it is cut into, or the steps that fit into a time. */
  fit(remedy: { batchSize: number } | { accumulate: number } | { steps: number }): void {
    if ('steps' in remedy) this.numbers['training.steps'].text = String(remedy.steps);
    else if ('batchSize' in remedy) {
      this.numbers['training.batchSize'].text = String(remedy.batchSize);
      this.change({ 'training.accumulate': 1 });
    } else this.change({ 'training.accumulate': remedy.accumulate });
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
    if (!this.startable) return;
    await this.#make(async (params) => {
      const { runId } = await this.#studio.bridge.call('training.start', params);
      // The next one begins with its preset again.
      this.#studio.settings.set('newTraining', { changes: {} });
      await this.#studio.library.refresh('runs');
      this.#studio.settings.set('run', { id: runId });
    });
  }

  /** Makes the run and puts it at the end of the queue. */
  async enqueue(): Promise<void> {
    if (!this.sound) return;
    const { bridge, library, notices } = this.#studio;
    await this.#make(async (params) => {
      const { runId } = await bridge.call('queue.plan', params);
      await library.refresh('runs');
      notices.done(`“${library.run(runId)?.name ?? runId}” waits in the queue.`);
    });
  }

  async #make(make: (params: CallParams<'training.start'>) => Promise<void>): Promise<void> {
    const { planned, seed } = this;
    if (planned === null) return;
    const name = this.name.trim();
    this.starting = true;
    try {
      await make({
        ...planned,
        ...(name === '' ? {} : { name }),
        ...(seed.value === null ? {} : { seed: seed.value }),
      });
    } catch (error) {
      this.#studio.fail(error);
    } finally {
      this.starting = false;
    }
  }
}

/** Presets that are not the paper's: the recommended one first, that which only shows that all works last. */
function inOrder(presets: readonly Preset[], recommended: string | undefined): Preset[] {
  const place = ({ name }: Preset) => (name === recommended ? 0 : name === SMOKE ? 2 : 1);
  return presets.filter(({ paper }) => paper !== true).sort((a, b) => place(a) - place(b));
}
