import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cellAt,
  cellPosition,
  fitGrid,
  layoutGrid,
  moveInGrid,
  scrollToCell,
  visibleRange,
} from './virtual-grid.ts';

const layouts = fc
  .record({
    count: fc.integer({ min: 0, max: 60_000 }),
    width: fc.integer({ min: 1, max: 2_000 }),
    minimum: fc.integer({ min: 8, max: 256 }),
    gap: fc.integer({ min: 0, max: 8 }),
  })
  .map(({ count, width, minimum, gap }) => ({
    layout: layoutGrid(count, width, minimum, gap),
    width,
    minimum,
  }));

describe('layoutGrid', () => {
  it('fills the width without leaving it, with cells no smaller than asked where there is room', () => {
    fc.assert(
      fc.property(layouts, ({ layout, width, minimum }) => {
        const used = layout.columns * (layout.cell + layout.gap) - layout.gap;
        expect(used).toBeLessThanOrEqual(width);
        if (width >= minimum) expect(layout.cell).toBeGreaterThanOrEqual(minimum);
        expect(layout.rows * layout.columns).toBeGreaterThanOrEqual(layout.count);
      }),
    );
  });

  it('has no height without images', () => {
    expect(layoutGrid(0, 500, 50, 2)).toMatchObject({ rows: 0, height: 0 });
  });
});

describe('cells', () => {
  it('are found where they are placed', () => {
    fc.assert(
      fc.property(layouts, fc.nat(), ({ layout }, number) => {
        fc.pre(layout.count > 0);
        const index = number % layout.count;
        const { x, y } = cellPosition(layout, index);
        expect(cellAt(layout, x, y)).toBe(index);
        expect(cellAt(layout, x + layout.cell - 1, y + layout.cell - 1)).toBe(index);
      }),
    );
  });

  it('are not found between and behind', () => {
    const layout = layoutGrid(5, 106, 50, 6);
    expect(layout).toMatchObject({ columns: 2, cell: 50 });
    expect(cellAt(layout, 52, 10)).toBeNull();
    expect(cellAt(layout, 60, 120)).toBeNull();
    expect(cellAt(layout, -1, 0)).toBeNull();
    expect(cellAt(layout, 200, 0)).toBeNull();
  });

  it('are within the visible range exactly when they touch the window', () => {
    fc.assert(
      fc.property(
        layouts,
        fc.nat(5_000),
        fc.integer({ min: 1, max: 1_500 }),
        ({ layout }, scrollTop, height) => {
          const { start, end } = visibleRange(layout, scrollTop, height);
          for (const index of [start - 1, start, end - 1, end]) {
            if (index < 0 || index >= layout.count) continue;
            const { y } = cellPosition(layout, index);
            const touches = y + layout.cell + layout.gap > scrollTop && y < scrollTop + height;
            expect(index >= start && index < end).toBe(touches);
          }
        },
      ),
    );
  });

  it('are scrolled into the window, and not further than needed', () => {
    const layout = layoutGrid(1_000, 520, 50, 2);
    expect(scrollToCell(layout, 0, 300, 400)).toBe(0);
    expect(scrollToCell(layout, 12, 0, 400)).toBe(0);
    const { y } = cellPosition(layout, 500);
    expect(scrollToCell(layout, 500, 0, 400)).toBe(y + layout.cell - 400);
  });
});

describe('moveInGrid', () => {
  const layout = layoutGrid(23, 520, 50, 2);
  it.each([
    ['ArrowRight', 22, 22],
    ['ArrowRight', 9, 10],
    ['ArrowLeft', 0, 0],
    ['ArrowDown', 5, 15],
    ['ArrowDown', 15, 15],
    ['ArrowUp', 15, 5],
    ['ArrowUp', 5, 5],
    ['PageDown', 0, 20],
    ['PageDown', 20, 22],
    ['PageUp', 22, 2],
    ['Home', 22, 0],
    ['End', 0, 22],
  ])('%s from %d leads to %d', (key, from, to) => {
    expect(layout.columns).toBe(10);
    expect(moveInGrid(layout, from, key, 110)).toBe(to);
  });

  it('leaves other keys alone, and an empty grid', () => {
    expect(moveInGrid(layout, 3, 'a', 100)).toBeNull();
    expect(moveInGrid(layoutGrid(0, 500, 50, 2), 0, 'End', 100)).toBeNull();
  });
});

describe('fitGrid', () => {
  it('shows every cell at once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 256 }),
        fc.integer({ min: 300, max: 2_000 }),
        fc.integer({ min: 300, max: 1_200 }),
        (count, width, height) => {
          const layout = fitGrid(count, width, height, 2);
          expect(layout.height).toBeLessThanOrEqual(height);
          expect(layout.columns * (layout.cell + 2) - 2).toBeLessThanOrEqual(width);
          expect(layout.rows * layout.columns).toBeGreaterThanOrEqual(count);
          expect(layout.cell).toBeGreaterThan(8);
        },
      ),
    );
  });

  it('prefers full rows to slightly larger cells', () => {
    expect(fitGrid(64, 700, 700, 2)).toMatchObject({ columns: 8, rows: 8 });
    expect(fitGrid(5, 310, 140, 0)).toMatchObject({ columns: 5, cell: 62 });
    expect(fitGrid(5, 280, 140, 0)).toMatchObject({ columns: 3, cell: 70 });
  });
});
