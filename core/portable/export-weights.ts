/** Weights as PyTorch reads them, with their card beside the file. */
import { writeNewFile } from '../files.ts';
import { checkOutput, isStreamTarget, writeOutput } from '../output.ts';
import { classNamesOf } from '../run/class-names.ts';
import { exportWeights, type WeightsExport, type WeightsExportOptions } from '../train/weights-export.ts';
import { cardMarkdown } from './card/markdown.ts';
import { alertsOf, modelCard, type ModelCard } from './card/model-card.ts';
import { openPortableModel } from './portable-model.ts';
import path from 'node:path';

export interface CardedExportOptions extends WeightsExportOptions {
  /** Library folder, for the names of classes. */
  home: string;
  /** What the card says of it. */
  licence?: string | undefined;
  /** Write the card beside the weights. Default: true; never beside a device or a pipe. */
  card?: boolean | undefined;
}

export interface CardedExport extends WeightsExport {
  /** Absolute paths of the card, as JSON and as Markdown; none without one. */
  cards: string[];
  card: ModelCard;
  /** What a person should be told, a sentence each. */
  alerts: string[];
}

/** Where the card of a file of weights lies: JSON and Markdown. */
export function cardFilesOf(file: string): [json: string, markdown: string] {
  const stem = file.replace(/\.safetensors$/i, '');
  return [`${stem}.card.json`, `${stem}.card.md`];
}

/** Refuses what {@link exportWithCard} would, before the slow part begins. @throws UserError in one sentence */
export function checkWeightsTarget(
  file: string,
  { force, card = true }: Pick<CardedExportOptions, 'force' | 'card'>,
): void {
  checkOutput(file, { force });
  if (card && !isStreamTarget(file)) for (const beside of cardFilesOf(file)) checkOutput(beside, { force });
}

/**
 * As `exportWeights`, with a model card beside it. All files appear, or none.
 *
 * @param targetOf the file, or its name by the step of the weights
 * @throws UserError also when a card is there already and may not be replaced
 */
export async function exportWithCard(
  runDir: string,
  targetOf: string | ((step: number) => string),
  options: CardedExportOptions,
): Promise<CardedExport> {
  const { home, licence, force, card: wanted = true, ...weightsOptions } = options;
  const portable = await openPortableModel(runDir, options);
  const { manifest, step } = portable;
  const target = typeof targetOf === 'string' ? targetOf : targetOf(step);
  checkWeightsTarget(target, { force, card: wanted });
  const classes = await classNamesOf(home, manifest);
  const card = await modelCard(portable, { runDir, licence, classes });
  const write = (): Promise<WeightsExport> =>
    exportWeights(runDir, target, { ...weightsOptions, force, step });
  const told = { damage: portable.remarks[0] ?? null, alerts: alertsOf(portable), card };
  if (!wanted || isStreamTarget(target)) return { ...(await write()), ...told, cards: [] };
  const [json, markdown] = cardFilesOf(target);
  // The card has its room before the weights are written, and its names after they have theirs.
  const written = await writeOutput(json, 'model card', { force }, async (temporary) => {
    await writeNewFile(temporary, `${JSON.stringify(card, null, 2)}\n`);
    return writeOutput(markdown, 'model card', { force }, async (beside) => {
      await writeNewFile(beside, cardMarkdown(card, 'safetensors', path.basename(target)));
      return write();
    });
  });
  return { ...written, ...told, cards: [path.resolve(json), path.resolve(markdown)] };
}
