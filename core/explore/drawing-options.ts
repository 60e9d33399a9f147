/** Weights, class and guidance as people give them, as a generator takes them. */
import { UserError } from '../errors.ts';
import { classNamesOf } from '../run/class-names.ts';
import type { RunManifest } from '../run/manifest.ts';
import type { DrawingOptions } from './api.ts';

/** Options of everything that draws. */
export interface WeightsAndClass {
  weights?: 'ema' | 'raw';
  /** Number or name of a class. */
  label?: string;
  guidance?: number;
}

/**
 * Weights, class and guidance as a generator takes them; only what was asked for.
 *
 * @throws UserError when the model has no such class, or there is a guidance without one
 */
export async function drawingOptionsOf(
  home: string,
  manifest: RunManifest,
  { weights, label, guidance }: WeightsAndClass,
): Promise<DrawingOptions> {
  if (guidance !== undefined && label === undefined) {
    throw new UserError('--guidance leads towards a class; name it with --label.', {
      code: 'usage',
      window: 'Guidance leads towards a class; choose one.',
    });
  }
  return {
    ...(weights === 'raw' && { weights }),
    ...(label !== undefined && { label: await classNumber(home, manifest, label) }),
    ...(guidance !== undefined && { guidance }),
  };
}

/** The number of a class of a run's model, given by number or name. @throws UserError when it has no such class */
export async function classNumber(home: string, manifest: RunManifest, label: string): Promise<number> {
  const names = await classNamesOf(home, manifest);
  if (names.length === 0) {
    throw new UserError(`The run ${manifest.id} was trained without classes; draw from it without --label.`, {
      window: `The run ${manifest.id} was trained without classes; draw from it without a class.`,
    });
  }
  const named = names.indexOf(label);
  if (named >= 0) return named;
  if (/^\d+$/.test(label) && Number(label) < names.length) return Number(label);
  const shown = names.length > 20 ? [...names.slice(0, 20), '…'] : names;
  throw new UserError(
    `The run ${manifest.id} has no class "${label}"; give a number from 0 to ${names.length - 1}, or one of ${shown.join(', ')}.`,
    { code: 'not-found' },
  );
}
