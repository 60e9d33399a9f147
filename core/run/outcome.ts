/** What came of a run: how far it is, and whether it learned anything. */
import * as v from 'valibot';
import type { ModelConfig } from '../config/model.ts';
import { formatNumber } from '../digits.ts';
import { capitalised, listOf } from '../words.ts';
import { type Collapse, CollapseSchema, isEarly, modeCollapse, posteriorCollapse } from './collapse.ts';
import type { Alarm, Diagnostics } from './diagnostics.ts';

export const OutcomeSchema = v.strictObject({
  /** `new`: there is no checkpoint yet. A run that is being trained counts by what it has saved. */
  state: v.picklist(['damaged', 'new', 'stopped', 'diverged', 'finished']),
  /** In what way it is collapsed, by what was measured last; none when it is not, or cannot be judged yet. */
  collapsed: v.array(CollapseSchema),
});

export type Outcome = v.InferOutput<typeof OutcomeSchema>;

/** What an outcome follows from. */
export interface Evidence {
  /** Step of the checkpoint in use; null when there is none. */
  step: number | null;
  lastAlarm: Alarm | null;
  lastDiagnostics: Diagnostics | null;
}

/** Judges a run that is not damaged. */
export function outcomeOf(config: ModelConfig, { step, lastAlarm, lastDiagnostics }: Evidence): Outcome {
  const { steps } = config.training;
  const notFinite = lastAlarm?.kind === 'divergence' && lastAlarm.value === null;
  if (notFinite && lastAlarm.step >= (step ?? 0)) return { state: 'diverged', collapsed: [] };
  if (step === null) return { state: 'new', collapsed: [] };
  const collapsed =
    lastDiagnostics === null || isEarly(lastDiagnostics.step, steps)
      ? []
      : [posteriorCollapse(config, lastDiagnostics), modeCollapse(lastDiagnostics)].filter(
          (found) => found !== null,
        );
  return { state: step >= steps ? 'finished' : 'stopped', collapsed };
}

/** In two or three words: `Finished, but collapsed`. @param step of the checkpoint in use */
export function outcomeText({ state, collapsed }: Outcome, step: number): string {
  const but = collapsed.length > 0 ? ', but collapsed' : '';
  switch (state) {
    case 'damaged':
      return 'Damaged';
    case 'new':
      return 'No checkpoint yet';
    case 'diverged':
      return 'Diverged';
    case 'finished':
      return `Finished${but}`;
    case 'stopped':
      return `Stopped at step ${step.toLocaleString('en')}${but}`;
  }
}

/** Why a run counts as collapsed, with the numbers, in one sentence; null when it does not. */
export function collapseSentence(collapsed: readonly Collapse[]): string | null {
  if (collapsed.length === 0) return null;
  return `${capitalised(listOf(collapseClauses(collapsed)))}.`;
}

/** The same, a clause for each way in which it is collapsed. */
export function collapseClauses(collapsed: readonly Collapse[]): string[] {
  return collapsed.map(clauseOf);
}

function clauseOf({ kind, name, value, bound, t }: Collapse): string {
  const at = t === null ? '' : ` at t = ${formatNumber(t)}`;
  const number = formatNumber(value);
  const least = formatNumber(bound);
  switch (kind) {
    case 'mode-collapse':
      return `the samples are alike (their spread is ${number} of the images’, at least ${least} is expected)`;
    case 'level-collapse':
      return `the ${name.split(' ')[0]!.toLowerCase()} level of latents says nearly nothing about the image (KL divergence ${number} nats${at}, at least ${least} is expected)`;
    case 'posterior-collapse':
      return bound < 1
        ? `the latent says nearly nothing about the image (${number} of its values depend on it${at}, at least ${least} is expected)`
        : `the latent says nearly nothing about the image (KL divergence ${number} nats${at}, at least ${least} is expected)`;
  }
}
