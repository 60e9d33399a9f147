import type uPlot from 'uplot';
import { logarithmicScale, logarithmicSplits, type PlotOptions } from '../plot.ts';
import type { CurveView } from './curve-view.svelte.ts';

type Frame = Pick<PlotOptions, 'padding' | 'legend'> & {
  cursor: uPlot.Cursor;
  scales: uPlot.Scales;
  axes: uPlot.Axis[];
};

/** What all plots of curves over one view have: its axes and scales, one crosshair, and zoom by dragging. */
export function curveFrame(view: CurveView, axis: uPlot.Axis): Frame {
  return {
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: view.key, scales: ['x', null] },
      drag: { x: true, y: false, setScale: false, dist: 4 },
      y: false,
      bind: {
        dblclick: () => () => {
          view.zoom(null);
          return null;
        },
      },
    },
    scales: {
      x: {
        time: false,
        range: (_self: uPlot, min: number, max: number): [number, number] => {
          if (view.range) return [...view.range] as [number, number];
          return max > min ? [min, max] : [min - 1, max + 1];
        },
      },
      y: view.logarithmic ? logarithmicScale((_self, min, max) => [min / 1.15, max * 1.15]) : {},
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 48,
        values: (_self: uPlot, values: number[]) => values.map((value) => view.tick(value)),
      },
      { ...axis, size: 46, space: 26, ...(view.logarithmic ? logarithmicSplits : {}) },
    ],
  };
}

/** Zooms into what was selected by dragging: for uPlot's `setSelect`. */
export function zoomToSelection(view: CurveView): (self: uPlot) => void {
  return (self) => {
    const { left, width } = self.select;
    if (width < 4) return;
    view.zoom([self.posToVal(left, 'x'), self.posToVal(left + width, 'x')]);
    self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  };
}
