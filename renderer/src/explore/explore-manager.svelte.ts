import * as v from 'valibot';
import type { KeyPoint, Look, View } from '../../../core/explore/view.ts';
import { framePositions, MAX_KEY_POINTS, partsOf, pointWords } from '../../../main/ipc/contract.ts';
import { broughtBy } from '../datasets/drop.ts';
import { DatasetSource } from '../images/source.ts';
import { CheckpointChoice } from '../library/checkpoint-choice.svelte.ts';
import type { DatasetEntry, RunEntry } from '../library/database.ts';
import { drawableRuns } from '../library/drawable.ts';
import { RunDrawing } from '../samples/drawing-info.svelte.ts';
import { firstPlace } from '../samples/options.ts';
import type { Studio } from '../studio.ts';
import { boardOf } from './restore-board.ts';
import {
  type Board,
  BoardSchema,
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
import {
  mapCommand,
  neighboursCommand,
  type SeenCommand,
  type SeenView,
  sidesCommand,
  viewCommand,
} from './commands.ts';
import { Compare } from './compare.svelte.ts';
import { type Make, RunDirections } from './directions.svelte.ts';
import { Breeding } from './breeding.svelte.ts';
import { generationNow, NO_FAMILY, parentsOf } from './family.ts';
import { History } from './history.svelte.ts';
import { MapView } from './map-view.svelte.ts';
import { type Canvas, canvasOf, paintedSubject } from './paint.ts';
import { BoardPictures } from './board-pictures.svelte.ts';
import type { Pictures, Request } from './pictures.svelte.ts';
import { Plane } from './plane.svelte.ts';
import { Player } from './player.svelte.ts';
import { type Made, seenViews, timesView } from './seen.ts';
import { pictureOf, Saved, sent } from './saved.svelte.ts';

/** A place on the board that holds a point. */
export type Slot =
  { of: 'points' | 'corners'; index: number } | { of: 'subject' | 'minus' | 'plus' | 'partner' };

/** Images that a run without a data set has to do with. */
const DRAWS: readonly KeyPoint[] = [0, 1, 2, 3].map((number) => ({ kind: 'seed', seed: 0, number }));

/** The board: what lies on it, what is shown of it, and what can be done with it. */
export class ExploreManager {
  readonly map: MapView;
  readonly compare: Compare;
  readonly history: History<Board>;
  readonly saved: Saved;
  readonly runDirections: RunDirections;
  readonly player = new Player();
  readonly checkpoint: CheckpointChoice;
  /** Place on the path, 0 … 1. */
  position = $state(0.5);
  /** Whether the large picture is enlarged smoothly instead of pixel by pixel. */
  smooth = $state(false);
  /** Where a point is being chosen for. */
  picking = $state.raw<Slot | null>(null);
  neighbours = $state.raw<readonly { index: number; distance: number }[]>([]);
  /** How far a data set is encoded; null while none is. */
  progress = $state.raw<{ done: number; total: number } | null>(null);
  exporting = $state(false);

  readonly plane: Plane;
  readonly breeding: Breeding;
  readonly pictures: BoardPictures;

  readonly #studio: Studio;
  readonly #drawing: RunDrawing;
  #neighboursOf = '';
  /** The tab that was open before that of what is saved. */
  #lastTab: Tab = 'path';

  constructor(studio: Studio) {
    const { bridge, fail, settings } = studio;
    this.#studio = studio;
    const remembered = v.safeParse(BoardSchema, settings.get('explore').board ?? {});
    this.history = new History(remembered.success ? remembered.output : USUAL_BOARD);
    this.saved = new Saved(studio, () => {
      const { run, look, info } = this;
      return run && look && info
        ? { run, look, checkpoint: this.checkpoint.asked, shape: info.latent }
        : null;
    });
    this.runDirections = new RunDirections(studio, () => this.runId);
    this.map = new MapView(studio);
    this.compare = new Compare(studio, () => this.run);
    this.#drawing = new RunDrawing(bridge, fail);
    this.checkpoint = new CheckpointChoice(studio, () => this.run);
    this.plane = new Plane(
      () => this.board.area,
      (area) => this.change({ area }, 'area'),
    );
    this.breeding = new Breeding({
      board: () => this.board,
      change: (family) => this.change({ family }),
      turn: (family) => {
        this.history.turn({ ...this.history.now, family });
        this.#remember();
      },
      latent: (point) => this.saved.latentOf(point),
      fail,
    });
    this.pictures = new BoardPictures(studio, (request) => this.#learns(request));
  }

  /** Whether the weights that a request is drawn with are changing, and are kept nowhere. */
  #learns({ runId, checkpoint }: Request): boolean {
    return checkpoint === undefined && this.#studio.training.trains(runId);
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

  readonly directions = $derived.by(() => this.runDirections.all);
  readonly working = $derived.by(() => this.exporting || this.runDirections.working);
  /** Positions and channels of the run's latents. */
  readonly canvas: Canvas | null = $derived.by(() => (this.info ? canvasOf(this.info.latent) : null));
  /** The picture with what is painted on it. */
  readonly painted: KeyPoint = $derived.by(() =>
    this.canvas ? paintedSubject(this.board, this.canvas) : this.board.subject,
  );

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
    if (tab !== 'saved') this.#lastTab = tab;
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
      this.change(slot.of === 'subject' ? { subject: point, family: NO_FAMILY } : { [slot.of]: point });
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

  /** A picture that was pasted: a file, or an image of the clipboard, which is kept as one. @returns whether there was any */
  putPasted(slot: Slot, data: DataTransfer | null): boolean {
    const { bridge, fail } = this.#studio;
    if (!data) return false;
    const { paths, images } = broughtBy(data, (file) => bridge.pathForFile(file));
    const [path] = paths;
    const [image] = images;
    if (path !== undefined) this.put(slot, { kind: 'file', file: path });
    else if (image) {
      void image
        .arrayBuffer()
        .then((buffer) => bridge.call('datasets.keepPasted', { bytes: new Uint8Array(buffer) }))
        .then((kept) => this.put(slot, { kind: 'file', file: kept.path }))
        .catch(fail);
    } else return false;
    return true;
  }

  /** Shows what the open tab shows; to be called when anything has changed. */
  show(): void {
    const { board } = this;
    if (this.#request({ kind: 'points', points: board.points }) === null || this.dead) return;
    switch (board.tab) {
      case 'path':
        this.#ask(this.pictures.points, { kind: 'points', points: board.points });
        this.#ask(this.pictures.live, pathView(board, [this.position]));
        this.#ask(this.pictures.film, pathView(board));
        this.#askTimes();
        break;
      case 'plane':
        if (this.#waitsForDirections) break;
        this.#ask(this.pictures.corners, {
          kind: 'points',
          points: board.free ? [board.subject] : board.corners,
        });
        this.#ask(this.pictures.live, planeView(board, [[this.plane.spot[0], this.plane.spot[1]]]));
        this.#ask(this.pictures.grid, planeView(board));
        break;
      case 'directions': {
        this.#ask(this.pictures.subject, { kind: 'points', points: [movedSubject(board)] });
        const effects = effectsView(board, this.#effectNames());
        if (effects) this.#ask(this.pictures.effects, effects);
        break;
      }
      case 'around':
        this.#ask(this.pictures.subject, { kind: 'points', points: [board.subject] });
        this.#ask(this.pictures.varied, { kind: 'points', points: variations(board) });
        this.#ask(this.pictures.sums, { kind: 'points', points: [board.minus, board.plus, sumOf(board)] });
        this.#askFamily();
        void this.#askNeighbours();
        break;
      case 'paint':
        this.#ask(this.pictures.painting, {
          kind: 'points',
          points: [board.subject, board.partner, this.painted],
        });
        break;
      case 'map':
      case 'saved':
        break;
      case 'compare':
        this.compare.show(this.comparedView, this.comparedLook && sent(this.comparedLook));
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

  /** As the look of the board, but that samples are drawn in one pass: at the largest t a draw's latent is its noise. */
  readonly comparedLook: Look | null = $derived.by(() => {
    const { look, info } = this;
    const top = info?.timeSteps.at(-1);
    return look && this.compare.what === 'seeds' && top !== undefined ? { ...look, at: { t: top } } : look;
  });

  /** Asks what the run can draw with, and its directions; to be called when the run has changed. */
  followRun(): void {
    this.#drawing.follow(this.runId);
    if (this.runId !== undefined) this.runDirections.follow();
  }

  /** Pictures of another run are not left standing; to be called when the run has changed. */
  forgetPictures(): (() => void) | undefined {
    if (this.runId === undefined) return undefined;
    return () => this.pictures.all.forEach((pictures) => pictures.clear());
  }

  /** While the run learns, its pictures change with it. Returns what ends the listening. */
  followTraining(): () => void {
    const ends = [
      this.#studio.bridge.on('training.samples', ({ runId }) => {
        if (runId !== this.runId || this.checkpoint.value !== 'newest') return;
        this.pictures.all.forEach((pictures) => pictures.renew());
        this.show();
      }),
      this.#studio.bridge.on('explore.progress', ({ runId, done, total }) => {
        if (runId === this.runId) this.progress = done < total ? { done, total } : null;
      }),
    ];
    return () => ends.forEach((end) => end());
  }

  /** Makes directions at the time of the board. */
  async makeDirections(make: Make, name: string): Promise<void> {
    const order = { name, make, ...(this.look?.at && { at: this.look.at }) };
    await this.runDirections.make(order, this.checkpoint.asked);
    this.progress = null;
  }

  async removeDirection(name: string): Promise<void> {
    if (!(await this.runDirections.remove(name))) return;
    const { [name]: _, ...amounts } = this.board.amounts;
    if (name in this.board.amounts) this.change({ amounts });
  }

  /** Keeps a direction, with what the picture becomes along it. */
  saveDirection(name: string): void {
    const row = this.directions.findIndex((direction) => direction.name === name);
    void this.saved.keepDirection(name, pictureOf(this.pictures.effects.images, 3 * row + 2));
  }

  setAmount(name: string, amount: number): void {
    this.change({ amounts: { ...this.board.amounts, [name]: amount } }, `amount ${name}`);
  }

  /** The parts of the open tab that views draw, the main one first. */
  readonly seenViews: readonly SeenView[] = $derived.by(() => seenViews(this.board, this.#made));

  /** What of the board's views is made beside it. */
  get #made(): Made {
    return {
      painted: this.painted,
      offspring: this.breeding.offspring,
      directions: this.#effectNames(),
      times: this.shownTimes,
    };
  }

  /** The view of the open tab that can be exported; null for none. */
  readonly shownView: SeenView | null = $derived.by(() => this.seenViews[0] ?? null);

  /** Whether there is a command: each is long to write, and wanted when somebody asks only. */
  readonly hasCommands: boolean = $derived.by(() => {
    if (!this.look || this.runId === undefined) return false;
    if (this.shownView !== null) return true;
    const { tab } = this.board;
    if (tab === 'around') return this.record !== null;
    return tab === 'compare' || (tab === 'map' && this.map.made !== null && this.map.madeOf !== null);
  });

  /** The commands that draw what is seen; none while there is nothing. */
  readonly commands: readonly SeenCommand[] = $derived.by(() => {
    const { look, runId: run, board } = this;
    if (!look || run === undefined) return [];
    const seen = { run, step: this.checkpoint.asked.checkpoint, look };
    const found = this.seenViews.map((view) => viewCommand(seen, view));
    if (board.tab === 'around' && this.record) found.push(neighboursCommand(seen, board.subject, 8));
    const { made } = this.map;
    if (board.tab === 'map' && made && this.map.madeOf) found.push(mapCommand(seen, this.map.madeOf));
    if (board.tab === 'compare') {
      const columns = this.compare.what === 'plane' ? board.columns : undefined;
      const compared = { ...seen, look: this.comparedLook ?? look };
      found.push(sidesCommand(compared, this.compare.steps, this.comparedView, columns));
    }
    return found;
  });

  /** Directions whose effects are shown. */
  #effectNames(): string[] {
    return this.directions.slice(0, 24).map(({ name }) => name);
  }

  async export(as: 'grid' | 'gif' | 'webp'): Promise<void> {
    const { runId, look, shownView } = this;
    if (runId === undefined || !look || !shownView || this.working) return;
    const { bridge, notices, fail } = this.#studio;
    const { view, columns } = shownView;
    this.exporting = true;
    try {
      const written = await bridge.call('explore.export', {
        ...{ runId, ...this.checkpoint.asked, view, look: sent(look), as },
        ...(as === 'grid' && columns !== undefined && { columns }),
      });
      if (written) notices.done(`Written to ${written.path}.`, written.path);
    } catch (error) {
      fail(error);
    } finally {
      this.exporting = false;
    }
  }

  /** Writes what is compared: below one another, or as a film. */
  async exportCompared(as: 'grid' | 'gif'): Promise<void> {
    const { comparedLook: look, board } = this;
    if (!look || this.working) return;
    const { bridge, notices, fail } = this.#studio;
    this.exporting = true;
    try {
      const rows = this.compare.rows.map(({ runId, step }) => ({ runId, step }));
      const columns = this.compare.what === 'plane' ? { columns: board.columns } : {};
      const asked = { rows, view: this.comparedView, look: sent(look), as, ...columns };
      const written = await bridge.call('explore.exportCompared', asked);
      if (written) notices.done(`Written to ${written.path}.`, written.path);
    } catch (error) {
      fail(error);
    } finally {
      this.exporting = false;
    }
  }

  /** Keeps the path that is walked. */
  savePath(name: string): Promise<boolean> {
    return this.saved.keepPath(
      pathView(this.board),
      name,
      this.pictures.live.images ?? this.pictures.film.images,
    );
  }

  /** Keeps the picture of the board, with what moves and paints it, as a latent. */
  saveLatent(name: string): Promise<boolean> {
    return this.saved.keepPoint(movedSubject({ ...this.board, subject: this.painted }), name);
  }

  /** Keeps the board as it is. */
  saveBoard(name: string): Promise<boolean> {
    const tab = this.board.tab === 'saved' ? this.#lastTab : this.board.tab;
    const picture =
      (tab === 'plane' ? this.pictures.grid.images : null) ??
      this.pictures.live.images ??
      this.pictures.subject.images;
    // Seen from the tab of what is saved, nothing is drawn.
    const [main] = seenViews({ ...this.board, tab }, this.#made);
    const seen = main
      ? { view: main.view, ...(main.columns !== undefined && { columns: main.columns }) }
      : null;
    return this.saved.keepBoard({ ...this.history.now, tab }, seen, name, picture);
  }

  /** Shows a saved path. */
  openPath(view: View, look: Look): void {
    this.change(boardOf(this.history.now, view, look));
  }

  openBoard(board: Board): void {
    this.change(board);
  }

  /** A point in words. */
  words(point: KeyPoint): string {
    return pointWords(point);
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
    const view = timesView(this.board, this.shownTimes);
    const request = view && this.#request(view);
    if (request) this.pictures.times.show({ ...request, look: { ...request.look, at: undefined } });
  }

  #askFamily(): void {
    const { family } = this.board;
    const generation = generationNow(family);
    if (generation === null) return;
    this.#ask(this.pictures.children, { kind: 'points', points: [...generation.children] });
    const parents = parentsOf(family, generation);
    if (parents.length > 0) this.#ask(this.pictures.parents, { kind: 'points', points: parents });
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
      this.#ask(this.pictures.near, {
        kind: 'points',
        points: found.map(({ index }): KeyPoint => ({ kind: 'image', index })),
      });
    } catch (error) {
      this.#neighboursOf = '';
      this.#studio.fail(error);
    } finally {
      // Not while a later question is under way.
      if (this.#neighboursOf === key || this.#neighboursOf === '') this.progress = null;
    }
  }

  /** The board with points that the run can have: without a data set, draws in place of its images. */
  #fitting(board: Board): Board {
    const count = this.record?.count ?? 0;
    let draws = 0;
    const size = this.info?.latent.reduce((product, side) => product * side, 1);
    /** Whether it is made of saved latents of another shape. */
    const isForeign = (point: KeyPoint): boolean =>
      point.kind === 'values'
        ? size !== undefined && point.values.length !== size
        : partsOf(point).some(isForeign);
    const fit = (asked: KeyPoint): KeyPoint => {
      const point: KeyPoint = isForeign(asked) ? { kind: 'image', index: 0 } : asked;
      if (point.kind !== 'image') return point;
      if (count > 0) return point.index < count ? point : { kind: 'image', index: count - 1 };
      return DRAWS[draws++ % DRAWS.length] ?? point;
    };
    const list = (points: readonly KeyPoint[]): KeyPoint[] => {
      draws = 0;
      return points.map(fit);
    };
    const [subject, minus, plus, partner] = list([board.subject, board.minus, board.plus, board.partner]);
    return {
      ...board,
      ...this.#fittingPlane(board),
      points: list(board.points),
      corners: list(board.corners),
      subject: subject ?? board.subject,
      minus: minus ?? board.minus,
      plus: plus ?? board.plus,
      partner: partner ?? board.partner,
    };
  }

  /** A free plane needs two directions that the run has; what is missing is the first ones. */
  #fittingPlane({ free, right, down }: Board): Pick<Board, 'free' | 'right' | 'down'> {
    const names = this.runDirections.all.map(({ name }) => name);
    const isKnown = (name: string): boolean => names.includes(name);
    const [first = '', second = first] = names;
    return {
      free: free && first !== '',
      right: isKnown(right) ? right : first,
      down: isKnown(down) ? down : second,
    };
  }

  /** Whether a free plane waits for the run's directions to be known. */
  get #waitsForDirections(): boolean {
    return this.history.now.free && !this.runDirections.loaded;
  }

  #remember(): void {
    this.#studio.settings.set('explore', { board: this.history.now });
  }
}
