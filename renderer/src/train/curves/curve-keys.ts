/** How a curve that has the focus is read with the keyboard. */

/** Points that Page Up and Page Down go over. */
const PAGE = 10;

/** What the keys do, for a curve's description. */
export const CURVE_KEYS = 'Arrow keys move along it.';

/**
 * The point that a key goes to.
 *
 * @param count points that are drawn
 * @param at the one that is read now; null when none is, as at first: reading begins at the end
 * @returns null when the key goes nowhere
 */
export function pointAfter(key: string, count: number, at: number | null): number | null {
  if (count === 0) return null;
  const last = count - 1;
  const from = at ?? last;
  const to = {
    ArrowLeft: at === null ? last : from - 1,
    ArrowRight: at === null ? last : from + 1,
    PageUp: from - PAGE,
    PageDown: from + PAGE,
    Home: 0,
    End: last,
  }[key];
  return to === undefined ? null : Math.min(last, Math.max(0, to));
}
