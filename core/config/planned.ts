import * as v from 'valibot';

/** Ends that a setting has in trainings that are planned, both values themselves. */
export interface PlannedLimits {
  min?: number;
  max?: number;
  /** Most of several numbers. */
  maxLength?: number;
}

/**
 * Limits of a setting where a configuration is made: `SettingLimits` has them, `--set`, the window and a new run hold to
 * them. A schema does not, since a run on disk may be older than the limit and still opens.
 */
export function planned<Value, const Limits extends PlannedLimits>(
  limits: Limits,
): v.MetadataAction<Value, { planned: Limits }> {
  return v.metadata({ planned: limits });
}

/** Most steps of a training, and of what is counted in them. */
export const MOST_STEPS = 100_000_000;
