/** Keeping what is found in latent space, bringing it back, and taking it along in files. */
import type { ImageBatch } from '../../../core/data/dataset.ts';
import type { KeyPoint, Look, View } from '../../../core/explore/view.ts';
import { type CallParams, SAVED_WORDS } from '../../../main/ipc/contract.ts';
import { formatPlural } from '../format.ts';
import type { RunEntry } from '../library/database.ts';
import type { Studio } from '../studio.ts';
import type { Board } from './board.ts';
import { entryOf, type Kept, KeptThings, keptThing } from './kept.svelte.ts';

type SentLook = CallParams<'explore.latent'>['look'];

/** Where things are kept from and used: the run in view. */
export interface Place {
  run: RunEntry;
  checkpoint: { checkpoint?: 'best' | number };
  look: Look;
  /** Shape of its latents. */
  shape: readonly number[];
}

/** A picture of its own out of several. */
export function pictureOf(images: ImageBatch | null, index = 0): ImageBatch | null {
  if (images === null || index >= images.count) return null;
  const size = images.data.length / images.count;
  return { ...images, count: 1, data: images.data.slice(index * size, (index + 1) * size) };
}

export class Saved {
  readonly kept: KeptThings;
  /** What is asked before something of another run is used; null for nothing. */
  question = $state.raw<{ text: string; go: () => void } | null>(null);
  working = $state(false);
  readonly #studio: Studio;
  readonly #place: () => Place | null;

  constructor(studio: Studio, place: () => Place | null) {
    this.#studio = studio;
    this.#place = place;
    this.kept = new KeptThings(studio.database, studio.fail);
  }

  /** A point as the latent that it comes to in the run in view; null without a run. */
  async latentOf(point: KeyPoint): Promise<KeyPoint | null> {
    const place = this.#place();
    if (!place) return null;
    const asked = { runId: place.run.id, ...place.checkpoint, look: sent(place.look) };
    const { values, t } = await this.#studio.bridge.call('explore.latent', { ...asked, of: point });
    return { kind: 'values', values, t };
  }

  /** Keeps a point as its latent: it stays what it is whatever becomes of its images. */
  async keepPoint(point: KeyPoint, name: string): Promise<boolean> {
    const place = this.#place();
    if (!place) return false;
    const { bridge, pixels, fail } = this.#studio;
    try {
      const asked = { runId: place.run.id, ...place.checkpoint, look: sent(place.look) };
      const { values, t, shape } = await bridge.call('explore.latent', { ...asked, of: point });
      const view: View = { kind: 'points', points: [point] };
      const picture = await pixels.request('explore.draw', { ...asked, view });
      const value = { kind: 'values', values, t };
      return await this.kept.keep({ kind: 'point', name, runId: place.run.id, shape, value, picture });
    } catch (error) {
      fail(error);
      return false;
    }
  }

  /** Keeps a view as it is drawn. */
  async keepPath(view: View, name: string, picture: ImageBatch | null): Promise<boolean> {
    const place = this.#place();
    if (!place) return false;
    const { run, shape, look } = place;
    const value = { view: structuredClone(view), look: sent(look) };
    return this.kept.keep({
      ...{ kind: 'path', name, runId: run.id, shape: [...shape], value, picture: pictureOf(picture) },
    });
  }

  /** Keeps the board with all that lies on it. */
  async keepBoard(
    board: Board,
    seen: { view: View; columns?: number } | null,
    name: string,
    picture: ImageBatch | null,
  ): Promise<boolean> {
    const place = this.#place();
    if (!place) return false;
    const { run, shape, look } = place;
    const value = {
      board: structuredClone(board),
      seen: seen && { ...structuredClone(seen), look: sent(look) },
    };
    return this.kept.keep({
      ...{ kind: 'board', name, runId: run.id, shape: [...shape], value, picture: pictureOf(picture) },
    });
  }

