import { createContext } from 'svelte';
import type { Preset } from '../../core/config/model.ts';
import { translated } from '../../text/translated.ts';
import { Bridge, isCancellation, PixelClient, sentenceOf } from './bridge.ts';
import {
  type CovaeBridge,
  type EvaluationJob,
  type ImportJob,
  collapseSentence,
  isActivePhase,
} from '../../main/ipc/contract.ts';
import { formatCount, formatPlural } from './format.ts';
import { Evaluations } from './evaluate/evaluations.svelte.ts';
import { Exports } from './export/exports.svelte.ts';
import { Restored } from './export/restored.svelte.ts';
import { Imports } from './datasets/imports.svelte.ts';
import { Trash } from './datasets/trash.svelte.ts';
import { Draws } from './samples/draws.svelte.ts';
import { TrainingQueue } from './runs/queue.svelte.ts';
import { CatalogueDatabase, openCatalogue } from './library/database.ts';
import { Library } from './library/library.svelte.ts';
import { Thumbnails } from './library/thumbnails.ts';
import { Settings } from './library/settings.svelte.ts';
import { Actions } from './shell/actions.svelte.ts';
import { Notices } from './shell/notices.svelte.ts';
import { Preferences } from './shell/preferences.svelte.ts';
import { Training } from './train/training.svelte.ts';

const CATALOGUE_LOST =
  'The window’s own records (settings, thumbnails, how things were looked at) were damaged or lost and are made anew; ' +
  'data sets and runs are as they were.';

/** All that the views share. */
export class Studio {
  readonly bridge: Bridge;
  readonly pixels = new PixelClient();
  readonly notices = new Notices();
  readonly settings: Settings;
  readonly preferences: Preferences;
  readonly actions: Actions;
  readonly library: Library;
  readonly training: Training;
  readonly imports: Imports;
  readonly queue: TrainingQueue;
  readonly evaluations: Evaluations;
  readonly exports: Exports;
  readonly restored: Restored;
  readonly trash: Trash;
  readonly draws: Draws;
  readonly thumbnails: Thumbnails;
  readonly database: CatalogueDatabase;
  /** Failed imports and evaluations that were told. */
  readonly #told = new Set<string>();
  #presets: Promise<Preset[]> | null = null;

  constructor(covae: CovaeBridge, database = new CatalogueDatabase()) {
    const failed = (sentence: string) => this.notices.error(sentence);
    this.bridge = new Bridge(covae);
    this.settings = new Settings(database);
    this.preferences = new Preferences(this.bridge);
    this.library = new Library(this.bridge, database, failed);
    this.training = new Training(this.bridge, failed);
    this.imports = new Imports(this.bridge);
    this.queue = new TrainingQueue(this.bridge);
    this.evaluations = new Evaluations(this.bridge);
    this.exports = new Exports(this.bridge, this.pixels, this.notices);
    this.restored = new Restored(this);
    this.trash = new Trash(this.bridge);
    this.draws = new Draws(this.bridge, this.notices, (error) => this.fail(error));
    this.thumbnails = new Thumbnails(database);
    this.database = database;
    this.actions = new Actions(this);
  }

