/** The plots of a report, as Vega-Lite specifications. */
import type { TopLevelSpec } from 'vega-lite';
import type { MetricsLine } from '../run/manifest.ts';
import type { LatentStudy } from './latents.ts';
import type { Plot } from './recipe.ts';
import { passesText, type RunResult } from './results.ts';

/** A plot and the name of its file, without the ending. */
export interface Chart {
  file: string;
  title: string;
  spec: TopLevelSpec;
}

type Curve = Extract<Plot, { kind: 'curve' }>;
type Method = Extract<Plot, { kind: 'trajectories' }>['method'];

const WIDTH = 640;
const HEIGHT = 340;
/** Points of a curve: more cannot be told apart at this width. */
const MAX_CURVE_POINTS = 120;
const FAINT = '#9aa2ad';

const METRIC_TITLES: Record<Curve['metric'], string> = {
  loss: 'Loss (weighted)',
  recLoss: 'Reconstruction loss (unweighted)',
  denoiserLoss: 'Loss of the average decoder (unweighted)',
  klLoss: 'KL divergence (unweighted)',
  gradNorm: 'Gradient norm',
};

const METHOD_TITLES: Record<Method, string> = { pca: 'principal components', tsne: 't-SNE' };

/** The charts of a plot; none where its measurement gave nothing (no labels, a diverged run that cannot draw). */
export function chartsOf(plot: Plot, results: readonly RunResult[]): Chart[] {
  switch (plot.kind) {
    case 'curve':
      return curve(plot.metric, results);
    case 'reconstruction-error':
      return reconstructionError(results);
    case 'spread':
      return spread(results);
    case 'latent-map':
    case 'trajectories':
    case 'latents-over-t':
      return results.flatMap((result) => {
        if (result.latents === null) return [];
        const about = {
          study: result.latents,
          run: `${result.arm}-seed${result.seed}`,
          many: results.length > 1,
          result,
        };
        if (plot.kind === 'latent-map') return latentMap(about, plot.method, plot.colour);
        return plot.kind === 'trajectories' ? trajectories(about, plot.method) : latentsOverTime(about);
      });
  }
}

