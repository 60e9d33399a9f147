/** Files that say which run drew them bring that run, its view and its settings back. */
import * as v from 'valibot';
import type { Bridge } from '../bridge.ts';
import type { KeyPoint, Look, View } from '../../../core/explore/view.ts';
import { gridPlaces, MAX_DRAWN, USUAL_COUNTS } from '../../../main/ipc/contract.ts';
import type { Board } from '../explore/board.ts';
import { boardOf, withEnds } from '../explore/restore-board.ts';
import { formatCount } from '../format.ts';
import type { Library } from '../library/library.svelte.ts';
import type { Settings } from '../library/settings.svelte.ts';
import { PASSES } from '../samples/draw.ts';
import type { Notices } from '../shell/notices.svelte.ts';

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What the window can set again, whatever else a file says. */
const OriginSchema = v.object({
  kind: v.optional(v.string()),
  step: v.optional(whole),
  seed: v.optional(whole),
  count: v.optional(whole),
  passes: v.optional(whole),
  weights: v.optional(v.picklist(['ema', 'raw'])),
  prior: v.optional(v.literal('fitted')),
  temperature: v.optional(v.number()),
  laterTemperature: v.optional(v.number()),
  label: v.optional(whole),
  guidance: v.optional(v.number()),
  /** Indices of time steps between commas; other places are not in the window's choice. */
  reencodeAt: v.optional(v.string()),
  from: v.optional(whole),
  to: v.optional(whole),
  a: v.optional(whole),
  b: v.optional(whole),
  frames: v.optional(whole),
  at: v.optional(v.string()),
  /** Of a plane: images between commas. */
  corners: v.optional(v.string()),
  start: v.optional(whole),
  index: v.optional(whole),
});

/** What it sets back, and whom it asks. */
interface Parts {
  bridge: Bridge;
  library: Library;
  notices: Notices;
  settings: Settings;
}

export class Restored {
  /** Counts what was brought back: views are made anew then, since they read their settings when they begin. */
  times = $state(0);
  readonly #studio: Parts;

  constructor(studio: Parts) {
    this.#studio = studio;
  }

  /**
   * Brings back what drew a file.
   *
   * @param importIt imports the file's images after all
   * @returns false for a file that says nothing of a run
   */
  async bringBack(path: string, importIt: () => void): Promise<boolean> {
    const { bridge, library, notices, settings } = this.#studio;
    const found = await bridge.call('files.origin', { path });
    if (found === null) return false;
    const name = path.split(/[\\/]/).at(-1) ?? path;
    if (!found.here) {
      notices.error(
        `${name} was drawn by the run ${found.run}, which is not in this library; import that run on the Train page first.`,
      );
      notices.undoable('Its images can be imported as a data set.', { label: 'Import them', run: importIt });
      return true;
    }
    const origin = v.parse(OriginSchema, v.safeParse(OriginSchema, found.origin).success ? found.origin : {});
    const { kind, step } = origin;
    const run = library.run(found.run);
    settings.set('run', { id: found.run });
    const isNewest = step === undefined || run?.step === step;
    settings.set('drawFrom', { run: found.run, checkpoint: !isNewest && found.stepHere ? step : 'newest' });
    const view = found.view ?? viewOf(origin);
    if (kind === 'samples') this.#samples(origin);
    else if (view) this.#explore(boardOf(settings.get('explore').board, view.view, lookIn(view.look)));
    else if (kind === 'interpolation') this.#path(origin);
    else settings.set('navigation', { view: 'train' });
    this.times++;
    const gone =
      isNewest || found.stepHere || kind === 'film'
        ? ''
        : ` Its checkpoint of step ${formatCount(step)} is gone, so the newest draws instead.`;
    notices.undoable(`${name} was drawn by “${run?.name ?? found.run}”, whose settings are back.${gone}`, {
      label: 'Import its images instead',
      run: importIt,
    });
    return true;
  }

  #samples(origin: Origin): void {
    const { settings } = this.#studio;
    const { seed = 0, count, passes, weights = 'ema', label = null, guidance = 1 } = origin;
    const { prior = 'normal', temperature = 1, laterTemperature = 1 } = origin;
    settings.set('samples', {
      ...{ seed, weights, prior, temperature, laterTemperature, label, guidance },
      ...(count !== undefined && { count: Math.min(MAX_DRAWN, Math.max(1, count)) }),
      passes: PASSES.find((choice) => choice === passes) ?? 1,
      places: (origin.reencodeAt ?? '').split(',').filter(Boolean).map(placeOf),
    });
    settings.set('navigation', { view: 'samples' });
  }

  #path({ from, to, a, b, frames, at }: Origin): void {
    const { settings } = this.#studio;
    const board = withEnds(settings.get('explore').board, from ?? a ?? 0, to ?? b ?? 1);
    this.#explore({
      ...board,
      ...(frames !== undefined && { frames: Math.min(120, Math.max(2, frames)) }),
      place: at === undefined ? null : placeOf(at),
    });
  }

  #explore(board: Board): void {
    this.#studio.settings.set('explore', { board });
    this.#studio.settings.set('navigation', { view: 'explore' });
  }
}

type Origin = v.InferOutput<typeof OriginSchema>;

/** The view that shows what an export has drawn between images of the data set, or made of one; null for anything else. */
function viewOf({
  kind,
  corners = '',
  frames,
  start = 0,
  index,
  at,
}: Origin): { view: View; look: Look } | null {
  const place = at === undefined ? null : placeOf(at.split(',')[0] ?? '');
  const look: Look = place === null ? {} : { at: { timeIndex: place } };
  const image = (index: number): KeyPoint => ({ kind: 'image', index });
  if (kind === 'reconstructions') {
    return { view: { kind: 'points', points: [image(index ?? start)] }, look };
  }
  const indices = corners.split(',').map(Number);
  const isPlane = kind === 'plane' && [3, 4].includes(indices.length) && indices.every(isIndex);
  if (!isPlane) return null;
  const side = Math.max(2, Math.round(Math.sqrt(frames ?? USUAL_COUNTS.plane)));
  const places = gridPlaces(side, side);
  return { view: { kind: 'plane', corners: indices.map(image), plane: 'spherical', places }, look };
}

function isIndex(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

/** As the board reads it: without keys that are undefined. */
function lookIn({ at, space, again }: { [K in 'at' | 'space' | 'again']?: Look[K] | undefined }): Look {
  return { ...(at && { at }), ...(space && { space }), ...(again && { again }) };
}

/** Index of a time step; null for a time, which stands for the middle. */
function placeOf(text: string): number | null {
  return /^\d+$/.test(text) ? Number(text) : null;
}
