/** The gallery of a run: which draw is looked at, in which order, what is selected, and what is done with it. */
import { printable } from '../../../core/printable.ts';
import type { KeyPoint } from '../../../core/explore/view.ts';
import type { CallResult, DrawMeasures, KeptDraw, MarkChange } from '../../../main/ipc/contract.ts';
import { MAX_KEY_POINTS } from '../../../main/ipc/contract.ts';
import { aroundPoint, withPoint } from '../explore/restore-board.ts';
import { formatCount, formatNumber, formatPlural } from '../format.ts';
import type { GridMarks } from '../images/marks.ts';
import type { Studio } from '../studio.ts';
import { besideListing, listingOf, type Show, type SortBy, starredListing } from './listings.ts';
import { optionWords } from './options.ts';
import { type Listing, SampleSource } from './sample-source.svelte.ts';

/** All starred samples of the run, instead of one draw. */
export const STARRED = 'starred';

export type Near = CallResult<'draws.nearest'>;

export class Gallery {
  /** The draw that is looked at, or {@link STARRED}; null for the newest. */
  chosen = $state<string | null>(null);
  show = $state<Show>('all');
  sort = $state<SortBy>('drawn');
  /** Places that are selected. */
  selected = $state.raw<ReadonlySet<number>>(new Set());
  /** Whether a click selects. */
  selecting = $state(false);
  /** Place of the grid's cursor, and of the sample that is shown large. */
  active = $state(0);
  enlarged = $state<number | null>(null);
  /** Draws of the same noise, beside the one that is looked at. */
  beside = $state.raw<readonly KeptDraw[]>([]);
  measures = $state.raw<{ id: string; found: DrawMeasures } | null>(null);
  /** How far the measuring is. */
  measuring = $state.raw<{ done: number; total: number } | null>(null);

  readonly #studio: Studio;
  readonly #runId: () => string | undefined;
  #source: SampleSource | null = null;
  #measure: AbortController | null = null;
  #anchor = 0;

  constructor(studio: Studio, runId: () => string | undefined) {
    this.#studio = studio;
    this.#runId = runId;
  }

