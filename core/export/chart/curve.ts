/** A quantity over training steps. */
import { type OutputOptions, writeOutputFile } from '../../output.ts';
import { chart, CHART_HEIGHT, CHART_WIDTH, FAINT } from './look.ts';
import { toSvg } from './svg.ts';

export interface CurvePoint {
  step: number;
  value: number;
}

/** Points of a curve: more cannot be told apart at a chart's width. */
const MAX_POINTS = 120;

/** The axes of curves over training steps; the vertical one is logarithmic. */
export function curveAxes(title: string): { x: object; y: object } {
  return {
    x: { field: 'step', type: 'quantitative', title: 'training step' },
    y: { field: 'value', type: 'quantitative', title, scale: { type: 'log', nice: false } },
  };
}

/**
 * Neighbouring logged steps as one point: their mean, or the largest. Points that have no logarithm are left out.
 *
 * @param points by ascending step; a value that is null was not logged
 */
export function blocksOf(
  points: readonly { step: number; value: number | null }[],
  how: 'mean' | 'largest',
): CurvePoint[] {
  const count = Math.min(MAX_POINTS, points.length);
  const blocks: CurvePoint[] = [];
  for (let i = 0; i < count; i++) {
    // Of one size, give or take one line, so that the last point is no noisier than the others.
    const from = Math.floor((i * points.length) / count);
    const block = points.slice(from, Math.floor(((i + 1) * points.length) / count));
    const values = block.map(({ value }) => value).filter((value) => value !== null);
    const value =
      how === 'largest' ? Math.max(...values) : values.reduce((sum, next) => sum + next, 0) / values.length;
    const step = block.at(-1)?.step;
    if (step !== undefined && Number.isFinite(value) && value > 0) blocks.push({ step, value });
  }
  return blocks;
}

/**
 * The loss over training as an SVG image: each logged step pale, the mean of neighbouring ones strong.
 *
 * @throws Error when the chart cannot be drawn
 */
export async function lossCurveSvg(
  lines: readonly { step: number; loss: number }[],
  title: string,
): Promise<string> {
  const all = lines.flatMap(({ step, loss }) =>
    Number.isFinite(loss) && loss > 0 ? [{ step, value: loss }] : [],
  );
  const means = blocksOf(all, 'mean');
  const { x, y } = curveAxes('loss (weighted)');
  if (all.length === 0) {
    const mark = { type: 'text', text: 'nothing was logged yet', color: FAINT, fontSize: 14 };
    return toSvg(
      chart({
        title: { text: title },
        width: CHART_WIDTH,
        height: CHART_HEIGHT,
        data: { values: [{}] },
        mark,
      }),
    );
  }
  return toSvg(
    chart({
      title: { text: title, subtitle: 'logged steps (pale), and the mean of neighbouring ones' },
      width: CHART_WIDTH,
      height: CHART_HEIGHT,
      layer: [
        {
          data: { values: all },
          mark: { type: 'line', strokeWidth: 1, opacity: 0.25 },
          encoding: { x, y },
        },
        {
          data: { values: means },
          mark: { type: 'line', strokeWidth: 2, point: means.length === 1 },
          encoding: { x, y },
        },
      ],
    }),
  );
}

/**
 * Writes {@link lossCurveSvg} into a file, which appears whole or not at all.
 *
 * @throws UserError in one sentence when a file of that name is there or the disk refuses
 */
export async function writeLossCurve(
  file: string,
  lines: readonly { step: number; loss: number }[],
  title: string,
  options: OutputOptions = {},
): Promise<void> {
  await writeOutputFile(file, `${await lossCurveSvg(lines, title)}\n`, 'loss curve', options);
}
