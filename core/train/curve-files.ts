/** The curves of a run as files: tables and pictures. */
import path from 'node:path';
import { chart, FAINT } from '../export/chart/look.ts';
import { toSvg } from '../export/chart/svg.ts';
import { type OutputOptions, writeOutputFile } from '../output.ts';
import {
  CURVE_AXES,
  type CurveAxis,
  type CurveKey,
  CURVES,
  type Curves,
  curvesCsv,
  keysOf,
  placesOn,
  smoothed,
} from '../run/curves.ts';

/** How curves are drawn into a file. */
export interface CurveLook {
  axis: CurveAxis;
  logarithmic: boolean;
  /** Weight of the moving average, 0 to below 1. */
  smoothing: number;
}

export const CURVE_FORMATS = ['csv', 'svg', 'png'] as const;
export type CurveFormat = (typeof CURVE_FORMATS)[number];

/** Points of a curve in a picture: more cannot be told apart. */
const MOST_POINTS = 1_500;
const WIDTH = 640;
const HEIGHT = 220;
/** Pixels of a PNG for one of the drawing. */
const DENSITY = 2;

/**
 * Writes curves as a table or as a picture, one below the other; the file appears whole or not at all.
 *
 * @param title over the picture
 * @throws UserError when a file of that name is there or the disk refuses
 */
export async function writeCurves(
  target: string,
  curves: Curves,
  {
    keys = keysOf(curves),
    title,
    as,
    ...look
  }: CurveLook & { keys?: readonly CurveKey[]; title: string; as: CurveFormat },
  options: OutputOptions = {},
): Promise<void> {
  if (as === 'csv') {
    await writeOutputFile(target, curvesCsv(curves, keys), 'table of the curves', options);
    return;
  }
  const svg = await curvesSvg(curves, keys, title, look);
  if (as === 'svg') {
    await writeOutputFile(target, `${svg}\n`, 'picture of the curves', options);
    return;
  }
  const { default: sharp } = await import('sharp');
  const png = await sharp(Buffer.from(svg), { density: 72 * DENSITY })
    .png()
    .toBuffer();
  await writeOutputFile(target, png, 'picture of the curves', options);
}

/** The format that a file's name asks for; null when it is none of {@link CURVE_FORMATS}. */
export function formatOf(file: string): CurveFormat | null {
  const ending = path.extname(file).slice(1).toLowerCase();
  return CURVE_FORMATS.find((format) => format === ending) ?? null;
}

/** Curves as an SVG image: the band between least and largest value, the means pale and the moving average strong. */
export async function curvesSvg(
  curves: Curves,
  keys: readonly CurveKey[],
  title: string,
  look: CurveLook,
): Promise<string> {
  const xs = placesOn(look.axis, curves);
  const { title: axisTitle } = CURVE_AXES[look.axis];
  const nothing = { mark: { type: 'text', text: 'nothing was logged yet', color: FAINT, fontSize: 14 } };
  const plots = keys.map((key) => {
    const { title: name, unit } = CURVES[key];
    const values = rowsOf(curves, key, xs, look);
    const scale = look.logarithmic ? { type: 'log', nice: false } : { zero: false };
    const x = {
      field: 'x',
      type: 'quantitative',
      title: look.axis === 'time' ? `${axisTitle}, s` : axisTitle,
      scale: { nice: false, zero: false },
    };
    const y = { type: 'quantitative', title: unit === '' ? name : `${name} (${unit})`, scale };
    if (values.length === 0) return { width: WIDTH, height: HEIGHT, data: { values: [{}] }, ...nothing };
    const strong = {
      mark: { type: 'line', strokeWidth: 1.8 },
      encoding: { x, y: { ...y, field: 'smooth' } },
    };
    const pale = {
      mark: { type: 'line', strokeWidth: 1, opacity: 0.35 },
      encoding: { x, y: { ...y, field: 'mean' } },
    };
    const band = {
      mark: { type: 'area', opacity: 0.15 },
      encoding: { x, y: { ...y, field: 'min' }, y2: { field: 'max' } },
    };
    const layer = [band, ...(look.smoothing > 0 ? [pale] : []), strong];
    return { width: WIDTH, height: HEIGHT, data: { values }, layer };
  });
  const subtitle =
    look.smoothing > 0
      ? `moving average with weight ${look.smoothing}; means and extremes pale`
      : 'means of the steps since the line before; extremes pale';
  return toSvg(
    chart(
      plots.length === 0
        ? { title: { text: title }, width: WIDTH, height: HEIGHT, data: { values: [{}] }, ...nothing }
        : { title: { text: title, subtitle }, vconcat: plots },
    ),
  );
}

/** What is drawn of a curve: where there are more lines than can be told apart, the extremes of neighbouring ones together. */
function rowsOf(
  curves: Curves,
  key: CurveKey,
  xs: Float64Array,
  { logarithmic, smoothing }: CurveLook,
): { x: number; mean: number; min: number; max: number; smooth: number }[] {
  const column = curves.columns[key];
  if (column === undefined) return [];
  const smooth = smoothed(column.mean, smoothing);
  const usable = (value: number): boolean => Number.isFinite(value) && (!logarithmic || value > 0);
  const rows: { x: number; mean: number; min: number; max: number; smooth: number }[] = [];
  const each = Math.max(1, Math.ceil(xs.length / MOST_POINTS));
  for (let from = 0; from < xs.length; from += each) {
    const to = Math.min(xs.length, from + each);
    let [sum, count, min, max] = [0, 0, Infinity, -Infinity];
    for (let at = from; at < to; at++) {
      const value = column.mean[at]!;
      if (!usable(value)) continue;
      sum += value;
      count++;
      if (usable(column.min[at]!)) min = Math.min(min, column.min[at]!);
      max = Math.max(max, column.max[at]!);
    }
    if (count === 0) continue;
    const mean = sum / count;
    rows.push({
      x: xs[to - 1]!,
      mean,
      min: Math.min(min, mean),
      max: Math.max(max, mean),
      smooth: smooth[to - 1]!,
    });
  }
  return rows.filter(({ smooth: value }) => usable(value));
}
