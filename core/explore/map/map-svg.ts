/** A map as a chart. */
import { chart } from '../../export/chart/look.ts';
import { toSvg } from '../../export/chart/svg.ts';
import { countOf } from '../../words.ts';
import { MAP_TITLES, type MapMethod } from './map-order.ts';
import type { ImageMap } from './map-images.ts';

/** The map as SVG: a point an image and time, coloured by class, else by time; the ways of images are lines. */
export async function mapSvg(
  { indices, labels, classes, t, positions }: ImageMap,
  { method, run }: { method: MapMethod; run: string },
): Promise<string> {
  const values = t.flatMap((time, k) =>
    indices.map((image, i) => {
      const at = 2 * (k * indices.length + i);
      const label = labels[i];
      return {
        image,
        t: time,
        x: positions[at],
        y: positions[at + 1],
        class: label == null ? null : (classes[label] ?? String(label)),
      };
    }),
  );
  const byClass = labels.some((label) => label !== null);
  const colour = byClass
    ? {
        field: 'class',
        type: 'nominal',
        scale: { domain: classes, scheme: classes.length <= 10 ? 'tableau10' : 'tableau20' },
      }
    : { field: 't', type: 'quantitative', scale: { scheme: 'viridis' } };
  const axis = (field: 'x' | 'y'): object => ({
    field,
    type: 'quantitative',
    title: null,
    // The units of t-SNE and UMAP mean nothing.
    axis: method === 'pca' ? { grid: false } : null,
    scale: { zero: false, nice: true },
  });
  const encoding = { x: axis('x'), y: axis('y'), color: colour };
  const ways = {
    mark: { type: 'line', strokeWidth: 0.6, opacity: 0.35 },
    encoding: { ...encoding, detail: { field: 'image' }, order: { field: 't' } },
  };
  return toSvg(
    chart({
      title: {
        text: `Encodings by ${MAP_TITLES[method]}`,
        subtitle: `${run}; ${countOf(indices.length, 'image')} at ${countOf(t.length, 'time')}`,
      },
      width: 640,
      height: 560,
      data: { values },
      layer: [
        ...(t.length > 1 ? [ways] : []),
        { mark: { type: 'circle', size: 26, opacity: 0.8 }, encoding },
      ],
    }),
  );
}
