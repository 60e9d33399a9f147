/** The window's data sets: what main answers itself, and what it has the image reader do. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { listDatasets, readDatasetRecord } from '../core/data/catalogue.ts';
import { importOf } from '../core/data/import/import-of.ts';
import { SKIPPED_FILE } from '../core/data/layout.ts';
import { openDataset, type PackedDataset } from '../core/data/packed.ts';
import { forgetDataset, relocateDataset } from '../core/data/relocate.ts';
import { renameDataset } from '../core/run/rename-dataset.ts';
import { discardDataset, emptyTrash, removeDataset, restoreDataset, weighTrash } from '../core/data/trash.ts';
import { UserError } from '../core/errors.ts';
import { exists } from '../core/files.ts';
import { removeLeftOvers } from '../core/left-overs.ts';
import { datasetFolder, datasetsFolder } from '../core/library.ts';
import { ImportQueue } from './import-queue.ts';
import type { EventName, EventPayload } from './ipc/contract.ts';
import { type CallHandlers, failureOf, type Log, type PixelHandlers } from './ipc/gate.ts';
import { keepPasted } from './pasted.ts';
import type { ImagesProtocol } from './process/images-protocol.ts';
import type { Supervisor } from './process/supervisor.ts';

type Calls = Pick<CallHandlers, Extract<keyof CallHandlers, `datasets.${string}`>>;
type Pixels = Pick<PixelHandlers, Extract<keyof PixelHandlers, `dataset.${string}` | `import.${string}`>>;

export interface DatasetsOptions {
  home: string;
  images: Supervisor<ImagesProtocol>;
  platform: DatasetsPlatform;
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void;
  log: Log;
  /** Name of the data set that is being trained on; null when there is none. */
  inUse: () => Promise<string | null>;
}

/** What only the system can do. */
export interface DatasetsPlatform {
  /** Native dialog; nothing when the person cancels. */
  choose(what: 'folder' | 'files', title: string): Promise<string[]>;
  showInFolder(path: string): void;
}

export class Datasets {
  readonly imports: ImportQueue;
  readonly #options: DatasetsOptions;

  constructor(options: DatasetsOptions) {
    const { home, images, emit, log } = options;
    this.#options = options;
    this.imports = new ImportQueue({
      run: async (order, signal) => {
        const { count, leftOut } = await images.request('import.run', order, signal);
        return { count, skipped: leftOut.all };
      },
      taken: async (name) =>
        (await exists(datasetFolder(home, name)))
          ? `There is already a data set "${name}"; choose another name.`
          : null,
      emit,
      sentence: (error) => failureOf(error, 'import.run', log).message,
    });
    images.on('import.progress', ({ jobId, progress }) => this.imports.progress(jobId, progress));
  }

