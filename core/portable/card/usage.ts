/** How a model is used, as code that runs: in the README beside it. */
import type { ModelCard } from './model-card.ts';

/** What an export is written as. */
export type PortableFormat = 'safetensors' | 'savedmodel' | 'onnx' | 'onnx-int8' | 'page';

/** Markdown that says what is in the folder, and how to draw from it. */
export function usageOf(card: ModelCard, as: PortableFormat, file?: string): string[] {
  switch (as) {
    case 'safetensors':
      return safetensorsUsage(card, file ?? 'model.safetensors');
    case 'savedmodel':
      return savedModelUsage(card);
    case 'onnx':
    case 'onnx-int8':
      return onnxUsage(card);
    case 'page':
      return pageUsage();
  }
}

function python(...lines: readonly string[]): string[] {
  return ['```python', ...lines, '```'];
}

/** Numbers that a first pass or a further one begins with. */
function noiseLine({ latent: { noise } }: ModelCard): string {
  const shape = `(8, ${noise.shape.join(', ')})`;
  return noise.kind === 'normal'
    ? `random.standard_normal(${shape}).astype("float32")`
    : `random.random(${shape}, dtype="float32")`;
}

const PICTURES =
  'pixels = (255 * images.clip(0, 1)).round().astype("uint8")  # 8 × height × width × channels';

function conventions(card: ModelCard): string {
  const { images, latent } = card;
  const classes =
    images.classes.length > 0
      ? ` Labels are numbers from 0 to ${images.classes.length - 1}, int32; −1 draws without a class.`
      : '';
  return (
    `Images are float32, batch × ${images.size} × ${images.size} × ${images.channels}, 0 for black and 1 for full; what comes out ` +
    `may go a little beyond and is clipped when it is made into pixels. A latent is ${latent.shape.join(' × ')}.${classes}`
  );
}

function savedModelUsage(card: ModelCard): string[] {
  const labels = card.images.classes.length > 0 ? ', labels=tf.fill([8], -1)' : '';
  return [
    'A TensorFlow SavedModel with the signatures `encode` (`images`, `t` → `mu`, `std`), `decode` (`z`, `t` → `images`), `sample` ' +
      `(\`noise\` → \`images\`, one pass at t = ${card.times.first}) and \`refine\` (\`images\`, \`noise\` → \`images\`, one further pass at ` +
      `t = ${card.times.again}). ${conventions(card)}`,
    '',
    ...python(
      'import numpy as np',
      'import tensorflow as tf',
      '',
      'model = tf.saved_model.load(".")',
      'random = np.random.default_rng(0)',
      `noise = ${noiseLine(card)}`,
      `images = model.signatures["sample"](noise=tf.constant(noise)${labels})["images"]`,
      `noise = ${noiseLine(card)}`,
      `images = model.signatures["refine"](images=images, noise=tf.constant(noise)${labels})["images"].numpy()`,
      PICTURES,
    ),
  ];
}

function onnxUsage(card: ModelCard): string[] {
  const { latent, times, images } = card;
  const labels = images.classes.length > 0 ? ', "labels": np.full(8, -1, dtype="int32")' : '';
  const size = latent.size === null || latent.size === 1 ? '' : `${latent.size} * `;
  const first = latent.kind === 'gaussian' ? [`z = ${size}${noiseLine(card)}`] : categoricalLines(card);
  const again = [
    `t = np.full(8, ${times.again}, dtype="float32")`,
    `mu, std = encoder.run(["mu", "std"], {"images": images, "t": t${encodeLabels(card)}})`,
    'z = mu + std * random.standard_normal(mu.shape).astype("float32")',
    `images = decoder.run(["images"], {"z": z, "t": t${labels}})[0]`,
  ];
  const more = latent.kind === 'gaussian' && latent.levels === 1;
  return [
    '`encoder.onnx` (`images`, `t` → `mu`, `std`) and `decoder.onnx` (`z`, `t` → `images`), opset 17, for a batch of any size. ' +
      conventions(card),
    '',
    ...python(
      'import numpy as np',
      'import onnxruntime',
      '',
      'decoder = onnxruntime.InferenceSession("decoder.onnx")',
      ...(more ? ['encoder = onnxruntime.InferenceSession("encoder.onnx")'] : []),
      'random = np.random.default_rng(0)',
      ...first,
      `t = np.full(8, ${times.first}, dtype="float32")`,
      `images = decoder.run(["images"], {"z": z, "t": t${labels}})[0]  # one pass`,
      ...(more ? ['', '# A second pass.', ...again] : []),
      PICTURES,
    ),
  ];
}

/** One category of each group is 1: groups lie channels first in a latent, categories before groups. */
function categoricalLines({ latent }: ModelCard): string[] {
  const { noise, shape } = latent;
  const [height, width, channels] = shape;
  const laidOut =
    channels === undefined
      ? `reshape(8, ${height})`
      : `reshape(8, ${channels}, ${height}, ${width}).transpose(0, 2, 3, 1)`;
  return [
    `chosen = random.random((8, ${noise.shape.join(', ')})).argmax(-1)  # a category for each group`,
    `z = np.eye(${noise.shape[1]}, dtype="float32")[chosen].transpose(0, 2, 1).${laidOut}`,
  ];
}

function encodeLabels({ images, settings }: ModelCard): string {
  return images.classes.length > 0 && settings.objective.variant !== 's-covae'
    ? ', "labels": np.full(8, -1, dtype="int32")'
    : '';
}

function safetensorsUsage(card: ModelCard, file: string): string[] {
  if (card.latent.levels > 1) return [`\`${file}\` holds the weights under the names of this program.`];
  return [
    `\`${file}\` holds the weights under the names and in the layouts of the reference implementation (\`AutoEncoder\` of ` +
      'https://github.com/gisilvs/covae), and CoVAE Studio makes a run of it with `covae weights import`.',
    '',
    ...python(
      'import safetensors.torch',
      '',
      `state = safetensors.torch.load_file(${JSON.stringify(file)})`,
      '# autoencoder.load_state_dict(state)',
    ),
  ];
}

function pageUsage(): string[] {
  return [
    'Open `index.html` in a browser: it needs no server and no network. `encoder/model.json` and `decoder/model.json` are the ' +
      'same networks as graph models of TensorFlow.js (`tf.loadGraphModel`).',
  ];
}