/** What all charts share. Generic fonts only: the file is drawn wherever it is looked at. */
function chart(spec: object): TopLevelSpec {
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

function curve(metric: Curve['metric'], results: readonly RunResult[]): Chart[] {
  const ofRuns = results.map((result) => ({ result, points: blocks(result.metrics, metric) }));
  const values = ofRuns.flatMap(({ result, points }) =>
    points.map((point) => ({ ...point, run: runKey(result), label: result.label })),
  );
  if (values.length === 0) return [];
  const ends = ofRuns.flatMap(({ result, points }) => {
    const last = points.at(-1);
    return result.end === 'diverged' && last ? [{ ...last, label: result.label }] : [];
  });
  const title = METRIC_TITLES[metric];
  const how = metric === 'gradNorm' ? 'largest' : 'mean';
  const x = { field: 'step', type: 'quantitative', title: 'training step' };
  const y = { field: 'value', type: 'quantitative', title, scale: { type: 'log', nice: false } };
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
        width: WIDTH,
        height: HEIGHT,
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

/** Neighbouring logged lines as one point: their mean, of gradient norms the largest. Only what a logarithm has. */
function blocks(metrics: readonly MetricsLine[], metric: Curve['metric']): { step: number; value: number }[] {
  const count = Math.min(MAX_CURVE_POINTS, metrics.length);
  const points: { step: number; value: number }[] = [];
  for (let i = 0; i < count; i++) {
    // Of one size, give or take one line, so that the last point is no noisier than the others.
    const from = Math.floor((i * metrics.length) / count);
    const block = metrics.slice(from, Math.floor(((i + 1) * metrics.length) / count));
    const values = block.map((line) => line[metric]).filter((value) => typeof value === 'number');
    const value =
      metric === 'gradNorm'
        ? Math.max(...values)
        : values.reduce((sum, next) => sum + next, 0) / values.length;
    const step = block.at(-1)?.step;
    if (step !== undefined && Number.isFinite(value) && value > 0) points.push({ step, value });
  }
  return points;
}

function reconstructionError(results: readonly RunResult[]): Chart[] {
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
        width: WIDTH,
        height: HEIGHT,
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

/** A logarithmic time axis over the times there are. */
function timeAxis(values: readonly { t: number }[]): object {
  const times = values.map(({ t }) => t);
  return {
    field: 't',
    type: 'quantitative',
    title: 't',
    scale: { type: 'log', domain: [Math.min(...times), Math.max(...times)], nice: false },
    axis: { format: '~g', tickCount: 5 },
  };
}

function spread(results: readonly RunResult[]): Chart[] {
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
        width: WIDTH,
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

interface LatentsOfRun {
  study: LatentStudy;
  /** In names of files. */
  run: string;
  /** There are other runs, too. */
  many: boolean;
  result: RunResult;
}

/** Of one run among several: whose latents they are. */
function whose({ many, result }: LatentsOfRun): string {
  return many ? `${result.label}, seed ${result.seed}; ` : '';
}

function mapAxes(study: LatentStudy, method: Method): { x: object; y: object } {
  const axis = (name: 'x' | 'y', component: 0 | 1): object => ({
    field: name,
    type: 'quantitative',
    // The directions and units of a t-SNE map mean nothing.
    title:
      method === 'pca'
        ? `principal component ${component + 1} (${(100 * study.explained[component]).toFixed(1)} % of the variance)`
        : null,
    axis: method === 'pca' ? { grid: false } : null,
    scale: { zero: false, nice: true },
  });
  return { x: axis('x', 0), y: axis('y', 1) };
}

function mapPoints(study: LatentStudy, method: Method) {
  return study.latents.map((latent) => ({
    x: latent[method][0],
    y: latent[method][1],
    t: latent.t,
    label: latent.label,
    image: latent.image,
  }));
}

function mapSubtitle(about: LatentsOfRun, method: Method): string {
  const { study } = about;
  const images = new Set(study.latents.map(({ image }) => image)).size;
  const details = method === 'tsne' ? `, perplexity ${study.perplexity}` : '';
  return `${whose(about)}${METHOD_TITLES[method]} of ${images} images at ${study.overTime.length} times${details}`;
}

const timeColour = { field: 't', type: 'quantitative', scale: { type: 'log', scheme: 'viridis' } } as const;

function classColour(study: LatentStudy): object | null {
  const classes = [...new Set(study.latents.map(({ label }) => label))]
    .filter((label) => label !== null)
    .sort();
  if (classes.length === 0) return null;
  return {
    field: 'label',
    type: 'nominal',
    scale: { domain: classes, scheme: classes.length <= 10 ? 'tableau10' : 'tableau20' },
    legend: { title: 'class', symbolOpacity: 1 },
  };
}

function latentMap(about: LatentsOfRun, method: Method, colour: 't' | 'class'): Chart[] {
  const { study, run } = about;
  const by = colour === 't' ? { ...timeColour, legend: { title: 't', format: '~g' } } : classColour(study);
  if (by === null) return [];
  const title = `Latents by ${METHOD_TITLES[method]}, coloured by ${colour}`;
  return [
    {
      file: `latents-${run}-${method}-${colour}`,
      title,
      spec: chart({
        title: { text: `Latents, coloured by ${colour}`, subtitle: mapSubtitle(about, method) },
        width: 520,
        height: 460,
        data: { values: mapPoints(study, method) },
        mark: { type: 'circle', size: 22, opacity: 0.75 },
        encoding: { ...mapAxes(study, method), color: by },
      }),
    },
  ];
}

function trajectories(about: LatentsOfRun, method: Method): Chart[] {
  const { study, run } = about;
  const points = mapPoints(study, method);
  const shown = new Set(study.followed);
  const lines = points.filter(({ image }) => shown.has(image));
  const smallest = Math.min(...study.overTime.map(({ t }) => t));
  const axes = mapAxes(study, method);
  const colour = classColour(study) ?? { field: 'image', type: 'nominal', legend: { title: 'image' } };
  return [
    {
      file: `trajectories-${run}-${method}`,
      title: `Ways of ${shown.size} images by ${METHOD_TITLES[method]}`,
      spec: chart({
        title: {
          text: `Ways of ${shown.size} images from the smallest t (dot) to the largest`,
          subtitle: mapSubtitle(about, method),
        },
        width: 520,
        height: 460,
        layer: [
          {
            data: { values: points },
            mark: { type: 'circle', size: 10, color: '#c5cad1', opacity: 0.5 },
            encoding: axes,
          },
          {
            data: { values: lines },
            mark: { type: 'line', strokeWidth: 1.5, opacity: 0.9 },
            encoding: {
              ...axes,
              color: colour,
              detail: { field: 'image' },
              order: { field: 't', type: 'quantitative' },
            },
          },
          {
            data: { values: lines.filter(({ t }) => t === smallest) },
            mark: { type: 'circle', size: 60, opacity: 1 },
            encoding: { ...axes, color: colour },
          },
        ],
      }),
    },
  ];
}

function latentsOverTime(about: LatentsOfRun): Chart[] {
  const { study, run } = about;
  const { overTime, chance } = study;
  const x = timeAxis(overTime);
  const line = { type: 'line', point: { size: 30, filled: true }, strokeWidth: 1.6 };
  const band = overTime.map(({ t, mean, std }) => ({ t, mean, low: mean - std, high: mean + std }));
  const norms = {
    width: WIDTH,
    height: 160,
    data: { values: band },
    layer: [
      {
        mark: { type: 'area', opacity: 0.18 },
        encoding: {
          x,
          y: { field: 'low', type: 'quantitative', title: 'norm' },
          y2: { field: 'high' },
        },
      },
      { mark: line, encoding: { x, y: { field: 'mean', type: 'quantitative', title: 'norm' } } },
    ],
  };
  const panel = (field: string, title: string, scale: object, dashed: number) => ({
    width: WIDTH,
    height: 160,
    layer: [
      {
        data: { values: [{ [field]: dashed }] },
        mark: { type: 'rule', strokeDash: [4, 3], color: FAINT },
        encoding: { y: { field, type: 'quantitative' } },
      },
      {
        data: { values: overTime },
        mark: line,
        encoding: { x, y: { field, type: 'quantitative', title, scale } },
      },
    ],
  });
  const panels: { spec: object; subtitle: string }[] = [
    { spec: norms, subtitle: 'norm of the posterior mean (band: standard deviation over images)' },
  ];
  if (overTime.every(({ posteriorStd }) => posteriorStd !== null)) {
    panels.push({
      spec: panel('posteriorStd', 'standard deviation', { zero: true }, 1),
      subtitle: 'mean standard deviation of the posterior (dashed: standard normal)',
    });
  }
  if (chance !== null) {
    panels.push({
      spec: panel('agreement', 'share of neighbours', { domain: [0, 1] }, chance),
      subtitle: 'share of latents whose nearest one at the same t is of the same class (dashed: chance)',
    });
  }
  return [
    {
      file: `latents-over-t-${run}`,
      title: 'Latents over t',
      spec: chart({
        title: {
          text: 'Latents over t',
          subtitle: panels.map(({ subtitle }, i) => `${i === 0 ? whose(about) : ''}${subtitle}`),
        },
        vconcat: panels.map(({ spec }) => spec),
      }),
    },
  ];
}
