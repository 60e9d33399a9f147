/** The step that a run's page looks at: curves, samples, reconstructions and measurements over t show the same one. */
export class Playhead {
  /** Step that someone chose; null follows the newest. */
  chosen = $state<number | null>(null);
  /** Step under the pointer, on any of the curves; null when it is elsewhere. */
  hovered = $state<number | null>(null);
  /** The step that is looked at; null: the newest. */
  readonly step = $derived(this.hovered ?? this.chosen);
}

/**
 * The one of rising steps that is shown at a step: the last that is not after it, or the first; −1 where there is none.
 *
 * @param step null for the newest
 */
export function shownAt(steps: readonly number[], step: number | null): number {
  if (step === null) return steps.length - 1;
  const found = steps.findLastIndex((each) => each <= step);
  return found < 0 ? Math.min(0, steps.length - 1) : found;
}
