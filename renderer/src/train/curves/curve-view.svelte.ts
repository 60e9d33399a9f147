import { CURVE_AXES, type CurveAxis } from '../../../../main/ipc/contract.ts';
import { formatDuration } from '../../format.ts';
import type { Settings } from '../../library/settings.svelte.ts';
import type { Playhead } from '../playhead.svelte.ts';
import { compact } from '../plot.ts';

/** How the curves of a page are looked at, all alike: axis, range, scale, average, and the step under the pointer. */
export class CurveView {
  /** Part of the axis that is shown; null for all of it. */
  range = $state.raw<readonly [number, number] | null>(null);
  /** Charts of one key have their crosshair at one place. */
  readonly key: string;
  readonly playhead: Playhead;
  readonly #settings: Settings;

  constructor(settings: Settings, playhead: Playhead, key: string) {
    this.#settings = settings;
    this.playhead = playhead;
    this.key = key;
  }

  readonly #chosen = $derived.by(() => this.#settings.get('charts'));
  readonly axis: CurveAxis = $derived(this.#chosen.axis);
  readonly logarithmic = $derived(this.#chosen.logarithmic);
  readonly smoothing = $derived(this.#chosen.smoothing);
  readonly axisTitle = $derived(CURVE_AXES[this.axis].title);

  /** A number on the horizontal axis. */
  tick(value: number): string {
    return this.axis === 'time' ? (value === 0 ? '0' : formatDuration(value)) : compact(value);
  }

  setAxis(axis: CurveAxis): void {
    this.range = null;
    this.#settings.set('charts', { axis });
  }

  setLogarithmic(logarithmic: boolean): void {
    this.#settings.set('charts', { logarithmic });
  }

  setSmoothing(smoothing: number): void {
    this.#settings.set('charts', { smoothing });
  }

  zoom(range: readonly [number, number] | null): void {
    this.range = range;
  }

  point(step: number | null): void {
    this.playhead.hovered = step;
  }

  choose(step: number | null): void {
    this.playhead.chosen = step;
  }
}
