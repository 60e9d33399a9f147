import type { CallResult, PixelResult } from '../../../main/ipc/contract.ts';
import type { Bridge, PixelClient } from '../bridge.ts';
import { Latest } from '../latest.ts';
import { type Playhead, shownAt } from './playhead.svelte.ts';

export type GridFile = CallResult<'runs.grids'>[number];
export type Picture = PixelResult<'run.grid'>;

/** Pictures kept in memory, so that going to and fro asks for none twice. */
const KEPT = 240;
/** Pictures a second of the film. */
export const RATE = 8;

const keyOf = ({ step, kind }: GridFile): string => `${kind} ${step}`;

/**
 * The pictures that a training drew over its course, read from its run's folder and then followed live: of the kind that is
 * chosen the one at the playhead's step.
 */
export class Film {
  grids = $state.raw<readonly GridFile[]>([]);
  known = $state(false);
  kind = $state<GridFile['kind']>('passes-1');
  /** What is shown: the picture that was asked for last, as soon as it is there. */
  shown = $state.raw<(Picture & GridFile) | null>(null);
  playing = $state(false);

  readonly #bridge: Bridge;
  readonly #pixels: PixelClient;
  readonly #runId: string;
  readonly #playhead: Playhead;
  readonly #failed: (error: unknown) => void;
  /** The longest unused first. */
  readonly #pictures = new Map<string, Picture>();
  readonly #fetch: Latest<GridFile>;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    bridge: Bridge,
    pixels: PixelClient,
    runId: string,
    playhead: Playhead,
    failed: (error: unknown) => void,
  ) {
    this.#bridge = bridge;
    this.#pixels = pixels;
    this.#runId = runId;
    this.#playhead = playhead;
    this.#failed = failed;
    this.#fetch = new Latest((grid, signal) => this.#show(grid, signal), failed);
  }

  /** Kinds of which there are pictures. */
  readonly kinds = $derived([...new Set(this.grids.map(({ kind }) => kind))]);
  /** Those of the chosen kind, by rising step. */
  readonly frames = $derived(this.grids.filter(({ kind }) => kind === this.kind));
  readonly steps = $derived(this.frames.map(({ step }) => step));
  /** Place of the picture at the playhead; −1 where there is none. */
  readonly at = $derived.by(() => shownAt(this.steps, this.#playhead.step));
  readonly wanted = $derived(this.frames[this.at] ?? null);

  /** Reads and follows the run until the returned function is called. */
  follow(): () => void {
    let gone = false;
    let early: GridFile[] | null = [];
    const end = this.#bridge.on('training.grid', ({ runId, ...grid }) => {
      if (runId !== this.#runId) return;
      if (early) early.push(grid);
      else this.grids = withGrid(this.grids, grid);
      // Drawn anew after the run went back.
      this.#pictures.delete(keyOf(grid));
    });
    this.#bridge
      .call('runs.grids', { runId: this.#runId })
      .then((grids) => {
        if (!gone) this.grids = (early ?? []).reduce<readonly GridFile[]>(withGrid, grids);
      })
      .catch((error: unknown) => {
        if (!gone) this.#failed(error);
      })
      .finally(() => {
        early = null;
        this.known = true;
      });
    return () => {
      gone = true;
      this.stop();
      this.#fetch.clear();
      end();
    };
  }

  /** Asks for the picture that is wanted; to be called when that has changed. */
  fetch(): void {
    const { wanted } = this;
    if (wanted === null) return;
    const known = this.#pictures.get(keyOf(wanted));
    if (known) this.shown = { ...known, ...wanted };
    else this.#fetch.request(wanted);
  }

  choose(kind: GridFile['kind']): void {
    this.kind = kind;
  }

  /** Goes to a picture; the newest is followed. */
  goTo(index: number): void {
    const last = this.steps.length - 1;
    this.#playhead.chosen = index >= last ? null : (this.steps[Math.max(0, index)] ?? null);
  }

  /** Shows all of them one after the other, from the first on where the last is shown. */
  play(): void {
    if (this.playing || this.steps.length < 2) return;
    this.playing = true;
    let index = this.at >= this.steps.length - 1 ? 0 : this.at;
    this.goTo(index);
    this.#timer = setInterval(() => {
      index++;
      this.goTo(index);
      if (index >= this.steps.length - 1) this.stop();
    }, 1000 / RATE);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.playing = false;
  }

  async #show(grid: GridFile, signal: AbortSignal): Promise<void> {
    const picture = await this.#pixels.request('run.grid', { runId: this.#runId, ...grid }, { signal });
    this.#pictures.set(keyOf(grid), picture);
    const [oldest] = this.#pictures.keys();
    if (this.#pictures.size > KEPT && oldest !== undefined) this.#pictures.delete(oldest);
    this.shown = { ...picture, ...grid };
  }
}

/** The list with a picture in it; what was drawn after it before belongs to weights that are gone. */
function withGrid(grids: readonly GridFile[], grid: GridFile): readonly GridFile[] {
  const before = grids.filter(
    ({ step, kind }) => step < grid.step || (step === grid.step && kind !== grid.kind),
  );
  return [...before, grid];
}