  readonly draws: readonly KeptDraw[] = $derived.by(() => this.#studio.draws.all);
  /** The draw that is looked at; null for all starred, or where there is none. */
  readonly draw: KeptDraw | null = $derived.by(() =>
    this.chosen === STARRED
      ? null
      : (this.draws.find(({ id }) => id === this.chosen) ?? this.draws[0] ?? null),
  );
  readonly starredCount = $derived(
    this.draws.reduce((sum, { marks }) => {
      const gone = new Set(marks.removed);
      return sum + marks.starred.filter((index) => !gone.has(index)).length;
    }, 0),
  );

  readonly listing: Listing | null = $derived.by(() => {
    if (this.chosen === STARRED) return starredListing(this.draws);
    if (!this.draw) return null;
    if (this.beside.length > 0) return besideListing([this.draw, ...this.beside]);
    const found = this.measures?.id === this.draw.id ? this.measures.found : null;
    return listingOf(this.draw, this.show, this.sort, found);
  });

  /** The samples that are shown; the same source for as long as they are of one run. */
  readonly source: SampleSource | null = $derived.by(() => {
    const { listing } = this;
    const [first] = this.draws;
    if (listing === null || !first) return null;
    const known = this.#source;
    if (known && known.side === Math.max(first.height, first.width) && this.#of === first.run) {
      return known;
    }
    this.#of = first.run;
    this.#source = new SampleSource(this.#studio.pixels, listing, first);
    return this.#source;
  });
  #of = '';

  /** Hands the listing on to the source; to be called when it has changed. */
  followListing(): void {
    const { source, listing } = this;
    if (!source || !listing) return;
    if (listing.key !== source.listing.key) {
      this.selected = new Set();
      this.active = Math.min(this.active, Math.max(0, listing.count - 1));
      if (this.enlarged !== null && listing.count === 0) this.enlarged = null;
    }
    source.update(listing);
  }

  readonly marks: GridMarks | null = $derived.by(() => {
    const { listing, selected } = this;
    if (!listing) return null;
    const sets = new Map<KeptDraw, { starred: Set<number>; noted: Set<number> }>();
    const of = (draw: KeptDraw) => {
      let known = sets.get(draw);
      if (!known) {
        const { starred, notes } = draw.marks;
        known = { starred: new Set(starred), noted: new Set(Object.keys(notes).map(Number)) };
        sets.set(draw, known);
      }
      return known;
    };
    const at = (place: number) => (place < listing.count ? listing.at(place) : null);
    return {
      selected: (place) => selected.has(place),
      starred: (place) => {
        const found = at(place);
        return found !== null && of(found.draw).starred.has(found.index);
      },
      noted: (place) => {
        const found = at(place);
        return found !== null && of(found.draw).noted.has(found.index);
      },
    };
  });

  look(chosen: string): void {
    if (chosen === this.chosen) return;
    this.chosen = chosen;
    this.beside = [];
    this.active = 0;
    this.selected = new Set();
    this.show = 'all';
    this.sort = 'drawn';
    this.stopMeasuring();
  }

  at(place: number): { draw: KeptDraw; index: number } | null {
    const { listing } = this;
    return listing && place < listing.count ? listing.at(place) : null;
  }

  select(place: number, upTo: boolean): void {
    const next = new Set(this.selected);
    if (upTo) {
      const [from, to] = [Math.min(this.#anchor, place), Math.max(this.#anchor, place)];
      for (let i = from; i <= to; i++) next.add(i);
    } else if (next.has(place)) next.delete(place);
    else next.add(place);
    this.#anchor = place;
    this.selected = next;
  }

  selectAll(): void {
    this.selected = new Set(Array.from({ length: this.listing?.count ?? 0 }, (_, i) => i));
  }

  clearSelection(): void {
    this.selected = new Set();
  }

  /** What an action is meant for: what is selected, else the sample of the cursor. */
  meant(): number[] {
    if (this.selected.size > 0) return [...this.selected].sort((a, b) => a - b);
    return this.listing && this.active < this.listing.count ? [this.active] : [];
  }

  /** Stars samples, or takes the stars back where all of them have one. */
  async star(places: readonly number[]): Promise<void> {
    const all = places.every((place) => this.marks?.starred(place) === true);
    await this.#mark(places, (indices) => (all ? { unstar: indices } : { star: indices }));
  }

  /** Deletes samples, and offers to take that back. */
  async remove(places: readonly number[]): Promise<void> {
    const bringsBack = this.show === 'removed';
    const groups = this.#grouped(places);
    const count = places.length;
    this.selected = new Set();
    for (const [draw, indices] of groups) {
      await this.#studio.draws.mark(draw, bringsBack ? { bringBack: indices } : { remove: indices });
    }
    if (bringsBack || count === 0) return;
    this.#studio.notices.undoable(`${formatPlural(count, 'sample')} ${count === 1 ? 'is' : 'are'} deleted.`, {
      label: 'Undo',
      run: () => {
        for (const [draw, indices] of groups) void this.#studio.draws.mark(draw, { bringBack: indices });
      },
    });
  }

  async note(place: number, text: string): Promise<void> {
    await this.#mark([place], ([index = 0]) => ({ notes: { [String(index)]: text } }));
  }

  async noteDraw(draw: KeptDraw, text: string): Promise<void> {
    await this.#studio.draws.mark(draw, { note: text });
  }

  /** Writes samples of one draw to files. */
  async save(places: readonly number[], as: 'grid' | 'png' | 'zip' | 'npz'): Promise<void> {
    const { bridge, notices, fail } = this.#studio;
    const [[draw, indices] = [null, []]] = this.#grouped(places);
    if (!draw) return;
    try {
      const written = await bridge.call('draws.save', { runId: draw.run, id: draw.id, indices, as });
      if (written) {
        notices.done(`${formatPlural(indices.length, 'sample')} written to ${written.path}.`, written.path);
      }
    } catch (error) {
      fail(error);
    }
  }

  /** The images of the data set that are nearest to a sample. */
  nearest(place: number, signal: AbortSignal): Promise<Near> | null {
    const found = this.at(place);
    if (!found) return null;
    const { draw, index } = found;
    return this.#studio.bridge.call(
      'draws.nearest',
      { runId: draw.run, id: draw.id, index, count: 4 },
      { signal },
    );
  }

  /** Sorts by what is measured, which is done first where it was not. */
  async sortBy(sort: SortBy): Promise<void> {
    this.stopMeasuring();
    const { draw } = this;
    if (sort === 'drawn' || !draw) {
      this.sort = 'drawn';
      return;
    }
    const work = new AbortController();
    this.#measure = work;
    const { run: runId, id } = draw;
    const { bridge, fail } = this.#studio;
    this.measuring = { done: 0, total: draw.count };
    try {
      const found = await bridge.call('draws.measure', { runId, id, by: sort }, { signal: work.signal });
      if (work.signal.aborted) return;
      this.measures = { id, found };
      this.sort = sort;
    } catch (error) {
      fail(error);
    } finally {
      if (this.#measure === work) {
        this.#measure = null;
        this.measuring = null;
      }
    }
  }

