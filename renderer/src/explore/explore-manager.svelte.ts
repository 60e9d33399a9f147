import * as v from 'valibot';
import type { KeyPoint, Look, View } from '../../../core/explore/view.ts';
import {
  type CallResult,
  commandOfView,
  framePositions,
  MAX_KEY_POINTS,
  pointWords,
} from '../../../main/ipc/contract.ts';
import { formatPlural } from '../format.ts';
import { DatasetSource } from '../images/source.ts';
import { CheckpointChoice } from '../library/checkpoint-choice.svelte.ts';
import type { DatasetEntry, RunEntry } from '../library/database.ts';
import { drawableRuns } from '../library/drawable.ts';
import { RunDrawing } from '../samples/drawing-info.svelte.ts';
import { firstPlace } from '../samples/options.ts';
import type { Studio } from '../studio.ts';
import {
  type Board,
  BoardSchema,
  childrenOf,
  effectsView,
  lookOf,
  movedSubject,
  movedTo,
  pathView,
  placeOf,
  planeView,
  sumOf,
  type Tab,
  USUAL_BOARD,
  variations,
} from './board.ts';
import { Compare } from './compare.svelte.ts';
import { History } from './history.svelte.ts';
import { KeptThings } from './kept.svelte.ts';
import { MapView } from './map-view.svelte.ts';
import { Pictures, type Request } from './pictures.svelte.ts';
import { Player } from './player.svelte.ts';

/** A place on the board that holds a point. */
export type Slot = { of: 'points' | 'corners'; index: number } | { of: 'subject' | 'minus' | 'plus' };

export type Direction = CallResult<'explore.directions'>['directions'][number];

/** Images that a run without a data set has to do with. */
const DRAWS: readonly KeyPoint[] = [0, 1, 2, 3].map((number) => ({ kind: 'seed', seed: 0, number }));

/** The board: what lies on it, what is shown of it, and what can be done with it. */
export class ExploreManager {
  readonly map: MapView;
  readonly compare: Compare;
  readonly history: History<Board>;
  readonly kept: KeptThings;
  readonly player = new Player();
  readonly checkpoint: CheckpointChoice;
  /** Place on the path, 0 … 1, and on the plane. */
  position = $state(0.5);
  spot = $state.raw<readonly [number, number]>([0.5, 0.5]);
  /** Where a point is being chosen for. */
  picking = $state.raw<Slot | null>(null);
  /** Children that are chosen to breed from. */
  parents = $state.raw<readonly number[]>([]);
  directions = $state.raw<readonly Direction[]>([]);
  neighbours = $state.raw<readonly { index: number; distance: number }[]>([]);
  /** How far a data set is encoded; null while none is. */
  progress = $state.raw<{ done: number; total: number } | null>(null);
  working = $state(false);

  readonly points: Pictures;
  readonly live: Pictures;
  readonly film: Pictures;
  readonly times: Pictures;
  readonly corners: Pictures;
  readonly grid: Pictures;
  readonly subject: Pictures;
  readonly effects: Pictures;
  readonly varied: Pictures;
  readonly sums: Pictures;
  readonly near: Pictures;
  readonly children: Pictures;

  readonly #studio: Studio;
  readonly #drawing: RunDrawing;
  #neighboursOf = '';

  constructor(studio: Studio) {
    const { bridge, pixels, fail, settings, database } = studio;
    this.#studio = studio;
    const remembered = v.safeParse(BoardSchema, settings.get('explore').board ?? {});
    this.history = new History(remembered.success ? remembered.output : USUAL_BOARD);
    this.kept = new KeptThings(database, fail);
    this.map = new MapView(studio);
    this.compare = new Compare(studio, () => this.run);
    this.#drawing = new RunDrawing(bridge, fail);
    this.checkpoint = new CheckpointChoice(studio, () => this.run);
    const learns = ({ runId, checkpoint }: Request): boolean =>
      checkpoint === undefined && studio.training.trains(runId);
    const plain = (): Pictures => new Pictures(pixels, fail, { learns });
    this.points = plain();
    this.live = new Pictures(pixels, fail, { live: true, learns });
    this.film = plain();
    this.times = plain();
    this.corners = plain();
    this.grid = plain();
    this.subject = new Pictures(pixels, fail, { live: true, learns });
    this.effects = plain();
    this.varied = plain();
    this.sums = plain();
    this.near = plain();
    this.children = plain();
  }

