/** Charts that compare runs: curves over training, the error over t, the spread of samples. */
import { blocksOf, curveAxes } from '../../export/chart/curve.ts';
import { chart, CHART_HEIGHT, CHART_WIDTH, FAINT } from '../../export/chart/look.ts';
import type { Plot } from '../recipe.ts';
import { passesText, type RunResult } from '../results.ts';
import { type Chart, timeAxis } from './chart.ts';

type Curve = Extract<Plot, { kind: 'curve' }>;

const METRIC_TITLES: Record<Curve['metric'], string> = {
  loss: 'Loss (weighted)',
  recLoss: 'Reconstruction loss (unweighted)',
  denoiserLoss: 'Loss of the average decoder (unweighted)',
  klLoss: 'KL divergence (unweighted)',
  klTop: 'KL divergence of the first level of latents (unweighted)',
  klLower: 'KL divergence of the second level of latents (unweighted)',
  gradNorm: 'Gradient norm',
};

/** Colour by arm; without a legend where there is only one. */
function armColour(results: readonly RunResult[]): object {
  const domain = [...new Set(results.map(({ label }) => label))];
  return {
    field: 'label',
    type: 'nominal',
    scale: { domain, scheme: 'tableau10' },
    legend: domain.length > 1 ? { title: null, orient: 'bottom', columns: 2 } : null,
  };
}

/** The same colour may stand for several runs, told apart by their seed. */
const runKey = ({ arm, seed }: RunResult): string => `${arm} ${seed}`;

export function curve(metric: Curve['metric'], results: readonly RunResult[]): Chart[] {
  const how = metric === 'gradNorm' ? 'largest' : 'mean';
  const ofRuns = results.map((result) => ({
    result,
    points: blocksOf(
      result.metrics.map((line) => ({ step: line.step, value: line[metric] ?? null })),
      how,
    ),
  }));
  const values = ofRuns.flatMap(({ result, points }) =>
    points.map((point) => ({ ...point, run: runKey(result), label: result.label })),
  );
  if (values.length === 0) return [];
  const ends = ofRuns.flatMap(({ result, points }) => {
    const last = points.at(-1);
    return result.end === 'diverged' && last ? [{ ...last, label: result.label }] : [];
  });
  const title = METRIC_TITLES[metric];
  const { x, y } = curveAxes(title);
  const colour = armColour(results);
  const diverged = ends.length > 0 ? '; a cross where a run diverged' : '';
  return [
    {
      file: `curve-${metric}`,
      title,
      spec: chart({
        title: {
          text: `${title} over training`,
          subtitle: `${how} of neighbouring logged steps, a line a run${diverged}`,
        },
        width: CHART_WIDTH,
        height: CHART_HEIGHT,
        layer: [
          {
            data: { values },
            mark: { type: 'line', strokeWidth: 1.4, opacity: 0.85 },
            encoding: { x, y, color: colour, detail: { field: 'run' } },
          },
          ...(ends.length > 0
            ? [
                {
                  data: { values: ends },
                  mark: { type: 'point', shape: 'cross', size: 140, filled: true, angle: 45 },
                  encoding: { x, y, color: colour },
                },
              ]
            : []),
        ],
      }),
    },
  ];
}

export function reconstructionError(results: readonly RunResult[]): Chart[] {
  const values = results.flatMap((result) =>
    result.reconstruction.map(({ t, mean }) => ({
      t,
      error: mean,
      run: runKey(result),
      label: result.label,
    })),
  );
  if (values.length === 0) return [];
  return [
    {
      file: 'reconstruction-error',
      title: 'Reconstruction error over t',
      spec: chart({
        title: {
          text: 'Reconstruction error over t',
          subtitle: 'mean squared difference of pixels between 0 and 1, a line a run',
        },
        width: CHART_WIDTH,
        height: CHART_HEIGHT,
        data: { values },
        mark: { type: 'line', point: { size: 28, filled: true }, strokeWidth: 1.4, opacity: 0.85 },
        encoding: {
          x: timeAxis(values),
          y: {
            field: 'error',
            type: 'quantitative',
            title: 'mean squared error',
            scale: { type: 'log', nice: false },
          },
          color: armColour(results),
          detail: { field: 'run' },
        },
      }),
    },
  ];
}

export function spread(results: readonly RunResult[]): Chart[] {
  const values = results.flatMap((result) =>
    result.spread.map(({ passes, ratio }) => ({
      ratio,
      passes: passesText(passes),
      label: result.label,
      seed: result.seed,
    })),
  );
  if (values.length === 0) return [];
  return [
    {
      file: 'spread',
      title: 'Spread of samples',
      spec: chart({
        title: {
          text: 'Spread of samples',
          subtitle:
            'mean distance between two samples over that between two images, a point a run; line: as the data',
        },
        width: CHART_WIDTH,
        height: 60 + 44 * new Set(values.map(({ label }) => label)).size,
        layer: [
          {
            data: { values: [{ ratio: 1 }] },
            mark: { type: 'rule', strokeDash: [4, 3], color: FAINT },
            encoding: { x: { field: 'ratio', type: 'quantitative' } },
          },
          {
            data: { values },
            mark: { type: 'point', filled: true, size: 70, opacity: 0.8 },
            encoding: {
              x: { field: 'ratio', type: 'quantitative', title: 'ratio', scale: { zero: true } },
              y: { field: 'label', type: 'nominal', title: null, sort: null, axis: { labelLimit: 240 } },
              yOffset: { field: 'passes', type: 'nominal' },
              color: {
                field: 'passes',
                type: 'nominal',
                legend: { title: null, orient: 'bottom' },
                // Not the arms' colours.
                scale: { scheme: 'dark2' },
              },
            },
          },
        ],
      }),
    },
  ];
}
