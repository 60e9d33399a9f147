import { createContext } from 'svelte';
import type { Preset } from '../../core/train/config.ts';
import { Bridge, PixelClient, sentenceOf } from './bridge.ts';
import type { CovaeBridge } from '../../main/ipc/contract.ts';
import { formatCount } from './format.ts';
import { Imports } from './datasets/imports.svelte.ts';
import { CatalogueDatabase } from './library/database.ts';
import { Library } from './library/library.svelte.ts';
import { Settings } from './library/settings.svelte.ts';
import { Notices } from './shell/notices.svelte.ts';
import { Training } from './train/training.svelte.ts';

/** All that the views share. */
export class Studio {
  readonly bridge: Bridge;
  readonly pixels = new PixelClient();
  readonly notices = new Notices();
  readonly settings: Settings;
  readonly library: Library;
  readonly training: Training;
  readonly imports: Imports;
  #presets: Promise<Preset[]> | null = null;

  constructor(covae: CovaeBridge, database = new CatalogueDatabase()) {
    const failed = (sentence: string) => this.notices.error(sentence);
    this.bridge = new Bridge(covae);
    this.settings = new Settings(database);
    this.library = new Library(this.bridge, database, failed);
    this.training = new Training(this.bridge, failed);
    this.imports = new Imports(this.bridge);
  }

  /** Reads the settings, which the first picture depends on; the rest comes while the window is shown. */
  async start(): Promise<void> {
    await this.settings.load();
    if (this.settings.problem) this.notices.error(this.settings.problem);
    this.bridge.on('training.state', ({ phase, runId }) => {
      if (!['idle', 'finished', 'diverged', 'failed'].includes(phase)) return;
      // Its checkpoints are others than before.
      void this.library.refresh('runs').then(() => {
        const run = this.library.run(runId);
        if (phase === 'finished' && run) this.notices.done(`“${run.name}” has finished its training.`);
      });
    });
    this.bridge.on('training.alarm', ({ runId, alarm }) => {
      // A step that was not finite ends the training, which has a message of its own; the run's page lists the rest.
      if (alarm.value === null || this.#shows(runId)) return;
      const name = this.library.run(runId)?.name ?? runId;
      this.notices.error(`“${name}”, step ${formatCount(alarm.step)}: ${alarm.name}. ${alarm.advice}`);
    });
    this.bridge.on('training.notice', ({ text }) => this.notices.error(text));
    void this.library.start();
    void this.training.start();
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
    this.notices.error(sentenceOf(error));
  };
}

export const [useStudio, provideStudio] = createContext<Studio>();
