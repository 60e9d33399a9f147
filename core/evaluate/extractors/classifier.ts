/** Features of a data set's own classifier, for images far from photographs. */
import { UserError } from '../../errors.ts';
import { openClassifier } from '../classifier/classifier.ts';
import { HIDDEN } from '../classifier/network.ts';
import type { Extractor } from './extractor.ts';

/**
 * Opens the extractor.
 *
 * @throws UserError when the data set has no classifier; when its features are not finite
 */
export async function openClassifierExtractor(home: string, name: string): Promise<Extractor> {
  const classifier = await openClassifier(home, name);
  const { height, width, channels, heldOut } = classifier.record;
  return {
    name: 'classifier',
    distanceName: 'FD-classifier',
    size: HIDDEN,
    rule:
      `The last hidden layer of a classifier trained on the classes of ${name}, which finds ${(100 * heldOut.accuracy).toFixed(2)} % of ` +
      `held-out images; images at ${width} × ${height} pixels${channels === 1 ? ', in grey' : ''}, bilinear with antialiasing.`,
    hash: `classifier-${classifier.sha256.slice(0, 16)}`,
    extract(images) {
      const { features } = classifier.look(images);
      if (features.values.every(Number.isFinite)) return features;
      throw new UserError(
        `The classifier of ${name} gives features that are not finite; train it anew with covae data classifier ${name}.`,
        { code: 'unreadable' },
      );
    },
    classes: { names: classifier.record.classes, probabilities: classifier.probabilities },
    dispose: () => classifier.dispose(),
  };
}