  /** Keeps a direction of the run under the same name. */
  async keepDirection(name: string, picture: ImageBatch | null): Promise<boolean> {
    const place = this.#place();
    if (!place) return false;
    const { bridge, notices, fail } = this.#studio;
    const { run, shape } = place;
    try {
      const { name: _, ...value } = await bridge.call('explore.direction', { runId: run.id, name });
      const entry = { kind: 'direction' as const, name, runId: run.id, shape: [...shape], value, picture };
      const isKept = await this.kept.keep(entry);
      if (isKept) notices.done(`The direction “${name}” is saved.`);
      return isKept;
    } catch (error) {
      fail(error);
      return false;
    }
  }

  /** Deletes an entry; it can be brought back for a while. */
  async remove(entry: Kept): Promise<void> {
    await this.kept.remove(entry);
    const { id: _, ...rest } = entry;
    this.#studio.notices.undoable(`“${entry.name}” is deleted.`, {
      label: 'Bring back',
      run: () => void this.kept.keepAll([rest]),
    });
  }

  /** Uses an entry in the run in view: refused for latents of another shape, asked about for another run. */
  use(entry: Kept, go: () => void): void {
    const place = this.#place();
    if (!place) return;
    const { run, shape } = place;
    const own = entry.shape ?? [];
    if (own.length > 0 && own.join() !== shape.join()) {
      this.#studio.notices.error(
        `“${entry.name}” comes from latents of the shape ${own.join(' × ')}, but those of ${run.name} have the shape ${shape.join(' × ')}; use it with a run of its own shape.`,
      );
      return;
    }
    if (entry.runId === run.id || entry.runId === '') {
      go();
      return;
    }
    const from = this.#studio.library.run(entry.runId);
    const isOtherData = from !== undefined && from.dataset !== run.dataset;
    this.question = {
      text: `“${entry.name}” was saved from ${from?.name ?? entry.runId}. In ${run.name} its latents may stand for something else${isOtherData ? ', and images by their numbers are those of another data set' : ''}.`,
      go,
    };
  }

  /** Writes entries into two files, JSON and safetensors. */
  async export(entries: readonly Kept[]): Promise<void> {
    const { bridge, notices, fail } = this.#studio;
    const things = entries.flatMap((entry) => keptThing(entry) ?? []);
    const damaged = entries.length - things.length;
    if (damaged > 0) {
      notices.error(`${formatPlural(damaged, 'saved thing')} cannot be read any more and is left out.`);
    }
    const [only] = things;
    if (only === undefined) return;
    this.working = true;
    try {
      const name = things.length === 1 ? only.name.replace(/[^\p{L}\p{N}._ -]+/gu, '-') : 'saved';
      const written = await bridge.call('explore.exportSaved', { name, things });
      const [json = '', tensors = ''] = written?.files ?? [];
      if (written) notices.done(`Written to ${json}, with its numbers in ${tensors}.`, json);
    } catch (error) {
      fail(error);
    } finally {
      this.working = false;
    }
  }

  async import(): Promise<void> {
    const { bridge, notices, fail } = this.#studio;
    this.working = true;
    try {
      const read = await bridge.call('explore.importSaved', {});
      if (read === null) return;
      const [problem] = read.problems;
      if (problem !== undefined) notices.error(problem);
      const count = await this.kept.keepAll(read.things.map(entryOf));
      const [only] = read.things;
      if (only === undefined) notices.error(`${read.file} holds nothing that was saved.`);
      else if (count > 0) {
        const what =
          count === 1 ? `the ${SAVED_WORDS[only.kind][0]} “${only.name}”` : formatPlural(count, 'thing');
        notices.done(`Imported ${what}.`);
      }
    } catch (error) {
      fail(error);
    } finally {
      this.working = false;
    }
  }
}

/** A look as the contract takes it. */
export function sent({ again, ...look }: Look) {
  return { ...look, ...(again && { again: [...again] }) };
}

/** A look as views have it: what is not asked for is not there. */
export function lookFrom({ at, space, seed, again, weights, label, guidance }: SentLook): Look {
  return {
    ...(at !== undefined && { at }),
    ...(space !== undefined && { space }),
    ...(seed !== undefined && { seed }),
    ...(again !== undefined && { again }),
    ...(weights !== undefined && { weights }),
    ...(label !== undefined && { label }),
    ...(guidance !== undefined && { guidance }),
  };
}
