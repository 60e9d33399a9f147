/** What must hold between a configuration and what its run has besides: images held out, weights to start from. */
import { UserError } from '../errors.ts';
import type { ModelConfig } from './model.ts';

/** What a new run has beside its configuration. */
export interface RunFacts {
  /** It begins with the weights of another model. */
  hasStart: boolean;
}

/** @throws UserError in one sentence, with the key of the setting that cannot be */
export function checkRunRules({ training }: ModelConfig, { hasStart }: RunFacts): void {
  if (training.trainOnly !== 'all' && !hasStart) {
    throw new UserError(
      `trainOnly "${training.trainOnly}" needs weights to start from, since a network as it is drawn is of no use; name some with --from, or train all.`,
      {
        code: 'settings',
        key: 'training.trainOnly',
        brief: 'Only a training that starts from other weights can leave a part of the networks as it is.',
      },
    );
  }
}
