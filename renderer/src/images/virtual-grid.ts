/** Arithmetic of a grid of equal square cells of which only a window is drawn. All lengths in CSS pixels. */
export interface GridLayout {
  count: number;
  columns: number;
  rows: number;
  /** Side of a cell and distance between two. */
  cell: number;
  gap: number;
  /** Height of the whole grid. */
  height: number;
}

/**
 * Fits as many columns of at least `minimum` as `width` allows and widens them to fill it.
 *
 * @param group a row has a multiple of so many columns
 */
export function layoutGrid(
  count: number,
  width: number,
  minimum: number,
  gap: number,
  group = 1,
): GridLayout {
  const fitting = Math.max(1, Math.floor((width + gap) / (minimum + gap)));
  const columns = Math.max(group, fitting - (fitting % group));
  const cell = Math.max(1, Math.floor((width - (columns - 1) * gap) / columns));
  const rows = Math.ceil(count / columns);
  return { count, columns, rows, cell, gap, height: rows === 0 ? 0 : rows * (cell + gap) - gap };
}

/**
 * A grid that fits whole into `width` × `height`, with cells as large as can be; a full last row is worth cells an
 * eighth smaller.
 */
export function fitGrid(count: number, width: number, height: number, gap: number): GridLayout {
  let best = layoutColumns(count, 1, width, gap);
  let bestScore = 0;
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const cell = Math.floor(
      Math.min((width - (columns - 1) * gap) / columns, (height - (rows - 1) * gap) / Math.max(1, rows)),
    );
    const score = count % columns === 0 ? cell * 1.15 : cell;
    if (cell >= 1 && score > bestScore) {
      bestScore = score;
      best = { ...layoutColumns(count, columns, width, gap), cell, height: rows * (cell + gap) - gap };
    }
  }
  return best;
}

function layoutColumns(count: number, columns: number, width: number, gap: number): GridLayout {
  const cell = Math.max(1, Math.floor((width - (columns - 1) * gap) / columns));
  const rows = Math.ceil(count / columns);
  return { count, columns, rows, cell, gap, height: Math.max(0, rows * (cell + gap) - gap) };
}

/** Indices `start` … `end − 1` of the cells that touch the window. */
export function visibleRange(
  layout: GridLayout,
  scrollTop: number,
  viewportHeight: number,
): { start: number; end: number } {
  const pitch = layout.cell + layout.gap;
  const firstRow = Math.max(0, Math.floor(scrollTop / pitch));
  const lastRow = Math.ceil((scrollTop + viewportHeight) / pitch);
  return {
    start: Math.min(layout.count, firstRow * layout.columns),
    end: Math.min(layout.count, Math.max(0, lastRow) * layout.columns),
  };
}

/** Left upper corner of a cell within the whole grid. */
export function cellPosition(layout: GridLayout, index: number): { x: number; y: number } {
  const pitch = layout.cell + layout.gap;
  return { x: (index % layout.columns) * pitch, y: Math.floor(index / layout.columns) * pitch };
}

/** The cell at a point of the whole grid; null between cells and beyond the last. */
export function cellAt(layout: GridLayout, x: number, y: number): number | null {
  const pitch = layout.cell + layout.gap;
  const column = Math.floor(x / pitch);
  const row = Math.floor(y / pitch);
  if (x < 0 || y < 0 || column >= layout.columns) return null;
  if (x - column * pitch >= layout.cell || y - row * pitch >= layout.cell) return null;
  const index = row * layout.columns + column;
  return index < layout.count ? index : null;
}

/** Where a key leads from a cell; null when the key does not move. */
export function moveInGrid(
  layout: GridLayout,
  index: number,
  key: string,
  viewportHeight: number,
): number | null {
  const last = layout.count - 1;
  if (last < 0) return null;
  const page = Math.max(1, Math.floor(viewportHeight / (layout.cell + layout.gap))) * layout.columns;
  const within = (target: number, otherwise: number) => (target < 0 || target > last ? otherwise : target);
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, index - 1);
    case 'ArrowRight':
      return Math.min(last, index + 1);
    case 'ArrowUp':
      return within(index - layout.columns, index);
    case 'ArrowDown':
      return within(index + layout.columns, index);
    case 'PageUp':
      return within(index - page, index % layout.columns);
    case 'PageDown':
      return within(index + page, last);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

/** The scroll position nearest to the present one at which a cell is wholly in the window. */
export function scrollToCell(
  layout: GridLayout,
  index: number,
  scrollTop: number,
  viewportHeight: number,
): number {
  const { y } = cellPosition(layout, index);
  if (y < scrollTop) return y;
  if (y + layout.cell > scrollTop + viewportHeight) return y + layout.cell - viewportHeight;
  return scrollTop;
}
