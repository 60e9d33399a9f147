import { untrack } from 'svelte';
import { ACTION_IDS, type ActionId, actionOf, isKey } from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';
import type { Imports } from '../datasets/imports.svelte.ts';
import type { Exports } from '../export/exports.svelte.ts';
import type { Library } from '../library/library.svelte.ts';
import type { Settings } from '../library/settings.svelte.ts';
import type { TrainingQueue } from '../runs/queue.svelte.ts';
import type { Training } from '../train/training.svelte.ts';
import { openDialogs } from '../ui/open-dialogs.svelte.ts';
import { goTo } from './navigation.ts';

/** Dialogs that belong to no view. */
export type ShellDialog = 'settings' | 'shortcuts' | 'library' | 'queue';

/** The parts of the studio that actions work on. */
export interface ActionParts {
  bridge: Bridge;
  settings: Settings;
  library: Library;
  training: Training;
  imports: Imports;
  exports: Exports;
  queue: TrainingQueue;
  fail: (error: unknown) => void;
}

/** Everything that menu, keys and buttons can have done: what of it is possible now, and how it is done. */
export class Actions {
  /** The dialog that is open. */
  dialog = $state<ShellDialog | null>(null);
  /** What the view that is shown exports; null where it has nothing of its own. */
  #export = $state.raw<(() => void) | null>(null);
  readonly #parts: ActionParts;

  /** In the order of the table. */
  readonly possible = $derived.by(() => ACTION_IDS.filter((id) => this.#can(id)));

  constructor(parts: ActionParts) {
    this.#parts = parts;
  }

  /** Hears what is chosen from the menu, and tells it what can be. Call it within a component; it ends with that. */
  follow(): void {
    const { bridge, fail } = this.#parts;
    $effect(() => bridge.on('shell.action', ({ action }) => this.run(action)));
    $effect(() => bridge.on('shell.openRun', ({ runId }) => this.openRun(runId)));
    $effect(() => void bridge.call('shell.offer', { actions: this.possible }).catch(fail));
  }

  /** The view that is shown has something to export. @returns what ends that */
  offerExport(work: () => void): () => void {
    this.#export = work;
    return () => {
      if (untrack(() => this.#export) === work) this.#export = null;
    };
  }

  /** Does it, unless it is not possible now. */
  run(id: ActionId): void {
    if (this.possible.includes(id)) Promise.resolve(this.#work[id]()).catch(this.#parts.fail);
  }

  /** Does what a key stands for. */
  press = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.repeat) return;
    for (const id of this.possible) {
      const { key } = actionOf(id);
      if (key === undefined || !isKey(key, event)) continue;
      // A sign by itself belongs to the text.
      if (!key.ctrl && key.key.length === 1 && isTyping(event.target)) return;
      event.preventDefault();
      this.run(id);
      return;
    }
  };

  /** Shows the page of a run. */
  openRun(runId: string): void {
    const { settings } = this.#parts;
    this.dialog = null;
    settings.set('runs', { page: 'none' });
    settings.set('compare', { open: false });
    settings.set('run', { id: runId });
    settings.set('navigation', { view: 'train' });
  }

  #can(id: ActionId): boolean {
    const { training, library, queue } = this.#parts;
    const { phase } = training.state;
    // What a training can be asked for, it can whatever is on the screen.
    if (openDialogs.count > 0 && actionOf(id).menu !== 'training') return false;
    switch (id) {
      case 'export':
        return this.#export !== null || this.#run !== undefined;
      case 'view-runs':
        return library.runs.length > 0;
      case 'view-queue':
        return queue.view.entries.length > 0;
      case 'pause':
        return phase === 'running';
      case 'resume':
        return phase === 'paused';
      case 'stop':
        return training.active && phase !== 'stopping';
      case 'samples-now':
      case 'checkpoint-now':
      case 'evaluate-now':
        return phase === 'running' || phase === 'paused';
      default:
        return true;
    }
  }

  /** The run that is looked at, when something can be taken from it. */
  get #run() {
    const { library, settings } = this.#parts;
    const run = library.run(settings.get('run').id);
    return run?.problem === null ? run : undefined;
  }

  readonly #work: Record<ActionId, () => unknown> = {
    'new-training': () => this.openRun(''),
    'import-files': () => this.#import('files'),
    'import-folder': () => this.#import('folder'),
    export: () => {
      const run = this.#run;
      if (this.#export !== null) this.#export();
      else if (run) {
        this.#parts.exports.open({ run, what: run.drawable ? 'samples' : 'film', checkpoint: 'newest' });
      }
    },
    'open-library': async () => {
      const { folder } = await this.#parts.bridge.call('app.info', {});
      await this.#parts.bridge.call('app.reveal', { path: folder });
    },
    settings: () => this.#open('settings'),
    'view-datasets': () => goTo(this.#parts.settings, 'datasets'),
    'view-train': () => goTo(this.#parts.settings, 'train'),
    'view-samples': () => goTo(this.#parts.settings, 'samples'),
    'view-explore': () => goTo(this.#parts.settings, 'explore'),
    'view-runs': () => {
      const { settings } = this.#parts;
      settings.set('compare', { open: false });
      settings.set('runs', { page: 'table' });
      settings.set('navigation', { view: 'train' });
    },
    'view-queue': () => this.#open('queue'),
    pause: () => this.#parts.training.pause(),
    resume: () => this.#parts.training.resume(),
    stop: () => this.#parts.training.stop(),
    'samples-now': () => this.#parts.training.ask('samples'),
    'checkpoint-now': () => this.#parts.training.ask('checkpoint'),
    'evaluate-now': () => this.#parts.training.ask('evaluation'),
    guide: () => goTo(this.#parts.settings, 'guide'),
    shortcuts: () => this.#open('shortcuts'),
  };

  #open(dialog: ShellDialog): void {
    this.dialog = dialog;
  }

  async #import(what: 'files' | 'folder'): Promise<void> {
    const { bridge, imports } = this.#parts;
    await imports.setUpPaths(await bridge.call('datasets.choose', { what }));
  }
}

/** Whether text is being typed there. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const field = 'input:not([type=range], [type=checkbox], [type=radio]), textarea, select';
  return target.isContentEditable || target.matches(field);
}
