/** What the application does for its window: answers every call of the contract, and owns the training's state. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../core/errors.ts';
import { listRuns, summarizeRun } from '../core/run/catalogue.ts';
import { earlierCheckpoint } from '../core/run/checkpoint.ts';
import { readDatasetRecord } from '../core/data/catalogue.ts';
import { lockRun } from '../core/library-locks.ts';
import { bringBack } from '../core/run/going-back.ts';
import { setAsideOf } from '../core/run/health.ts';
import { runFolder } from '../core/library.ts';
import { readEvaluationLines } from '../core/run/evaluations.ts';
import { readHistory } from '../core/run/history.ts';
import { listGrids } from '../core/run/grid-files.ts';
import { whileLocked } from '../core/lock.ts';
import {
  exportPreset,
  importOwnPresets,
  listOwnPresets,
  removeOwnPreset,
  saveOwnPreset,
} from '../core/config/own-presets.ts';
import { adviceOn } from '../core/config/recommend.ts';
import { presetOfRun } from '../core/run/preset-of-run.ts';
import { listPresets } from '../core/config/presets.ts';
import { listStarters } from '../core/run/starters.ts';
import { configOfStart } from '../core/train/start/config-of-start.ts';
import { readRunManifest } from '../core/run/run-folder.ts';
import { readAlarms, readDiagnostics } from '../core/run/run-log.ts';
import { APP_VERSION } from '../core/version.ts';
import type { EventName, EventPayload } from './ipc/contract.ts';
import type { CallHandlers, Log, PixelHandlers } from './ipc/gate.ts';
import type { ExporterProtocol } from './process/exporter-protocol.ts';
import type { EvaluatorProtocol } from './process/evaluator-protocol.ts';
import type { ImagesProtocol } from './process/images-protocol.ts';
import type { Supervisor } from './process/supervisor.ts';
import type { TrainerProtocol } from './process/trainer-protocol.ts';
import { Datasets } from './datasets.ts';
import { checkTraining, presetFor, presetNamed } from './check-training.ts';
import { Draws } from './draws.ts';
import { drawingInfo } from './drawing-info.ts';
import { Evaluations } from './evaluations.ts';
import type { ExportKind } from './export-kind.ts';
import type { Platform } from './platform.ts';
import { Explore } from './explore.ts';
import { Exports } from './exports.ts';
import type { PreferenceStore } from './preferences.ts';
import { Runs } from './runs.ts';
import { TrainingQueue } from './training-queue.ts';
import type { Messages } from './messages.ts';
import {
  afterTrainerDeath,
  afterTrainerEvent,
  checkCommand,
  IDLE,
  isActive,
  type TrainingState,
} from './training-state.ts';

/** What is written as a folder. */
const FOLDERS: readonly ExportKind[] = ['folder', 'model', 'library'];
/** Measurements over t, and evaluations, that the window is given. */
const DIAGNOSTICS = 200;

export interface StudioOptions {
  home: string;
  trainer: Supervisor<TrainerProtocol>;
  images: Supervisor<ImagesProtocol>;
  evaluator: Supervisor<EvaluatorProtocol>;
  exporter: Supervisor<ExporterProtocol>;
  platform: Platform;
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void;
  log: Log;
  electronVersion: string;
  messages: Messages;
  preferences: PreferenceStore;
  /** Whether a window with this user data was there before. */
  startedBefore: boolean;
}

export class Studio {
  readonly #options: StudioOptions;
  #training: TrainingState = IDLE;
  #device: string | null = null;
  #deviceKind: 'CPU' | 'GPU' = 'CPU';
  readonly #exported = new Set<string>();
  readonly datasets: Datasets;
  readonly runs: Runs;
  readonly queue: TrainingQueue;
  readonly evaluations: Evaluations;
  readonly exports: Exports;
  readonly draws: Draws;
  readonly explore: Explore;
  readonly calls: CallHandlers;
  readonly pixels: PixelHandlers;