  /** Reads settings and preferences, which the first view depends on; the rest comes while the window is shown. */
  async start(): Promise<void> {
    const made = await this.#openCatalogue();
    await Promise.all([this.settings.load(), this.preferences.load().catch(this.fail)]);
    if (made) this.notices.error(CATALOGUE_LOST);
    if (this.settings.problem) this.notices.error(this.settings.problem);
    this.bridge.on('training.state', ({ phase, runId }) => {
      if (isActivePhase(phase)) return;
      // Its checkpoints are others than before.
      void this.library.refresh('runs').then(() => {
        const run = this.library.run(runId);
        if (phase !== 'finished' || !run) return;
        const collapse = collapseSentence(run.outcome.collapsed);
        if (collapse === null) this.notices.done(`“${run.name}” has finished its training.`);
        else this.notices.error(`“${run.name}” has finished its training, but collapsed. ${collapse}`);
      });
    });
    this.bridge.on('training.alarm', ({ runId, alarm }) => {
      // A step that was not finite ends the training, which has a message of its own; the run's page lists the rest.
      if (alarm.value === null || this.#shows(runId)) return;
      const name = this.library.run(runId)?.name ?? runId;
      this.notices.error(`“${name}”, step ${formatCount(alarm.step)}: ${alarm.name}. ${alarm.advice}`);
    });
    this.bridge.on('datasets.imported', ({ name, count, skipped }) => {
      const leftOut = skipped > 0 ? `, ${formatPlural(skipped, 'file')} left out` : '';
      this.notices.done(`“${name}” is imported: ${formatPlural(count, 'image')}${leftOut}.`);
    });
    this.bridge.on('datasets.imports', (jobs) => this.#tellFailures(jobs));
    this.bridge.on('evaluations.done', ({ runId }) => {
      if (this.#shows(runId) && this.settings.get('evaluate').tab === 'evaluate') return;
      this.notices.done(`“${this.library.run(runId)?.name ?? runId}” is evaluated.`);
    });
    this.bridge.on('evaluations.jobs', (jobs) => this.#tellFailedEvaluations(jobs));
    this.bridge.on('queue.ended', ({ trained, failed }) => {
      const others = failed === 0 ? '' : `, ${formatPlural(failed, 'run')} failed`;
      this.notices.done(`The queue is done: ${formatPlural(trained, 'run')} trained${others}.`);
    });
    this.bridge.on('sweep.done', ({ name, runIds }) => {
      this.notices.done(`All runs of “${name}” are trained.`);
      if (runIds.length < 2) return;
      void this.library.refresh('runs').then(() => {
        this.settings.set('runs', { page: 'compare', compared: runIds, band: null });
        this.settings.set('compare', { open: false });
        this.settings.set('navigation', { view: 'train' });
      });
    });
    this.bridge.on('training.notice', ({ text, kind }) =>
      kind === 'over' ? this.notices.done(text) : this.notices.error(text),
    );
    this.bridge.on('app.noticed', () => void this.#hearNotices());
    void this.#hearNotices();
    this.draws.start();
    void this.library.start();
    // Somebody may have been at the library's folders meanwhile.
    window.addEventListener('focus', () => void this.library.refresh('datasets'));
    void this.imports.start().catch(this.fail);
    void this.queue.start().catch(this.fail);
    void this.evaluations.start().catch(this.fail);
    void this.exports.start().catch(this.fail);
    void this.trash.refresh().catch(this.fail);
    void this.training.start();
  }

  /** @returns whether it was lost, and is new */
  async #openCatalogue(): Promise<boolean> {
    try {
      const damaged = await openCatalogue(this.database);
      const known = await this.database.settings.get('library');
      const { startedBefore } = await this.bridge.call('app.info', {});
      // Chromium itself makes some of what is damaged anew, and says nothing.
      return damaged || (startedBefore && known === undefined);
    } catch {
      // Reading the settings, which comes next, says why.
      return false;
    }
  }

  async #hearNotices(): Promise<void> {
    const sentences = await this.bridge.call('app.notices', {}).catch(() => []);
    for (const sentence of sentences) this.notices.error(translated(sentence));
  }

  /** The list of imports says why one failed; who does not see it is told. */
  #tellFailures(jobs: readonly ImportJob[]): void {
    const { view, dataset } = this.settings.get('navigation');
    const seen = view === 'datasets' && dataset === null;
    for (const { jobId, name, problem } of jobs) {
      if (problem === null || this.#told.has(jobId)) continue;
      this.#told.add(jobId);
      if (!seen) this.notices.error(`“${name}” was not imported. ${problem}`);
    }
  }

  /** Likewise for evaluations. */
  #tellFailedEvaluations(jobs: readonly EvaluationJob[]): void {
    for (const { jobId, runId, problem } of jobs) {
      if (problem === null || this.#told.has(jobId)) continue;
      this.#told.add(jobId);
      if (this.#shows(runId) && this.settings.get('evaluate').tab === 'evaluate') continue;
      this.notices.error(`“${this.library.run(runId)?.name ?? runId}” was not evaluated. ${problem}`);
    }
  }

  /** Whether the run's page is open. */
  #shows(runId: string): boolean {
    return this.settings.get('navigation').view === 'train' && this.settings.get('run').id === runId;
  }

  presets = (): Promise<Preset[]> => {
    this.#presets ??= this.bridge.call('presets.list', {}).catch((error: unknown) => {
      this.#presets = null;
      throw error;
    });
    return this.#presets;
  };

  /** Shows what went wrong. */
  fail = (error: unknown): void => {
    if (isCancellation(error)) return;
    this.notices.error(sentenceOf(error));
  };
}

export const [useStudio, provideStudio] = createContext<Studio>();
