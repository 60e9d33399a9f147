/** Charts of latents: maps, trajectories over t, norms over t. */
import { chart, CHART_WIDTH, FAINT } from '../../export/chart/look.ts';
import type { LatentStudy } from '../latents.ts';
import type { Plot } from '../recipe.ts';
import type { RunResult } from '../results.ts';
import { type Chart, timeAxis } from './chart.ts';
import { countOf } from '../../words.ts';

type Method = Extract<Plot, { kind: 'trajectories' }>['method'];

const METHOD_TITLES: Record<Method, string> = { pca: 'principal components', tsne: 't-SNE' };

export interface LatentsOfRun {
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
  return `${whose(about)}${METHOD_TITLES[method]} of ${countOf(images, 'image')} at ${countOf(study.overTime.length, 'time')}${details}`;
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

export function latentMap(about: LatentsOfRun, method: Method, colour: 't' | 'class'): Chart[] {
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

export function trajectories(about: LatentsOfRun, method: Method): Chart[] {
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
      title: `Trajectories of ${countOf(shown.size, 'image')} by ${METHOD_TITLES[method]}`,
      spec: chart({
        title: {
          text: `Trajectories of ${countOf(shown.size, 'image')} from the smallest t (dot) to the largest`,
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

export function latentsOverTime(about: LatentsOfRun): Chart[] {
  const { study, run } = about;
  const { overTime, chance } = study;
  const x = timeAxis(overTime);
  const line = { type: 'line', point: { size: 30, filled: true }, strokeWidth: 1.6 };
  const band = overTime.map(({ t, mean, std }) => ({ t, mean, low: mean - std, high: mean + std }));
  const norms = {
    width: CHART_WIDTH,
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
    width: CHART_WIDTH,
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
