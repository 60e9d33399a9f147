/** What the window does with runs as they lie in the library: name, describe, prune, remove, go on with, fork. */
import { UserError } from '../core/errors.ts';
import { exists, visibleFolders } from '../core/files.ts';
import { parseJsonFile } from '../core/json-file.ts';
import { runFolder, runsFolder } from '../core/library.ts';
import { writeOutputFile } from '../core/output.ts';
import { flatSettings } from '../core/config/flat.ts';
import { changeAbout, renameRun } from '../core/run/about.ts';
import { againCommand } from '../core/run/again-command.ts';
import { continueRun, planContinuation } from '../core/run/continue-run.ts';
import { planPrune, pruneRun } from '../core/run/prune.ts';
import { readRunManifest } from '../core/run/run-folder.ts';
import { runsOfView, type RunsView, RunsViewSchema } from '../core/run/runs-view.ts';
import { discardRun, emptyRunTrash, listTrashedRuns, removeRun, restoreRun } from '../core/run/trash.ts';
import { defined } from './defined.ts';
import type { Evaluations } from './evaluations.ts';
import type { EventName, EventPayload } from './ipc/contract.ts';
import type { CallHandlers } from './ipc/gate.ts';
import type { RunCalls } from './ipc/runs-contract.ts';
import type { ExportKind } from './export-kind.ts';
import type { ImagesProtocol } from './process/images-protocol.ts';
import type { Platform } from './platform.ts';
import type { Supervisor } from './process/supervisor.ts';
import type { TrainerProtocol } from './process/trainer-protocol.ts';

type Calls = Pick<CallHandlers, keyof typeof RunCalls>;

export interface RunsOptions {
  home: string;
  trainer: Supervisor<TrainerProtocol>;
  images: Supervisor<ImagesProtocol>;
  platform: Platform;
  /** Native save dialog; what is chosen may be shown in the file manager then. Null when the person cancels. */
  choosePath: (name: string, kind: ExportKind) => Promise<string | null>;
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void;
  /** @throws UserError (`busy`) when something is being done with a run */
  refuseBusy: (runId: string) => void;
  /** What measures and makes averages. */
  averages: Pick<Evaluations, 'tryAverages' | 'makeAverage'>;
  /** A run is in the trash. */
  removed: (runId: string) => void;
  /** Asks the trainer to begin with a run; the state says so at once. */
  begin: <T>(runId: string, ask: () => Promise<T>) => Promise<T>;
}

export class Runs {
  readonly #options: RunsOptions;

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  readonly calls: Calls = {
    'runs.planContinuation': ({ runId, more, learningRate }) =>
      planContinuation(this.#options.home, runId, more, learningRate),
    'runs.continue': ({ runId, more, learningRate }) =>
      this.#options.begin(runId, async () => {
        const continued = await continueRun(this.#options.home, runId, more, learningRate);
        this.#changed();
        await this.#options.trainer.request('training.resumeRun', { runId });
        return continued;
      }),
    'runs.fork': async (params) => {
      const forked = await this.#options.trainer.request('runs.fork', params);
      this.#changed();
      return forked;
    },
    'runs.averages': (params, signal) => this.#options.averages.tryAverages(params, signal),
    'runs.average': async (params, signal) => {
      const made = await this.#options.averages.makeAverage(params, signal);
      this.#changed();
      return made;
    },
    'runs.rename': async ({ runId, name }) => {
      await renameRun(this.#options.home, runId, name);
      this.#changed();
      return {};
    },
    'runs.describe': async ({ runIds, ...change }) => {
      try {
        for (const runId of runIds) await changeAbout(this.#options.home, runId, defined(change));
      } finally {
        this.#changed();
      }
      return {};
    },
    'runs.planPrune': ({ runId, rule }) => planPrune(this.#options.home, runId, rule),
    'runs.prune': async ({ runId, rule }) => {
      const { home } = this.#options;
      this.#options.refuseBusy(runId);
      await this.#release(runId);
      const pruned = await pruneRun(home, runId, rule);
      this.#changed();
      return pruned;
    },
    'runs.remove': async ({ runId }) => {
      const { home, refuseBusy, removed } = this.#options;
      refuseBusy(runId);
      if (!(await exists(runFolder(home, runId)))) {
        throw new UserError(`There is no run "${runId}" in ${home}; it may have been removed already.`, {
          code: 'not-found',
        });
      }
      await this.#release(runId);
      const token = await removeRun(home, runId);
      removed(runId);
      this.#changed();
      return { token };
    },
    'runs.restore': async ({ token }) => {
      const runId = await restoreRun(this.#options.home, token);
      this.#changed();
      return { runId };
    },
    'runs.removed': () => listTrashedRuns(this.#options.home),
    'runs.discard': async ({ token }) => {
      if (token === null) await emptyRunTrash(this.#options.home);
      else await discardRun(this.#options.home, token);
      return {};
    },
    'runs.reveal': async ({ runId }) => {
      this.#options.platform.showInFolder(runFolder(this.#options.home, runId));
      return {};
    },
    'runs.command': async ({ runId }) => ({
      command: await againCommand(
        this.#options.home,
        await readRunManifest(runFolder(this.#options.home, runId)),
      ),
    }),
    'runs.settings': async ({ runIds }) => {
      const { home } = this.#options;
      const all = await Promise.all(
        runIds.map(async (runId) => {
          const manifest = await readRunManifest(runFolder(home, runId)).catch(() => null);
          return manifest === null
            ? []
            : [{ runId, settings: Object.fromEntries(flatSettings(manifest.config)) }];
        }),
      );
      return all.flat();
    },
    'runs.measures': (params, signal) => this.#options.images.request('runs.measures', params, signal),
    'runs.saveView': async ({ view }) => {
      const target = await this.#options.choosePath('runs', 'json');
      if (target === null) return null;
      await writeOutputFile(target, `${JSON.stringify(view, null, 2)}\n`, 'view of runs', { force: true });
      return { path: target };
    },
    'runs.openView': () => this.#openView(),
    'runs.writeComparison': async ({ runIds }, signal) => {
      const { images, choosePath } = this.#options;
      const target = await choosePath('comparison', 'html');
      if (target === null) return null;
      await images.request('runs.compare', { path: target, runIds }, signal);
      return { path: target };
    },
  };

  async #openView(): Promise<{ view: RunsView; missing: string[] } | null> {
    const { home, platform } = this.#options;
    const [file] = await platform.choose('files', 'Open a view of runs');
    if (file === undefined) return null;
    const view = await parseJsonFile(RunsViewSchema, file);
    const known = new Set(await visibleFolders(runsFolder(home)));
    const { here, missing } = runsOfView(view, known);
    return { view: { ...view, runs: here }, missing };
  }

  /** Lets go of a model that draws. */
  async #release(runId: string): Promise<void> {
    const { trainer } = this.#options;
    if (trainer.status.state === 'ready') await trainer.request('run.release', { runId });
  }

  #changed(): void {
    this.#options.emit('library.changed', { what: 'runs' });
  }
}