  readonly calls: Calls = {
    'datasets.list': () => listDatasets(this.#options.home),
    'datasets.choose': ({ what }) =>
      this.#options.platform.choose(
        what,
        what === 'folder' ? 'Choose a folder of images' : 'Choose images, archives or arrays',
      ),
    'datasets.sortPaths': (params, signal) => this.#options.images.request('paths.sort', params, signal),
    'datasets.keepPasted': async ({ bytes }) => ({ path: await keepPasted(this.#options.home, bytes) }),
    'datasets.import': async (order) => {
      await this.imports.add(order);
      return {};
    },
    'datasets.imports': async () => [...this.imports.jobs],
    'datasets.cancelImport': async ({ jobId }) => {
      this.imports.cancel(jobId);
      return {};
    },
    'datasets.again': async ({ name }) => importOf(await readDatasetRecord(this.#options.home, name)),
    'datasets.endPreview': () => this.#options.images.request('import.endPreview', {}),
    'datasets.labels': ({ name, indices }) =>
      this.#opened(name, async (data) => {
        const numbers = await data.labels();
        return indices.map((index) => data.record.classes?.[numbers?.[index] ?? -1] ?? null);
      }),
    'datasets.origins': ({ name, indices }) =>
      this.#opened(name, async (data) => {
        const known = await data.origins();
        return indices.map((index) => (known === null || index >= data.count ? null : known.of(index)));
      }),
    'datasets.rename': async ({ name, to }) => {
      await this.#checkFree(name);
      await renameDataset(this.#options.home, name, to);
      this.#changed();
      this.#options.emit('library.changed', { what: 'runs' });
      return {};
    },
    'datasets.remove': async ({ name }) => {
      await this.#checkFree(name);
      const { id: token } = await removeDataset(this.#options.home, name);
      this.#changed();
      return { token };
    },
    'datasets.restore': async ({ token }) => {
      const name = await restoreDataset(this.#options.home, token);
      this.#changed();
      return { name };
    },
    'datasets.trash': async () =>
      (await weighTrash(this.#options.home)).map(({ id: token, ...told }) => ({ token, ...told })),
    'datasets.discard': async ({ token }) => {
      await discardDataset(this.#options.home, token);
      this.#changed();
      return {};
    },
    'datasets.emptyTrash': async () => {
      try {
        await emptyTrash(this.#options.home);
      } finally {
        this.#changed();
      }
      return {};
    },
    'datasets.reveal': async ({ name, what }) => {
      const folder = datasetFolder(this.#options.home, name);
      const list = path.join(folder, SKIPPED_FILE);
      const target = what === 'skipped' && (await exists(list)) ? list : folder;
      // The file manager wants to be told of what is there, not of a link to it.
      this.#options.platform.showInFolder(await fs.realpath(target).catch(() => target));
      return {};
    },
    'datasets.relocate': async ({ name, fingerprint }) => {
      const { home, platform } = this.#options;
      const [folder] = await platform.choose('folder', `Find the folder of ${name}`);
      if (folder === undefined) return false;
      await relocateDataset(home, name, folder, fingerprint);
      this.#changed();
      return true;
    },
    'datasets.forget': async ({ name }) => {
      await forgetDataset(this.#options.home, name);
      this.#changed();
      return {};
    },
  };

  readonly pixels: Pixels = {
    'dataset.images': ({ name, start, count }) => this.#opened(name, (data) => data.readImages(start, count)),
    'dataset.imagesAt': ({ name, indices }) =>
      this.#opened(name, async (data) => {
        if (indices.some((index) => index >= data.count)) {
          throw new UserError(`The data set "${name}" has changed; open it again.`, { code: 'not-found' });
        }
        const { height, width, channels } = data.record;
        return { count: indices.length, height, width, channels, data: data.readAt(indices) };
      }),
    'dataset.labels': ({ name }) =>
      this.#opened(name, async (data) => {
        const numbers = await data.labels();
        return {
          width: numbers instanceof Uint16Array ? 2 : 1,
          labels: numbers === null ? new Uint8Array() : lowestFirst(numbers),
          split: (await data.split()) ?? new Uint8Array(),
        };
      }),
    'dataset.measurements': (params, signal) =>
      this.#options.images.request('dataset.measurements', params, signal),
    'import.preview': (params, signal) => this.#options.images.request('import.preview', params, signal),
  };

  /** Cancels all imports; nothing is left of them, even if the image reader dies over it. */
  async close(): Promise<void> {
    await this.imports.close();
    await removeLeftOvers(datasetsFolder(this.#options.home));
  }

  async #opened<T>(name: string, use: (data: PackedDataset) => Promise<T>): Promise<T> {
    const data = await openDataset(this.#options.home, name);
    try {
      return await use(data);
    } finally {
      data.close();
    }
  }

  /** @throws UserError when the data set is being trained on */
  async #checkFree(name: string): Promise<void> {
    if ((await this.#options.inUse()) === name) {
      throw new UserError(`Data set "${name}" is being trained on; stop the training first.`, {
        code: 'busy',
      });
    }
  }

  #changed(): void {
    this.#options.emit('library.changed', { what: 'datasets' });
  }
}

/** The bytes of labels, the lowest first, whatever the machine does. */
function lowestFirst(labels: Uint8Array | Uint16Array): Uint8Array {
  if (labels instanceof Uint8Array) return labels;
  const bytes = new Uint8Array(2 * labels.length);
  const view = new DataView(bytes.buffer);
  labels.forEach((label, index) => view.setUint16(2 * index, label, true));
  return bytes;
}