  constructor(options: StudioOptions) {
    this.#options = options;
    this.datasets = new Datasets({ ...options, inUse: () => this.#trainedOn() });
    this.runs = new Runs({
      ...options,
      choosePath: (name, kind) => this.#choosePath(name, kind),
      refuseBusy: (runId) => this.#refuseBusy(runId),
      averages: {
        tryAverages: (params, signal) => this.evaluations.tryAverages(params, signal),
        makeAverage: (params, signal) => this.evaluations.makeAverage(params, signal),
      },
      removed: (runId) => {
        if (this.#training.runId === runId) this.#setTraining(IDLE);
      },
      begin: (runId, ask) => this.#begin(runId, ask),
    });
    this.queue = new TrainingQueue({
      ...options,
      training: () => this.#training,
      presetFor: (params) => presetFor(options.home, params),
      begin: (runId, ask) => this.#begin(runId, ask),
    });
    this.evaluations = new Evaluations({
      ...options,
      choosePath: (name, kind) => this.#choosePath(name, kind),
    });
    this.exports = new Exports({
      ...options,
      choosePath: (name, kind) => this.#choosePath(name, kind),
      allow: (files) => files.forEach((file) => this.#exported.add(file)),
    });
    this.draws = new Draws({
      ...options,
      choosePath: (name, kind) => this.#choosePath(name, kind),
      measure: (params, signal) => this.evaluations.measureDraw(params, signal),
    });
    this.explore = new Explore({
      ...options,
      choosePath: (name, kind) => this.#choosePath(name, kind),
      allow: (files) => files.forEach((file) => this.#exported.add(file)),
      datasetsChanged: () => this.#changed('datasets'),
    });
    this.calls = this.#calls();
    this.pixels = this.#pixels();
    this.#follow();
    options.preferences.onChange((value) => options.emit('preferences.changed', value));
    options.messages.onMessage = () => options.emit('app.noticed', {});
  }

  get training(): TrainingState {
    return this.#training;
  }

  get trainerStatus(): EventPayload<'trainer.status'> {
    return { ...this.#options.trainer.status, device: this.#device };
  }

  /** Stops a training that is under way and waits for its checkpoint. */
  async stopTraining(): Promise<void> {
    checkCommand(this.#training, 'stop');
    if (this.#training.phase !== 'stopping') this.#setTraining({ ...this.#training, phase: 'stopping' });
    await this.#options.trainer.request('training.stop', {});
  }

  readonly #calls = (): CallHandlers => ({
    'app.info': async () => ({
      version: APP_VERSION,
      home: this.#options.home,
      folder: await realpath(this.#options.home).catch(() => this.#options.home),
      electron: this.#options.electronVersion,
      startedBefore: this.#options.startedBefore,
      trainer: this.trainerStatus,
      training: this.#training,
    }),
    'app.notices': async () => this.#options.messages.take(),
    'app.reveal': async ({ path: asked }) => {
      const target = path.resolve(asked);
      const folder = await realpath(this.#options.home).catch(() => this.#options.home);
      if (![this.#options.home, folder].some((own) => isInside(target, own)) && !this.#exported.has(target)) {
        throw new UserError(`${target} is not a part of the library.`, { code: 'refused', file: target });
      }
      this.#options.platform.showInFolder(target);
      return {};
    },

    ...this.datasets.calls,
    ...this.runs.calls,
    ...this.queue.calls,
    ...this.evaluations.calls,
    ...this.exports.calls,
    ...this.draws.calls,
    ...this.#options.preferences.calls,
    ...this.explore.calls,
    'shell.offer': async ({ actions }) => {
      this.#options.platform.offerActions(actions);
      return {};
    },
    'shell.abilities': async () => this.#options.platform.abilities(),
    'presets.list': () => listPresets(),
    'runs.list': () => listRuns(this.#options.home),
    'runs.exportCurves': async (params, signal) => {
      const [only] = params.keys;
      const what = params.keys.length === 1 && only ? only : 'curves';
      const target = await this.#choosePath(`${params.runId}-${what}`, params.as);
      if (target === null) return null;
      await this.#options.images.request('curves.write', { path: target, ...params }, signal);
      return { path: target };
    },
    'runs.diagnostics': async ({ runId }) => {
      const folder = runFolder(this.#options.home, runId);
      const { config } = await readRunManifest(folder);
      const { step } = await summarizeRun(this.#options.home, runId);
      return {
        variant: config.objective.variant,
        learningRate: config.training.learningRate,
        earlierStep: await earlierCheckpoint(folder, step),
        alarms: await readAlarms(folder),
        diagnostics: await readDiagnostics(folder, DIAGNOSTICS),
        evaluations: await readEvaluationLines(folder, DIAGNOSTICS),
        history: await readHistory(folder),
      };
    },
    'runs.health': async ({ runId }, signal) => {
      const { home, images } = this.#options;
      if (!this.#trains(runId)) return images.request('run.health', { runId }, signal);
      // What was found is told when the training begins; its own checkpoints need not be read again after each.
      const { step } = await summarizeRun(home, runId);
      return { step, remarks: [], setAside: await setAsideOf(runFolder(home, runId)) };
    },
    'runs.bringBack': async ({ runId }) => {
      const { home, trainer } = this.#options;
      if (this.#trains(runId)) await trainer.request('training.abandon', { runId });
      const lock = lockRun(home, runId, 'is being brought back to where it was');
      await whileLocked(lock, () => bringBack(runFolder(home, runId)));
      this.#changed('runs');
      return {};
    },
    'runs.drawing': ({ runId }) => drawingInfo(this.#options.home, runId),
    'runs.grids': ({ runId }) => listGrids(runFolder(this.#options.home, runId)),
    'training.check': (params) => checkTraining(this.#options.home, params),
    'training.plan': async ({ dataset, config }) => {
      const { trainer, home } = this.#options;
      if (trainer.status.state !== 'ready') return null;
      const { count, heldOut } = await readDatasetRecord(home, dataset);
      return trainer.request('training.plan', { config, trained: count - heldOut });
    },
    'training.trial': (params, signal) => {
      checkCommand(this.#training, 'try');
      return this.#options.trainer.request('training.trial', params, signal);
    },
    'training.advice': async ({ dataset }) => {
      const record = await readDatasetRecord(this.#options.home, dataset);
      return adviceOn(await listPresets(), record, { kind: this.#deviceKind });
    },
    'presets.own': () => listOwnPresets(this.#options.home),
    'presets.ofRun': ({ runId }) => presetOfRun(this.#options.home, runId),
    'presets.save': (params) => saveOwnPreset(this.#options.home, params),
    'presets.import': async () => {
      const { home, platform } = this.#options;
      const files = await platform.choose('files', 'Choose files of presets (JSON)');
      return files.length === 0 ? null : importOwnPresets(home, files);
    },
    'presets.export': async ({ preset: presetName }) => {
      const preset = await presetNamed(this.#options.home, presetName);
      const target = await this.#choosePath(preset.name, 'json');
      if (target === null) return null;
      // The dialog has asked whether to replace it.
      await exportPreset(preset, target, { force: true });
      return { path: target };
    },
    'presets.remove': async ({ preset }) => {
      await removeOwnPreset(this.#options.home, preset);
      return {};
    },
    'training.startConfig': async ({ from }) =>
      (await configOfStart(this.#options.home, from))?.config ?? null,
    'training.chooseStart': async () => {
      const [file] = await this.#options.platform.choose(
        'files',
        'Choose weights: a safetensors file, or one of PyTorch (pt, pth, ckpt)',
      );
      return file === undefined ? null : { file };
    },
    'starters.list': async () => (await listStarters()).map(({ file: _, ...starter }) => starter),
    'starters.add': async (params) => {
      const added = await this.#options.trainer.request('starters.add', params);
      this.#changed('runs');
      return added;
    },
    'training.start': ({ preset: presetName, ...others }) =>
      this.#begin(null, async () => {
        const preset = await presetFor(this.#options.home, { ...others, preset: presetName });
        return this.#options.trainer.request('training.start', { preset, ...others });
      }),
    'training.resumeRun': (params) =>
      this.#begin(params.runId, () => this.#options.trainer.request('training.resumeRun', params)),
    'training.ask': async (params) => {
      checkCommand(this.#training, 'steer');
      return this.#options.trainer.request('training.ask', params);
    },
    'training.change': async (params) => {
      checkCommand(this.#training, 'steer');
      return this.#options.trainer.request('training.change', params);
    },
    'training.pause': async () => {
      checkCommand(this.#training, 'pause');
      return this.#options.trainer.request('training.pause', {});
    },
    'training.resume': async () => {
      checkCommand(this.#training, 'resume');
      return this.#options.trainer.request('training.resume', {});
    },
    'training.stop': async () => {
      await this.queue.stoppedByPerson(this.#training.runId);
      await this.stopTraining();
      return {};
    },
    'trainer.restart': async () => {
      await this.#options.trainer.restart();
      return {};
    },
  });

  readonly #pixels = (): PixelHandlers => ({
    ...this.datasets.pixels,
    ...this.evaluations.pixels,
    ...this.exports.pixels,
    ...this.draws.pixels,
    ...this.explore.pixels,
    'run.grid': (params, signal) => this.#options.images.request('grid.read', params, signal),
    'run.curves': ({ runId }, signal) => this.#options.images.request('curves.read', { runId }, signal),
    'model.sample': (params, signal) => this.#options.trainer.request('model.sample', params, signal),
    'augment.preview': (params, signal) => this.#options.trainer.request('augment.preview', params, signal),
  });

  #follow(): void {
    const { trainer, emit } = this.#options;
    trainer.onStatus((status) => {
      emit('trainer.status', this.trainerStatus);
      if (status.state === 'dead') {
        this.#setTraining(afterTrainerDeath(this.#training, status.reason ?? 'The trainer ended.'));
      }
    });
    trainer.on('ready', ({ device }) => {
      this.#device = device;
      // After the status says so.
      setImmediate(() => this.queue.next());
    });
    trainer.on('device', ({ device, kind }) => {
      this.#device = device;
      this.#deviceKind = kind;
      emit('trainer.status', this.trainerStatus);
    });
    trainer.on('training.state', (event) => {
      const before = this.#training;
      this.#setTraining(afterTrainerEvent(before, event));
      if (before.phase !== this.#training.phase && event.phase !== 'running') this.#changed('runs');
    });
    trainer.on('training.progress', (progress) => emit('training.progress', progress));
    trainer.on('training.logged', (event) => emit('training.logged', event));
    trainer.on('training.samples', (event) => emit('training.samples', event));
    trainer.on('training.history', (event) => emit('training.history', event));
    trainer.on('training.grid', (event) => emit('training.grid', event));
    trainer.on('training.alarm', (event) => emit('training.alarm', event));
    trainer.on('training.diagnostics', (event) => emit('training.diagnostics', event));
    trainer.on('training.evaluation', (event) => emit('training.evaluation', event));
    trainer.on('training.evaluating', (event) => emit('training.evaluating', event));
    trainer.on('training.notice', (event) => emit('training.notice', event));
    trainer.on('checkpoint', () => this.#changed('runs'));
  }

  /** Asks the trainer to begin; the state says so at once, so that a second request is refused. */
  async #begin<T>(runId: string | null, ask: () => Promise<T>): Promise<T> {
    checkCommand(this.#training, 'start');
    const before = this.#training;
    this.#setTraining({ phase: 'preparing', runId, detail: 'Starting' });
    try {
      return await ask();
    } catch (error) {
      // Nothing was begun. When the trainer died over it, the state says that already.
      if (this.#training.phase === 'preparing') this.#setTraining(before);
      throw error;
    }
  }

  /** Name of the data set that is trained on; null when there is no training. */
  async #trainedOn(): Promise<string | null> {
    const { runId } = this.#training;
    if (!isActive(this.#training) || runId === null) return null;
    const { dataset } = await readRunManifest(runFolder(this.#options.home, runId));
    return dataset?.name ?? null;
  }

  /** @throws UserError (`busy`) when something is being done with a run */
  #refuseBusy(runId: string): void {
    if (this.#trains(runId)) {
      throw new UserError('This run is being trained; stop the training first.', { code: 'busy' });
    }
    if (this.evaluations.holds(runId)) {
      throw new UserError('This run is being evaluated; stop the evaluation first.', { code: 'busy' });
    }
    if (this.exports.holds(runId)) {
      throw new UserError('This run is being exported; stop the export first.', { code: 'busy' });
    }
  }

  #trains(runId: string): boolean {
    return isActive(this.#training) && this.#training.runId === runId;
  }

  #setTraining(state: TrainingState): void {
    if (state === this.#training) return;
    const before = this.#training;
    this.#training = state;
    this.#options.emit('training.state', state);
    this.queue.followed(before, state);
  }

  #changed(what: EventPayload<'library.changed'>['what']): void {
    this.#options.emit('library.changed', { what });
  }

  async #choosePath(name: string, kind: ExportKind): Promise<string | null> {
    const chosen = await this.#options.platform.choosePath({ name, kind });
    if (chosen === null) return null;
    const target = path.resolve(chosen);
    const named = FOLDERS.includes(kind) || path.extname(target).toLowerCase() === `.${kind}`;
    const file = named ? target : `${target}.${kind}`;
    this.#exported.add(file);
    return file;
  }
}

/** True for a path below `folder`, and for the folder itself. */
export function isInside(target: string, folder: string): boolean {
  const relative = path.relative(path.resolve(folder), target);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}
