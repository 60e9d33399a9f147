/** Kept draws for the window: listed, held against the data set, written to files. */
import { defaultScale } from '../../core/export/enlarge.ts';
import { adoptGrids } from '../../core/explore/draws/adopt-grids.ts';
import { drawSource } from '../../core/explore/draws/draw-source.ts';
import { listDraws, readDraw, readSamples } from '../../core/explore/draws/draw-store.ts';
import { nearestImages } from '../../core/explore/draws/nearest-images.ts';
import { openDatasetOf } from '../../core/run/run-dataset.ts';
import { exportSet } from '../../core/export/export-set.ts';
import { runFolder } from '../../core/library.ts';
import { readRunManifest } from '../../core/run/run-folder.ts';
import type { CallParams, CallResult } from '../ipc/contract.ts';

export class KeptDraws {
  readonly #home: string;
  /** What is being adopted, by run: twice at once would be once too much. */
  readonly #adopting = new Map<string, Promise<string[]>>();

  constructor(home: string) {
    this.#home = home;
  }

  async list(runId: string): Promise<CallResult<'draws.list'>> {
    const runDir = runFolder(this.#home, runId);
    let adopting = this.#adopting.get(runId);
    if (adopting === undefined) {
      adopting = adoptGrids(runDir).finally(() => this.#adopting.delete(runId));
      this.#adopting.set(runId, adopting);
    }
    const adopted = await adopting;
    const { draws, problems } = await listDraws(runDir);
    return { draws, problems: [...adopted, ...problems] };
  }

  async nearest(
    { runId, id, index, count }: CallParams<'draws.nearest'>,
    signal?: AbortSignal,
  ): Promise<CallResult<'draws.nearest'>> {
    const runDir = runFolder(this.#home, runId);
    const { data } = await readSamples(runDir, id, [index]);
    const dataset = await openDatasetOf(this.#home, await readRunManifest(runDir));
    try {
      return await nearestImages(data, dataset, count, signal);
    } finally {
      dataset.close();
    }
  }

  /** The dialog in which the file was chosen has asked whether one there is to be replaced. */
  async write(
    { runId, id, indices, as }: CallParams<'draws.save'>,
    path: string,
    signal?: AbortSignal,
  ): Promise<{ path: string }> {
    const runDir = runFolder(this.#home, runId);
    const source = drawSource(runDir, await readRunManifest(runDir), await readDraw(runDir, id), indices);
    const scale = as === 'grid' ? defaultScale(source.shape.width) : 1;
    await exportSet(source, path, { as, force: true, note: false, signal, scale });
    return { path };
  }
}
