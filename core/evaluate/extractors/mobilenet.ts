/** Features of MobileNetV2, trained on ImageNet: the everyday extractor. */
import { UserError } from '../../errors.ts';
import { readFloatTensors } from '../../run/safetensors.ts';
import type { Extractor } from './extractor.ts';
import { LAST_CHANNELS, mobilenetFeatures, mobilenetState, mobilenetTensors } from './mobilenet-network.ts';
import { IMAGENET, networkExtractor, writeChannels } from './network-extractor.ts';
import { resizeBilinear } from './resize.ts';

/** Side in pixels that the network was trained with. */
const SIDE = 224;
/** Images a call; a call of fewer is filled up. */
export const MOBILENET_BATCH = 16;
/** SHA-256 of the file in the package that set-up takes the weights from. */
export const MOBILENET_HASH = 'b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889';

/**
 * Opens the extractor.
 *
 * @param file the weights as safetensors, with torchvision's names and layouts
 * @throws UserError when the file is missing, damaged or of another network
 */
export async function openMobilenet(file: string): Promise<Extractor> {
  const tensors = await readFloatTensors(file);
  for (const [name, shape] of Object.entries(mobilenetTensors())) {
    if (tensors[name]?.shape.join() !== shape.join()) {
      throw new UserError(
        `${file} does not hold the weights of MobileNetV2: ${name} is not what it should be.`,
        {
          code: 'unreadable',
          file,
        },
      );
    }
  }
  return networkExtractor({
    name: 'mobilenet',
    distanceName: 'FD-MobileNetV2',
    size: LAST_CHANNELS,
    rule: `The whole image at ${SIDE} × ${SIDE} pixels, bilinear with antialiasing; grey as three equal channels.`,
    hash: `mobilenet-v2-${MOBILENET_HASH.slice(0, 16)}-${SIDE}-bilinear`,
    file,
    state: mobilenetState(tensors),
    side: SIDE,
    batch: MOBILENET_BATCH,
    features: mobilenetFeatures,
    prepare: (image, x, at) => writeChannels(resizeBilinear(image, SIDE), image.channels, IMAGENET, x, at),
  });
}
