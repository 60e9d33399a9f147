/** Evaluations in words. */
import { decimal } from '../../../text/language.ts';
import type { EvaluationRecord } from '../../../core/evaluate/record.ts';
import { formatMeasure, noiseWords } from '../../../main/ipc/contract.ts';
import { formatCount, formatPlural, UNKNOWN } from '../format.ts';

const EXTRACTORS: Record<string, { title: string; about: string }> = {
  mobilenet: { title: 'MobileNetV2', about: 'A network trained on photographs: the everyday choice' },
  pixels: { title: 'Pixels', about: 'The pixels themselves: a quick look at small images' },
  pca: { title: 'Principal components', about: 'Where the real images differ most: a quick look' },
  classifier: { title: 'Classifier', about: 'A network trained on the classes of the data set itself' },
  inception: { title: 'Inception (FID)', about: 'The network of FID, from a file of your own' },
  'inception-tf1': {
    title: 'Inception (FID, resized as TensorFlow 1)',
    about: 'The network of FID, from a file of your own, with the resizing of the first implementation',
  },
  dinov2: { title: 'DINOv2 ViT-L/14', about: 'The network of FD-DINOv2, from a file of your own' },
  'dinov2-small': { title: 'DINOv2 ViT-S/14', about: 'A smaller DINOv2, from a file of your own' },
};

export const extractorTitle = (name: string): string => EXTRACTORS[name]?.title ?? name;
export const extractorAbout = (name: string): string => EXTRACTORS[name]?.about ?? '';

export const PROTOCOLS: Record<EvaluationRecord['protocolName'], string> = {
  standard: 'Standard',
  paper: 'Paper',
  training: 'While training',
};

/** `1 pass`, `reconstructions`. */
export function passesWords({ kind, passes }: Pick<EvaluationRecord, 'kind' | 'passes'>): string {
  return kind === 'samples' ? formatPlural(passes ?? 1, 'pass', 'passes') : 'reconstructions';
}

/** An evaluation in one line: `Step 2,400, 1 pass, MobileNetV2, 5,000 samples`. */
export function titleOf(record: EvaluationRecord): string {
  return [
    `Step ${formatCount(record.checkpoint.step)}`,
    passesWords(record),
    extractorTitle(record.extractor.name),
    formatPlural(record.count, record.kind === 'samples' ? 'sample' : 'image'),
    ...(record.weights === 'raw' ? ['raw weights'] : []),
    ...noiseWords(record),
  ].join(', ');
}

/** A number with four digits, or a dash where there is none. */
export function measureText(value: number | null | undefined): string {
  return decimal(formatMeasure(value)) || UNKNOWN;
}

/** `0.58 to 0.62`; nothing without an interval. */
export function intervalText(interval: readonly [number, number] | undefined): string {
  return interval === undefined ? '' : `${measureText(interval[0])} to ${measureText(interval[1])}`;
}

export const BETTER = { lower: 'Lower is better', higher: 'Higher is better' } as const;
