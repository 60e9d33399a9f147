/** The protocol of an evaluation in sentences: what a reader needs to do the same again. */
import { KERNEL_SUBSET_SIZE, KERNEL_SUBSETS } from '../metrics/kernel-distance.ts';
import { MANIFOLD_NEIGHBOURS } from '../metrics/config.ts';
import { SSIM_WINDOW, ssimWindow } from '../metrics/ssim.ts';
import { countOf, listOf } from '../words.ts';
import type { Extractor } from './extractors/extractor.ts';
import { type EvaluateOptions, PAPER, PAPER_EXTRACTOR } from './options.ts';
import type { RealImages } from './real-images.ts';
import { noiseWords } from '../explore/noise-words.ts';
import { AGAINST_WORDS } from './record.ts';
import { significant } from '../digits.ts';

/** What is drawn: `5,000 samples in 2 passes (…), seed 0, EMA weights of step 2,400.` */
export function samplesSentence(
  { count, seed, weights, prior, temperature, laterTemperature, label }: EvaluateOptions,
  { passes, times, step }: { passes: number; times: readonly number[]; step: number },
): string {
  const again =
    times.length > 0 ? ` (encoded again at t = ${listOf(times.map((t) => significant(t, 3)))})` : '';
  return [
    `${countOf(count, 'sample')} in ${countOf(passes, 'pass', 'passes')}${again}`,
    `seed ${seed}`,
    ...noiseWords({ prior, temperature, ...(passes > 1 && { laterTemperature }) }),
    ...(label === null ? [] : [`class ${label}`]),
    `${weightsText(weights)} of step ${step.toLocaleString('en-US')}.`,
  ].join(', ');
}

/** Which real images: `5,000 of the 9,000 training images of "digits", …` */
export function referenceSentence(real: RealImages, count: number, doing = 'Compared with'): string {
  const { length } = real.indices;
  const kind = AGAINST_WORDS[real.kind];
  const which =
    count === length
      ? `all ${countOf(length, kind)}`
      : `${count.toLocaleString('en-US')} of the ${countOf(length, kind)}`;
  const lot = count === length ? '' : ', drawn by lot, the same ones each time';
  const how = real.preparation === 'as they are' ? '' : ', made black and white as for the training';
  return `${doing} ${which} of "${real.name}"${lot}${how}.`;
}

/** How numbers of the decoder become pixels. */
export function pixelSentence(rounding: 'nearest' | 'down'): string {
  return rounding === 'nearest'
    ? 'Pixels are clamped to the range of the images and rounded to the nearest of 256 values.'
    : 'Pixels are clamped to the range of the images and cut off to the lower of 256 values, as torchmetrics does.';
}

/** How images are looked at. */
export function extractorSentence({ name, size, rule }: Extractor): string {
  return `Looked at by ${name}, ${countOf(size, 'feature')} an image. ${rule}`;
}

/** What the measures of samples are made with. */
export function measureSentence(fewest: number): string {
  const subset = countOf(Math.min(KERNEL_SUBSET_SIZE, fewest), 'image');
  return (
    'Covariances are over n − 1; the kernel distance is of degree 3, unbiased, ' +
    `over ${KERNEL_SUBSETS} subsets of ${subset}; precision, recall, density and coverage have k = ${MANIFOLD_NEIGHBOURS}, ` +
    'and what lies on the edge of a ball is outside.'
  );
}

/** What the errors of reconstructions are. */
export function errorSentence(side: number): string {
  const window = ssimWindow({ height: side, width: side });
  const small = window < SSIM_WINDOW ? `, the largest that fits (usual are ${SSIM_WINDOW})` : '';
  return (
    'Errors are of pixels from 0 to 1; PSNR and SSIM are means over images (images given back exactly have no PSNR), ' +
    `SSIM with a Gaussian window of ${window} pixels${small}, σ 1.5.`
  );
}

/** In what an evaluation is not what the reference's callback makes, a sentence each. */
export function paperDeviations(
  options: EvaluateOptions,
  extractor: Pick<Extractor, 'name' | 'distanceName'>,
): string[] {
  const { count, seed, weights, against, prior, temperature, laterTemperature, label } = options;
  const differences: string[] = [];
  if (extractor.distanceName !== 'FID') {
    differences.push(`${extractor.distanceName} is not FID, which is over features of Inception`);
  } else if (extractor.name !== PAPER_EXTRACTOR) {
    differences.push(`${extractor.name} resizes images otherwise than torchmetrics (${PAPER_EXTRACTOR})`);
  }
  if (count !== PAPER.count) {
    differences.push(
      `${countOf(count, 'sample')} ${count === 1 ? 'is' : 'are'} not ${PAPER.count.toLocaleString('en-US')}`,
    );
  }
  if (seed !== PAPER.seed) differences.push(`the seed is ${seed} instead of ${PAPER.seed}`);
  if (weights !== 'ema') differences.push('the weights are not the averaged ones');
  if (against.kind !== 'train') differences.push('the images compared with are not the training images');
  if (options.referenceCount !== Infinity) differences.push('not all training images are compared with');
  if (prior !== 'normal') differences.push('samples begin with a fitted prior in place of the normal one');
  if (temperature !== 1) differences.push(`the temperature is ${temperature}`);
  if (laterTemperature !== 1) differences.push(`the temperature of later passes is ${laterTemperature}`);
  if (label !== null) differences.push('a class is named');
  return differences.map((difference) => `This is not the paper's protocol: ${difference}.`);
}

export function weightsText(weights: 'ema' | 'raw'): string {
  return weights === 'ema' ? 'EMA weights' : 'raw weights';
}
