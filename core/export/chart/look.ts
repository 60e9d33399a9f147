/** What all charts share. */
import type { TopLevelSpec } from 'vega-lite';

/** Size of a chart's plot, in pixels. */
export const CHART_WIDTH = 640;
export const CHART_HEIGHT = 340;
/** Colour of what is only there for comparison. */
export const FAINT = '#9aa2ad';

/** A Vega-Lite specification with the look of all charts. Generic fonts only: it is drawn wherever it is looked at. */
export function chart(spec: object): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 12,
    config: {
      font: 'sans-serif',
      view: { stroke: null },
      title: { fontSize: 15, subtitleFontSize: 12, subtitleColor: '#5b6470', anchor: 'start', offset: 12 },
      axis: {
        labelFontSize: 11,
        titleFontSize: 12,
        titleFontWeight: 'normal',
        gridColor: '#e6e8eb',
        tickCount: 6,
      },
      legend: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', labelLimit: 260 },
    },
    ...spec,
  } as TopLevelSpec;
}