  stopMeasuring(): void {
    this.#measure?.abort();
    this.#measure = null;
    this.measuring = null;
  }

  /** Hears how far measuring is. Returns what ends that. */
  followMeasuring(): () => void {
    return this.#studio.bridge.on('draws.measuring', ({ id, done, total }) => {
      if (this.measuring && id === this.draw?.id) this.measuring = { done, total };
    });
  }

  /** Whether a draw is made to stand beside another. */
  drawsBeside = $state(false);

  /** Puts a draw of the same noise beside one, when it is made. */
  async putBeside(draw: KeptDraw, make: () => Promise<KeptDraw | null>): Promise<void> {
    this.drawsBeside = true;
    const before = this.beside;
    try {
      const other = await make();
      if (!other) return;
      this.look(draw.id);
      this.beside = [...before, other];
    } finally {
      this.drawsBeside = false;
    }
  }

  /** Takes a sample to the board of the Explore view. */
  toBoard(place: number, as: 'first' | 'last' | 'next' | 'around'): void {
    const found = this.at(place);
    if (!found) return;
    const { settings, notices } = this.#studio;
    const point: KeyPoint = { kind: 'drawn', draw: found.draw.id, index: found.index };
    const remembered = settings.get('explore').board;
    const board = as === 'around' ? aroundPoint(remembered, point) : withPoint(remembered, as, point);
    if (board === null) {
      notices.error(`The path has ${MAX_KEY_POINTS} points already; remove one on the board first.`);
      return;
    }
    settings.set('run', { id: found.draw.run });
    settings.set('explore', { board });
    settings.set('navigation', { view: 'explore' });
  }

  /** A sample in words: its number, and what is known of it. */
  words(place: number): string {
    const found = this.at(place);
    if (!found) return '';
    const { draw, index } = found;
    const measured = this.measures?.id === draw.id ? this.measures.found : null;
    const { closeness, classes } = measured ?? {};
    const note = draw.marks.notes[String(index)];
    return [
      `Sample ${formatCount((draw.start ?? 0) + index)}`,
      ...(this.beside.length > 0 || this.chosen === STARRED ? [this.drawWords(draw)] : []),
      ...(closeness?.distance[index] === undefined
        ? []
        : [
            `${formatNumber(closeness.distance[index])} from image ${formatCount(closeness.image[index] ?? 0)}`,
          ]),
      ...(classes?.label[index] === undefined
        ? []
        : [`taken for ${classes.names[classes.label[index]] ?? '?'}`]),
      ...(note === undefined ? [] : [note]),
    ].join(', ');
  }

  /** A sample as it is read aloud: with the class that it was drawn for. */
  spoken(place: number): string {
    const label = this.at(place)?.draw.label;
    if (label === undefined) return printable(this.words(place));
    const { library } = this.#studio;
    const run = library.run(this.at(place)?.draw.run ?? '');
    const name = library.dataset(run?.dataset ?? null)?.record?.classes?.[label];
    return printable(`${this.words(place)}, drawn as ${name ?? `class ${label}`}`);
  }

  /** A draw in words. */
  drawWords(draw: KeptDraw): string {
    const { library } = this.#studio;
    const run = library.run(draw.run);
    const classes = library.dataset(run?.dataset ?? null)?.record?.classes;
    return [
      ...(draw.run === this.#runId() ? [] : [run?.name ?? draw.run]),
      `seed ${draw.seed}`,
      formatPlural(draw.passes, 'pass', 'passes'),
      ...optionWords(draw, classes),
      `step ${formatCount(draw.step)}`,
    ].join(', ');
  }

  /** What is looked at, in words. */
  readonly caption: string = $derived.by(() => {
    const { draw } = this;
    if (!draw) return '';
    return [
      formatPlural(draw.count, 'sample'),
      this.drawWords(draw),
      ...(draw.marks.note === '' ? [] : [draw.marks.note]),
    ].join(', ');
  });

  async #mark(places: readonly number[], change: (indices: number[]) => MarkChange): Promise<void> {
    for (const [draw, indices] of this.#grouped(places)) {
      await this.#studio.draws.mark(draw, change(indices));
    }
  }

  #grouped(places: readonly number[]): [KeptDraw, number[]][] {
    const groups = new Map<KeptDraw, number[]>();
    for (const place of places) {
      const found = this.at(place);
      if (found) groups.set(found.draw, [...(groups.get(found.draw) ?? []), found.index]);
    }
    return [...groups];
  }
}
