/** How several runs are looked at beside one another, as a file that can be opened again and sent to others. */
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { CURVE_AXES, type CurveAxis } from './curves.ts';

const axes = Object.keys(CURVE_AXES) as [CurveAxis, ...CurveAxis[]];

export const RunsViewSchema = v.strictObject({
  format: v.literal('covae-runs-view'),
  version: v.literal(1),
  /** Ids of the runs, in their order. */
  runs: v.pipe(v.array(v.pipe(v.string(), v.maxLength(100))), v.minLength(2), v.maxLength(200)),
  axis: v.picklist(axes),
  logarithmic: v.boolean(),
  /** Weight of the moving average. */
  smoothing: v.pipe(v.number(), v.minValue(0), v.maxValue(0.99)),
  /** Dotted key of the setting, or `seed`, whose runs of one value are one curve with a band; null for each by itself. */
  group: v.nullable(v.pipe(v.string(), v.maxLength(100))),
  /** Step whose samples are looked at; null for the newest. */
  step: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

export type RunsView = v.InferOutput<typeof RunsViewSchema>;

/** The runs of a view that a library has, and those that it has not. @throws UserError when fewer than two are here */
export function runsOfView(
  view: RunsView,
  known: ReadonlySet<string>,
): { here: string[]; missing: string[] } {
  const here = view.runs.filter((id) => known.has(id));
  const missing = view.runs.filter((id) => !known.has(id));
  if (here.length >= 2) return { here, missing };
  throw new UserError(
    `Of the runs of this view ${here.length === 0 ? 'none is' : 'only one is'} in the library (${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing); import them first.`,
    { code: 'not-found' },
  );
}
