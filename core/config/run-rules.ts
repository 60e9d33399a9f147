/** What must hold between a configuration and what its run has besides: images held out, weights to start from. */
import { UserError } from '../errors.ts';
import type { ModelConfig } from './model.ts';

/** What a new run has beside its configuration. */
export interface RunFacts {
  /** It begins with the weights of another model. */
  hasStart: boolean;
  /** Images are held out of training. */
  hasHeldOut: boolean;
}

/** @throws UserError in one sentence, with the key of the setting that cannot be */
export function checkRunRules({ training, augment }: ModelConfig, { hasStart, hasHeldOut }: RunFacts): void {
  if (augment.adaptive && !hasHeldOut) {
    throw new UserError(
      'A strength by overfitting (augment.adaptive) needs images held out of training; import the images again with --hold-out 0.1, or set augment.strength alone.',
      {
        code: 'settings',
        key: 'augment.adaptive',
        brief:
          'This needs images held out of training: import them again with some held out, or set a strength alone.',
        window:
          'A strength by overfitting needs images held out of training: import them again with some held out, or set a strength alone.',
      },
    );
  }
  if (training.trainOnly !== 'all' && !hasStart) {
    throw new UserError(
      `trainOnly "${training.trainOnly}" needs weights to start from, since a network as it is drawn is of no use; name some with --from, or train all.`,
      {
        code: 'settings',
        key: 'training.trainOnly',
        brief: 'Only a training that starts from other weights can leave a part of the networks as it is.',
        window:
          'Only a training that starts from other weights can leave a part of the networks as it is; choose some under “Start from”, or train all.',
      },
    );
  }
}
