/** What a training draws of its model while it learns; apart from the files, so that the window can know it. */

/**
 * Samples in one or two passes, and reconstructions: a row of images, then one for each of some times t with what the model
 * makes of them there.
 */
export const GRID_KINDS = ['passes-1', 'passes-2', 'reconstructions'] as const;
export type GridKind = (typeof GRID_KINDS)[number];

/** Images of a row in a grid of that kind. */
export const GRID_COLUMNS: Record<GridKind, number> = { 'passes-1': 8, 'passes-2': 8, reconstructions: 8 };

/** A picture of a run. */
export interface GridFile {
  step: number;
  kind: GridKind;
}
