/** What exports are called, and as what kind of file they are written. */
import { formatTimePoints } from '../core/explore/time-point.ts';
import { type As, type ExportOrder, USUAL_CORNERS, USUAL_COUNTS } from '../core/takeout/order.ts';
import type { ExportKind } from './export-kind.ts';

/** The name proposed for an export: what it takes to draw it again. */
export function exportName(runId: string, order: ExportOrder): string {
  const { what, step, seed = 0, passes = 1, start = 0, from = 0, to = 1, at } = order;
  const words = [runId];
  if (step !== 'newest') words.push(step === 'best' ? 'best' : `step-${step}`);
  if (what === 'film') return [...words, 'film'].join('-');
  if (what === 'samples') {
    words.push(`${order.count ?? USUAL_COUNTS.samples}-samples-seed-${seed}-passes-${passes}`);
  } else if (what === 'path') words.push(`from-${from}-to-${to}`);
  else if (what === 'plane') words.push(`plane-${(order.corners ?? USUAL_CORNERS).join('+')}`);
  else words.push(`${order.count ?? USUAL_COUNTS.reconstructions}-reconstructions`);
  if (start !== 0) words.push(`start-${start}`);
  if (at !== undefined) words.push(`at-${formatTimePoints(at).replaceAll(',', '+')}`);
  if (order.prior === 'fitted') words.push('fitted');
  if (order.temperature !== undefined) words.push(`temperature-${order.temperature}`);
  if (order.laterTemperature !== undefined) words.push(`later-temperature-${order.laterTemperature}`);
  if (order.weights === 'raw') words.push('raw');
  if (order.label !== undefined) words.push(`label-${order.label.replace(/[^\w.-]+/g, '_')}`);
  if (order.guidance !== undefined) words.push(`guidance-${order.guidance}`);
  return words.join('-');
}

/** The kind of file or folder that a format is written as. */
export function exportKind(as: Exclude<As, 'dataset'>): ExportKind {
  switch (as) {
    case 'png':
    case 'frames':
      return 'folder';
    case 'grid':
    case 'apng':
      return 'png';
    default:
      return as;
  }
}