  readonly runs: readonly RunEntry[] = $derived.by(() => drawableRuns(this.#studio));
  readonly run: RunEntry | undefined = $derived.by(
    () => this.runs.find(({ id }) => id === this.#studio.settings.get('run').id) ?? this.runs[0],
  );
  readonly runId = $derived(this.run?.id);
  /** The run and checkpoint, as the contract takes them. */
  readonly asked = $derived.by(() =>
    this.runId === undefined ? null : { runId: this.runId, ...this.checkpoint.asked },
  );
  readonly dataset: DatasetEntry | undefined = $derived.by(() =>
    this.#studio.library.dataset(this.run?.dataset ?? null),
  );
  readonly record = $derived(this.dataset?.problem === null ? this.dataset.record : null);
  /** The data set's images, to choose from; null while the run has none. */
  readonly images = $derived.by(() =>
    this.record ? new DatasetSource(this.#studio.pixels, this.record) : null,
  );
  readonly info = $derived.by(() => this.#drawing.info);
  readonly hasPlaces = $derived(this.info !== null && firstPlace(this.info) < this.info.timeSteps.length - 1);
  readonly dead = $derived.by(() => this.#studio.training.trainer.state === 'dead');

  /** What lies on the board, with points that this run has. */
  readonly board: Board = $derived.by(() => this.#fitting(this.history.now));
  readonly place = $derived(this.info ? placeOf(this.board.place, this.info) : 0);
  readonly look: Look | null = $derived.by(() => (this.info ? lookOf(this.board, this.info) : null));
  /** Indices of the time steps that the strip of times shows. */
  readonly shownTimes: readonly number[] = $derived.by(() => {
    if (!this.info) return [];
    const [first, last] = [firstPlace(this.info), this.info.timeSteps.length - 1];
    const count = Math.min(9, last - first + 1);
    return Array.from({ length: count }, (_, i) =>
      Math.round(first + (i * (last - first)) / Math.max(1, count - 1)),
    );
  });

  /** Changes the board; changes of the same name one after the other are undone together. */
  change(change: Partial<Board>, merge: string | null = null): void {
    this.history.change({ ...this.history.now, ...change }, merge);
    this.#remember();
  }

  undo(): void {
    this.history.undo();
    this.#remember();
  }

  redo(): void {
    this.history.redo();
    this.#remember();
  }

  openTab(tab: Tab): void {
    this.player.stop();
    this.history.turn({ ...this.history.now, tab });
    this.#remember();
  }

  /** The point in a slot. */
  at(slot: Slot): KeyPoint {
    const { board } = this;
    if (slot.of === 'points' || slot.of === 'corners') return board[slot.of][slot.index] ?? board.subject;
    return board[slot.of];
  }

  put(slot: Slot, point: KeyPoint): void {
    this.picking = null;
    if (slot.of === 'points' || slot.of === 'corners') {
      const points = [...this.board[slot.of]];
      points[slot.index] = point;
      this.change({ [slot.of]: points });
    } else {
      this.change(slot.of === 'subject' ? { subject: point, children: [] } : { [slot.of]: point });
    }
  }

  /** Adds a key point to the path, at its end. */
  addPoint(point: KeyPoint): void {
    if (this.board.points.length >= MAX_KEY_POINTS) return;
    this.change({ points: [...this.board.points, point] });
  }

  removePoint(index: number): void {
    if (this.board.points.length <= 2) return;
    this.change({ points: this.board.points.filter((_, i) => i !== index) });
  }

  movePoint(from: number, to: number): void {
    if (to < 0 || to >= this.board.points.length || from === to) return;
    this.change({ points: movedTo(this.board.points, from, to) });
  }

  /** An image by chance, or a sample where the run has no data set. */
  randomPoint(): KeyPoint {
    const count = this.record?.count ?? 0;
    return count > 0 ? { kind: 'image', index: Math.floor(Math.random() * count) } : this.randomDraw();
  }

  randomDraw(): KeyPoint {
    return { kind: 'seed', seed: Math.floor(Math.random() * 0xffffffff), number: 0 };
  }

  /** A file that was dropped or chosen. */
  putFile(slot: Slot, file: File): void {
    const path = this.#studio.bridge.pathForFile(file);
    if (path !== '') this.put(slot, { kind: 'file', file: path });
    else
      this.#studio.notices.error('What was dropped is no file on this machine: save it, and drop the file.');
  }

  breed(): void {
    const chosen = this.parents.flatMap((index) => this.board.children[index] ?? []);
    const parents = chosen.length > 0 ? chosen : [this.board.subject];
    this.parents = [];
    this.change({ children: childrenOf(parents, Math.floor(Math.random() * 0xfffffff0)) });
  }

  toggleParent(index: number): void {
    this.parents = this.parents.includes(index)
      ? this.parents.filter((other) => other !== index)
      : [...this.parents, index];
  }

  /** Shows what the open tab shows; to be called when anything has changed. */
  show(): void {
    const { board } = this;
    if (this.#request({ kind: 'points', points: board.points }) === null || this.dead) return;
    switch (board.tab) {
      case 'path':
        this.#ask(this.points, { kind: 'points', points: board.points });
        this.#ask(this.live, pathView(board, [this.position]));
        this.#ask(this.film, pathView(board));
        this.#askTimes();
        break;
      case 'plane':
        this.#ask(this.corners, { kind: 'points', points: board.corners });
        this.#ask(this.live, planeView(board, [[this.spot[0], this.spot[1]]]));
        this.#ask(this.grid, planeView(board));
        break;
      case 'directions': {
        this.#ask(this.subject, { kind: 'points', points: [movedSubject(board)] });
        const effects = effectsView(
          board,
          this.directions.slice(0, 24).map(({ name }) => name),
        );
        if (effects) this.#ask(this.effects, effects);
        break;
      }
      case 'around':
        this.#ask(this.subject, { kind: 'points', points: [board.subject] });
        this.#ask(this.varied, { kind: 'points', points: variations(board) });
        this.#ask(this.sums, { kind: 'points', points: [board.minus, board.plus, sumOf(board)] });
        if (board.children.length > 0) this.#ask(this.children, { kind: 'points', points: board.children });
        void this.#askNeighbours();
        break;
      case 'map':
      case 'saved':
        break;
      case 'compare':
        this.compare.show(this.comparedView, this.look ? sent(this.look) : null);
        break;
    }
  }

  /** Makes the map that is asked for, at the time of the board or evenly over the time steps. */
  async makeMap(): Promise<void> {
    const { asked, info, map } = this;
    if (!asked || !info) return;
    const [first, last] = [firstPlace(info), info.timeSteps.length - 1];
    const count = Math.min(map.times, last - first + 1);
    const places =
      count < 2
        ? [this.place]
        : Array.from({ length: count }, (_, i) => Math.round(first + (i * (last - first)) / (count - 1)));
    await map.make(asked, places);
  }

  /** A direction from group A of the map to group B. @returns whether it is made */
  async directionOfGroups(name: string): Promise<boolean> {
    const { from, to } = this.map.groups;
    const before = this.directions.length;
    const make = { kind: 'groups' as const, from: { indices: [...from] }, to: { indices: [...to] } };
    await this.makeDirections(make, name);
    return this.directions.length > before;
  }

  /** What is compared: the frames of the path, the plane, or samples of the same seeds. */
  readonly comparedView: View = $derived.by((): View => {
    const { board } = this;
    switch (this.compare.what) {
      case 'path':
        return pathView(board, framePositions(Math.min(board.frames, 16), board.loop || board.noise));
      case 'plane':
        return planeView(board);
      case 'seeds':
        return {
          kind: 'points',
          points: Array.from({ length: 16 }, (_, number): KeyPoint => ({
            kind: 'seed',
            seed: board.seed,
            number,
          })),
        };
    }
  });

  /** Asks what the run can draw with, and its directions; to be called when the run has changed. */
  followRun(): void {
    this.#drawing.follow(this.runId);
    if (this.runId === undefined) return;
    this.directions = [];
    void this.loadDirections();
  }

  /** Pictures of another run are not left standing; to be called when the run has changed. */
  forgetPictures(): (() => void) | undefined {
    if (this.runId === undefined) return undefined;
    return () => this.#all().forEach((pictures) => pictures.clear());
  }

  /** While the run learns, its pictures change with it. Returns what ends the listening. */
  followTraining(): () => void {
    const ends = [
      this.#studio.bridge.on('training.samples', ({ runId }) => {
        if (runId !== this.runId || this.checkpoint.value !== 'newest') return;
        this.#all().forEach((pictures) => pictures.renew());
        this.show();
      }),
      this.#studio.bridge.on('explore.progress', ({ runId, done, total }) => {
        if (runId === this.runId) this.progress = done < total ? { done, total } : null;
      }),
    ];
    return () => ends.forEach((end) => end());
  }

  async loadDirections(): Promise<void> {
    const { runId } = this;
    if (runId === undefined) return;
    try {
      const found = await this.#studio.bridge.call('explore.directions', { runId });
      if (runId === this.runId) this.directions = found.directions;
    } catch (error) {
      this.#studio.fail(error);
    }
  }

  /** Makes directions, and says what came of it. */
  async makeDirections(make: Parameters<typeof this.orderOf>[1], name: string): Promise<void> {
    const { runId } = this;
    if (runId === undefined || this.working) return;
    const { bridge, notices, fail } = this.#studio;
    this.working = true;
    try {
      const order = this.orderOf(name, make);
      const made = await bridge.call('explore.makeDirections', { runId, ...this.checkpoint.asked, order });
      notices.done(
        `Made ${formatPlural(made.directions.length, 'direction')}; ${made.activeDimensions} of ${formatPlural(made.dimensions, 'dimension')} of the latent are active.`,
      );
      await this.loadDirections();
    } catch (error) {
      fail(error);
    } finally {
      this.working = false;
      this.progress = null;
    }
  }

  orderOf(
    name: string,
    make:
      | { kind: 'classes' }
      | { kind: 'components'; count: number }
      | {
          kind: 'groups';
          from: { label: string } | { indices: number[] };
          to: { label: string } | { indices: number[] };
        },
  ) {
    return { name, make, ...(this.look?.at && { at: this.look.at }) };
  }

  async removeDirection(name: string): Promise<void> {
    const { runId } = this;
    if (runId === undefined) return;
    try {
      await this.#studio.bridge.call('explore.removeDirection', { runId, name });
      const { [name]: _, ...amounts } = this.board.amounts;
      if (name in this.board.amounts) this.change({ amounts });
      await this.loadDirections();
    } catch (error) {
      this.#studio.fail(error);
    }
  }

  setAmount(name: string, amount: number): void {
    this.change({ amounts: { ...this.board.amounts, [name]: amount } }, `amount ${name}`);
  }

  /** The view of the open tab that can be exported and copied; null for none. */
  readonly shownView: { view: View; columns?: number } | null = $derived.by(() => {
    const { board } = this;
    switch (board.tab) {
      case 'path':
        return { view: pathView(board) };
      case 'plane':
        return { view: planeView(board), columns: board.columns };
      case 'directions':
        return { view: { kind: 'points', points: [movedSubject(board)] } };
      case 'around':
        return { view: { kind: 'points', points: [board.subject, ...variations(board)] }, columns: 9 };
      case 'map':
      case 'compare':
      case 'saved':
        return null;
    }
  });

  /** The command that draws what is seen; null while there is nothing. */
  readonly command: string | null = $derived.by(() => {
    if (!this.shownView || !this.look || this.runId === undefined) return null;
    const { view, columns } = this.shownView;
    const { checkpoint } = this.checkpoint.asked;
    return commandOfView(view, this.look, {
      run: this.runId,
      step: checkpoint,
      ...(columns !== undefined && { columns }),
    });
  });

  async export(as: 'grid' | 'gif' | 'webp'): Promise<void> {
    const { runId, look, shownView } = this;
    if (runId === undefined || !look || !shownView || this.working) return;
    const { bridge, notices, fail } = this.#studio;
    const { view, columns } = shownView;
    this.working = true;
    try {
      const written = await bridge.call('explore.export', {
        ...{ runId, ...this.checkpoint.asked, view, look: sent(look), as },
        ...(as === 'grid' && columns !== undefined && { columns }),
      });
      if (written) notices.done(`Written to ${written.path}.`, written.path);
    } catch (error) {
      fail(error);
    } finally {
      this.working = false;
    }
  }

  /** Keeps a point as its latent, by name: it stays what it is whatever becomes of its images. */
  async keepPoint(point: KeyPoint, name: string): Promise<boolean> {
    const { runId, look } = this;
    if (runId === undefined || !look) return false;
    const { bridge, pixels, fail } = this.#studio;
    try {
      const asked = { runId, ...this.checkpoint.asked, look: sent(look) };
      const { values, t } = await bridge.call('explore.latent', { ...asked, of: point });
      const picture = await pixels.request('explore.draw', {
        ...asked,
        view: { kind: 'points', points: [point] },
      });
      return await this.kept.keep({
        kind: 'point',
        name,
        runId,
        value: { kind: 'values', values, t },
        picture,
      });
    } catch (error) {
      fail(error);
      return false;
    }
  }

  /** Keeps the board as it is. */
  keepBoard(name: string): Promise<boolean> {
    const { runId = '' } = this;
    const picture = this.live.images ?? this.subject.images;
    return this.kept.keep({ kind: 'board', name, runId, value: structuredClone(this.history.now), picture });
  }

  openBoard(board: Board): void {
    this.change(board);
  }

  /** A point in words. */
  words(point: KeyPoint): string {
    return pointWords(point);
  }

  #all(): Pictures[] {
    const { points, live, film, times, corners, grid, subject, effects, varied, sums, near, children } = this;
    return [points, live, film, times, corners, grid, subject, effects, varied, sums, near, children];
  }

  #request(view: View): Request | null {
    const { runId, look } = this;
    if (runId === undefined || look === null) return null;
    return { runId, ...this.checkpoint.asked, view, look: sent(look) };
  }

  #ask(pictures: Pictures, view: View): void {
    const request = this.#request(view);
    if (request) pictures.show(request);
  }

  #askTimes(): void {
    const { board } = this;
    const [first, last] = [board.points[0], board.points.at(-1)];
    if (!first || !last || this.shownTimes.length < 2) return;
    const times = this.shownTimes.map((timeIndex) => ({ timeIndex }));
    const request = this.#request({ kind: 'times', points: [first, last], times });
    if (request) this.times.show({ ...request, look: { ...request.look, at: undefined } });
  }

