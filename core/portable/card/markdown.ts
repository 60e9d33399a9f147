/** A model card as the Hugging Face hub reads it: a README with YAML at its head (huggingface.co/docs/hub/model-cards). */
import { formatNumber } from '../../digits.ts';
import { countOf } from '../../words.ts';
import { PAPER, type CardEvaluation, type CardMeasure, type ModelCard } from './model-card.ts';
import { usageOf, type PortableFormat } from './usage.ts';

/** @param file name of the weights beside it, where the export is one file */
export function cardMarkdown(card: ModelCard, as: PortableFormat, file?: string): string {
  const lines = [
    '---',
    ...frontMatter(card),
    '---',
    '',
    `# ${card.name}`,
    '',
    ...introduction(card),
    ...(card.warnings.length > 0 ? ['', ...card.warnings.map((warning) => `> ${warning}`)] : []),
    '',
    '## Use',
    '',
    ...usageOf(card, as, file),
    ...(card.rounding ? ['', '## Weights of 8 bits', '', ...roundingText(card)] : []),
    '',
    '## Measures',
    '',
    ...measuresText(card),
    '',
    '## Settings',
    '',
    '```json',
    JSON.stringify(card.settings, null, 2),
    '```',
    '',
    '## Where it comes from',
    '',
    ...originText(card),
  ];
  return `${lines.join('\n')}\n`;
}

/** JSON texts are YAML, too. */
const yaml = (value: string | number): string => JSON.stringify(value);

function frontMatter(card: ModelCard): string[] {
  return [
    ...(card.licence === null ? [] : [`license: ${yaml(card.licence.toLowerCase())}`]),
    'library_name: covae-studio',
    'pipeline_tag: unconditional-image-generation',
    'tags:',
    ...['covae', 'vae', 'consistency-models', 'image-generation'].map((tag) => `- ${tag}`),
    ...modelIndex(card),
  ];
}

/** Measures by the hub's own scheme. */
function modelIndex({ name, evaluations }: ModelCard): string[] {
  if (evaluations.length === 0) return [];
  return [
    'model-index:',
    `- name: ${yaml(name)}`,
    '  results:',
    ...evaluations.flatMap((evaluation) => [
      '  - task:',
      '      type: unconditional-image-generation',
      `      name: ${yaml(titleOf(evaluation))}`,
      '    dataset:',
      `      name: ${yaml(evaluation.against.name)}`,
      `      type: ${yaml(evaluation.against.name)}`,
      `      split: ${yaml(evaluation.against.kind)}`,
      '    metrics:',
      ...evaluation.measures.flatMap(({ key, label, value }) => [
        `    - type: ${yaml(key)}`,
        `      name: ${yaml(label)}`,
        // Readers of YAML 1.1 know numbers with an exponent by their point.
        `      value: ${String(value).replace(/^(-?\d+)e/, '$1.0e')}`,
      ]),
    ]),
  ];
}

function introduction(card: ModelCard): string[] {
  const { images, weights, dataset, latent } = card;
  const colours = images.channels === 1 ? 'grey' : 'colour';
  const trained =
    dataset === null
      ? 'made from weights that came without their data'
      : `trained on ${countOf(dataset.images - dataset.heldOut, 'image')} of “${dataset.name}”`;
  const levels = latent.levels > 1 ? ', of two levels' : '';
  return [
    `A CoVAE (a variational autoencoder trained like a consistency model, ${PAPER}) that draws images of ` +
      `${images.size} × ${images.size} in ${colours}, ${trained}. ${countOf(weights.parameters, 'parameter')}, a ${latent.kind === 'gaussian' ? 'Gaussian' : 'categorical'} latent of ` +
      `${latent.shape.join(' × ')}${levels}; ${weights.kind === 'ema' ? 'the averaged weights' : 'the weights in training'} of step ` +
      `${weights.step.toLocaleString('en-US')} of ${weights.steps.toLocaleString('en-US')}.`,
    ...(images.classes.length > 0 ? ['', `Classes: ${images.classes.join(', ')}.`] : []),
  ];
}

function roundingText({ rounding }: ModelCard): string[] {
  return [
    'Kernels are whole numbers of 8 bits with one scale for each output channel; the rest is float32. The same samples drawn ' +
      'with these weights and with those of 32 bits differ by:',
    '',
    '| passes | samples | mean difference of a pixel (of 255) | largest | PSNR (dB) |',
    '| --- | --- | --- | --- | --- |',
    ...(rounding ?? []).map(
      ({ passes, samples, mean, largest, psnr }) =>
        `| ${passes} | ${samples} | ${formatNumber(mean)} | ${largest} | ${psnr === null ? 'equal' : formatNumber(psnr)} |`,
    ),
  ];
}

function titleOf({ kind, passes }: CardEvaluation): string {
  return kind === 'samples' ? `samples in ${countOf(passes ?? 1, 'pass', 'passes')}` : 'reconstructions';
}

function measuresText({ evaluations }: ModelCard): string[] {
  if (evaluations.length === 0) return ['These weights have not been evaluated.'];
  return evaluations.flatMap((evaluation, i) => [
    ...(i > 0 ? [''] : []),
    `### ${titleOf(evaluation)}, looked at with ${evaluation.extractor}, against ${evaluation.against.kind} of “${evaluation.against.name}”`,
    '',
    '| measure | value | 95 % interval | real against real images |',
    '| --- | --- | --- | --- |',
    ...evaluation.measures.map(measureRow),
    '',
    ...evaluation.protocol.map((sentence) => `- ${sentence}`),
  ]);
}

function measureRow({ label, value, interval, yardstick }: CardMeasure): string {
  const number = (of: number): string => formatNumber(of, 4);
  const bounds = interval ? interval.map(number).join(' to ') : '';
  return `| ${label} | ${number(value)} | ${bounds} | ${yardstick === undefined ? '' : number(yardstick)} |`;
}

function originText(card: ModelCard): string[] {
  const { run, weights, dataset, software, licence } = card;
  return [
    `- Software: ${software}; run \`${run.id}\`, seed ${run.seed}${run.preset === null ? '' : `, preset \`${run.preset}\``}`,
    `- Weights: step ${weights.step}, SHA-256 ${weights.sha256 === null ? 'not known' : `\`${weights.sha256}\``}`,
    dataset === null
      ? '- Data set: not known'
      : `- Data set: “${dataset.name}”, ${countOf(dataset.images, 'image')}, ${dataset.heldOut} of them held out; fingerprint \`${dataset.fingerprint}\``,
    `- Licence: ${licence ?? 'none was named; ask whoever gave you this before you pass it on'}`,
  ];
}