  async #askNeighbours(): Promise<void> {
    const { runId, look, record } = this;
    if (runId === undefined || !look || !record) return;
    const asked = { runId, ...this.checkpoint.asked, of: this.board.subject, look: sent(look), count: 8 };
    const key = JSON.stringify(asked);
    if (key === this.#neighboursOf) return;
    this.#neighboursOf = key;
    try {
      const found = await this.#studio.bridge.call('explore.neighbours', asked);
      if (key !== this.#neighboursOf) return;
      this.neighbours = found;
      this.#ask(this.near, {
        kind: 'points',
        points: found.map(({ index }): KeyPoint => ({ kind: 'image', index })),
      });
    } catch (error) {
      this.#neighboursOf = '';
      this.#studio.fail(error);
    } finally {
      this.progress = null;
    }
  }

  /** The board with points that the run can have: without a data set, draws in place of its images. */
  #fitting(board: Board): Board {
    const count = this.record?.count ?? 0;
    let draws = 0;
    const fit = (point: KeyPoint): KeyPoint => {
      if (point.kind !== 'image') return point;
      if (count > 0) return point.index < count ? point : { kind: 'image', index: count - 1 };
      return DRAWS[draws++ % DRAWS.length] ?? point;
    };
    const list = (points: readonly KeyPoint[]): KeyPoint[] => {
      draws = 0;
      return points.map(fit);
    };
    const [subject, minus, plus] = list([board.subject, board.minus, board.plus]);
    return {
      ...board,
      points: list(board.points),
      corners: list(board.corners),
      subject: subject ?? board.subject,
      minus: minus ?? board.minus,
      plus: plus ?? board.plus,
    };
  }

  #remember(): void {
    this.#studio.settings.set('explore', { board: this.history.now });
  }
}

/** As the contract takes it. */
function sent({ again, ...look }: Look): Request['look'] {
  return { ...look, ...(again && { again: [...again] }) };
}
